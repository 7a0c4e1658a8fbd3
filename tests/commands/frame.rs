//! The frame: configuration, catalogue, completions, manual pages, and the lab.

use fedctl::commands::completions::{Shell, script};
use fedctl::commands::man::pages;

use crate::support::{Fedctl, repository};

const SHELLS: [(Shell, &str); 5] = [
    (Shell::Bash, "fedctl.bash"),
    (Shell::Zsh, "_fedctl"),
    (Shell::Fish, "fedctl.fish"),
    (Shell::PowerShell, "fedctl.ps1"),
    (Shell::Elvish, "fedctl.elv"),
];

/// Compares a generated file, or writes it when `FEDCTL_BLESS` is set.
pub fn fresh(path: &str, text: &[u8]) {
    let file = repository(path);
    if std::env::var_os("FEDCTL_BLESS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let known = std::fs::read(&file).unwrap_or_default();
    assert!(known == text, "{path} is stale: FEDCTL_BLESS=1 cargo test fresh writes it");
}

/// The same for the part of a page between `<!-- NAME -->` and `<!-- /NAME -->`.
pub fn fresh_part(path: &str, name: &str, text: &str) {
    let page = std::fs::read_to_string(repository(path)).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("{path} has no `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no `{end}`"));
    fresh(path, format!("{before}{begin}{text}{end}{after}").as_bytes());
}

#[test]
fn completions_are_fresh() {
    for (shell, file) in SHELLS {
        fresh(&format!("completions/{file}"), &script(shell).unwrap());
    }
}

#[test]
fn manual_pages_are_fresh() {
    let pages = pages(&fedctl::cli::command()).unwrap();
    for (name, page) in &pages {
        fresh(&format!("docs/man/{name}"), page);
    }
    assert_eq!(
        std::fs::read_dir(repository("docs/man")).unwrap().count(),
        pages.len(),
        "a page of no command is left over"
    );
}

#[test]
fn every_check_has_a_page_and_a_stranger_has_a_hint() {
    let fedctl = Fedctl::new();
    let list: serde_json::Value = serde_json::from_str(&fedctl.ok(&["checks", "--format", "json"])).unwrap();
    let checks = list["checks"].as_array().unwrap();
    assert!(checks.len() >= 11);
    for check in checks {
        let id = check["id"].as_str().unwrap();
        assert!(fedctl.ok(&["explain", id]).starts_with(&format!("# {id}: ")));
    }
}

#[test]
fn the_configuration_shows_where_each_value_comes_from() {
    let fedctl = Fedctl::new().env("FEDCTL_PORT", "8443");
    fedctl.write("fedctl.yaml", "domain: mydomain.com\nport: 443\n");
    let config: serde_json::Value = serde_json::from_str(&fedctl.ok(&["config", "--format", "json"])).unwrap();
    let setting =
        |name: &str| config["settings"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    assert_eq!(
        (&setting("domain")["source"], &setting("port")["source"]),
        (&"fedctl.yaml".into(), &"FEDCTL_PORT".into())
    );
    assert_eq!(setting("port")["values"][0], "8443");
    fedctl.write("fedctl.yaml", "domian: mydomain.com\n");
    let (error, hint) = fedctl.refused(&["config"]);
    assert!(error.contains("unknown setting `domian`") && hint == "did you mean `domain`?", "{error} {hint}");
}

#[test]
fn the_lab_shows_one_domain_on_request() {
    let fedctl = Fedctl::new();
    let one = fedctl.run(&["lab", "--only", "two-records"]);
    assert_eq!(one.status, 0);
    assert!(one.stdout.contains("two-records.test is not ready for federation"), "{}", one.stdout);
    fedctl.refused(&["lab", "--only", "nobody"]);
}

#[test]
fn help_and_version_go_to_stdout_and_bad_flags_to_stderr() {
    let fedctl = Fedctl::new();
    assert!(fedctl.ok(&["--help"]).contains("dns-check"));
    assert!(fedctl.ok(&["--version"]).starts_with("fedctl "));
    let ran = fedctl.run(&["dns-check", "--no-such-flag"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
}
