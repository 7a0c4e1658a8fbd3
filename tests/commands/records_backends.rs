//! `records apply` in the same situations at each place where records can be changed: BIND by dynamic update with TSIG, PowerDNS over
//! its HTTP API, Route 53 as moto plays it. octoDNS is in `records_via`.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use fedctl::publish::provider::PROVIDERS;
use serde_json::json;

use super::records::with_key;
use super::records_apply::{POLICY, tsig};
use super::records_programs::whole_zone;
use super::records_publish::{KEY_NAME, Moto, moto, pdns, set, zone};
use super::records_servers::{PowerDns, power_dns};
use crate::support::dns_proxy::{self, DnsFault};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::name_servers::{Server, named_with};
use crate::support::world::World;
use crate::support::{Fedctl, Ran, programs};

const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==";
/// A record of somebody else at the name of the key.
const FOREIGN: &str = "\"verification=1\"";

/// What happens between fedctl and the place.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// Another program writes right before the change.
    Writer,
    /// The first attempts to change are put off: 429. A name server has no such answer.
    Busy,
    /// Every attempt to change is put off, or never arrives.
    Never,
    /// The change is made, and the response is lost.
    Lost,
}

enum Place {
    Named { server: Server },
    PowerDns { server: PowerDns },
    Route53 { moto: Moto, zone: String, _world: World, flags: Vec<String> },
}

struct Backend {
    name: &'static str,
    fedctl: Fedctl,
    key: String,
    place: Place,
}

fn named() -> Option<Backend> {
    let (fedctl, key) = with_key();
    let path = fedctl.write("tsig", tsig(SECRET));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = whole_zone("www 60 IN TXT \"mine\"\n");
    let server = named_with(&[("mydomain.com", &text)], &tsig(SECRET), POLICY)?;
    Some(Backend { name: "named", fedctl, key, place: Place::Named { server } })
}

fn powerdns() -> Option<Backend> {
    let (fedctl, key) = with_key();
    let server = power_dns(&fedctl)?;
    let sets = [
        set("mydomain.com.", "NS", &["ns1.mydomain.com."]),
        set("ns1.mydomain.com.", "A", &["127.0.0.1"]),
        set("www.mydomain.com.", "TXT", &["\"mine\""]),
    ];
    pdns(server.api, "PATCH", &json!({"rrsets": sets}));
    let fedctl = fedctl.env("PDNS_API_KEY", "test");
    Some(Backend { name: "powerdns", fedctl, key, place: Place::PowerDns { server } })
}

fn route53() -> Option<Backend> {
    let (fedctl, key) = with_key();
    let moto = moto()?;
    let zone = moto.create();
    moto.change(&zone, "www.mydomain.com.", "TXT", &["\"mine\"".into()]);
    let mut world = World::new();
    let delegation = "$TTL 60\n@ IN SOA ns-7.awsdns-01.com. host 5 60 60 60 60\n@ IN NS ns-7.awsdns-01.com.\n";
    world.serve("ns-7.awsdns-01.com", &[("mydomain.com", delegation.into())], &[]);
    let flags = world.flags();
    let fedctl = fedctl.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "hunter2");
    Some(Backend { name: "route53", fedctl, key, place: Place::Route53 { moto, zone, _world: world, flags } })
}

/// What another program does: it replaces the records at the name of the key.
#[derive(Clone)]
enum Writer {
    Named(SocketAddr, std::path::PathBuf),
    PowerDns(SocketAddr),
    Route53(SocketAddr, String),
}

impl Writer {
    fn put(&self, kind: &str, values: &[String]) {
        match self {
            Self::Named(addr, dir) => {
                let mut script =
                    format!("server 127.0.0.1 {}\nzone mydomain.com.\nupdate delete {KEY_NAME}\n", addr.port());
                values.iter().for_each(|value| script += &format!("update add {KEY_NAME} 77 {kind} {value}\n"));
                std::fs::write(dir.join("script"), script + "send\n").unwrap();
                let program = programs::find("nsupdate").unwrap();
                let ran = Command::new(program).args(["-k", "tsig", "script"]).current_dir(dir).output().unwrap();
                assert!(ran.status.success(), "{ran:?}");
            }
            Self::PowerDns(api) => {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                let other = if kind == "TXT" { "CNAME" } else { "TXT" };
                let gone = json!({"name": KEY_NAME, "type": other, "changetype": "DELETE"});
                pdns(*api, "PATCH", &json!({"rrsets": [gone]}));
                pdns(*api, "PATCH", &json!({"rrsets": [set(KEY_NAME, kind, &values)]}));
            }
            Self::Route53(addr, zone) => Moto::at(*addr).change(zone, KEY_NAME, kind, values),
        }
    }
}

impl Backend {
    fn writer(&self) -> Writer {
        match &self.place {
            Place::Named { server } => Writer::Named(server.addr, self.fedctl.dir.path().to_owned()),
            Place::PowerDns { server } => Writer::PowerDns(server.api),
            Place::Route53 { moto, zone, .. } => Writer::Route53(moto.addr, zone.clone()),
        }
    }

    /// Both halves of the key, the second one first, and a record of somebody else.
    fn split(&self) -> Vec<String> {
        vec![format!("\"{}\"", &self.key[255..]), FOREIGN.into(), format!("\"{}\"", &self.key[..255])]
    }

    fn whole(&self) -> String {
        format!("\"{}\" \"{}\"", &self.key[..255], &self.key[255..])
    }

    /// The values that are there now, those of others too.
    fn values(&self) -> Vec<String> {
        let mut values: Vec<String> = match &self.place {
            Place::Named { server } => {
                let dig = programs::find("dig").unwrap();
                let port = server.addr.port().to_string();
                let names = [KEY_NAME, "www.mydomain.com.", "_rocketchat._https.mydomain.com."];
                let ask = |(name, kind): (&str, &str)| {
                    let args = ["@127.0.0.1", "-p", &port, "+short", "+tcp", name, kind];
                    String::from_utf8(Command::new(&dig).args(args).output().unwrap().stdout).unwrap()
                };
                names
                    .into_iter()
                    .zip(["TXT", "TXT", "SRV"])
                    .map(ask)
                    .collect::<String>()
                    .lines()
                    .map(str::to_owned)
                    .collect()
            }
            Place::PowerDns { server } => {
                let value = |line: String| line.splitn(3, ' ').nth(2).unwrap().to_owned();
                zone(server.api).into_iter().map(value).collect()
            }
            Place::Route53 { moto, zone, .. } => moto.values(zone),
        };
        values.sort();
        values
    }

    fn holds(&self, value: &str) -> bool {
        self.values().iter().any(|held| held == value)
    }

    /// `records` with flags for this place.
    fn run(&self, words: &[&str], trouble: Trouble) -> Ran {
        let mut args: Vec<String> = vec!["records".into()];
        args.extend(words.iter().map(|word| (*word).to_owned()));
        let mut flag = |name: &str, value: String| args.extend([name.to_owned(), value]);
        let writer = self.writer();
        match &self.place {
            Place::Named { server } => {
                let addr = dns_proxy::start(server.addr, move |before| match trouble {
                    Trouble::Writer if before == 0 => {
                        writer.put("TXT", &["\"of somebody else\"".into()]);
                        DnsFault::Pass
                    }
                    Trouble::Never => DnsFault::Drop,
                    Trouble::Lost => DnsFault::Cut,
                    _ => DnsFault::Pass,
                });
                flag("--server", addr.to_string());
                flag("--tsig-file", "tsig".into());
                flag("--connect-to", format!("ns1.mydomain.com:53={}", server.addr));
            }
            Place::PowerDns { server } => {
                flag("--endpoint", self.proxy(server.api, trouble, "PATCH"));
                flag("--resolver", server.dns.to_string());
                flag("--connect-to", format!("ns1.mydomain.com:53={}", server.dns));
                if words[0] == "apply" {
                    flag("--provider", "powerdns".into());
                }
            }
            Place::Route53 { moto, flags, .. } => {
                flag("--endpoint", self.proxy(moto.addr, trouble, "POST"));
                args.extend(flags.clone());
            }
        }
        args.extend(["--no-verify".to_owned(), "--yes".to_owned()]);
        self.fedctl.run(&args)
    }

    /// The base URL of a proxy; `method` is that of changes.
    fn proxy(&self, upstream: SocketAddr, trouble: Trouble, method: &'static str) -> String {
        let (writer, mut looks) = (self.writer(), 0);
        let busy = || Fault::Answer("429 Too Many Requests\r\nRetry-After: 0");
        let decide = move |line: &str, before: usize| {
            let change = line.starts_with(method);
            // One look for the plan, then what there is in all, then the look right before the change.
            let look = line.contains("name=rocketchat-public-key") || method == "PATCH" && line.starts_with("GET");
            looks += usize::from(look);
            let last = if method == "PATCH" { 3 } else { 2 };
            match trouble {
                Trouble::Writer if look && looks == last => writer.put("TXT", &["\"of somebody else\"".into()]),
                Trouble::Busy if change && before < 2 => return busy(),
                Trouble::Never if change => return busy(),
                Trouble::Lost if change => return Fault::Cut,
                _ => {}
            }
            Fault::Pass
        };
        FaultProxy::start(upstream, decide).url()
    }

    fn apply(&self, trouble: Trouble, undo: &str) -> Ran {
        let set = ["apply", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub", "--undo", undo];
        self.run(&set, trouble)
    }

    /// The key is whole, the SRV records are there, and the records of others are as they were.
    fn assert_done(&self) {
        let values = self.values();
        let others = [FOREIGN, "\"mine\"", "1 1 443 chat.mydomain.com."];
        assert!(self.holds(&self.whole()), "{}: {values:?}", self.name);
        assert!(others.iter().all(|other| self.holds(other)), "{}: {values:?}", self.name);
        assert!(!self.holds(&self.split()[0]) && !self.holds(&self.split()[2]), "{}: {values:?}", self.name);
    }
}

fn backends() -> impl Iterator<Item = Backend> {
    [named as fn() -> Option<Backend>, powerdns, route53].into_iter().filter_map(|start| start())
}

#[test]
fn every_place_gets_a_whole_key_and_the_records_of_others_stay() {
    for place in backends() {
        place.writer().put("TXT", &place.split());
        let before = place.values();
        let done = place.apply(Trouble::None, "before");
        assert_eq!(done.status, 0, "{}: {}", place.name, done.stderr);
        let text: Vec<&str> = done.stderr.split_whitespace().collect();
        assert!(text.join(" ").contains("left alone, because it is not a piece of a key"), "{}", done.stderr);
        assert!(text.join(" ").contains("not changed"), "{}", done.stderr);
        place.assert_done();
        let again = place.apply(Trouble::None, "never");
        assert!(
            again.status == 0 && again.stderr.contains("there is nothing to do"),
            "{}: {}",
            place.name,
            again.stderr
        );
        let back = place.run(&["undo", "before"], Trouble::None);
        assert_eq!(back.status, 0, "{}: {}", place.name, back.stderr);
        assert_eq!(place.values(), before, "{}", place.name);
        for secret in [SECRET, "hunter2", "\"test\""] {
            let all =
                [&done.stderr, &again.stderr, &back.stderr, &place.fedctl.read("before")].map(String::as_str).concat();
            assert!(!all.contains(secret), "{}: {secret}", place.name);
        }
    }
}

#[test]
fn no_place_gets_a_record_beside_an_alias() {
    for place in backends() {
        place.writer().put("CNAME", &["key.elsewhere.example.".into()]);
        let before = place.values();
        let ran = place.apply(Trouble::None, "before");
        assert!(ran.status == 2 && ran.stderr.contains("is an alias (CNAME)"), "{}: {}", place.name, ran.stderr);
        assert_eq!(place.values(), before, "{}", place.name);
        assert!(!place.fedctl.path("before").exists(), "{}", place.name);
    }
}

#[test]
fn what_another_program_has_written_meanwhile_is_kept_at_every_place() {
    for place in backends() {
        place.writer().put("TXT", &place.split());
        let ran = place.apply(Trouble::Writer, "before");
        assert_eq!(ran.status, 2, "{}: {}", place.name, ran.stderr);
        assert!(ran.stderr.contains("have changed since the plan was made; nothing was changed"), "{}", ran.stderr);
        assert!(place.holds("\"of somebody else\""), "{}: {:?}", place.name, place.values());
        assert!(!place.holds("1 1 443 chat.mydomain.com."), "{}: all or nothing", place.name);
        assert!(!place.fedctl.path("before").exists(), "{}: there is nothing to undo", place.name);
    }
}

#[test]
fn a_place_that_never_answers_or_loses_a_response_loses_no_record() {
    for place in backends() {
        place.writer().put("TXT", &place.split());
        let before = place.values();
        let never = place.apply(Trouble::Never, "never");
        assert_eq!(never.status, 2, "{}: {}", place.name, never.stderr);
        assert_eq!(place.values(), before, "{}: nothing is lost", place.name);

        let lost = place.apply(Trouble::Lost, "before");
        assert!(lost.status == 2 && lost.stderr.contains("was not completed"), "{}: {}", place.name, lost.stderr);
        assert!(lost.stderr.contains("fedctl records undo before"), "{}: {}", place.name, lost.stderr);
        let again = place.apply(Trouble::Busy, "again");
        assert_eq!(again.status, 0, "{}: {}", place.name, again.stderr);
        place.assert_done();

        // The state before is that of the first run, whatever became of it.
        let back = place.run(&["undo", "before"], Trouble::Busy);
        assert_eq!(back.status, 0, "{}: {}", place.name, back.stderr);
        assert_eq!(place.values(), before, "{}", place.name);
    }
}

#[test]
fn a_place_that_is_busy_for_a_while_gets_the_change_in_the_same_run() {
    for place in backends() {
        place.writer().put("TXT", &place.split());
        let busy = place.apply(Trouble::Busy, "before");
        assert_eq!(busy.status, 0, "{}: {}", place.name, busy.stderr);
        place.assert_done();
    }
}

/// Each provider with its own variables, a file and a command; it answers 403 and repeats the request in its error.
#[test]
fn no_credential_of_any_provider_gets_into_an_output() {
    let (fedctl, _) = with_key();
    let mut world = World::new();
    let zone = "$TTL 60\n@ IN SOA ns1 host 5 60 60 60 60\n@ IN NS ns1\nns1 IN A 127.0.0.1\n";
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone.into())], &[]);
    let (mut fedctl, mut lines) = (fedctl, Vec::new());
    for provider in PROVIDERS {
        let extras = provider.extras.iter().map(|extra| extra.variables[0]);
        lines.push(
            extras
                .chain([provider.token_variables[0]])
                .map(|name| format!("{name}=hunter2-{name}\n"))
                .collect::<String>(),
        );
    }
    for name in PROVIDERS.iter().flat_map(|provider| provider.extras.iter().map(|extra| extra.variables[0])) {
        fedctl = fedctl.env(name, &format!("hunter2-{name}"));
    }
    for provider in PROVIDERS {
        fedctl = fedctl.env(provider.token_variables[0], &format!("hunter2-{}", provider.token_variables[0]));
    }
    let help = fedctl.run(&["records", "apply", "--help"]).stdout;
    assert!(["--token ", "--secret", "--password", "--api-key"].iter().all(|word| !help.contains(word)), "{help}");
    for (provider, lines) in PROVIDERS.iter().zip(lines) {
        let file = fedctl.write("credentials", lines);
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
        for more in [&[][..], &["--token-file", "credentials"], &["--token-command", "cat credentials"]] {
            let proxy = FaultProxy::start("127.0.0.1:1".parse().unwrap(), |_, _| Fault::Echo);
            let mut args: Vec<String> = APPLY.map(str::to_owned).to_vec();
            args.extend(["--provider", provider.id, "--endpoint", &proxy.url(), "-vv"].map(str::to_owned));
            args.extend(more.iter().map(|word| (*word).to_owned()));
            args.extend(world.flags());
            let ran = fedctl.run(&args);
            assert_eq!(ran.status, 2, "{}: {}", provider.id, ran.stderr);
            assert!(ran.stderr.contains("does not accept the credentials (403)"), "{}: {}", provider.id, ran.stderr);
            assert!(
                !ran.stderr.contains("hunter2") && ran.stdout.is_empty(),
                "{} {more:?}: {}",
                provider.id,
                ran.stderr
            );
            let seen = proxy.seen.lock().unwrap().concat().to_ascii_lowercase();
            let signed = seen.contains("signature");
            assert!(seen.contains("hunter2-") || signed, "{}: the token reaches the provider: {seen}", provider.id);
        }
    }
}

const APPLY: [&str; 8] =
    ["records", "apply", "mydomain.com", "--target", "chat.mydomain.com", "--key", "federation.pub", "--yes"];
