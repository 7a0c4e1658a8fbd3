//! Queries over TCP. A connection stays open for the next query to the same server (RFC 7766 section 6.2.1): opening one costs the
//! server and us several times as much as the query.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::dns::codec;

/// How long a connection without a query stays open: less than servers and firewalls wait (RFC 7766 section 6.2.3).
const IDLE: Duration = Duration::from_secs(2);
/// Connections without a query that are kept, of all servers together.
const KEPT: usize = 256;

/// The connections of a run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tcp(Arc<Mutex<Idle>>);

/// The connections without a query, the one used last at the end.
type Idle = HashMap<SocketAddr, Vec<(Instant, TcpStream)>>;

impl Tcp {
    /// Sends a query and waits for what comes back; `None` when it belongs to another query.
    pub async fn exchange(&self, server: SocketAddr, query: &[u8]) -> io::Result<Option<Vec<u8>>> {
        // A server may close a connection at any time; the query is then sent over a new one (RFC 7766 section 6.2.4).
        if let Some(stream) = self.take(server)
            && let Ok(Some(response)) = self.over(stream, server, query).await
        {
            return Ok(Some(response));
        }
        self.over(TcpStream::connect(server).await?, server, query).await
    }

    /// The same over this connection, which is kept when all went well.
    async fn over(&self, mut stream: TcpStream, server: SocketAddr, query: &[u8]) -> io::Result<Option<Vec<u8>>> {
        send(&mut stream, query).await?;
        let response = receive(&mut stream).await?;
        let own = codec::answers(&response, query);
        if own {
            self.keep(server, stream);
        }
        Ok(own.then_some(response))
    }

    fn take(&self, server: SocketAddr) -> Option<TcpStream> {
        let mut idle = self.idle();
        let (since, stream) = idle.get_mut(&server)?.pop()?;
        (since.elapsed() < IDLE).then_some(stream)
    }

    fn keep(&self, server: SocketAddr, stream: TcpStream) {
        let mut idle = self.idle();
        idle.retain(|_, streams| {
            streams.retain(|(since, _)| since.elapsed() < IDLE);
            !streams.is_empty()
        });
        if idle.values().map(Vec::len).sum::<usize>() < KEPT {
            idle.entry(server).or_default().push((Instant::now(), stream));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a message over a new connection and returns the response: an update must not be sent twice.
pub async fn stream(server: SocketAddr, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    send(&mut stream, message).await?;
    receive(&mut stream).await
}

/// RFC 1035 section 4.2.2: two bytes of length before each message.
async fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat()).await
}

async fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    const QUERY: [u8; 12] = [7, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];

    /// Answers `each` queries on a connection, the first `wrong` of all with another identifier, and counts the connections.
    async fn server(each: usize, wrong: usize) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let (connections, queries) = (count.clone(), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let queries = queries.clone();
                tokio::spawn(async move {
                    for _ in 0..each {
                        let mut message = receive(&mut stream).await?;
                        message[2] |= 0x80;
                        message[0] += u8::from(queries.fetch_add(1, Ordering::SeqCst) < wrong);
                        send(&mut stream, &message).await?;
                    }
                    io::Result::Ok(())
                });
            }
        });
        (addr, count)
    }

    #[tokio::test]
    async fn a_connection_serves_one_query_after_the_other() {
        let ((server, connections), tcp) = (server(100, 0).await, Tcp::default());
        for _ in 0..10 {
            assert!(tcp.exchange(server, &QUERY).await.unwrap().is_some());
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_replaced() {
        let ((server, connections), tcp) = (server(1, 0).await, Tcp::default());
        for _ in 0..3 {
            assert!(tcp.exchange(server, &QUERY).await.unwrap().is_some());
        }
        assert_eq!(connections.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_connection_with_a_foreign_response_is_not_used_again() {
        let ((server, connections), tcp) = (server(100, 1).await, Tcp::default());
        assert_eq!(tcp.exchange(server, &QUERY).await.unwrap(), None);
        assert!(tcp.exchange(server, &QUERY).await.unwrap().is_some());
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_old_connection_is_not_used_again() {
        let ((server, connections), tcp) = (server(100, 0).await, Tcp::default());
        for _ in 0..2 {
            assert!(tcp.exchange(server, &QUERY).await.unwrap().is_some());
            tcp.idle().values_mut().flatten().for_each(|(since, _)| *since -= IDLE);
        }
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }
}
