//! Will the hub's mail arrive?

use super::{Check, Judge, Needs};
use crate::facts::hub::{HubFacts, NoMail};
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-mail",
    title: "mail to webmaster@ at the domain can be delivered",
    page: include_str!("../../docs/checks/hub-mail.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    let domain = &facts.domain;
    match facts.exchangers() {
        Ok(hosts) => Verdict::pass(format!("webmaster@{domain} goes to {}", hosts.join(", "))),
        Err(NoMail::NotQueried) => Verdict::skip("no mail is sent"),
        Err(why @ NoMail::Failed(_)) => Verdict::skip(why.to_string()),
        Err(why) => vec![
            Problem::new(
                Severity::Error,
                format!("webmaster@{domain} cannot get mail: {why}"),
                "the hub sends its link there, and without that link nothing is ever registered",
                format!(
                    "Publish an MX record for {domain} and a mailbox webmaster, or use DNS records instead of the hub."
                ),
            )
            .into(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::sample;
    use crate::check::sample::problems;
    use crate::dns::record::{Outcome, Query, RData, RecordType, Rr};

    #[test]
    fn a_domain_without_mail_is_reported() {
        assert_eq!(judge(&sample()), Verdict::pass("webmaster@mydomain.com goes to mail.mydomain.com"));
        let judged = |mail: Vec<(Query, Outcome)>| judge(&HubFacts { mail, ..sample() });
        let mx = |outcome| (Query::new("mydomain.com", RecordType::Mx), outcome);
        let rr = |data| Outcome::Found(vec![Rr { name: String::new(), ttl: 60, data }]);
        let exchange = |name: &str| rr(RData::Mx { preference: 0, exchange: name.into() });
        assert!(problems(judged(vec![mx(Outcome::NxDomain)]))[0].what.contains("neither an MX"));
        assert!(problems(judged(vec![mx(exchange(""))]))[0].what.contains("receives no mail"));
        assert!(problems(judged(vec![mx(exchange("mail.mydomain.com"))]))[0].what.contains("no host of its MX"));
        let own = (Query::new("mydomain.com", RecordType::A), rr(RData::A([192, 0, 2, 1].into())));
        assert!(problems(judged(vec![mx(Outcome::NoData), own])).is_empty(), "RFC 5321: the domain itself");
        assert!(matches!(judged(vec![mx(Outcome::Timeout)]).as_slice(), [Verdict::Skip { .. }]));
    }
}
