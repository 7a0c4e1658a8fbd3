# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_fedctl_global_optspecs
    string join \n color= q/quiet v/verbose timeout= fail-on= suppress= config= h/help V/version
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
complete -c fedctl -n "__fish_fedctl_needs_command" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_needs_command" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_needs_command" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_needs_command" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_needs_command" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "init" -d 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "keygen" -d 'Make a key pair that a server can use as it is'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "key" -d 'Look at keys'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "records" -d 'Print the DNS records to publish, in the form that your DNS host takes'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "dns-check" -d 'Check what DNS says about a domain'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "handshake" -d 'Find out whether a peer can really be federated with'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "doctor" -d 'Say whether the own set-up works, why not, and what to type'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "mesh" -d 'Check every direction between the servers of a group of domains'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "explain" -d 'Explain a check, a federation status, or what a server writes into its log'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "checks" -d 'List all checks'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "diff" -d 'Say what changed between two saved runs of dns-check'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "register" -d 'Register a server at a hub, so that peers find it without DNS records'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "hub" -d 'Ask a hub, or look after your own'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "rotate" -d 'Change the key of a domain'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "envelope" -d 'Seal or open one message as servers do, to find out why it does not arrive'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "serve" -d 'Run an embedded server'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "lab" -d 'Try everything on this machine'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "config" -d 'Show each setting and where it came from'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "man" -d 'Write the manual pages'
complete -c fedctl -n "__fish_fedctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l server -d 'Address of the server as in its Site URL, `https://chat.mydomain.com`; also without `https://`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l release -d 'The server\'s release, when it does not tell' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l provider -d 'Form of the records, by DNS host (`fedctl records formats`) [default: from the delegation, else human]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l key -d 'Key file to use, private or public, such as the Public Key of the server\'s settings; `new` makes a pair' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l method -d 'How peers find the server: dns or hub' -r -f -a "dns\t'SRV and TXT records'
hub\t'Registration at a hub'"
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l hub-url -d 'The hub, for --method hub' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l ca-file -d 'Trust the authorities in this PEM file too' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l file -d 'Where to write the settings' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -s y -l yes -d 'Never ask: what no flag says is found out or has its default'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l force -d 'Replace existing files'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand init" -s V -l version -d 'Print version'
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
complete -c fedctl -n "__fish_fedctl_using_subcommand keygen" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and not __fish_seen_subcommand_from inspect help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from inspect" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "inspect" -d 'Say whether a text is the public key that it should be'
complete -c fedctl -n "__fish_fedctl_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l target -d 'The host that runs the server' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l port -d 'The port that peers call; by default 443, with --protocol http 80' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l protocol -d 'How peers call: https or http' -r -f -a "https\t''
http\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l key -d 'Key file, private or public; only the public key is ever printed' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l for -d 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l ttl -d 'How long resolvers may keep the records, in seconds' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l zone -d 'The zone that holds the records; by default the registrable domain' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l format -d 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)' -r -f -a "human\t'table for people'
fields\t'form fields of any provider'
zone\t'zone file'
bind\t'BIND zone file'
knot\t'Knot zone file'
nsd\t'NSD zone file'
unbound\t'Unbound, local-data'
nsupdate\t'BIND, nsupdate script'
knsupdate\t'Knot, knsupdate script'
pdnsutil\t'PowerDNS, pdnsutil commands'
powerdns-api\t'PowerDNS, API body'
windows\t'Windows DNS Server, PowerShell'
route53\t'Route 53 console'
route53-batch\t'Route 53 change batch'
aws-cli\t'Route 53, aws command'
cloudflare-fields\t'Cloudflare, dashboard'
cloudflare\t'Cloudflare, API body'
gcloud\t'Google Cloud DNS, gcloud commands'
az\t'Azure DNS, az commands'
arm\t'Azure DNS, ARM template'
digitalocean\t'DigitalOcean, API bodies'
doctl\t'DigitalOcean, doctl commands'
hetzner\t'Hetzner console'
godaddy\t'GoDaddy form'
namecheap\t'Namecheap form'
terraform-aws\t'Terraform, aws provider'
terraform-cloudflare\t'Terraform, cloudflare provider (5 and later)'
terraform-google\t'Terraform, google provider'
terraform-azurerm\t'Terraform, azurerm provider'
terraform-hetzner\t'Terraform, hcloud provider'
octodns\t'octoDNS, YAML'
dnscontrol\t'dnscontrol, dnsconfig.js'
external-dns\t'external-dns, DNSEndpoint'
json\t'JSON for programs'
yaml\t'YAML for programs'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l for-provider -d 'Choose the form of this provider; `auto` asks DNS who hosts the zone' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -a "formats" -d 'List the forms that --format takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -a "lint" -d 'Say what peers would get from a text in a provider\'s form'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -a "diff" -d 'Print only what is missing or wrong in DNS'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -a "apply" -d 'Change a name server by dynamic update (RFC 2136 with TSIG)'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and not __fish_seen_subcommand_from formats lint diff apply help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from formats" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l format -d 'The form that the text is in (`fedctl records formats` lists them)' -r -f -a "human\t'table for people'
fields\t'form fields of any provider'
zone\t'zone file'
bind\t'BIND zone file'
knot\t'Knot zone file'
nsd\t'NSD zone file'
unbound\t'Unbound, local-data'
nsupdate\t'BIND, nsupdate script'
knsupdate\t'Knot, knsupdate script'
pdnsutil\t'PowerDNS, pdnsutil commands'
powerdns-api\t'PowerDNS, API body'
windows\t'Windows DNS Server, PowerShell'
route53\t'Route 53 console'
route53-batch\t'Route 53 change batch'
aws-cli\t'Route 53, aws command'
cloudflare-fields\t'Cloudflare, dashboard'
cloudflare\t'Cloudflare, API body'
gcloud\t'Google Cloud DNS, gcloud commands'
az\t'Azure DNS, az commands'
arm\t'Azure DNS, ARM template'
digitalocean\t'DigitalOcean, API bodies'
doctl\t'DigitalOcean, doctl commands'
hetzner\t'Hetzner console'
godaddy\t'GoDaddy form'
namecheap\t'Namecheap form'
terraform-aws\t'Terraform, aws provider'
terraform-cloudflare\t'Terraform, cloudflare provider (5 and later)'
terraform-google\t'Terraform, google provider'
terraform-azurerm\t'Terraform, azurerm provider'
terraform-hetzner\t'Terraform, hcloud provider'
octodns\t'octoDNS, YAML'
dnscontrol\t'dnscontrol, dnsconfig.js'
external-dns\t'external-dns, DNSEndpoint'
json\t'JSON for programs'
yaml\t'YAML for programs'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l domain -d 'The federation domain; else the one in fedctl.yaml, else the one that the records name' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l zone -d 'The zone that relative names end with; by default the registrable domain' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l key -d 'The key must be this one: key file, private or public' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l for -d 'This release must be able to use the records; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l report -d 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github' -r -f -a "human\t'you'
json\t'programs'
ndjson\t'log pipelines'
junit\t'CI servers'
sarif\t'code scanning'
tap\t'test harnesses'
nagios\t'Nagios, Icinga, Naemon'
prometheus\t'node_exporter\'s textfile collector'
csv\t'spreadsheets'
markdown\t'issues, merge requests, chats'
html\t'tickets'
github\t'GitHub Actions'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from lint" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l target -d 'The host that runs the server' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l port -d 'The port that peers call; by default 443, with --protocol http 80' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l protocol -d 'How peers call: https or http' -r -f -a "https\t''
http\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l key -d 'Key file, private or public; only the public key is ever printed' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l for -d 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l ttl -d 'How long resolvers may keep the records, in seconds' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l zone -d 'The zone that holds the records; by default the registrable domain' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l format -d 'The form to print [default: the provider of fedctl.yaml, else human] (`fedctl records formats` lists them)' -r -f -a "human\t'table for people'
fields\t'form fields of any provider'
zone\t'zone file'
bind\t'BIND zone file'
knot\t'Knot zone file'
nsd\t'NSD zone file'
unbound\t'Unbound, local-data'
nsupdate\t'BIND, nsupdate script'
knsupdate\t'Knot, knsupdate script'
pdnsutil\t'PowerDNS, pdnsutil commands'
powerdns-api\t'PowerDNS, API body'
windows\t'Windows DNS Server, PowerShell'
route53\t'Route 53 console'
route53-batch\t'Route 53 change batch'
aws-cli\t'Route 53, aws command'
cloudflare-fields\t'Cloudflare, dashboard'
cloudflare\t'Cloudflare, API body'
gcloud\t'Google Cloud DNS, gcloud commands'
az\t'Azure DNS, az commands'
arm\t'Azure DNS, ARM template'
digitalocean\t'DigitalOcean, API bodies'
doctl\t'DigitalOcean, doctl commands'
hetzner\t'Hetzner console'
godaddy\t'GoDaddy form'
namecheap\t'Namecheap form'
terraform-aws\t'Terraform, aws provider'
terraform-cloudflare\t'Terraform, cloudflare provider (5 and later)'
terraform-google\t'Terraform, google provider'
terraform-azurerm\t'Terraform, azurerm provider'
terraform-hetzner\t'Terraform, hcloud provider'
octodns\t'octoDNS, YAML'
dnscontrol\t'dnscontrol, dnsconfig.js'
external-dns\t'external-dns, DNSEndpoint'
json\t'JSON for programs'
yaml\t'YAML for programs'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l for-provider -d 'Choose the form of this provider; `auto` asks DNS who hosts the zone' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l target -d 'The host that runs the server' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l port -d 'The port that peers call; by default 443, with --protocol http 80' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l protocol -d 'How peers call: https or http' -r -f -a "https\t''
http\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l key -d 'Key file, private or public; only the public key is ever printed' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l for -d 'Whom the records are for: all, guide (the admin guide to the letter) or a release such as 3.18.3; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l ttl -d 'How long resolvers may keep the records, in seconds' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l zone -d 'The zone that holds the records; by default the registrable domain' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l server -d 'The primary name server, ADDR or ADDR:PORT' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l tsig-file -d 'File with the TSIG key, as tsig-keygen or keymgr writes it' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l undo -d 'File for the nsupdate script that undoes the changes [default: undo-DOMAIN-SERIAL.nsupdate]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l yes -d 'Send the changes; without it nothing is changed'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "formats" -d 'List the forms that --format takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "lint" -d 'Say what peers would get from a text in a provider\'s form'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Print only what is missing or wrong in DNS'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Change a name server by dynamic update (RFC 2136 with TSIG)'
complete -c fedctl -n "__fish_fedctl_using_subcommand records; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l key -d 'The published key must be this one: key file, private or public' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l target -d 'The SRV target must be this host' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l port -d 'The SRV port must be this one' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l for -d 'This release must be able to use the domain; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l format -d 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github' -r -f -a "human\t'you'
json\t'programs'
ndjson\t'log pipelines'
junit\t'CI servers'
sarif\t'code scanning'
tap\t'test harnesses'
nagios\t'Nagios, Icinga, Naemon'
prometheus\t'node_exporter\'s textfile collector'
csv\t'spreadsheets'
markdown\t'issues, merge requests, chats'
html\t'tickets'
github\t'GitHub Actions'"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s o -l output -d 'Write the report to this file in one step, replacing it, and not to stdout' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l wait -d 'Look again until everybody agrees, for at most this time [default when given: 10m]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l save -d 'Keep the run in this file: questions, answers as bytes, servers, times; no secrets' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l replay -d 'Judge a saved run again, without any network' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l zone-file -d 'Judge this zone file before it is published' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l at-server -d 'Ask this server\'s own resolver too, through its REST API (3.17 and later; needs the token of a user)' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l token-file -d 'File with user id and token of a user of that server [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l ca-file -d 'Trust the authorities in this PEM file too when that server is called' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand dns-check" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l domain -d 'Your own federation domain [default: the one in fedctl.yaml]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l key -d 'Your private key [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l as -d 'Discover as this release does [default: that of the peer]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l ca-file -d 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l callback -d 'Listen here for the peer\'s own message; your SRV record must lead to this address' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l callback-cert -d 'Certificate chain for the callback, in PEM, when no proxy speaks TLS for it' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l callback-cert-key -d 'Private key of that certificate' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l join -d 'Put two reports of opposite directions together' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l format -d 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github' -r -f -a "human\t'you'
json\t'programs'
ndjson\t'log pipelines'
junit\t'CI servers'
sarif\t'code scanning'
tap\t'test harnesses'
nagios\t'Nagios, Icinga, Naemon'
prometheus\t'node_exporter\'s textfile collector'
csv\t'spreadsheets'
markdown\t'issues, merge requests, chats'
html\t'tickets'
github\t'GitHub Actions'"
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -s o -l output -d 'Write the report to this file in one step, replacing it, and not to stdout' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l probe-bypass -d 'Ask whether a plain message in the peer\'s own name is taken, which is a security hole of servers from 2.0 on'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l invite -d 'Print a text that asks the other admin to look from the other side'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand handshake" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l key -d 'Key file, private or public [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l target -d 'The SRV target must be this host [default: the one in fedctl.yaml]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l port -d 'The SRV port must be this one [default: the one in fedctl.yaml]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l server -d 'URL of the server, for its settings [default: the one in fedctl.yaml, else where the records lead]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l release -d 'The server\'s release, when it does not tell' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l token-file -d 'File with user id and token of an admin, to compare the live settings (docs/doctor.md)' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l ca-file -d 'Trust the authorities in this PEM file too' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l format -d 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github' -r -f -a "human\t'you'
json\t'programs'
ndjson\t'log pipelines'
junit\t'CI servers'
sarif\t'code scanning'
tap\t'test harnesses'
nagios\t'Nagios, Icinga, Naemon'
prometheus\t'node_exporter\'s textfile collector'
csv\t'spreadsheets'
markdown\t'issues, merge requests, chats'
html\t'tickets'
github\t'GitHub Actions'"
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -s o -l output -d 'Write the report to this file in one step, replacing it, and not to stdout' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l list -d 'Read domains from this file, or from standard input for `-`: one on each line, with the release behind it where it is known, as in `alpha.example 3.18.7`' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l format -d 'How to print the mesh: human, json, html or dot' -r -f -a "human\t'A matrix for people, then one sentence for each obstacle'
json\t'One JSON object with members and directions'
html\t'One self-contained page with a picture and the matrix'
dot\t'A graph for GraphViz: dot -Tsvg'"
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -s o -l output -d 'Write the mesh to this file and not to stdout' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l ca-file -d 'Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand mesh" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l format -d 'How to print it: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand explain" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand checks" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l format -d 'How to print the differences: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand diff" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l url -d 'URL of the server, without path, as in `https://chat.mydomain.com`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l key -d 'Key of the server: key file, public or private; only the public half is sent [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l token-file -d 'File with the cloud token of the workspace, which the public hub may want' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l wait -d 'Wait until the hub shows the entry, at most so long [default: 15m]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l format -d 'How to print the report: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l hub-url -d 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l ca-file -d 'Trust the authorities in this PEM file too' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l dry-run -d 'Look at everything, show what would be sent, and send nothing'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l force -d 'Send although something is wrong'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l remove -d 'Ask a hub of fedctl to mail a link for removing the entry'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand register" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "lookup" -d 'Ask a hub what it tells servers about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "list" -d 'List the entries that your hub serves'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "show" -d 'Show everything that your hub knows about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "remove" -d 'Take a domain out of your hub'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "export" -d 'Write the served entries as JSON'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "import" -d 'Read entries from the JSON of an export'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "backup" -d 'Copy the embedded database while the hub runs'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and not __fish_seen_subcommand_from lookup list show remove export import backup help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l key -d 'The key must be this one: key file, private or public' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l format -d 'How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, csv, markdown, html or github' -r -f -a "human\t'you'
json\t'programs'
ndjson\t'log pipelines'
junit\t'CI servers'
sarif\t'code scanning'
tap\t'test harnesses'
nagios\t'Nagios, Icinga, Naemon'
prometheus\t'node_exporter\'s textfile collector'
csv\t'spreadsheets'
markdown\t'issues, merge requests, chats'
html\t'tickets'
github\t'GitHub Actions'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -s o -l output -d 'Write the report to this file in one step, replacing it, and not to stdout' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l hub-url -d 'The hub; servers of 1.x have a setting for it, later ones always ask the public one [default: the one in fedctl.yaml, else <https://hub.rocket.chat>]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l ca-file -d 'Trust the authorities in this PEM file too' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from lookup" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l format -d 'How to print the list: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -l pending -d 'List what waits for somebody to confirm instead'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l format -d 'How to print it: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -l force -d 'Replace an existing file'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -l replace -d 'Let the imported entries win'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -l force -d 'Replace an existing file'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from backup" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "lookup" -d 'Ask a hub what it tells servers about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the entries that your hub serves'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show everything that your hub knows about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take a domain out of your hub'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write the served entries as JSON'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "import" -d 'Read entries from the JSON of an export'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "backup" -d 'Copy the embedded database while the hub runs'
complete -c fedctl -n "__fish_fedctl_using_subcommand hub; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -f -a "plan" -d 'Say when to do what, rehearse it, and print the way back'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and not __fish_seen_subcommand_from plan help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l key -d 'The key in use: key file, private or public [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l next -d 'File for the next private key; its public half goes beside it' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l low-ttl -d 'TTL during the change, in seconds' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l provider -d 'Form of the records of the way back [default: the provider of fedctl.yaml, else zone]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l format -d 'How to print the plan: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l no-rehearsal -d 'Leave the rehearsal out'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from plan" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Say when to do what, rehearse it, and print the way back'
complete -c fedctl -n "__fish_fedctl_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and not __fish_seen_subcommand_from seal open help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from seal" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from open" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "seal" -d 'Encrypt a message for a peer and sign it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "open" -d 'Check the origin of a body and decrypt it'
complete -c fedctl -n "__fish_fedctl_using_subcommand envelope; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -f -a "peer" -d 'A federation server for trials, which says why a message did not open, and can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -f -a "hub" -d 'A hub of your own: a directory of servers for domains without DNS records'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and not __fish_seen_subcommand_from dns peer hub help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
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
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from dns" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l domain -d 'The federation domain of this peer [default: the one in fedctl.yaml]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l key -d 'Its private key [default: the one in fedctl.yaml]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l passphrase-file -d 'File whose first line is the passphrase of the private key; else FEDCTL_PASSPHRASE, else the terminal asks' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l as -d 'Answer as this release does [default: 6.2.0, or 1.3.5 with --speaks 1.x]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l speaks -d 'The protocol to speak, 2.x or 1.x [default: that of the release]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l listen -d 'Where to listen; port 0 takes a free one' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l cert -d 'Certificate chain in PEM, the server\'s own first [default: one that is made on the spot]' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l cert-key -d 'Private key of the certificate' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l name -d 'Host name for the certificate that is made, the SRV target; may be repeated [default: the domain and chat.DOMAIN]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l ca-out -d 'Write the authority of the certificate that is made to this file, for --ca-file' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l ca-file -d 'Trust the authorities in this PEM file too, when answering a request for events' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l fault -d 'Misbehave; may be repeated' -r -f -a "disabled\t'Federation is switched off'
slow\t'Every answer takes three seconds; servers wait two'
reset\t'The connection is reset as soon as a request comes'
html\t'Every answer is the HTML of a proxy'
redirect\t'Every answer sends the caller to another address'
body-limit\t'Bodies above 8 KiB are refused, as a proxy with a small limit does'
rate-limit\t'Every route says that there were too many requests'
content-type\t'JSON is labelled as plain text'
huge-answer\t'An answer without end'
wrong-key\t'The key in use is not the one that is published'
never-sends\t'Events that are asked for are never sent'
expired-certificate\t''
self-signed\t''
wrong-host\t''
missing-intermediate\t''
tls13-only\t'Nothing older than TLS 1.3 is spoken'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l resolver -d 'Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system\'s and three public ones]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l connect-to -d 'Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l plain -d 'Speak plain HTTP'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -l system-only -d 'Ask only the resolvers of this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from peer" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l listen -d 'Where to listen; port 0 takes a free one' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l public-url -d 'The URL under which servers and people reach this hub; links in mails start with it' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l data -d 'Directory of the embedded database' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l database -d 'Keep the data in PostgreSQL instead, which several hubs can share: postgres://USER:PASSWORD@HOST/NAME' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l database-ca -d 'Trust the certificates in this PEM file when talking to PostgreSQL' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l smtp -d 'The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST[:PORT][?tls=required]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l smtp-ca -d 'Trust the certificates in this PEM file when talking to the mail server' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l mail-from -d 'Sender of the mails [default: hub@ the host of --public-url]' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l allow-domain -d 'Take this domain, and those below it, and no others; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l trusted-proxy -d 'Believe the X-Forwarded-For of this reverse proxy; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l link-lifetime -d 'How long the link of a mail works' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l mails-per-day -d 'Mails to one domain in 24 hours' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l registrations-per-hour -d 'Registrations and removals of one address in an hour' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l searches-per-minute -d 'Searches and pages of one address in a minute' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l connections -d 'Connections at the same time' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l log-format -d 'How to write the log: text or json' -r -f -a "text\t''
json\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l mail-to-log -d 'For trials: write the links to the log and send no mail'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -l allow-private -d 'Take URLs in private networks'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from hub" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "peer" -d 'A federation server for trials, which says why a message did not open, and can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "hub" -d 'A hub of your own: a directory of servers for domains without DNS records'
complete -c fedctl -n "__fish_fedctl_using_subcommand serve; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l only -d 'Show the full report of this domain only; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l zone -d 'Hold this zone file too, for a domain of your own below `test`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l format -d 'How to print the diagnoses: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -l keep -d 'Leave it running, and print the variables that lead every other command into it; Ctrl-C ends it without a trace'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c fedctl -n "__fish_fedctl_using_subcommand lab" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l format -d 'How to print the settings: human or json' -r -f -a "human\t'For people'
json\t'One JSON object with a `schema` number (docs/json.md)'"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l color -d 'When to use colour; NO_COLOR is honoured' -r -f -a "auto\t'Colour on a terminal, unless NO_COLOR is set'
always\t''
never\t''"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l timeout -d 'How long to wait for one answer from the network, as in `5s` or `500ms`' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l fail-on -d 'Exit with 1 from this severity on: notice, warning or error' -r -f -a "notice\t'Good to know; nothing breaks'
warning\t'Some peers, or some days, will have trouble'
error\t'Federation does not work'"
complete -c fedctl -n "__fish_fedctl_using_subcommand config" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand completions" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
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
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l suppress -d 'List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated' -r
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -l config -d 'Read this file in place of fedctl.yaml' -r -F
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s q -l quiet -d 'Print the answer and errors only'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s v -l verbose -d 'Say more about the work; twice for even more'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s h -l help -d 'Print help'
complete -c fedctl -n "__fish_fedctl_using_subcommand man" -s V -l version -d 'Print version'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "init" -d 'Begin: answer a few questions, get fedctl.yaml, a key and the records to publish'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "keygen" -d 'Make a key pair that a server can use as it is'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "key" -d 'Look at keys'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "records" -d 'Print the DNS records to publish, in the form that your DNS host takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "dns-check" -d 'Check what DNS says about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "handshake" -d 'Find out whether a peer can really be federated with'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "doctor" -d 'Say whether the own set-up works, why not, and what to type'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "mesh" -d 'Check every direction between the servers of a group of domains'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "explain" -d 'Explain a check, a federation status, or what a server writes into its log'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "checks" -d 'List all checks'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "diff" -d 'Say what changed between two saved runs of dns-check'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "register" -d 'Register a server at a hub, so that peers find it without DNS records'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "hub" -d 'Ask a hub, or look after your own'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "rotate" -d 'Change the key of a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "envelope" -d 'Seal or open one message as servers do, to find out why it does not arrive'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "serve" -d 'Run an embedded server'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "lab" -d 'Try everything on this machine'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "config" -d 'Show each setting and where it came from'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "man" -d 'Write the manual pages'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and not __fish_seen_subcommand_from init keygen key records dns-check handshake doctor mesh explain checks diff register hub rotate envelope serve lab config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "inspect" -d 'Say whether a text is the public key that it should be'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from records" -f -a "formats" -d 'List the forms that --format takes'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from records" -f -a "lint" -d 'Say what peers would get from a text in a provider\'s form'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from records" -f -a "diff" -d 'Print only what is missing or wrong in DNS'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from records" -f -a "apply" -d 'Change a name server by dynamic update (RFC 2136 with TSIG)'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "lookup" -d 'Ask a hub what it tells servers about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "list" -d 'List the entries that your hub serves'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "show" -d 'Show everything that your hub knows about a domain'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "remove" -d 'Take a domain out of your hub'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "export" -d 'Write the served entries as JSON'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "import" -d 'Read entries from the JSON of an export'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from hub" -f -a "backup" -d 'Copy the embedded database while the hub runs'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "plan" -d 'Say when to do what, rehearse it, and print the way back'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from envelope" -f -a "seal" -d 'Encrypt a message for a peer and sign it'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from envelope" -f -a "open" -d 'Check the origin of a body and decrypt it'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from serve" -f -a "dns" -d 'An authoritative name server for trials, which can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from serve" -f -a "peer" -d 'A federation server for trials, which says why a message did not open, and can misbehave on request'
complete -c fedctl -n "__fish_fedctl_using_subcommand help; and __fish_seen_subcommand_from serve" -f -a "hub" -d 'A hub of your own: a directory of servers for domains without DNS records'
