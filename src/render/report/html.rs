//! One self-contained page: nothing loaded from anywhere, light, dark and print. Its one script adds copy buttons to commands;
//! everything can be read and copied without it.

use super::junit::escape;
use super::{ReportFormat, Style, arrivals, by_release, seconds, sentence};
use crate::render::fill::spans;
use crate::report::{FixPart, Matrix, Problem, Report, Stage, StageOutcome, Suppressed, Verdict};
use crate::severity::Severity;

const CSS: &str = include_str!("html.css");
const SCRIPT: &str = include_str!("html.js");

pub const FORMAT: ReportFormat = ReportFormat {
    id: "html",
    readers: "tickets",
    holds: "one self-contained page that loads nothing; light, dark, paper",
    monitoring: false,
    stream: None,
    write: |reports, style| Ok(write(reports, style)),
};

/// Writes all reports as one page.
fn write(reports: &[Report], style: Style) -> String {
    let title = match reports {
        [one] => format!("{}: federation report", one.subject),
        all => format!("Federation report on {} domains", all.len()),
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n",
        escape(&title)
    );
    if reports.len() > 1 {
        contents(&mut out, reports, style, &title);
    }
    out += "<main>\n";
    for (at, report) in reports.iter().enumerate() {
        one(&mut out, at + 1, report, style, if reports.len() > 1 { 2 } else { 1 });
    }
    out += "</main>\n";
    out += &format!("<footer>Written by fedctl {}</footer>\n", env!("CARGO_PKG_VERSION"));
    out + &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n")
}

fn contents(out: &mut String, reports: &[Report], style: Style, title: &str) {
    *out += &format!("<h1>{}</h1>\n<nav aria-label=\"Domains\">\n<ul>\n", escape(title));
    for (at, report) in reports.iter().enumerate() {
        let (clean, sentence) = sentence(report, style);
        let (class, word) = if clean { ("ok", "ok") } else { ("error", "problems") };
        *out += &format!(
            "<li><span class=\"tag {class}\">{word}</span> <a href=\"#report-{}\">{}</a></li>\n",
            at + 1,
            escape(&sentence)
        );
    }
    *out += "</ul>\n</nav>\n";
}

fn one(out: &mut String, number: usize, report: &Report, style: Style, level: u8) {
    let (clean, verdict) = sentence(report, style);
    let class = if clean { "good" } else { "bad" };
    *out += &format!("<section id=\"report-{number}\">\n<h{level}>{}</h{level}>\n", escape(&report.subject));
    let about: Vec<String> = [report.about.clone(), time(report), format!("{} s", seconds(report.elapsed))]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    *out += &format!("<p class=\"soft\">{}</p>\n", escape(&about.join(" · ")));
    *out += &format!("<p class=\"verdict {class}\">{}</p>\n", escape(&verdict));
    if !report.problems().is_empty() {
        *out += "<h2>Findings</h2>\n";
    }
    for (id, problem) in report.problems() {
        finding(out, id, problem);
    }
    suppressed(out, &report.suppressed);
    generations(out, report);
    if let Some(found) = &report.matrix {
        matrix(out, found);
    }
    arrivals(out, report);
    timeline(out, &report.stages);
    checks(out, report);
    *out += "</section>\n";
}

/// In UTC, to the second.
fn time(report: &Report) -> String {
    report
        .time
        .and_then(|time| jiff::Timestamp::from_second(time).ok())
        .map(|time| time.to_string())
        .unwrap_or_default()
}

fn finding(out: &mut String, id: &str, problem: &Problem) {
    let severity = problem.severity;
    *out += &format!(
        "<article>\n<h3><span class=\"tag {severity}\">{severity}</span> {}</h3>\n<dl>\n\
         <dt>Means</dt><dd>{}</dd>\n<dt>Fix</dt><dd>{}</dd>\n\
         <dt>Check</dt><dd><code>{}</code></dd>\n</dl>\n",
        prose(&problem.what),
        prose(&problem.means),
        fix(problem),
        escape(id)
    );
    evidence(out, &problem.evidence);
    *out += "</article>\n";
}

/// Sentences as paragraphs, each line to copy in its own box.
fn fix(problem: &Problem) -> String {
    let part = |part| match part {
        FixPart::Text(text) => format!("<p>{}</p>", prose(text)),
        FixPart::Copy(line) => format!("<div class=\"copy\"><pre>{}</pre></div>", escape(line)),
    };
    problem.fix_parts().map(part).collect()
}

/// A sentence, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let piece = |(is_code, piece): (bool, &str)| match is_code {
        true => format!("<code>{}</code>", escape(piece)),
        false => escape(piece),
    };
    spans(text).into_iter().map(piece).collect()
}

fn evidence(out: &mut String, lines: &[String]) {
    if !lines.is_empty() {
        let plural = if lines.len() == 1 { "" } else { "s" };
        *out += &format!(
            "<details>\n<summary>Evidence, {} line{plural}</summary>\n<pre>{}</pre>\n</details>\n",
            lines.len(),
            escape(&lines.join("\n"))
        );
    }
}

fn suppressed(out: &mut String, suppressed: &[Suppressed]) {
    if suppressed.is_empty() {
        return;
    }
    *out += "<h2>Suppressed: listed, not counted</h2>\n";
    for Suppressed { id, problem, reason } in suppressed {
        *out += &format!(
            "<article>\n<h3><span class=\"tag suppressed\">{}</span> {}</h3>\n<dl>\n<dt>Reason</dt><dd>{}</dd>\n\
             <dt>Check</dt><dd><code>{}</code></dd>\n</dl>\n",
            problem.severity,
            prose(&problem.what),
            escape(reason),
            escape(id)
        );
        evidence(out, &problem.evidence);
        *out += "</article>\n";
    }
}

fn generations(out: &mut String, report: &Report) {
    let rows = by_release::rows(&report.generations);
    if rows.is_empty() {
        return;
    }
    *out += "<h2>Discovery result by release</h2>\n";
    *out += &scroll("Discovery result by release");
    *out += "<table class=\"releases\">\n<thead><tr><th scope=\"col\">Releases</th>\
             <th scope=\"col\">Result</th></tr></thead>\n<tbody>\n";
    for (releases, seen, word) in rows {
        let class = match word {
            "usable" => "ok",
            "limited" => "warning",
            _ => "error",
        };
        *out += &format!(
            "<tr><th scope=\"row\">{}</th><td><span class=\"tag {class}\">{word}</span> {}</td></tr>\n",
            escape(&releases),
            prose(&seen)
        );
    }
    *out += "</tbody>\n</table>\n</section>\n";
}

fn matrix(out: &mut String, found: &Matrix) {
    *out += "<h2>Responses by server</h2>\n";
    *out += &scroll("Responses by server");
    *out += "<table class=\"matrix\">\n<thead><tr><th scope=\"col\">Server</th>";
    for column in &found.columns {
        *out += &format!("<th scope=\"col\">{}</th>", escape(column));
    }
    *out += "</tr></thead>\n<tbody>\n";
    for row in &found.rows {
        *out += &format!(
            "<tr><th scope=\"row\">{}<br><span class=\"soft\">{}</span></th>",
            escape(&row.observer),
            row.role
        );
        for cell in &row.cells {
            *out += &match cell.differs {
                true => format!("<td><span class=\"tag differs\">differs</span> {}</td>", escape(&cell.text)),
                false => format!("<td>{}</td>", escape(&cell.text)),
            };
        }
        *out += "</tr>\n";
    }
    *out += "</tbody>\n</table>\n</section>\n";
}

/// Opens a box that a wide table can be moved in, with the keyboard too.
fn scroll(label: &str) -> String {
    format!("<section class=\"scroll\" aria-label=\"{label}\" tabindex=\"0\">\n")
}

/// When a change takes effect, by observer; only where there is one to make.
fn arrivals(out: &mut String, report: &Report) {
    if report.arrivals.is_empty() || report.worst() < Some(Severity::Warning) {
        return;
    }
    *out += "<h2>When a fix takes effect</h2>\n<table>\n<thead><tr><th scope=\"col\">By</th>\
             <th scope=\"col\">At the latest</th></tr></thead>\n<tbody>\n";
    for (who, when) in arrivals::rows(&report.arrivals) {
        *out += &format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(&who), escape(&when));
    }
    *out += "</tbody>\n</table>\n";
}

/// A bar a stage, on one common scale.
fn timeline(out: &mut String, stages: &[Stage]) {
    if stages.is_empty() {
        return;
    }
    let end = stages.iter().map(|stage| stage.start.saturating_add(stage.took)).max().unwrap_or_default().max(1);
    let share = |part: u32| f64::from(part) * 100.0 / f64::from(end);
    *out += "<h2>Timeline</h2>\n<table class=\"timeline\">\n<thead><tr><th scope=\"col\">Stage</th>\
             <th scope=\"col\">When</th><th scope=\"col\">Took</th><th scope=\"col\">Found</th></tr></thead>\n<tbody>\n";
    for stage in stages {
        let (class, word, took) = match stage.outcome {
            StageOutcome::Done => ("done", "ok", format!("{} ms", stage.took)),
            StageOutcome::Failed => ("failed", "error", format!("{} ms", stage.took)),
            StageOutcome::Skipped => ("", "skipped", "skipped".to_owned()),
        };
        let bar = match stage.outcome {
            StageOutcome::Skipped => String::new(),
            _ => format!(
                "<rect class=\"{class}\" x=\"{:.2}\" y=\"0\" width=\"{:.2}\" height=\"10\"></rect>",
                share(stage.start).min(99.2),
                share(stage.took).max(0.8)
            ),
        };
        let drawn = format!(
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bar}</svg>"
        );
        *out += &format!(
            "<tr><th scope=\"row\">{}</th><td>{drawn}</td><td><span class=\"tag {word}\">{took}</span></td><td>{}</td></tr>\n",
            escape(&stage.name),
            prose(&stage.note)
        );
    }
    *out += "</tbody>\n</table>\n";
}

fn checks(out: &mut String, report: &Report) {
    let rows: Vec<(&str, &str, &str)> = report
        .lines
        .iter()
        .filter_map(|line| match &line.verdict {
            Verdict::Pass { note } => Some(("ok", line.id, note.as_str())),
            Verdict::Skip { why } => Some(("skipped", line.id, why.as_str())),
            Verdict::Problem(_) => None,
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let passed = rows.iter().filter(|(word, ..)| *word == "ok").count();
    *out += &format!(
        "<h2>Other checks</h2>\n<details>\n<summary>{passed} passed, {} skipped</summary>\n<table>\n\
         <thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Found</th></tr></thead>\n<tbody>\n",
        rows.len() - passed
    );
    for (word, id, note) in rows {
        *out += &format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td><span class=\"tag {word}\">{word}</span> {}</td></tr>\n",
            escape(id),
            prose(note)
        );
    }
    *out += "</tbody>\n</table>\n</details>\n";
}
