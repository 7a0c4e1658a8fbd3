//! Which layer may use which, and no cycles between files.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use super::{ModulePath, code, is_word, module_of, sources};
use crate::support::repository;

/// A layer, and the layers that its code may name. `crate::` and `super::` paths count alike.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &["text"]),
    ("count", &["count"]),
    ("error", &["error", "position", "text"]),
    ("file", &["error", "file", "text"]),
    ("severity", &["severity"]),
    ("endpoint", &["endpoint", "error"]),
    ("range", &["error", "range"]),
    ("page", &["page"]),
    ("position", &["position"]),
    ("metrics", &["metrics"]),
    ("dns", &["count", "dns", "error", "position"]),
    ("key", &["count", "dns", "error", "key", "position", "severity", "text"]),
    ("rocketchat", &["count", "dns", "error", "key", "position", "rocketchat", "severity", "text"]),
    ("facts", &["count", "dns", "endpoint", "error", "facts", "key", "position", "rocketchat", "severity", "text"]),
    ("x509", &["error", "facts", "key", "position", "x509"]),
    ("report", &["count", "dns", "error", "facts", "key", "report", "rocketchat", "severity", "text"]),
    ("settings", &["dns", "endpoint", "error", "file", "position", "rocketchat", "settings", "text"]),
    ("net", &["dns", "endpoint", "error", "facts", "key", "net", "rocketchat", "text", "x509"]),
    (
        "serve",
        &[
            "count",
            "dns",
            "error",
            "facts",
            "key",
            "metrics",
            "page",
            "position",
            "range",
            "rocketchat",
            "serve",
            "store",
            "text",
        ],
    ),
    ("store", &["dns", "error", "facts", "file", "key", "report", "rocketchat", "severity", "store", "x509"]),
    ("check", &["check", "count", "dns", "endpoint", "facts", "key", "report", "rocketchat", "severity"]),
    (
        "publish",
        &["count", "dns", "endpoint", "error", "facts", "key", "position", "publish", "rocketchat", "severity"],
    ),
    (
        "render",
        &[
            "check",
            "count",
            "dns",
            "error",
            "facts",
            "key",
            "metrics",
            "page",
            "position",
            "render",
            "report",
            "rocketchat",
            "severity",
            "text",
        ],
    ),
];

/// Every path in the code that starts with `crate::` or `super::`, or with the name of a module that was imported by one of
/// those, from the root of the crate. Groups are opened.
fn paths(file: &Path, modules: &BTreeMap<ModulePath, usize>) -> Vec<ModulePath> {
    let (module, text) = (module_of(file), code(file));
    let mut found = Vec::new();
    for (at, word) in text.match_indices("crate::").chain(text.match_indices("super::")) {
        if text[..at].chars().next_back().is_some_and(|before| is_word(before) || before == ':') {
            continue;
        }
        let mut rest = &text[at..];
        let mut base = if word == "crate::" { Vec::new() } else { module.clone() };
        while let Some(after) = rest.strip_prefix("super::") {
            base.pop();
            rest = after;
        }
        open_group(rest.strip_prefix("crate::").unwrap_or(rest), &base, &mut found);
    }
    for path in found.clone() {
        let path: ModulePath = path.into_iter().filter(|part| part != "self").collect();
        let Some(name) = path.last().filter(|_| modules.contains_key(&path)) else { continue };
        for (at, _) in text.match_indices(&format!("{name}::")) {
            if !text[..at].chars().next_back().is_some_and(|before| is_word(before) || before == ':') {
                open_group(&text[at + name.len() + 2..], &path, &mut found);
            }
        }
    }
    found
}

/// Reads `a::b::{c, d::e}` behind a base.
fn open_group(text: &str, base: &[String], found: &mut Vec<ModulePath>) {
    let (mut path, mut rest) = (base.to_vec(), text);
    loop {
        let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
        rest = &rest[name.len()..];
        if name.is_empty() {
            break;
        }
        path.push(name);
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => return found.push(path),
        }
    }
    let Some(group) = rest.strip_prefix('{') else { return found.push(path) };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                open_group(group[start..at].trim(), &path, found);
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn paths_are_read_from_groups_and_imported_modules() {
    let read = |text: &str| {
        let mut found = Vec::new();
        open_group(text, &[], &mut found);
        found.iter().map(|path| path.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(read("a::{b, c::{d, e}}; f::g"), ["a::b", "a::c::d", "a::c::e"]);
    assert_eq!(read("a::b(c::d)"), ["a::b"]);
}

#[test]
fn layers_use_only_the_layers_above_them() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        let module = module_of(&file);
        let Some((_, allowed)) = module.first().and_then(|layer| LAYERS.iter().find(|(name, _)| name == layer)) else {
            continue;
        };
        for path in paths(&file, &BTreeMap::new()) {
            if !path.first().is_some_and(|layer| allowed.contains(&layer.as_str())) {
                wrong.push(format!("{} names {}", module.join("::"), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_two_files_need_each_other() {
    let files = sources(&repository("src"));
    let modules: BTreeMap<ModulePath, usize> =
        files.iter().enumerate().map(|(at, file)| (module_of(file), at)).collect();
    let mut uses: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); files.len()];
    for (from, file) in files.iter().enumerate() {
        for path in paths(file, &modules) {
            let longest = (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]));
            uses[from].extend(longest.filter(|to| **to != from));
        }
    }
    let name = |file: &usize| module_of(&files[*file]).join("::");
    let cycles: Vec<String> = (0..files.len())
        .filter_map(|from| cycle(&uses, from).filter(|cycle| cycle.iter().min() == Some(&from)))
        .map(|cycle| cycle.iter().map(name).collect::<Vec<_>>().join(" -> "))
        .collect();
    assert!(cycles.is_empty(), "{cycles:#?}");
}

/// The shortest way from a file to itself.
fn cycle(uses: &[BTreeSet<usize>], from: usize) -> Option<Vec<usize>> {
    let mut came: BTreeMap<usize, usize> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        for &to in &uses[at] {
            if to == from {
                let mut way = vec![at];
                while let Some(&before) = way.last().and_then(|last| came.get(last)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if let Entry::Vacant(unseen) = came.entry(to) {
                unseen.insert(at);
                next.push_back(to);
            }
        }
    }
    None
}
