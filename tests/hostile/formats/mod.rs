//! No format can be left by any bytes in any field of any fact: whatever servers put into the facts, a reader of the format finds
//! the same elements, rows, points and commands, and nothing that a terminal obeys.

mod outputs;
mod readers;

use fedctl::facts::watch_evidence::WatchEvidence;
use fedctl::report::{FixPart, Report, fix_parts};
use outputs::outputs;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use readers::holds;
use serde_json::{Value, json};

use crate::support::programs::{find, node_json, python_json};
use crate::support::repository;

/// Stands in every text, and must never become a name, an element, a command or a value.
const MARK: &str = "injected";

/// Each leaves a format in which it is not escaped.
const PAYLOADS: &[&str] = &[
    "\"><injected a='b'>&amp;\u{202e}\u{9b}31m",
    "' injected=\"1\" x='",
    "\n::error::injected\r\n::add-mask::injected",
    "%0A::set-output name=x::injected##[injected]",
    "]]></failure><injected/><!-- -->",
    "\nok 1 - injected\nnot ok 2 - injected # TODO injected\n1..1\nBail out! injected",
    "=injected()",
    "\t@injected\",\"injected\"\r\n=injected",
    "`\n```\n<injected>\n~~~\n| a | injected |\n# injected",
    "|injected=1;2;3 \\| injected",
    "\\\"} 1\ninjected{a=\"b\"} 1\n# TYPE injected gauge",
    "[injected](javascript:injected) ![injected](x) <http://injected>",
    "\u{1b}]8;;http://injected\u{7}\u{1b}[2J\u{85}injected\u{2028}\u{200b}\u{feff}",
    "\u{fffe}\u{ffff}\u{d7ff}\u{e000}\u{10ffff}injected\\",
    "\"]; injected [label=\"\\",
    "$(injected)\n  injected; `injected`\n",
    "\",\"injected\":\"\\u0000",
    "-----BEGIN PRIVATE KEY-----injected",
    "",
];

fn sample() -> Value {
    let text = std::fs::read_to_string(repository("tests/fuzz/corpus/evidence/watch.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The place of every text in the facts.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

/// The facts with other texts in these places; `None` when they are no facts any more.
fn spoiled<'a>(facts: &Value, changes: impl IntoIterator<Item = (&'a String, &'a str)>) -> Option<WatchEvidence> {
    let mut facts = facts.clone();
    for (place, text) in changes {
        *facts.pointer_mut(place)? = text.into();
    }
    WatchEvidence::parse(&facts.to_string()).ok()
}

/// The same; a place that takes other texts, and not this one, stays as it is.
fn spoiled_where_possible(facts: &Value, mut changes: Vec<(&String, &str)>) -> WatchEvidence {
    spoiled(facts, changes.clone()).unwrap_or_else(|| {
        changes.retain(|change| spoiled(facts, [*change]).is_some());
        spoiled(facts, changes).unwrap()
    })
}

/// The places in which any text makes facts.
fn free(facts: &Value) -> Vec<String> {
    let mut all = Vec::new();
    places(facts, "", &mut all);
    all.retain(|place| spoiled(facts, [(place, PAYLOADS[0])]).is_some());
    all
}

fn all_hold(evidence: &WatchEvidence, word: &str) -> Result<(), String> {
    let (reports, texts) = outputs(evidence, word);
    // A command is copied into a shell as it stands.
    for (_, problem) in reports.iter().flat_map(Report::problems) {
        let copied = fix_parts(&problem.fix).filter(|part| matches!(part, FixPart::Copy(_)));
        if let Some(part) = copied.into_iter().find(|part| format!("{part:?}").contains(MARK)) {
            return Err(format!("a command holds what a server said: {part:?}"));
        }
    }
    // The forms of a mesh and of a watch are about other lists than the reports.
    let of_reports = fedctl::render::report::REPORT_FORMATS.len();
    for (at, (format, text)) in texts.iter().enumerate() {
        holds(format, text, if at < of_reports { &reports } else { &[] })?;
    }
    Ok(())
}

#[test]
fn no_field_of_any_fact_leaves_a_format() {
    let facts = sample();
    let free = free(&facts);
    assert!(free.len() >= 40, "{free:#?}");
    for (at, place) in free.iter().enumerate() {
        for payload in [PAYLOADS[at % PAYLOADS.len()], PAYLOADS[(at * 7 + 3) % PAYLOADS.len()]] {
            let Some(evidence) = spoiled(&facts, [(place, payload)]) else { continue };
            all_hold(&evidence, payload).unwrap_or_else(|what| panic!("{payload:?} at {place}: {what}"));
        }
    }
}

#[test]
fn no_text_in_all_fields_at_once_leaves_a_format() {
    let facts = sample();
    let free = free(&facts);
    let payload = prop_oneof![
        prop::sample::select(PAYLOADS).prop_map(String::from),
        "(?s).{0,40}",
        "[\"'<>&=|`:#\\\\,;{}\\[\\]()\\n\\r\\t%@!* -]{0,20}injected[\"'<>&=|`:#\\\\,;{}\\[\\]()\\n\\r\\t%@!* -]{0,20}",
    ];
    let texts = prop::collection::vec(payload, free.len());
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&texts, |texts| {
            let evidence = spoiled_where_possible(&facts, free.iter().zip(texts.iter().map(String::as_str)).collect());
            all_hold(&evidence, &texts[0]).map_err(TestCaseError::fail)
        })
        .unwrap();
}

/// What the readers of the formats make of one run in which every field is hostile.
#[test]
fn the_readers_of_the_formats_find_nothing_of_a_server() {
    let facts = sample();
    let free = free(&facts);
    for round in 0..3 {
        let changes = free.iter().enumerate().map(|(at, place)| (place, PAYLOADS[(at * 5 + round) % PAYLOADS.len()]));
        let evidence = spoiled_where_possible(&facts, changes.collect());
        let (reports, texts) = outputs(&evidence, PAYLOADS[round * 4 + 1]);
        let text = |id: &str| &texts.iter().find(|(known, _)| *known == id).unwrap().1;
        if let Some(xmllint) = find("xmllint") {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("report.xml");
            std::fs::write(&file, text("junit")).unwrap();
            let names = [
                "--xpath",
                "count(//*[not(self::testsuites or self::testsuite or self::testcase or self::failure or self::skipped or self::system-out)])",
            ];
            let output = std::process::Command::new(xmllint).args(names).arg(&file).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim(),
                "0",
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let script = "const { Parser } = require('tap-parser'), text = JSON.parse(require('fs').readFileSync(0));
            const parser = new Parser({ strict: true }, (r) => console.log(JSON.stringify([r.count, r.failures.length - r.fail - r.todo])));
            parser.end(text);";
        let points: usize = reports.iter().map(|report| report.lines.len() + report.suppressed.len()).sum();
        if let Some(read) = node_json("tap-parser", script, &json!(text("tap"))) {
            assert_eq!(read[0], json!(points), "{}", text("tap"));
        }
        let script = r#"
import json, sys
from markdown_it import MarkdownIt
bad = []
def walk(tokens):
    for token in tokens or []:
        if any(word in token.type for word in ("html", "link", "image", "heading")) and "injected" in str(token.as_dict()):
            bad.append([token.type, token.content])
        walk(token.children)
walk(MarkdownIt("commonmark", {"html": True}).enable("table").parse(sys.argv[1]))
print(json.dumps(bad))"#;
        if let Some(read) = python_json(&["markdown_it"], script, &[text("markdown")]) {
            assert_eq!(read, json!([]), "{}", text("markdown"));
        }
        let script = r#"
import html.parser, json, sys
found = []
class Reader(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        found.extend(name for name in [tag] + [name for name, _ in attrs] if 'injected' in name)
        found.extend(value for name, value in attrs if name.startswith('on') or (value or '').lower().startswith('javascript'))
    def handle_decl(self, decl):
        if 'injected' in decl: found.append(decl)
    def handle_comment(self, data):
        if 'injected' in data: found.append(data)
Reader().feed(sys.argv[1])
print(json.dumps(found))"#;
        for (_, page) in texts.iter().filter(|(id, _)| *id == "html") {
            let Some(read) = python_json(&["html.parser"], script, &[page]) else { return };
            assert_eq!(read, json!([]));
        }
    }
}
