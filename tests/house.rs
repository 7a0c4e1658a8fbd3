//! The house rules, read from the sources: who may know whom, and how long a file may be.

use std::path::{Path, PathBuf};

use crate::support::repository;

/// A room, and the rooms that its code may name with `crate::`.
const ROOMS: &[(&str, &[&str])] = &[
    ("federation", &["error", "federation"]),
    ("check", &["check", "federation"]),
    ("net", &["error", "federation", "net"]),
    ("serve", &["error", "federation", "serve", "store"]),
    ("store", &["error", "federation", "store"]),
    ("render", &["check", "error", "federation", "render"]),
];
/// Lines.
const FILE_MAX: usize = 400;

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
    files
}

#[test]
fn rooms_know_only_their_neighbours() {
    for (room, neighbours) in ROOMS {
        for file in sources(&repository("src").join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for name in text.split("crate::").skip(1) {
                let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(neighbours.contains(&name.as_str()), "{} names crate::{name}", file.display());
            }
        }
    }
}

#[test]
fn every_file_holds_one_thought() {
    for file in sources(&repository("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
        let code = if file.components().any(|part| part.as_os_str() == "tests") { "" } else { code };
        assert!(code.lines().count() <= FILE_MAX, "{} has {} lines of code", file.display(), code.lines().count());
        assert!(text.starts_with("//!"), "{} does not say what it is for", file.display());
    }
}
