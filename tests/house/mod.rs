//! The rules of the code, read from the sources.

mod counts;
mod filter;
mod layers;
mod length;
mod names;

use std::path::{Path, PathBuf};

use crate::support::repository;

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A path from the root of the crate, as in `["net", "dns"]`.
type ModulePath = Vec<String>;

/// The file's place in the module tree: `src/net/dns.rs` is `net::dns`, and `src/net/mod.rs` is `net`.
fn module_of(file: &Path) -> ModulePath {
    let below = file.strip_prefix(repository("src")).unwrap().with_extension("");
    let mut parts: ModulePath = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The source without its tests and comments: tests may use samples of other layers.
fn code(file: &Path) -> String {
    if module_of(file).iter().any(|part| part == "tests") {
        return String::new();
    }
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
