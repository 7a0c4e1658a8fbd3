//! No format can be left by any bytes in any field of any fact: whatever servers put into the facts, a reader of the format finds
//! the same elements, rows, points and commands, and nothing that a terminal obeys.

use std::time::Instant;

use fedctl::check::mesh::judge_mesh;
use fedctl::check::watch::{Observed, snapshot};
use fedctl::commands::doctor;
use fedctl::facts::dns::Expected;
use fedctl::facts::mesh::Member;
use fedctl::facts::server::{OwnFacts, Resolved, ServerFacts, Setting};
use fedctl::facts::watch_evidence::WatchEvidence;
use fedctl::render::mesh::{MeshFormat, Style, write};
use fedctl::render::watch::{html, message};
use fedctl::report::watch::domain_state::{DomainState, Rules};
use fedctl::report::watch::{Span, Status};
use fedctl::report::{FixPart, Report, fix_parts};
use fedctl::rocketchat::release::Release;
use fedctl::rocketchat::settings::Method;
use fedctl::severity::Severity;
use fedctl::text::{Filtered, is_unsafe};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::fuzz::entry::{reports, written};
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

/// What doctor knows when the server says this about everything.
fn own(evidence: &WatchEvidence, word: &str) -> Option<OwnFacts> {
    let (run, peer) = (evidence.dns.runs.first()?, evidence.peer.clone()?);
    let ids = ["FEDERATION_Enabled", "FEDERATION_Status", "FEDERATION_Domain", "FEDERATION_Public_Key", "Site_Url"];
    let setting = |id: &str| Setting { id: id.into(), value: Ok(word.into()) };
    let names =
        ["_rocketchat._https.mydomain.com", "rocketchat-public-key.mydomain.com", "_rocketchat._tcp.mydomain.com"];
    let answers =
        [Resolved::Srv { target: word.into(), port: 1 }, Resolved::Txt(word.into()), Resolved::Nothing(word.into())];
    let server = ServerFacts {
        base: peer.base.clone()?,
        info: peer.info.clone()?,
        settings: Ok(ids.map(setting).into()),
        targets: Vec::new(),
        resolved: names.map(String::from).into_iter().zip(answers).collect(),
    };
    Some(OwnFacts {
        key: None,
        expected: Expected::default(),
        method: Method::Hub,
        release: None,
        dns: run.facts.clone(),
        peer,
        here: None,
        hub: evidence.hub.clone(),
        server: Ok(server),
    })
}

/// Every output that these facts lead to, by its format.
fn outputs(evidence: &WatchEvidence, word: &str) -> (Vec<Report>, Vec<(&'static str, String)>) {
    let mut all = reports(evidence);
    all.extend(own(evidence, word).map(|own| doctor::report(&own, Instant::now())));
    // The names of files are subjects too.
    all.push(Report { subject: format!("file {word}"), about: word.into(), ..Report::default() });
    let mut texts = written(&all);
    texts.extend(of_mesh(evidence));
    texts.extend(of_watch(evidence));
    (all, texts)
}

fn of_mesh(evidence: &WatchEvidence) -> Vec<(&'static str, String)> {
    let Some(peer) = &evidence.peer else { return Vec::new() };
    let member = |name: &str| Member { domain: name.parse().unwrap(), given: None, views: vec![peer.clone()] };
    let mesh = judge_mesh(&[member("a.example"), member("b.example")], Release(6, 2, 1));
    let form = |id, format| {
        let text = write(format, &mesh, Style { width: 80 }).unwrap();
        (id, Filtered::answer(&text).as_str().to_owned())
    };
    vec![
        form("human", MeshFormat::Human),
        form("json", MeshFormat::Json),
        form("html", MeshFormat::Html),
        form("dot", MeshFormat::Dot),
    ]
}

fn of_watch(evidence: &WatchEvidence) -> Vec<(&'static str, String)> {
    let Some(run) = evidence.dns.runs.first() else { return Vec::new() };
    let observed = Observed { dns: &run.facts, peer: evidence.peer.as_ref(), hub: evidence.hub.as_ref(), elapsed: 1 };
    let found = snapshot(observed, &Expected::default(), &[], Severity::Error);
    let rules = Rules { severity: Severity::Notice, confirm: 1, ..Rules::default() };
    let (domain, mut state) = (run.facts.domain.clone(), DomainState::default());
    let sent = state.take(&domain, found.clone(), &rules, false);
    let mut texts = Vec::new();
    for message in sent.iter() {
        texts.push(("human", format!("{}\n", message::title(message))));
        texts.push(("human", message::text(message)));
        texts.push(("json", Filtered::json(&message::json(message, 1).to_string()).as_str().to_owned()));
        texts.push(("json", Filtered::json(&message::alertmanager(message).to_string()).as_str().to_owned()));
        texts.push(("json", Filtered::json(&message::rocketchat(message).to_string()).as_str().to_owned()));
    }
    let status = Status { domain, is_listed: true, every: 300, due: 0, checks: 1, state };
    let span = Span { number: 1, start: 0, end: 1, checks: 1, snapshot: found };
    let page = |text: String| ("html", Filtered::answer(&text).as_str().to_owned());
    texts.push(page(html::board(std::slice::from_ref(&status), &[], 1)));
    texts.push(page(html::domain(&status, &[span], 1)));
    let metrics = fedctl::render::watch::metrics::page(&[status], None, 1);
    texts.push(("prometheus", Filtered::answer(&metrics).as_str().to_owned()));
    texts
}

/// The sentence says what is wrong with a text of this format.
fn holds(format: &str, text: &str, reports: &[Report]) -> Result<(), String> {
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
    let points = |report: &Report| report.lines.len() + report.suppressed.len();
    let problems: usize = reports.iter().map(|report| report.problems().len()).sum();
    match format {
        "json" | "sarif" if serde_json::from_str::<Value>(text).is_err() => wrong("it is not JSON"),
        "ndjson" if text.lines().any(|line| serde_json::from_str::<Value>(line).is_err()) => wrong("not JSON lines"),
        "junit" => match tags(text) {
            Err(what) => wrong(&what),
            Ok(names) => {
                let known = ["testsuites", "testsuite", "testcase", "failure", "skipped", "system-out", "?xml"];
                let cases = names.iter().filter(|name| *name == "testcase").count();
                let is_known = |name: &String| known.contains(&name.as_str());
                match names.iter().all(is_known) && cases == reports.iter().map(points).sum::<usize>() {
                    true => Ok(()),
                    false => wrong("an element was added"),
                }
            }
        },
        "html" => match tags(text) {
            Ok(names) if !names.iter().any(|name| name == MARK) => Ok(()),
            Ok(_) => wrong("an element was added"),
            Err(what) => wrong(&what),
        },
        "tap" => {
            let numbers = text.lines().filter_map(|line| line.strip_prefix("not ").unwrap_or(line).strip_prefix("ok "));
            let numbers: Vec<usize> = numbers.filter_map(|rest| rest.split(' ').next()?.parse().ok()).collect();
            let expected: Vec<usize> = (1..=reports.iter().map(points).sum()).collect();
            let is_other = |line: &str| {
                !["TAP version 14", "1..", "ok ", "not ok ", "  "].iter().any(|start| line.starts_with(start))
            };
            match numbers == expected && !text.lines().any(is_other) {
                true => Ok(()),
                false => wrong("a point was added"),
            }
        }
        "nagios" if text.lines().next().is_none_or(|line| line.matches('|').count() != 1) => wrong("no single bar"),
        "nagios" if text.matches('|').count() != 1 => wrong("more numbers were added"),
        "prometheus" => match text.lines().find(|line| !is_metric(line)) {
            Some(line) => wrong(&format!("`{line}` is not a sample")),
            None => Ok(()),
        },
        "csv" => match records(text) {
            Some(rows) if rows.iter().all(|row| row.len() == 6 && !row.iter().any(|cell| is_formula(cell))) => {
                match rows.len() == 1 + reports.iter().map(points).sum::<usize>() {
                    true => Ok(()),
                    false => wrong("a row was added"),
                }
            }
            _ => wrong("a cell was left"),
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
