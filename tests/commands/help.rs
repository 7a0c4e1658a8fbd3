//! Help: one screen, groups, examples that parse, and names that are the same everywhere.

use clap::error::ErrorKind;

use crate::docs::calls;
use crate::support::Fedctl;

/// Rows and columns of the smallest usual terminal.
const SCREEN: (usize, usize) = (24, 80);

/// Every command without subcommands, as its words.
pub fn leaves() -> Vec<(Vec<String>, clap::Command)> {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
        let children: Vec<&clap::Command> =
            command.get_subcommands().filter(|child| child.get_name() != "help").collect();
        let takes_values = !path.is_empty() && command.get_positionals().next().is_some();
        if children.is_empty() || takes_values {
            found.push((path.to_vec(), command.clone()));
        }
        for child in children {
            walk(child, &[path, &[child.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    walk(&fedctl::cli::command(), &[], &mut found);
    assert!(found.len() > 25);
    found
}

#[test]
fn fedctl_alone_prints_one_screen() {
    let fedctl = Fedctl::new();
    let alone = fedctl.ok::<&str>(&[]);
    assert_eq!(alone, fedctl.ok(&["-h"]));
    assert!(alone.lines().count() <= SCREEN.0, "{alone}");
    assert!(alone.lines().all(|line| line.chars().count() <= SCREEN.1), "{alone}");
    let long = fedctl.ok(&["--help"]);
    for group in ["Set up", "Diagnose", "Operate", "Servers", "Reference"] {
        assert!(alone.contains(&format!("\n{group}  ")) && long.contains(&format!("\n{group}:\n")), "{group}");
    }
    assert!(long.contains("--suppress <ID=REASON>") && long.contains("fedctl handshake peer.example"), "{long}");
}

#[test]
fn short_help_of_every_command_fits_a_screen() {
    let fedctl = Fedctl::new();
    let long: Vec<String> = leaves()
        .into_iter()
        .map(|(path, _)| {
            let words: Vec<&str> = path.iter().map(String::as_str).chain(["-h"]).collect();
            (path.join(" "), fedctl.ok(&words).lines().count())
        })
        .filter(|(_, lines)| *lines > SCREEN.0)
        .map(|(path, lines)| format!("{path}: {lines}"))
        .collect();
    assert!(long.is_empty(), "hide rare options in src/cli/help.rs: {long:?}");
}

/// What a command cannot do without, or is for, is on its first screen.
#[test]
fn short_help_has_the_options_that_matter() {
    let fedctl = Fedctl::new();
    for (words, options) in [
        (&["lab"][..], &["--keep", "--only", "--list"][..]),
        (&["records"], &["--target", "--key", "--format"]),
        (&["records", "apply"], &["--target", "--key", "--yes"]),
        (&["records", "diff"], &["--target", "--key"]),
        (&["handshake"], &["--domain", "--key"]),
        (&["watch"], &["--list", "--once", "--alert"]),
    ] {
        let help = fedctl.ok(&[words, &["-h"]].concat());
        let missing: Vec<&&str> = options.iter().filter(|option| !help.contains(**option)).collect();
        assert!(missing.is_empty(), "{words:?}: {missing:?}");
    }
}

#[test]
fn options_are_shown_only_where_they_mean_something() {
    let fedctl = Fedctl::new();
    for (command, shown) in
        [("man", false), ("checks", false), ("keygen", false), ("dns-check", true), ("handshake", true)]
    {
        let help = fedctl.ok(&[command, "--help"]);
        for option in ["--timeout", "--deadline", "--suppress", "--fail-on"] {
            assert_eq!(help.contains(option), shown, "{command} {option}");
        }
    }
    // They are hidden, and still taken everywhere.
    fedctl.ok(&["checks", "--timeout", "1s"]);
}

#[test]
fn every_command_ends_its_help_with_examples_that_parse() {
    for (path, command) in leaves() {
        let path = path.join(" ");
        let text = command.get_after_long_help().unwrap_or_else(|| panic!("`{path}` has no examples")).to_string();
        let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
        assert!(text.starts_with("Examples:\n") && (2..=3).contains(&lines.len()), "{path}: {text}");
        assert!(lines.iter().any(|line| line.contains(&format!("fedctl {path}"))), "{path}: {text}");
        for line in lines {
            let calls = calls(line);
            assert!(!calls.is_empty(), "{path}: no command in `{line}`");
            for words in calls {
                let taken = fedctl::cli::command().try_get_matches_from(&words);
                let wrong = taken.err().filter(|error| error.kind() != ErrorKind::DisplayHelp);
                assert!(wrong.is_none(), "{path}: `{line}`: {}", wrong.unwrap());
            }
        }
    }
}

#[test]
fn old_spellings_are_taken_and_not_shown() {
    for (args, option) in [
        (&["records", "mydomain.com", "--for", "guide"][..], "--for"),
        (&["records", "mydomain.com", "--for-provider", "auto"], "--for-provider"),
        (&["dns-check", "mydomain.com", "--for", "3.18.3"], "--for"),
        (&["handshake", "peer.example", "--as", "3.18.3"], "--as"),
        (&["serve", "peer", "--as", "3.18.3"], "--as"),
        (&["init", "--file", "other.yaml"], "--file"),
        (&["upgrade", "plan", "--from", "6.2", "--to", "7.11", "--partner", "peer.example"], "--partner"),
    ] {
        let words = [&["fedctl"], args].concat();
        assert!(fedctl::cli::command().try_get_matches_from(&words).is_ok(), "{args:?}");
        let help = Fedctl::new().ok(&[args[0], "--help"]);
        assert!(!help.contains(&format!("{option} ")), "{help}");
    }
}

#[test]
fn a_manual_page_has_every_section() {
    let pages = fedctl::commands::man::pages(&fedctl::cli::command()).unwrap();
    for (name, page) in &pages {
        let text = String::from_utf8(page.clone()).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES", "ENVIRONMENT", "SEE ALSO"]
        {
            assert!(
                text.contains(&format!(".SH {section}\n")) || text.contains(&format!(".SH \"{section}\"\n")),
                "{name}: {section}"
            );
        }
        let (_, options) = text.split_once(".SH OPTIONS\n").unwrap();
        let bare = options
            .split(".TP\n")
            .find(|option| option.starts_with("\\fB\\-") && option.trim_end().lines().count() == 1);
        assert_eq!(bare, None, "{name}: an option without a description");
    }
    let page = |name: &str| {
        let (_, page) = pages.iter().find(|(known, _)| known == name).unwrap();
        String::from_utf8(page.clone()).unwrap()
    };
    assert!(page("fedctl-records-lint.1").contains(".SH EXAMPLES"), "{}", page("fedctl-records-lint.1"));
    assert!(page("fedctl-records-lint.1").contains("\\fI[FILE]\\fR"), "{}", page("fedctl-records-lint.1"));
}
