//! `--resume`: what is done, a line of JSON for each domain, written before the next one is waited for. A line that a crash cut
//! off is dropped, and its domain is checked again.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::hinted;
use crate::file::write::{Access, in_place};
use crate::position::{Position, in_words};
use crate::report::summary::Entry;

/// Raised when older journals can no longer be read.
const SCHEMA: u32 = 1;
/// Bytes of a journal that are read.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    command: String,
}

/// The file, and what it held.
pub struct Journal {
    file: File,
    path: PathBuf,
    /// By domain.
    pub done: HashMap<String, Entry>,
}

impl Journal {
    /// Opens the file, or makes it. Refuses one that another command has written, or that is something else.
    pub fn open(path: &Path, command: &str) -> anyhow::Result<Self> {
        let failed = |error: std::io::Error| {
            hinted(format!("`{}` cannot be used: {error}", path.display()), "give a file that you may write to")
        };
        let mut file = in_place(path, Access::Everybody)?;
        let mut text = Vec::new();
        (&mut file).take(BYTES_MAX + 1).read_to_end(&mut text).map_err(failed)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let refuse = |why: &dyn Display| {
            let what = format!("`{}` is not the record of a `fedctl {command} --list`: {why}", path.display());
            hinted(what, "give the file of an earlier --resume, or a new one")
        };
        if text.len() as u64 > BYTES_MAX {
            return Err(refuse(&format_args!("it is larger than {} MiB", BYTES_MAX >> 20)));
        }
        if whole == 0 && !text.is_empty() {
            let end = Position { line: 1, column: String::from_utf8_lossy(&text).chars().count() + 1 };
            return Err(refuse(&format_args!("{end}: the end of the line is missing")));
        }
        let lines = text[..whole].split(|byte| *byte == b'\n').enumerate();
        let mut lines = lines.filter(|(_, line)| !line.is_empty());
        let mut done = HashMap::new();
        let malformed = |at: usize, error: &serde_json::Error| {
            // Each line is read by itself.
            let (what, place) = in_words(error);
            refuse(&format_args!("{}: {what}", Position { line: at + 1, ..place }))
        };
        match lines.next() {
            Some((at, head)) => {
                let member = |name: &str| {
                    let place = Position::in_json(&String::from_utf8_lossy(head), &[name.to_owned()]);
                    Position { line: at + 1, ..place }
                };
                let head: Head = serde_json::from_slice(head).map_err(|error| malformed(at, &error))?;
                if head.schema != SCHEMA {
                    return Err(refuse(&format_args!("{}: schema {}, not {SCHEMA}", member("schema"), head.schema)));
                }
                if head.command != command {
                    let what = format!("{}: it is of `fedctl {}`", member("command"), head.command.escape_debug());
                    return Err(refuse(&what));
                }
                for (at, line) in lines {
                    let entry: Entry = serde_json::from_slice(line).map_err(|error| malformed(at, &error))?;
                    done.insert(entry.subject.clone(), entry);
                }
            }
            None => {
                let head = Head { schema: SCHEMA, command: command.to_owned() };
                file.write_all(format!("{}\n", serde_json::to_string(&head)?).as_bytes()).map_err(failed)?;
            }
        }
        if whole > 0 {
            file.set_len(whole as u64).map_err(failed)?;
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        Ok(Self { file, path: path.to_owned(), done })
    }

    /// Adds a domain.
    pub fn add(&mut self, entry: Entry) -> anyhow::Result<()> {
        let line = serde_json::to_string(&entry)? + "\n";
        self.file.write_all(line.as_bytes()).map_err(|error| {
            hinted(format!("`{}` cannot be written: {error}", self.path.display()), "make room on that disk")
        })
    }
}
