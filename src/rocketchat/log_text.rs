//! What a logger puts around the text of a server, taken off again: colours, JSON records, and the journal's own.

use serde_json::Value;

use crate::text::redacted;

/// Longer records are not read as JSON.
const RECORD_MAX: usize = 256 * 1024;
/// A record in a record in a record: pino in the log of docker in the journal.
const DEPTH: usize = 3;

/// The text that the server wrote, on one line, and the rest of the record around it.
#[derive(Debug, PartialEq, Eq)]
pub struct LogText {
    pub shown: String,
    /// Every text of the record; empty when there is none.
    pub record: String,
}

/// Takes one line of a log apart.
pub fn read(line: &str) -> LogText {
    let bare = masked(&redacted(&uncoloured(line)));
    match record(&bare, DEPTH) {
        Some((shown, record)) if !shown.trim().is_empty() => LogText { shown, record },
        _ => LogText { shown: bare.replace("\\\"", "\""), record: String::new() },
    }
}

/// Without the sequences that colour a terminal, in the three ways in which loggers write their first character.
fn uncoloured(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        match ["\u{1b}[", "#033[", "^[["].iter().find_map(|mark| rest.strip_prefix(mark)).and_then(after_sequence) {
            Some(after) => rest = after,
            None => {
                if !first.is_control() || first == '\t' {
                    out.push(first);
                }
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out.trim().to_owned()
}

/// What follows the parameters and the final letter of a sequence.
fn after_sequence(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ';' | '?')))?;
    let last = rest[end..].chars().next()?;
    last.is_ascii_alphabetic().then(|| &rest[end + 1..])
}

/// A password in a URL is not shown again.
fn masked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out += before;
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?')).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                out += "…";
                &after[sign..]
            }
            None => after,
        };
    }
    out + rest
}

/// The text of a record that a logger wrote as JSON, and all texts in it.
fn record(line: &str, depth: usize) -> Option<(String, String)> {
    let rest = &line[line.find('{')?..];
    if depth == 0 || rest.len() > RECORD_MAX {
        return None;
    }
    let value = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok()?;
    // An answer of a server is JSON too, and belongs to the text.
    let is_record = ["level", "time", "MESSAGE", "log", "msg"].iter().any(|key| value.get(key).is_some());
    if !is_record {
        return None;
    }
    let text =
        ["msg", "message", "MESSAGE", "log"].iter().find_map(|key| value.get(key)).map(words).unwrap_or_default();
    if let Some(inner) = record(&uncoloured(&text), depth - 1) {
        return Some(inner);
    }
    let mut shown = section(&value);
    for part in [Some(text), failure(&value)].into_iter().flatten() {
        let part = uncoloured(&part);
        if !part.is_empty() && !shown.contains(&part) {
            shown = format!("{shown} {part}");
        }
    }
    let mut all = String::new();
    gather(&value, &mut all);
    Some((masked(shown.trim()), uncoloured(&all)))
}

/// The place in the server and the weight, as releases before 4.0 wrote them: `crypt.error`.
fn section(value: &Value) -> String {
    let level = match value.get("level").and_then(Value::as_u64) {
        Some(50..) => "error",
        Some(40..50) => "warn",
        Some(30..40) => "info",
        _ => "debug",
    };
    value.get("section").and_then(Value::as_str).map(|name| format!("{name}.{level}")).unwrap_or_default()
}

/// The error that hangs on a record.
fn failure(value: &Value) -> Option<String> {
    let error = ["err", "error", "reason"].iter().find_map(|key| value.get(key))?;
    let part = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    match (part("message"), part("code")) {
        (Some(message), Some(code)) if !message.contains(&code) => Some(format!("{message} [{code}]")),
        (Some(message), _) => Some(message),
        _ => Some(words(error)),
    }
}

/// A text as it is; bytes, as the journal gives what is not plain, as text; anything else as JSON.
fn words(value: &Value) -> String {
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if !list.is_empty() => match list.iter().map(byte).collect::<Option<Vec<u8>>>() {
            Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            None => value.to_string(),
        },
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn gather(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push_str(text);
            out.push(' ');
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, out)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            if let (true, Value::String(domain)) = (key == "peerDomain", value) {
                *out += &format!("{key}={domain} ");
            }
            gather(value, out);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_loggers_add_is_taken_off() {
        for (line, shown) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m and \u{1b}[1;32mgreen\u{1b}[0m", "red and green"),
            ("#033[34mFederation ➔ #033[39mcrypt.error Error", "Federation ➔ crypt.error Error"),
            ("an open ^[[ bracket", "an open ^[[ bracket"),
            (r#"failed [400] {"success":false,"error":"no"}"#, r#"failed [400] {"success":false,"error":"no"}"#),
            (r#"cut {"level":50,"msg":"say \"hi\""#, r#"cut {"level":50,"msg":"say "hi""#),
            (
                r#"Nov 23 10:00:00 chat rc[1]: {"level":50,"section":"crypt","err":{"type":"Error","message":"bad","stack":"x"},"msg":"Error"}"#,
                "crypt.error Error bad",
            ),
            (r#"{"level":40,"msg":"same","err":{"message":"same","code":"E1"}}"#, "same same [E1]"),
            (r#"{"log":"{\"level\":50,\"msg\":\"inner\"}\n","stream":"stdout"}"#, "inner"),
            (r#"{"MESSAGE":[27,91,51,49,109,104,105],"PRIORITY":"3"}"#, "hi"),
            ("mongodb://user:secret@db:27017/x and a@b.org", "mongodb://…@db:27017/x and a@b.org"),
        ] {
            assert_eq!(read(line).shown, shown, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,100}", tail in "[\\x1b\\[#03\\^0-9;m{}\"\\\\:a-z]{0,60}") {
            let _ = read(&line);
            let _ = read(&tail);
            let _ = read(&format!("{{\"msg\":\"{tail}\"}}"));
        }
    }
}
