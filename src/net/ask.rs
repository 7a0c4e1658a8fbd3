//! One question to one server: UDP, then TCP when the answer was cut.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Route, description, elapsed};
use crate::dns::codec::{self, Flags};
use crate::dns::record::{Outcome, Query, Response, Transport};
use crate::facts::dns::{Observer, Role};

/// Asks and waits for at most `wait`. Every way to fail is an [`Outcome`].
pub async fn ask(server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let start = Instant::now();
    let mut reply = over_udp(server, question, flags, wait).await;
    // RFC 6891 section 7: a server from before EDNS answers FORMERR (1) or NOTIMP (4).
    if flags.edns && matches!(reply.outcome, Outcome::OtherRcode(1 | 4)) {
        reply = over_udp(server, question, Flags { edns: false, ..flags }, wait).await;
    }
    if reply.truncated {
        let cut = reply;
        reply = over_tcp(server, question, flags, wait).await;
        reply.truncated = true;
        reply.edns = reply.edns.or(cut.edns);
    }
    reply.elapsed = elapsed(start);
    reply
}

/// Asks over TCP only.
pub async fn ask_tcp(server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let start = Instant::now();
    let mut reply = over_tcp(server, question, flags, wait).await;
    reply.elapsed = elapsed(start);
    reply
}

/// Asks an observer as its role requires: resolvers to recurse, name servers not to.
pub async fn ask_one(route: &Route, observer: &Observer, question: &Query) -> Response {
    let flags = match observer.role {
        Role::Resolver => Flags::RESOLVER,
        Role::Authority | Role::Parent => Flags::AUTHORITY,
    };
    ask(observer.addr, question, flags, route.timeout).await
}

async fn over_udp(server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let (id, query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(why) => return Response::bare(Outcome::Malformed(why), Transport::Udp),
    };
    match exchange(server, id, &query, wait).await {
        Ok(Some(bytes)) => {
            let mut reply = codec::reply(&bytes, question, Transport::Udp);
            reply.truncated = codec::is_truncated(&bytes);
            reply
        }
        Ok(None) => Response::bare(Outcome::Timeout, Transport::Udp),
        Err(error) => Response::bare(Outcome::Unreachable(description(&error)), Transport::Udp),
    }
}

/// Sends, and once more after a third of the time; `None` when nothing came back. The socket is connected, so that a closed
/// port is told by the system and not mistaken for silence.
async fn exchange(server: SocketAddr, id: u16, query: &[u8], wait: Duration) -> io::Result<Option<Vec<u8>>> {
    let local: SocketAddr =
        if server.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(local).await?;
    socket.connect(server).await?;
    let end = Instant::now() + wait;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    for deadline in [Instant::now() + wait / 3, end] {
        socket.send(query).await?;
        while let Ok(received) = timeout_at(deadline, socket.recv(&mut buffer)).await {
            let length = received?;
            // Anything else may be a late answer to an older question, or a forgery.
            if codec::answers(&buffer[..length], id) {
                return Ok(Some(buffer[..length].to_vec()));
            }
        }
    }
    Ok(None)
}

async fn over_tcp(server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let (id, query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(why) => return Response::bare(Outcome::Malformed(why), Transport::Tcp),
    };
    match timeout(wait, stream(server, &query)).await {
        Ok(Ok(bytes)) if codec::answers(&bytes, id) => codec::reply(&bytes, question, Transport::Tcp),
        Ok(Ok(_)) => Response::bare(Outcome::Malformed("the answer is to another question".into()), Transport::Tcp),
        Ok(Err(error)) => Response::bare(Outcome::Unreachable(format!("TCP: {}", description(&error))), Transport::Tcp),
        Err(_) => Response::bare(Outcome::Timeout, Transport::Tcp),
    }
}

/// Sends the bytes of a query and returns those of the response: UDP, then TCP when the response was cut.
pub async fn forward(server: SocketAddr, query: &[u8], wait: Duration) -> io::Result<Vec<u8>> {
    let id = query.first_chunk().map(|id| u16::from_be_bytes(*id)).unwrap_or_default();
    let response = exchange(server, id, query, wait).await?.ok_or(io::ErrorKind::TimedOut)?;
    if !codec::is_truncated(&response) {
        return Ok(response);
    }
    let response = timeout(wait, stream(server, query)).await??;
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
