//! A run of `dns-check` as a file: every question, every answer as bytes, who gave it, when; and what was expected. Judging it
//! again needs no network and gives the same report.

use serde::{Deserialize, Serialize};

use super::dns::{DnsFacts, Expected, Kinds};
use super::native::NativeFacts;
use super::server::ServerView;
use crate::dns::name::Host;
use crate::dns::record::{CharacterString, Outcome, RData};
use crate::error::Hinted;
use crate::key::PublicKey;
use crate::key::diagnosis;
use crate::position::Position;
use crate::rocketchat::release::Release;

/// Raised when older programs could no longer read the file.
pub const SCHEMA: u32 = 2;
/// What replaces a private key that somebody has published.
pub const WITHHELD: &str = "-----BEGIN PRIVATE KEY-----withheld by fedctl";

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub schema: u32,
    /// Who wrote it.
    pub program: String,
    pub runs: Vec<Run>,
}

/// One domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub facts: DnsFacts,
    pub expected: SavedExpectation,
    /// What the server's own resolver says, when it was queried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_server: Option<ServerView>,
    /// What native federation finds, when that was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<NativeFacts>,
    /// Milliseconds.
    pub elapsed: u64,
}

/// [`Expected`], with the key as its one-line text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedExpectation {
    pub key: Option<String>,
    pub key_source: String,
    pub target: Option<Host>,
    pub port: Option<u16>,
    pub releases: Vec<Release>,
    #[serde(default)]
    pub kinds: Kinds,
}

impl Evidence {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, Hinted> {
        let hint = "`fedctl dns-check DOMAIN --save FILE` writes such a file";
        let evidence: Self = serde_json::from_str(text)
            .map_err(|error| Hinted::new(format!("this is not an evidence file: {error}"), hint))?;
        if evidence.schema != SCHEMA {
            let what = format!("the evidence file has schema {}, this fedctl reads {SCHEMA}", evidence.schema);
            let at = Position::in_json(text, &["schema".to_owned()]);
            return Err(Hinted::new(what, "use the fedctl that wrote it").at(at));
        }
        Ok(evidence)
    }
}

impl From<&Expected> for SavedExpectation {
    fn from(expected: &Expected) -> Self {
        Self {
            key: expected.key.as_ref().map(PublicKey::one_line),
            key_source: expected.key_source.clone(),
            target: expected.target.clone(),
            port: expected.port,
            releases: expected.releases.clone(),
            kinds: expected.kinds,
        }
    }
}

impl SavedExpectation {
    /// What was expected when the file was written.
    pub fn restore(&self) -> Result<Expected, Hinted> {
        Ok(Expected {
            key: self.key.as_deref().map(PublicKey::from_pem).transpose()?,
            key_source: self.key_source.clone(),
            target: self.target.clone(),
            port: self.port,
            releases: self.releases.clone(),
            kinds: self.kinds,
            is_contacted: false,
        })
    }
}

/// The text, unless there is a private key in it.
pub fn withheld(text: &str) -> String {
    if diagnosis::hold_secret(&[text.as_bytes().to_vec()]) { WITHHELD.to_owned() } else { text.to_owned() }
}

/// Takes private keys that somebody has published out of the facts, so that neither a report nor a file can repeat them.
pub fn withhold_secrets(dns: &mut DnsFacts) {
    let seen = dns.observations.iter_mut().map(|seen| &mut seen.reply.outcome);
    for outcome in seen.chain(dns.probes.iter_mut().map(|probe| &mut probe.reply.outcome)) {
        let Outcome::Found(records) = outcome else { continue };
        let values: Vec<Vec<u8>> = records.iter().filter_map(|rr| rr.data.joined()).collect();
        if !diagnosis::hold_secret(&values) {
            continue;
        }
        for rr in records {
            if let RData::Txt(strings) = &mut rr.data {
                *strings = vec![CharacterString(WITHHELD.as_bytes().to_vec())];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::sample::{sample, set, txt};
    use crate::key::PrivateKey;
    use crate::key::diagnosis::DefectKind;
    use crate::rocketchat::generation::key_question;

    fn evidence(facts: DnsFacts) -> Evidence {
        let expected = SavedExpectation { port: Some(443), ..SavedExpectation::default() };
        Evidence {
            schema: SCHEMA,
            program: "fedctl".into(),
            runs: vec![Run { facts, expected, at_server: None, native: None, elapsed: 5 }],
        }
    }

    #[test]
    fn facts_come_back_as_they_were() {
        let mut dns = sample();
        let question = key_question(&dns.domain);
        set(&mut dns, &question, Outcome::Malformed("x".into()));
        dns.zone = Err(crate::facts::dns::ZoneFailure::NoResolver);
        let saved = evidence(dns);
        assert_eq!(Evidence::parse(&serde_json::to_string(&saved).unwrap()).unwrap(), saved);
    }

    #[test]
    fn what_is_no_evidence_is_refused() {
        assert!(Evidence::parse("{}").is_err());
        let newer = Evidence { schema: 3, ..evidence(sample()) };
        assert!(Evidence::parse(&serde_json::to_string(&newer).unwrap()).unwrap_err().to_string().contains("schema 3"));
    }

    #[test]
    fn a_published_private_key_is_withheld_and_still_reported() {
        let key = PrivateKey::generate(2048).unwrap();
        let line = key.one_line().unwrap();
        for records in [&[&[&line[..]][..]][..], &[&[&line[..800]], &[&line[800..]]]] {
            let mut dns = sample();
            let question = key_question(&dns.domain);
            set(&mut dns, &question, txt(records));
            withhold_secrets(&mut dns);
            let saved = serde_json::to_string(&evidence(dns.clone())).unwrap();
            assert!(!saved.contains(&line[100..130]) && !saved.contains(&line[900..930]));
            let strings = vec![vec![WITHHELD.as_bytes().to_vec()]];
            assert!(diagnosis::examine_records(&strings).has(DefectKind::PrivateKey));
        }
    }
}
