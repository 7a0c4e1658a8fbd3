//! The arguments, and one arm a command.

mod complete;
mod help;
mod secret;
mod usage;

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::global::Global;
use crate::commands::{self, Context};
use crate::error::{Described, ExitStatus, hinted};
use crate::file::read::{Typed, before_terminal_input};
use crate::term::{ColorChoice, Shown, Term};
use crate::text::{NO_FILE_NAME, holds_private_key};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Set up and diagnose classic Rocket.Chat federation
///
/// Servers find each other by DNS records (or a hub) and encrypt every message twice with RSA keys. fedctl makes the keys, prints
/// the records for any DNS provider, and reports whether peers can use what is published, and if not, why.
#[derive(Debug, Parser)]
#[command(name = "fedctl", version, styles = STYLES, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(Box<commands::init::Init>),
    Keygen(commands::keygen::Keygen),
    Key(commands::key::Key),
    Records(Box<commands::records::Records>),
    Configure(Box<commands::configure::Configure>),
    DnsCheck(commands::dns_check::DnsCheck),
    Handshake(commands::handshake::Handshake),
    Drill(Box<commands::drill::Drill>),
    Doctor(commands::doctor::Doctor),
    Mesh(commands::mesh::Mesh),
    Watch(Box<commands::watch::Watch>),
    Explain(commands::explain::Explain),
    Checks(commands::explain::Checks),
    Compatibility(commands::compatibility::Compatibility),
    Diff(commands::diff::Diff),
    Register(commands::register::Register),
    Proxy(commands::proxy::ProxyCommand),
    Hub(commands::hub::Hub),
    Rotate(commands::rotate::Rotate),
    Upgrade(commands::upgrade::Upgrade),
    Envelope(commands::envelope::Envelope),
    Serve(commands::serve::Serve),
    Lab(commands::lab::Lab),
    Status(commands::status::Status),
    Config(commands::config::ShowConfig),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

/// Parses, runs, and describes what went wrong. The returned status is the process's exit code.
pub fn main(argv: impl IntoIterator<Item = OsString>) -> ExitStatus {
    forbid_core_dumps();
    let mut argv: Vec<OsString> = argv.into_iter().collect();
    match complete::answer(&argv) {
        Ok(true) => return ExitStatus::Clean,
        Ok(false) => {}
        Err(error) => return usage::answer(&error, &command(), &argv),
    }
    if let Err(error) = refuse_keys(&argv) {
        Term::new(ColorChoice::Auto, false, 0).fail(Described(&error));
        return ExitStatus::Failed;
    }
    if argv.len() == 1 {
        argv.push("-h".into());
    }
    let parsed = command().try_get_matches_from(&argv);
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage::answer(&error, &command(), &argv),
    };
    let term = Term::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    for exposed in secret::exposed(&command(), &matches) {
        term.warn(exposed);
    }
    let announcer = term.clone();
    before_terminal_input(move |what, typed| {
        let (how, end) = match typed {
            Typed::Shown => ("paste it", "Enter and Ctrl-D"),
            Typed::Hidden => ("paste it (it is not shown)", "Enter and Ctrl-D"),
            Typed::HiddenLine => ("type it (it is not shown)", "Enter"),
            Typed::Answer => {
                let hidden = announcer.hide_input(Shown::LineEnd);
                announcer.prompt(what);
                return hidden;
            }
        };
        let hidden = if typed == Typed::Shown { None } else { announcer.hide_input(Shown::Nothing) };
        announcer.status(format_args!("reading {what} from the terminal; {how}, then press {end}"));
        hidden
    });
    let name = words(&matches).join(" ");
    let run = Context::new(term.clone(), command(), &name, &cli.global).and_then(|cx| dispatch(cli.command, &cx));
    run.unwrap_or_else(|error| {
        term.fail(Described(&error));
        ExitStatus::Failed
    })
}

/// The words of the command that runs, as in `hub` and `lookup`.
fn words(matches: &clap::ArgMatches) -> Vec<&str> {
    std::iter::successors(matches.subcommand(), |(_, matches)| matches.subcommand()).map(|(word, _)| word).collect()
}

fn dispatch(command: Command, cx: &Context) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Init(args) => args.run(cx),
        Command::Keygen(args) => args.run(cx),
        Command::Key(args) => args.run(cx),
        Command::Records(args) => args.run(cx),
        Command::Configure(args) => args.run(cx),
        Command::DnsCheck(args) => args.run(cx),
        Command::Handshake(args) => args.run(cx),
        Command::Drill(args) => args.run(cx),
        Command::Doctor(args) => args.run(cx),
        Command::Mesh(args) => args.run(cx),
        Command::Watch(args) => args.run(cx),
        Command::Explain(args) => args.run(cx),
        Command::Checks(args) => args.run(cx),
        Command::Compatibility(args) => args.run(cx),
        Command::Diff(args) => args.run(cx),
        Command::Register(args) => args.run(cx),
        Command::Proxy(args) => args.run(cx),
        Command::Hub(args) => args.run(cx),
        Command::Rotate(args) => args.run(cx),
        Command::Upgrade(args) => args.run(cx),
        Command::Envelope(args) => args.run(cx),
        Command::Serve(args) => args.run(cx),
        Command::Lab(args) => args.run(cx),
        Command::Status(args) => args.run(cx),
        Command::Config(args) => args.run(cx),
        Command::Completions(args) => args.run(cx),
        Command::Man(args) => args.run(cx),
    }
}

/// A crash must not leave a file with keys in it.
#[cfg(unix)]
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // A system that refuses to lower a limit is unknown; the work goes on.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(not(unix))]
fn forbid_core_dumps() {}

/// A private key among the arguments, as `--key "$(cat key)"` leaves it, is refused before anything can repeat it. `explain`
/// takes lines of logs, whatever is in them.
fn refuse_keys(argv: &[OsString]) -> anyhow::Result<()> {
    let argv: Vec<_> = argv.iter().map(|arg| arg.to_string_lossy()).collect();
    let Some(at) = argv.iter().position(|arg| holds_private_key(arg)) else { return Ok(()) };
    if argv.iter().any(|arg| arg == "explain") {
        return Ok(());
    }
    let option = |arg: &str| arg.starts_with("--").then(|| arg.split('=').next().unwrap_or_default().to_owned());
    let name = [at, at.saturating_sub(1)]
        .into_iter()
        .find_map(|at| option(&argv[at]).filter(|name| name.len() < 40 && !holds_private_key(name)));
    let name = name.map(|name| format!(": {name}")).unwrap_or_default();
    let hint = "write the key into a file that only you can read, and give the file's name";
    Err(hinted(format!("{NO_FILE_NAME}{name}"), hint))
}

/// The whole command line, for completions, man pages and docs.
pub fn command() -> clap::Command {
    complete::equip(help::dress(Cli::command()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_valid() {
        command().debug_assert();
    }

    #[test]
    fn every_command_is_in_one_group() {
        let listed: Vec<&str> = help::GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for command in Cli::command().get_subcommands() {
            let times = listed.iter().filter(|name| **name == command.get_name()).count();
            assert_eq!(times, 1, "`{}` in src/cli/help.rs", command.get_name());
        }
    }
}
