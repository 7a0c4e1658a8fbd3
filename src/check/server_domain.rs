//! Is the Domain of the server's settings the one that the records are for, byte for byte?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::Generation;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-domain",
    title: "the server's Domain is the published one",
    page: include_str!("../../docs/checks/server-domain.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let text = match own.text("FEDERATION_Domain") {
        Ok(text) => text,
        Err(why) => return Verdict::skip(why.to_string()),
    };
    let domain = own.dns.domain.as_str();
    if text == domain {
        return Verdict::pass(domain);
    }
    let what = format!("the server's Domain is `{}`; expected `{domain}`", text.escape_debug());
    let fix = format!(
        "Set Domain to `{domain}` under Administration > Settings > Federation, and save. Or run:\n  fedctl configure"
    );
    let old = own.release().is_some_and(|release| Generation::of(release).is_first_protocol());
    let (severity, means) = if text.is_empty() {
        (Severity::Error, "a server without a domain cannot name its users to peers")
    } else if text.trim() != text && !old {
        (Severity::Error, "servers never trim it: they use a name that is not in DNS, and peers refuse them")
    } else if text.trim().strip_prefix('@').is_some_and(|rest| rest == domain) {
        (
            Severity::Warning,
            "servers remove the `@` when they send, but \"Test setup\" of 1.x and the wizard of 3.17 and later do \
             not: both show wrong errors",
        )
    } else if text.trim().eq_ignore_ascii_case(domain) {
        (Severity::Warning, "DNS ignores case, but servers compare domains byte for byte")
    } else {
        (Severity::Error, "peers query records of the server's Domain, not of this one, and refuse what it sends")
    };
    vec![Problem::new(severity, what, means, fix).into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::{sample, set};
    use crate::check::sample::problems;

    #[test]
    fn every_way_to_write_it_wrong_has_its_weight() {
        let mut own = sample();
        assert_eq!(judge(&own), Verdict::pass("mydomain.com"));
        for (text, severity) in [
            ("@mydomain.com", Severity::Warning),
            ("MyDomain.com", Severity::Warning),
            (" mydomain.com", Severity::Error),
            ("mydomain.com\n", Severity::Error),
            ("chat.mydomain.com", Severity::Error),
            ("", Severity::Error),
        ] {
            set(&mut own, "FEDERATION_Domain", text.into());
            assert_eq!(problems(judge(&own))[0].severity, severity, "{text:?}");
        }
    }
}
