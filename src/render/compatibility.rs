//! What works between two releases, for people, for programs, and as a page of the docs.

use colored::{ColoredString, Colorize};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::fill::{fitting, fix_rows, hang};
use super::key::pretty;
use super::report::{Style, found};
use crate::report::wording::sentence;
use crate::rocketchat::compatibility::{Compatibility, Direction, Reason, spans};
use crate::rocketchat::life::Life;
use crate::rocketchat::promise::Promise;
use crate::rocketchat::quirks::{self, Area, Effect, Quirk, Side};
use crate::rocketchat::release::Release;

/// Columns of the names of promises.
const TITLE: usize = 24;
/// Columns of one direction.
const CELL: usize = 24;
/// In narrower terminals each direction is on its own line.
const TABLE: usize = 2 + TITLE + 2 * (2 + CELL);

/// The table, the reasons below it, and the verdict; with -v where each reason is described and what it affects, with -vv every
/// reason of each promise, also those that do not decide.
pub fn human(seen: &Compatibility, Style { width, verbose, .. }: Style) -> String {
    let Compatibility { a, b, rows } = seen;
    let quirks = seen.quirks();
    let arrows = [format!("{a} → {b}"), format!("{b} → {a}")];
    let mut out = format!("{}\n\n", format!("{a} and {b}").bold());
    if width >= TABLE {
        out += &format!("  {:TITLE$}  {:CELL$}  {}\n", "", arrows[0], arrows[1]);
    }
    for (there, back) in rows {
        let title = there.promise.title();
        let cells = [cell(there, &quirks), cell(back, &quirks)];
        if width >= TABLE {
            let first = " ".repeat(CELL.saturating_sub(cells[0].width()));
            out += &format!("  {title:TITLE$}  {}{first}  {}\n", coloured(&cells[0], there), coloured(&cells[1], back));
        } else {
            out += &format!("  {title}\n");
            for ((arrow, cell), direction) in arrows.iter().zip(&cells).zip([there, back]) {
                out += &format!("    {arrow}  {}\n", coloured(cell, direction));
            }
        }
    }
    out.push('\n');
    for (at, quirk) in quirks.iter().enumerate() {
        out += &hang(&format!("  {:>2}  {}: {}", at + 1, whose(seen, quirk), quirk.what), width, 6);
        if quirk.area != Area::Protocol {
            out += &hang(&format!("      seen as: {}", quirk.shows), width, 8);
        }
        out += &fix(quirk, width);
        if verbose > 0 {
            out += &hang(&format!("      {}", origin(quirk)), width, 8);
            let affected = Some(affected(quirk)).filter(|affected| !affected.is_empty());
            out += &affected.map(|affected| hang(&format!("      {affected}"), width, 8)).unwrap_or_default();
        }
    }
    if verbose > 1 {
        out += &every_reason(seen, width);
    }
    out + "\n" + &verdict(seen, width) + "\n"
}

/// The name of a fault, its releases, and the issue that describes it.
fn origin(quirk: &Quirk) -> String {
    let issue = quirk.issue.map(|issue| format!(", Rocket.Chat issue #{issue}")).unwrap_or_default();
    format!("{}: releases {}{issue}", quirk.id, quirk.span())
}

/// Every promise in each direction, with all that limits or breaks it.
fn every_reason(seen: &Compatibility, width: usize) -> String {
    let mut out = String::from("\n  every reason\n");
    for direction in seen.directions() {
        let (from, to, title) = (direction.from, direction.to, direction.promise.title());
        out += &hang(&format!("    {from} → {to}, {title}: {}", word(direction.effect())), width, 6);
        for reason in &direction.reasons {
            let side = if reason.side == Side::Sender { "sender" } else { "receiver" };
            let text =
                format!("      {} as the {side}, {}: {}", reason.release, reason.quirk.id, word(Some(reason.effect)));
            out += &hang(&text, width, 8);
        }
    }
    out
}

/// `works`, or what is wrong with the numbers of its reasons.
fn cell(direction: &Direction, quirks: &[&Quirk]) -> String {
    let number = |reason: &Reason| quirks.iter().position(|quirk| quirk.id == reason.quirk.id).map(|at| at + 1);
    let mut numbers: Vec<usize> = direction.deciding().filter_map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("{} {}", word(direction.effect()), numbers.join(", ")).trim_end().to_owned()
}

fn word(effect: Option<Effect>) -> &'static str {
    match effect {
        None => "works",
        Some(Effect::Limited) => "works in part",
        Some(Effect::MayFail) => "may fail",
        Some(Effect::Fails) => "fails",
    }
}

fn coloured(text: &str, direction: &Direction) -> ColoredString {
    match direction.effect() {
        None => text.green(),
        Some(Effect::Fails) if direction.severity().is_some() => text.red(),
        Some(Effect::MayFail) => text.yellow(),
        Some(Effect::Fails | Effect::Limited) => text.normal(),
    }
}

/// Which release is the cause, and in which part.
fn whose(seen: &Compatibility, quirk: &Quirk) -> String {
    let deciding: Vec<&Reason> = seen.directions().flat_map(Direction::deciding).collect();
    let has = |release: Release, side: Side| {
        deciding.iter().any(|reason| reason.quirk.id == quirk.id && (reason.release, reason.side) == (release, side))
    };
    let part = |release: Release| match (has(release, Side::Sender), has(release, Side::Receiver)) {
        (true, true) => Some(""),
        (true, false) => Some(" as the sender"),
        (false, true) => Some(" as the receiver"),
        (false, false) => None,
    };
    match (part(seen.a), part(seen.b)) {
        (Some(part), None) => format!("{}{part}", seen.a),
        (Some(part), Some(_)) if seen.a == seen.b => format!("{}{part}", seen.a),
        (Some(part), Some(other)) if part == other => format!("{} and {}{part}", seen.a, seen.b),
        (Some(part), Some(other)) => format!("{}{part}, {}{other}", seen.a, seen.b),
        (None, other) => format!("{}{}", seen.b, other.unwrap_or_default()),
    }
}

/// How much works in each direction, and how much of the rest other releases do.
fn verdict(seen: &Compatibility, width: usize) -> String {
    let Compatibility { a, b, rows } = seen;
    let (all, (there, back)) = (rows.len(), seen.working());
    let counts = match there == back {
        true => format!("{there} of {all} features work both ways"),
        false => format!("{there} of {all} features work from {a} to {b}, {back} back"),
    };
    let [errors, warnings, notices] = seen.counts();
    let severities = found(&[(errors, "error"), (warnings, "warning"), (notices, "notice")]);
    let (whole, short) = match severities.is_empty() {
        true => {
            (format!("{a} and {b}: {counts}, no release supports more"), format!("{a} and {b}: {there} of {all} work"))
        }
        false => (format!("{a} and {b}: {counts}: {severities}"), format!("{a} and {b}: {severities}")),
    };
    fitting(&whole, &short, width).to_owned()
}

/// Only what does not work between two servers, for the report of a handshake; `None` when all that can work does.
pub fn broken(seen: &Compatibility, width: usize) -> Option<String> {
    let mut out = String::new();
    for quirk in seen.quirks().into_iter().filter(|quirk| quirk.area != Area::Protocol) {
        let mut directions: Vec<(Release, Release, Effect, Vec<&str>)> = Vec::new();
        for direction in seen.directions() {
            let Some(reason) = direction.deciding().find(|reason| reason.quirk.id == quirk.id) else { continue };
            if reason.effect == Effect::Limited && quirk.id != quirks::DEPARTED_PEER.id {
                continue;
            }
            let title = direction.promise.title();
            let same = |(from, to, effect, _): &&mut (Release, Release, Effect, Vec<&str>)| {
                (*from, *to, *effect) == (direction.from, direction.to, reason.effect)
            };
            match directions.iter_mut().find(same) {
                Some((.., titles)) if !titles.contains(&title) => titles.push(title),
                Some(_) => {}
                None => directions.push((direction.from, direction.to, reason.effect, vec![title])),
            }
        }
        for (from, to, effect, titles) in &directions {
            let what = if titles.len() == Promise::ALL.len() { "everything".to_owned() } else { titles.join(", ") };
            out += &hang(&format!("    {from} → {to} {}: {what}", word(Some(*effect))), width, 6);
        }
        if !directions.is_empty() {
            out += &hang(&format!("      {}: {}", whose(seen, quirk), quirk.what), width, 8);
            out += &fix(quirk, width);
        }
    }
    (!out.is_empty()).then_some(out)
}

fn fix(quirk: &Quirk, width: usize) -> String {
    fix_rows(&sentence(quirk.fix), 8, |text| hang(&format!("      fix: {text}"), width, 8))
}

/// One JSON object.
pub fn json(seen: &Compatibility) -> anyhow::Result<String> {
    let mut value = json!({"schema": 1});
    if let (Value::Object(members), Value::Object(more)) = (&mut value, members(seen)) {
        members.extend(more);
    }
    pretty(&value)
}

/// The members of the object, for other reports.
pub fn members(seen: &Compatibility) -> Value {
    let directions: Vec<Value> = seen.directions().map(direction).collect();
    let (there, back) = seen.working();
    json!({
        "a": seen.a, "b": seen.b, "promises": seen.rows.len(), "works_a_to_b": there, "works_b_to_a": back, "directions": directions,
    })
}

fn direction(direction: &Direction) -> Value {
    let reason = |reason: &Reason| {
        let quirk = reason.quirk;
        json!({
            "quirk": quirk.id, "effect": reason.effect, "side": reason.side, "release": reason.release, "what": quirk.what,
            "shows": quirk.shows, "fix": sentence(quirk.fix), "fixed_in": quirk.fixed_in(),
        })
    };
    let reasons: Vec<Value> = direction.reasons.iter().map(reason).collect();
    let effect = direction.effect().map_or_else(|| json!("works"), |effect| json!(effect));
    json!({
        "promise": direction.promise, "title": direction.promise.title(), "from": direction.from, "to": direction.to, "outcome": effect,
        "severity": direction.severity(), "reasons": reasons,
    })
}

/// The page of the docs, in Markdown.
pub fn page() -> String {
    let spans = spans();
    let mut out = String::from(
        "# What works between two releases\n\n\
         Generated from the table of faults that the checks, `serve peer` and `explain` use too. Two releases in detail:\n\n\
         ```sh\nfedctl compatibility 3.18.7 4.5.7\n```\n\n\
         It lists the features that the federation guide promises, in both directions, with the reasons and what fixes them. Its\n\
         exit status is 1 when what does not work is as severe as `--fail-on`; what no release supports never counts.\n\
         [json.md](json.md) describes `--format json`.\n\n\
         A feature works from one server to the other when the first can send it and the second can receive it. In the tables\n\
         each column is a span of releases, named by its first; it lasts until the next column. `part` works with a limit, `may`\n\
         depends on the server.\n",
    );
    for (side, title) in [(Side::Sender, "What each release sends"), (Side::Receiver, "What each release receives")] {
        out += &format!("\n## {title}\n\n| feature |{}\n| --- |{}\n", head(&spans), " --- |".repeat(spans.len()));
        for promise in Promise::ALL {
            let cell = |release: &Release| {
                let found = quirks::of(*release).into_iter();
                short(found.filter_map(|quirk| quirk.effect(promise, side)).max())
            };
            let cells: Vec<String> = spans.iter().map(|release| format!(" {} |", cell(release))).collect();
            out += &format!("| {} |{}\n", promise.title(), cells.concat());
        }
    }
    out += &format!(
        "\n## From each release to each other\n\nHow many of the {} features work; the sender is at the left, the receiver above.\n\n",
        Promise::ALL.len()
    );
    out += &format!("| from |{}\n| --- |{}\n", head(&spans), " --- |".repeat(spans.len()));
    for from in &spans {
        let count =
            |to: &Release| Promise::ALL.iter().filter(|promise| Direction::of(**promise, *from, *to).works()).count();
        let cells: Vec<String> = spans.iter().map(|to| format!(" {} |", count(to))).collect();
        out += &format!("| {from} |{}\n", cells.concat());
    }
    out += "\n## Why\n\n";
    for quirk in quirks::all().filter(|quirk| !quirk.breaks.is_empty()) {
        let (id, span, Quirk { what, fix, .. }) = (quirk.id, quirk.span(), quirk);
        out += &format!("- `{id}`, {span}: {what}. {}. What helps: {fix}.\n", affected(quirk));
    }
    out += "\nReleases from 7.11.0 on have no classic federation; [after.md](after.md) describes what replaced it.\n";
    out
}

fn head(spans: &[Release]) -> String {
    spans.iter().filter(|release| Life::of(**release) != Life::Removed).map(|release| format!(" {release} |")).collect()
}

fn short(effect: Option<Effect>) -> &'static str {
    match effect {
        None => "yes",
        Some(Effect::Limited) => "part",
        Some(Effect::MayFail) => "may",
        Some(Effect::Fails) => "no",
    }
}

/// Which promises a fault affects, as a sentence.
fn affected(quirk: &Quirk) -> String {
    let part = |side: Side| {
        let titles: Vec<&str> = Promise::ALL
            .into_iter()
            .filter(|promise| quirk.effect(*promise, side).is_some())
            .map(Promise::title)
            .collect();
        let effect = quirk.breaks.iter().filter(|breaks| breaks.side == side).map(|breaks| breaks.effect).max()?;
        let what = if titles.len() == Promise::ALL.len() { "everything".to_owned() } else { titles.join(", ") };
        Some(format!("{}: {what}", word(Some(effect))))
    };
    match (part(Side::Sender), part(Side::Receiver)) {
        (Some(sends), Some(receives)) if sends == receives => format!("On both sides, {sends}"),
        (Some(sends), None) => format!("As the sender, {sends}"),
        (sends, Some(receives)) => {
            let sends = sends.map(|sends| format!("As the sender, {sends}. ")).unwrap_or_default();
            format!("{sends}As the receiver, {receives}")
        }
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::severity::Severity;

    const STYLE: Style = Style { width: 80, fail_on: Severity::Error, verbose: 0, quiet: false };

    fn compared(a: &str, b: &str) -> Compatibility {
        Compatibility::of(a.parse().unwrap(), b.parse().unwrap())
    }

    #[test]
    fn every_width_keeps_the_verdict_last_and_no_line_too_long() {
        colored::control::set_override(false);
        for (a, b) in [("3.18.7", "6.5.0"), ("1.3.5", "3.0.9"), ("6.13.10", "3.18.10")] {
            for width in [40, 60, 80, 200] {
                let text = human(&compared(a, b), Style { width, ..STYLE });
                assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
                assert!(
                    text.lines().next_back().is_some_and(|line| line.starts_with(&format!("{a} and {b}:"))),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_handshake_shows_what_is_broken_and_nothing_else() {
        colored::control::set_override(false);
        assert_eq!(broken(&compared("4.5.7", "5.3.0"), 80), None);
        let text = broken(&compared("3.18.7", "6.5.0"), 80).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("6.5.0 → 3.18.7 fails: everything") && text.contains("a third server joins"), "{text}");
        assert!(!text.contains("public channels"), "{text}");
    }
}
