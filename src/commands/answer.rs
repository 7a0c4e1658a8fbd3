//! How a report leaves fedctl: its form, its file, and the exit status that it means.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command};

use super::key_file::{Access, Pending};
use super::network::now;
use super::recent::{Recent, Run};
use super::{Context, status};
use crate::error::{ExitStatus, Hinted};
use crate::render::report::{
    GITHUB, HUMAN, JSON, REPORT_FORMATS, ReportFormat, State, Style, nagios_state, names, write,
};
use crate::report::Report;
use crate::text::Filtered;

/// Commands, by their first word, whose subject is a file and not a domain.
const ABOUT_FILES: [&str; 2] = ["diff", "key"];

/// The options of every command that answers with a report.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    #[arg(long, value_name = "FORMAT", default_value = HUMAN.id, value_parser = ReportFormatParser, help = format_help())]
    #[arg(hide_possible_values = true)]
    format: &'static ReportFormat,
    /// Write the report to this file and not to stdout
    ///
    /// The file is replaced in one step when the report is whole.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What `--format` of a report means, with the list of all forms.
pub fn format_help() -> String {
    format!("How to print the report: {}", names())
}

/// Reads the id of a form, and names all of them to completions.
#[derive(Debug, Clone)]
pub struct ReportFormatParser;

impl TypedValueParser for ReportFormatParser {
    type Value = &'static ReportFormat;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, clap::Error> {
        TypedValueParser::parse_ref(&(find as fn(&str) -> Result<&'static ReportFormat, Hinted>), command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(REPORT_FORMATS.iter().map(|format| PossibleValue::new(format.id).help(format.readers))))
    }
}

fn find(id: &str) -> Result<&'static ReportFormat, Hinted> {
    let found = REPORT_FORMATS.iter().find(|format| format.id == id);
    found.ok_or_else(|| {
        Hinted::new(
            format!("there is no report format `{}`", id.escape_debug()),
            format!("the formats are {}", names()),
        )
    })
}

impl ReportArgs {
    /// To stdout, for people.
    pub fn human() -> Self {
        Self::new(HUMAN)
    }

    /// To stdout, in this form.
    pub fn new(format: &'static ReportFormat) -> Self {
        Self { format, output: None }
    }

    /// What was requested.
    pub fn format(&self) -> &'static ReportFormat {
        self.format
    }

    /// The file that is to hold it, unless it is stdout.
    pub fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Takes out what is suppressed, writes the rest, and says how it went.
    pub fn answer(&self, cx: &Context, reports: anyhow::Result<Vec<Report>>) -> anyhow::Result<ExitStatus> {
        self.answer_with(cx, reports, write)
    }

    /// The same with another writer for some formats.
    pub fn answer_with(
        &self,
        cx: &Context,
        reports: anyhow::Result<Vec<Report>>,
        write: impl FnOnce(&ReportFormat, &[Report], Style) -> anyhow::Result<String>,
    ) -> anyhow::Result<ExitStatus> {
        let mut reports = match reports {
            Ok(reports) => reports,
            // A monitoring system reads stdout and the status, and must not take a failure of fedctl for one of the domain.
            Err(error) if self.format.monitoring => {
                let line = format!("{error:#}").replace(['\n', '|'], " ");
                self.put(cx, &format!("FEDCTL UNKNOWN - {line}\n"))?;
                return Ok(ExitStatus::Unknown);
            }
            Err(error) => return Err(error),
        };
        for report in &mut reports {
            report.suppress(&cx.suppress);
        }
        note(cx, &reports);
        let text = write(self.format, &reports, cx.style())?;
        match text.lines().last() {
            Some(verdict) if cx.term.is_quiet() && self.format == HUMAN => self.put(cx, &format!("{verdict}\n"))?,
            _ => self.put(cx, &text)?,
        }
        if self.format.monitoring {
            return Ok(monitoring(&reports));
        }
        for unchecked in reports.iter().filter_map(|report| report.unchecked.as_ref()) {
            cx.term.hint(&unchecked.fix);
        }
        let problems = |report: &Report| !report.is_clean(cx.fail_on) && !report.is_unknown(cx.fail_on);
        if !reports.iter().any(problems) && reports.iter().any(|report| report.unchecked.is_some()) {
            return Ok(ExitStatus::Failed);
        }
        Ok(status(reports.iter().all(|report| report.is_clean(cx.fail_on))))
    }

    /// The form of a report for programs.
    pub fn is_json(&self) -> bool {
        self.format == JSON
    }

    fn put(&self, cx: &Context, text: &str) -> anyhow::Result<()> {
        match &self.output {
            // The only form that is meant for a workflow runner escapes its text itself.
            Some(path) if self.format == GITHUB => put(path, &Filtered::workflow(text)),
            None if self.format == GITHUB => cx.term.filtered(&Filtered::workflow(text)),
            Some(path) => put_file(path, text),
            None => cx.term.answer(text),
        }
    }
}

/// The exit status of a monitoring plugin.
pub fn monitoring(reports: &[Report]) -> ExitStatus {
    match nagios_state(reports) {
        State::Critical => ExitStatus::Critical,
        State::Warning => ExitStatus::Problems,
        State::Unknown => ExitStatus::Unknown,
        State::Ok => ExitStatus::Clean,
    }
}

/// Writes an answer into a file, through the same filter as to the terminal.
pub fn put_file(path: &Path, text: &str) -> anyhow::Result<()> {
    put(path, &Filtered::answer(text))
}

fn put(path: &Path, text: &Filtered) -> anyhow::Result<()> {
    Pending::write(path, text, Access::Everybody, true)?.commit()
}

/// Keeps what was found, for `fedctl status` and for completion.
fn note(cx: &Context, reports: &[Report]) {
    if cx.name.split(' ').next().is_some_and(|word| ABOUT_FILES.contains(&word)) {
        return;
    }
    let now = now();
    let mut recent = Recent::read();
    recent.add(reports.iter().map(|report| Run::of(&cx.name, report, now)).collect());
    if let Err(error) = recent.write() {
        cx.term.detail(format_args!("`fedctl status` does not list this run: {error:#}"));
    }
}
