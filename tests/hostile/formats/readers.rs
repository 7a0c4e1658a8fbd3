//! A strict reader of each format: it finds what fedctl wrote, and nothing else.

use fedctl::report::Report;
use fedctl::text::is_unsafe;
use serde_json::Value;

use super::MARK;

/// The sentence says what is wrong with a text of this format.
pub fn holds(format: &str, text: &str, reports: &[Report]) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{format}: {what}: {text}"));
    let plain = if format == "csv" { text.replace("\r\n", "\n") } else { text.to_owned() };
    if let Some(bad) = plain.chars().find(|c| is_unsafe(*c) && !matches!(c, '\n' | '\t')) {
        return wrong(&format!("{bad:?} is in it"));
    }
    let is_command = |line: &str| line.trim_start().starts_with("::");
    if text.contains("##[") || format != "github" && text.lines().any(is_command) {
        return wrong("a workflow command is in it");
    }
    let forged = ["ok 1", "not ok", "1..1", "=inj", "# inj", "inj", "<inj", "| a", "Bail", "~~~"];
    if matches!(format, "human" | "nagios" | "github")
        && text.lines().any(|line| forged.iter().any(|start| line.trim_start_matches('\\').starts_with(start)))
    {
        return wrong("a line was added");
    }
    let points: usize = reports.iter().map(|report| report.lines.len() + report.suppressed.len()).sum();
    let problems: usize = reports.iter().map(|report| report.problems().len()).sum();
    match format {
        "json" | "sarif" if serde_json::from_str::<Value>(text).is_err() => wrong("it is not JSON"),
        "ndjson" if text.lines().any(|line| serde_json::from_str::<Value>(line).is_err()) => wrong("not JSON lines"),
        "junit" => match tags(text) {
            Ok(names) if has_cases(&names, points) => Ok(()),
            Ok(_) => wrong("an element was added"),
            Err(what) => wrong(&what),
        },
        "html" => match tags(text) {
            Ok(names) if !names.iter().any(|name| name == MARK) => Ok(()),
            Ok(_) => wrong("an element was added"),
            Err(what) => wrong(&what),
        },
        "tap" if !has_points(text, points) => wrong("a point was added"),
        "nagios" if text.lines().next().is_none_or(|line| line.matches('|').count() != 1) => wrong("no single bar"),
        "nagios" if text.matches('|').count() != 1 => wrong("more numbers were added"),
        "prometheus" => match text.lines().find(|line| !is_metric(line)) {
            Some(line) => wrong(&format!("`{line}` is not a sample")),
            None => Ok(()),
        },
        "csv" => match records(text) {
            Some(rows) if rows.iter().any(|row| row.len() != 6 || row.iter().any(|cell| is_formula(cell))) => {
                wrong("a cell was left")
            }
            Some(rows) if rows.len() == 1 + points => Ok(()),
            Some(_) => wrong("a row was added"),
            None => wrong("a cell was left"),
        },
        "github" => {
            let commands: Vec<&str> = text.lines().filter(|line| is_command(line)).collect();
            let own = |line: &&str| {
                ["error", "warning", "notice"].iter().any(|word| line.starts_with(&format!("::{word} title=")))
            };
            match commands.len() == problems && commands.iter().all(own) {
                true => Ok(()),
                false => wrong("a command was added"),
            }
        }
        "dot" if outside_strings(text).contains(MARK) => wrong("a string was left"),
        _ => Ok(()),
    }
}

/// The elements of JUnit, and one `testcase` for each point.
fn has_cases(names: &[String], points: usize) -> bool {
    let known = ["testsuites", "testsuite", "testcase", "failure", "skipped", "system-out", "?xml"];
    let cases = names.iter().filter(|name| *name == "testcase").count();
    names.iter().all(|name| known.contains(&name.as_str())) && cases == points
}

/// The lines of TAP, whose points have the numbers from 1 on.
fn has_points(text: &str, points: usize) -> bool {
    let numbers = text.lines().filter_map(|line| line.strip_prefix("not ").unwrap_or(line).strip_prefix("ok "));
    let numbers = numbers.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    let is_known =
        |line: &str| ["TAP version 14", "1..", "ok ", "not ok ", "  "].iter().any(|start| line.starts_with(start));
    numbers.eq(1..=points) && text.lines().all(is_known)
}

/// The names of the opening tags, in order; an error when a tag is not closed or a quote in it stays open.
fn tags(text: &str) -> Result<Vec<String>, String> {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let mut quote = None;
        let end = rest.char_indices().find(|(_, c)| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(*c),
                (Some(open), c) if open == *c => quote = None,
                _ => {}
            }
            quote.is_none() && *c == '>'
        });
        let (end, _) = end.ok_or_else(|| "a tag has no end".to_owned())?;
        let tag = &rest[..end];
        let bare: String = tag.split(['"', '\'']).step_by(2).collect();
        if bare.contains(MARK) || bare.contains('<') {
            return Err(format!("`<{tag}>` has a word of a server outside of quotes"));
        }
        if !tag.starts_with('/') {
            names.push(tag.split([' ', '/', '\n']).next().unwrap_or_default().to_owned());
        }
        // What is in these elements is text.
        let name = names.last().map(String::as_str).unwrap_or_default();
        if matches!(name, "style" | "script") && !tag.starts_with('/') {
            rest = &rest[rest.find("</").unwrap_or(rest.len())..];
            continue;
        }
        rest = &rest[end + 1..];
    }
    Ok(names)
}

/// A comment, or `name{label="value",…} number`.
fn is_metric(line: &str) -> bool {
    let is_name =
        |text: &str| text.starts_with("fedctl_") && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some(comment) = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE ")) {
        return comment.split(' ').next().is_some_and(is_name);
    }
    let is_value = |text: &str| matches!(text, "NaN") || text.parse::<f64>().is_ok();
    let Some((name, mut rest)) = line.split_once('{') else {
        return line.split_once(' ').is_some_and(|(name, value)| is_name(name) && is_value(value));
    };
    loop {
        let Some((label, value)) = rest.split_once("=\"") else { return false };
        let mut escaped = false;
        let end = value.char_indices().find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else { return false };
        if !label.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return false;
        }
        rest = &value[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return is_name(name) && rest.strip_prefix("} ").is_some_and(is_value),
        }
    }
}

/// The cells of each row (RFC 4180).
fn records(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut rows, mut row, mut chars) = (Vec::new(), Vec::new(), text.chars().peekable());
    while chars.peek().is_some() {
        if chars.next()? != '"' {
            return None;
        }
        let mut cell = String::new();
        loop {
            match chars.next()? {
                '"' if chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => break,
                c => cell.push(c),
            }
        }
        row.push(cell);
        match chars.next()? {
            ',' => {}
            '\r' if chars.next()? == '\n' => rows.push(std::mem::take(&mut row)),
            _ => return None,
        }
    }
    row.is_empty().then_some(rows)
}

fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn outside_strings(text: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            '"' if !escaped => inside = !inside,
            c if !inside => out.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    out
}
