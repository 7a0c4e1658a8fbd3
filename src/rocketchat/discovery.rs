//! Discovery as servers do it: which URL and key each generation finds, or which error its admin reads.

use serde::{Serialize, Serializer};

use super::generation::{Generation, MissingKey, PROTOCOL_LABEL, Protocol, SrvLabel, key_question};
use crate::dns::name::Domain;
use crate::dns::record::{CharacterString, Outcome, Query, RData, RecordType, Rr};
use crate::key::Fingerprint;
use crate::key::diagnosis::as_servers_read;
use crate::key::node_rsa::ImportError;

/// Why a server cannot use a domain. Shown, it is what the server's admin reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// DNS has nothing that the release reads; the hub is queried next.
    #[error("{0}")]
    NotFound(String),
    #[error("Error trying to fetch SRV DNS entries for {0}")]
    SrvLookup(Domain),
    #[error("Invalid URL (the SRV record names the host `{target}` and port {port})")]
    Target { target: String, port: u16 },
    /// A URL with port 0 is valid, and nothing can be connected to.
    #[error("connect ECONNREFUSED (the SRV record leads to {0} at port 0)")]
    PortZero(String),
    /// The error of the resolver is thrown where the key is looked up.
    #[error("queryTxt {code} {name}")]
    KeyLookup { code: &'static str, name: String },
    #[error(transparent)]
    Key(#[from] ImportError),
    /// The answer of the hub is not waited for, so the URL is missing.
    #[error("url must be absolute and start with http:// or https://")]
    HubNotAwaited,
    #[error("no server of native federation is named")]
    NoNativeServer,
    #[error("no server of native federation with a valid key")]
    NoNativeKey,
}

impl Serialize for DiscoveryError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The discovery result of one generation for the records of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiscoveryResult {
    pub id: &'static str,
    pub releases: &'static str,
    /// The base URL it would call.
    pub url: Option<String>,
    /// The key it would use.
    #[serde(rename = "key_fingerprint")]
    pub key: Option<Fingerprint>,
    /// What its admin would read when it cannot use the domain.
    pub error: Option<DiscoveryError>,
    /// What no record can fix, or what the admin should know.
    pub note: Option<String>,
}

impl DiscoveryResult {
    /// True when this generation finds both a URL and a key that works.
    pub fn is_usable(&self) -> bool {
        self.error.is_none()
    }
}

/// Goes through the discovery of `generation`; `answer` gives what its resolver would say.
pub fn discovery<'a>(
    generation: &Generation,
    domain: &Domain,
    answer: impl Fn(&Query) -> &'a Outcome,
) -> DiscoveryResult {
    let (url, url_error) = match find_url(generation, domain, &answer) {
        Ok(url) => (Some(url), None),
        Err(error) => (None, Some(error)),
    };
    let (key, key_error) = match (&url, find_key(generation, domain, &answer)) {
        (None, _) => (None, None),
        (Some(_), Ok(key)) => (Some(key), None),
        (Some(_), Err(error)) => (None, Some(error)),
    };
    // 1.x throws when the key is missing, and drops the SRV record.
    let forgotten = generation.is_first_protocol() && matches!(key_error, Some(DiscoveryError::NotFound(_)));
    let url = url.filter(|_| !forgotten);
    let note = (!generation.sends)
        .then(|| "receives only: it cannot send to any peer (`Invalid URL`), whatever is published".to_owned());
    DiscoveryResult { id: generation.id, releases: generation.releases, url, key, error: url_error.or(key_error), note }
}

fn find_url<'a>(
    generation: &Generation,
    domain: &Domain,
    answer: &impl Fn(&Query) -> &'a Outcome,
) -> Result<String, DiscoveryError> {
    for label in generation.srv {
        let outcome = answer(&Query::new(label.owner(domain), RecordType::Srv));
        if let Some((port, target)) = first_srv(outcome) {
            if target.is_empty() {
                return Err(DiscoveryError::Target { target, port });
            }
            if port == 0 {
                return Err(DiscoveryError::PortZero(target));
            }
            let protocol = match label {
                SrvLabel::Https => Protocol::Https,
                SrvLabel::Http => Protocol::Http,
                SrvLabel::Tcp => tcp_protocol(generation, domain, &target, answer),
            };
            return Ok(format!("{protocol}://{target}:{port}"));
        }
        let retriable = matches!(outcome, Outcome::NxDomain | Outcome::NoData | Outcome::Found(_));
        if generation.is_first_protocol() && !retriable {
            return Err(DiscoveryError::SrvLookup(domain.clone()));
        }
    }
    Err(DiscoveryError::NotFound((generation.not_found)(domain)))
}

/// Which protocol an SRV at `_tcp` means: 1.0 and 1.1 use the name `localhost`, 1.2 and 1.3 a TXT record of which only
/// the first string counts, 3.4 and later always use https (they ask for the TXT with the SRV resolver by mistake).
fn tcp_protocol<'a>(
    generation: &Generation,
    domain: &Domain,
    target: &str,
    answer: &impl Fn(&Query) -> &'a Outcome,
) -> Protocol {
    if generation.reads_protocol {
        let question = Query::new(format!("{PROTOCOL_LABEL}.{domain}"), RecordType::Txt);
        let is_http = first_txt(answer(&question))
            .and_then(|strings| strings.first().map(|first| first.0.eq_ignore_ascii_case(b"http")))
            .unwrap_or(false);
        return if is_http { Protocol::Http } else { Protocol::Https };
    }
    if generation.is_first_protocol() && target == "localhost" { Protocol::Http } else { Protocol::Https }
}

fn find_key<'a>(
    generation: &Generation,
    domain: &Domain,
    answer: &impl Fn(&Query) -> &'a Outcome,
) -> Result<Fingerprint, DiscoveryError> {
    let question = key_question(domain);
    let outcome = answer(&question);
    let text = match first_txt(outcome) {
        Some(strings) => strings.iter().map(|string| string.0.as_slice()).collect::<Vec<_>>().concat(),
        None if generation.missing_key == MissingKey::ThrowsResolverError => {
            return Err(DiscoveryError::KeyLookup { code: node_code(outcome), name: question.name });
        }
        None => Vec::new(),
    };
    if text.is_empty() {
        return Err(DiscoveryError::NotFound((generation.not_found)(domain)));
    }
    Ok(as_servers_read(&text)?.fingerprint())
}

/// Node does not sort by priority or weight: the first record in the order of the answer counts.
fn first_srv(outcome: &Outcome) -> Option<(u16, String)> {
    outcome.records().iter().find_map(|rr: &Rr| match &rr.data {
        RData::Srv { port, target, .. } => Some((*port, target.clone())),
        _ => None,
    })
}

fn first_txt(outcome: &Outcome) -> Option<&[CharacterString]> {
    outcome.records().iter().find_map(|rr: &Rr| match &rr.data {
        RData::Txt(strings) => Some(strings.as_slice()),
        _ => None,
    })
}

/// The code that Node gives to a failed query.
pub fn node_code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Found(_) | Outcome::NoData => "ENODATA",
        Outcome::NxDomain => "ENOTFOUND",
        Outcome::ServFail => "ESERVFAIL",
        Outcome::Refused => "EREFUSED",
        Outcome::OtherRcode(_) => "EFORMERR",
        Outcome::Timeout => "ETIMEOUT",
        Outcome::Unreachable(_) | Outcome::NoRoute | Outcome::NoRecursion => "ECONNREFUSED",
        Outcome::Malformed(_) => "EBADRESP",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::key::PrivateKey;
    use crate::rocketchat::generation::GENERATIONS;
    use crate::rocketchat::generation::KEY_LABEL;

    fn domain() -> Domain {
        "mydomain.com".parse().unwrap()
    }

    fn srv(target: &str, port: u16) -> Outcome {
        Outcome::Found(vec![Rr {
            name: String::new(),
            ttl: 3600,
            data: RData::Srv { priority: 1, weight: 1, port, target: target.into() },
        }])
    }

    fn txt(strings: &[&str]) -> Outcome {
        let strings = strings.iter().map(|string| CharacterString(string.as_bytes().to_vec())).collect();
        Outcome::Found(vec![Rr { name: String::new(), ttl: 3600, data: RData::Txt(strings) }])
    }

    /// url or error of every generation, for records given by their first labels.
    fn view(records: &[(&str, Outcome)]) -> Vec<String> {
        let zone: HashMap<String, &Outcome> =
            records.iter().map(|(label, outcome)| (format!("{label}.mydomain.com"), outcome)).collect();
        let answer = |question: &Query| zone.get(&question.name).copied().unwrap_or(&Outcome::NxDomain);
        let description =
            |discovery: DiscoveryResult| discovery.error.map(|error| error.to_string()).or(discovery.url).unwrap();
        GENERATIONS.iter().map(|generation| description(discovery(generation, &domain(), answer))).collect()
    }

    const HTTPS: &str = "https://chat.mydomain.com:443";
    const NONE_1: &str =
        "Could not find peer for domain mydomain.com, then: Cannot read property 'domain' of undefined";
    const NONE_2: &str = "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]";

    #[test]
    fn each_generation_reads_its_own_names() {
        let key = PrivateKey::generate(2048).unwrap().public().one_line();
        let key = txt(&[&key[..255], &key[255..]]);
        let chat = || srv("chat.mydomain.com", 443);
        let https = view(&[("_rocketchat._https", chat()), (KEY_LABEL, key.clone())]);
        assert_eq!(https, [NONE_1, NONE_1, HTTPS, HTTPS, HTTPS, HTTPS]);
        let tcp =
            view(&[("_rocketchat._tcp", chat()), (KEY_LABEL, key.clone()), (PROTOCOL_LABEL, txt(&["HTTP", "s"]))]);
        assert_eq!(tcp, [HTTPS, "http://chat.mydomain.com:443", NONE_2, HTTPS, HTTPS, HTTPS]);
        let both = view(&[("_rocketchat._https", srv("", 0)), ("_rocketchat._http", chat()), (KEY_LABEL, key)]);
        assert!(both[2].starts_with("Invalid URL") && both[5].starts_with("Invalid URL"), "no way back: {both:?}");
    }

    #[test]
    fn a_missing_key_reads_differently_in_each_generation() {
        let chat = || srv("chat.mydomain.com", 443);
        let description = view(&[("_rocketchat._https", chat()), ("_rocketchat._tcp", chat())]);
        let raw = "queryTxt ENOTFOUND rocketchat-public-key.mydomain.com";
        assert_eq!(description, [NONE_1, NONE_1, raw, NONE_2, NONE_2, NONE_2]);
    }

    #[test]
    fn only_old_servers_stop_at_a_server_failure() {
        let description = view(&[("_rocketchat._tcp", Outcome::ServFail)]);
        assert_eq!(description[0], "Error trying to fetch SRV DNS entries for mydomain.com");
        assert_eq!(description[3], NONE_2);
    }
}
