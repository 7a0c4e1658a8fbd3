# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fedctl_global_optspecs
    string join \n color= q/quiet v/verbose timeout= fail-on= config= h/help V/version
end

function __fish_fedctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_fedctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_fedctl_using_subcommand
    set -l cmd (__fish_fedctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c fedctl -n "__fish_fedctl_needs_command" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_needs_command" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_needs_command" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_needs_command" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_needs_command" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_needs_command" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_needs_command" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "envelope" -d 'Seal or open one message as servers do, to find out why it does not arrive'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "keygen" -d 'Make a key pair that a server can use as it is'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "key" -d 'Look at keys'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "dns-check" -d 'Check what DNS says about a domain'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "lab" -d 'Try everything on this machine'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "serve" -d 'Run an embedded server'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "explain" -d 'Explain a check'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "checks" -d 'List all checks'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "config" -d 'Show each setting and where it came from'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "man" -d 'Write the manual pages'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "records" -d 'Print the DNS records to publish, in the form that your DNS host takes'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -f -a "seal" -d 'Encrypt a message for a peer and sign it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -f -a "open" -d 'Check the origin of a body and decrypt it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l key -d 'Your private key' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l peer-key -d 'The public key of the other side' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l wire -d 'The form to print: 2.x, 1.x (with `payload` around it) or raw (bytes)' -r -f -a "2.x\t'`{"type":"Buffer","data":[…]}`, from 2.0.0 on'
1.x\t'`{"payload":{"type":"Buffer","data":[…]}}`, 1.0.0 to 1.3.5'
raw\t'The bytes themselves; no server sends them so'"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l key -d 'Your private key' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l peer-key -d 'The public key of the other side' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "seal" -d 'Encrypt a message for a peer and sign it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "open" -d 'Check the origin of a body and decrypt it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l private -d 'File for the private key' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l public -d 'File for the public key; by default beside the private one, ending in `.pub`' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l bits -d 'Length of the modulus: 2048 (what servers make), 3072 or 4096' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l form -d 'How the private file holds the key: one-line, pem, json, or mongosh (a script that puts both keys into a server\'s database)' -r -f -a "one-line\t''
pem\t''
json\t''
mongosh\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l from-private -d 'Take this private key in place of a new one, and write only what is derived from it' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l format -d 'How to print the result: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l encrypt -d 'Encrypt the private key with a passphrase'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l force -d 'Replace existing files; never asks'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -f -a "inspect" -d 'Say whether a text is the public key that it should be'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l key -d 'Compare with this key file, private or public' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l format -d 'How to print the result: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "inspect" -d 'Say whether a text is the public key that it should be'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l key -d 'The published key must be this one: key file, private or public' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l target -d 'The SRV target must be this host' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l port -d 'The SRV port must be this one' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l for -d 'This release must be able to use the domain; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l format -d 'How to print the report: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a report, or an array when there are several (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l only -d 'Show the full report of this domain only; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l format -d 'How to print the diagnoses: human or json' -r -f -a "human\t'For people'
json\t'One JSON object a report, or an array when there are several (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l zone -d 'Zone file; `ORIGIN=FILE` when the file does not name its zone; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l listen -d 'Where to listen, UDP and TCP; port 0 takes a free one' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l fault -d 'Misbehave: nxdomain, servfail, refused, silence, truncate, stale, garbage or delay=50ms, each with @NAME for one name' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l format -d 'How to print the list: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l format -d 'How to print the settings: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l target -d 'The host that runs the server' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l port -d 'The port that peers call; by default 443, with --protocol http 80' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l protocol -d 'How peers call: https or http' -r -f -a "https\t''
http\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l key -d 'Key file, private or public; only the public key is ever printed' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l for -d 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l ttl -d 'How long resolvers may keep the records, in seconds' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l zone -d 'The zone that holds the records; by default the registrable domain' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l format -d 'The form to print (`fedctl records formats` lists them)' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -a "formats" -d 'List the forms that --format takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "formats" -d 'List the forms that --format takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "envelope" -d 'Seal or open one message as servers do, to find out why it does not arrive'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "keygen" -d 'Make a key pair that a server can use as it is'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "key" -d 'Look at keys'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "dns-check" -d 'Check what DNS says about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "lab" -d 'Try everything on this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "serve" -d 'Run an embedded server'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "explain" -d 'Explain a check'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "checks" -d 'List all checks'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "config" -d 'Show each setting and where it came from'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "man" -d 'Write the manual pages'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "records" -d 'Print the DNS records to publish, in the form that your DNS host takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from envelope keygen key dns-check lab serve explain checks config completions man records help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from envelope" -f -a "seal" -d 'Encrypt a message for a peer and sign it'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from envelope" -f -a "open" -d 'Check the origin of a body and decrypt it'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "inspect" -d 'Say whether a text is the public key that it should be'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from serve" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from records" -f -a "formats" -d 'List the forms that --format takes'
