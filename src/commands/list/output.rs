//! Where the results of a list go: in the human form a line each, in other forms as each is written; forms that begin with what all
//! reports have in common are held back until the end.

use super::Checked;
use crate::commands::Context;
use crate::commands::answer::{ReportArgs, monitoring};
use crate::commands::key_file::{Access, Pending};
use crate::error::{ExitStatus, hinted};
use crate::render::list as render;
use crate::render::report::{GITHUB, HUMAN, REPORT_FORMATS, ReportFormat, Stream, Style, write};
use crate::report::Report;
use crate::text::Filtered;

/// Reports that are held for a form that needs all of them.
const HELD_MAX: usize = 5000;

/// The forms that are written as the results come, as an option.
fn streamed() -> String {
    let ids = REPORT_FORMATS.iter().filter(|format| format.stream.is_some()).map(|format| format.id);
    format!("--format {}", ids.collect::<Vec<_>>().join(", "))
}

/// The way out of a run.
pub struct Output<'a> {
    cx: &'a Context,
    format: &'static ReportFormat,
    style: Style,
    to: To,
    held: Vec<Report>,
    count: usize,
    /// Something was written of a report.
    is_begun: bool,
}

enum To {
    Stdout,
    File(Box<Pending>),
}

impl<'a> Output<'a> {
    /// Begins the document.
    pub fn open(report: &ReportArgs, cx: &'a Context, total: usize) -> anyhow::Result<Self> {
        let format = report.format();
        if format != HUMAN && format.stream.is_none() && total > HELD_MAX {
            return Err(hinted(
                format!(
                    "`--format {}` keeps all reports until the end, at most {HELD_MAX}; the list has {total}",
                    format.id
                ),
                format!("{} are written as the results come", streamed()),
            ));
        }
        let to = match report.output() {
            Some(path) => To::File(Box::new(Pending::write(path, &Filtered::own(""), Access::Everybody, true)?)),
            None => To::Stdout,
        };
        let style = cx.style();
        let mut output = Self { cx, format, style, to, held: Vec::new(), count: 0, is_begun: false };
        if let Some(Stream { head, .. }) = format.stream {
            output.put(&head())?;
        }
        Ok(output)
    }

    /// Prints one result, or keeps it for the end.
    pub fn add(&mut self, checked: Checked) -> anyhow::Result<()> {
        let Checked { mut report, detail } = checked;
        self.count += 1;
        if self.format == HUMAN {
            if self.cx.term.is_quiet() {
                return Ok(());
            }
            if self.style.verbose > 1 {
                let gap = if self.count > 1 { "\n" } else { "" };
                let whole = write(HUMAN, std::slice::from_ref(&report), self.style)?;
                return self.put(&format!("{gap}{whole}"));
            }
            return self.put(&render::line(&report, &detail, self.style));
        }
        match self.format.stream {
            Some(Stream { between, each, .. }) => {
                let text = each(&report, self.count, self.style)?;
                if self.is_begun && !text.is_empty() {
                    self.put(between)?;
                }
                self.is_begun |= !text.is_empty();
                self.put(&text)
            }
            None => {
                // These forms do not print it, and it is the larger half.
                report.matrix = None;
                self.held.push(report);
                Ok(())
            }
        }
    }

    /// How many were added.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Ends the document, and gives what the exit status of a monitoring plugin is. The summary is part of the human form, and goes
    /// to stderr beside others.
    pub fn finish(mut self, summary: &str) -> anyhow::Result<Option<ExitStatus>> {
        let status = self.format.monitoring.then(|| monitoring(&self.held));
        match (self.format == HUMAN, self.format.stream) {
            (true, _) if self.cx.term.is_quiet() => {
                self.put(&format!("{}\n", summary.lines().last().unwrap_or_default()))?
            }
            (true, _) => self.put(summary)?,
            (false, Some(Stream { tail, .. })) => self.put(&tail(self.count))?,
            (false, None) => {
                let text = write(self.format, &self.held, self.style)?;
                self.put(&text)?;
            }
        }
        if self.format != HUMAN {
            self.cx.term.status(summary.trim());
        }
        match self.to {
            To::Stdout => {}
            To::File(file) => file.commit()?,
        }
        Ok(status)
    }

    fn put(&mut self, text: &str) -> anyhow::Result<()> {
        // The only form that is meant for a workflow runner escapes its text itself.
        let is_markup = self.format == GITHUB;
        match &mut self.to {
            To::Stdout if is_markup => self.cx.term.filtered(&Filtered::workflow(text)),
            To::Stdout => self.cx.term.answer(text),
            To::File(file) if is_markup => file.append(&Filtered::workflow(text)),
            To::File(file) => file.append(&Filtered::answer(text)),
        }
    }
}
