//! Names under which people publish the right record by mistake. Asked only when the right name has none.

use super::dns::DnsFacts;
use crate::dns::name::Host;
use crate::dns::record::{Query, RecordType};
use crate::rocketchat::generation::{KEY_LABEL, SrvLabel, key_question};

/// A wrong name, what the mistake is, and the right name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    pub question: Query,
    pub mistake: String,
    pub meant: String,
}

/// The wrong names worth asking for, given what is missing. `target` is the host that runs the server, if it is known.
pub fn candidates(dns: &DnsFacts, target: Option<&Host>) -> Vec<NearMiss> {
    let key = key_question(&dns.domain);
    let mut found = Vec::new();
    if is_missing(dns, &key) {
        found.extend(key_names(dns, target));
    }
    let srv = SrvLabel::ALL.map(|label| Query::new(label.owner(&dns.domain), RecordType::Srv));
    if srv.iter().all(|question| is_missing(dns, question)) {
        found.extend(srv_names(dns, target));
    }
    let asked: Vec<&Query> = srv.iter().chain([&key]).collect();
    found.retain(|miss: &NearMiss| !asked.contains(&&miss.question));
    found
}

/// No server finds a record there that somebody made for this name.
fn is_missing(dns: &DnsFacts, question: &Query) -> bool {
    let outcome = dns.outcome(question);
    outcome.is_absent() || dns.is_wildcard(question.kind, outcome)
}

/// Names where a text may be that nobody needs there, such as a private key, and that are not requested otherwise.
pub fn strays(dns: &DnsFacts) -> Vec<Query> {
    let domain = &dns.domain;
    let mut names: Vec<Query> = Vec::new();
    // Otherwise these are candidates.
    if !is_missing(dns, &key_question(domain)) {
        names.extend(key_names(dns, None).into_iter().map(|miss| miss.question));
    }
    names.extend(
        ["rocketchat-private-key", "_rocketchat-private-key"]
            .map(|label| Query::new(format!("{label}.{domain}"), RecordType::Txt)),
    );
    names.extend(SrvLabel::ALL.map(|label| Query::new(label.owner(domain), RecordType::Txt)));
    names
}

fn key_names(dns: &DnsFacts, target: Option<&Host>) -> Vec<NearMiss> {
    let domain = &dns.domain;
    let meant = key_question(domain).name;
    let miss = |name: String, mistake: &str| NearMiss {
        question: Query::new(name, RecordType::Txt),
        mistake: mistake.to_owned(),
        meant: meant.clone(),
    };
    let mut names = vec![
        miss(format!("_{KEY_LABEL}.{domain}"), "an underscore too many"),
        miss(format!("rocketchat-public_key.{domain}"), "an underscore instead of a hyphen"),
        miss(format!("rocketchat_public-key.{domain}"), "an underscore instead of a hyphen"),
        miss(format!("rocketchat_public_key.{domain}"), "underscores instead of hyphens"),
        miss(format!("rocketchat-publickey.{domain}"), "a hyphen is missing"),
        miss(format!("rocket.chat-public-key.{domain}"), "a dot too many"),
        miss(domain.to_string(), "the form of the pre-releases of 1.0.0, at the domain itself"),
    ];
    names.extend(
        elsewhere(dns, target).into_iter().map(|(place, mistake)| miss(format!("{KEY_LABEL}.{place}"), &mistake)),
    );
    names
}

fn srv_names(dns: &DnsFacts, target: Option<&Host>) -> Vec<NearMiss> {
    let domain = &dns.domain;
    let miss = |name: String, meant: SrvLabel, mistake: &str| NearMiss {
        question: Query::new(name, RecordType::Srv),
        mistake: mistake.to_owned(),
        meant: meant.owner(domain),
    };
    let mut names = Vec::new();
    for label in SrvLabel::ALL {
        let protocol = label.as_str().trim_start_matches("_rocketchat.");
        let bare = protocol.trim_start_matches('_');
        names.push(miss(format!("rocketchat.{protocol}.{domain}"), label, "the underscore of the service is missing"));
        names.push(miss(format!("_rocketchat.{bare}.{domain}"), label, "the underscore of the protocol is missing"));
        names.push(miss(
            format!("{}._rocketchat.{protocol}.{domain}", label.as_str()),
            label,
            "service and protocol were typed into the name too",
        ));
        names.push(miss(
            format!("_rocketchat.{protocol}._tcp.{domain}"),
            label,
            "the form added its own protocol label",
        ));
        for (place, mistake) in elsewhere(dns, target) {
            names.push(miss(format!("{}.{place}", label.as_str()), label, &mistake));
        }
    }
    names.push(miss(format!("_rocketchat.{domain}"), SrvLabel::Https, "the protocol label is missing"));
    names
}

/// Places where the right label may stand under the wrong domain.
fn elsewhere(dns: &DnsFacts, target: Option<&Host>) -> Vec<(String, String)> {
    let domain = dns.domain.as_str();
    let mut places = vec![(format!("{domain}.{domain}"), "the form appended the zone to a full name".to_owned())];
    if let Ok(zone) = &dns.zone
        && zone.apex.as_str() != domain
    {
        places.push((format!("{domain}.{}", zone.apex), "the form appended the zone to a full name".to_owned()));
    }
    let host = target.map_or_else(|| format!("chat.{domain}"), ToString::to_string);
    if host != domain {
        places.push((host, "under the host that runs the server, not under the domain".to_owned()));
    }
    if let Some(up) = dns.domain.host().parent() {
        places.push((up.to_string(), "one label up, while the server's Domain setting is below it".to_owned()));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::Outcome;
    use crate::facts::dns::ZoneFailure;
    use crate::facts::sample::{sample, set};

    fn facts() -> DnsFacts {
        DnsFacts {
            domain: "team.mydomain.com".parse().unwrap(),
            time: 0,
            zone: Err(ZoneFailure::NotAsked),
            observers: vec![],
            observations: vec![],
            probes: vec![],
            elsewhere: Vec::new(),
            left_out: vec![],
        }
    }

    #[test]
    fn no_wrong_name_is_a_right_one_and_none_comes_twice() {
        let dns = facts();
        let names: Vec<NearMiss> = key_names(&dns, None).into_iter().chain(srv_names(&dns, None)).collect();
        let right: Vec<Query> = crate::rocketchat::generation::questions(&dns.domain);
        for (at, miss) in names.iter().enumerate() {
            assert!(!right.contains(&miss.question), "{miss:?}");
            assert!(!names[..at].iter().any(|other| other.question == miss.question), "{miss:?}");
        }
        assert!(names.iter().any(|miss| miss.question.name == "rocketchat-public-key.mydomain.com"));
        assert!(names.iter().any(|miss| miss.question.name == "_rocketchat._https.chat.team.mydomain.com"));
    }

    #[test]
    fn no_text_is_requested_that_is_a_candidate_too() {
        for outcome in [Outcome::NxDomain, Outcome::Timeout] {
            let mut dns = sample();
            let key = key_question(&dns.domain);
            set(&mut dns, &key, outcome.clone());
            let texts = strays(&dns);
            let candidates = candidates(&dns, None);
            assert!(!candidates.iter().any(|miss| texts.contains(&miss.question)));
            assert_eq!(candidates.is_empty(), outcome == Outcome::Timeout);
            assert!(texts.iter().any(|text| text.name.starts_with("rocketchat-private-key.")));
        }
    }

    #[test]
    fn nothing_is_queried_while_nothing_is_known_to_be_missing() {
        assert!(candidates(&facts(), None).is_empty());
    }
}
