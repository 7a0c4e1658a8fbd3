//! The reports of the zoo with every query and response in narrow and wide terminals: URLs, hashes, names and commands stay whole, and
//! no line is longer than the terminal without need.

use std::collections::BTreeSet;

use crate::support::Fedctl;

const WIDTHS: [usize; 3] = [40, 80, 200];
/// Words of this length are hashes, keys and other values.
const LONG: usize = 20;

/// What is split at one of the widths in the reports of `run.json`, and the lines that are too long.
pub fn torn(fedctl: &Fedctl) -> Vec<String> {
    let texts = WIDTHS.map(|columns| {
        let mut command = fedctl.command(&["dns-check", "--replay", "run.json", "-vv"]);
        command.env("COLUMNS", columns.to_string());
        (columns, fedctl.feed(&mut command, "").stdout)
    });
    let (_, widest) = &texts[WIDTHS.len() - 1];
    let whole = values(widest);
    assert!(whole.len() > 10, "{widest}");
    let mut wrong = Vec::new();
    for (columns, text) in &texts {
        let here: BTreeSet<&str> = text.split_whitespace().collect();
        let split = whole.iter().filter(|value| !here.contains(*value));
        wrong.extend(split.map(|value| format!("{columns} columns: `{value}` is split")));
        let long = text.lines().filter(|line| line.chars().count() > *columns && !has_one_value(line, *columns));
        wrong.extend(long.map(|line| format!("{columns} columns: {line}")));
        wrong.extend(text.lines().filter(|line| line.ends_with(' ')).map(|line| format!("`{line}` ends with a space")));
    }
    wrong
}

/// URLs, names, file names and long values. Verdicts have short forms, and tables have fewer columns in a narrow terminal.
fn values(text: &str) -> BTreeSet<&str> {
    let mut is_table = false;
    let lines = text.lines().filter(|line| {
        is_table = line.starts_with("  propagation") || is_table && !line.is_empty();
        !is_table && line.starts_with("  ")
    });
    let is_value = |word: &&str| {
        let inside = word.trim_matches(|c: char| !c.is_alphanumeric());
        inside.contains(['.', '/', '_', ':']) || inside.chars().count() >= LONG
    };
    lines.flat_map(str::split_whitespace).filter(is_value).collect()
}

/// True for a command or a record to copy, and for a line that is too long because of its last word, which is the first of its text.
fn has_one_value(line: &str, columns: usize) -> bool {
    let text =
        ["BEGIN ", "END ", " KEY"].iter().fold(line.trim().to_owned(), |text, part| text.replace(part, part.trim()));
    let before = text.rsplit_once(' ').map_or("", |(before, _)| before);
    let is_label = before.split_whitespace().all(|word| ["found", "means", "fix"].contains(&word));
    text.starts_with("fedctl ") || text.contains(" 3600 IN ") || is_label && before.chars().count() < columns
}
