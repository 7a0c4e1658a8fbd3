//! `fedctl doctor` against a stub of the server's REST API and embedded name servers.

use serde_json::{Value, json};

use crate::support::rest::{Rest, Script, TOKEN, USER};
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, Ran};

/// A domain whose server speaks plain http, its name servers, and its admin's directory with a fedctl.yaml.
struct Clinic {
    fedctl: Fedctl,
    rest: Rest,
    world: World,
}

impl Clinic {
    fn new(release: &'static str) -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen"]);
        let key = fedctl.read("federation.pub").trim_end().to_owned();
        let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT http\ninside IN A 10.0.0.7\n";
        let text = zone(1, &format!("{srv}{}", key_record(&key)));
        let mut world = World::new();
        for host in ["ns1.mydomain.com", "ns2.mydomain.com"] {
            world.serve(host, &[("mydomain.com", text.clone())], &[]);
        }
        let script = Script::new(
            release,
            vec![
                ("FEDERATION_Enabled", true.into()),
                ("FEDERATION_Status", "Enabled".into()),
                ("FEDERATION_Domain", "mydomain.com".into()),
                ("FEDERATION_Public_Key", key.clone().into()),
                ("FEDERATION_Discovery_Method", "dns".into()),
                ("Site_Url", "http://chat.mydomain.com".into()),
            ],
        )
        .resolving(&key);
        let rest = Rest::start(script);
        fedctl.write(
            "fedctl.yaml",
            "domain: mydomain.com\ntarget: chat.mydomain.com\nkey: federation.key\nserver: http://chat.mydomain.com\n",
        );
        fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
        Self { fedctl, rest, world }
    }

    fn set(&self, id: &str, value: impl Into<Value>) {
        self.rest.script.lock().unwrap().set(id, value);
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.ask(&[&["doctor", "--token-file", "admin.token"], args].concat())
    }

    /// Any command in the admin's directory; none may tell a secret.
    fn ask(&self, args: &[&str]) -> Ran {
        let mut all: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        all.extend(self.world.flags());
        all.extend(["--connect-to".to_owned(), format!("chat.mydomain.com:80={}", self.rest.addr)]);
        let ran = self.fedctl.run(&all);
        let private = self.fedctl.read("federation.key");
        for secret in [TOKEN, &private[200..240]] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{args:?} tells a secret");
        }
        ran
    }

    /// A second server with the same answers, on this address.
    fn another(&self, listen: &str) -> Rest {
        Rest::start_at(listen, self.rest.script.lock().unwrap().clone())
    }

    /// The ids of findings at or above warning.
    fn findings(&self) -> Vec<String> {
        let ran = self.run(&["--format", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        let id = |finding: &Value| finding["id"].as_str().unwrap().to_owned();
        let mut ids: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["severity"] != "notice")
            .map(id)
            .collect();
        ids.sort();
        ids
    }
}

#[test]
fn a_healthy_server_is_found_healthy_and_its_settings_are_compared() {
    let clinic = Clinic::new("4.8.3");
    std::fs::set_permissions(clinic.fedctl.path("admin.token"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let ran = clinic.run(&[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    for part in ["key\n", "records\n", "connection, from here\n", "release\n", "settings of the server\n"] {
        assert!(ran.stdout.contains(part), "no section {part}: {}", ran.stdout);
    }
    for part in [
        "server-domain     mydomain.com",
        "server-enabled    on, status Enabled",
        "server-resolver   it returns the same SRV record and key",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(ran.stdout.lines().last().unwrap().starts_with("mydomain.com is set up correctly"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80 || line.contains("-----BEGIN")), "{}", ran.stdout);
    // The token goes to the routes that need it, and nowhere else; all settings come with one request.
    let asked = clinic.rest.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|(request, token)| *token == request.contains("settings") || *token == request.contains("dns.resolve")));
    assert_eq!(asked.iter().filter(|(request, _)| request.contains("/settings")).count(), 1);
}

#[test]
fn each_wrong_setting_is_its_own_finding() {
    let clinic = Clinic::new("4.8.3");
    assert_eq!(clinic.findings(), [""; 0]);
    for (id, wrong, right, expected) in [
        ("FEDERATION_Enabled", json!(false), json!(true), "server-enabled"),
        ("FEDERATION_Status", json!("Could not register with Hub"), json!("Enabled"), "server-enabled"),
        ("FEDERATION_Domain", json!("@mydomain.com"), json!("mydomain.com"), "server-domain"),
        ("FEDERATION_Domain", json!("mydomain.com "), json!("mydomain.com"), "server-domain"),
        ("FEDERATION_Discovery_Method", json!("hub"), json!("dns"), "server-discovery"),
        ("Site_Url", json!("http://chat.mydomain.com/team"), json!("http://chat.mydomain.com/"), "server-site"),
        ("FEDERATION_Public_Key", json!(""), Value::Null, "server-key"),
    ] {
        clinic.set(id, wrong.clone());
        assert_eq!(clinic.findings(), [expected], "{id} = {wrong}");
        clinic.set(id, right);
    }
    let other = Fedctl::new();
    other.ok(&["keygen"]);
    clinic.set("FEDERATION_Public_Key", other.read("federation.pub").trim_end());
    assert_eq!(clinic.findings(), ["server-key"]);
}

#[test]
fn the_servers_own_resolver_counts() {
    let clinic = Clinic::new("4.8.3");
    clinic.rest.script.lock().unwrap().resolved.remove("rocketchat-public-key.mydomain.com");
    let ran = clinic.run(&[]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("  error    server-resolver   the server's own resolver has an"), "{}", ran.stdout);
    assert!(ran.stdout.contains("server     queryTxt ENOTFOUND"), "{}", ran.stdout);
}

#[test]
fn settings_are_read_one_by_one_when_they_cannot_be_queried() {
    let clinic = Clinic::new("4.8.3");
    clinic.rest.script.lock().unwrap().no_query = true;
    clinic.set("FEDERATION_Domain", "chat.mydomain.com");
    assert_eq!(clinic.findings(), ["server-domain"]);
}

#[test]
fn runs_in_the_same_minute_stay_within_the_limit_of_the_server() {
    for no_query in [false, true] {
        let clinic = Clinic::new("4.8.3");
        {
            let mut script = clinic.rest.script.lock().unwrap();
            script.no_query = no_query;
            script.limit = (10, std::time::Duration::from_secs(60));
        }
        for run in 0..3 {
            assert_eq!(clinic.findings(), [""; 0], "run {run}, no_query {no_query}");
        }
        let settings = clinic.rest.count("GET /api/v1/settings");
        assert_eq!(settings, if no_query { 3 * 5 } else { 3 }, "no_query {no_query}");
        // The release is known from the call of a peer.
        assert_eq!(clinic.rest.count("GET /api/info"), 3);
    }
}

#[test]
fn settings_that_a_release_hides_are_not_requested() {
    let clinic = Clinic::new("7.11.0");
    let ran = clinic.run(&["-v"]);
    assert!(
        ran.stdout.contains("server-domain") && ran.stdout.contains("release 7.11.0 hides this setting"),
        "{}",
        ran.stdout
    );
    assert_eq!(clinic.rest.count("GET /api/v1/settings"), 1);
}

#[test]
fn a_release_that_cannot_send_is_an_error_whatever_else_is_right() {
    let clinic = Clinic::new("6.9.0");
    assert!(clinic.findings().contains(&"server-release".to_owned()));
}

#[test]
fn a_token_that_is_not_accepted_or_not_there_is_reported_and_never_shown() {
    let clinic = Clinic::new("4.8.3");
    clinic.fedctl.write("admin.token", format!("{USER}\n{}x\n", TOKEN));
    let ran = clinic.run(&["-v"]);
    assert!(ran.stdout.contains("the server does not accept the token (401)"), "{}", ran.stdout);
    assert!(ran.stderr.contains("contains the token of an admin and others may read it"), "{}", ran.stderr);
    clinic.fedctl.write("admin.token", "one\ntwo\nthree\n");
    let ran = clinic.run(&[]);
    assert!(ran.status == 2 && ran.stderr.contains("does not contain a user id and a token"), "{}", ran.stderr);
    let (error, hint) = Fedctl::new().refused(&["doctor"]);
    assert!(error.contains("no domain was given") && hint == "fedctl init", "{error} {hint}");
}

#[test]
fn dns_check_asks_the_servers_own_resolver_beside_ours() {
    let clinic = Clinic::new("4.8.3");
    let at_server = ["--at-server", "http://chat.mydomain.com", "--token-file", "admin.token"];
    let check = |more: &[&str]| clinic.ask(&[&["dns-check", "mydomain.com"], &at_server[..], more].concat());
    let ran = check(&["-v"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("server-resolver  it returns the same SRV record and key"), "{}", ran.stdout);
    let ran = check(&["-vv"]);
    assert!(ran.stdout.contains("in chat.mydomain.com  NXDOMAIN  same"), "{}", ran.stdout);
    super::records::validate("docs/report.schema.json", &check(&["--format", "json"]).stdout);
    // It sees nothing, what was there before, and a key that somebody should not have published.
    let secret = clinic.fedctl.read("federation.key").trim_end().to_owned();
    let old = json!({"target": "old.mydomain.com", "port": 80, "priority": 1, "weight": 1});
    let key = "rocketchat-public-key.mydomain.com".to_owned();
    for (name, answer, seen) in [
        ("_rocketchat._tcp.mydomain.com".to_owned(), Some(old), "old.mydomain.com:80"),
        (key.clone(), None, "queryTxt ENOTFOUND"),
        (key, Some(secret.into()), "a PRIVATE key, which is not shown here"),
    ] {
        let before = clinic.rest.script.lock().unwrap().resolved.clone();
        match answer {
            Some(answer) => clinic.rest.script.lock().unwrap().resolved.insert(name, answer),
            None => clinic.rest.script.lock().unwrap().resolved.remove(&name),
        };
        let ran = check(&["--save", "run.json"]);
        assert!(ran.status == 1 && ran.stdout.contains(seen) && ran.stdout.contains("≠"), "{seen}: {}", ran.stdout);
        assert!(ran.stdout.contains("error    server-resolver"), "{}", ran.stdout);
        let replayed = clinic.fedctl.run(&["dns-check", "--replay", "run.json"]);
        assert_eq!((replayed.status, replayed.stdout), (1, ran.stdout));
        let private = clinic.fedctl.read("federation.key");
        assert!(!clinic.fedctl.read("run.json").contains(&private[200..240]));
        clinic.rest.script.lock().unwrap().resolved = before;
    }
    clinic.fedctl.write("admin.token", format!("{USER}\n{TOKEN}x\n"));
    let ran = check(&[]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("the resolver of chat.mydomain.com was not queried: the server does not accept"),
        "{}",
        ran.stderr
    );
    let (error, hint) =
        Fedctl::new().refused(&["dns-check", "mydomain.com", "--at-server", "http://chat.mydomain.com"]);
    assert!(error.contains("no token was given") && hint.contains("--token-file"), "{error} {hint}");
}

#[test]
fn a_resolver_with_its_own_version_of_the_zone_is_no_error() {
    let clinic = Clinic::new("4.8.3");
    let inside = json!({"target": "inside.mydomain.com", "port": 80, "priority": 1, "weight": 1});
    for name in ["_rocketchat._http.mydomain.com", "_rocketchat._tcp.mydomain.com"] {
        clinic.rest.script.lock().unwrap().resolved.insert(name.to_owned(), inside.clone());
    }
    let at_server = ["--at-server", "http://chat.mydomain.com", "--token-file", "admin.token", "--save", "run.json"];
    for args in
        [&["doctor", "--token-file", "admin.token"][..], &[&["dns-check", "mydomain.com"], &at_server[..]].concat()]
    {
        let ran = clinic.ask(args);
        let report = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.status, 0, "{report}");
        assert!(report.contains("notice server-resolver the server's own resolver has its own version of"), "{report}");
        assert!(report.contains("inside.mydomain.com has the address 10.0.0.7"), "{report}");
    }
    let replayed = clinic.fedctl.run(&["dns-check", "--replay", "run.json"]);
    assert!(replayed.stdout.contains("10.0.0.7"), "{}", replayed.stdout);
}

#[test]
fn a_server_is_called_at_an_ipv6_address_and_at_localhost() {
    let clinic = Clinic::new("4.8.3");
    for (listen, host) in [("[::1]:0", "[::1]"), ("127.0.0.1:0", "localhost")] {
        let server = clinic.another(listen);
        let url = format!("http://{host}:{}", server.addr.port());
        let check = ["dns-check", "mydomain.com", "--token-file", "admin.token", "--at-server", &url];
        let ran = clinic.ask(&check);
        assert!(!ran.stderr.contains("was not queried"), "{url}: {}", ran.stderr);
        assert!(
            ran.stdout.contains("server-resolver  it returns the same SRV record and key"),
            "{url}: {}",
            ran.stdout
        );
        assert!(server.asked.lock().unwrap().iter().any(|(_, token)| *token), "{url}");
        let before = server.asked.lock().unwrap().len();
        let ran = clinic.run(&["--server", &url]);
        assert!(!ran.stdout.contains("the server was not reached"), "{url}: {}", ran.stdout);
        assert!(server.asked.lock().unwrap().len() > before, "{url}: {}", ran.stdout);
    }
    let at = ["--token-file", "admin.token", "--at-server", "http://[::1]:1"];
    let ran = clinic.ask(&[&["dns-check", "mydomain.com"], &at[..]].concat());
    assert!(ran.stderr.contains("the resolver of [::1] was not queried: the server was not reached"), "{}", ran.stderr);
}

#[test]
fn a_token_goes_only_to_a_server_that_was_named() {
    let clinic = Clinic::new("4.8.3");
    let settings = clinic.fedctl.read("fedctl.yaml");
    clinic.fedctl.write("fedctl.yaml", settings.replace("server: http://chat.mydomain.com\n", ""));
    let ran = clinic.run(&["-v"]);
    assert!(ran.stdout.contains("a token is sent only to a server that you name"), "{}", ran.stdout);
    let asked = clinic.rest.asked.lock().unwrap().clone();
    assert!(!asked.is_empty() && asked.iter().all(|(_, token)| !token), "{asked:?}");
    clinic.run(&["--server", "http://chat.mydomain.com"]);
    assert!(clinic.rest.asked.lock().unwrap().iter().any(|(_, token)| *token));
}

#[test]
fn a_token_is_not_sent_without_encryption() {
    let clinic = Clinic::new("4.8.3");
    let ran = clinic.run(&["-v", "--server", "http://192.0.2.1"]);
    assert!(ran.stdout.contains("the token is not sent to 192.0.2.1 without TLS"), "{}", ran.stdout);
    let at = ["dns-check", "mydomain.com", "--at-server", "http://192.0.2.1", "--token-file", "admin.token"];
    let ran = clinic.ask(&at);
    assert!(ran.stderr.contains("the token is not sent to 192.0.2.1 without TLS"), "{}", ran.stderr);
}
