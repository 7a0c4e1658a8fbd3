//! One question to one server: UDP, then TCP when the answer was cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::pace::Pace;
use super::tcp::Tcp;
use super::udp::{self, Received, Udp};
use super::{elapsed, milliseconds, unreachable};
use crate::dns::codec::{self, Flags};
use crate::dns::record::{EdnsFault, Outcome, Query, Response, Transport};

/// The sockets of a run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Sockets {
    udp: Udp,
    tcp: Tcp,
    pace: Pace,
}

impl Sockets {
    /// Those over which a server is sent at most `qps` queries a second.
    pub fn limited(qps: u32) -> Self {
        Self { pace: Pace::limited(qps), ..Self::default() }
    }
}

/// Asks and waits for at most `wait`. Every way to fail is an [`Outcome`].
pub async fn ask(sockets: &Sockets, server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let sent = send(sockets, server, question, flags, wait).await;
    let (attempt, reply) = (sent.attempt, sent.response().await);
    match attempt.is_over(&reply) {
        true => reply,
        // Few queries get here, and what follows is much larger than a query.
        false => Box::pin(ask_again(sockets, attempt, reply)).await,
    }
}

/// The responses to queries that were sent, in their order; those that are not over are queried again, together.
pub async fn responses(sockets: &Sockets, sent: Vec<Sent<'_>>) -> Vec<Response> {
    let (mut replies, mut again) = (Vec::with_capacity(sent.len()), Vec::new());
    for sent in sent {
        let (attempt, reply) = (sent.attempt, sent.response().await);
        if !attempt.is_over(&reply) {
            again.push((replies.len(), attempt));
        }
        replies.push(reply);
    }
    let asked = again.into_iter().map(|(at, attempt)| {
        let reply = replies[at].clone();
        async move { (at, ask_again(sockets, attempt, reply).await) }
    });
    for (at, reply) in join_all(asked.collect::<Vec<_>>()).await {
        replies[at] = reply;
    }
    replies
}

/// One question to one server, and how long each answer may take.
#[derive(Debug, Clone, Copy)]
struct Attempt<'a> {
    server: SocketAddr,
    question: &'a Query,
    flags: Flags,
    wait: Duration,
}

/// A query that was sent over UDP.
pub struct Sent<'a> {
    attempt: Attempt<'a>,
    /// No message can carry some names.
    sent: Result<udp::Sent, Outcome>,
}

/// Sends when it is its turn.
pub async fn send<'a>(
    sockets: &Sockets,
    server: SocketAddr,
    question: &'a Query,
    flags: Flags,
    wait: Duration,
) -> Sent<'a> {
    sockets.pace.turn(server).await;
    // A firewall may drop queries with EDNS; the last attempt goes without.
    let query = codec::query(question, flags);
    let sent = query.map(|query| sockets.udp.send(server, query, codec::without_edns, wait));
    Sent { attempt: Attempt { server, question, flags, wait }, sent }
}

impl Attempt<'_> {
    /// True unless the server does not know EDNS, or the answer was cut.
    fn is_over(&self, reply: &Response) -> bool {
        edns_fault(reply, self.flags).is_none() && !reply.truncated
    }
}

impl Sent<'_> {
    /// The response over UDP.
    async fn response(self) -> Response {
        let received = match self.sent {
            Ok(sent) => sent.received().await,
            Err(outcome) => return Response::bare(outcome, Transport::Udp),
        };
        let (received, took) = match received {
            Ok(received) => received,
            Err(error) => return Response::bare(unreachable(&error, ""), Transport::Udp),
        };
        let mut reply = match received {
            Received::Response { bytes, late } => {
                let mut reply = codec::reply(&bytes, self.attempt.question, Transport::Udp);
                reply.truncated = codec::is_truncated(&bytes);
                reply.edns_fault =
                    Some(EdnsFault::Dropped).filter(|_| late && reply.edns.is_none() && reply.outcome.is_answer());
                reply
            }
            Received::Foreign(why) => Response::bare(Outcome::Malformed(why.into()), Transport::Udp),
            Received::Nothing => Response::bare(Outcome::Timeout, Transport::Udp),
        };
        reply.elapsed = milliseconds(took);
        reply
    }
}

/// RFC 6891 section 7: a server from before EDNS answers FORMERR (1) or NOTIMP (4).
fn edns_fault(reply: &Response, flags: Flags) -> Option<EdnsFault> {
    match reply.outcome {
        Outcome::OtherRcode(1) if flags.edns => Some(EdnsFault::FormErr),
        Outcome::OtherRcode(4) if flags.edns => Some(EdnsFault::NotImp),
        _ => None,
    }
}

/// Asks without EDNS a server that does not know it, and over TCP when the answer was cut.
async fn ask_again(sockets: &Sockets, attempt: Attempt<'_>, mut reply: Response) -> Response {
    let Attempt { server, question, flags, wait } = attempt;
    let fault = edns_fault(&reply, flags);
    if fault.is_some() {
        let plain = send(sockets, server, question, Flags { edns: false, ..flags }, wait).await.response().await;
        if plain.outcome != reply.outcome {
            reply = Response { edns_fault: fault, elapsed: reply.elapsed + plain.elapsed, ..plain };
        }
    }
    if reply.truncated {
        let cut = reply;
        let flags = Flags { edns: flags.edns && cut.edns_fault.is_none(), ..flags };
        reply = over_tcp(sockets, server, question, flags, wait).await;
        reply.truncated = true;
        reply.edns = reply.edns.or(cut.edns);
        reply.edns_fault = cut.edns_fault;
        reply.elapsed += cut.elapsed;
    }
    reply
}

/// Asks over TCP only.
pub async fn over_tcp(
    sockets: &Sockets,
    server: SocketAddr,
    question: &Query,
    flags: Flags,
    wait: Duration,
) -> Response {
    let query = match codec::query(question, flags) {
        Ok(query) => query,
        Err(outcome) => return Response::bare(outcome, Transport::Tcp),
    };
    sockets.pace.turn(server).await;
    let turn = sockets.tcp.turn(server).await;
    let start = Instant::now();
    let mut reply = match timeout(wait, turn.exchange(&query)).await {
        Ok(Ok(Some(bytes))) => codec::reply(&bytes, question, Transport::Tcp),
        Ok(Ok(None)) => Response::bare(Outcome::Malformed("the answer is to another question".into()), Transport::Tcp),
        Ok(Err(error)) => Response::bare(unreachable(&error, "TCP: "), Transport::Tcp),
        Err(_) => Response::bare(Outcome::Timeout, Transport::Tcp),
    };
    reply.elapsed = elapsed(start);
    reply
}

/// Sends the bytes of a query and returns those of the response: UDP, then TCP when the response was cut.
pub async fn forward(sockets: &Sockets, server: SocketAddr, query: &[u8], wait: Duration) -> io::Result<Vec<u8>> {
    let Some(id) = query.first_chunk::<2>() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let (received, _) = sockets.udp.send(server, query.to_vec(), |_| None, wait).received().await?;
    let Received::Response { bytes: mut response, .. } = received else { return Err(io::ErrorKind::TimedOut.into()) };
    if !codec::is_truncated(&response) {
        response[..2].copy_from_slice(id);
        return Ok(response);
    }
    let turn = sockets.tcp.turn(server).await;
    let response = timeout(wait, turn.exchange(query)).await??;
    response.ok_or_else(|| io::Error::other("the response is to another query"))
}
