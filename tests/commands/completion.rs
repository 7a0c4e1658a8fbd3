//! TAB in real shells.

use crate::support::terminal::Terminal;
use crate::support::{Fedctl, programs};

/// What is typed, and what it becomes; where both are equal, nothing may be offered.
const TYPED: &[(&str, &str)] = &[
    ("fedctl dns-c", "fedctl dns-check"),
    ("fedctl dns-check myd", "fedctl dns-check mydomain.com"),
    ("fedctl dns-check --format=js", "fedctl dns-check --format=json"),
    ("fedctl dns-check --format prom", "fedctl dns-check --format prometheus"),
    ("fedctl dns-check --suppress dns-gen", "fedctl dns-check --suppress dns-generations="),
    ("fedctl explain key-rec", "fedctl explain key-record"),
    ("fedctl records --provider hetz", "fedctl records --provider hetzner"),
    ("fedctl records --release gui", "fedctl records --release guide"),
    ("fedctl records --key feder", "fedctl records --key federation.pub"),
    // There is a file of that name.
    ("fedctl explain fed", "fedctl explain fed"),
    ("fedctl handshake fed", "fedctl handshake fed"),
];

fn shell(name: &str, start: &str, setup: &[&str]) {
    let Some(program) = programs::find(name) else { return };
    let fedctl = Fedctl::new();
    fedctl.write("fedctl.yaml", "domain: mydomain.com\n");
    fedctl.write("federation.pub", "");
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_fedctl")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let line = format!("{} {start}", program.display());
    let Some(terminal) = Terminal::start(&line, fedctl.dir.path(), &[("PATH", &path)]) else { return };
    let enter = |line: &str| {
        terminal.text(line);
        terminal.key("Enter");
    };
    for line in setup {
        enter(line);
    }
    enter("echo rea''dy");
    terminal.wait("the shell", |screen| screen.lines().any(|line| line.trim() == "ready"));
    for (at, (typed, whole)) in TYPED.iter().enumerate() {
        // A mark behind the word shows that the shell is done with TAB, and that nothing else was inserted.
        let mark = format!("@{at}");
        terminal.text(typed);
        terminal.key("Tab");
        terminal.text(&mark);
        let ends = |line: &&str| line.trim_end().ends_with(&mark);
        let screen = terminal.wait(typed, |screen| screen.lines().any(|line| ends(&line)));
        let seen =
            screen.lines().find(ends).and_then(|line| line.split_once("fedctl")).map(|(_, rest)| rest.trim_end());
        let seen = seen.and_then(|rest| rest.strip_suffix(&mark)).unwrap_or_default().trim_end();
        assert_eq!(format!("fedctl{seen}"), *whole, "{name} on `{typed}`: {screen}");
        terminal.key("C-e");
        terminal.key("C-u");
    }
}

#[test]
fn bash_completes() {
    shell(
        "bash",
        "--norc --noprofile -i",
        &["PS1='$ '", "bind 'set bell-style none'", "source <(fedctl completions bash)"],
    );
}

#[test]
fn zsh_completes() {
    let setup = ["PS1='$ '", "autoload -U compinit; compinit -u -D", "source <(fedctl completions zsh)"];
    shell("zsh", "-f -i", &setup);
}

#[test]
fn fish_completes() {
    let setup = [
        "function fish_prompt; echo -n '$ '; end",
        "set -g fish_autosuggestion_enabled 0",
        "fedctl completions fish | source",
    ];
    shell("fish", "--no-config --private -i", &setup);
}

#[test]
fn a_script_is_put_where_the_shell_looks() {
    let fedctl = Fedctl::new();
    for (shell, file) in [
        ("bash", ".local/share/bash-completion/completions/fedctl"),
        ("zsh", ".zfunc/_fedctl"),
        ("fish", ".config/fish/completions/fedctl.fish"),
    ] {
        let ran = fedctl.run(&["completions", shell, "--install"]);
        assert_eq!((ran.status, ran.stdout.trim_end()), (0, fedctl.path(file).to_str().unwrap()), "{}", ran.stderr);
        assert_eq!(fedctl.read(file), fedctl.ok(&["completions", shell]));
    }
    let (error, hint) = fedctl.refused(&["completions", "powershell", "--install"]);
    assert!(error.contains("no directory") && hint.contains("$PROFILE"), "{error} {hint}");
}

#[test]
fn recent_domains_are_offered() {
    let fedctl = Fedctl::new();
    let run = r#"{"command":"handshake","subject":"peer.example","time":1,"errors":0,"warnings":0}"#;
    std::fs::create_dir_all(fedctl.path(".local/state/fedctl")).unwrap();
    fedctl.write(".local/state/fedctl/recent.json", format!("{{\"runs\":[{run}]}}"));
    let mut command = fedctl.command(&["--", "fedctl", "handshake", "pe"]);
    let output = command.env("_FEDCTL_COMPLETE", "fish").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "peer.example\n");
}
