//! The words: what people read is plain technical English. None of the phrases below is in the sources, the docs, the help, the
//! manual pages or the names of tests.

use std::path::{Path, PathBuf};

use crate::support::repository;

/// A phrase, and what to write instead. A phrase counts as a whole word, in upper and lower case alike; `*` at its end stands for
/// any ending.
const PHRASES: &[(&str, &str)] = &[
    ("mend*", "fix"),
    ("heal", "fix"),
    ("in place of", "instead of"),
    ("injur*", "defect, damaged"),
    ("autops*", "key diagnosis"),
    ("server eyes", "discovery result by release"),
    ("the eyes of", "discovery result by release"),
    ("what servers see", "discovery result by release"),
    ("would make of", "interpret, resolve to"),
    ("makes of it", "interpret, resolve to"),
    ("the own", "your"),
    ("set-up", "setup"),
    ("look after", "manage"),
    ("looks after", "manages"),
    ("now and then", "occasionally"),
    ("get in the way", "may affect"),
    ("gets in the way", "may affect"),
    ("stands in the way", "blocks"),
    ("at chance", "random"),
    ("is chance", "random"),
    ("holds that", "has cached"),
    ("is told", "is reported"),
    ("are told", "are reported"),
    ("praise*", "pass_summary"),
    ("to blame", "the cause"),
    ("street*", "scenarios"),
    ("one a room", "module, layer"),
    ("wish*", "request, options"),
    ("witness*", "verifier"),
    ("visitor*", "client"),
    ("inquir*", "probe"),
    ("disguise*", "escape"),
    ("detour*", "override"),
    ("picture*", "diagram, comparison"),
    ("from zero to found", "getting started"),
    ("toolbox", "set up and diagnose"),
    ("knows nobody", "does not use"),
    ("stands in", "is in"),
    ("stand in", "are in"),
    ("whoever", "anyone who, any client"),
    ("anybody*", "anyone, any client"),
    ("sound peer*", "healthy"),
    ("sound domain*", "healthy"),
    ("sound server*", "healthy"),
    ("one and the same", "the same"),
    ("of its own", "its own"),
    ("mishear*", "misinterpret"),
    ("answers timeout", "times out"),
    ("proven", "verified"),
    ("always green", "always passes"),
    ("is green", "passed"),
    ("doubled", "duplicated"),
    ("believe*", "trust, accept"),
    ("sights", "discovery result by release"),
    ("make of it", "interpret"),
    ("makes of", "interprets, resolves to"),
    ("goes by", "uses"),
    ("go by", "use"),
    ("asked for", "queried, requested"),
    ("is asked", "is queried, is requested"),
    ("are asked", "are queried, are requested"),
    ("was asked", "was queried, was requested"),
    ("was told", "was reported, has cached"),
    ("were told", "were reported, have cached"),
    ("patient", "target"),
    ("knows nothing of", "does not support"),
    ("know nothing of", "do not support"),
    ("whom", "the client"),
    ("is mute", "does not respond"),
    ("mute server*", "a server that does not respond"),
    ("exact key", "verified key"),
    ("made two of", "duplicated"),
    ("says so", "reports it"),
    ("remembers", "caches, keeps"),
    ("remember", "cache, keep"),
    ("forgets", "clears, drops"),
    ("remembered", "cached, kept"),
    ("for ever", "always, without end"),
    ("anew", "again"),
    ("by hand", "manually"),
    ("at hand", "available, in use"),
    ("in clear", "without encryption"),
    ("in spite", "although"),
    ("taken for", "treated as, recognised as"),
    ("holds no", "contains no, has no"),
    ("told", "reported, informed"),
    ("hearsay", "not trusted"),
    ("struck off", "removed"),
    ("loop-back", "loopback"),
    ("half-way", "halfway"),
    ("nameserver*", "name server"),
    ("pubkey*", "public key"),
    ("waited for it", "waits for"),
    ("stands where", "is at"),
    ("knows no", "has no, finds no"),
    ("nothing is to do", "there is nothing to do"),
    ("to the letter", "exactly"),
    ("on the spot", "at the start"),
    ("without a trace", "and removes its files"),
    ("shows the way", "prints the steps"),
    ("stands around", "is around"),
    ("made no sense", "could not be used"),
    ("brings back", "restores"),
    ("bring these", "restore these"),
    ("asks dns", "queries DNS"),
    ("ask dns", "query DNS"),
    ("asking dns", "querying DNS"),
    ("ask this resolver", "query this resolver"),
    ("records say", "records name, publish"),
    ("the terminal asks", "fedctl asks on the terminal"),
    ("is touched", "is changed"),
    ("are touched", "are changed"),
    ("not touched", "not changed"),
];
/// What each line, file and the like is for: "a row for each check", not "a row a check".
const COUNTED: &[&str] = &[
    "file",
    "row",
    "rule",
    "result",
    "suite",
    "case",
    "line",
    "page",
    "object",
    "annotation",
    "call",
    "block",
    "column",
    "entry",
];
/// Words that no identifier has. A module of the tests is called `house` since the first commit.
const IDENTIFIERS: &[&str] = &[
    "tell", "tells", "told", "telling", "untold", "say", "says", "said", "street", "house", "story", "wish", "witness",
    "visitor", "patient", "inquiry", "disguise", "detour", "picture", "mend", "heal", "autopsy", "injury", "injured",
    "sight", "sights", "eyes", "praise", "blame", "toolbox", "doubled", "proven",
];
/// Ids that are never renamed, one that a server has, and a trait of serde.
const KEPT: &[&str] = &["test-always-green", "de::visitor"];

pub fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["rs", "md", "json", "1", "css", "js", "yaml"].iter().any(|known| end == *known))
        {
            found.push(path);
        }
    }
}

/// True when the phrase is in the line as a whole word. In an identifier an underscore is a space.
pub fn has(line: &str, phrase: &str) -> bool {
    let (stem, open) = phrase.strip_suffix('*').map_or((phrase, false), |stem| (stem, true));
    line.match_indices(stem).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + stem.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && (open || !after.is_some_and(char::is_alphanumeric))
    })
}

fn plain(line: &str) -> String {
    let line = KEPT.iter().fold(line.to_lowercase(), |line, kept| line.replace(kept, ""));
    line.replace(['_', '\t'], " ")
}

/// A line without the mark of a comment, to be joined to the line before it.
fn unmarked(line: &str) -> &str {
    line.trim_start().trim_start_matches(['/', '!', '*']).trim_start()
}

/// The first "one line a request" in a line.
fn counted_without_each(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let found = words.windows(4).find(|four| {
        let [first, thing, article, of] = [four[0], four[1], four[2], four[3]];
        matches!(first.trim_matches('`'), "a" | "an" | "one")
            && COUNTED.contains(&thing)
            && matches!(article, "a" | "an")
            && of.chars().next().is_some_and(char::is_alphabetic)
    })?;
    Some(found.join(" "))
}

fn report(wrong: &mut Vec<String>, place: &str, text: &str) {
    let mut before = String::new();
    for (number, line) in text.lines().enumerate() {
        let joined = plain(&format!("{} {}", before.trim_end_matches(['\\', ' ']), unmarked(line)));
        let (line, last) = (plain(line), plain(&before));
        let is_here =
            |phrase: &str| has(&line, phrase) || phrase.contains(' ') && has(&joined, phrase) && !has(&last, phrase);
        for (phrase, instead) in PHRASES.iter().filter(|(phrase, _)| is_here(phrase)) {
            wrong.push(format!("{place}:{}: `{phrase}`, write {instead}", number + 1));
        }
        if let Some(counted) = counted_without_each(&line) {
            wrong.push(format!("{place}:{}: `{counted}`, write for each", number + 1));
        }
        before = line;
    }
}

#[test]
fn phrases_are_found_as_words() {
    assert!(has("a test that is mended_", "mend*") && has("the own key", "the own"));
    assert!(!has("recommended", "mend*") && !has("the owner", "the own") && !has("resound", "sound peer*"));
    assert!(has(&plain("fn A_Zone_Is_Mended()"), "mend*"));
    let mut wrong = Vec::new();
    report(&mut wrong, "x", "fine\nno test-always-green here, but always green there");
    assert_eq!(wrong, ["x:2: `always green`, write always passes"]);
    assert_eq!(counted_without_each("prints one line a request").as_deref(), Some("one line a request"));
    assert_eq!(counted_without_each("prints one line for each request, and a file"), None);
}

#[test]
fn what_people_read_is_in_plain_words() {
    let mut found = vec![repository("README.md"), repository("Cargo.toml")];
    ["src", "docs", "completions", "benches"].iter().for_each(|dir| files(&repository(dir), &mut found));
    assert!(found.len() > 300);
    let mut wrong = Vec::new();
    for file in found {
        let place = file.strip_prefix(repository("")).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        // Names of former releases are in backticks.
        let text = if file.ends_with("docs/CHANGELOG.md") { crate::glossary::prose(&text) } else { text };
        report(&mut wrong, &place, &text);
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// Source code without its comments and without what is in quotes; lines stay lines.
fn code(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let length = skipped(rest, out.ends_with(char::is_alphanumeric));
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        out.extend(rest[..length].chars().filter(|c| *c == '\n'));
        out.push(' ');
        rest = &rest[length..];
    }
    out
}

/// The bytes of the comment or the text in quotes that begins here; 0 when neither does.
pub fn skipped(rest: &str, in_word: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("'\"'") {
        return 3;
    }
    let raw = rest.strip_prefix('r').filter(|_| !in_word).unwrap_or_default();
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if raw[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let inner = &raw[hashes + 1..];
        return inner.find(&end).map_or(rest.len(), |at| 2 + hashes + at + end.len());
    }
    if !rest.starts_with('"') {
        return 0;
    }
    let mut escaped = false;
    let end = rest[1..].char_indices().find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 2)
}

/// The words of the identifiers in a line of code.
fn identifiers(code: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for c in code.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && !last.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn identifiers_have_plain_words() {
    let line =
        code("fn told_text(a: &MuteUser) { x(\"say \\\"it\\\"\", r#\"say \"tell\"\"#, '\"', \"tell\") } // tell");
    assert_eq!(identifiers(&line), ["fn", "told", "text", "a", "mute", "user", "x"]);
    let mut found = Vec::new();
    ["src", "benches", "tests"].iter().for_each(|dir| files(&repository(dir), &mut found));
    let mut wrong = Vec::new();
    for file in
        found.iter().filter(|file| file.extension().is_some_and(|end| end == "rs") && !file.ends_with("words.rs"))
    {
        let text = code(&std::fs::read_to_string(file).unwrap());
        for (number, line) in text.lines().enumerate() {
            let line = line.replace("de::Visitor", "");
            let bad = identifiers(&line).into_iter().find(|word| IDENTIFIERS.contains(&word.as_str()));
            let is_module = file.ends_with("main.rs") && line == "mod house;";
            wrong.extend(bad.filter(|_| !is_module).map(|bad| format!("{}:{}: {bad}", file.display(), number + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tests_have_plain_names() {
    let mut found = Vec::new();
    files(&repository("tests"), &mut found);
    let mut wrong = Vec::new();
    for file in found.iter().filter(|file| !file.ends_with("words.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let names = text
            .lines()
            .filter(|line| line.trim_start().starts_with("fn ") || line.trim_start().starts_with("async fn "));
        let names: Vec<&str> = names.filter_map(|line| line.split('(').next()).collect();
        report(&mut wrong, &file.display().to_string(), &names.join("\n"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
