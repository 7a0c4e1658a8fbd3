//! One self-contained page: nothing loaded from anywhere, light, dark and print. Its one script adds copy buttons to commands;
//! everything can be read and copied without it.

use maud::{Markup, PreEscaped, html};

use super::{ReportFormat, Stream, Style, arrivals, by_release, seconds, sentence};
use crate::count::counted;
use crate::page;
use crate::render::fill::harmless;
use crate::render::markup::{fix, prose};
use crate::report::{Matrix, Problem, Report, Stage, StageOutcome, Suppressed, Verdict};
use crate::severity::Severity;

const CSS: &str = concat!(include_str!("../../page.css"), include_str!("html.css"));
/// Where the reports are in a page that is written as they come.
const REPORTS: &str = "<!-- reports -->";

pub const FORMAT: ReportFormat = ReportFormat {
    id: "html",
    readers: "tickets",
    holds: "one self-contained page that loads nothing; with light, dark and print styles",
    monitoring: false,
    // Without the contents, which name every verdict.
    stream: Some(Stream {
        head: || streamed().0,
        between: "",
        each: |report, number, style| Ok(one(number, report, style, 2).into_string() + "\n"),
        tail: |_| streamed().1,
    }),
    write: |reports, style| Ok(page(reports, style) + "\n"),
};

/// All reports as one page.
fn page(reports: &[Report], style: Style) -> String {
    let title = match reports {
        [one] => harmless(&format!("{}: federation report", one.subject)),
        all => format!("Federation report on {}", counted(all.len(), "domain")),
    };
    let level = if reports.len() > 1 { 2 } else { 1 };
    let body = html! {
        @if reports.len() > 1 { (contents(reports, style, &title)) }
        main { @for (at, report) in reports.iter().enumerate() { (one(at + 1, report, style, level)) } }
        (end())
    };
    page::frame(&title, CSS, &html! {}, &body)
}

/// What comes before and behind reports that are written one after the other.
fn streamed() -> (String, String) {
    let title = "Federation report";
    let body = html! { h1 { (title) } main { (PreEscaped(REPORTS)) } (end()) };
    let page = page::frame(title, CSS, &html! {}, &body) + "\n";
    page.split_once(REPORTS).map(|(head, tail)| (head.to_owned(), tail.to_owned())).unwrap_or_default()
}

fn end() -> Markup {
    html! {
        footer { "Written by fedctl " (env!("CARGO_PKG_VERSION")) }
        (page::copy_script())
    }
}

fn contents(reports: &[Report], style: Style, title: &str) -> Markup {
    html! {
        h1 { (title) }
        nav aria-label="Domains" {
            ul {
                @for (at, report) in reports.iter().enumerate() {
                    @let (clean, sentence) = sentence(report, style);
                    li {
                        (if clean { tag("ok", "ok") } else { tag("error", "problems") })
                        " " a href={ "#report-" (at + 1) } { (harmless(&sentence)) }
                    }
                }
            }
        }
    }
}

/// A word that carries a status; the colour only repeats it.
fn tag(class: &str, word: &str) -> Markup {
    html! { span class={ "tag " (class) } { (word) } }
}

fn one(number: usize, report: &Report, style: Style, level: u8) -> Markup {
    let (clean, verdict) = sentence(report, style);
    let about = [report.about.clone(), time(report), format!("{} s", seconds(report.elapsed))];
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    html! {
        section id={ "report-" (number) } {
            @if level == 1 { h1 { (harmless(&report.subject)) } } @else { h2 { (harmless(&report.subject)) } }
            p class="soft" { (harmless(&about.join(" · "))) }
            p class=(if clean { "verdict ok" } else { "verdict error" }) { (harmless(&verdict)) }
            @if !report.problems().is_empty() { (heading(level, "Findings")) }
            @for (id, problem) in report.problems() { (finding(id, problem)) }
            (suppressed(&report.suppressed, level))
            (generations(report, level))
            @if let Some(found) = &report.matrix { (matrix(found, level)) }
            (effective(report, level))
            (timeline(&report.stages, level))
            (checks(report, level))
        }
    }
}

/// The heading of a part of a report: one level below that of the report.
fn heading(level: u8, text: &str) -> Markup {
    html! { @if level == 1 { h2 { (text) } } @else { h3 class="part" { (text) } } }
}

/// In UTC, to the second.
fn time(report: &Report) -> String {
    report
        .time
        .and_then(|time| jiff::Timestamp::from_second(time).ok())
        .map(|time| time.to_string())
        .unwrap_or_default()
}

fn finding(id: &str, problem: &Problem) -> Markup {
    let severity = problem.severity.to_string();
    html! {
        article {
            h3 { (tag(&severity, &severity)) " " (prose(&problem.what)) }
            dl {
                dt { "Means" } dd { (prose(&problem.means)) }
                dt { "Fix" } dd { (fix(&problem.fix)) }
                dt { "Check" } dd { code { (id) } }
            }
            (evidence(&problem.evidence))
        }
    }
}

fn evidence(lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            details {
                summary { "Evidence, " (counted(lines.len(), "line")) }
                pre { @for (at, line) in lines.iter().enumerate() { @if at > 0 { "\n" } (prose(line)) } }
            }
        }
    }
}

fn suppressed(suppressed: &[Suppressed], level: u8) -> Markup {
    html! {
        @if !suppressed.is_empty() { (heading(level, "Suppressed: listed, not counted")) }
        @for Suppressed { id, problem, reason } in suppressed {
            article {
                h3 { (tag("suppressed", &problem.severity.to_string())) " " (prose(&problem.what)) }
                dl {
                    dt { "Reason" } dd { (harmless(reason)) }
                    dt { "Check" } dd { code { (id) } }
                }
                (evidence(&problem.evidence))
            }
        }
    }
}

fn generations(report: &Report, level: u8) -> Markup {
    let rows = by_release::rows(&report.generations);
    let class = |word| match word {
        "usable" => "ok",
        "limited" => "warning",
        _ => "error",
    };
    let table = html! {
        table class="releases" {
            thead { tr { th scope="col" { "Releases" } th scope="col" { "Result" } } }
            tbody {
                @for (releases, seen, word) in &rows {
                    tr { th scope="row" { (releases) } td { (tag(class(word), word)) " " (prose(seen)) } }
                }
            }
        }
    };
    html! { @if !rows.is_empty() { (wide("Discovery result by release", &table, level)) } }
}

fn matrix(found: &Matrix, level: u8) -> Markup {
    let table = html! {
        table class="matrix" {
            thead {
                tr {
                    th scope="col" { "Server" }
                    @for column in &found.columns { th scope="col" { (harmless(column)) } }
                }
            }
            tbody {
                @for row in &found.rows {
                    tr {
                        th scope="row" { (harmless(&row.observer)) br; span class="soft" { (row.role) } }
                        @for cell in &row.cells {
                            td { @if cell.differs { (tag("differs", "differs")) " " } (harmless(&cell.text)) }
                        }
                    }
                }
            }
        }
    };
    wide("Responses by server", &table, level)
}

/// A heading, and a box that a wide table can be moved in, with the keyboard too.
fn wide(text: &str, table: &Markup, level: u8) -> Markup {
    html! {
        (heading(level, text))
        section class="scroll" aria-label=(text) tabindex="0" { (table) }
    }
}

/// When a change takes effect, by observer; only where there is one to make.
fn effective(report: &Report, level: u8) -> Markup {
    let shown = !report.arrivals.is_empty() && report.worst() >= Some(Severity::Warning);
    html! {
        @if shown {
            (heading(level, "When a fix takes effect"))
            table {
                thead { tr { th scope="col" { "By" } th scope="col" { "At the latest" } } }
                tbody {
                    @for (who, when) in arrivals::rows(&report.arrivals) {
                        tr { th scope="row" { (harmless(&who)) } td { (harmless(&when)) } }
                    }
                }
            }
        }
    }
}

/// A bar for each stage, on one common scale.
fn timeline(stages: &[Stage], level: u8) -> Markup {
    let end = stages.iter().map(|stage| stage.start.saturating_add(stage.took)).max().unwrap_or_default().max(1);
    html! {
        @if !stages.is_empty() {
            (heading(level, "Timeline"))
            table class="timeline" {
                thead {
                    tr { @for title in ["Stage", "When", "Status", "Found"] { th scope="col" { (title) } } }
                }
                tbody { @for stage in stages { (stage_row(stage, end)) } }
            }
        }
    }
}

fn stage_row(stage: &Stage, end: u32) -> Markup {
    let share = |part: u32| f64::from(part) * 100.0 / f64::from(end);
    let (class, word) = match stage.outcome {
        StageOutcome::Done => ("done", "ok"),
        StageOutcome::Failed => ("failed", "error"),
        StageOutcome::Skipped => ("", "skipped"),
        StageOutcome::Left => ("", "left"),
    };
    let has_time = matches!(stage.outcome, StageOutcome::Done | StageOutcome::Failed);
    let (x, width) = (share(stage.start).min(99.2), share(stage.took).max(0.8));
    html! {
        tr {
            th scope="row" { (harmless(&stage.name)) }
            td {
                svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                    @if has_time {
                        rect class=(class) x=(format!("{x:.2}")) y="0" width=(format!("{width:.2}")) height="10" {}
                    }
                }
            }
            td {
                (tag(word, word))
                @if has_time { " " span class="took" { (stage.took) " ms" } }
            }
            td { (prose(&stage.note)) }
        }
    }
}

fn checks(report: &Report, level: u8) -> Markup {
    let row = |line: &'_ crate::report::Line| match &line.verdict {
        Verdict::Pass { note } => Some(("ok", line.id, note.clone())),
        Verdict::Skip { why } => Some(("skipped", line.id, why.clone())),
        Verdict::Problem(_) => None,
    };
    let rows: Vec<(&str, &str, String)> = report.lines.iter().filter_map(row).collect();
    let passed = rows.iter().filter(|(word, ..)| *word == "ok").count();
    html! {
        @if !rows.is_empty() {
            (heading(level, "Other checks"))
            details {
                summary { (passed) " passed, " (rows.len() - passed) " skipped" }
                table {
                    thead { tr { th scope="col" { "Check" } th scope="col" { "Found" } } }
                    tbody {
                        @for (word, id, note) in &rows {
                            tr { th scope="row" { code { (id) } } td { (tag(word, word)) " " (prose(note)) } }
                        }
                    }
                }
            }
        }
    }
}
