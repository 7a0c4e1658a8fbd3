//! Can servers use the URL that is to be registered?

use super::{Check, Judge, Needs};
use crate::facts::hub::HubFacts;
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::hub::registration::origin;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-url",
    title: "the URL to register is one that servers can use",
    page: include_str!("../../docs/checks/hub-url.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

const APPENDED: &str = "servers append `/api/v1/federation.…` to this text, so the request goes to another path";

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    let Some(request) = &facts.request else { return Verdict::skip("nothing is to be registered") };
    let url = &request.url;
    let healthy = match origin(url, true) {
        Ok(healthy) => healthy,
        Err(why) => return vec![Problem::new(Severity::Error, why.to_string(), APPENDED, sentence(&why.hint)).into()],
    };
    if url.ends_with('/') {
        let what = format!("the url `{url}` ends with a slash, so that requests have two slashes");
        return vec![
            Problem::new(
                Severity::Error,
                what,
                APPENDED,
                with_line("Leave the slash out:", &format!("--url {healthy}")),
            )
            .into(),
        ];
    }
    let mut found: Vec<Verdict> = Vec::new();
    if origin(url, false).is_err() {
        found.push(
            Problem::new(
                Severity::Warning,
                format!("`{url}` is in a private network"),
                "peers elsewhere cannot reach it, and a public hub refuses it",
                "Use the name and port at which the server can be reached from everywhere.",
            )
            .into(),
        );
    }
    if url.starts_with("http:") {
        found.push(
            Problem::new(
                Severity::Warning,
                format!("`{url}` is plain http"),
                "messages are encrypted, but user searches and files are not",
                with_line("Register an https URL:", &format!("--url {}", healthy.replacen("http:", "https:", 1))),
            )
            .into(),
        );
    }
    if found.is_empty() { Verdict::pass(url) } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn each_useless_url_is_named_with_a_better_one() {
        let judged = |url: &str| {
            let mut facts = sample();
            facts.request.as_mut().unwrap().url = url.into();
            judge(&facts)
        };
        assert_eq!(judged("https://chat.mydomain.com"), Verdict::pass("https://chat.mydomain.com"));
        for (url, severity, fix) in [
            ("https://chat.mydomain.com/", Severity::Error, "--url https://chat.mydomain.com"),
            ("https://chat.mydomain.com/chat", Severity::Error, "its own host name"),
            ("chat.mydomain.com", Severity::Error, "https://"),
            ("http://chat.mydomain.com:80", Severity::Warning, "--url https://chat.mydomain.com"),
            ("https://10.0.0.1", Severity::Warning, "from everywhere"),
        ] {
            let found = problems(judged(url));
            assert_eq!(found[0].severity, severity, "{url}");
            assert!(found[0].fix.contains(fix), "{url}: {}", found[0].fix);
        }
    }
}
