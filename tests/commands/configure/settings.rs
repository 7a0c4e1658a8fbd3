//! What `fedctl configure` changes, and how it is put back.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{Site, YAML};
use crate::support::rest::TOKEN;

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
    assert!(again.status == 0 && again.stderr.contains("there is nothing to do"), "{}", again.stderr);
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
fn the_report_of_configure_fits_its_schema() {
    let site = Site::new("4.8.3");
    let ran = site.run(&["--yes", "--format", "json"]);
    crate::commands::records::validate("docs/report.schema.json", &ran.stdout);
}
