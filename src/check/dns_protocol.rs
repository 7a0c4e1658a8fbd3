//! Do the protocol TXT records have a value that a server uses?

use super::{Check, Judge, Needs, UNRESPONSIVE};
use crate::dns::record::{Outcome, Query, RecordType};
use crate::facts::dns::{DnsFacts, Expected};
use crate::key::diagnosis;
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::generation::{PROTOCOL_LABEL, SrvLabel, TCP_PROTOCOL_LABEL};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "dns-protocol",
    title: "protocol records have a value that servers use",
    page: include_str!("../../docs/checks/dns-protocol.md"),
    stage: None,
    minor: true,
    needs: Needs::Records,
    judge: Judge::Dns(judge),
};

fn judge(dns: &DnsFacts, _: &Expected) -> Vec<Verdict> {
    if dns.is_unresponsive() {
        return Verdict::skip(UNRESPONSIVE);
    }
    let old = value(dns, PROTOCOL_LABEL);
    let new = value(dns, TCP_PROTOCOL_LABEL);
    let mut problems = Vec::new();
    problems.extend(old.as_deref().and_then(|value| bad_value(dns, value)));
    problems.extend(old.as_deref().and_then(|value| plain_http(dns, PROTOCOL_LABEL, value)));
    problems.extend(
        new.as_deref().map(|value| plain_http(dns, TCP_PROTOCOL_LABEL, value).unwrap_or_else(|| never_read(dns))),
    );
    if problems.is_empty() {
        return Verdict::pass(match old {
            Some(value) => format!("{PROTOCOL_LABEL} is {value}"),
            None => "none is published; none is needed".into(),
        });
    }
    problems.into_iter().map(Verdict::from).collect()
}

/// The first string of the first record, as 1.2 and 1.3 read it; none when only a wildcard answers.
fn value(dns: &DnsFacts, label: &str) -> Option<String> {
    let outcome = dns.outcome(&Query::new(format!("{label}.{}", dns.domain), RecordType::Txt));
    if dns.is_wildcard(RecordType::Txt, outcome) {
        return None;
    }
    // key-secret says what to do about a private key.
    let joined = outcome.records().iter().find_map(|rr| rr.data.joined())?;
    if diagnosis::hold_secret(std::slice::from_ref(&joined)) {
        return None;
    }
    Some(String::from_utf8_lossy(&joined).into_owned())
}

fn bad_value(dns: &DnsFacts, value: &str) -> Option<Problem> {
    let known = value.eq_ignore_ascii_case("http") || value.eq_ignore_ascii_case("https");
    (!known).then(|| {
        Problem::new(
            Severity::Warning,
            format!(
                "TXT {PROTOCOL_LABEL}.{} is `{}`; only `http` and `https` are valid",
                dns.domain,
                diagnosis::shown(&[value.as_bytes().to_vec()]).concat()
            ),
            "servers 1.2 and 1.3 use https for any text but `http`",
            with_line(
                "Delete it if the server speaks https. If it speaks http, publish:",
                &format!("{PROTOCOL_LABEL}.{}. 3600 IN TXT \"http\"", dns.domain),
            ),
        )
    })
}

/// Plain http that is announced only where later servers do not look.
fn plain_http(dns: &DnsFacts, label: &str, value: &str) -> Option<Problem> {
    let found = |label: SrvLabel| {
        matches!(dns.outcome(&Query::new(label.owner(&dns.domain), RecordType::Srv)), Outcome::Found(_))
    };
    let only_tcp = found(SrvLabel::Tcp) && !found(SrvLabel::Http) && !found(SrvLabel::Https);
    (value.eq_ignore_ascii_case("http") && only_tcp).then(|| {
        Problem::new(
            Severity::Warning,
            format!("TXT {label}.{} is http, but servers from 3.4 on call _rocketchat._tcp with https", dns.domain),
            "they open a TLS connection to a port that speaks plain http and fail",
            format!("Publish {} with the same target and port beside it.", SrvLabel::Http.owner(&dns.domain)),
        )
    })
}

fn never_read(dns: &DnsFacts) -> Problem {
    Problem::new(
        Severity::Notice,
        format!("TXT {TCP_PROTOCOL_LABEL}.{} is published", dns.domain),
        "no release uses it, although the documentation names it: servers query it with the wrong record type",
        "Delete it: the SRV name alone selects the protocol.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::sample::{problems, sample, set, txt};

    fn judged(label: &str, value: &str, only_tcp: bool) -> Vec<Problem> {
        let mut dns = sample();
        set(&mut dns, &Query::new(format!("{label}.mydomain.com"), RecordType::Txt), txt(&[&[value]]));
        if only_tcp {
            set(&mut dns, &Query::new("_rocketchat._https.mydomain.com", RecordType::Srv), Outcome::NxDomain);
        }
        problems(judge(&dns, &Expected::default()))
    }

    #[test]
    fn a_value_that_servers_know_is_fine() {
        assert!(problems(judge(&sample(), &Expected::default())).is_empty());
        assert!(judged(PROTOCOL_LABEL, "https", true).is_empty());
        assert!(judged(PROTOCOL_LABEL, "HTTP", false).is_empty());
    }

    #[test]
    fn what_is_not_honoured_is_reported() {
        for (label, value, only_tcp, severity) in [
            (PROTOCOL_LABEL, "ftp", false, Severity::Warning),
            (PROTOCOL_LABEL, "http", true, Severity::Warning),
            (TCP_PROTOCOL_LABEL, "http", true, Severity::Warning),
            (TCP_PROTOCOL_LABEL, "https", true, Severity::Notice),
        ] {
            let found = judged(label, value, only_tcp);
            assert!(found.len() == 1 && found[0].severity == severity, "{label} {value}: {found:?}");
        }
    }
}
