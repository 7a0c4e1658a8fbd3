//! A message about a domain, in the forms in which people and programs receive it.

use serde_json::{Value, json};

use crate::count::counted;
use crate::dns::name::Domain;
use crate::render::fill::{harmless, wrap};
use crate::report::watch::domain_state::DomainState;
use crate::report::watch::message::{Change, Kind, Message};
use crate::report::watch::{DAY, Finding, MINUTE, date, length, moment};
use crate::severity::Severity;
use crate::text::guarded;

/// Columns of a plain text.
const WIDTH: usize = 78;
/// Columns of the names in it.
const NAME: usize = 6;
/// Characters of a title.
const TITLE_MAX: usize = 150;
/// Seconds after which an alert that is not sent again ends.
pub const FIRES_FOR: i64 = 5 * MINUTE;

/// The title in one line.
pub fn title(message: &Message) -> String {
    let line = harmless(&message.title()).replace('\n', " ");
    match line.chars().count() > TITLE_MAX {
        true => line.chars().take(TITLE_MAX - 1).chain(['…']).collect(),
        false => line,
    }
}

/// Plain text: what changed, since when, what it means, what to type.
pub fn text(message: &Message) -> String {
    let mut out = title(message) + "\n";
    for change in &message.changes {
        out.push('\n');
        for (name, value) in rows(change, message.time) {
            for (at, line) in wrap(&value, WIDTH - NAME - 4).iter().enumerate() {
                let name = if at == 0 { name } else { "" };
                out += format!("  {name:<NAME$}  {line}").trim_end();
                out.push('\n');
            }
        }
    }
    if !message.open.is_empty() && message.kind() != Kind::Problem {
        out += &format!("\nStill wrong: {}\n", message.open.join(", "));
    }
    out += "\nTo check it now:\n";
    out += &commands(message).iter().map(|line| format!("{line}\n")).collect::<String>();
    out += &format!("\nTo see its history:\nfedctl watch history {}\n", message.domain);
    guarded(&out, false).into_owned()
}

/// The names and values of one change.
fn rows(change: &Change, now: i64) -> Vec<(&'static str, String)> {
    let lasted = |since: i64| format!("{} ({})", moment(since), length(now - since));
    match change {
        Change::Started { finding, since } => vec![
            ("what", format!("{} ({}, {})", finding.what, finding.severity, finding.check)),
            ("since", lasted(*since)),
            ("means", finding.means.clone()),
            ("fix", finding.fix.clone()),
        ],
        Change::Ended { finding, since, until } => vec![
            ("what", format!("{} is fixed: {}", finding.check, finding.what)),
            ("since", format!("{}, it lasted {}", moment(*until), length(until - since))),
        ],
        Change::Property { property, from, to, since } => {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".into());
            vec![
                ("what", format!("the {property} has changed")),
                ("from", text(from)),
                ("to", text(to)),
                ("since", lasted(*since)),
                ("means", "it is no error; an admin of the domain has changed it".into()),
                ("fix", format!("If nobody should have changed the {property}, ask its owner.")),
            ]
        }
        Change::Unstable { changes, since } => vec![
            ("what", format!("it changed {} between failing and working in the last checks", counted(changes, "time"))),
            ("since", lasted(*since)),
            ("means", "messages are lost some of the time; no more messages about it until it settles".into()),
        ],
        Change::Settled { since } => {
            vec![("what", "it no longer changes between failing and working".into()), ("since", moment(*since))]
        }
        Change::Certificate { days, until } => vec![
            ("what", format!("the certificate expires on {}, in {}", date(*until), counted(days, "day"))),
            ("means", "from then on servers drop every message".into()),
            ("fix", "Renew it and reload the proxy.\ncertbot renew --dry-run".into()),
        ],
        Change::KeyAge { days, since } => vec![
            ("what", format!("the key has been in use for {}, since {}", counted(days, "day"), date(*since))),
            ("means", "nothing is wrong; --key-days requests this reminder".into()),
            ("fix", "Plan a change of key.\nfedctl rotate plan".into()),
        ],
    }
}

/// What to type to check it.
fn commands(message: &Message) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !commands.contains(&line) {
            commands.push(line);
        }
    };
    let domain = &message.domain;
    for change in &message.changes {
        match change {
            Change::Started { finding, .. } | Change::Ended { finding, .. } => add(command(finding, domain)),
            _ => add(format!("fedctl handshake {domain}")),
        }
    }
    commands
}

fn command(finding: &Finding, domain: &Domain) -> String {
    match finding.check.split_once('-').map(|(area, _)| area) {
        Some("peer" | "tls") => format!("fedctl handshake {domain}"),
        Some("hub") => format!("fedctl hub lookup {domain}"),
        _ => format!("fedctl dns-check {domain}"),
    }
}

/// One JSON object, for programs and webhooks. `id` is the same when a message comes twice.
pub fn json(message: &Message, number: i64) -> Value {
    clean(json!({
        "schema": 1,
        "id": format!("{}-{number}", message.domain),
        "domain": message.domain,
        "time": message.time,
        "kind": message.kind(),
        "severity": message.severity(),
        "title": title(message),
        "text": text(message),
        "changes": message.changes,
        "open": message.open,
        "commands": commands(message),
    }))
}

/// Takes out of every text what a terminal would obey.
fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(harmless(&text)),
        Value::Array(items) => items.into_iter().map(clean).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, clean(value))).collect(),
        other => other,
    }
}

/// What an incoming webhook of Rocket.Chat takes. Text that came from others is in a code block of an attachment, where it
/// can neither mention anyone nor become a link.
pub fn rocketchat(message: &Message) -> Value {
    let (word, color) = match (message.kind(), message.severity()) {
        (Kind::Problem, _) => ("fails", "#a3131f"),
        (Kind::Unstable, _) => ("alternates between failing and working", "#a3131f"),
        (Kind::Reminder, _) => ("needs attention soon", "#7d5600"),
        (Kind::Change, _) => ("has changed", "#0b5cad"),
        (Kind::Settled | Kind::Recovery, _) if message.open.is_empty() => ("works again", "#176f2c"),
        (Kind::Settled | Kind::Recovery, _) => ("has fewer problems than before", "#7d5600"),
    };
    let body = text(message).replace('`', "'");
    json!({
        "alias": "fedctl",
        "text": format!("*{}* {word}", message.domain),
        "attachments": [{"color": color, "text": format!("```\n{}```", body)}],
    })
}

/// What Alertmanager takes: one alert for each change. A problem fires until it is announced as ended, and is sent again while
/// it lasts.
pub fn alertmanager(message: &Message) -> Value {
    let (domain, now) = (&message.domain, message.time);
    let alerts: Vec<Value> = message
        .changes
        .iter()
        .map(|change| match change {
            Change::Started { finding, since } => failing(domain, finding, *since, now + FIRES_FOR),
            Change::Ended { finding, since, until } => failing(domain, finding, *since, *until),
            Change::Unstable { since, .. } => unstable(domain, *since, now + FIRES_FOR),
            Change::Settled { since } => unstable(domain, *since, now),
            change => {
                let labels = json!({
                    "alertname": match change {
                        Change::Certificate { .. } => "FedctlCertificateExpiresSoon",
                        Change::KeyAge { .. } => "FedctlKeyOld",
                        _ => "FedctlDomainChanged",
                    },
                    "domain": domain,
                    "severity": change_severity(change),
                });
                alert(labels, json!({"summary": title(message), "description": text(message)}), now, now + DAY)
            }
        })
        .collect();
    Value::Array(alerts)
}

/// The alerts that fire now, to be sent again.
pub fn firing(domain: &Domain, state: &DomainState, now: i64) -> Vec<Value> {
    let mut alerts: Vec<Value> = Vec::new();
    if let Some(since) = state.announced_unstable() {
        alerts.push(unstable(domain, since, now + FIRES_FOR));
    }
    let problems = state.announced();
    alerts.extend(problems.map(|problem| failing(domain, &problem.finding, problem.since, now + FIRES_FOR)));
    alerts
}

fn change_severity(change: &Change) -> Severity {
    if matches!(change, Change::Certificate { .. }) { Severity::Warning } else { Severity::Notice }
}

/// The labels must not change while it fires: they are what Alertmanager knows it by.
fn failing(domain: &Domain, finding: &Finding, since: i64, until: i64) -> Value {
    let labels = json!({
        "alertname": "FedctlDomainFailing", "domain": domain, "check": finding.check, "severity": finding.severity,
    });
    let annotations = json!({
        "summary": harmless(&format!("{domain}: {}", finding.what)),
        "description": harmless(&format!("{}\nfix: {}", finding.means, finding.fix)),
        "command": command(finding, domain),
    });
    alert(labels, annotations, since, until)
}

fn unstable(domain: &Domain, since: i64, until: i64) -> Value {
    let labels = json!({"alertname": "FedctlDomainUnstable", "domain": domain, "severity": Severity::Error});
    alert(labels, json!({"summary": format!("{domain} alternates between failing and working")}), since, until)
}

fn alert(labels: Value, annotations: Value, since: i64, until: i64) -> Value {
    let time = |seconds: i64| jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string();
    json!({"labels": labels, "annotations": annotations, "startsAt": time(since), "endsAt": time(until)})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Message {
        let finding = Finding {
            check: "tls-chain".into(),
            severity: Severity::Error,
            what: "the intermediate\u{1b}[31m certificate is `missing` @all".into(),
            means: "servers log an error and drop every message".into(),
            fix: "Serve fullchain.pem instead of cert.pem.".into(),
        };
        let time = 1_795_564_800;
        let changes = vec![Change::Started { finding, since: time - 600 }];
        Message { domain: "peer.example".parse().unwrap(), time, open: vec!["tls-chain".into()], changes }
    }

    #[test]
    fn a_text_has_what_since_when_what_it_means_and_what_to_type() {
        insta::assert_snapshot!(text(&problem()), @r"
        peer.example fails: tls-chain: the intermediate�[31m certificate is `missing` @all

          what    the intermediate�[31m certificate is missing @all (error, tls-chain)
          since   2026-11-24 23:50 UTC (10 min)
          means   servers log an error and drop every message
          fix     Serve fullchain.pem instead of cert.pem.

        To check it now:
        fedctl handshake peer.example

        To see its history:
        fedctl watch history peer.example
        ");
    }

    /// Alertmanager knows an alert by its labels: what is sent again and what ends it must have those of the first message.
    #[test]
    fn an_alert_keeps_its_labels_until_it_ends() {
        let snapshot = |time| crate::report::watch::Snapshot {
            time,
            verdict: crate::report::watch::Verdict::Failing,
            findings: vec![match &problem().changes[0] {
                Change::Started { finding, .. } => finding.clone(),
                other => panic!("{other:?}"),
            }],
            properties: Default::default(),
            certificate_until: None,
            latency: None,
            elapsed: 0,
        };
        let (domain, mut state, rules) = (problem().domain, DomainState::default(), Default::default());
        assert!(state.take(&domain, snapshot(0), &rules, false).is_none() && firing(&domain, &state, 0).is_empty());
        let first = alertmanager(&state.take(&domain, snapshot(300), &rules, false).unwrap());
        let again = firing(&domain, &state, 600);
        assert_eq!((&first[0]["labels"], &first[0]["startsAt"]), (&again[0]["labels"], &again[0]["startsAt"]));
        assert_eq!(
            (&first[0]["endsAt"], &again[0]["endsAt"]),
            (&json!("1970-01-01T00:10:00Z"), &json!("1970-01-01T00:15:00Z"))
        );
        let healthy = |time| crate::report::watch::Snapshot { findings: Vec::new(), ..snapshot(time) };
        state.take(&domain, healthy(900), &rules, false);
        let ended = alertmanager(&state.take(&domain, healthy(1200), &rules, false).unwrap());
        assert_eq!((&ended[0]["labels"], &ended[0]["endsAt"]), (&first[0]["labels"], &json!("1970-01-01T00:20:00Z")));
        assert!(firing(&domain, &state, 1200).is_empty());
    }

    #[test]
    fn no_form_passes_on_what_a_terminal_or_a_chat_would_obey() {
        let message = problem();
        for text in [
            text(&message),
            json(&message, 7).to_string(),
            rocketchat(&message).to_string(),
            alertmanager(&message).to_string(),
        ] {
            assert!(!text.contains('\u{1b}') && !text.contains("\\u001b"), "{text}");
        }
        let chat = rocketchat(&message);
        assert_eq!(chat["text"], "*peer.example* fails");
        let body = chat["attachments"][0]["text"].as_str().unwrap();
        assert!(body.matches('`').count() == 6 && body.starts_with("```\n") && body.ends_with("\n```"), "{body}");
    }
}
