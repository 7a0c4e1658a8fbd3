//! One question to one server: UDP, then TCP when the answer was cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::udp::{Received, Udp};
use super::{elapsed, unreachable};
use crate::dns::codec::{self, Flags};
use crate::dns::record::{EdnsFault, Outcome, Query, Response, Transport};

/// Asks and waits for at most `wait`. Every way to fail is an [`Outcome`].
pub async fn ask(udp: &Udp, server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let start = Instant::now();
    let mut reply = over_udp(udp, server, question, flags, wait).await;
    // RFC 6891 section 7: a server from before EDNS answers FORMERR (1) or NOTIMP (4).
    let fault = match reply.outcome {
        Outcome::OtherRcode(1) if flags.edns => Some(EdnsFault::FormErr),
        Outcome::OtherRcode(4) if flags.edns => Some(EdnsFault::NotImp),
        _ => None,
    };
    if fault.is_some() {
        let plain = over_udp(udp, server, question, Flags { edns: false, ..flags }, wait).await;
        if plain.outcome != reply.outcome {
            reply = Response { edns_fault: fault, ..plain };
        }
    }
    if reply.truncated {
        let cut = reply;
        let flags = Flags { edns: flags.edns && cut.edns_fault.is_none(), ..flags };
        reply = over_tcp(server, question, flags, wait).await;
        reply.truncated = true;
        reply.edns = reply.edns.or(cut.edns);
        reply.edns_fault = cut.edns_fault;
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

async fn over_udp(udp: &Udp, server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let (_, mut query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(outcome) => return Response::bare(outcome, Transport::Udp),
    };
    // A firewall may drop queries with EDNS; the last attempt goes without.
    let plain = || codec::query(question, Flags { edns: false, ..flags }).ok().map(|(_, plain)| plain);
    let other = || plain().filter(|_| flags.edns);
    match udp.exchange(server, &mut query, other, wait).await {
        Ok(Received::Response { bytes, late }) => {
            let mut reply = codec::reply(&bytes, question, Transport::Udp);
            reply.truncated = codec::is_truncated(&bytes);
            reply.edns_fault =
                Some(EdnsFault::Dropped).filter(|_| late && reply.edns.is_none() && reply.outcome.is_answer());
            reply
        }
        Ok(Received::Foreign(why)) => Response::bare(Outcome::Malformed(why.into()), Transport::Udp),
        Ok(Received::Nothing) => Response::bare(Outcome::Timeout, Transport::Udp),
        Err(error) => Response::bare(unreachable(&error, ""), Transport::Udp),
    }
}

async fn over_tcp(server: SocketAddr, question: &Query, flags: Flags, wait: Duration) -> Response {
    let (id, query) = match codec::query(question, flags) {
        Ok(query) => query,
        Err(outcome) => return Response::bare(outcome, Transport::Tcp),
    };
    match timeout(wait, stream(server, &query)).await {
        Ok(Ok(bytes)) if codec::answers(&bytes, id) => codec::reply(&bytes, question, Transport::Tcp),
        Ok(Ok(_)) => Response::bare(Outcome::Malformed("the answer is to another question".into()), Transport::Tcp),
        Ok(Err(error)) => Response::bare(unreachable(&error, "TCP: "), Transport::Tcp),
        Err(_) => Response::bare(Outcome::Timeout, Transport::Tcp),
    }
}

/// Sends the bytes of a query and returns those of the response: UDP, then TCP when the response was cut.
pub async fn forward(udp: &Udp, server: SocketAddr, query: &[u8], wait: Duration) -> io::Result<Vec<u8>> {
    let Some(id) = query.first_chunk::<2>() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let received = udp.exchange(server, &mut query.to_vec(), || None, wait).await?;
    let Received::Response { bytes: mut response, .. } = received else { return Err(io::ErrorKind::TimedOut.into()) };
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
