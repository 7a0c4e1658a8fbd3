//! What keeps `fedctl configure` from changing a setting.

use std::time::Duration;

use serde_json::json;

use super::{Site, YAML};
use crate::support::Fedctl;
use crate::support::rest::{TOKEN, USER};

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
    // The file with the old values names no server that may get the token.
    site.fedctl.write("fedctl.yaml", YAML);
    site.fedctl.write("admin.token", format!("{USER}\n{TOKEN}\n"));
    let saved = json!({"schema": 1, "program": "x", "time": 0, "changes": [],
        "server": {"https": false, "host": "elsewhere.example", "port": 80}});
    site.fedctl.write("before.json", saved.to_string());
    let ran = site.with(&["configure", "undo", "before.json", "--yes"], "");
    assert!(ran.status == 2 && ran.stderr.contains("is for http://elsewhere.example:80"), "{}", ran.stderr);
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
