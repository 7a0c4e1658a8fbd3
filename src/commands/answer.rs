//! How a report leaves fedctl: its form, its file, and the exit status that it means.

use std::path::PathBuf;

use clap::Args;

use super::key_file::{Access, Pending};
use super::{Context, status};
use crate::error::ExitStatus;
use crate::render::report::{ReportFormat, Style, nagios_state, write};
use crate::report::Report;
use crate::severity::Severity;

/// The flags of every command that answers with a report.
#[derive(Debug, Clone, Default, Args)]
pub struct ReportArgs {
    /// How to print the report: human, json, ndjson, junit, sarif, tap, nagios, prometheus, markdown, html or github
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: ReportFormat,
    /// Write the report to this file in one step, replacing it, and not to stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ReportArgs {
    /// To stdout, in this form.
    pub fn new(format: ReportFormat) -> Self {
        Self { format, output: None }
    }

    /// What was asked for.
    pub fn format(&self) -> ReportFormat {
        self.format
    }

    /// Takes out what is suppressed, writes the rest, and says how it went.
    pub fn answer(&self, cx: &Context, reports: anyhow::Result<Vec<Report>>) -> anyhow::Result<ExitStatus> {
        self.answer_with(cx, reports, write)
    }

    /// The same with a writer of its own for some forms.
    pub fn answer_with(
        &self,
        cx: &Context,
        reports: anyhow::Result<Vec<Report>>,
        write: impl FnOnce(ReportFormat, &[Report], Style) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitStatus> {
        let mut reports = match reports {
            Ok(reports) => reports,
            // A monitoring system reads stdout and the status, and must not take a failure of fedctl for one of the domain.
            Err(error) if self.format == ReportFormat::Nagios => {
                let line = format!("{error:#}").replace(['\n', '|'], " ");
                self.put(cx, &format!("FEDCTL UNKNOWN - {line}\n"))?;
                return Ok(ExitStatus::Unknown);
            }
            Err(error) => return Err(error),
        };
        for report in &mut reports {
            report.suppress(&cx.suppress);
        }
        let style = Style { width: cx.term.width, fail_on: cx.fail_on, verbose: cx.term.is_verbose() };
        self.put(cx, &write(self.format, &reports, style)?)?;
        if self.format == ReportFormat::Nagios {
            return Ok(match nagios_state(&reports) {
                Some(Severity::Error) => ExitStatus::Critical,
                Some(Severity::Warning) => ExitStatus::Problems,
                Some(Severity::Notice) | None => ExitStatus::Clean,
            });
        }
        Ok(status(reports.iter().all(|report| report.is_clean(cx.fail_on))))
    }

    fn put(&self, cx: &Context, text: &str) -> anyhow::Result<()> {
        match &self.output {
            Some(path) => Pending::write(path, text, Access::Everybody, true)?.commit(),
            None => cx.term.answer(text),
        }
    }
}
