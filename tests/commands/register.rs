//! `fedctl register`: a registration at a hub.

use std::process::Stdio;

use serde_json::Value;

use crate::support::Fedctl;
use crate::support::hub::{Hub, eventually};
use crate::support::stub::Stub;
use crate::support::world::{World, healthy, zone};

pub const MAIL: &str = "@ IN MX 10 mail\nmail IN A 127.0.0.1\n";

/// A name server for mydomain.com, and a server at chat.mydomain.com:443.
pub struct Place {
    pub world: World,
    pub server: Stub,
}

impl Place {
    pub fn new(records: &str) -> Self {
        let mut world = World::new();
        world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, records))], &[]);
        Self { world, server: Stub::server() }
    }

    /// The options for a registration of http://chat.mydomain.com:3000 at a hub.
    fn register(&self, hub: impl std::fmt::Display, more: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = [
            "register",
            "mydomain.com",
            "--url",
            "http://chat.mydomain.com:3000",
            "--key",
            "federation.key",
            "--hub-url",
        ]
        .map(str::to_owned)
        .to_vec();
        args.extend([
            format!("http://{hub}"),
            "--connect-to".into(),
            format!("chat.mydomain.com:3000={}", self.server.addr),
        ]);
        args.extend(self.world.flags());
        args.extend(more.iter().map(ToString::to_string));
        args
    }
}

/// Without line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with_key() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    fedctl
}

#[test]
fn sends_what_servers_send() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    fedctl.write("token", "s3cret-t0ken\n");
    let hub = Stub::start("200 OK\r\nContent-Type: application/json", r#"{"peer":{"domain":"mydomain.com"}}"#);
    let ran = fedctl.run(&place.register(hub.addr, &["--token-file", "token"]));
    assert_eq!(ran.status, 0, "{} {}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("mydomain.com is sent to the hub"), "{}", ran.stdout);
    assert!(ran.stderr.contains("webmaster@mydomain.com") && ran.stderr.contains("\"public_key\""), "{}", ran.stderr);
    let requests = hub.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /api/v1/peers HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    for header in
        ["content-type: application/json", "x-federation-domain: mydomain.com", "authorization: bearer s3cret-t0ken"]
    {
        assert!(head.contains(header), "{header} is not in {head}");
    }
    let key = fedctl.read("federation.pub");
    let wanted = format!(
        r#"{{"domain":"mydomain.com","url":"http://chat.mydomain.com:3000","public_key":"{}"}}"#,
        key.trim_end()
    );
    assert_eq!(body, wanted);
    assert!(!(ran.stdout + &ran.stderr).contains("s3cret"));
}

#[test]
fn what_would_be_useless_is_not_sent() {
    let fedctl = with_key();
    let hub = Stub::start("200 OK", "{}");
    let place = Place::new("");
    let ran = fedctl.run(&place.register(hub.addr, &[]));
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("webmaster@mydomain.com cannot get mail"), "{}", ran.stdout);
    assert!(ran.stderr.contains("nothing was sent"), "{}", ran.stderr);
    for url in ["https://chat.mydomain.com/", "https://chat.mydomain.com/chat", "https://a@chat.mydomain.com"] {
        let mut args = place.register(hub.addr, &[]);
        args[3] = url.into();
        assert_eq!(fedctl.run(&args).status, 1, "{url}");
    }
    for url in
        ["", "chat.mydomain.com:443", "ftp://chat.mydomain.com", "https://chat.mydomain.com:70000", "https://a:0"]
    {
        let mut args = place.register(hub.addr, &[]);
        args[3] = url.into();
        assert!(fedctl.refused(&args).0.ends_with("is not the URL of a server"), "{url}");
    }
    assert!(hub.requests().is_empty());
    let forced = fedctl.run(&place.register(hub.addr, &["--force"]));
    assert_eq!((forced.status, hub.requests().len()), (1, 1), "{}", forced.stdout);

    fedctl.write("half.pub", &fedctl.read("federation.pub")[..255]);
    let mut args = place.register(hub.addr, &[]);
    args[5] = "half.pub".into();
    let (error, hint) = fedctl.refused(&args);
    assert!(error.contains("half.pub") && hint.contains("fedctl"), "{error}");
    assert_eq!(hub.requests().len(), 1);
}

#[test]
fn a_key_that_differs_from_the_one_in_dns_is_not_sent() {
    let fedctl = with_key();
    let published = healthy(&fedctl);
    fedctl.ok(&["keygen", "--private", "other.key"]);
    let (place, hub) = (Place::new(&format!("{MAIL}{published}")), Stub::start("200 OK", "{}"));
    let mut args = place.register(hub.addr, &[]);
    args[5] = "other.key".into();
    let ran = fedctl.run(&args);
    let printed = words(&ran.stdout);
    assert_eq!(ran.status, 1, "{printed}");
    assert!(printed.contains("is not the one that mydomain.com publishes in DNS"), "{printed}");
    assert!(ran.stderr.contains("nothing was sent") && hub.requests().is_empty(), "{}", ran.stderr);
    // The same key is sent.
    let ran = fedctl.run(&place.register(hub.addr, &["-v", "--dry-run"]));
    assert!(words(&ran.stdout).contains("DNS has the same key"), "{}", ran.stdout);
}

#[test]
fn a_dry_run_sends_nothing_and_shows_everything() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    let hub = Stub::start("200 OK", "{}");
    let ran = fedctl.run(&place.register(hub.addr, &["--dry-run", "--format", "json"]));
    let description: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &description["schema"], &description["verdict"]), (0, &1.into(), &"clean".into()));
    assert_eq!(description["request"]["url"], format!("http://{}/api/v1/peers", hub.addr));
    assert_eq!(description["request"]["body"]["public_key"], fedctl.read("federation.pub").trim_end());
    assert!(!ran.stdout.contains("PRIVATE") && hub.requests().is_empty());
}

#[test]
fn every_answer_of_a_hub_is_explained() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    for (head, body, part) in [
        (
            "400 Bad Request\r\nContent-Type: application/json",
            r#"{"error":"the public_key is short"}"#,
            "the public_key is short",
        ),
        ("401 Unauthorized", "", "requires authentication"),
        ("404 Not Found\r\nContent-Type: text/html", "<html>", "there is no hub at this URL"),
        ("429 Too Many Requests", "{}", "too many requests"),
        ("503 Service Unavailable\r\nContent-Type: text/html", "<html>", "is unavailable"),
        ("200 OK\r\nContent-Type: text/html", "<html>", "is not from a hub"),
        ("301 Moved\r\nLocation: https://hub.example.org/", "", "redirects to"),
        ("", "", "no answer within 2000 ms"),
    ] {
        let hub = Stub::start(head, body);
        let quiet = fedctl.run(&place.register(hub.addr, &["--quiet", "--dry-run"]));
        assert_eq!((quiet.stdout.lines().count(), quiet.stderr.as_str()), (1, ""), "{}", quiet.stdout);
        let ran = fedctl.run(&place.register(hub.addr, &[]));
        assert_eq!(ran.status, 1, "{head}");
        assert!(words(&ran.stdout).contains(part), "{head}: {}", ran.stdout);
        assert_eq!(hub.requests().len(), 1, "servers do not repeat, and neither does this");
    }
    let mut args = place.register("127.0.0.1:9", &[]);
    let ran = fedctl.run(&args);
    assert!(ran.status == 1 && ran.stdout.contains("connection refused"), "{}", ran.stdout);
    let plain = Stub::start("200 OK", "{}");
    args[7] = format!("https://{}", plain.addr);
    let ran = fedctl.run(&args);
    assert!(ran.status == 1 && words(&ran.stdout).contains("what came back is not TLS"), "{}", ran.stdout);
}

#[test]
fn a_hub_behind_tls_must_be_trusted() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    fedctl.write("ca.pem", &cert);
    let answer = r#"{"success":true,"status":"mailed","message":"look into the mail"}"#;
    let hub = Stub::start_tls("200 OK\r\nContent-Type: application/json", answer, &cert, &key);
    let mut args = place.register(hub.addr, &[]);
    args[7] = format!("https://{}", hub.addr);
    let ran = fedctl.run(&args);
    assert!(
        ran.status == 1 && words(&ran.stdout).contains("cannot be queried: self signed certificate"),
        "{}",
        ran.stdout
    );
    assert!(hub.requests().is_empty(), "nothing goes to a stranger");
    args.extend(["--ca-file".to_owned(), "ca.pem".to_owned()]);
    let ran = fedctl.run(&args);
    assert!(ran.status == 0 && ran.stdout.contains("look into the mail"), "{}", ran.stdout);
}

#[test]
fn registers_waits_and_looks_up_at_a_real_hub() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log", "--allow-private"]);
    let url = format!("http://{}", hub.addr);
    let lookup: Vec<String> = ["hub", "lookup", "mydomain.com", "--key", "federation.pub", "--hub-url", &url]
        .map(str::to_owned)
        .into_iter()
        .chain(place.world.flags())
        .collect();
    let before = fedctl.run(&lookup);
    assert!(
        before.status == 1 && before.stdout.contains("the hub has no confirmed entry for mydomain.com"),
        "{}",
        before.stdout
    );

    let args = place.register(hub.addr, &["--wait", "2m"]);
    let waiting = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let token = hub.logged_token("mydomain.com", 0);
    assert_eq!(hub.answer(&token, "yes").status, 200);
    let done = waiting.wait_with_output().unwrap();
    let description = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && description.contains("confirmed: "), "{description}");

    let after = fedctl.run(&lookup);
    assert_eq!(after.status, 0, "{}", after.stdout);
    let words = words(&after.stdout);
    assert!(words.contains("1.0.0 – 4.1.x http://chat.mydomain.com:3000 key"), "{}", after.stdout);
    assert!(words.contains("cannot find mydomain.com: not by DNS, and they cannot use a hub"), "{}", after.stdout);
    fedctl.ok(&["keygen", "--private", "other.key"]);
    let mut other = lookup.clone();
    other[4] = "other.pub".into();
    let differs = fedctl.run(&other);
    assert!(differs.status == 1 && differs.stdout.contains("another key than other.pub"), "{}", differs.stdout);

    let short = fedctl.run(&place.register(hub.addr, &["--wait", "1s"]));
    assert_eq!(short.status, 0, "it is served already: {}", short.stderr);
    let removal: Vec<String> = ["register", "mydomain.com", "--remove", "--hub-url", &url]
        .map(str::to_owned)
        .into_iter()
        .chain(place.world.flags())
        .collect();
    assert!(fedctl.ok(&removal).contains("webmaster@mydomain.com"));
    hub.answer(&hub.logged_token("mydomain.com", 1), "yes");
    eventually(|| hub.url_of("mydomain.com").is_none().then_some(()));
    let (error, hint) = fedctl.refused(&removal);
    assert!(error.contains("is not registered here") && hint.contains("operator"), "{error}");
}

#[test]
fn waiting_for_nobody_ends() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log", "--allow-private"]);
    let ran = fedctl.run(&place.register(hub.addr, &["--wait", "2s"]));
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("nobody has followed the link"), "{}", ran.stderr);
}

#[test]
fn status_strings_are_explained() {
    let fedctl = Fedctl::new();
    let description = fedctl.ok(&["explain", "Disabled, could not register with Hub"]);
    assert!(description.contains("1.0 – 1.3") && description.contains("fedctl records"), "{description}");
    let description = fedctl.ok(&["explain", "[HUB Only] Registering with Hub..."]);
    assert!(description.contains("1.0 – 1.3") && description.contains("2.1 and later"), "{description}");
    assert!(description.lines().all(|line| line.chars().count() <= 80), "{description}");
}

#[test]
fn a_token_is_not_sent_to_a_hub_without_encryption() {
    let (fedctl, place) = (with_key(), Place::new(MAIL));
    fedctl.write("token", "s3cret-t0ken\n");
    let ran = fedctl.run(&place.register("192.0.2.1", &["--token-file", "token"]));
    assert!(ran.status == 1 && words(&ran.stdout).contains("is not sent to 192.0.2.1 without TLS"), "{}", ran.stdout);
    assert!(ran.stderr.contains("`token` contains a token and others may read it"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("s3cret") && !ran.stderr.contains("s3cret"));
}
