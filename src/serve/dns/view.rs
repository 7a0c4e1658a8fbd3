//! A resolver for its own root: starts at the root it was given and follows referrals, as every resolver does on the real
//! internet. It caches nothing, so that its answers are those of the name servers at this moment.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, NS};
use hickory_proto::rr::{Name, RData, RecordType};

use crate::dns::codec::edns;

/// Referrals on the way to one name, and aliases on the way to one answer.
const STEPS: usize = 10;

/// Sends a query to a server and returns the response, both as bytes.
pub type Forward = Arc<dyn Fn(SocketAddr, Vec<u8>) -> BoxFuture<'static, io::Result<Vec<u8>>> + Send + Sync>;

/// Where the world begins, and where its name servers listen: on one machine they cannot all have port 53.
#[derive(Clone)]
pub struct View {
    pub root: SocketAddr,
    /// The DNS client.
    pub forward: Forward,
    /// By the name that NS records give, lower case, without the final dot.
    pub servers: HashMap<String, SocketAddr>,
}

impl View {
    /// Answers a query; what cannot be found out is SERVFAIL.
    pub(super) async fn answer(&self, query: &Message) -> Option<Message> {
        let asked = query.queries.first()?;
        let failed = || Message::error_msg(query.metadata.id, query.metadata.op_code, ResponseCode::ServFail);
        let mut answer = self.resolve(asked).await.unwrap_or_else(failed);
        answer.metadata.id = query.metadata.id;
        answer.metadata.authoritative = false;
        answer.metadata.truncation = false;
        answer.metadata.recursion_desired = query.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.queries = query.queries.clone();
        answer.edns = None;
        if query.edns.is_some() {
            answer.set_edns(edns());
        }
        Some(answer)
    }

    /// Follows aliases; the last answer carries all of them.
    async fn resolve(&self, asked: &Query) -> Option<Message> {
        let (mut name, kind, mut aliases) = (asked.name().clone(), asked.query_type(), Vec::new());
        for _ in 0..STEPS {
            let mut answer = self.walk(&name, kind).await?;
            let done = answer.answers.is_empty() || answer.answers.iter().any(|record| record.record_type() == kind);
            let next = answer.answers.iter().rev().find_map(|record| match &record.data {
                RData::CNAME(CNAME(target)) => Some(target.clone()),
                _ => None,
            });
            aliases.append(&mut answer.answers);
            match next.filter(|_| !done && kind != RecordType::CNAME) {
                Some(target) => name = target,
                None => {
                    answer.answers = aliases;
                    return Some(answer);
                }
            }
        }
        None
    }

    /// From the root to the server that knows.
    async fn walk(&self, name: &Name, kind: RecordType) -> Option<Message> {
        let (mut servers, mut depth) = (vec![self.root], 0);
        for _ in 0..STEPS {
            let mut answer = None;
            for server in servers {
                answer = self.ask(server, name, kind).await.ok();
                if answer.is_some() {
                    break;
                }
            }
            let answer = answer?;
            let next = referral(&answer, name, depth);
            let Some((deeper, referral)) = next else { return Some(answer) };
            depth = deeper;
            servers = referral.iter().filter_map(|host| self.servers.get(host).copied()).collect();
        }
        None
    }

    /// With EDNS, and without it when the server does not take that (RFC 6891 section 6.2.2).
    async fn ask(&self, server: SocketAddr, name: &Name, kind: RecordType) -> io::Result<Message> {
        match self.ask_with(server, name, kind, true).await {
            Ok(answer) if matches!(answer.metadata.response_code, ResponseCode::FormErr | ResponseCode::NotImp) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            answer => return answer,
        }
        self.ask_with(server, name, kind, false).await
    }

    async fn ask_with(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
        with_edns: bool,
    ) -> io::Result<Message> {
        let mut query = Message::query();
        query.metadata.id = rand::random();
        query.add_query(Query::query(name.clone(), kind));
        if with_edns {
            query.set_edns(edns());
        }
        let response = (self.forward)(server, query.to_vec().map_err(io::Error::other)?).await?;
        Message::from_vec(&response).map_err(io::Error::other)
    }
}

/// The servers of a zone that is deeper than the one that was queried, and its depth in labels; `None` when the answer is final.
/// AA does not tell, and neither does the section: some servers give their side of a delegation as an answer.
fn referral(answer: &Message, name: &Name, depth: u8) -> Option<(u8, Vec<String>)> {
    let other = answer.answers.iter().any(|record| record.record_type() != RecordType::NS);
    if other || answer.metadata.response_code != ResponseCode::NoError {
        return None;
    }
    let all = answer.answers.iter().chain(&answer.authorities);
    let zones = all.filter(|record| record.name.zone_of(name) && record.name.num_labels() > depth);
    let servers = zones.filter_map(|record| match &record.data {
        RData::NS(NS(host)) => {
            let host = host.to_ascii().trim_end_matches('.').to_ascii_lowercase();
            Some((record.name.num_labels(), host))
        }
        _ => None,
    });
    let servers: Vec<(u8, String)> = servers.collect();
    let deepest = servers.iter().map(|(depth, _)| *depth).max()?;
    Some((deepest, servers.into_iter().filter(|(depth, _)| *depth == deepest).map(|(_, host)| host).collect()))
}
