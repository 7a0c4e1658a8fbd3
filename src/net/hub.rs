//! Talks to a hub as servers do (the same fields, header and time limit), and looks at what is to be registered.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::http::{Bearer, Caller};
use super::look_up::look_up_all;
use super::{Net, tls};
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query, RData, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::hub::Call;
use crate::facts::peer::Records;
use crate::rocketchat::generation::questions;
use crate::rocketchat::hub::registration::Request;

/// Every server gives a hub, and a peer, so long.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How to get there, and in whose name.
pub struct HubClient {
    pub net: Net,
    pub domain: Domain,
}

/// What to ask of a URL.
enum MailJob<'a> {
    Get(Vec<String>),
    Post(&'a str, Vec<u8>, Option<Bearer>),
}

impl HubClient {
    /// Registers: POST /api/v1/peers. `token` is the cloud token that 1.x and a registered workspace send.
    pub async fn register(&self, hub: &Endpoint, request: &Request, token: Option<Bearer>) -> Call {
        let body = serde_json::to_vec(request).unwrap_or_default();
        self.call(hub, MailJob::Post("/api/v1/peers", body, token)).await
    }

    /// Asks this project's hub to mail a link for removal.
    pub async fn remove(&self, hub: &Endpoint) -> Call {
        let body = serde_json::json!({"domain": self.domain}).to_string();
        self.call(hub, MailJob::Post("/api/v1/peers/removal", body.into(), None)).await
    }

    /// Searches the domain: GET /api/v1/peers?search=
    pub async fn search(&self, hub: &Endpoint) -> Call {
        self.call(hub, MailJob::Get(vec![format!("/api/v1/peers?search={}", self.domain)])).await
    }

    /// Whether a federation server answers: two routes that need no key, of 2.x and of 1.x.
    pub async fn server(&self, base: &Endpoint) -> Call {
        let path = |route: &str| format!("/api/v1/{route}?username=fedctl-probe&domain={}", self.domain);
        self.call(base, MailJob::Get(vec![path("federation.users.search"), path("federation.users")])).await
    }

    /// The federation records.
    pub async fn records(&self) -> Records {
        let answers = look_up_all(&self.net, &self.net.resolvers, &questions(&self.domain)).await;
        Records { domain: self.domain.clone(), answers }
    }

    /// Where mail for the domain goes: MX, and the addresses of those hosts or of the domain itself.
    pub async fn mail(&self) -> Vec<(Query, Outcome)> {
        let mx = Query::new(self.domain.as_str(), RecordType::Mx);
        let mut answers = look_up_all(&self.net, &self.net.resolvers, &[mx]).await;
        let records = answers.iter().flat_map(|(_, outcome)| outcome.records());
        let mut hosts: Vec<String> = records
            .filter_map(|rr| match &rr.data {
                RData::Mx { exchange, .. } if !exchange.is_empty() => Some(exchange.clone()),
                _ => None,
            })
            .collect();
        if hosts.is_empty() {
            hosts.push(self.domain.to_string());
        }
        let addresses: Vec<Query> = hosts
            .iter()
            .flat_map(|host| [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind)))
            .collect();
        answers.extend(look_up_all(&self.net, &self.net.resolvers, &addresses).await);
        answers
    }

    async fn call(&self, base: &Endpoint, job: MailJob<'_>) -> Call {
        let address = self.net.locate_one(base).await;
        let mut call = Call { base: base.clone(), address: address.clone(), tls: None, exchanges: Vec::new() };
        let Ok(addr) = address else { return call };
        let authorization = match &job {
            MailJob::Post(_, _, token) => token.clone(),
            MailJob::Get(_) => None,
        };
        let caller = Caller {
            wait: PATIENCE,
            sender: Some(self.domain.to_string()),
            authorization,
            ..Caller::new(&self.net, base.clone(), addr)
        };
        match job {
            MailJob::Post(path, body, _) => call.exchanges.push(caller.post(path, body).await),
            MailJob::Get(paths) => {
                for path in paths {
                    call.exchanges.push(caller.get(&path).await);
                    if call.answer().is_none() {
                        break;
                    }
                }
            }
        }
        if base.https && call.answer().is_none() {
            call.tls = self.look_at_tls(addr, &base.host).await;
        }
        call
    }

    /// Another connection, to find out why the first one failed.
    async fn look_at_tls(&self, addr: SocketAddr, host: &str) -> Option<crate::facts::tls::TlsFacts> {
        let stream = timeout(PATIENCE, TcpStream::connect(addr)).await.ok()?.ok()?;
        Some(tls::observe(stream, host, &self.net.roots, PATIENCE).await)
    }
}
