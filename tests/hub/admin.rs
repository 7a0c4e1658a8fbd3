//! The operator's commands, while the hub runs.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::hub::KEYS;
use crate::support::Fedctl;
use crate::support::hub::Hub;

pub fn confirmed(hub: &Hub, domain: &str) {
    hub.register(domain, "https://chat.example.org", &KEYS[0]);
    assert_eq!(hub.answer(&hub.logged_token(domain, 0), "yes").status, 200);
}

#[test]
fn an_operator_sees_and_removes() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    assert_eq!(fedctl.ok(&["hub", "list", "--data", "hub"]), "no entries\n");
    confirmed(&hub, "one.example.org");
    hub.register("two.example.org", "https://chat.example.org", &KEYS[0]);
    let token = hub.logged_token("two.example.org", 0);
    let list = fedctl.ok(&["hub", "list", "--data", "hub"]);
    assert!(list.contains("one.example.org  https://chat.example.org") && list.ends_with("\n1 entry\n"), "{list}");
    let pending = fedctl.ok(&["hub", "list", "--pending", "--data", "hub"]);
    assert!(pending.starts_with("two.example.org  serve"), "{pending}");
    let show = fedctl.ok(&["hub", "show", "one.example.org", "--data", "hub"]);
    assert!(show.contains(&KEYS[0]) && show.contains("confirmed"), "{show}");
    let two = fedctl.run(&["hub", "show", "two.example.org", "--data", "hub", "--format", "json"]);
    let description: Value = serde_json::from_str(&two.stdout).unwrap();
    assert_eq!((two.status, &description["served"], &description["schema"]), (1, &Value::Null, &1.into()));
    assert!(!two.stdout.contains(&token));

    fedctl.ok(&["hub", "remove", "one.example.org", "--data", "hub"]);
    assert_eq!(hub.url_of("one.example.org"), None);
    fedctl.ok(&["hub", "remove", "two.example.org", "--data", "hub"]);
    assert_eq!(hub.answer(&token, "yes").status, 410, "an old link does not bring it back");
    let (error, _) = fedctl.refused(&["hub", "remove", "three.example.org", "--data", "hub"]);
    assert_eq!(error, "`three.example.org` is not in this hub");
    let (error, hint) = fedctl.refused(&["hub", "list", "--data", "nowhere"]);
    assert!(error.contains("contains no hub") && hint.contains("--data"), "{error}");
    assert_eq!(fedctl.files(), ["hub"], "nothing is made by looking");
}

#[test]
fn entries_move_to_another_hub() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    confirmed(&hub, "one.example.org");
    confirmed(&hub, "two.example.org");
    fedctl.run(&["hub", "export", "all.json", "--data", "hub"]);
    assert_eq!(fedctl.ok(&["hub", "export", "--data", "hub"]), fedctl.read("all.json"));
    assert_eq!(fedctl.ok(&["hub", "import", "all.json", "--data", "new"]), "2 added, 0 replaced, 0 unchanged\n");
    assert_eq!(fedctl.ok(&["hub", "import", "all.json", "--data", "new"]), "0 added, 0 replaced, 2 unchanged\n");
    assert_eq!(fedctl.ok(&["hub", "export", "--data", "new"]), fedctl.read("all.json"));

    let mut changed: Value = serde_json::from_str(&fedctl.read("all.json")).unwrap();
    changed["peers"][1]["url"] = "https://new.example.org".into();
    fedctl.write("changed.json", changed.to_string());
    let (error, hint) = fedctl.refused(&["hub", "import", "changed.json", "--data", "hub"]);
    assert!(error.contains("`two.example.org` would be changed") && hint.contains("--replace"), "{error}");
    assert_eq!(hub.url_of("two.example.org").as_deref(), Some("https://chat.example.org"));
    fedctl.ok(&["hub", "import", "changed.json", "--replace", "--data", "hub"]);
    assert_eq!(hub.url_of("two.example.org").as_deref(), Some("https://new.example.org"), "the running hub serves it");

    for (wrong, part) in [
        (json!({"schema": 2, "peers": []}), "schema 2"),
        (json!([]), "not an export"),
        (json!({"schema": 1, "peers": [changed["peers"][0], changed["peers"][0]]}), "twice"),
        (
            json!({"schema": 1, "peers": [changed["peers"][0], {"domain": "x y", "url": "", "public_key": "", "since": "", "confirmed": ""}]}),
            "`x y`",
        ),
    ] {
        fedctl.write("wrong.json", wrong.to_string());
        let (error, _) = fedctl.refused(&["hub", "import", "wrong.json", "--data", "third"]);
        assert!(error.contains(part), "{error}");
    }
    assert!(!fedctl.files().contains(&"third".to_owned()), "nothing is half imported");
}

#[test]
fn a_backup_is_taken_while_the_hub_runs() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    confirmed(&hub, "one.example.org");
    let description = fedctl.run(&["hub", "backup", "copy.db", "--data", "hub"]);
    assert_eq!((description.status, description.stdout.as_str()), (0, ""), "{}", description.stderr);
    assert_eq!(fedctl.files(), ["copy.db", "hub"], "the copy is one file");
    assert_eq!(fedctl.path("copy.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fedctl.path("hub").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    confirmed(&hub, "two.example.org");
    std::fs::create_dir(fedctl.path("old")).unwrap();
    std::fs::copy(fedctl.path("copy.db"), fedctl.path("old/hub.db")).unwrap();
    let restored = fedctl.ok(&["hub", "list", "--data", "old"]);
    assert!(restored.contains("one.example.org") && !restored.contains("two.example.org"), "{restored}");
    let (error, _) = fedctl.refused(&["hub", "backup", "copy.db", "--data", "hub"]);
    assert_eq!(error, "`copy.db` exists and is kept");
}

#[test]
fn files_that_are_none_of_ours_are_refused_with_a_hint() {
    let fedctl = Fedctl::new();
    std::fs::create_dir(fedctl.path("hub")).unwrap();
    fedctl.write("hub/hub.db", [7u8; 5000]);
    let refused = |more: &[&str]| fedctl.refused(&[&["hub"], more, &["--data", "hub"]].concat());
    let (error, hint) = refused(&["list"]);
    assert!(error.contains("`hub/hub.db` cannot be opened as the database of a hub"), "{error}");
    assert!(hint.contains("fedctl hub backup") && fedctl.path("hub/hub.db").metadata().unwrap().len() == 5000);
    for file in ["none.json", ".", "hub/hub.db"] {
        assert!(refused(&["import", file]).1.contains("fedctl hub export"), "{file}");
    }
}

#[test]
fn a_hub_that_could_not_work_does_not_start() {
    let fedctl = Fedctl::new();
    let base = ["serve", "hub", "--listen", "127.0.0.1:0", "--data", "hub"];
    let refused = |more: &[&str]| fedctl.refused(&[&base, more].concat());
    assert!(refused(&["--public-url", "https://hub.example.org"]).1.contains("--mail-to-log"));
    assert!(refused(&["--public-url", "hub.example.org", "--mail-to-log"]).0.contains("is not a url"));
    let smtp = Fedctl::new().env("FEDCTL_HUB_SMTP", "smtp://me:secret@mail.example.org");
    let clear = smtp.refused(&[&base[..], &["--public-url", "https://hub.example.org"]].concat());
    assert!(clear.0.contains("without encryption") && !clear.0.contains("secret"), "{}", clear.0);
    let long = refused(&["--public-url", "https://hub.example.org", "--mail-to-log", "--link-lifetime", "999999h"]);
    assert!(long.0.contains("out of range"), "{}", long.0);
    let database = Fedctl::new().env("FEDCTL_HUB_DATABASE", "postgres://me:secret@127.0.0.1:9/x");
    let (error, _) = database.refused(&["serve", "hub", "--public-url", "https://hub.example.org", "--mail-to-log"]);
    assert!(error.contains("PostgreSQL cannot be used") && !error.contains("secret"), "{error}");
    assert!(fedctl.files().is_empty());
}

/// A disk that cannot be written: what is there can be listed, shown, exported and copied.
#[test]
fn a_hub_on_a_read_only_disk_can_be_read() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    hub.register("a.example.org", "https://chat.example.org", &KEYS[0]);
    hub.answer(&hub.logged_token("a.example.org", 0), "yes");
    assert_eq!(hub.stop(), 0);
    let script = "mount --bind hub hub && mount -o remount,bind,ro hub && ! touch hub/x 2>/dev/null && \
                  \"$0\" hub list --data hub && \"$0\" hub show a.example.org --data hub && \
                  \"$0\" hub export --data hub && \"$0\" hub backup --data hub copy.db && \
                  ! \"$0\" hub remove a.example.org --data hub && touch done";
    let mut command = std::process::Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_fedctl")]).current_dir(fedctl.dir.path());
    let Ok(output) = command.env("HOME", fedctl.dir.path()).output() else { return };
    let printed = String::from_utf8_lossy(&output.stderr);
    // Systems that let nobody make a mount cannot show it.
    if !fedctl.path("done").exists() && !printed.contains("fedctl: error") {
        return;
    }
    assert!(fedctl.path("done").exists(), "{}{printed}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).matches("a.example.org").count() >= 3);
    assert!(printed.contains("fedctl: error"), "{printed}");
}
