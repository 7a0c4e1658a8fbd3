//! The arguments, and one arm a command.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::{self, Context};
use crate::error::{ExitStatus, Hinted, Told};
use crate::federation::report::{Severity, Suppression};
use crate::term::{ColorChoice, Term};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The toolbox and the doctor for classic Rocket.Chat federation
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

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
    /// Print the answer and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more about the work; twice for even more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How long to wait for one answer from the network, as in `5s` or `500ms`
    #[arg(long, global = true, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub timeout: Duration,
    /// Exit with 1 from this severity on: notice, warning or error
    #[arg(long, global = true, value_name = "SEVERITY", default_value = "error", hide_possible_values = true)]
    pub fail_on: Severity,
    /// List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated
    #[arg(long, global = true, value_name = "ID=REASON")]
    pub suppress: Vec<Suppression>,
    /// Read this file in place of fedctl.yaml
    #[arg(long, global = true, value_name = "FILE", env = "FEDCTL_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Envelope(commands::envelope::Envelope),
    Keygen(commands::keygen::Keygen),
    Key(commands::key::Key),
    Diff(commands::diff::Diff),
    DnsCheck(commands::dns_check::DnsCheck),
    Doctor(commands::doctor::Doctor),
    Init(commands::init::Init),
    Lab(commands::lab::Lab),
    Register(commands::register::Register),
    Hub(commands::hub::Hub),
    Rotate(commands::rotate::Rotate),
    Serve(commands::serve::Serve),
    Explain(commands::explain::Explain),
    Handshake(commands::handshake::Handshake),
    Checks(commands::explain::Checks),
    Config(commands::config::ShowConfig),
    Completions(commands::completions::Completions),
    Man(commands::completions::Man),
    Records(Box<commands::records::Records>),
}

/// `5s`, `500ms`, `1m 30s`, or a bare number of seconds.
pub fn duration(text: &str) -> Result<Duration, Hinted> {
    let refuse = || Hinted::new(format!("`{text}` is not a length of time"), "write `5s`, `500ms` or `2m`");
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into())).filter(|time| !time.is_zero()).ok_or_else(refuse);
    }
    let time: jiff::SignedDuration = text.parse().map_err(|_| refuse())?;
    Duration::try_from(time).ok().filter(|time| !time.is_zero()).ok_or_else(refuse)
}

/// Parses, runs, and tells what went wrong. The returned status is the process's exit code.
pub fn main(argv: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let cli = match Cli::try_parse_from(argv) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let term = Term::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    let run = Context::new(term.clone(), &cli.global).and_then(|cx| dispatch(cli.command, &cx));
    run.unwrap_or_else(|error| {
        term.fail(Told(&error));
        ExitStatus::Failed
    })
}

fn dispatch(command: Command, cx: &Context) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Envelope(args) => args.run(cx),
        Command::Keygen(args) => args.run(cx),
        Command::Key(args) => args.run(cx),
        Command::Diff(args) => args.run(cx),
        Command::DnsCheck(args) => args.run(cx),
        Command::Doctor(args) => args.run(cx),
        Command::Init(args) => args.run(cx),
        Command::Lab(args) => args.run(cx),
        Command::Register(args) => args.run(cx),
        Command::Hub(args) => args.run(cx),
        Command::Rotate(args) => args.run(cx),
        Command::Serve(args) => args.run(cx),
        Command::Explain(args) => args.run(cx),
        Command::Handshake(args) => args.run(cx),
        Command::Checks(args) => args.run(cx),
        Command::Config(args) => args.run(cx),
        Command::Completions(args) => args.run(cx),
        Command::Man(args) => args.run(cx),
        Command::Records(args) => args.run(cx),
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
        let told = anyhow::Error::new(Hinted::new(message, hinted.hint.clone()));
        Term::new(ColorChoice::Auto, false, 0).fail(Told(&told));
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
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("5").unwrap(), Duration::from_secs(5));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        for bad in ["", "0", "0s", "-1s", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
