//! The status pages: the board of all domains, and one page for each domain. Readable without scripts, on a phone, in light and dark.

use maud::{Markup, html};

use super::board::summary;
use super::strip::{DAYS, availability, days, diagram};
use super::{Tally, verdict};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::page::{command, copy_script};
use crate::render::fill::harmless;
use crate::render::markup::{fix, prose};
use crate::render::page;
use crate::report::watch::{DAY, Finding, Property, Span, Status, Stretch, Verdict, date, length, moment};

/// Seconds after which a browser loads the page again.
const REFRESH: u32 = 60;
/// Entries of the history on a page.
const ENTRIES: usize = 200;
/// How to read the bars without seeing their colours.
const LEGEND: &str = "Each bar shows the last 90 days, today on the right. The height is the worst result of a day: \
full when a check \
                      failed, half for a warning, low when all passed, a thin line when nothing is known.";

fn page(title: &str, body: Markup) -> String {
    page::page(title, REFRESH, &body)
}

/// All domains, those with problems first.
pub fn board(statuses: &[Status], history: &[(String, Vec<Stretch>)], now: i64) -> String {
    let tally = Tally::of(statuses);
    let mut sorted: Vec<&Status> = statuses.iter().collect();
    let rank = |status: &Status| match verdict(status) {
        Verdict::Failing => 0,
        Verdict::Unknown => 1,
        Verdict::Warning => 2,
        Verdict::Ok => 3,
    };
    sorted.sort_by_key(|status| rank(status));
    let of = |status: &Status| -> &[Stretch] {
        let at = history.binary_search_by(|(domain, _)| domain.as_str().cmp(status.domain.as_str()));
        at.map(|at| history[at].1.as_slice()).unwrap_or_default()
    };
    let class = if tally.failing > 0 {
        "failing"
    } else if tally.unknown > 0 {
        "unknown"
    } else {
        "ok"
    };
    let title = if tally.failing > 0 { format!("{} failing", tally.failing) } else { "Federation status".into() };
    let body = html! {
        h1 { "Federation status" }
        p class=(format!("verdict {class}")) { (tally.sentence()) }
        div class="board" {
            @for status in sorted { (row(status, of(status), now)) }
        }
        p class="soft" { (LEGEND) " As of " (moment(now)) "." }
    };
    page(&title, body)
}

fn row(status: &Status, history: &[Stretch], now: i64) -> Markup {
    let verdict = verdict(status);
    html! {
        article {
            div class="head" {
                span class=(format!("tag {verdict}")) { (word(verdict)) }
                h2 { a href=(format!("/domains/{}", status.domain)) { (status.domain) } }
                span class="soft" { (checked(status, now)) }
            }
            p { (prose(&sentence(status))) }
            (diagram(&days(history, now)))
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "works",
        Verdict::Warning => "warning",
        Verdict::Failing => "fails",
        Verdict::Unknown => "unknown",
    }
}

fn checked(status: &Status, now: i64) -> String {
    match &status.state.snapshot {
        Some(snapshot) => format!("checked {} ago", length(now - snapshot.time)),
        None => "not checked yet".into(),
    }
}

fn sentence(status: &Status) -> String {
    let Some(snapshot) = &status.state.snapshot else { return "The first check is under way.".into() };
    if snapshot.verdict == Verdict::Unknown {
        return "No resolver answers this watcher, so nothing is known.".into();
    }
    let unstable = if status.state.unstable.is_some() { "Alternates between failing and working. " } else { "" };
    let first = snapshot.findings.first().filter(|_| snapshot.verdict != Verdict::Ok);
    unstable.to_owned() + &harmless(&first.map_or_else(|| summary(snapshot), |finding| finding.what.clone()))
}

/// One domain: what is wrong, its history, its properties.
pub fn domain(status: &Status, spans: &[Span], now: i64) -> String {
    let verdict = verdict(status);
    let stretches: Vec<Stretch> =
        spans.iter().map(|span| Stretch { start: span.start, end: span.end, verdict: span.snapshot.verdict }).collect();
    let days = days(&stretches, now);
    let body = html! {
        nav { a href="/" { "All domains" } }
        h1 { (status.domain) }
        p class=(format!("verdict {verdict}")) { (word(verdict)) ": " (prose(&sentence(status))) }
        p class="soft" { (checked(status, now)) ", every " (length(status.every)) ", " (counted(status.checks, "check")) }
        @if let Some(snapshot) = &status.state.snapshot {
            @if !snapshot.findings.is_empty() {
                h2 { "What to fix" }
                @for finding in &snapshot.findings { (problem(finding, status)) }
            }
        }
        h2 { "The last " (DAYS) " days" }
        (diagram(&days))
        div class="scale soft" { span { (date(now - (DAYS - 1) * DAY)) } span { (share(&stretches, now)) } span { "today" } }
        p class="soft" { (LEGEND) }
        h2 { "Now" }
        (properties(status, now))
        h2 { "History" }
        (history(spans))
        p class="soft" { "As of " (moment(now)) "." }
        (command(&format!("fedctl watch history {}", status.domain)))
        (copy_script())
    };
    page(&format!("{}: {}", status.domain, word(verdict)), body)
}

fn share(stretches: &[Stretch], now: i64) -> String {
    let share = availability(stretches, now - DAYS * DAY);
    share.map_or_else(|| "nothing is known".into(), |share| format!("worked {share:.2} % of the time"))
}

fn problem(finding: &Finding, status: &Status) -> Markup {
    let since = status.state.problems.get(&finding.check).map(|problem| moment(problem.since));
    html! {
        article {
            div class="head" {
                span class=(format!("tag {}", finding.severity)) { (finding.severity) }
                h3 { (prose(&finding.what)) }
            }
            dl {
                @if let Some(since) = since { dt { "Since" } dd { (since) } }
                dt { "Means" } dd { (prose(&finding.means)) }
                dt { "Fix" } dd { (fix(&finding.fix)) }
                dt { "Check" } dd { code { "fedctl explain " (finding.check) } }
            }
        }
    }
}

fn properties(status: &Status, now: i64) -> Markup {
    let Some(snapshot) = &status.state.snapshot else { return html! { p { "Nothing is known yet." } } };
    let names = [(Property::Url, "URL"), (Property::Release, "Release"), (Property::Key, "Key")];
    html! {
        dl {
            @for (property, name) in names {
                @if let Some(value) = snapshot.properties.get(&property) {
                    dt { (name) }
                    dd {
                        code { (harmless(value)) }
                        @if let Some(known) = status.state.values.get(&property) { span class="soft" { " since \
                         " (date(known.since)) } }
                    }
                }
            }
            @if let Some(until) = snapshot.certificate_until {
                dt { "Certificate" } dd { "expires on " (date(until)) ", in " (length((until - now).max(0))) }
            }
            @if let Some(latency) = snapshot.latency { dt { "Latency" } dd { (latency) " ms" } }
        }
    }
}

fn history(spans: &[Span]) -> Markup {
    html! {
        div class="scroll" {
            table class="history" {
                thead { tr { @for head in ["From", "For", "Status", "Found"] { th scope="col" { (head) } } } }
                tbody {
                    @for span in spans.iter().rev().take(ENTRIES) {
                        tr {
                            td { (moment(span.start)) }
                            td { (length(span.end - span.start)) }
                            td { span class=(format!("tag {}", span.snapshot.verdict)) { (word(span.snapshot.verdict)) } }
                            td { (prose(&what(span))) }
                        }
                    }
                }
            }
        }
    }
}

fn what(span: &Span) -> String {
    let first = span.snapshot.findings.first().filter(|_| span.snapshot.verdict != Verdict::Ok);
    harmless(&first.map_or_else(|| summary(&span.snapshot), |finding| format!("{}: {}", finding.check, finding.what)))
}

/// There is no such page.
pub fn missing(domain: Option<&Domain>) -> String {
    let text = domain.map_or_else(|| "There is no such page.".into(), |domain| format!("{domain} is not on the list."));
    page("Not found", html! { nav { a href="/" { "All domains" } } h1 { "Not found" } p { (text) } })
}
