//! For people: both sides, one line for each step with findings below it, what stays at the peer, one verdict last.

use colored::Colorize;
use unicode_width::UnicodeWidthStr;

use super::Drill;
use crate::check::drill::absence;
use crate::check::drill_leftovers::leftovers;
use crate::check::judge_steps;
use crate::facts::drill::Purpose;
use crate::render::fill::{hang, harmless, wrap};
use crate::render::report::Style;
use crate::render::report::human::{Columns, verdict, write_absent, write_details, write_line, write_suppressed};
use crate::report::{Line, Suppressed, Verdict};

/// Columns of the name of a step.
const NAME: usize = 14;
/// Columns before what stays.
const LEFT: usize = 20;

/// The whole answer.
pub fn write(seen: &Drill, style: Style) -> String {
    let mut out = heading(seen, style.width);
    let columns = Columns { subject: NAME, width: style.width };
    let steps = judge_steps(seen.facts);
    let of_steps: Vec<&str> = steps.iter().map(|(_, line)| line.id).collect();
    let is_left = |line: &&Line| crate::check::drill_leftovers::CHECK.id == line.id;
    for line in seen.report.lines.iter().filter(|line| !of_steps.contains(&line.id) && !is_left(line)) {
        write_line(&mut out, line, line.id, columns);
    }
    let mut last_reason = String::new();
    for (step, line) in &steps {
        let name = step.name();
        match &line.verdict {
            Verdict::Skip { why } if absence(seen.facts, *step).is_some() => {
                write_absent(&mut out, &name, why, columns)
            }
            // A step that nobody chose is not worth a line.
            Verdict::Skip { .. } if !seen.facts.steps().contains(step) => {}
            Verdict::Skip { why } if *why == last_reason => {
                write_line(&mut out, &skipped(line, ""), &name, columns);
            }
            Verdict::Skip { why } => {
                write_line(&mut out, line, &name, columns);
                last_reason.clone_from(why);
            }
            _ => match suppressed(seen, line) {
                Some(suppressed) => write_suppressed(&mut out, suppressed, style.width),
                None => write_line(&mut out, line, &name, columns),
            },
        }
    }
    write_limits(&mut out, seen, style.width);
    write_leftovers(&mut out, seen, style.width);
    write_details(&mut out, &seen.report.details, style);
    if style.verbose > 1 {
        write_requests(&mut out, seen, style.width);
    }
    out += &format!("\n{}\n", verdict(seen.report, style));
    out
}

fn heading(seen: &Drill, width: usize) -> String {
    let facts = seen.facts;
    let release = facts.release().map(|release| format!(" ({release})")).unwrap_or_default();
    let line = format!("{} → {}{release}, user {}", facts.domain, facts.peer.records.domain, harmless(&facts.username));
    if line.width() <= width { format!("{}\n\n", line.bold()) } else { hang(&line, width, 2) + "\n" }
}

/// The same reason is given once.
fn skipped(line: &Line, why: &str) -> Line {
    Line { verdict: Verdict::Skip { why: why.into() }, ..line.clone() }
}

fn suppressed<'a>(seen: &'a Drill, line: &Line) -> Option<&'a Suppressed> {
    let Verdict::Problem(problem) = &line.verdict else { return None };
    seen.report.suppressed.iter().find(|suppressed| suppressed.id == line.id && suppressed.problem == *problem)
}

/// What the answers of this release are worth.
fn write_limits(out: &mut String, seen: &Drill, width: usize) {
    if !seen.facts.is_blind() || seen.facts.requests.is_empty() {
        return;
    }
    let release = seen.facts.judged_as();
    let text = format!(
        "A {release} server answers `200 {{}}` to every message before it decrypts it. Only its own requests verify a step: \
         for the file, for the withheld event, and for missing events, with the events that it has stored."
    );
    out.push('\n');
    for line in wrap(&text, width.saturating_sub(2)) {
        out.push_str(&format!("  {line}\n"));
    }
}

fn write_leftovers(out: &mut String, seen: &Drill, width: usize) {
    let left = leftovers(seen.facts);
    for (at, left) in left.iter().enumerate() {
        let name = if at == 0 { "left at the peer" } else { "" };
        out.push_str(if at == 0 { "\n" } else { "" });
        // In a narrow terminal the title has its own line.
        let is_narrow = LEFT * 2 + LEFT / 2 > width;
        let indent = if is_narrow { 4 } else { LEFT };
        if is_narrow && at == 0 {
            out.push_str(&format!("  {name}\n"));
        }
        let room = width.saturating_sub(indent);
        let remove = format!("remove: {}", left.remove);
        for (row, line) in wrap(&left.what, room).iter().chain(&wrap(&remove, room)).enumerate() {
            let name = if row == 0 && !is_narrow { name } else { "" };
            out.push_str(&format!("  {name:<width$}{line}\n", width = indent - 2));
        }
    }
}

/// Every request and every call-back, in the order of time.
fn write_requests(out: &mut String, seen: &Drill, width: usize) {
    let requests = seen.facts.requests.iter().map(|request| {
        let steps: Vec<String> = request.parts.iter().map(|part| part.step.name()).collect();
        let purpose = match request.purpose {
            Purpose::Steps => steps.join(", "),
            Purpose::Repair => format!("{}, both events", steps.join(", ")),
            Purpose::Question => "what is stored?".into(),
        };
        (request.at, format!("{purpose}: {}", request.exchange.shown()))
    });
    let arrivals = seen.facts.arrivals.iter().map(|arrival| (arrival.at, arrival.what.to_string()));
    let mut all: Vec<(u32, String)> = requests.chain(arrivals).collect();
    all.sort_by_key(|(at, _)| *at);
    out.push_str("\n  requests and call-backs\n");
    for (at, text) in all {
        out.push_str(&hang(&format!("    {at:>6} ms  {}", harmless(&text)), width, 15));
    }
}
