//! `fedctl configure` against a stub of the server's REST API.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::rest::{Rest, Script, TOKEN, USER};
use crate::support::terminal::Terminal;
use crate::support::world::{World, key_record, zone};
use crate::support::{Fedctl, Ran};

/// A server whose records are published and whose settings are those of a new installation.
pub struct Site {
    pub fedctl: Fedctl,
    pub rest: Rest,
    pub world: World,
}

const YAML: &str = "domain: mydomain.com\ntarget: chat.mydomain.com\nprotocol: http\nkey: federation.key\nserver: http://chat.mydomain.com\ntoken_file: admin.token\n";

impl Site {
    pub fn new(release: &'static str) -> Self {
        let fedctl = Fedctl::new();
        fedctl.ok(&["keygen"]);
        let key = fedctl.read("federation.pub").trim_end().to_owned();
        let srv = "_rocketchat._http IN SRV 1 1 80 chat\n_rocketchat._tcp IN SRV 1 1 80 chat\nrocketchat-protocol IN TXT http\n";
        let mut world = World::new();
        world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, &format!("{srv}{}", key_record(&key))))], &[]);
        let mut settings = vec![
            ("FEDERATION_Enabled", json!(false)),
            ("FEDERATION_Status", json!("Disabled")),
            ("FEDERATION_Domain", json!("@mydomain.com ")),
            ("FEDERATION_Public_Key", json!(key)),
            ("FEDERATION_Discovery_Method", json!("hub")),
            ("Site_Url", json!("http://chat.mydomain.com/")),
        ];
        if release.starts_with("1.") {
            settings.push(("FEDERATION_Hub_URL", json!("https://hub.rocket.chat")));
        }
        let script = Script::new(release, settings).resolving(&key);
        fedctl.write("fedctl.yaml", YAML);
        fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
        for file in ["admin.token", "federation.key"] {
            std::fs::set_permissions(fedctl.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self { fedctl, rest: Rest::start(script), world }
    }

    fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.rest.script.lock().unwrap());
    }

    fn value(&self, id: &str) -> Value {
        self.rest.script.lock().unwrap().get(id).unwrap()
    }

    fn flags(&self) -> Vec<String> {
        let mut flags = self.world.flags();
        flags.extend(["--connect-to".to_owned(), format!("chat.mydomain.com:80={}", self.rest.addr)]);
        flags
    }

    fn with(&self, words: &[&str], input: &str) -> Ran {
        let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        args.extend(self.flags());
        let ran = self.fedctl.run_with(&args, input);
        for secret in [TOKEN, &self.fedctl.read("federation.key")[200..240], "s3cret", "424242"] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{words:?} shows a secret");
        }
        ran
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.with(&[&["configure"], more].concat(), "")
    }

    /// Nothing was sent that changes anything.
    fn is_untouched(&self) -> bool {
        self.rest.count("POST /api/v1/settings") == 0
    }

    /// For a run that ends before anyone asks DNS.
    fn forget(self) {
        std::mem::forget(self.world);
    }

    fn undo_files(&self) -> Vec<String> {
        self.fedctl.files().into_iter().filter(|name| name.starts_with("undo-")).collect()
    }
}

#[test]
fn a_new_server_is_set_up_checked_and_put_back() {
    let site = Site::new("4.8.3");
    let asked = site.run(&[]);
    assert_eq!(asked.status, 0, "{}", asked.stderr);
    assert!(site.is_untouched() && site.undo_files().is_empty());
    insta::assert_snapshot!(asked.stderr, @r#"
    settings of http://chat.mydomain.com:80, release 4.8.3, status "Disabled"

      =  Site_Url                     as it should be
      -  FEDERATION_Domain            "@mydomain.com "
      +  FEDERATION_Domain            "mydomain.com"
      -  FEDERATION_Discovery_Method  "hub"
      +  FEDERATION_Discovery_Method  "dns"
      -  FEDERATION_Enabled           false
      +  FEDERATION_Enabled           true
         other settings are not changed

    Set these values? [y/N] 
    nothing was changed; --yes applies the plan without a question
    "#);

    // With --quiet the plan is shown all the same, because the question is about it.
    let quiet = site.run(&["--quiet"]);
    assert!(quiet.stderr.contains("+  FEDERATION_Enabled           true"), "{}", quiet.stderr);

    let done = site.with(&["configure", "--undo", "before.json"], "y\n");
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("set; to undo it: fedctl configure undo before.json"), "{}", done.stderr);
    assert!(done.stderr.contains("the status is \"Enabled\""), "{}", done.stderr);
    assert!(done.stderr.contains("no restart is needed"), "{}", done.stderr);
    assert!(done.stdout.lines().last().unwrap().starts_with("mydomain.com is set up correctly"), "{}", done.stdout);
    let posts: Vec<String> = site
        .rest
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|(line, _)| line.clone())
        .filter(|line| line.contains("POST /api/v1/settings"))
        .collect();
    assert_eq!(
        posts,
        ["Domain", "Discovery_Method", "Enabled"].map(|id| format!("POST /api/v1/settings/FEDERATION_{id}"))
    );
    let mode = std::fs::metadata(site.fedctl.path("before.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode, site.fedctl.read("before.json").contains(TOKEN)), (0o600, false));

    let again = site.run(&["--yes"]);
    assert!(again.status == 0 && again.stderr.contains("nothing is to do"), "{}", again.stderr);
    assert_eq!(site.rest.count("POST /api/v1/settings"), 3);

    let declined = site.with(&["configure", "undo", "before.json"], "n\n");
    assert!(declined.status == 0 && declined.stderr.contains("nothing was changed"), "{}", declined.stderr);
    let undone = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert_eq!(undone.status, 0, "{}", undone.stderr);
    for (id, value) in [
        ("FEDERATION_Enabled", json!(false)),
        ("FEDERATION_Domain", json!("@mydomain.com ")),
        ("FEDERATION_Discovery_Method", json!("hub")),
    ] {
        assert_eq!(site.value(id), value, "{id}");
    }
    let twice = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert!(twice.status == 0 && twice.stderr.contains("as they were before; nothing was sent"), "{}", twice.stderr);
}

#[test]
fn each_release_has_its_status_and_the_server_may_take_its_time() {
    for (release, starts, last) in [
        ("1.3.5", vec!["Booting...", "Running"], "Running"),
        ("2.0.0", vec!["Enabled"], "Enabled"),
        ("6.2.0", vec!["Enabled"], "Enabled"),
    ] {
        let site = Site::new(release);
        site.script(|script| script.starts = starts);
        let ran = site.run(&["--yes"]);
        assert!(ran.stderr.contains(&format!("the status is \"{last}\"")), "{release}: {}", ran.stderr);
        assert_eq!(site.value("FEDERATION_Enabled"), json!(true));
    }
    // It never comes up: the limit of time is stated, and doctor says what is wrong.
    let site = Site::new("1.3.5");
    site.script(|script| script.starts = vec!["Booting..."]);
    let ran = site.run(&["--yes", "--settle", "1s"]);
    assert!(ran.stderr.contains("the status is \"Booting...\" after 1 s, expected \"Running\""), "{}", ran.stderr);
    assert!(ran.stdout.contains("server-enabled"), "{}", ran.stdout);
}

#[test]
fn a_server_that_is_on_and_has_not_come_up_is_switched_off_and_on() {
    let site = Site::new("4.8.3");
    site.script(|script| {
        script.set("FEDERATION_Domain", "mydomain.com");
        script.set("FEDERATION_Discovery_Method", "dns");
        script.set("FEDERATION_Enabled", true);
    });
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(site.rest.count("POST /api/v1/settings/FEDERATION_Enabled"), 2);
    assert_eq!(site.value("FEDERATION_Status"), json!("Enabled"));
}

#[test]
fn the_hub_is_a_setting_of_1x_only() {
    let yaml = format!("{YAML}method: hub\nhub_url: https://hub.mydomain.com\n");
    let site = Site::new("1.3.5");
    site.fedctl.write("fedctl.yaml", &yaml);
    let ran = site.run(&[]);
    for line in [
        "  +  FEDERATION_Hub_URL           \"https://hub.mydomain.com\"\n",
        "  +  Site_Url                     \"http://chat.mydomain.com\"\n",
    ] {
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
    }
    site.forget();
    let site = Site::new("3.18.3");
    site.fedctl.write("fedctl.yaml", yaml);
    let ran = site.run(&[]);
    assert!(!ran.stderr.contains("FEDERATION_Hub_URL"), "{}", ran.stderr);
    assert!(ran.stderr.contains("registers at https://hub.rocket.chat only"), "{}", ran.stderr);
    site.forget();
}

#[test]
fn the_second_factor_comes_from_a_command_and_never_from_an_argument() {
    for (method, accepted, command) in [
        ("totp", "424242".to_owned(), "echo 424242"),
        // SHA-256 of `s3cret`, as servers take a password.
        (
            "password",
            "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0".to_owned(),
            "test $FEDCTL_FACTOR = password && echo s3cret",
        ),
    ] {
        let site = Site::new("4.8.3");
        site.script(|script| script.second_factor = Some((method, accepted)));
        site.fedctl.write("code.sh", command);
        let ran = site.run(&["--yes", "--code-command", "sh code.sh"]);
        assert_eq!(ran.status, 0, "{method}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(site.value("FEDERATION_Enabled"), json!(true), "{method}");
        // One request without the factor, then the server remembers it.
        assert_eq!(site.rest.count("POST /api/v1/settings"), 4, "{method}");
    }
    // A server that remembers nothing wants a new code for each change.
    let site = Site::new("6.2.0");
    site.script(|script| (script.second_factor, script.forgets) = (Some(("totp", "424242".into())), true));
    site.fedctl.write(
        "code.sh",
        "echo x >>runs; printf 424242; n=$(wc -l <runs); while [ $n -gt 1 ]; do printf 1; n=$((n-1)); done",
    );
    let ran = site.run(&["--yes", "--code-command", "sh code.sh"]);
    assert_eq!((ran.status, site.fedctl.read("runs").lines().count()), (0, 3), "{}", ran.stderr);
    // Before 3.6 no server wants one.
    let site = Site::new("3.5.4");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    assert_eq!(site.run(&["--yes"]).status & !1, 0);
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true));
}

#[test]
fn a_terminal_asks_for_the_second_factor_and_does_not_show_it() {
    let site = Site::new("4.8.3");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    let line = format!("{} configure --yes {}; read wait", env!("CARGO_BIN_EXE_fedctl"), site.flags().join(" "));
    let Some(terminal) = Terminal::start(&line, site.fedctl.dir.path(), &[]) else { return site.forget() };
    let question = "code of the authenticator app:";
    let answer = |count: usize, code: &str| {
        terminal.wait("the question", |screen| screen.matches(question).count() == count);
        terminal.text(code);
        terminal.key("Enter");
    };
    answer(1, "111111");
    answer(2, "424242");
    let screen = terminal.wait("the verdict", |screen| screen.contains("mydomain.com is set up correctly"));
    assert!(!screen.contains("424242") && !screen.contains("111111"), "{screen}");
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true));
}

#[test]
fn without_the_second_factor_nothing_is_changed() {
    let site = Site::new("4.8.3");
    site.script(|script| script.second_factor = Some(("totp", "424242".into())));
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("the server wants a second factor, the code of the authenticator app"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("nothing was changed") && ran.stderr.contains("--code-command"), "{}", ran.stderr);
    let wrong = site.run(&["--yes", "--code-command", "echo 111111"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("does not accept the code"), "{}", wrong.stderr);
    // A proxy removes the header fields: the server asks without end.
    site.script(|script| script.deaf = true);
    let deaf = site.run(&["--yes", "--code-command", "echo 111111"]);
    assert!(
        deaf.status == 2 && deaf.stderr.contains("again and again") && deaf.stderr.contains("x-2fa-code"),
        "{}",
        deaf.stderr
    );
    site.script(|script| script.deaf = false);
    let failed = site.run(&["--yes", "--code-command", "false"]);
    assert!(failed.status == 2 && failed.stderr.contains("the code command failed"), "{}", failed.stderr);
    assert_eq!(site.value("FEDERATION_Domain"), json!("@mydomain.com "));
    assert!(site.undo_files().is_empty(), "there is nothing to undo");
}

#[test]
fn a_failure_half_way_is_described_and_a_second_run_completes() {
    let site = Site::new("4.8.3");
    site.script(|script| script.changes_left = 1);
    let ran = site.run(&["--yes", "--undo", "before.json"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("set: FEDERATION_Domain; not set: FEDERATION_Discovery_Method, FEDERATION_Enabled"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("fedctl configure undo before.json"), "{}", ran.stderr);
    site.script(|script| script.changes_left = usize::MAX);
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    // The first file undoes what the first run did, and not what the second did.
    let undo = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert_eq!((undo.status, site.value("FEDERATION_Domain")), (0, json!("@mydomain.com ")), "{}", undo.stderr);
}

#[test]
fn what_another_admin_sets_in_between_is_kept() {
    let site = Site::new("4.8.3");
    site.script(|script| script.writer = Some((1, "FEDERATION_Domain", json!("other.example"))));
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("FEDERATION_Domain has changed since the plan was made"), "{}", ran.stderr);
    assert!(site.is_untouched() && site.undo_files().is_empty());
    let ran = site.run(&["--yes", "--undo", "before.json"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    site.script(|script| script.set("FEDERATION_Domain", "third.example"));
    let undo = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert!(undo.status == 2 && undo.stderr.contains("third.example"), "{}", undo.stderr);
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true), "nothing was changed");
}

#[test]
fn a_setting_that_the_environment_blocks_is_named() {
    let site = Site::new("4.8.3");
    site.script(|script| script.blocked = vec!["FEDERATION_Enabled"]);
    let ran = site.run(&["--yes"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not set: FEDERATION_Enabled: the server refuses the change"), "{}", ran.stderr);
}

#[test]
fn a_release_without_classic_federation_is_refused_and_a_closed_one_needs_a_variable() {
    let site = Site::new("7.11.0");
    let ran = site.run(&["--yes"]);
    assert!(ran.status == 2 && ran.stderr.contains("7.11.0 has no classic federation"), "{}", ran.stderr);
    assert!(site.is_untouched());
    site.forget();
    let site = Site::new("7.10.0");
    let ran = site.run(&["--yes"]);
    assert!(
        ran.stderr.contains("set ENABLE_INSECURE_LEGACY_FEDERATION=true in the server's environment and restart it"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("server-release"), "{}", ran.stdout);
}

#[test]
fn the_limit_of_the_server_is_waited_for() {
    let site = Site::new("4.8.3");
    site.script(|script| script.limit = (2, Duration::from_secs(2)));
    let ran = site.run(&["--yes"]);
    assert_eq!(site.value("FEDERATION_Enabled"), json!(true), "{}", ran.stderr);
    assert!(ran.stderr.contains("the server limits requests; going on in"), "{}", ran.stderr);
    // With the real limit one run and its report have room, in either way to read.
    for no_query in [false, true] {
        let site = Site::new("4.8.3");
        site.script(|script| {
            script.limit = (10, Duration::from_secs(60));
            script.no_query = no_query;
        });
        let ran = site.run(&["--yes"]);
        assert_eq!((ran.status, ran.stderr.contains("limits requests")), (0, false), "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_token_goes_only_to_a_server_that_was_named() {
    let site = Site::new("4.8.3");
    site.fedctl.write("admin.token", format!("{USER}\n{TOKEN}x\n"));
    let ran = site.run(&["--yes"]);
    assert!(ran.status == 2 && ran.stderr.contains("the server does not accept the token (401)"), "{}", ran.stderr);
    site.fedctl.write("fedctl.yaml", YAML.replace("token_file: admin.token\n", ""));
    let ran = site.run(&[]);
    assert!(ran.status == 2 && ran.stderr.contains("--token-file admin.token"), "{}", ran.stderr);
    site.fedctl.write("fedctl.yaml", YAML.replace("server: http://chat.mydomain.com\n", ""));
    let before = site.rest.asked.lock().unwrap().len();
    let ran = site.run(&[]);
    assert!(ran.status == 2 && ran.stderr.contains("--server https://chat.mydomain.com"), "{}", ran.stderr);
    assert_eq!(site.rest.asked.lock().unwrap().len(), before);
    // The file with the values before names no server that may get the token.
    site.fedctl.write("fedctl.yaml", YAML);
    site.fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
    let saved = json!({"schema": 1, "program": "x", "time": 0, "changes": [],
        "server": {"https": false, "host": "elsewhere.example", "port": 80}});
    site.fedctl.write("before.json", saved.to_string());
    let ran = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert!(ran.status == 2 && ran.stderr.contains("is about http://elsewhere.example:80"), "{}", ran.stderr);
    site.forget();
}

#[test]
fn what_dns_lacks_and_a_site_url_that_cannot_be_right_are_in_the_plan() {
    let site = Site::new("4.8.3");
    let other = Fedctl::new();
    other.ok(&["keygen"]);
    site.script(|script| {
        script.set("Site_Url", "http://localhost:3000");
        script.set("FEDERATION_Public_Key", other.read("federation.pub").trim_end());
    });
    let ran = site.run(&[]);
    assert!(ran.stderr.contains("  +  Site_Url                     \"http://chat.mydomain.com\"\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("DNS has another key ("), "{}", ran.stderr);
    site.script(|script| script.set("Site_Url", "http://www.mydomain.com"));
    let ran = site.run(&[]);
    assert!(ran.stderr.contains("  !  Site_Url "), "{}", ran.stderr);
    let ran = site.run(&["--site-url", "http://chat.mydomain.com/"]);
    assert!(ran.stderr.contains("  +  Site_Url                     \"http://chat.mydomain.com\"\n"), "{}", ran.stderr);
}
