//! Connections: accepted within bounds, so that neither a flood nor slow clients keep others waiting.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::fault::Fault;
use super::log::Entry;
use super::routes::Peer;

/// Open connections; above, the oldest one of the busiest source gives way.
const CONNECTIONS_MAX: usize = 512;
/// The time for a TLS handshake, and for the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// The longest life of a connection.
const LIFE: Duration = Duration::from_secs(60);
/// Bytes that the head of a request may have.
const HEAD_MAX: usize = 64 * 1024;
/// How often drops are reported, so that a flood does not flood the log too.
const REPORT: Duration = Duration::from_secs(1);

/// Accepts until the task is aborted.
pub async fn run(listener: TcpListener, acceptor: Option<TlsAcceptor>, peer: Arc<Peer>) {
    let mut connections = Connections::default();
    let mut report = tokio::time::interval(REPORT);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => connections.add(stream, from, acceptor.clone(), peer.clone()),
                // Out of descriptors, most likely: somebody must give way.
                Err(_) => {
                    connections.evict();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            Some(ended) = connections.tasks.join_next_with_id() => {
                connections.forget(ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            _ = report.tick() => connections.report(&peer),
        }
    }
}

#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    /// In the order of their arrival, a number each.
    order: BTreeMap<u64, (Source, AbortHandle)>,
    numbers: HashMap<Id, u64>,
    /// The numbers of each source.
    sources: HashMap<Source, Vec<u64>>,
    next: u64,
    dropped: u64,
}

/// A client as the bounds see it: an IPv4 address, or the /64 that one IPv6 site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Source([u8; 8]);

impl From<IpAddr> for Source {
    fn from(addr: IpAddr) -> Self {
        let mut source = [0; 8];
        match addr.to_canonical() {
            IpAddr::V4(v4) => source[..4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => source.copy_from_slice(&v6.octets()[..8]),
        }
        Self(source)
    }
}

impl Connections {
    fn add(&mut self, stream: TcpStream, from: SocketAddr, acceptor: Option<TlsAcceptor>, peer: Arc<Peer>) {
        if self.order.len() >= CONNECTIONS_MAX {
            self.evict();
        }
        let task = self.tasks.spawn(async move {
            // The end of the time is the end of the connection, whatever it was doing.
            let _ = timeout(LIFE, connection(stream, from, acceptor, peer)).await;
        });
        let (source, number) = (Source::from(from.ip()), self.next);
        self.next += 1;
        self.numbers.insert(task.id(), number);
        self.sources.entry(source).or_default().push(number);
        self.order.insert(number, (source, task));
    }

    /// Ends the oldest connection of the source that has most.
    fn evict(&mut self) {
        let busiest = self.sources.values().max_by_key(|numbers| numbers.len());
        let Some(&oldest) = busiest.and_then(|numbers| numbers.first()) else { return };
        if let Some((_, task)) = self.remove(oldest) {
            task.abort();
            self.dropped += 1;
        }
    }

    fn forget(&mut self, id: Id) {
        if let Some(number) = self.numbers.remove(&id) {
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u64) -> Option<(Source, AbortHandle)> {
        let (source, task) = self.order.remove(&number)?;
        if let Some(numbers) = self.sources.get_mut(&source) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.sources.remove(&source);
            }
        }
        Some((source, task))
    }

    fn report(&mut self, peer: &Peer) {
        if self.dropped > 0 {
            peer.log(Entry::Dropped { why: "connections, more than can be held", count: self.dropped });
            self.dropped = 0;
        }
    }
}

async fn connection(stream: TcpStream, from: SocketAddr, acceptor: Option<TlsAcceptor>, peer: Arc<Peer>) {
    // A delay of small packets would count against the two seconds of the caller.
    let _ = stream.set_nodelay(true);
    if peer.has(Fault::Reset) {
        return reset(stream).await;
    }
    let Some(acceptor) = acceptor else { return serve(stream, from, peer).await };
    match timeout(HEAD_TIME, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, from, peer).await,
        Ok(Err(error)) => peer.log(Entry::NoTls { from, why: error.to_string() }),
        Err(_) => peer.log(Entry::NoTls { from, why: "no handshake within 5 s".into() }),
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, from: SocketAddr, peer: Arc<Peer>) {
    let answer = service_fn(|request| {
        let peer = peer.clone();
        async move { Ok::<_, std::convert::Infallible>(peer.answer(from, request).await) }
    });
    // A connection that breaks is the caller's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

/// Waits for the first bytes and answers with a reset.
async fn reset(mut stream: TcpStream) {
    let mut some = [0; 64];
    let _ = timeout(HEAD_TIME, stream.read(&mut some)).await;
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ipv6_site_is_one_source() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8:0:1::1"), source("2001:db8::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }
}
