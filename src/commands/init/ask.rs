//! Questions to a person: one line each on stderr, the answer from stdin.

use std::io::{self, BufRead, Read};

use crate::error::{Described, hinted};
use crate::term::Term;

/// Bytes of an answer that are read; every answer fits many times.
const ANSWER_MAX: u64 = 4096;
/// Answers to one question that may be wrong before fedctl gives up on a script that talks past it.
const TRIES: usize = 20;

/// Asks, or with `--yes` takes what is known.
pub struct Asker<'a> {
    pub term: &'a Term,
    /// `--yes`: never ask.
    pub silent: bool,
}

/// One question.
pub struct Question<'a> {
    pub text: &'a str,
    /// What an empty answer stands for; `None` when there must be one.
    pub default: Option<String>,
    /// The option that answers it.
    pub flag: &'a str,
}

impl Asker<'_> {
    /// Asks until `read` takes the answer.
    pub fn ask<T>(&self, question: &Question, read: impl Fn(&str) -> anyhow::Result<T>) -> anyhow::Result<T> {
        if self.silent {
            let known = question.default.as_deref().ok_or_else(|| {
                hinted(format!("with --yes, {} must be given", question.flag), format!("add {}", question.flag))
            })?;
            return read(known);
        }
        let shown = match question.default.as_deref() {
            Some(default) if !default.is_empty() => format!("{} [{default}]: ", question.text),
            _ => format!("{}: ", question.text),
        };
        for _ in 0..TRIES {
            self.term.prompt(&shown);
            let answer = self.line(question)?;
            let answer = match (answer.trim(), &question.default) {
                ("", Some(default)) => default.clone(),
                (answer, _) => answer.to_owned(),
            };
            match read(&answer) {
                Ok(value) => return Ok(value),
                Err(error) => self.term.fail(Described(&error)),
            }
        }
        Err(hinted(format!("{TRIES} answers could not be used"), format!("give it as {}", question.flag)))
    }

    fn line(&self, question: &Question) -> anyhow::Result<String> {
        let mut bytes = Vec::new();
        io::stdin().lock().take(ANSWER_MAX).read_until(b'\n', &mut bytes)?;
        // A last line without its end was cut off, so it is no answer either.
        if bytes.last() != Some(&b'\n') {
            // The person's cursor still stands behind the question.
            self.term.prompt("\n");
            let what = format!("the answers ended at \"{}\"; nothing was written", question.text);
            return Err(hinted(what, format!("answer it, or give {} and --yes", question.flag)));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
