//! The only door out: the answer on stdout, the conversation on stderr, and whether either has colour.

mod hidden;
pub mod progress;
pub mod signals;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

use self::hidden::Hidden;
pub use self::hidden::Shown;
use self::progress::{Progress, suspended};
use crate::text::{Filtered, guarded};

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
pub const WIDTH_RANGE: std::ops::RangeInclusive<usize> = 40..=200;

/// Columns for text: COLUMNS, else those of the terminal.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.or(seen).unwrap_or(PIPE_WIDTH).clamp(*WIDTH_RANGE.start(), *WIDTH_RANGE.end())
}

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
        let width = width();
        let live = io::stderr().is_terminal() && !quiet && !dumb;
        Self { width, color, quiet, verbose, color_stderr: wants(io::stderr().is_terminal()), live }
    }

    /// Writes the answer to stdout, through the filter for text of others. A reader that went away (`| head`) is no error.
    pub fn answer(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.bytes(guarded(text.as_ref(), self.color).as_bytes())
    }

    /// Writes an answer for people whose last line is the verdict; with --quiet that line only.
    pub fn answer_with_verdict(&self, text: &str) -> anyhow::Result<()> {
        match text.lines().last() {
            Some(verdict) if self.quiet => self.answer(format!("{verdict}\n")),
            _ => self.answer(text),
        }
    }

    /// Writes text to stdout that went through another filter.
    pub fn filtered(&self, text: &Filtered) -> anyhow::Result<()> {
        self.bytes(text.as_str().as_bytes())
    }

    /// Writes bytes to stdout as they are: a message that was sealed or opened, of which nothing may be lost.
    pub fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let write = || {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        };
        match suspended(write) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other.map_err(|error| anyhow::anyhow!("stdout cannot be written: {error}"))?),
        }
    }

    /// Says how the work goes on; silent with --quiet.
    pub fn status(&self, text: impl Display) {
        if !self.quiet {
            self.write_line(&laid_out(&text.to_string(), self.width));
        }
    }

    /// The same for a line of a log or a part of a file, which stays as it is.
    pub fn verbatim(&self, text: impl Display) {
        if !self.quiet {
            self.write_line(&text.to_string());
        }
    }

    /// Says what only -v wants to know.
    pub fn detail(&self, text: impl Display) {
        if self.verbose > 0 {
            self.write_line(&laid_out(&text.to_string(), self.width));
        }
    }

    /// Says what the user should know before relying on the answer; --quiet does not silence it.
    pub fn warn(&self, text: impl Display) {
        let word = if self.color_stderr { "\u{1b}[33mwarning\u{1b}[0m" } else { "warning" };
        self.write_line(&laid_out(&format!("fedctl: {word}: {text}"), self.width));
    }

    /// Says what to type next; silent with --quiet.
    pub fn hint(&self, text: impl Display) {
        self.status(format_args!("fedctl: hint: {text}"));
    }

    /// Shows on stderr what is being done, until the result is dropped; nothing unless stderr is a terminal.
    pub fn progress(&self, text: impl AsRef<str>) -> Progress {
        if !self.live {
            return Progress::hidden();
        }
        // Otherwise a signal would leave the line where it is.
        let _ = signals::receive();
        Progress::start(text.as_ref())
    }

    /// Keeps what is typed on the terminal of standard input off its screen, until the result is dropped.
    pub fn hide_input(&self, but: Shown) -> Option<Hidden> {
        // Otherwise a signal would leave the terminal without echo.
        let _ = signals::receive();
        Hidden::start(but)
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
        let text = guarded(text, self.color_stderr);
        let write = |mut stderr: io::StderrLock| stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        let _ = suspended(|| write(io::stderr().lock()));
    }

    /// Says why fedctl could not do its job.
    pub fn fail(&self, text: impl Display) {
        self.write_line(&laid_out(&text.to_string(), self.width));
    }

    fn write_line(&self, text: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = suspended(|| writeln!(io::stderr().lock(), "{}", guarded(text, self.color_stderr)));
    }
}

/// Stands for a space at which no line may end.
const GLUE: &str = "\u{f8ff}";
/// Where a command begins that is the rest of its line.
const COMMAND: &str = ": fedctl ";

/// A text in lines that fit. A command at the end of a line, and every line that is indented below another, stays whole.
fn laid_out(text: &str, width: usize) -> String {
    let is_alone = !text.trim_end().contains('\n');
    let line = |line: &str| match line.starts_with("  ") && !is_alone {
        true => line.to_owned(),
        false => fold(line, width),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// One line, with what follows below it indented.
fn fold(line: &str, width: usize) -> String {
    let spaces = " ".repeat(line.len() - line.trim_start_matches(' ').len() + 2);
    let is_hint = line.starts_with("fedctl: hint: fedctl ");
    match line.split_once(COMMAND).filter(|(_, rest)| !is_hint && !rest.contains(['`', ',', ';'])) {
        Some((before, rest)) => {
            let before = wrap(&format!("{before}:"), width, &spaces);
            format!("{before}\n{spaces}fedctl {rest}")
        }
        None if is_hint => line.to_owned(),
        None => wrap(line, width, &spaces),
    }
}

fn wrap(line: &str, width: usize, spaces: &str) -> String {
    let glued = |(at, part): (usize, &str)| match at % 2 == 1 && part.chars().count() <= width - 2 {
        true => part.replace(' ', GLUE),
        false => part.to_owned(),
    };
    let line = line.split('`').enumerate().map(glued).collect::<Vec<_>>().join("`");
    // A number stays with its unit, and with what it counts.
    let glued = |line: String, digit: usize| {
        let line = line.replace(&format!("{digit} ms"), &format!("{digit}{GLUE}ms"));
        let counted = |line: String, word| line.replace(&format!("{word} {digit}"), &format!("{word}{GLUE}{digit}"));
        ["line", "column"].into_iter().fold(line, counted)
    };
    let line = (0..10).fold(line, glued);
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .subsequent_indent(spaces);
    textwrap::wrap(&line, options).join("\n").replace(GLUE, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_folded_and_a_command_stands_alone() {
        assert_eq!(
            fold("fedctl: error: one two three four five six", 24),
            "fedctl: error: one two\n  three four five six"
        );
        assert_eq!(
            fold("to undo it: fedctl records undo before.json", 24),
            "to undo it:\n  fedctl records undo before.json"
        );
        let hint = "fedctl: hint: fedctl records mydomain.com --target chat.mydomain.com";
        assert_eq!(laid_out(hint, 40), hint);
        assert_eq!(fold("`a b c` and more", 40), "`a b c` and more");
        assert_eq!(fold("a line that ends with `a name of words`", 32), "a line that ends with\n  `a name of words`");
        let table = "a heading\n  =  a row that is longer than the terminal";
        assert_eq!(laid_out(table, 20), table);
    }
}
