//! The line on stderr that shows what fedctl is doing. Nothing of it is left when the work ends, when it fails, and when a signal
//! ends fedctl.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use unicode_width::UnicodeWidthChar;

use crate::text::lines;

/// Drawings in a second, at most.
const REDRAWS: u8 = 20;
/// Between two frames of the spinner.
const TICK: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
/// Columns beside the text: the spinner, a space, and one for the cursor.
const MARGIN: usize = 3;
const CLEAR_LINE: &str = "\r\u{1b}[2K";
const CLEAR_REST: &str = "\u{1b}[K";

/// The only line for progress: work that starts within other work replaces its text until it ends.
static LINE: Mutex<Line> = Mutex::new(Line { bar: None, works: Vec::new(), next: 0 });
/// Something is on the line, or will be at once.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

struct Line {
    bar: Option<ProgressBar>,
    /// Each piece of work with its text; the last is shown.
    works: Vec<(u64, String)>,
    next: u64,
}

impl Line {
    fn get() -> MutexGuard<'static, Self> {
        LINE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&mut self, text: String) -> u64 {
        self.next += 1;
        self.works.push((self.next, text));
        self.show();
        self.next
    }

    fn change(&mut self, work: u64, text: String) {
        if let Some((_, known)) = self.works.iter_mut().find(|(known, _)| *known == work)
            && *known != text
        {
            *known = text;
            self.show();
        }
    }

    fn remove(&mut self, work: u64) {
        self.works.retain(|(known, _)| *known != work);
        self.show();
    }

    fn show(&mut self) {
        match self.works.last() {
            Some((_, text)) => {
                // A bar is drawn as soon as it exists.
                IS_SHOWN.store(true, Ordering::SeqCst);
                self.bar.get_or_insert_with(bar).set_message(text.clone());
            }
            None => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                IS_SHOWN.store(false, Ordering::SeqCst);
            }
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_draw_target(ProgressDrawTarget::term_like_with_hz(Box::new(Screen::default()), REDRAWS));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// A piece of work, shown until it is dropped.
#[derive(Debug)]
pub struct Progress(Option<u64>);

impl Progress {
    /// Work that is not shown.
    pub(super) fn hidden() -> Self {
        Self(None)
    }

    pub(super) fn start(text: &str) -> Self {
        Self(Some(Line::get().add(fitted(text))))
    }

    /// Shows another text.
    pub fn set(&self, text: impl AsRef<str>) {
        if let Some(work) = self.0 {
            Line::get().change(work, fitted(text.as_ref()));
        }
    }

    /// Shows a text that changes from second to second while something goes on.
    pub async fn during<T>(&self, text: impl Fn() -> String, work: impl Future<Output = T>) -> T {
        let mut second = tokio::time::interval(SECOND);
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = second.tick() => self.set(text()),
            }
        }
    }

    /// Takes it off the screen.
    pub fn end(self) {}
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(work) = self.0 {
            Line::get().remove(work);
        }
    }
}

/// Writes while nothing is on the line; what was there is drawn again below.
pub(super) fn suspended<T>(write: impl FnOnce() -> T) -> T {
    let bar = Line::get().bar.clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// One line that fits on the screen: of a longer one, the end could not be removed.
fn fitted(text: &str) -> String {
    cut(&lines(text), usize::from(Screen::default().width()).saturating_sub(MARGIN))
}

fn cut(text: &str, room: usize) -> String {
    let text = text.replace(['\n', '\t'], " ");
    let (mut width, mut out) = (0, String::new());
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width > room {
            // The mark takes the place of the last character.
            out.pop();
            return out + "…";
        }
        out.push(c);
    }
    out
}

/// Removes the line, and keeps everybody from writing while `end` ends fedctl.
#[cfg(unix)]
pub(super) fn cleared<T>(end: impl FnOnce() -> T) -> T {
    let mut stderr = io::stderr().lock();
    if IS_SHOWN.load(Ordering::SeqCst) {
        let _ = stderr.write_all(CLEAR_LINE.as_bytes()).and_then(|()| stderr.flush());
    }
    end()
}

/// Where progress is drawn: stderr. The cursor stays behind the text, so that the `^C` that a terminal echoes is on the same line
/// and is removed with it.
#[derive(Debug, Default)]
struct Screen(Mutex<String>);

impl Screen {
    fn put(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn step(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 { Ok(()) } else { self.put(&format!("\u{1b}[{count}{direction}")) }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0)
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.step(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.step(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.step(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.step(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text)?;
        self.put("\r\n")
    }

    /// Spaces that fill the line up to its edge would take the cursor there: the rest of the line is cleared instead.
    fn write_str(&self, text: &str) -> io::Result<()> {
        let is_filler = !text.is_empty() && text.bytes().all(|byte| byte == b' ');
        self.put(if is_filler { CLEAR_REST } else { text })
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put(CLEAR_LINE)
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stderr = io::stderr().lock();
        stderr.write_all(drawn.as_bytes())?;
        stderr.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_fits() {
        assert_eq!(cut("querying a.example", 40), "querying a.example");
        assert_eq!(cut("querying\ta.example\nand more", 20), "querying a.example …");
        assert_eq!(cut("宛先宛先", 5), "宛…");
    }
}
