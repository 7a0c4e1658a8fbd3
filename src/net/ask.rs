//! One question to one server: UDP, then TCP when the answer was cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::udp::Udp;
use super::{Route, description, elapsed};
use crate::dns::codec::{self, Flags};
use crate::dns::record::{Outcome, Query, Response, Transport};
use crate::facts::dns::{Observer, Role};

/// Asks and waits for at most the timeout. Every way to fail is an [`Outcome`].
pub async fn ask(route: &Route, server: SocketAddr, question: &Query, flags: Flags) -> Response {
    let start = Instant::now();
    let mut reply = over_udp(route, server, question, flags).await;
    // RFC 6891 section 7: a server from before EDNS answers FORMERR (1) or NOTIMP (4).
    if flags.edns && matches!(reply.outcome, Outcome::OtherRcode(1 | 4)) {
        reply = over_udp(route, server, question, Flags { edns: false, ..flags }).await;
    }
    if reply.truncated {
        let cut = reply;
        reply = over_tcp(route, server, question, flags).await;
        reply.truncated = true;
        reply.edns = reply.edns.or(cut.edns);
    }
    reply.elapsed = elapsed(start);
    reply
}

/// Asks over TCP only.
pub async fn ask_tcp(route: &Route, server: SocketAddr, question: &Query, flags: Flags) -> Response {
    let start = Instant::now();
    let mut reply = over_tcp(route, server, question, flags).await;
    reply.elapsed = elapsed(start);
    reply
}

/// Asks an observer as its role requires: resolvers to recurse, name servers not to.
pub async fn ask_one(route: &Route, observer: &Observer, question: &Query) -> Response {
    let flags = match observer.role {
        Role::Resolver => Flags::RESOLVER,
        Role::Authority | Role::Parent => Flags::AUTHORITY,
    };
    ask(route, observer.addr, question, flags).await
}

async fn over_udp(route: &Route, server: SocketAddr, question: &Query, flags: Flags) -> Response {
    let (_, mut query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(why) => return Response::bare(Outcome::Malformed(why), Transport::Udp),
    };
    match route.udp.exchange(server, &mut query, route.timeout).await {
        Ok(Some(bytes)) => {
            let mut reply = codec::reply(&bytes, question, Transport::Udp);
            reply.truncated = codec::is_truncated(&bytes);
            reply
        }
        Ok(None) => Response::bare(Outcome::Timeout, Transport::Udp),
        Err(error) => Response::bare(Outcome::Unreachable(description(&error)), Transport::Udp),
    }
}

async fn over_tcp(route: &Route, server: SocketAddr, question: &Query, flags: Flags) -> Response {
    let (id, query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(why) => return Response::bare(Outcome::Malformed(why), Transport::Tcp),
    };
    match timeout(route.timeout, stream(server, &query)).await {
        Ok(Ok(bytes)) if codec::answers(&bytes, id) => codec::reply(&bytes, question, Transport::Tcp),
        Ok(Ok(_)) => Response::bare(Outcome::Malformed("the answer is to another question".into()), Transport::Tcp),
        Ok(Err(error)) => Response::bare(Outcome::Unreachable(format!("TCP: {}", description(&error))), Transport::Tcp),
        Err(_) => Response::bare(Outcome::Timeout, Transport::Tcp),
    }
}

/// Sends the bytes of a query and returns those of the response: UDP, then TCP when the response was cut.
pub async fn forward(udp: &Udp, server: SocketAddr, query: &[u8], wait: Duration) -> io::Result<Vec<u8>> {
    let Some(id) = query.first_chunk::<2>() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut response = udp.exchange(server, &mut query.to_vec(), wait).await?.ok_or(io::ErrorKind::TimedOut)?;
    if !codec::is_truncated(&response) {
        response[..2].copy_from_slice(id);
        return Ok(response);
    }
    let (id, response) = (u16::from_be_bytes(*id), timeout(wait, stream(server, query)).await??);
    match codec::answers(&response, id) {
        true => Ok(response),
        false => Err(io::Error::other("the response is to another query")),
    }
}

/// RFC 1035 section 4.2.2: two bytes of length before each message.
pub async fn stream(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], query].concat()).await?;
    let length = stream.read_u16().await?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
