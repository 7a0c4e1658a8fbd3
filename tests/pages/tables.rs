//! What the lines of the docs need: the names of the lab, what is done before a line, what a person answers, and its exit status.

/// The domain of the lab that is used for a name in the docs. The first that fits counts.
pub const NAMES: &[(&str, &str)] = &[
    ("server https://chat.mydomain.com", "server $REST"),
    // Whose consent a drill asks for is asked in a terminal only.
    ("fedctl drill peer.example", "fedctl drill healthy.test --yes"),
    // The peer calls back at the address in the records.
    ("--domain mydomain.com --key federation.key --callback", "--domain drill.test --key federation.key --callback"),
    ("drill.mydomain.com", "drill.test"),
    ("chat.mydomain.com", "chat.neighbour.test"),
    ("ns1.mydomain.com", "ns1.lab.test"),
    ("mydomain.com", "neighbour.test"),
    ("mydomain.test", "neighbour.test"),
    ("$HOSTNAME$", "neighbour.test"),
    ("peer.example", "healthy.test"),
    ("other.example", "first.test"),
    ("alpha.example", "healthy.test"),
    ("beta.example", "neighbour.test"),
    ("gamma.example", "latest.test"),
    ("b.example", "other.test"),
    ("/var/lib/fedctl-hub", "hub"),
    ("/var/lib/other", "other"),
    ("/var/backups/", ""),
    ("/var/lib/prometheus/node-exporter/", ""),
    ("/usr/bin/fedctl", "fedctl"),
    ("0.0.0.0:8080", "$DRILL"),
    ("127.0.0.1:8081", "127.0.0.1:0"),
    ("127.0.0.1:5353", "$FEDCTL_RESOLVERS"),
    // The history of the test is seconds old.
    ("--at 2026-11-24T13:00Z", "--at 0s"),
    ("--at 2h", "--at 0s"),
    ("diff healthy.test 1d", "diff healthy.test 0s"),
];

/// Lines that are not run, by their beginning, and why.
pub const NOT_RUN: &[(&str, &str)] = &[
    ("cargo ", "builds fedctl, and this test runs what was built"),
    ("RUSTFLAGS=", "builds fedctl, and this test runs what was built"),
    ("sudo systemctl ", "needs systemd and root"),
    ("journalctl ", "needs systemd and root"),
    ("mongosh ", "needs the database of a server"),
    ("(umask 077; curl ", "needs a server with a password"),
    ("fedctl lab --keep --output lab.env", "the lab runs already"),
    ("FEDCTL_HUB_DATABASE=", "needs PostgreSQL and a mail server"),
];

/// Lines that another test runs, because they need a DNS provider, and the name of the test.
pub const ELSEWHERE: &[(&str, &str)] = &[
    (
        "fedctl records apply mydomain.com --target chat.mydomain.com --key federation.pub --server",
        "a_zone_is_fixed_verified_and_put_back",
    ),
    ("fedctl records apply mydomain.com --server", "a_zone_is_fixed_verified_and_put_back"),
    ("fedctl records apply mydomain.com --target", "powerdns_is_changed_verified_and_brought_back"),
    ("fedctl records undo", "powerdns_is_changed_verified_and_brought_back"),
    ("fedctl init --apply", "one_command_goes_from_nothing_to_a_setup_that_passes"),
];

/// Pages that another test runs line by line, and its name.
pub const PAGES_ELSEWHERE: &[(&str, &str)] = &[("docs/lab.md", "the_page_about_the_lab_can_be_followed_word_for_word")];

/// Lines with another exit status than 0: page, beginning, status.
pub const STATUS: &[(&str, &str, i32)] = &[
    // The domain of the README has two records.
    ("README.md", "fedctl dns-check two-records.test", 1),
    // The lab's server has no native federation.
    ("docs/after.md", "fedctl dns-check mydomain.com --release 8.0", 1),
    ("docs/after.md", "fedctl dns-check mydomain.com --release 6.2 --release 8.0", 1),
    // The key was made a moment ago, and DNS has another one.
    ("docs/drill.md", "fedctl drill --prepare", 1),
    ("docs/records.md", "fedctl records diff", 1),
    // The page says so.
    ("docs/drill.md", "fedctl drill one-way.test", 1),
    // One of the three cannot send.
    ("docs/mesh.md", "fedctl mesh alpha.example", 1),
    // Nobody has followed the link in the mail.
    ("docs/register.md", "fedctl hub lookup", 1),
];

/// Puts an entry into the database of a hub.
const AN_ENTRY: &str = "printf '{\"schema\": 1, \"peers\": [{\"domain\": \"neighbour.test\", \"url\": \"https://chat.neighbour.test\", \
    \"public_key\": \"%s\", \"since\": \"2026-01-01T00:00:00Z\", \"confirmed\": \"2026-01-01T00:00:00Z\"}]}' \"$(cat federation.pub)\" | fedctl hub import - --data hub";

/// Files of other tools, and settings that say what to put into them.
const FILES: &str = "printf 'target: chat.neighbour.test\nkey: federation.pub\n' >fedctl.yaml; mkdir config; \
    echo 'www: {type: A, value: 192.0.2.1}' >config/neighbour.test.yaml; \
    echo \"D('neighbour.test', REG, DnsProvider(DNS), A('@', '192.0.2.1'));\" >dnsconfig.js; \
    printf 'resource \"aws_route53_zone\" \"main\" {\n  name = \"neighbour.test\"\n}\nresource \"aws_route53_record\" \"www\" {\n  zone_id = aws_route53_zone.main.zone_id\n  name    = \"www.neighbour.test\"\n  type    = \"A\"\n  ttl     = 60\n  records = [\"192.0.2.1\"]\n}\n' >dns.tf";

/// What has to be done before a line: page, beginning, command.
pub const BEFORE: &[(&str, &str, &str)] = &[
    (
        "docs/ci.md",
        "fedctl dns-check mydomain.com --zone-file",
        "mkdir zones && fedctl records neighbour.test --target chat.neighbour.test --key federation.pub --format zone >zones/neighbour.test.zone; echo 'chat.neighbour.test. 3600 IN A 198.51.100.7' >>zones/neighbour.test.zone",
    ),
    (
        "docs/configure.md",
        "fedctl configure undo",
        "mv undo-neighbour.test-settings-*.json undo-neighbour.test-settings-20261128T120000Z.json",
    ),
    ("docs/drill.md", "fedctl drill peer.example", "cp $FEDCTL_KEY drill.key"),
    ("docs/drill.md", "fedctl keygen", "rm drill.key"),
    (
        "docs/envelope.md",
        "fedctl envelope open",
        "fedctl keygen --private peer.key --public own.pub --force && echo -n '{}' | fedctl envelope seal --key federation.key --peer-key own.pub >body.json",
    ),
    ("docs/guide.md", "fedctl keygen", "mv federation.pub shown.pub"),
    ("docs/guide.md", "fedctl records mydomain.com", "mv shown.pub federation.pub"),
    (
        "docs/handshake.md",
        "fedctl handshake --join",
        "jq '.identity=\"healthy.test\"|.subject=\"neighbour.test\"' mine.json >theirs.json",
    ),
    ("docs/hub.md", "fedctl hub lookup", AN_ENTRY),
    ("docs/hub.md", "fedctl hub import", "fedctl hub export --data hub >peers.json"),
    ("docs/list.md", "fedctl hub export", AN_ENTRY),
    ("docs/mesh.md", "fedctl mesh --list", "printf 'healthy.test\nneighbour.test\n' >peers.txt"),
    ("docs/packaging.md", "sudo fedctl hub list", AN_ENTRY),
    ("docs/publish.md", "fedctl records apply mydomain.com --via octodns", FILES),
    (
        "docs/records.md",
        "pbpaste",
        "fedctl records neighbour.test --target chat.neighbour.test --key federation.pub --format cloudflare >value.txt",
    ),
];

/// What a person answers: page, beginning, standard input.
pub const INPUT: &[(&str, &str, &str)] = &[
    ("README.md", "fedctl init", "neighbour.test\n\nzone\nfederation.key\n"),
    ("docs/configure.md", "fedctl configure --token-file", "y\n"),
    ("docs/configure.md", "fedctl configure undo", "y\n"),
    ("docs/guide.md", "fedctl configure", "y\n"),
    ("docs/publish.md", "fedctl records apply mydomain.com --via", "y\n"),
];

/// The entries of a table that are for this line; each is counted, so that none is left behind.
pub fn entry<'a, T>(table: &'a [(&str, &str, T)], used: &mut Vec<String>, page: &str, line: &str) -> Option<&'a T> {
    let found = table.iter().find(|(of, start, _)| *of == page && line.starts_with(start));
    found.map(|(of, start, value)| {
        used.push(format!("{of}: {start}"));
        value
    })
}
