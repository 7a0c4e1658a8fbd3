//! `records diff` and `records apply` against a real BIND with a TSIG key.

use std::process::Command;

use super::records::with_key;
use super::records_programs::whole_zone;
use crate::support::name_servers::{Server, named_with};
use crate::support::world::{World, healthy, zone};
use crate::support::{Fedctl, programs};

pub const POLICY: &str = "allow-update { key \"update.key\"; };";

pub fn tsig(secret: &str) -> String {
    format!("key \"update.key\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{secret}\";\n}};\n")
}

/// A directory with keys, and a server that holds `records`.
fn world(records: &str) -> Option<(Fedctl, String, Server)> {
    let (fedctl, key) = with_key();
    let good = tsig("c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==");
    fedctl.write("tsig", &good);
    fedctl.write("bad.tsig", tsig("d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3JvbmcgMQ=="));
    for file in ["tsig", "bad.tsig"] {
        Command::new("chmod").arg("600").arg(fedctl.path(file)).status().unwrap();
    }
    let server = named_with(&[("mydomain.com", &whole_zone(records))], &good, POLICY)?;
    Some((fedctl, key, server))
}

const ASK: [&str; 5] = ["mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub"];

fn apply(fedctl: &Fedctl, server: &Server, more: &[&str]) -> crate::support::Ran {
    let addr = server.addr.to_string();
    let mut args = vec!["records", "apply"];
    args.extend(ASK);
    let near = format!("ns1.mydomain.com:53={addr}");
    args.extend(["--server", &addr, "--connect-to", &near]);
    if !more.contains(&"--tsig-file") {
        args.extend(["--tsig-file", "tsig"]);
    }
    args.extend(more);
    fedctl.run(&args)
}

fn diff(fedctl: &Fedctl, server: &Server, more: &[&str]) -> crate::support::Ran {
    let addr = server.addr.to_string();
    let mut args = vec!["records", "diff"];
    args.extend(ASK);
    args.extend(["--resolver", &addr]);
    args.extend(more);
    fedctl.run(&args)
}

/// The strings of the TXT records at the key's name, as dig sees them.
fn dig(server: &Server) -> Option<String> {
    let port = server.addr.port().to_string();
    let args = ["@127.0.0.1", "-p", &port, "+short", "+tcp", "rocketchat-public-key.mydomain.com", "TXT"];
    let output = Command::new(programs::find("dig")?).args(args).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Half a key in each of two records, and a record of somebody else.
const DAMAGED: &str = "rocketchat-public-key 60 IN TXT \"-----BEGIN\"\nrocketchat-public-key 60 IN TXT \"PUBLIC\"\nwww 60 IN TXT \"mine\"\n";

#[test]
fn a_zone_is_fixed_verified_and_put_back() {
    let Some((fedctl, key, server)) = world(DAMAGED) else { return };
    let description = diff(&fedctl, &server, &[]);
    assert_eq!(description.status, 1, "{}", description.stderr);
    let verdict = description.stdout.lines().last().unwrap();
    assert!(
        verdict.starts_with("mydomain.com does not have its records published: 3 errors"),
        "{}",
        description.stdout
    );
    for line in ["SRV _rocketchat._https.mydomain.com is missing", "TXT rocketchat-public-key.mydomain.com differs"] {
        assert!(description.stdout.contains(line), "{}", description.stdout);
    }
    let json = diff(&fedctl, &server, &["--report", "json"]);
    assert_eq!((json.status, json.stdout.matches("records-published").count()), (1, 3), "{}", json.stdout);

    let before = fedctl.files();
    let dry = apply(&fedctl, &server, &[]);
    assert_eq!((dry.status, fedctl.files()), (0, before), "{}", dry.stderr);
    assert!(dry.stderr.contains("  -  TXT  rocketchat-public-key  \"PUBLIC\"\n"), "{}", dry.stderr);
    assert!(dry.stderr.contains("nothing was changed"), "{}", dry.stderr);
    let seen = dig(&server).unwrap_or_default();
    assert!(!seen.contains("MIIB"), "without an answer nothing is changed: {seen}");

    let done = apply(&fedctl, &server, &["--yes", "--undo", "before.json"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("equals the key that was published"), "{}", done.stdout);
    assert!(!format!("{}{}{}", done.stdout, done.stderr, fedctl.read("before.json")).contains("c2VjcmV0"));
    assert_eq!(dig(&server).unwrap(), format!("\"{}\" \"{}\"\n", &key[..255], &key[255..]));
    assert_eq!(diff(&fedctl, &server, &[]).status, 0);
    let again = apply(&fedctl, &server, &["--yes", "--undo", "never"]);
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    assert!(!fedctl.path("never").exists());

    let addr = server.addr.to_string();
    let near = format!("ns1.mydomain.com:53={addr}");
    let mut undo =
        vec!["records", "undo", "before.json", "--server", &addr, "--tsig-file", "tsig", "--connect-to", &near];
    let asked = fedctl.run_with(&undo, "n\n");
    assert!(asked.status == 0 && asked.stderr.contains("nothing was changed"), "{}", asked.stderr);
    let undone = fedctl.run_with(&undo, "y\n");
    assert_eq!(undone.status, 0, "{}", undone.stderr);
    let mut back: Vec<String> = dig(&server).unwrap().lines().map(str::to_owned).collect();
    back.sort();
    assert_eq!(back, ["\"-----BEGIN\"", "\"PUBLIC\""]);
    undo.push("--yes");
    assert!(fedctl.run(&undo).stderr.contains("are not as apply left them"));
}

#[test]
fn diff_prints_only_what_differs_and_it_fixes_the_zone() {
    let (_, key) = with_key();
    let (first, rest) = key.split_at(100);
    let (second, third) = rest.split_at(200);
    let have = format!(
        "_rocketchat._tcp 60 IN SRV 1 1 443 chat\nrocketchat-public-key 60 IN TXT \"{first}\" \"{second}\" \"{third}\"\n"
    );
    let Some((fedctl, _, server)) = world(&have) else { return };
    let description = diff(&fedctl, &server, &["--format", "nsupdate"]);
    assert_eq!(description.status, 1, "{}", description.stderr);
    let expected = "zone mydomain.com.\nupdate delete _rocketchat._https.mydomain.com. SRV\n\
                    update add _rocketchat._https.mydomain.com. 3600 SRV 1 1 443 chat.mydomain.com.\nshow\nsend\n";
    assert_eq!(description.stdout, expected, "only the SRV record is missing: TTL and cutting are no difference");
    let Some(nsupdate) = programs::find("nsupdate") else { return };
    let script = format!("server 127.0.0.1 {}\n{}", server.addr.port(), description.stdout);
    fedctl.write("script", script);
    let ran = Command::new(nsupdate).args(["-k", "tsig", "script"]).current_dir(fedctl.dir.path()).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let description = diff(&fedctl, &server, &["--format", "zone"]);
    assert_eq!((description.status, description.stdout.as_str()), (0, ""), "{}", description.stderr);
}

#[test]
fn a_record_in_the_way_is_reported() {
    let Some((fedctl, _, server)) = world("_rocketchat._https 60 IN SRV 1 1 8443 chat\n") else { return };
    let description = diff(&fedctl, &server, &["--protocol", "http"]);
    assert_eq!(description.status, 1);
    assert!(description.stdout.contains("_rocketchat._https.mydomain.com is published too"), "{}", description.stdout);
}

#[test]
fn an_update_that_is_refused_leaves_nothing_behind() {
    let Some((fedctl, _, server)) = world("") else { return };
    let files = fedctl.files();
    let wrong = apply(&fedctl, &server, &["--yes", "--tsig-file", "bad.tsig"]);
    assert_eq!((wrong.status, fedctl.files()), (2, files.clone()), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("NOTAUTH") && wrong.stderr.contains("update.key"), "{}", wrong.stderr);
    fedctl.write("kept", "mine");
    let kept = apply(&fedctl, &server, &["--yes", "--undo", "kept"]);
    assert_eq!((kept.status, fedctl.read("kept").as_str()), (2, "mine"), "{}", kept.stderr);
    let silent = fedctl.run(&[
        "records",
        "apply",
        "mydomain.com",
        "--target",
        "chat.mydomain.com",
        "--key",
        "federation.pub",
        "--server",
        "127.0.0.1:1",
        "--tsig-file",
        "tsig",
        "--yes",
        "--timeout",
        "1s",
    ]);
    assert!(silent.status == 2 && silent.stderr.contains("connection refused"), "{}", silent.stderr);
    assert!(!dig(&server).unwrap_or_default().contains("MIIB"));
}

#[test]
fn every_name_server_is_compared() {
    let fedctl = with_key().0;
    let full = healthy(&fedctl);
    let no_key = full.split("rocketchat-public-key").next().unwrap().to_owned();
    let other = full.replace("SRV 1 1 443", "SRV 1 1 8443");
    for (first, second, problems, lines) in [
        (&full, &full, 0, &["TXT rocketchat-public-key.mydomain.com is published"][..]),
        (&full, &no_key, 1, &["not every name server has TXT", "ns2.mydomain.com (127.0.0.1): NXDOMAIN", "as planned"]),
        (&no_key, &full, 1, &["not every name server has TXT", "ns1.mydomain.com (127.0.0.1): NXDOMAIN", "as planned"]),
        (&full, &other, 2, &["not every name server has SRV", "ns2.mydomain.com (127.0.0.1): other records"]),
    ] {
        let mut world = World::new();
        world.serve("ns1.mydomain.com", &[("mydomain.com", zone(2, first))], &[]);
        world.serve("ns2.mydomain.com", &[("mydomain.com", zone(2, second))], &[]);
        let mut args: Vec<String> = ["records", "diff"].iter().chain(&ASK).map(ToString::to_string).collect();
        args.extend(world.flags());
        let json = fedctl.run(&[&args[..], &["--report".to_owned(), "json".to_owned()]].concat());
        assert_eq!(
            (json.status, json.stdout.matches("\"severity\"").count()),
            (i32::from(problems > 0), problems),
            "{json:?}"
        );
        let human = fedctl.run(&[&args[..], &["-v".to_owned()]].concat());
        let text = human.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in lines {
            assert!(text.contains(line), "{line}: {text}");
        }
        let printed = fedctl.run(&[&args[..], &["--format".to_owned(), "zone".to_owned()]].concat());
        assert_eq!(printed.stdout.is_empty(), problems == 0, "{printed:?}");
        assert_eq!(printed.stderr.matches("not every name server has").count(), problems, "{printed:?}");
    }
}

#[test]
fn silence_is_not_absence() {
    let (fedctl, _) = with_key();
    let args: Vec<&str> =
        ["records", "diff"].into_iter().chain(ASK).chain(["--resolver", "127.0.0.1:1", "--timeout", "1s"]).collect();
    assert!(fedctl.refused(&args).0.contains("cannot be found, so there is nothing to compare with"));
}

#[test]
fn an_alias_is_never_written_over() {
    let Some((fedctl, _, server)) = world("rocketchat-public-key 60 IN CNAME key.elsewhere.example.\n") else { return };
    let ran = apply(&fedctl, &server, &["--yes"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is an alias (CNAME)"), "{}", ran.stderr);
}

#[test]
fn an_update_that_was_overtaken_changes_nothing() {
    use fedctl::dns::record::{CharacterString, Query, RData, RecordType, Rr};
    use fedctl::net::tcp::stream;
    use fedctl::publish::tsig::Tsig;
    use fedctl::publish::update::{Update, Updated};
    use fedctl::rocketchat::change::Change;

    let Some((fedctl, _, server)) = world(DAMAGED) else { return };
    let name = "rocketchat-public-key.mydomain.com";
    let txt = |text: &str| Rr {
        name: name.into(),
        ttl: 60,
        data: RData::Txt(vec![CharacterString(text.as_bytes().to_vec())]),
    };
    // One of the two records that are there was not seen.
    let stale =
        Change { question: Query::new(name, RecordType::Txt), before: vec![txt("PUBLIC")], after: vec![txt("new")] };
    let key = Tsig::parse(&fedctl.read("tsig")).unwrap();
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let update = Update::new(&"mydomain.com".parse().unwrap(), &[stale], &key, time).unwrap();
    let response = runtime.block_on(stream(server.addr, &update.bytes)).unwrap();
    assert_eq!(update.read(&response), Updated::Overtaken);
    assert!(!dig(&server).unwrap_or_default().contains("new"));
}

#[test]
fn the_dns_host_is_recognised_and_its_form_chosen() {
    let (fedctl, _) = with_key();
    let zone = |servers: &str| {
        format!(
            "mydomain.com. 60 IN SOA {servers} host.mydomain.com. 1 60 60 60 60\nmydomain.com. 60 IN NS {servers}\n"
        )
    };
    for (servers, has, description) in [
        ("ns-7.awsdns-01.com.", "Route 53 console", "hosted at Route 53"),
        ("ada.ns.cloudflare.com.", "Cloudflare dashboard", "hosted at Cloudflare"),
        ("ns1.unknown.example.", "Type the Value in one piece", "cannot be recognised by ns1.unknown.example"),
    ] {
        let Some(server) = named_with(&[("mydomain.com", &zone(servers))], "", "") else { return };
        let addr = server.addr.to_string();
        let mut args = vec!["records"];
        args.extend(ASK);
        args.extend(["--for-provider", "auto", "--resolver", &addr]);
        let ran = fedctl.run(&args);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains(has) && ran.stderr.contains(description), "{servers}: {}", ran.stderr);
    }
    let mut silent = vec!["records"];
    silent.extend(ASK);
    silent.extend(["--for-provider", "auto", "--resolver", "127.0.0.1:1", "--timeout", "1s"]);
    assert!(fedctl.refused(&silent).0.contains("cannot be determined"));
}
