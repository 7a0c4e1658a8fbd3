//! The only door out: the answer on stdout, the conversation on stderr, and whether either has colour.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::text::{Filtered, guarded, lines};

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// Colour on a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Width of the text when stdout is no terminal, in columns.
const PIPE_WIDTH: usize = 80;
const WIDTH_RANGE: std::ops::RangeInclusive<usize> = 40..=120;

/// The terminal, or what replaces it.
#[derive(Debug, Clone)]
pub struct Term {
    /// Columns for text.
    pub width: usize,
    /// Colour on stdout.
    pub color: bool,
    quiet: bool,
    verbose: u8,
    /// Colour on stderr.
    pub color_stderr: bool,
    live: bool,
}

impl Term {
    /// Looks at the terminal and the environment.
    pub fn new(choice: ColorChoice, quiet: bool, verbose: u8) -> Self {
        // https://no-color.org: present and not empty.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let wants = |is_terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color && !dumb,
        };
        let color = wants(io::stdout().is_terminal());
        colored::control::set_override(color);
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let seen = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.or(seen).unwrap_or(PIPE_WIDTH).clamp(*WIDTH_RANGE.start(), *WIDTH_RANGE.end());
        let live = io::stderr().is_terminal() && !quiet && !dumb;
        Self { width, color, quiet, verbose, color_stderr: wants(io::stderr().is_terminal()), live }
    }

    /// Writes the answer to stdout, through the filter for text of others. A reader that went away (`| head`) is no error.
    pub fn answer(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.bytes(guarded(text.as_ref(), self.color).as_bytes())
    }

    /// Writes text to stdout that went through another filter.
    pub fn filtered(&self, text: &Filtered) -> anyhow::Result<()> {
        self.bytes(text.as_str().as_bytes())
    }

    /// Writes bytes to stdout as they are: a message that was sealed or opened, of which nothing may be lost.
    pub fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other.map_err(|error| anyhow::anyhow!("stdout cannot be written: {error}"))?),
        }
    }

    /// Says how the work goes on; silent with --quiet.
    pub fn status(&self, text: impl Display) {
        if !self.quiet {
            self.say(&text.to_string());
        }
    }

    /// Says what only -v wants to know.
    pub fn detail(&self, text: impl Display) {
        if self.verbose > 0 {
            self.say(&text.to_string());
        }
    }

    /// Says what the user should know before relying on the answer; --quiet does not silence it.
    pub fn warn(&self, text: impl Display) {
        let word = if self.color_stderr { "\u{1b}[33mwarning\u{1b}[0m" } else { "warning" };
        self.say(&format!("fedctl: {word}: {text}"));
    }

    /// Says what to type next; silent with --quiet.
    pub fn hint(&self, text: impl Display) {
        self.status(format_args!("fedctl: hint: {text}"));
    }

    /// A spinner on stderr while something takes time; nothing unless stderr is a terminal.
    pub fn progress(&self, text: impl Into<std::borrow::Cow<'static, str>>) -> ProgressBar {
        if !self.live {
            return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(lines(&text.into()));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// True with -v.
    pub fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// How often -v was given.
    pub fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// True with --quiet.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// True when progress may be drawn.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Asks on stderr and leaves the cursor behind the question; --quiet does not silence it.
    pub fn prompt(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(guarded(text, self.color_stderr).as_bytes()).and_then(|()| stderr.flush());
    }

    /// Says why fedctl could not do its job.
    pub fn fail(&self, text: impl Display) {
        self.say(&text.to_string());
    }

    fn say(&self, text: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{}", guarded(text, self.color_stderr));
    }
}
