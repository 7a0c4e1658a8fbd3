//! What servers of native federation find at a domain: the well-known file, SRV records, and the server at their end.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::call::NoAddress;
use super::peer::{Answer, ConnectFailure, Exchange, HttpFailure};
use super::tls::{Session, TlsFacts};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RData, RecordType, Response};
use crate::rocketchat::discovery::{DiscoveryError, DiscoveryResult};
use crate::rocketchat::native::{self, Defect, Delegation, KeyDefect, RELEASES, SigningKey, SrvLabel};

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeFacts {
    pub domain: Domain,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    pub file: FileFacts,
    /// SRV records and the addresses of their targets, as the first resolver that answers has them.
    pub answers: Vec<(Query, Response)>,
    /// Where servers go on to; `None` when DNS leads nowhere.
    pub destination: Option<Destination>,
    pub server: Option<ServerFacts>,
}

/// The request for the well-known file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Why there was no request.
    pub unreachable: Option<NoServer>,
    /// The first request, and those that redirects led to.
    pub exchanges: Vec<Exchange>,
    /// Why the redirects led nowhere.
    pub stopped: Option<LostRedirect>,
    /// The TLS handshake, when there was no answer.
    pub tls: Option<TlsFacts>,
}

/// Why a server is not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NoServer {
    #[error("{0}")]
    NoAddress(NoAddress),
    #[error(transparent)]
    Connect(ConnectFailure),
}

/// Why a redirect is not followed to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LostRedirect {
    #[error("it redirects to {0}, which is not https")]
    NotHttps(String),
    #[error("it redirects, and {0}")]
    NoServer(NoServer),
    #[error("it redirects more than {}", counted(.0, "time"))]
    TooMany(usize),
}

/// The step of discovery that names the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The well-known file, with a port or an address.
    File,
    Srv(SrvLabel),
    /// Port 8448 of the host.
    Port,
}

/// Where servers connect, and in which name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub way: Way,
    pub host: String,
    pub port: u16,
    /// The name that the certificate must be valid for, and the header field `Host`.
    pub name: String,
    /// The port in the header field `Host`.
    pub name_port: u16,
}

/// The server at the destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The address that took a connection.
    pub addr: Result<SocketAddr, NoServer>,
    pub tls: Option<TlsFacts>,
    pub version: Option<Exchange>,
    pub keys: Option<Exchange>,
}

/// What the well-known file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// There is none; servers go on with SRV records.
    None(NoFile),
    /// There is one that servers cannot use; they go on with SRV records.
    Unusable(FileDefect),
    Names(Delegation),
}

/// Why there is no well-known file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoFile {
    #[error(transparent)]
    NoServer(NoServer),
    #[error(transparent)]
    Unanswered(HttpFailure),
    #[error("status {0}")]
    Status(u16),
    #[error("it was not queried")]
    NotQueried,
}

/// Why a well-known file is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileDefect {
    #[error(transparent)]
    Redirect(LostRedirect),
    #[error(transparent)]
    Content(Defect),
    #[error("its server has a certificate that servers reject: {0}")]
    Certificate(&'static str),
}

/// Why a route gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("it was not queried")]
    NotQueried,
    #[error(transparent)]
    Failed(HttpFailure),
}

impl NativeFacts {
    /// The host that SRV records and port 8448 are looked for at: that of the file, else the domain.
    pub fn base(&self) -> String {
        match self.file.content() {
            File::Names(delegation) => delegation.host,
            File::None(_) | File::Unusable(_) => self.domain.to_string(),
        }
    }

    /// The first SRV record of the first name that has one.
    pub fn srv(&self) -> Option<(SrvLabel, String, u16)> {
        let base = self.base();
        let first = |label: SrvLabel| {
            let records = self.outcome(&label.owner(&base), RecordType::Srv)?.records();
            records.iter().find_map(|rr| match &rr.data {
                RData::Srv { target, port, .. } => Some((label, target.clone(), *port)),
                _ => None,
            })
        };
        SrvLabel::ALL.into_iter().find_map(first)
    }

    /// What DNS answered, when it was queried.
    pub fn outcome(&self, name: &str, kind: RecordType) -> Option<&Outcome> {
        self.response(name, kind).map(|response| &response.outcome)
    }

    /// The same with what stood around it.
    pub fn response(&self, name: &str, kind: RecordType) -> Option<&Response> {
        let question = Query::new(name, kind);
        self.answers.iter().find(|(asked, _)| *asked == question).map(|(_, response)| response)
    }

    /// The TLS handshake with the server, when it ended well.
    pub fn session(&self) -> Option<&Session> {
        self.server.as_ref()?.tls.as_ref()?.outcome.as_ref().ok()
    }

    /// True when servers reach the server and trust it.
    pub fn is_trusted(&self) -> bool {
        self.server.as_ref().and_then(|server| server.tls.as_ref()).is_some_and(TlsFacts::is_trusted)
    }

    /// The answer of a route, or why there is none.
    pub fn answer<'a>(
        &'a self,
        route: impl Fn(&'a ServerFacts) -> &'a Option<Exchange>,
    ) -> Result<&'a Answer, NoAnswer> {
        let exchange = self.server.as_ref().and_then(|server| route(server).as_ref()).ok_or(NoAnswer::NotQueried)?;
        exchange.outcome.as_ref().map_err(|why| NoAnswer::Failed(why.clone()))
    }

    /// The signing key of the server, or what is wrong with it.
    pub fn signing_key(&self) -> Result<SigningKey, KeyDefect> {
        let answer = self.answer(|server| &server.keys).ok().filter(|answer| answer.status == 200);
        let json = answer.and_then(|answer| answer.json.as_ref()).ok_or(KeyDefect::NoObject)?;
        native::signing_key(json, self.domain.as_str(), self.time)
    }

    /// One row of the table by release.
    pub fn discovery(&self) -> DiscoveryResult {
        let url = self.destination.as_ref().map(|to| format!("https://{}", to.authority()));
        let works = self.is_trusted() && self.signing_key().is_ok();
        let error = match (&url, works) {
            (_, true) => None,
            (None, _) => Some(DiscoveryError::NoNativeServer),
            (Some(_), false) => Some(DiscoveryError::NoNativeKey),
        };
        DiscoveryResult { id: "native", releases: RELEASES, url, key: None, error, note: None }
    }
}

impl FileFacts {
    /// What it says.
    pub fn content(&self) -> File {
        if let Some(why) = &self.unreachable {
            return File::None(NoFile::NoServer(why.clone()));
        }
        if let Some(why) = &self.stopped {
            return File::Unusable(FileDefect::Redirect(why.clone()));
        }
        let answer = match self.exchanges.last().map(|exchange| &exchange.outcome) {
            Some(Ok(answer)) => answer,
            Some(Err(why)) => return self.unanswered(why),
            None => return File::None(NoFile::NotQueried),
        };
        let unusable = |defect| File::Unusable(FileDefect::Content(defect));
        match (answer.status, &answer.json) {
            (200, Some(json)) => native::delegation(json).map_or_else(unusable, File::Names),
            (200, None) => unusable(Defect::NoObject),
            (status, _) => File::None(NoFile::Status(status)),
        }
    }

    /// A certificate that nobody trusts hides a file that may be there.
    fn unanswered(&self, why: &HttpFailure) -> File {
        let session = self.tls.as_ref().and_then(|tls| tls.outcome.as_ref().ok());
        match session.and_then(Session::node_error) {
            Some(error) => File::Unusable(FileDefect::Certificate(error)),
            None => File::None(NoFile::Unanswered(why.clone())),
        }
    }
}

impl Destination {
    /// Host and port to connect to.
    pub fn authority(&self) -> String {
        Delegation { host: self.host.clone(), port: Some(self.port) }.to_string()
    }
}

#[cfg(test)]
pub mod sample {
    use serde_json::{Value, json};

    use super::*;
    use crate::dns::record::{Rr, Transport};
    use crate::facts::tls::{Certificate, Trust};

    pub fn exchange(path: &str, status: u16, json: Option<Value>) -> Exchange {
        let answer = Answer {
            status,
            content_type: "application/json".into(),
            location: None,
            length: 2,
            excerpt: json.as_ref().map(ToString::to_string).unwrap_or_default(),
            json,
            front: Vec::new(),
            date: None,
        };
        Exchange { method: "GET".into(), path: path.into(), elapsed: 1, outcome: Ok(answer), dropped: None }
    }

    pub fn answered(name: &str, kind: RecordType, data: Option<RData>) -> (Query, Response) {
        let rr = |data| Rr { name: name.into(), ttl: 60, data };
        let outcome = data.map_or(Outcome::NxDomain, |data| Outcome::Found(vec![rr(data)]));
        (Query::new(name, kind), Response::bare(outcome, Transport::Udp))
    }

    /// A trusted handshake with a server whose certificate has this name.
    pub fn session(name: &str) -> TlsFacts {
        let leaf = Certificate {
            subject: name.into(),
            issuer: "authority".into(),
            names: vec![name.into()],
            not_before: 0,
            not_after: 2_000_000_000,
            self_issued: false,
        };
        let outcome = Ok(Session {
            version: "TLS 1.3".into(),
            speaks_12: None,
            chain: vec![leaf],
            trust: Trust::Trusted,
            name_fits: true,
        });
        TlsFacts { elapsed: 1, outcome }
    }

    /// mydomain.com, whose file names chat.mydomain.com:443.
    pub fn sample() -> NativeFacts {
        let host = "chat.mydomain.com".to_owned();
        NativeFacts {
            domain: "mydomain.com".parse().unwrap(),
            time: 1_700_000_000,
            file: FileFacts {
                unreachable: None,
                exchanges: vec![exchange(native::WELL_KNOWN, 200, Some(json!({"m.server": "chat.mydomain.com:443"})))],
                stopped: None,
                tls: None,
            },
            answers: Vec::new(),
            destination: Some(Destination {
                way: Way::File,
                host: host.clone(),
                port: 443,
                name: host.clone(),
                name_port: 443,
            }),
            server: Some(ServerFacts {
                addr: Ok("192.0.2.7:443".parse().unwrap()),
                tls: Some(session(&host)),
                version: Some(exchange(
                    native::VERSION,
                    200,
                    Some(json!({"server": {"name": "Rocket.Chat", "version": "8.0.0"}})),
                )),
                keys: Some(exchange(
                    native::KEYS,
                    200,
                    Some(json!({
                        "server_name": "mydomain.com", "valid_until_ts": 1_800_000_000_000_i64,
                        "verify_keys": {"ed25519:0": {"key": "abc"}},
                    })),
                )),
            }),
        }
    }

    /// The same without a file, with an SRV record.
    pub fn by_srv(label: SrvLabel, target: &str) -> NativeFacts {
        let mut facts = sample();
        facts.file.exchanges = vec![exchange(native::WELL_KNOWN, 404, None)];
        for other in SrvLabel::ALL {
            let srv = RData::Srv { priority: 10, weight: 0, port: 443, target: target.into() };
            facts.answers.push(answered(
                &other.owner("mydomain.com"),
                RecordType::Srv,
                Some(srv).filter(|_| other == label),
            ));
        }
        facts.answers.push(answered(target, RecordType::A, Some(RData::A([192, 0, 2, 7].into()))));
        facts.destination = Some(Destination {
            way: Way::Srv(label),
            host: target.into(),
            port: 443,
            name: "mydomain.com".into(),
            name_port: native::HTTPS,
        });
        facts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::sample::{by_srv, exchange, sample};
    use super::*;

    #[test]
    fn a_file_that_is_not_there_and_one_that_is_wrong_differ() {
        let mut facts = sample();
        assert!(matches!(facts.file.content(), File::Names(_)));
        for (status, json, missing) in
            [(404, None, true), (200, None, false), (200, Some(json!({"m.server": "https://x"})), false)]
        {
            facts.file.exchanges = vec![exchange(native::WELL_KNOWN, status, json)];
            assert_eq!(matches!(facts.file.content(), File::None(_)), missing, "{status}");
        }
    }

    #[test]
    fn the_first_srv_name_with_a_record_counts() {
        for label in SrvLabel::ALL {
            let facts = by_srv(label, "chat.mydomain.com");
            assert_eq!(facts.srv(), Some((label, "chat.mydomain.com".to_owned(), 443)));
        }
        assert_eq!(sample().srv(), None);
    }
}
