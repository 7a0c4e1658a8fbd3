
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'fedctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'fedctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'fedctl' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a key pair that a server can use as it is')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'Look at keys')
            [CompletionResult]::new('records', 'records', [CompletionResultType]::ParameterValue, 'Print the DNS records to publish, in the form that your DNS host takes')
            [CompletionResult]::new('dns-check', 'dns-check', [CompletionResultType]::ParameterValue, 'Check what DNS says about a domain')
            [CompletionResult]::new('handshake', 'handshake', [CompletionResultType]::ParameterValue, 'Find out whether a peer can really be federated with')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Say whether the own set-up works, why not, and what to type')
            [CompletionResult]::new('mesh', 'mesh', [CompletionResultType]::ParameterValue, 'Check every direction between the servers of a group of domains')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, a federation status, or what a server writes into its log')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'List all checks')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Say what changed between two saved runs of dns-check')
            [CompletionResult]::new('register', 'register', [CompletionResultType]::ParameterValue, 'Register a server at a hub, so that peers find it without DNS records')
            [CompletionResult]::new('hub', 'hub', [CompletionResultType]::ParameterValue, 'Ask a hub, or look after your own')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Change the key of a domain')
            [CompletionResult]::new('envelope', 'envelope', [CompletionResultType]::ParameterValue, 'Seal or open one message as servers do, to find out why it does not arrive')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run an embedded server')
            [CompletionResult]::new('lab', 'lab', [CompletionResultType]::ParameterValue, 'Try everything on this machine')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show each setting and where it came from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;init' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address of the server as in its Site URL, `https://chat.mydomain.com`; also without `https://`')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'The server''s release, when it does not tell')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Form of the records, by DNS host (`fedctl records formats`) [default: from the delegation, else human]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key file to use, private or public, such as the Public Key of the server''s settings; `new` makes a pair')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'How peers find the server: dns or hub')
            [CompletionResult]::new('--hub-url', '--hub-url', [CompletionResultType]::ParameterName, 'The hub, for --method hub')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Where to write the settings')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Never ask: what no flag says is found out or has its default')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Never ask: what no flag says is found out or has its default')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace existing files')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;keygen' {
            [CompletionResult]::new('--private', '--private', [CompletionResultType]::ParameterName, 'File for the private key')
            [CompletionResult]::new('--public', '--public', [CompletionResultType]::ParameterName, 'File for the public key; by default beside the private one, ending in `.pub`')
            [CompletionResult]::new('--bits', '--bits', [CompletionResultType]::ParameterName, 'Length of the modulus: 2048 (what servers make), 3072 or 4096')
            [CompletionResult]::new('--form', '--form', [CompletionResultType]::ParameterName, 'How the private file holds the key: one-line, pem, json, or mongosh (a script that puts both keys into a server''s database)')
            [CompletionResult]::new('--from-private', '--from-private', [CompletionResultType]::ParameterName, 'Take this private key in place of a new one, and write only what is derived from it')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the result: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--encrypt', '--encrypt', [CompletionResultType]::ParameterName, 'Encrypt the private key with a passphrase')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace existing files; never asks')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;key' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say whether a text is the public key that it should be')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;key;inspect' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Compare with this key file, private or public')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the result: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;key;help' {
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say whether a text is the public key that it should be')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;key;help;inspect' {
            break
        }
        'fedctl;key;help;help' {
            break
        }
        'fedctl;records' {
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The host that runs the server')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port that peers call; by default 443, with --protocol http 80')
            [CompletionResult]::new('--protocol', '--protocol', [CompletionResultType]::ParameterName, 'How peers call: https or http')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key file, private or public; only the public key is ever printed')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long resolvers may keep the records, in seconds')
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'The zone that holds the records; by default the registrable domain')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)')
            [CompletionResult]::new('--for-provider', '--for-provider', [CompletionResultType]::ParameterName, 'Choose the form of this provider; `auto` asks DNS who hosts the zone')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('formats', 'formats', [CompletionResultType]::ParameterValue, 'List the forms that --format takes')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what peers would get from a text in a provider''s form')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Print only what is missing or wrong in DNS')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Change a name server by dynamic update (RFC 2136 with TSIG)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;records;formats' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;records;lint' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form that the text is in (`fedctl records formats` lists them)')
            [CompletionResult]::new('--domain', '--domain', [CompletionResultType]::ParameterName, 'The federation domain; else the one in fedctl.yaml, else the one that the records name')
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'The zone that relative names end with; by default the registrable domain')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key must be this one: key file, private or public')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'This release must be able to use the records; may be repeated')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;records;diff' {
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The host that runs the server')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port that peers call; by default 443, with --protocol http 80')
            [CompletionResult]::new('--protocol', '--protocol', [CompletionResultType]::ParameterName, 'How peers call: https or http')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key file, private or public; only the public key is ever printed')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long resolvers may keep the records, in seconds')
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'The zone that holds the records; by default the registrable domain')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)')
            [CompletionResult]::new('--for-provider', '--for-provider', [CompletionResultType]::ParameterName, 'Choose the form of this provider; `auto` asks DNS who hosts the zone')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;records;apply' {
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The host that runs the server')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port that peers call; by default 443, with --protocol http 80')
            [CompletionResult]::new('--protocol', '--protocol', [CompletionResultType]::ParameterName, 'How peers call: https or http')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key file, private or public; only the public key is ever printed')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'How long resolvers may keep the records, in seconds')
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'The zone that holds the records; by default the registrable domain')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The primary name server, ADDR or ADDR:PORT')
            [CompletionResult]::new('--tsig-file', '--tsig-file', [CompletionResultType]::ParameterName, 'File with the TSIG key, as tsig-keygen or keymgr writes it')
            [CompletionResult]::new('--undo', '--undo', [CompletionResultType]::ParameterName, 'File for the nsupdate script that undoes the changes [default: undo-DOMAIN-SERIAL.nsupdate]')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Send the changes; without it nothing is changed')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;records;help' {
            [CompletionResult]::new('formats', 'formats', [CompletionResultType]::ParameterValue, 'List the forms that --format takes')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what peers would get from a text in a provider''s form')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Print only what is missing or wrong in DNS')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Change a name server by dynamic update (RFC 2136 with TSIG)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;records;help;formats' {
            break
        }
        'fedctl;records;help;lint' {
            break
        }
        'fedctl;records;help;diff' {
            break
        }
        'fedctl;records;help;apply' {
            break
        }
        'fedctl;records;help;help' {
            break
        }
        'fedctl;dns-check' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The published key must be this one: key file, private or public')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The SRV target must be this host')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The SRV port must be this one')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'This release must be able to use the domain; may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Look again until everybody agrees, for at most this time [default when given: 10m]')
            [CompletionResult]::new('--save', '--save', [CompletionResultType]::ParameterName, 'Keep the run in this file: questions, answers as bytes, servers, times; no secrets')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Judge a saved run again, without any network')
            [CompletionResult]::new('--zone-file', '--zone-file', [CompletionResultType]::ParameterName, 'Judge this zone file before it is published')
            [CompletionResult]::new('--at-server', '--at-server', [CompletionResultType]::ParameterName, 'Ask this server''s own resolver too, through its REST API (3.17 and later; needs the token of a user)')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with user id and token of a user of that server [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too when that server is called')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;handshake' {
            [CompletionResult]::new('--domain', '--domain', [CompletionResultType]::ParameterName, 'Your own federation domain [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your private key [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Discover as this release does [default: that of the peer]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers')
            [CompletionResult]::new('--callback', '--callback', [CompletionResultType]::ParameterName, 'Listen here for the peer''s own message; your SRV record must lead to this address')
            [CompletionResult]::new('--callback-cert', '--callback-cert', [CompletionResultType]::ParameterName, 'Certificate chain for the callback, in PEM, when no proxy speaks TLS for it')
            [CompletionResult]::new('--callback-cert-key', '--callback-cert-key', [CompletionResultType]::ParameterName, 'Private key of that certificate')
            [CompletionResult]::new('--join', '--join', [CompletionResultType]::ParameterName, 'Put two reports of opposite directions together')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--probe-bypass', '--probe-bypass', [CompletionResultType]::ParameterName, 'Ask whether a plain message in the peer''s own name is taken, which is a security hole of servers from 2.0 on')
            [CompletionResult]::new('--invite', '--invite', [CompletionResultType]::ParameterName, 'Print a text that asks the other admin to look from the other side')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;doctor' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key file, private or public [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'The SRV target must be this host [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The SRV port must be this one [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'URL of the server, for its settings [default: the one in fedctl.yaml, else where the records lead]')
            [CompletionResult]::new('--release', '--release', [CompletionResultType]::ParameterName, 'The server''s release, when it does not tell')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with user id and token of an admin, to compare the live settings (docs/doctor.md)')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;mesh' {
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Read domains from this file, or from standard input for `-`: one on each line, with the release behind it where it is known, as in `alpha.example 3.18.7`')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the mesh: human, json, html or dot')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the mesh to this file and not to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the mesh to this file and not to stdout')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print it: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;checks' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the list: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;diff' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the differences: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;register' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'URL of the server, without path, as in `https://chat.mydomain.com`')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the server: key file, public or private; only the public half is sent [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the cloud token of the workspace, which the public hub may want')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the hub shows the entry, at most so long [default: 15m]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the report: human or json')
            [CompletionResult]::new('--hub-url', '--hub-url', [CompletionResultType]::ParameterName, 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Look at everything, show what would be sent, and send nothing')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Send although something is wrong')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Ask a hub of fedctl to mail a link for removing the entry')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('lookup', 'lookup', [CompletionResultType]::ParameterValue, 'Ask a hub what it tells servers about a domain')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the entries that your hub serves')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything that your hub knows about a domain')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Take a domain out of your hub')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the served entries as JSON')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read entries from the JSON of an export')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the embedded database while the hub runs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;hub;lookup' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key must be this one: key file, private or public')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the report to this file in one step, replacing it, and not to stdout')
            [CompletionResult]::new('--hub-url', '--hub-url', [CompletionResultType]::ParameterName, 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;list' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the list: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--pending', '--pending', [CompletionResultType]::ParameterName, 'List what waits for somebody to confirm instead')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;show' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print it: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;remove' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;export' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an existing file')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;import' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Let the imported entries win')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;backup' {
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an existing file')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;hub;help' {
            [CompletionResult]::new('lookup', 'lookup', [CompletionResultType]::ParameterValue, 'Ask a hub what it tells servers about a domain')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the entries that your hub serves')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything that your hub knows about a domain')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Take a domain out of your hub')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the served entries as JSON')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read entries from the JSON of an export')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the embedded database while the hub runs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;hub;help;lookup' {
            break
        }
        'fedctl;hub;help;list' {
            break
        }
        'fedctl;hub;help;show' {
            break
        }
        'fedctl;hub;help;remove' {
            break
        }
        'fedctl;hub;help;export' {
            break
        }
        'fedctl;hub;help;import' {
            break
        }
        'fedctl;hub;help;backup' {
            break
        }
        'fedctl;hub;help;help' {
            break
        }
        'fedctl;rotate' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Say when to do what, rehearse it, and print the way back')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;rotate;plan' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The key in use: key file, private or public [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--next', '--next', [CompletionResultType]::ParameterName, 'File for the next private key; its public half goes beside it')
            [CompletionResult]::new('--low-ttl', '--low-ttl', [CompletionResultType]::ParameterName, 'TTL during the change, in seconds')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Form of the records of the way back [default: the provider of fedctl.yaml, else zone]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the plan: human or json')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--no-rehearsal', '--no-rehearsal', [CompletionResultType]::ParameterName, 'Leave the rehearsal out')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;rotate;help' {
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Say when to do what, rehearse it, and print the way back')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;rotate;help;plan' {
            break
        }
        'fedctl;rotate;help;help' {
            break
        }
        'fedctl;envelope' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Encrypt a message for a peer and sign it')
            [CompletionResult]::new('open', 'open', [CompletionResultType]::ParameterValue, 'Check the origin of a body and decrypt it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;envelope;seal' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your private key')
            [CompletionResult]::new('--peer-key', '--peer-key', [CompletionResultType]::ParameterName, 'The public key of the other side')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--wire', '--wire', [CompletionResultType]::ParameterName, 'The form to print: 2.x, 1.x (with `payload` around it) or raw (bytes)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;envelope;open' {
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Your private key')
            [CompletionResult]::new('--peer-key', '--peer-key', [CompletionResultType]::ParameterName, 'The public key of the other side')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;envelope;help' {
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Encrypt a message for a peer and sign it')
            [CompletionResult]::new('open', 'open', [CompletionResultType]::ParameterValue, 'Check the origin of a body and decrypt it')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;envelope;help;seal' {
            break
        }
        'fedctl;envelope;help;open' {
            break
        }
        'fedctl;envelope;help;help' {
            break
        }
        'fedctl;serve' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('dns', 'dns', [CompletionResultType]::ParameterValue, 'An authoritative name server for trials, which can misbehave on request')
            [CompletionResult]::new('peer', 'peer', [CompletionResultType]::ParameterValue, 'A federation server for trials, which says why a message did not open, and can misbehave on request')
            [CompletionResult]::new('hub', 'hub', [CompletionResultType]::ParameterValue, 'A hub of your own: a directory of servers for domains without DNS records')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;serve;dns' {
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'Zone file; `ORIGIN=FILE` when the file does not name its zone; may be repeated')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen, UDP and TCP; port 0 takes a free one')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Misbehave: nxdomain, servfail, refused, silence, truncate, stale, garbage or delay=50ms, each with @NAME for one name')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;serve;peer' {
            [CompletionResult]::new('--domain', '--domain', [CompletionResultType]::ParameterName, 'The federation domain of this peer [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its private key [default: the one in fedctl.yaml]')
            [CompletionResult]::new('--passphrase-file', '--passphrase-file', [CompletionResultType]::ParameterName, 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Answer as this release does [default: 6.2.0, or 1.3.5 with --speaks 1.x]')
            [CompletionResult]::new('--speaks', '--speaks', [CompletionResultType]::ParameterName, 'The protocol to speak, 2.x or 1.x [default: that of the release]')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen; port 0 takes a free one')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Certificate chain in PEM, the server''s own first [default: one that is made on the spot]')
            [CompletionResult]::new('--cert-key', '--cert-key', [CompletionResultType]::ParameterName, 'Private key of the certificate')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Host name for the certificate that is made, the SRV target; may be repeated [default: the domain and chat.DOMAIN]')
            [CompletionResult]::new('--ca-out', '--ca-out', [CompletionResultType]::ParameterName, 'Write the authority of the certificate that is made to this file, for --ca-file')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file too, when answering a request for events')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Misbehave; may be repeated')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]')
            [CompletionResult]::new('--connect-to', '--connect-to', [CompletionResultType]::ParameterName, 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--plain', '--plain', [CompletionResultType]::ParameterName, 'Speak plain HTTP')
            [CompletionResult]::new('--system-only', '--system-only', [CompletionResultType]::ParameterName, 'Ask only the resolvers of this machine')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;serve;hub' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Where to listen; port 0 takes a free one')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The URL under which servers and people reach this hub; links in mails start with it')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Directory of the embedded database')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME')
            [CompletionResult]::new('--database-ca', '--database-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to PostgreSQL')
            [CompletionResult]::new('--smtp', '--smtp', [CompletionResultType]::ParameterName, 'The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST[:PORT][?tls=required]')
            [CompletionResult]::new('--smtp-ca', '--smtp-ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this PEM file when talking to the mail server')
            [CompletionResult]::new('--mail-from', '--mail-from', [CompletionResultType]::ParameterName, 'Sender of the mails [default: hub@ the host of --public-url]')
            [CompletionResult]::new('--allow-domain', '--allow-domain', [CompletionResultType]::ParameterName, 'Take this domain, and those below it, and no others; may be repeated')
            [CompletionResult]::new('--trusted-proxy', '--trusted-proxy', [CompletionResultType]::ParameterName, 'Believe the X-Forwarded-For of this reverse proxy; may be repeated')
            [CompletionResult]::new('--link-lifetime', '--link-lifetime', [CompletionResultType]::ParameterName, 'How long the link of a mail works')
            [CompletionResult]::new('--mails-per-day', '--mails-per-day', [CompletionResultType]::ParameterName, 'Mails to one domain in 24 hours')
            [CompletionResult]::new('--registrations-per-hour', '--registrations-per-hour', [CompletionResultType]::ParameterName, 'Registrations and removals of one address in an hour')
            [CompletionResult]::new('--searches-per-minute', '--searches-per-minute', [CompletionResultType]::ParameterName, 'Searches and pages of one address in a minute')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'Connections at the same time')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'How to write the log: text or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--mail-to-log', '--mail-to-log', [CompletionResultType]::ParameterName, 'For trials: write the links to the log and send no mail')
            [CompletionResult]::new('--allow-private', '--allow-private', [CompletionResultType]::ParameterName, 'Take URLs in private networks')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;serve;help' {
            [CompletionResult]::new('dns', 'dns', [CompletionResultType]::ParameterValue, 'An authoritative name server for trials, which can misbehave on request')
            [CompletionResult]::new('peer', 'peer', [CompletionResultType]::ParameterValue, 'A federation server for trials, which says why a message did not open, and can misbehave on request')
            [CompletionResult]::new('hub', 'hub', [CompletionResultType]::ParameterValue, 'A hub of your own: a directory of servers for domains without DNS records')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;serve;help;dns' {
            break
        }
        'fedctl;serve;help;peer' {
            break
        }
        'fedctl;serve;help;hub' {
            break
        }
        'fedctl;serve;help;help' {
            break
        }
        'fedctl;lab' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Show the full report of this domain only; may be repeated')
            [CompletionResult]::new('--zone', '--zone', [CompletionResultType]::ParameterName, 'Hold this zone file too, for a domain of your own below `test`; may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the diagnoses: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave it running, and print the variables that lead every other command into it; Ctrl-C ends it without a trace')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;config' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print the settings: human or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR is honoured')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long to wait for one answer from the network, as in `5s` or `500ms`')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 from this severity on: notice, warning or error')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this file in place of fedctl.yaml')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print the answer and errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about the work; twice for even more')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'fedctl;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a key pair that a server can use as it is')
            [CompletionResult]::new('key', 'key', [CompletionResultType]::ParameterValue, 'Look at keys')
            [CompletionResult]::new('records', 'records', [CompletionResultType]::ParameterValue, 'Print the DNS records to publish, in the form that your DNS host takes')
            [CompletionResult]::new('dns-check', 'dns-check', [CompletionResultType]::ParameterValue, 'Check what DNS says about a domain')
            [CompletionResult]::new('handshake', 'handshake', [CompletionResultType]::ParameterValue, 'Find out whether a peer can really be federated with')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Say whether the own set-up works, why not, and what to type')
            [CompletionResult]::new('mesh', 'mesh', [CompletionResultType]::ParameterValue, 'Check every direction between the servers of a group of domains')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, a federation status, or what a server writes into its log')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'List all checks')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Say what changed between two saved runs of dns-check')
            [CompletionResult]::new('register', 'register', [CompletionResultType]::ParameterValue, 'Register a server at a hub, so that peers find it without DNS records')
            [CompletionResult]::new('hub', 'hub', [CompletionResultType]::ParameterValue, 'Ask a hub, or look after your own')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Change the key of a domain')
            [CompletionResult]::new('envelope', 'envelope', [CompletionResultType]::ParameterValue, 'Seal or open one message as servers do, to find out why it does not arrive')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run an embedded server')
            [CompletionResult]::new('lab', 'lab', [CompletionResultType]::ParameterValue, 'Try everything on this machine')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show each setting and where it came from')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'fedctl;help;init' {
            break
        }
        'fedctl;help;keygen' {
            break
        }
        'fedctl;help;key' {
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say whether a text is the public key that it should be')
            break
        }
        'fedctl;help;key;inspect' {
            break
        }
        'fedctl;help;records' {
            [CompletionResult]::new('formats', 'formats', [CompletionResultType]::ParameterValue, 'List the forms that --format takes')
            [CompletionResult]::new('lint', 'lint', [CompletionResultType]::ParameterValue, 'Say what peers would get from a text in a provider''s form')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Print only what is missing or wrong in DNS')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Change a name server by dynamic update (RFC 2136 with TSIG)')
            break
        }
        'fedctl;help;records;formats' {
            break
        }
        'fedctl;help;records;lint' {
            break
        }
        'fedctl;help;records;diff' {
            break
        }
        'fedctl;help;records;apply' {
            break
        }
        'fedctl;help;dns-check' {
            break
        }
        'fedctl;help;handshake' {
            break
        }
        'fedctl;help;doctor' {
            break
        }
        'fedctl;help;mesh' {
            break
        }
        'fedctl;help;explain' {
            break
        }
        'fedctl;help;checks' {
            break
        }
        'fedctl;help;diff' {
            break
        }
        'fedctl;help;register' {
            break
        }
        'fedctl;help;hub' {
            [CompletionResult]::new('lookup', 'lookup', [CompletionResultType]::ParameterValue, 'Ask a hub what it tells servers about a domain')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the entries that your hub serves')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything that your hub knows about a domain')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Take a domain out of your hub')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the served entries as JSON')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Read entries from the JSON of an export')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Copy the embedded database while the hub runs')
            break
        }
        'fedctl;help;hub;lookup' {
            break
        }
        'fedctl;help;hub;list' {
            break
        }
        'fedctl;help;hub;show' {
            break
        }
        'fedctl;help;hub;remove' {
            break
        }
        'fedctl;help;hub;export' {
            break
        }
        'fedctl;help;hub;import' {
            break
        }
        'fedctl;help;hub;backup' {
            break
        }
        'fedctl;help;rotate' {
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Say when to do what, rehearse it, and print the way back')
            break
        }
        'fedctl;help;rotate;plan' {
            break
        }
        'fedctl;help;envelope' {
            [CompletionResult]::new('seal', 'seal', [CompletionResultType]::ParameterValue, 'Encrypt a message for a peer and sign it')
            [CompletionResult]::new('open', 'open', [CompletionResultType]::ParameterValue, 'Check the origin of a body and decrypt it')
            break
        }
        'fedctl;help;envelope;seal' {
            break
        }
        'fedctl;help;envelope;open' {
            break
        }
        'fedctl;help;serve' {
            [CompletionResult]::new('dns', 'dns', [CompletionResultType]::ParameterValue, 'An authoritative name server for trials, which can misbehave on request')
            [CompletionResult]::new('peer', 'peer', [CompletionResultType]::ParameterValue, 'A federation server for trials, which says why a message did not open, and can misbehave on request')
            [CompletionResult]::new('hub', 'hub', [CompletionResultType]::ParameterValue, 'A hub of your own: a directory of servers for domains without DNS records')
            break
        }
        'fedctl;help;serve;dns' {
            break
        }
        'fedctl;help;serve;peer' {
            break
        }
        'fedctl;help;serve;hub' {
            break
        }
        'fedctl;help;lab' {
            break
        }
        'fedctl;help;config' {
            break
        }
        'fedctl;help;completions' {
            break
        }
        'fedctl;help;man' {
            break
        }
        'fedctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
