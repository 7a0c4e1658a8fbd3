//! What has the hub answered, and what does that mean?

use super::{Check, Judge, Needs};
use crate::facts::hub::{Call, HubFacts};
use crate::facts::peer::Answer;
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict, with_line};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-answer",
    title: "the hub responds and accepts the request",
    page: include_str!("../../docs/checks/hub-answer.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

const ALONE: &str = "a server would log `Could not register with Hub` and stay disabled";
const UNKNOWN: &str = "a server that finds no DNS records logs `Could not find the peer using DNS or Hub`";
const LATER: &str = "Try again later, or use DNS records, which need no hub:\n  fedctl records DOMAIN";

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    let Some(hub) = &facts.hub else { return Verdict::skip("nothing was sent") };
    let means = if facts.request.is_some() { ALONE } else { UNKNOWN };
    let problem = |what: String, fix: String| -> Vec<Verdict> {
        vec![Problem::new(Severity::Error, what, means, fix).seen(hub.shown()).into()]
    };
    if let Some(why) = hub.failure() {
        return problem(format!("{} cannot be queried: {why}", hub.base), unreachable(facts));
    }
    let Some(answer) = hub.answer() else { return Verdict::skip("nothing was sent") };
    match (answer.status, facts.request.is_some()) {
        (200..=299, true) => accepted(hub, answer, &problem),
        (200..=299, false) if facts.entry().is_some() => Verdict::pass(format!("{} has an entry for it", hub.base)),
        (200..=299, false) => problem("the hub's answer has no `peer` in it".into(), not_a_hub(hub)),
        (404, false) if answer.is_object() => problem(
            format!("the hub has no confirmed entry for {}", facts.domain),
            format!(
                "Register, then follow the link in the mail:\n  fedctl register {} --url URL --key FILE",
                facts.domain
            ),
        ),
        (status, _) => {
            let (what, fix) = refusal(status, answer, hub);
            problem(what, fix)
        }
    }
}

fn unreachable(facts: &HubFacts) -> String {
    match facts.hub.as_ref().is_some_and(|hub| hub.base.host == "hub.rocket.chat") {
        true => with_line(
            "The public hub may have been closed. Publish DNS records, or run your own hub and name it with --hub-url:",
            "fedctl serve hub",
        ),
        false => "Start the hub, correct --hub-url, or give its certificate authority with --ca-file.".into(),
    }
}

fn accepted(hub: &Call, answer: &Answer, problem: &impl Fn(String, String) -> Vec<Verdict>) -> Vec<Verdict> {
    let member = |name: &str| answer.json.as_ref()?.get(name)?.as_str().map(str::to_owned);
    match (answer.is_object(), member("status").as_deref(), member("message")) {
        (false, _, _) => problem("the response is not from a hub: it is not JSON".into(), not_a_hub(hub)),
        (true, Some("served"), _) => Verdict::pass("the hub already serves this entry"),
        (true, _, Some(message)) => Verdict::pass(message),
        (true, _, None) => Verdict::pass("the hub has accepted it"),
    }
}

fn not_a_hub(hub: &Call) -> String {
    format!("Open {} in a browser: another server or a login page may answer there.", hub.base)
}

/// Every status that is no success, in words.
fn refusal(status: u16, answer: &Answer, hub: &Call) -> (String, String) {
    let reason = answer.error().map(|error| format!(": {error}")).unwrap_or_default();
    let hint = answer.json.as_ref().and_then(|json| json.get("hint")?.as_str().map(str::to_owned));
    match status {
        300..=399 => {
            let to = answer.location.clone().unwrap_or_else(|| "another place".into());
            (
                format!("the hub redirects to {to}, which servers do not follow for POST"),
                "Give the URL at the end of the redirect with --hub-url.".into(),
            )
        }
        401 | 403 => (
            format!("the hub requires authentication ({status}){reason}"),
            "Give the cloud token of your workspace with --token-file, or ask the hub's operator.".into(),
        ),
        404 | 405 => (format!("there is no hub at this URL ({status})"), not_a_hub(hub)),
        400 | 413 | 415 | 422 => (
            format!("the hub refuses the entry ({status}){reason}"),
            sentence(hint.as_deref().unwrap_or("correct what was sent")),
        ),
        429 => (
            format!("the hub has had too many requests ({status}){reason}"),
            "Wait. The newest mail to webmaster@ still works.".into(),
        ),
        500..=599 => (format!("the hub is unavailable ({status}){reason}"), LATER.into()),
        _ => (format!("the hub answers {status}{reason}"), LATER.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::{call, failed, sample};
    use crate::check::sample::problems;
    use crate::facts::peer::HttpFailure;

    fn judged(hub: Call, register: bool) -> Vec<Verdict> {
        let request = sample().request.filter(|_| register);
        judge(&HubFacts { hub: Some(hub), request, ..sample() })
    }

    #[test]
    fn every_answer_to_a_registration_is_explained() {
        let json = "application/json";
        let mailed = r#"{"success":true,"status":"mailed","message":"a link goes out","peer":{}}"#;
        assert_eq!(judged(call("POST", 200, json, mailed), true), Verdict::pass("a link goes out"));
        assert_eq!(judged(call("POST", 200, json, "{}"), true), Verdict::pass("the hub has accepted it"));
        for (status, body, part) in [
            (200, "<html>", "is not from a hub"),
            (400, r#"{"error":"the url has a path","hint":"no path"}"#, "the url has a path"),
            (401, "", "requires authentication"),
            (404, "<html>", "there is no hub"),
            (429, "{}", "too many requests"),
            (503, "<html>", "is unavailable"),
            (301, "", "redirects"),
            (418, "", "answers 418"),
        ] {
            let found = problems(judged(call("POST", status, json, body), true));
            assert!(found[0].what.contains(part), "{status}: {}", found[0].what);
            assert!(found[0].means.contains("Could not register"));
        }
        let late = problems(judged(failed(HttpFailure::Timeout(2000)), true));
        assert!(late[0].what.contains("no answer within 2000 ms"), "{}", late[0].what);
    }

    #[test]
    fn a_search_finds_misses_or_fails() {
        let json = "application/json";
        let peer = r#"{"peer":{"domain":"mydomain.com","url":"https://a.example.org","public_key":"x"}}"#;
        assert!(problems(judged(call("GET", 200, json, peer), false)).is_empty());
        for (status, body, part) in [
            (200, "{}", "no `peer`"),
            (404, "{}", "no confirmed entry"),
            (404, "<html>", "no hub at"),
            (503, "", "is unavailable"),
        ] {
            let found = problems(judged(call("GET", status, json, body), false));
            assert!(found[0].what.contains(part), "{status}: {}", found[0].what);
        }
    }
}
