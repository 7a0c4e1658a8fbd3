//! Takes out of an output what differs from run to run, without moving anything that stands beside it.

use std::path::Path;

/// The output with `x` for each character of a hash, a key, an id and a port, `N` for a duration, and letters for a date.
pub fn redact(text: &str, dir: &Path) -> String {
    let dir = dir.display().to_string();
    let text = text.replace(&dir, "DIR").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let line = keys(&dates(line));
    let line = words(&line);
    seconds(&milliseconds(&line))
}

/// `2026-11-28 06:26` becomes `YYYY-MM-DD hh:mm`.
fn dates(line: &str) -> String {
    let fits = |at: usize, form: &str| {
        let Some(part) = line.get(at..at + form.len()) else { return false };
        part.chars()
            .zip(form.chars())
            .all(|(c, f)| if f.is_alphabetic() && f != 'T' { c.is_ascii_digit() } else { c == f })
    };
    let mut out = line.to_owned();
    for form in ["YYYY-MM-DDThh:mm:ss", "YYYY-MM-DD hh:mm", "YYYY-MM-DD"] {
        for at in (0..line.len()).filter(|at| fits(*at, form)) {
            if out.get(at..at + form.len()) == line.get(at..at + form.len()) {
                out.replace_range(at..at + form.len(), form);
            }
        }
    }
    out
}

/// Base64 of a key or of a piece of one.
fn keys(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !is_base64(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let is_hash = word.chars().all(|c| c.is_ascii_hexdigit());
        out += if length >= 40 && !is_hash { "(base64)" } else { word };
        let next = after.chars().next().map_or(0, char::len_utf8);
        out += &after[..next];
        rest = &after[next..];
    }
    out
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=".contains(c)
}

/// Hashes and ports, and the id behind `id `.
fn words(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let is_hash = word.len() >= 8 && word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        let is_port = word.len() == 5 && word.parse().is_ok_and(|port: u32| (10_000..65_536).contains(&port));
        let is_id = word.len() == 17 && (out.ends_with("id ") || out.ends_with('"'));
        out += &if is_hash || is_port || is_id { "x".repeat(word.len()) } else { word.to_owned() };
        let next = after.chars().next().map_or(0, char::len_utf8);
        out += &after[..next];
        rest = &after[next..];
    }
    out
}

/// `     9 ms` in a column keeps its width; in a sentence the number becomes `N`.
fn milliseconds(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(" ms") {
        let before = &rest[..at];
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let head = &before[..before.len() - digits];
        let spaces = head.len() - head.trim_end_matches(' ').len();
        if digits == 0 {
            out += before;
        } else if spaces > 1 {
            out += head.trim_end_matches(' ');
            out += &format!("{:>1$}", "N", spaces + digits);
        } else {
            out += head;
            out.push('N');
        }
        out += " ms";
        rest = &rest[at + 3..];
    }
    out + rest
}

/// The duration at the end of a verdict, which begins its line; what stands at the right margin moves with its length, so it is moved to the text.
fn seconds(line: &str) -> String {
    let Some(before) = line.strip_suffix(" s").filter(|_| !line.starts_with("  ")) else { return line.to_owned() };
    let head = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if head.len() == before.len() || !head.ends_with(' ') {
        return line.to_owned();
    }
    match head.rsplit_once("   ") {
        Some((text, right)) => format!("{}   {}N s", text.trim_end(), right.trim_start()),
        None => format!("{head}N s"),
    }
}

#[test]
fn what_differs_is_taken_out_and_nothing_moves() {
    for (text, expected) in [
        ("  discover      9 ms  ok", "  discover      N ms  ok"),
        ("  size        440 ms  ok", "  size          N ms  ok"),
        ("at most 12 ms", "at most N ms"),
        ("x can be found        22 checks, 0.03 s", "x can be found   22 checks, N s"),
        ("http://127.0.0.1:46585 key 142f796c698f…", "http://127.0.0.1:xxxxx key xxxxxxxxxxxx…"),
        ("exponent 65537, 442 bytes", "exponent 65537, 442 bytes"),
        (
            "  ok       dns-ttl          3600 s; a missing name 300 s",
            "  ok       dns-ttl          3600 s; a missing name 300 s",
        ),
        ("now  2026-11-28 06:26 UTC, 2026-11-28", "now  YYYY-MM-DD hh:mm UTC, YYYY-MM-DD"),
    ] {
        assert_eq!(line(text), expected);
    }
}
