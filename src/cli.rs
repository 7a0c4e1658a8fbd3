//! The arguments, and one arm a command.

mod complete;
mod help;

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::global::Global;
use crate::commands::{self, Context};
use crate::error::{Described, ExitStatus, Hinted};
use crate::term::{ColorChoice, Term};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Set up and diagnose classic Rocket.Chat federation
///
/// Servers find each other by DNS records (or a hub) and encrypt every message twice with RSA keys. fedctl makes the keys,
/// prints the records for any DNS provider, and finds out whether peers can use what was published, or exactly why not.
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
    Init(commands::init::Init),
    Keygen(commands::keygen::Keygen),
    Key(commands::key::Key),
    Records(Box<commands::records::Records>),
    DnsCheck(commands::dns_check::DnsCheck),
    Handshake(commands::handshake::Handshake),
    Doctor(commands::doctor::Doctor),
    Mesh(commands::mesh::Mesh),
    Watch(Box<commands::watch::Watch>),
    Explain(commands::explain::Explain),
    Checks(commands::explain::Checks),
    Diff(commands::diff::Diff),
    Register(commands::register::Register),
    Proxy(commands::proxy::ProxyCommand),
    Hub(commands::hub::Hub),
    Rotate(commands::rotate::Rotate),
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
    let mut argv: Vec<OsString> = argv.into_iter().collect();
    match complete::answer(&argv) {
        Ok(true) => return ExitStatus::Clean,
        Ok(false) => {}
        Err(error) => return usage(&error),
    }
    if argv.len() == 1 {
        argv.push("-h".into());
    }
    let matches = match command().try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let term = Term::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    let name = matches.subcommand_name().unwrap_or_default();
    let run = Context::new(term.clone(), command(), name, &cli.global).and_then(|cx| dispatch(cli.command, &cx));
    run.unwrap_or_else(|error| {
        term.fail(Described(&error));
        ExitStatus::Failed
    })
}

fn dispatch(command: Command, cx: &Context) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Init(args) => args.run(cx),
        Command::Keygen(args) => args.run(cx),
        Command::Key(args) => args.run(cx),
        Command::Records(args) => args.run(cx),
        Command::DnsCheck(args) => args.run(cx),
        Command::Handshake(args) => args.run(cx),
        Command::Doctor(args) => args.run(cx),
        Command::Mesh(args) => args.run(cx),
        Command::Watch(args) => args.run(cx),
        Command::Explain(args) => args.run(cx),
        Command::Checks(args) => args.run(cx),
        Command::Diff(args) => args.run(cx),
        Command::Register(args) => args.run(cx),
        Command::Proxy(args) => args.run(cx),
        Command::Hub(args) => args.run(cx),
        Command::Rotate(args) => args.run(cx),
        Command::Envelope(args) => args.run(cx),
        Command::Serve(args) => args.run(cx),
        Command::Lab(args) => args.run(cx),
        Command::Status(args) => args.run(cx),
        Command::Config(args) => args.run(cx),
        Command::Completions(args) => args.run(cx),
        Command::Man(args) => args.run(cx),
    }
}

/// Help and version go to stdout; a bad argument is told in the voice of the house when it carries a hint.
fn usage(error: &clap::Error) -> ExitStatus {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Hinted>());
    if let Some(hinted) = cause {
        let argument = error.get(clap::error::ContextKind::InvalidArg).map(|name| name.to_string()).unwrap_or_default();
        let message = match argument.starts_with("--") {
            true => format!("{}: {hinted}", argument.split(' ').next().unwrap_or_default()),
            false => hinted.to_string(),
        };
        let description = anyhow::Error::new(Hinted::new(message, hinted.hint.clone()));
        Term::new(ColorChoice::Auto, false, 0).fail(Described(&description));
        return ExitStatus::Failed;
    }
    // clap chooses stdout or stderr, and its own colours; a closed pipe is no error.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitStatus::Clean,
        _ => ExitStatus::Failed,
    }
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
