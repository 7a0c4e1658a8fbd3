
use builtin;
use str;

set edit:completion:arg-completer[fedctl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'fedctl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'fedctl'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand init 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish'
            cand keygen 'Make a key pair that a server can use as it is'
            cand key 'Look at keys'
            cand records 'Print the DNS records to publish, in the form that your DNS host takes'
            cand dns-check 'Check what DNS says about a domain'
            cand handshake 'Find out whether a peer can really be federated with'
            cand doctor 'Say whether the own set-up works, why not, and what to type'
            cand mesh 'Check every direction between the servers of a group of domains'
            cand explain 'Explain a check, a federation status, or what a server writes into its log'
            cand checks 'List all checks'
            cand diff 'Say what changed between two saved runs of dns-check'
            cand register 'Register a server at a hub, so that peers find it without DNS records'
            cand hub 'Ask a hub, or look after your own'
            cand rotate 'Change the key of a domain'
            cand envelope 'Seal or open one message as servers do, to find out why it does not arrive'
            cand serve 'Run an embedded server'
            cand lab 'Try everything on this machine'
            cand config 'Show each setting and where it came from'
            cand completions 'Print the completion script of a shell'
            cand man 'Write the manual pages'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;init'= {
            cand --server 'Address of the server as in its Site URL, `https://chat.mydomain.com`; also without `https://`'
            cand --release 'The server''s release, when it does not tell'
            cand --provider 'Form of the records, by DNS host (`fedctl records formats`) [default: from the delegation, else human]'
            cand --key 'Key file to use, private or public, such as the Public Key of the server''s settings; `new` makes a pair'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --method 'How peers find the server: dns or hub'
            cand --hub-url 'The hub, for --method hub'
            cand --ca-file 'Trust the authorities in this PEM file too'
            cand --file 'Where to write the settings'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -y 'Never ask: what no flag says is found out or has its default'
            cand --yes 'Never ask: what no flag says is found out or has its default'
            cand --force 'Replace existing files'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;keygen'= {
            cand --private 'File for the private key'
            cand --public 'File for the public key; by default beside the private one, ending in `.pub`'
            cand --bits 'Length of the modulus: 2048 (what servers make), 3072 or 4096'
            cand --form 'How the private file holds the key: one-line, pem, json, or mongosh (a script that puts both keys into a server''s database)'
            cand --from-private 'Take this private key in place of a new one, and write only what is derived from it'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --format 'How to print the result: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --encrypt 'Encrypt the private key with a passphrase'
            cand --force 'Replace existing files; never asks'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;key'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand inspect 'Say whether a text is the public key that it should be'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;key;inspect'= {
            cand --key 'Compare with this key file, private or public'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --format 'How to print the result: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;key;help'= {
            cand inspect 'Say whether a text is the public key that it should be'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;key;help;inspect'= {
        }
        &'fedctl;key;help;help'= {
        }
        &'fedctl;records'= {
            cand --target 'The host that runs the server'
            cand --port 'The port that peers call; by default 443, with --protocol http 80'
            cand --protocol 'How peers call: https or http'
            cand --key 'Key file, private or public; only the public key is ever printed'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --for 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated'
            cand --ttl 'How long resolvers may keep the records, in seconds'
            cand --zone 'The zone that holds the records; by default the registrable domain'
            cand --format 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)'
            cand --for-provider 'Choose the form of this provider; `auto` asks DNS who hosts the zone'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand formats 'List the forms that --format takes'
            cand lint 'Say what peers would get from a text in a provider''s form'
            cand diff 'Print only what is missing or wrong in DNS'
            cand apply 'Change a name server by dynamic update (RFC 2136 with TSIG)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;records;formats'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;records;lint'= {
            cand --format 'The form that the text is in (`fedctl records formats` lists them)'
            cand --domain 'The federation domain; else the one in fedctl.yaml, else the one that the records name'
            cand --zone 'The zone that relative names end with; by default the registrable domain'
            cand --key 'The key must be this one: key file, private or public'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --for 'This release must be able to use the records; may be repeated'
            cand --report 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;records;diff'= {
            cand --target 'The host that runs the server'
            cand --port 'The port that peers call; by default 443, with --protocol http 80'
            cand --protocol 'How peers call: https or http'
            cand --key 'Key file, private or public; only the public key is ever printed'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --for 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated'
            cand --ttl 'How long resolvers may keep the records, in seconds'
            cand --zone 'The zone that holds the records; by default the registrable domain'
            cand --format 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)'
            cand --for-provider 'Choose the form of this provider; `auto` asks DNS who hosts the zone'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;records;apply'= {
            cand --target 'The host that runs the server'
            cand --port 'The port that peers call; by default 443, with --protocol http 80'
            cand --protocol 'How peers call: https or http'
            cand --key 'Key file, private or public; only the public key is ever printed'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --for 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated'
            cand --ttl 'How long resolvers may keep the records, in seconds'
            cand --zone 'The zone that holds the records; by default the registrable domain'
            cand --server 'The primary name server, ADDR or ADDR:PORT'
            cand --tsig-file 'File with the TSIG key, as tsig-keygen or keymgr writes it'
            cand --undo 'File for the nsupdate script that undoes the changes [default: undo-DOMAIN-SERIAL.nsupdate]'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --yes 'Send the changes; without it nothing is changed'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;records;help'= {
            cand formats 'List the forms that --format takes'
            cand lint 'Say what peers would get from a text in a provider''s form'
            cand diff 'Print only what is missing or wrong in DNS'
            cand apply 'Change a name server by dynamic update (RFC 2136 with TSIG)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;records;help;formats'= {
        }
        &'fedctl;records;help;lint'= {
        }
        &'fedctl;records;help;diff'= {
        }
        &'fedctl;records;help;apply'= {
        }
        &'fedctl;records;help;help'= {
        }
        &'fedctl;dns-check'= {
            cand --key 'The published key must be this one: key file, private or public'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --target 'The SRV target must be this host'
            cand --port 'The SRV port must be this one'
            cand --for 'This release must be able to use the domain; may be repeated'
            cand --format 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github'
            cand -o 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --output 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --wait 'Look again until everybody agrees, for at most this time [default when given: 10m]'
            cand --save 'Keep the run in this file: questions, answers as bytes, servers, times; no secrets'
            cand --replay 'Judge a saved run again, without any network'
            cand --zone-file 'Judge this zone file before it is published'
            cand --at-server 'Ask this server''s own resolver too, through its REST API (3.17 and later; needs the token of a user)'
            cand --token-file 'File with user id and token of a user of that server [default: the one in fedctl.yaml]'
            cand --ca-file 'Trust the authorities in this PEM file too when that server is called'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;handshake'= {
            cand --domain 'Your own federation domain [default: the one in fedctl.yaml]'
            cand --key 'Your private key [default: the one in fedctl.yaml]'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --as 'Discover as this release does [default: that of the peer]'
            cand --ca-file 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers'
            cand --callback 'Listen here for the peer''s own message; your SRV record must lead to this address'
            cand --callback-cert 'Certificate chain for the callback, in PEM, when no proxy speaks TLS for it'
            cand --callback-cert-key 'Private key of that certificate'
            cand --join 'Put two reports of opposite directions together'
            cand --format 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github'
            cand -o 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --output 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --probe-bypass 'Ask whether a plain message in the peer''s own name is taken, which is a security hole of servers from 2.0 on'
            cand --invite 'Print a text that asks the other admin to look from the other side'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;doctor'= {
            cand --key 'Key file, private or public [default: the one in fedctl.yaml]'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --target 'The SRV target must be this host [default: the one in fedctl.yaml]'
            cand --port 'The SRV port must be this one [default: the one in fedctl.yaml]'
            cand --server 'URL of the server, for its settings [default: the one in fedctl.yaml, else where the records lead]'
            cand --release 'The server''s release, when it does not tell'
            cand --token-file 'File with user id and token of an admin, to compare the live settings (docs/doctor.md)'
            cand --ca-file 'Trust the authorities in this PEM file too'
            cand --format 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github'
            cand -o 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --output 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;mesh'= {
            cand --list 'Read domains from this file, or from standard input for `-`: one on each line, with the release behind it where it is known, as in `alpha.example 3.18.7`'
            cand --format 'How to print the mesh: human, json, html or dot'
            cand -o 'Write the mesh to this file and not to stdout'
            cand --output 'Write the mesh to this file and not to stdout'
            cand --ca-file 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;explain'= {
            cand --format 'How to print it: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;checks'= {
            cand --format 'How to print the list: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;diff'= {
            cand --format 'How to print the differences: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;register'= {
            cand --url 'URL of the server, without path, as in `https://chat.mydomain.com`'
            cand --key 'Key of the server: key file, public or private; only the public half is sent [default: the one in fedctl.yaml]'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --token-file 'File with the cloud token of the workspace, which the public hub may want'
            cand --wait 'Wait until the hub shows the entry, at most so long [default: 15m]'
            cand --format 'How to print the report: human or json'
            cand --hub-url 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]'
            cand --ca-file 'Trust the authorities in this PEM file too'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --dry-run 'Look at everything, show what would be sent, and send nothing'
            cand --force 'Send although something is wrong'
            cand --remove 'Ask a hub of fedctl to mail a link for removing the entry'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand lookup 'Ask a hub what it tells servers about a domain'
            cand list 'List the entries that your hub serves'
            cand show 'Show everything that your hub knows about a domain'
            cand remove 'Take a domain out of your hub'
            cand export 'Write the served entries as JSON'
            cand import 'Read entries from the JSON of an export'
            cand backup 'Copy the embedded database while the hub runs'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;hub;lookup'= {
            cand --key 'The key must be this one: key file, private or public'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --format 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github'
            cand -o 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --output 'Write the report to this file in one step, replacing it, and not to stdout'
            cand --hub-url 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]'
            cand --ca-file 'Trust the authorities in this PEM file too'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;list'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --format 'How to print the list: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --pending 'List what waits for somebody to confirm instead'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;show'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --format 'How to print it: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;remove'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;export'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --force 'Replace an existing file'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;import'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --replace 'Let the imported entries win'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;backup'= {
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --force 'Replace an existing file'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;hub;help'= {
            cand lookup 'Ask a hub what it tells servers about a domain'
            cand list 'List the entries that your hub serves'
            cand show 'Show everything that your hub knows about a domain'
            cand remove 'Take a domain out of your hub'
            cand export 'Write the served entries as JSON'
            cand import 'Read entries from the JSON of an export'
            cand backup 'Copy the embedded database while the hub runs'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;hub;help;lookup'= {
        }
        &'fedctl;hub;help;list'= {
        }
        &'fedctl;hub;help;show'= {
        }
        &'fedctl;hub;help;remove'= {
        }
        &'fedctl;hub;help;export'= {
        }
        &'fedctl;hub;help;import'= {
        }
        &'fedctl;hub;help;backup'= {
        }
        &'fedctl;hub;help;help'= {
        }
        &'fedctl;rotate'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand plan 'Say when to do what, rehearse it, and print the way back'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;rotate;plan'= {
            cand --key 'The key in use: key file, private or public [default: the one in fedctl.yaml]'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --next 'File for the next private key; its public half goes beside it'
            cand --low-ttl 'TTL during the change, in seconds'
            cand --provider 'Form of the records of the way back [default: the provider of fedctl.yaml, else zone]'
            cand --format 'How to print the plan: human or json'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --no-rehearsal 'Leave the rehearsal out'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;rotate;help'= {
            cand plan 'Say when to do what, rehearse it, and print the way back'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;rotate;help;plan'= {
        }
        &'fedctl;rotate;help;help'= {
        }
        &'fedctl;envelope'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand seal 'Encrypt a message for a peer and sign it'
            cand open 'Check the origin of a body and decrypt it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;envelope;seal'= {
            cand --key 'Your private key'
            cand --peer-key 'The public key of the other side'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --wire 'The form to print: 2.x, 1.x (with `payload` around it) or raw (bytes)'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;envelope;open'= {
            cand --key 'Your private key'
            cand --peer-key 'The public key of the other side'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;envelope;help'= {
            cand seal 'Encrypt a message for a peer and sign it'
            cand open 'Check the origin of a body and decrypt it'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;envelope;help;seal'= {
        }
        &'fedctl;envelope;help;open'= {
        }
        &'fedctl;envelope;help;help'= {
        }
        &'fedctl;serve'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand dns 'An authoritative name server for trials, which can misbehave on request'
            cand peer 'A federation server for trials, which says why a message did not open, and can misbehave on request'
            cand hub 'A hub of your own: a directory of servers for domains without DNS records'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;serve;dns'= {
            cand --zone 'Zone file; `ORIGIN=FILE` when the file does not name its zone; may be repeated'
            cand --listen 'Where to listen, UDP and TCP; port 0 takes a free one'
            cand --fault 'Misbehave: nxdomain, servfail, refused, silence, truncate, stale, garbage or delay=50ms, each with @NAME for one name'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;serve;peer'= {
            cand --domain 'The federation domain of this peer [default: the one in fedctl.yaml]'
            cand --key 'Its private key [default: the one in fedctl.yaml]'
            cand --passphrase-file 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks'
            cand --as 'Answer as this release does [default: 6.2.0, or 1.3.5 with --speaks 1.x]'
            cand --speaks 'The protocol to speak, 2.x or 1.x [default: that of the release]'
            cand --listen 'Where to listen; port 0 takes a free one'
            cand --cert 'Certificate chain in PEM, the server''s own first [default: one that is made on the spot]'
            cand --cert-key 'Private key of the certificate'
            cand --name 'Host name for the certificate that is made, the SRV target; may be repeated [default: the domain and chat.DOMAIN]'
            cand --ca-out 'Write the authority of the certificate that is made to this file, for --ca-file'
            cand --ca-file 'Trust the authorities in this PEM file too, when answering a request for events'
            cand --fault 'Misbehave; may be repeated'
            cand --resolver 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system''s and three public ones]'
            cand --connect-to 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --plain 'Speak plain HTTP'
            cand --system-only 'Ask only the resolvers of this machine'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;serve;hub'= {
            cand --listen 'Where to listen; port 0 takes a free one'
            cand --public-url 'The URL under which servers and people reach this hub; links in mails start with it'
            cand --data 'Directory of the embedded database'
            cand --database 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME'
            cand --database-ca 'Trust the certificates in this PEM file when talking to PostgreSQL'
            cand --smtp 'The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST[:PORT][?tls=required]'
            cand --smtp-ca 'Trust the certificates in this PEM file when talking to the mail server'
            cand --mail-from 'Sender of the mails [default: hub@ the host of --public-url]'
            cand --allow-domain 'Take this domain, and those below it, and no others; may be repeated'
            cand --trusted-proxy 'Believe the X-Forwarded-For of this reverse proxy; may be repeated'
            cand --link-lifetime 'How long the link of a mail works'
            cand --mails-per-day 'Mails to one domain in 24 hours'
            cand --registrations-per-hour 'Registrations and removals of one address in an hour'
            cand --searches-per-minute 'Searches and pages of one address in a minute'
            cand --connections 'Connections at the same time'
            cand --log-format 'How to write the log: text or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --mail-to-log 'For trials: write the links to the log and send no mail'
            cand --allow-private 'Take URLs in private networks'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;serve;help'= {
            cand dns 'An authoritative name server for trials, which can misbehave on request'
            cand peer 'A federation server for trials, which says why a message did not open, and can misbehave on request'
            cand hub 'A hub of your own: a directory of servers for domains without DNS records'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;serve;help;dns'= {
        }
        &'fedctl;serve;help;peer'= {
        }
        &'fedctl;serve;help;hub'= {
        }
        &'fedctl;serve;help;help'= {
        }
        &'fedctl;lab'= {
            cand --only 'Show the full report of this domain only; may be repeated'
            cand --zone 'Hold this zone file too, for a domain of your own below `test`; may be repeated'
            cand --format 'How to print the diagnoses: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand --keep 'Leave it running, and print the variables that lead every other command into it; Ctrl-C ends it without a trace'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;config'= {
            cand --format 'How to print the settings: human or json'
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;completions'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;man'= {
            cand --color 'When to use colour; NO_COLOR is honoured'
            cand --timeout 'How long to wait for one answer from the network, as in `5s` or `500ms`'
            cand --fail-on 'Exit with 1 from this severity on: notice, warning or error'
            cand --suppress 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated'
            cand --config 'Read this file in place of fedctl.yaml'
            cand -q 'Print the answer and errors only'
            cand --quiet 'Print the answer and errors only'
            cand -v 'Say more about the work; twice for even more'
            cand --verbose 'Say more about the work; twice for even more'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'fedctl;help'= {
            cand init 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish'
            cand keygen 'Make a key pair that a server can use as it is'
            cand key 'Look at keys'
            cand records 'Print the DNS records to publish, in the form that your DNS host takes'
            cand dns-check 'Check what DNS says about a domain'
            cand handshake 'Find out whether a peer can really be federated with'
            cand doctor 'Say whether the own set-up works, why not, and what to type'
            cand mesh 'Check every direction between the servers of a group of domains'
            cand explain 'Explain a check, a federation status, or what a server writes into its log'
            cand checks 'List all checks'
            cand diff 'Say what changed between two saved runs of dns-check'
            cand register 'Register a server at a hub, so that peers find it without DNS records'
            cand hub 'Ask a hub, or look after your own'
            cand rotate 'Change the key of a domain'
            cand envelope 'Seal or open one message as servers do, to find out why it does not arrive'
            cand serve 'Run an embedded server'
            cand lab 'Try everything on this machine'
            cand config 'Show each setting and where it came from'
            cand completions 'Print the completion script of a shell'
            cand man 'Write the manual pages'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'fedctl;help;init'= {
        }
        &'fedctl;help;keygen'= {
        }
        &'fedctl;help;key'= {
            cand inspect 'Say whether a text is the public key that it should be'
        }
        &'fedctl;help;key;inspect'= {
        }
        &'fedctl;help;records'= {
            cand formats 'List the forms that --format takes'
            cand lint 'Say what peers would get from a text in a provider''s form'
            cand diff 'Print only what is missing or wrong in DNS'
            cand apply 'Change a name server by dynamic update (RFC 2136 with TSIG)'
        }
        &'fedctl;help;records;formats'= {
        }
        &'fedctl;help;records;lint'= {
        }
        &'fedctl;help;records;diff'= {
        }
        &'fedctl;help;records;apply'= {
        }
        &'fedctl;help;dns-check'= {
        }
        &'fedctl;help;handshake'= {
        }
        &'fedctl;help;doctor'= {
        }
        &'fedctl;help;mesh'= {
        }
        &'fedctl;help;explain'= {
        }
        &'fedctl;help;checks'= {
        }
        &'fedctl;help;diff'= {
        }
        &'fedctl;help;register'= {
        }
        &'fedctl;help;hub'= {
            cand lookup 'Ask a hub what it tells servers about a domain'
            cand list 'List the entries that your hub serves'
            cand show 'Show everything that your hub knows about a domain'
            cand remove 'Take a domain out of your hub'
            cand export 'Write the served entries as JSON'
            cand import 'Read entries from the JSON of an export'
            cand backup 'Copy the embedded database while the hub runs'
        }
        &'fedctl;help;hub;lookup'= {
        }
        &'fedctl;help;hub;list'= {
        }
        &'fedctl;help;hub;show'= {
        }
        &'fedctl;help;hub;remove'= {
        }
        &'fedctl;help;hub;export'= {
        }
        &'fedctl;help;hub;import'= {
        }
        &'fedctl;help;hub;backup'= {
        }
        &'fedctl;help;rotate'= {
            cand plan 'Say when to do what, rehearse it, and print the way back'
        }
        &'fedctl;help;rotate;plan'= {
        }
        &'fedctl;help;envelope'= {
            cand seal 'Encrypt a message for a peer and sign it'
            cand open 'Check the origin of a body and decrypt it'
        }
        &'fedctl;help;envelope;seal'= {
        }
        &'fedctl;help;envelope;open'= {
        }
        &'fedctl;help;serve'= {
            cand dns 'An authoritative name server for trials, which can misbehave on request'
            cand peer 'A federation server for trials, which says why a message did not open, and can misbehave on request'
            cand hub 'A hub of your own: a directory of servers for domains without DNS records'
        }
        &'fedctl;help;serve;dns'= {
        }
        &'fedctl;help;serve;peer'= {
        }
        &'fedctl;help;serve;hub'= {
        }
        &'fedctl;help;lab'= {
        }
        &'fedctl;help;config'= {
        }
        &'fedctl;help;completions'= {
        }
        &'fedctl;help;man'= {
        }
        &'fedctl;help;help'= {
        }
    ]
    $completions[$command]
}
