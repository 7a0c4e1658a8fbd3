//! `fedctl init`: answers typed, answers by flags, answers that end too early.

use crate::support::Fedctl;
use crate::support::world::{World, healthy, zone};

/// A name server that knows mydomain.com and nothing of federation yet.
fn world() -> (World, Vec<String>) {
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, ""))], &[]);
    let addr = world.flags()[1].clone();
    (world, vec!["--resolver".into(), addr, "--connect-to".into(), "chat.mydomain.com:443=127.0.0.1:1".into()])
}

fn with(flags: &[String], args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).chain(flags.iter().cloned()).collect()
}

/// Domain, server, release, provider, key: everything that a world without a server cannot tell.
const TYPED: [&str; 5] = ["mydomain.com", "", "3.18.3", "zone", ""];

#[test]
fn typed_answers_become_a_configuration_a_key_and_records() {
    let (_world, flags) = world();
    let fedctl = Fedctl::new();
    // Three answers are wrong, and are requested again.
    let typed = format!("https://mydomain.com\n{}\n", TYPED.join("\n").replace("zone\n", "zoon\n6.2.0\nzone\n"));
    let ran = fedctl.run_with(&with(&flags, &["init"]), &typed);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(fedctl.files(), ["fedctl.yaml", "federation.key", "federation.pub"]);
    assert!(ran.stderr.contains("use `mydomain.com`") && ran.stderr.contains("did you mean `zone`?"), "{}", ran.stderr);
    // Nothing is like a release.
    let lists = "no format `6.2.0`\nfedctl: hint: `fedctl records formats` lists all of them\n";
    assert!(ran.stderr.contains(lists), "{}", ran.stderr);
    assert!(ran.stderr.contains("[https://chat.mydomain.com]"), "{}", ran.stderr);
    assert!(ran.stdout.contains("_rocketchat._https.mydomain.com.") && ran.stdout.contains("IN TXT"), "{}", ran.stdout);
    let private = fedctl.read("federation.key");
    assert!(!ran.stdout.contains(&private[40..80]) && !ran.stderr.contains(&private[40..80]));
    // The provider of the new file is the form that `records` prints from now on.
    let records = fedctl.run(&["records"]);
    assert!(
        records.status == 0 && records.stdout.contains(&fedctl.read("federation.pub")[30..200]),
        "{}",
        records.stderr
    );
    assert!(records.stdout.contains(" IN TXT ( "), "{}", records.stdout);
    let config: serde_json::Value = serde_json::from_str(&fedctl.ok(&["config", "--format", "json"])).unwrap();
    let description: Vec<&str> =
        config["settings"].as_array().unwrap().iter().filter_map(|setting| setting["values"][0].as_str()).collect();
    let server = "https://chat.mydomain.com";
    let expected =
        ["mydomain.com", "chat.mydomain.com", "443", "https", "federation.key", "3.18.3", "zone", "dns", server];
    assert_eq!(description, expected);
}

#[test]
fn answers_that_end_early_write_nothing() {
    let (_world, flags) = world();
    let fedctl = Fedctl::new();
    for count in 0..TYPED.len() {
        let typed: String = TYPED[..count].iter().map(|line| format!("{line}\n")).collect();
        // A line without its end is one that was cut off.
        for typed in [typed.clone(), format!("{typed}{}", TYPED[count])] {
            let ran = fedctl.run_with(&with(&flags, &["init"]), &typed);
            assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{typed:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
            assert_eq!(fedctl.files(), [""; 0], "{typed:?}");
        }
    }
}

#[test]
fn with_yes_there_are_no_questions() {
    let (_world, flags) = world();
    let fedctl = Fedctl::new();
    let yes = ["init", "mydomain.com", "--yes", "--server", "chat.mydomain.com:8443", "--provider", "zone"];
    let ran = fedctl.run(&with(&flags, &yes));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains(": \n") && !ran.stderr.contains("questions"), "{}", ran.stderr);
    assert!(fedctl.read("fedctl.yaml").contains("\nport: 8443\n"));
    assert_eq!(fedctl.read("federation.key").lines().count(), 1);
    // Everything is there already, and is kept.
    let before = fedctl.read("fedctl.yaml");
    let (error, hint) = fedctl.refused(&with(&flags, &yes));
    assert_eq!((error.as_str(), hint.contains("--force")), ("`fedctl.yaml` exists and is kept", true));
    assert_eq!(fedctl.read("fedctl.yaml"), before);
    let (error, _) = Fedctl::new().refused(&with(&flags, &["init", "--yes"]));
    assert_eq!(error, "with --yes, DOMAIN must be given");
    let stranger = Fedctl::new();
    let ran = stranger.run(&with(&flags, &["init", "--yes", "mydomain.com"]));
    assert!(ran.status == 2 && ran.stderr.contains("--server URL must be given"), "{}", ran.stderr);
    assert_eq!(stranger.files(), [""; 0]);
}

#[test]
fn a_published_key_is_never_replaced_in_silence() {
    let (owner, stranger) = (Fedctl::new(), Fedctl::new());
    owner.ok(&["keygen"]);
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, &healthy(&owner)))], &[]);
    let flags = [world.flags(), vec!["--connect-to".into(), "chat.mydomain.com:443=127.0.0.1:1".into()]].concat();
    let yes = ["init", "mydomain.com", "--yes", "--provider", "zone"];
    let refused = stranger.run(&with(&flags, &yes));
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
    for part in ["publishes a key already", "name the file with --key FILE"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(stranger.files(), [""; 0]);
    // The file of the published key is taken without a warning, a new pair with one.
    let file = owner.path("federation.pub").display().to_string();
    let taken = stranger.run(&with(&flags, &[&yes[..], &["--key", &file]].concat()));
    assert!(taken.status == 0 && !taken.stderr.contains("replaces"), "{}", taken.stderr);
    assert!(taken.stderr.contains("mydomain.com publishes a key: RSA-2048, sha256 "), "{}", taken.stderr);
    let replaced = Fedctl::new().run(&with(&flags, &[&yes[..], &["--key", "new"]].concat()));
    assert!(replaced.status == 0 && replaced.stderr.contains("this key replaces the one"), "{}", replaced.stderr);
}

#[test]
fn what_is_published_and_what_is_in_the_directory_need_not_be_asked() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    std::fs::remove_file(fedctl.path("federation.key")).unwrap();
    let mut world = World::new();
    world.serve(
        "ns1.awsdns-01.test",
        &[("mydomain.com", zone(1, &healthy(&fedctl)).replace("NS ns1", "NS ns-1.awsdns-01.test."))],
        &[],
    );
    let mut flags = world.flags()[..2].to_vec();
    flags.extend(["--connect-to".into(), "chat.mydomain.com:443=127.0.0.1:1".into()]);
    let ran = fedctl.run(&with(&flags, &["init", "mydomain.com", "--yes"]));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("at Route 53; its records lead to https://chat.mydomain.com:443"), "{}", ran.stderr);
    let yaml = fedctl.read("fedctl.yaml");
    assert!(yaml.contains("\nkey: federation.pub\n") && yaml.contains("\nprovider: route53\n"), "{yaml}");
    assert!(ran.stdout.contains("\"-----BEGIN PUBLIC KEY-----"), "{}", ran.stdout);
}

/// The command at the end of the conversation.
fn last_command(stderr: &str) -> Vec<String> {
    let (_, line) = stderr.split_once("when they are published:").unwrap_or_else(|| panic!("{stderr}"));
    let words = shlex::split(line.trim()).unwrap();
    assert_eq!(words[0], "fedctl", "{stderr}");
    words[1..].to_vec()
}

#[test]
fn the_command_at_the_end_reads_the_file_that_was_written() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let mut world = World::new();
    world.serve("ns1.mydomain.com", &[("mydomain.com", zone(1, &healthy(&fedctl)))], &[]);
    let network = [world.flags(), vec!["--connect-to".into(), "chat.mydomain.com:443=127.0.0.1:1".into()]].concat();
    std::fs::create_dir_all(fedctl.path("two words")).unwrap();
    // The name is that of no domain in the file, so that only the file can give it.
    for output in [None, Some("fedctl.yaml"), Some("my.yaml"), Some("two words/it's mine.yaml")] {
        for name in ["fedctl.yaml", "my.yaml", "two words/it's mine.yaml"] {
            let _ = std::fs::remove_file(fedctl.path(name));
        }
        let mut args: Vec<String> =
            ["init", "mydomain.com", "--yes", "--provider", "zone", "--key", "federation.pub"].map(Into::into).into();
        args.extend(output.into_iter().flat_map(|name| ["--output".to_owned(), name.to_owned()]));
        let ran = fedctl.run(&[args, network.clone()].concat());
        assert_eq!(ran.status, 0, "{output:?}: {}", ran.stderr);
        let printed = last_command(&ran.stderr);
        let doctor = fedctl.run(&[printed.clone(), network.clone(), vec!["--timeout".into(), "300ms".into()]].concat());
        assert!(doctor.status < 2 && doctor.stdout.contains("mydomain.com"), "{printed:?}: {doctor:?}");
        // Without the file the same command has no domain.
        std::fs::remove_file(fedctl.path(output.unwrap_or("fedctl.yaml"))).unwrap();
        let without = fedctl.run(&[printed.clone(), network.clone()].concat());
        assert_eq!(without.status, 2, "{printed:?}: {without:?}");
    }
}
