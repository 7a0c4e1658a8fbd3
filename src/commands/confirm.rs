//! A yes-or-no question before something is changed.

use std::io::{self, BufRead, IsTerminal, Read};

use crate::term::Term;

/// Bytes of an answer that are read.
const ANSWER_MAX: u64 = 256;

/// Asks on stderr; true for `y` or `yes`. The end of stdin, as in a script, means no.
pub fn confirm(term: &Term, question: &str) -> anyhow::Result<bool> {
    term.prompt(&format!("{question} [y/N] "));
    let mut line = String::new();
    io::stdin().lock().take(ANSWER_MAX).read_line(&mut line)?;
    if !line.ends_with('\n') || !io::stdin().is_terminal() {
        // The cursor is still behind the question: only a terminal shows what was typed.
        term.prompt("\n");
    }
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Shows a plan on stderr. With --quiet it is shown all the same when a question about it follows.
pub fn show_plan(term: &Term, plan: &str, asks: bool) {
    match term.is_quiet() && asks {
        true => term.prompt(&format!("{plan}\n")),
        false => term.status(plan),
    }
}
