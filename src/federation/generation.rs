//! The server generations: which questions each asks, which URL and key it ends up with, or which error its admin reads.
//!
//! Classic federation shipped in 1.0.0 and changed its discovery five times. What a domain must publish depends on who asks,
//! so every judgement about records goes through [`GENERATIONS`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::dns_facts::DnsFacts;
use super::domain::Domain;
use super::facts::{Kind, Outcome, Question, Rr, RrData};
use super::importer;
use super::key::{Fingerprint, PublicKey};
use super::record::Protocol;
use crate::error::Hinted;

/// The service and protocol labels of an SRV name that some release asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SrvLabel {
    Https,
    Http,
    Tcp,
}

impl SrvLabel {
    /// All of them, in the order in which 3.4 and later ask.
    pub const ALL: [SrvLabel; 3] = [SrvLabel::Https, SrvLabel::Http, SrvLabel::Tcp];

    /// `_rocketchat._https` and the like.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "_rocketchat._https",
            Self::Http => "_rocketchat._http",
            Self::Tcp => "_rocketchat._tcp",
        }
    }

    /// The owner name of the SRV records under `domain`.
    pub fn owner(self, domain: &Domain) -> String {
        format!("{}.{domain}", self.as_str())
    }
}

/// The label before the domain that holds the public key.
pub const KEY_LABEL: &str = "rocketchat-public-key";
/// The label that 1.2 and 1.3 read to choose between http and https.
pub const PROTOCOL_LABEL: &str = "rocketchat-protocol";
/// The label that the documentation names for 3.4 and later, and that no release honours.
pub const TCP_PROTOCOL_LABEL: &str = "rocketchat-tcp-protocol";

/// One span of releases that discover peers in the same way.
#[derive(Debug)]
pub struct Generation {
    /// Stable identifier, `G1` to `G6`.
    pub id: &'static str,
    /// The releases, as people write them.
    pub releases: &'static str,
    /// The first release of the span; the next generation's first ends it.
    pub first: Release,
    /// SRV names in the order asked; the first that exists wins, and there is no way back from it.
    pub srv: &'static [SrvLabel],
    /// Reads the TXT at `rocketchat-protocol`.
    pub reads_protocol: bool,
    /// What happens when the key's TXT cannot be read.
    missing_key: MissingKey,
    /// The error that an admin reads when no peer was found.
    not_found: fn(&Domain) -> String,
    /// True when this generation can send to peers at all.
    pub sends: bool,
    /// How long an answer is remembered.
    pub memory: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum MissingKey {
    AsksHub,
    ThrowsResolverError,
}

fn not_found_1(domain: &Domain) -> String {
    format!("Could not find peer using domain:{domain} [federation-peer-does-not-exist]")
}

fn not_found_2(_: &Domain) -> String {
    "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]".into()
}

const OLD: &[SrvLabel] = &[SrvLabel::Tcp];
const TWO: &[SrvLabel] = &[SrvLabel::Https, SrvLabel::Http];
const HOUR: &str = "remembers good answers for an hour";

/// Every generation that shipped in a stable release, oldest first.
pub const GENERATIONS: [Generation; 6] = [
    Generation {
        id: "G1",
        releases: "1.0.0 – 1.1.5",
        first: Release(1, 0, 0),
        srv: OLD,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_1,
        sends: true,
        memory: "remembers answers until a request fails",
    },
    Generation {
        id: "G2",
        releases: "1.2.0 – 1.3.5",
        first: Release(1, 2, 0),
        srv: OLD,
        reads_protocol: true,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_1,
        sends: true,
        memory: "remembers answers until a request fails",
    },
    Generation {
        id: "G3",
        releases: "2.0.0 – 3.3.3",
        first: Release(2, 0, 0),
        srv: TWO,
        reads_protocol: false,
        missing_key: MissingKey::ThrowsResolverError,
        not_found: not_found_2,
        sends: true,
        memory: "remembers nothing",
    },
    Generation {
        id: "G4",
        releases: "3.4.0 – 4.1.x",
        first: Release(3, 4, 0),
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: true,
        memory: HOUR,
    },
    Generation {
        id: "G5",
        releases: "4.2.0 – 6.2.x",
        first: Release(4, 2, 0),
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: true,
        memory: HOUR,
    },
    Generation {
        id: "G6",
        releases: "6.3.0 and later",
        first: Release(6, 3, 0),
        srv: &SrvLabel::ALL,
        reads_protocol: false,
        missing_key: MissingKey::AsksHub,
        not_found: not_found_2,
        sends: false,
        memory: "remembers every answer for an hour, failures too",
    },
];

impl Generation {
    /// The generation of a release.
    pub fn of(release: Release) -> &'static Generation {
        GENERATIONS.iter().rfind(|generation| generation.first <= release).unwrap_or(&GENERATIONS[0])
    }

    /// True for 1.0 to 1.3, whose events no later server understands.
    pub fn is_first_protocol(&self) -> bool {
        self.first < Release(2, 0, 0)
    }
}

/// A Rocket.Chat release that holds classic federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Release(pub u16, pub u16, pub u16);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.0, self.1, self.2))
    }
}

impl From<Release> for String {
    fn from(release: Release) -> Self {
        release.to_string()
    }
}

impl TryFrom<String> for Release {
    type Error = Hinted;
    fn try_from(text: String) -> Result<Self, Hinted> {
        text.parse()
    }
}

impl FromStr for Release {
    type Err = Hinted;

    /// `3.18.3`, `3.18` and `3` (missing parts are 0); a pre-release suffix is ignored.
    fn from_str(text: &str) -> Result<Self, Hinted> {
        let refuse = |what: String| Hinted::new(what, "write a release such as `3.18.3`");
        let number = text.strip_prefix('v').unwrap_or(text).split(['-', '+']).next().unwrap_or_default();
        let parts: Option<Vec<u16>> = number.split('.').map(|part| part.parse().ok()).collect();
        let release = match parts.as_deref() {
            Some([major]) => Self(*major, 0, 0),
            Some([major, minor]) => Self(*major, *minor, 0),
            Some([major, minor, patch]) => Self(*major, *minor, *patch),
            _ => return Err(refuse(format!("`{text}` is not a release"))),
        };
        if release < Self(1, 0, 0) {
            return Err(refuse(format!("no stable release before 1.0.0 has federation, so `{text}` has none")));
        }
        Ok(release)
    }
}

/// Every question that some generation asks about `domain`.
pub fn questions(domain: &Domain) -> Vec<Question> {
    let srv = SrvLabel::ALL.iter().map(|label| Question::new(label.owner(domain), Kind::Srv));
    let txt = [KEY_LABEL, PROTOCOL_LABEL, TCP_PROTOCOL_LABEL].iter();
    srv.chain(txt.map(|label| Question::new(format!("{label}.{domain}"), Kind::Txt))).collect()
}

/// The question for the public key of `domain`.
pub fn key_question(domain: &Domain) -> Question {
    Question::new(format!("{KEY_LABEL}.{domain}"), Kind::Txt)
}

/// What one generation makes of the records of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    pub id: &'static str,
    pub releases: &'static str,
    /// The base URL it would call.
    pub url: Option<String>,
    /// The key it would use.
    #[serde(rename = "key_fingerprint")]
    pub key: Option<Fingerprint>,
    /// What its admin would read when it cannot use the domain.
    pub error: Option<String>,
    /// What no record can mend, or what the admin should know.
    pub note: Option<String>,
}

impl Sight {
    /// True when this generation finds both a URL and a key that works.
    pub fn is_usable(&self) -> bool {
        self.error.is_none()
    }
}

/// What every generation makes of the published records, oldest first.
pub fn sights(dns: &DnsFacts) -> Vec<Sight> {
    GENERATIONS.iter().map(|generation| sight(generation, &dns.domain, |question| dns.outcome(question))).collect()
}

/// Goes through the discovery of `generation`; `answer` gives what its resolver would say.
pub fn sight(generation: &Generation, domain: &Domain, answer: impl Fn(&Question) -> Outcome) -> Sight {
    let (url, url_error) = match find_url(generation, domain, &answer) {
        Ok(url) => (Some(url), None),
        Err(error) => (None, Some(error)),
    };
    let (key, key_error) = match (&url, find_key(generation, domain, &answer)) {
        (None, _) => (None, None),
        (Some(_), Ok(key)) => (Some(key), None),
        (Some(_), Err(error)) => (None, Some(error)),
    };
    let note = (!generation.sends)
        .then(|| "receives only: it cannot send to any peer (`Invalid URL`), whatever is published".to_owned());
    Sight { id: generation.id, releases: generation.releases, url, key, error: url_error.or(key_error), note }
}

fn find_url(
    generation: &Generation,
    domain: &Domain,
    answer: &impl Fn(&Question) -> Outcome,
) -> Result<String, String> {
    for label in generation.srv {
        let outcome = answer(&Question::new(label.owner(domain), Kind::Srv));
        if let Some((port, target)) = first_srv(&outcome) {
            if target.is_empty() || port == 0 {
                return Err(format!("Invalid URL (the SRV record says `{target}` and port {port})"));
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
            return Err(format!("Error trying to fetch SRV DNS entries for {domain}"));
        }
    }
    Err((generation.not_found)(domain))
}

/// Which protocol an SRV at `_tcp` means: 1.0 and 1.1 go by the name `localhost`, 1.2 and 1.3 by a TXT record of which only
/// the first string counts, 3.4 and later always use https (they ask for the TXT with the SRV resolver by mistake).
fn tcp_protocol(
    generation: &Generation,
    domain: &Domain,
    target: &str,
    answer: &impl Fn(&Question) -> Outcome,
) -> Protocol {
    if generation.reads_protocol {
        let question = Question::new(format!("{PROTOCOL_LABEL}.{domain}"), Kind::Txt);
        let says_http = first_txt(&answer(&question))
            .and_then(|strings| strings.first().map(|first| first.eq_ignore_ascii_case(b"http")))
            .unwrap_or(false);
        return if says_http { Protocol::Http } else { Protocol::Https };
    }
    if generation.is_first_protocol() && target == "localhost" { Protocol::Http } else { Protocol::Https }
}

fn find_key(
    generation: &Generation,
    domain: &Domain,
    answer: &impl Fn(&Question) -> Outcome,
) -> Result<Fingerprint, String> {
    let question = key_question(domain);
    let outcome = answer(&question);
    let text = match first_txt(&outcome) {
        Some(strings) => strings.concat(),
        None if generation.missing_key == MissingKey::ThrowsResolverError => {
            return Err(format!("queryTxt {} {}", node_code(&outcome), question.name));
        }
        None => return Err((generation.not_found)(domain)),
    };
    if text.is_empty() {
        return Err((generation.not_found)(domain));
    }
    let numbers = importer::import(&text)?;
    PublicKey::from_numbers(numbers.n, numbers.e)
        .map(|key| key.fingerprint())
        .map_err(|why| format!("Error during decryption (probably incorrect key): {why}"))
}

/// Node does not sort by priority or weight: the first record in the order of the answer counts.
fn first_srv(outcome: &Outcome) -> Option<(u16, String)> {
    outcome.records().iter().find_map(|rr: &Rr| match &rr.data {
        RrData::Srv { port, target, .. } => Some((*port, target.clone())),
        _ => None,
    })
}

fn first_txt(outcome: &Outcome) -> Option<Vec<Vec<u8>>> {
    outcome.records().iter().find_map(|rr: &Rr| match &rr.data {
        RrData::Txt(strings) => Some(strings.iter().map(|string| string.0.clone()).collect()),
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
        Outcome::Unreachable(_) => "ECONNREFUSED",
        Outcome::Malformed(_) => "EBADRESP",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::federation::facts::Text;
    use crate::federation::key::PrivateKey;

    fn domain() -> Domain {
        "mydomain.com".parse().unwrap()
    }

    fn srv(target: &str, port: u16) -> Outcome {
        Outcome::Found(vec![Rr {
            name: String::new(),
            ttl: 3600,
            data: RrData::Srv { priority: 1, weight: 1, port, target: target.into() },
        }])
    }

    fn txt(strings: &[&str]) -> Outcome {
        let strings = strings.iter().map(|string| Text(string.as_bytes().to_vec())).collect();
        Outcome::Found(vec![Rr { name: String::new(), ttl: 3600, data: RrData::Txt(strings) }])
    }

    /// url or error of every generation, for records given by their first labels.
    fn eyes(records: &[(&str, Outcome)]) -> Vec<String> {
        let zone: HashMap<String, &Outcome> =
            records.iter().map(|(label, outcome)| (format!("{label}.mydomain.com"), outcome)).collect();
        let answer = |question: &Question| zone.get(&question.name).map_or(Outcome::NxDomain, |found| (*found).clone());
        let told = |sight: Sight| sight.error.or(sight.url).unwrap();
        GENERATIONS.iter().map(|generation| told(sight(generation, &domain(), answer))).collect()
    }

    const HTTPS: &str = "https://chat.mydomain.com:443";
    const NONE_1: &str = "Could not find peer using domain:mydomain.com [federation-peer-does-not-exist]";
    const NONE_2: &str = "Could not find the peer using DNS or Hub [federation-error-peer-no-found-using-dns]";

    #[test]
    fn each_generation_reads_its_own_names() {
        let key = PrivateKey::generate(2048).unwrap().public().one_line();
        let key = txt(&[&key[..255], &key[255..]]);
        let chat = || srv("chat.mydomain.com", 443);
        let https = eyes(&[("_rocketchat._https", chat()), (KEY_LABEL, key.clone())]);
        assert_eq!(https, [NONE_1, NONE_1, HTTPS, HTTPS, HTTPS, HTTPS]);
        let tcp =
            eyes(&[("_rocketchat._tcp", chat()), (KEY_LABEL, key.clone()), (PROTOCOL_LABEL, txt(&["HTTP", "s"]))]);
        assert_eq!(tcp, [HTTPS, "http://chat.mydomain.com:443", NONE_2, HTTPS, HTTPS, HTTPS]);
        let both = eyes(&[("_rocketchat._https", srv("", 0)), ("_rocketchat._http", chat()), (KEY_LABEL, key)]);
        assert!(both[2].starts_with("Invalid URL") && both[5].starts_with("Invalid URL"), "no way back: {both:?}");
    }

    #[test]
    fn a_missing_key_reads_differently_in_each_generation() {
        let chat = || srv("chat.mydomain.com", 443);
        let told = eyes(&[("_rocketchat._https", chat()), ("_rocketchat._tcp", chat())]);
        let raw = "queryTxt ENOTFOUND rocketchat-public-key.mydomain.com";
        assert_eq!(told, [NONE_1, NONE_1, raw, NONE_2, NONE_2, NONE_2]);
    }

    #[test]
    fn only_old_servers_stop_at_a_server_failure() {
        let told = eyes(&[("_rocketchat._tcp", Outcome::ServFail)]);
        assert_eq!(told[0], "Error trying to fetch SRV DNS entries for mydomain.com");
        assert_eq!(told[3], NONE_2);
    }

    #[test]
    fn releases_find_their_generation() {
        for (release, id) in
            [("1.0", "G1"), ("1.3.5", "G2"), ("3.3.3", "G3"), ("3.18.3", "G4"), ("5", "G5"), ("6.3.0", "G6")]
        {
            assert_eq!(Generation::of(release.parse().unwrap()).id, id, "{release}");
        }
        assert!("0.74.3".parse::<Release>().is_err() && "latest".parse::<Release>().is_err());
    }
}
