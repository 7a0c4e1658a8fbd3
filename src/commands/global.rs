//! The options of every command.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::range::Times;
use crate::report::Suppression;
use crate::severity::Severity;
use crate::term::ColorChoice;

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
    /// Print the verdict and errors only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show every check and how it was found; -vv also each query and request
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How long to wait for one answer from the network, as in `5s` or `500ms`
    ///
    /// From 1ms to 10m.
    #[arg(long, global = true, value_name = "TIME", default_value = "5s")]
    #[arg(value_parser = |text: &str| Times::ANSWER.read(text))]
    pub timeout: Duration,
    /// How long all queries about one domain may take together
    ///
    /// What could not be queried in this time is listed in the report. From 1ms to 1h.
    #[arg(long, global = true, value_name = "TIME", default_value = "60s")]
    #[arg(value_parser = |text: &str| Times::RUN.read(text))]
    pub deadline: Duration,
    /// Exit with 1 from this severity on: notice, warning or error
    #[arg(long, global = true, value_name = "SEVERITY", default_value = "error", hide_possible_values = true)]
    pub fail_on: Severity,
    /// List the findings of this check without counting them, as in `dns-ttl="moving soon"`; may be repeated
    #[arg(long, global = true, value_name = "ID=REASON")]
    pub suppress: Vec<Suppression>,
    /// Read this file instead of fedctl.yaml
    #[arg(long, global = true, value_name = "FILE", env = "FEDCTL_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
}
