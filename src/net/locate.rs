//! Where an endpoint is. Every client that is given a URL finds its host here, so that an override, an address, a name in DNS
//! and a name in the hosts file of this machine work alike everywhere.

use std::net::SocketAddr;

use futures_util::future::join_all;
use hickory_proto::rr::Name;
use hickory_resolver::Hosts;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Net;
use super::look_up::look_up;
use crate::dns::record::{Outcome, Query, RData, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::call::NoAddress;

impl Net {
    /// All addresses of an endpoint, IPv4 first: the one of `--connect-to`, the address that the host is, those in DNS, or those
    /// in the hosts file.
    pub async fn locate(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, NoAddress> {
        if let Some(addr) = self.override_to(&endpoint.host, endpoint.port) {
            return Ok(vec![addr]);
        }
        if let Some(ip) = endpoint.ip() {
            return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
        }
        // RFC 6761 section 6.3: DNS is not queried for `localhost`. Other names of one label are names of this network.
        let in_dns = endpoint.host.contains('.');
        let questions = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(&endpoint.host, kind));
        let asked = questions.iter().filter(|_| in_dns);
        let outcomes = join_all(asked.map(|question| look_up(self, &self.resolvers, question))).await;
        let records = outcomes.iter().flat_map(Outcome::records);
        let found: Vec<SocketAddr> = records
            .filter_map(|rr| match &rr.data {
                RData::A(v4) => Some(SocketAddr::new((*v4).into(), endpoint.port)),
                RData::Aaaa(v6) => Some(SocketAddr::new((*v6).into(), endpoint.port)),
                _ => None,
            })
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let mut found = if in_dns { in_hosts_file(endpoint) } else { self.of_this_network(endpoint).await };
        found.sort_by_key(SocketAddr::is_ipv6);
        found.dedup();
        match found.is_empty() {
            true => Err(NoAddress { host: endpoint.host.clone(), outcome: outcomes.into_iter().next() }),
            false => Ok(found),
        }
    }

    /// A name of one label, as programs of this machine find it.
    async fn of_this_network(&self, endpoint: &Endpoint) -> Vec<SocketAddr> {
        let system = timeout(self.timeout, tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port))).await;
        system.ok().and_then(Result::ok).into_iter().flatten().collect()
    }

    /// The address to call: the first one that takes a connection, or the first one when none does.
    pub async fn locate_one(&self, endpoint: &Endpoint) -> Result<SocketAddr, NoAddress> {
        let addrs = self.locate(endpoint).await?;
        if let [_, _, ..] = addrs.as_slice() {
            for addr in &addrs {
                if timeout(self.timeout, TcpStream::connect(addr)).await.is_ok_and(|stream| stream.is_ok()) {
                    return Ok(*addr);
                }
            }
        }
        addrs.first().copied().ok_or_else(|| NoAddress { host: endpoint.host.clone(), outcome: None })
    }
}

fn in_hosts_file(endpoint: &Endpoint) -> Vec<SocketAddr> {
    let (Ok(hosts), Ok(name)) = (Hosts::from_system(), Name::from_ascii(&endpoint.host)) else { return Vec::new() };
    let of_type = |kind| hosts.lookup_static_host(&hickory_proto::op::Query::query(name.clone(), kind));
    [hickory_proto::rr::RecordType::A, hickory_proto::rr::RecordType::AAAA]
        .into_iter()
        .filter_map(of_type)
        .flat_map(|found| found.answers().iter().filter_map(|rr| rr.data.ip_addr()).collect::<Vec<_>>())
        .map(|ip| SocketAddr::new(ip, endpoint.port))
        .collect()
}
