//! The rules of the code, read from the sources: which layer may use which, no cycles between files, and how long a file may be.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::support::repository;

/// A layer, and the layers that its code may name. `crate::` and `super::` paths count alike.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &["text"]),
    ("error", &["error", "text"]),
    ("file", &["error", "file", "text"]),
    ("severity", &["severity"]),
    ("endpoint", &["endpoint", "error"]),
    ("range", &["error", "range"]),
    ("page", &["page"]),
    ("dns", &["dns", "error"]),
    ("key", &["dns", "error", "key", "severity", "text"]),
    ("rocketchat", &["dns", "error", "key", "rocketchat", "severity", "text"]),
    ("facts", &["dns", "endpoint", "error", "facts", "key", "rocketchat", "severity", "text"]),
    ("x509", &["error", "facts", "x509"]),
    ("report", &["dns", "error", "facts", "key", "report", "rocketchat", "severity", "text"]),
    ("settings", &["dns", "endpoint", "error", "file", "rocketchat", "settings", "text"]),
    ("net", &["dns", "endpoint", "error", "facts", "key", "net", "rocketchat", "text", "x509"]),
    ("serve", &["dns", "error", "facts", "key", "page", "range", "rocketchat", "serve", "store", "text"]),
    ("store", &["dns", "error", "facts", "file", "key", "report", "rocketchat", "severity", "store", "x509"]),
    ("check", &["check", "dns", "endpoint", "facts", "key", "report", "rocketchat", "severity"]),
    ("publish", &["dns", "endpoint", "error", "facts", "key", "publish", "rocketchat", "severity"]),
    (
        "render",
        &["check", "dns", "error", "facts", "key", "page", "render", "report", "rocketchat", "severity", "text"],
    ),
];
/// Lines of a file.
const FILE_MAX: usize = 400;
/// Lines of the body of a function.
const BODY_MAX: usize = 60;

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

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    for file in sources(&repository("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.lines().count() <= FILE_MAX, "{} has {} lines", file.display(), text.lines().count());
        assert!(text.starts_with("//!"), "{} does not say what it is for", file.display());
    }
}

/// Each function of a source as rustfmt leaves it: its name, and how many lines stand between its braces.
fn bodies(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_head = |word: &&str| matches!(*word, "pub" | "async" | "const" | "pub(crate)" | "pub(super)");
        let Some(name) = words.iter().position(|word| *word == "fn").filter(|at| words[..*at].iter().all(is_head))
        else {
            continue;
        };
        let name = words.get(name + 1).unwrap_or(&"").split(['(', '<']).next().unwrap_or_default().to_owned();
        let begins = |line: &&str| line.ends_with('{') && line.starts_with(indent);
        let open = lines[at..].iter().position(|line| begins(line) || line.ends_with("}")).unwrap_or_default() + at;
        let closing = format!("{indent}}}");
        let length = lines[open + 1..].iter().position(|line| *line == closing).unwrap_or_default();
        if lines[open].ends_with('{') {
            found.push((name, length));
        }
    }
    found
}

#[test]
fn functions_stay_short() {
    let sample =
        "    pub async fn long(\n        a: u8,\n    ) -> u8 {\n        one();\n        a\n    }\nfn short() {}\n";
    assert_eq!(bodies(sample), [("long".to_owned(), 2)]);
    let long: Vec<String> = sources(&repository("src"))
        .iter()
        .flat_map(|file| {
            let module = module_of(file).join("::");
            bodies(&code(file)).into_iter().map(move |(name, lines)| (format!("{module}::{name}"), lines))
        })
        .filter(|(_, lines)| *lines > BODY_MAX)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// Where text is written that nobody else had a part in: keys, scripts, certificates, the names of domains, the admin's own file of
/// records.
const OWN_TEXT: &[&str] = &[
    "commands/completions.rs",
    "commands/hub/copy.rs",
    "commands/init/apply.rs",
    "commands/init/mod.rs",
    "commands/key_backup.rs",
    "commands/keygen.rs",
    "commands/lab/world.rs",
    "commands/list/output.rs",
    "commands/man.rs",
    "commands/pace.rs",
    "commands/records/apply/via.rs",
    "commands/serve/peer.rs",
];
/// Where the bytes of a message go to stdout as they are.
const BYTES: &[&str] = &["commands/envelope.rs"];
/// The only ways to stdout and stderr; the last one only looks whether there is a terminal.
const STREAMS: &[&str] = &["term.rs", "commands/log.rs", "commands/key_file.rs"];

#[test]
fn what_leaves_fedctl_went_through_a_filter() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        let text = code(&file);
        let is_one_of = |files: &[&str]| files.iter().any(|known| file.ends_with(known));
        for (what, files) in [
            ("Filtered::own(", OWN_TEXT),
            ("term.bytes(", BYTES),
            ("stdout()", STREAMS),
            ("stderr()", STREAMS),
            ("io::stderr", STREAMS),
        ] {
            let is_filter = file.ends_with("src/text.rs");
            if text.contains(what) && !is_one_of(files) && !is_filter {
                wrong.push(format!("{}: {what}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "use `Term`, `Filtered::answer` or `Filtered::json`: {wrong:#?}");
}

#[test]
fn a_check_is_named_by_its_constant() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        for line in code(&file).lines() {
            let named = fedctl::check::CHECKS.iter().find(|check| line.contains(&format!("\"{}\"", check.id)));
            if let Some(check) = named.filter(|check| line.trim() != format!("id: \"{}\",", check.id)) {
                wrong.push(format!("{}: {}", module_of(&file).join("::"), check.id));
            }
        }
    }
    assert!(wrong.is_empty(), "write `check::NAME::CHECK.id`: {wrong:#?}");
}

/// The file that holds every boundary between releases.
const BOUNDARIES: &str = "rocketchat/boundary.rs";

/// Releases that texts name as examples, and the last ones of lines that ended before a boundary.
const NO_BOUNDARIES: [&str; 9] = ["1.1.5", "3.0.3", "3.3.3", "3.5.0", "3.18.3", "3.18.7", "4.5.7", "6.5.0", "8.0.0"];

/// The numbers `1.2.3` in a text. Addresses and longer numbers are none.
fn releases_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.'));
    let is_release = |word: &&str| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3
            && parts.iter().all(|part| (1..=2).contains(&part.len()))
            && parts[0].len() == 1
            && parts[0] != "0"
    };
    words.filter(is_release).map(str::to_owned).collect()
}

/// A text that names a release stays true when a boundary moves only if somebody looks at it: this test makes them look.
#[test]
fn texts_name_no_releases_but_boundaries() {
    assert_eq!(releases_in("from 3.6.3 on, 127.0.0.1, 1.2.3.4, 0.1.0 and 3.4.0."), ["3.6.3", "3.4.0"]);
    let boundaries = std::fs::read_to_string(repository(&format!("src/{BOUNDARIES}"))).unwrap();
    let mut known = BTreeSet::new();
    for rest in boundaries.split("Release(").skip(1) {
        let numbers: Vec<u16> = rest.split([',', ')']).take(3).filter_map(|part| part.trim().parse().ok()).collect();
        if let [major, minor, patch] = numbers[..] {
            known.insert(format!("{major}.{minor}.{patch}"));
            known.extend(patch.checked_sub(1).map(|before| format!("{major}.{minor}.{before}")));
        }
    }
    let pages = std::fs::read_dir(repository("docs/checks")).unwrap().map(|page| page.unwrap().path());
    let pages = pages.map(|page| (page.clone(), std::fs::read_to_string(page).unwrap()));
    let code = sources(&repository("src")).into_iter().map(|file| (file.clone(), code(&file)));
    let mut wrong = Vec::new();
    for (file, text) in pages.chain(code).filter(|(file, _)| !file.to_string_lossy().ends_with("_sample.rs")) {
        for (at, line) in text.lines().enumerate() {
            let unknown = |release: &String| !known.contains(release) && !NO_BOUNDARIES.contains(&release.as_str());
            wrong.extend(
                releases_in(line).into_iter().filter(unknown).map(|it| format!("{}:{}: {it}", file.display(), at + 1)),
            );
        }
    }
    assert!(wrong.is_empty(), "name a boundary of {BOUNDARIES} or the release before it:\n{}", wrong.join("\n"));
}

#[test]
fn boundaries_between_releases_are_written_in_one_file() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src"))
        .into_iter()
        .filter(|file| !file.ends_with(BOUNDARIES) && !file.ends_with("check/peer_sample.rs"))
    {
        for (at, line) in code(&file).lines().enumerate() {
            let literal = line.split("Release(").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if literal {
                wrong.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "name the boundary in {BOUNDARIES}:\n{}", wrong.join("\n"));
}
