//! TAB in real shells.

use crate::support::terminal::Terminal;
use crate::support::{Fedctl, programs};

/// What is typed, and what it becomes; where both are equal, nothing may be offered.
const TYPED: &[(&str, &str)] = &[
    ("fedctl dns-c", "fedctl dns-check"),
    ("fedctl records dif", "fedctl records diff"),
    // Domains: of the settings, of the file that --config names, of a list that is watched, and of recent runs.
    ("fedctl dns-check myd", "fedctl dns-check mydomain.com"),
    ("fedctl handshake pee", "fedctl handshake peer.example"),
    ("fedctl mesh mydomain.com watc", "fedctl mesh mydomain.com watched.example"),
    ("fedctl handshake --domain=myd", "fedctl handshake --domain=mydomain.com"),
    ("fedctl --config other.yaml doctor oth", "fedctl --config other.yaml doctor other.example"),
    ("fedctl upgrade plan --peer peer.example=6.3", "fedctl upgrade plan --peer peer.example=6.3.0"),
    // Formats of reports and forms of records.
    ("fedctl dns-check --format=js", "fedctl dns-check --format=json"),
    ("fedctl dns-check --format prom", "fedctl dns-check --format prometheus"),
    ("fedctl mesh --format=do", "fedctl mesh --format=dot"),
    ("fedctl records --format=zo", "fedctl records --format=zone"),
    ("fedctl records lint --format octo", "fedctl records lint --format octodns"),
    ("fedctl keygen --form mon", "fedctl keygen --form mongosh"),
    // Checks, defects and releases.
    ("fedctl dns-check --suppress dns-gen", "fedctl dns-check --suppress dns-generations="),
    ("fedctl explain key-rec", "fedctl explain key-record"),
    ("fedctl explain split-r", "fedctl explain split-records"),
    ("fedctl compatibility 6.2.0 7", "fedctl compatibility 6.2.0 7.0.0"),
    ("fedctl upgrade plan --to 7.11", "fedctl upgrade plan --to 7.11.0"),
    ("fedctl records --release gui", "fedctl records --release guide"),
    ("fedctl handshake --release=6.3", "fedctl handshake --release=6.3.0"),
    // Providers: of a form, and of an API.
    ("fedctl records --provider hetz", "fedctl records --provider hetzner"),
    ("fedctl records --provider au", "fedctl records --provider auto"),
    ("fedctl records apply --provider pow", "fedctl records apply --provider powerdns"),
    ("fedctl records apply --via octo", "fedctl records apply --via octodns"),
    // Names that a command has a list of.
    ("fedctl lab --only two-rec", "fedctl lab --only two-records.test"),
    ("fedctl serve dns --fault serv", "fedctl serve dns --fault servfail"),
    ("fedctl proxy ngi", "fedctl proxy nginx"),
    ("fedctl drill --only mes", "fedctl drill --only message"),
    ("fedctl completions zs", "fedctl completions zsh"),
    ("fedctl dns-check --fail-on warn", "fedctl dns-check --fail-on warning"),
    // Values of the settings.
    ("fedctl dns-check --resolver 192.0", "fedctl dns-check --resolver 192.0.2.53"),
    ("fedctl dns-check --resolver 1.1", "fedctl dns-check --resolver 1.1.1.1"),
    ("fedctl records --target cha", "fedctl records --target chat.mydomain.com"),
    // Files and directories.
    ("fedctl records --key feder", "fedctl records --key federation.pub"),
    ("fedctl key inspect feder", "fedctl key inspect federation.pub"),
    ("fedctl init --key feder", "fedctl init --key federation.pub"),
    ("fedctl serve dns --zone mydomain.com=feder", "fedctl serve dns --zone mydomain.com=federation.pub"),
    ("fedctl man pag", "fedctl man pages/"),
    // There are files and a directory of those names.
    ("fedctl man fed", "fedctl man fed"),
    ("fedctl explain fed", "fedctl explain fed"),
    ("fedctl handshake fed", "fedctl handshake fed"),
    ("fedctl dns-check --format fed", "fedctl dns-check --format fed"),
    ("fedctl dns-check --timeout pag", "fedctl dns-check --timeout pag"),
    ("fedctl watch --alert fed", "fedctl watch --alert fed"),
];

const SETTINGS: &str =
    "domain: mydomain.com\ntarget: chat.mydomain.com\nresolvers: [192.0.2.53]\nwatch: [watched.example 5m]\n";
const RECENT: &str = r#"{"runs":[{"command":"handshake","subject":"peer.example","time":1,"errors":0,"warnings":0}]}"#;

/// A directory with settings, a run, files and a directory.
fn furnished() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.write("fedctl.yaml", SETTINGS);
    fedctl.write("other.yaml", "domain: other.example\n");
    fedctl.write("federation.pub", "");
    for dir in [".local/state/fedctl", "pages"] {
        std::fs::create_dir_all(fedctl.path(dir)).unwrap();
    }
    fedctl.write(".local/state/fedctl/recent.json", RECENT);
    fedctl
}

fn shell(name: &str, start: &str, setup: &[&str]) {
    let Some(program) = programs::find(name) else { return };
    let fedctl = furnished();
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
