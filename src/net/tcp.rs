//! Queries over TCP. A connection stays open for the next query to the same server (RFC 7766 section 6.2.1): opening one costs the
//! server and us several times as much as the query.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::dns::codec;

/// How long a connection without a query stays open: less than servers and firewalls wait (RFC 7766 section 6.2.3).
const IDLE: Duration = Duration::from_secs(2);
/// Connections without a query that are kept, of all servers together.
const KEPT: usize = 256;

/// Connections to one server that have not had a response yet. Name servers accept them one after the other, and with ten that wait
/// (BIND's `tcp-listen-queue`) the system drops the next one, which is then repeated after a second.
const OPENING: usize = 8;
/// How long a query waits for one of them, or for a connection that is open: a server that does not answer over TCP must not keep a
/// list waiting.
const PATIENCE: Duration = Duration::from_millis(100);

/// The connections of a run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Tcp(Arc<Mutex<HashMap<SocketAddr, Server>>>);

#[derive(Debug, Default)]
struct Server {
    /// The connections without a query, the one used last at the end.
    idle: Vec<(Instant, TcpStream)>,
    opening: usize,
    /// Is notified when one of both changes.
    changed: Arc<Notify>,
}

/// What a query goes over.
#[derive(Debug)]
pub struct Turn {
    tcp: Tcp,
    server: SocketAddr,
    kept: Option<TcpStream>,
    /// It is one of those that open a connection.
    is_opening: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.is_opening
            && let Some(server) = self.tcp.servers().get_mut(&self.server)
        {
            server.opening -= 1;
            server.changed.notify_one();
        }
    }
}

impl Turn {
    /// Sends a query and waits for what comes back; `None` when it belongs to another query.
    pub async fn exchange(mut self, query: &[u8]) -> io::Result<Option<Vec<u8>>> {
        // A server may close a connection at any time; the query is then sent over a new one (RFC 7766 section 6.2.4).
        if let Some(stream) = self.kept.take()
            && let Ok(Some(response)) = self.over(stream, query).await
        {
            return Ok(Some(response));
        }
        self.over(TcpStream::connect(self.server).await?, query).await
    }

    /// The same over this connection, which is kept when all went well.
    async fn over(&self, mut stream: TcpStream, query: &[u8]) -> io::Result<Option<Vec<u8>>> {
        send(&mut stream, query).await?;
        let response = receive(&mut stream).await?;
        let own = codec::answers(&response, query);
        if own {
            self.tcp.keep(self.server, stream);
        }
        Ok(own.then_some(response))
    }
}

impl Tcp {
    /// Waits for a connection without a query, or until one may be opened.
    pub async fn turn(&self, to: SocketAddr) -> Turn {
        let until = Instant::now() + PATIENCE;
        loop {
            let changed = {
                let mut servers = self.servers();
                let server = servers.entry(to).or_default();
                let kept = server.idle.pop().filter(|(since, _)| since.elapsed() < IDLE).map(|(_, stream)| stream);
                let is_opening = kept.is_none() && (server.opening < OPENING || Instant::now() >= until);
                if kept.is_some() || is_opening {
                    server.opening += usize::from(is_opening);
                    return Turn { tcp: self.clone(), server: to, kept, is_opening };
                }
                server.changed.clone()
            };
            let _ = timeout_at(until, changed.notified()).await;
        }
    }

    fn keep(&self, to: SocketAddr, stream: TcpStream) {
        let mut servers = self.servers();
        servers.retain(|_, server| {
            server.idle.retain(|(since, _)| since.elapsed() < IDLE);
            !server.idle.is_empty() || server.opening > 0
        });
        if servers.values().map(|server| server.idle.len()).sum::<usize>() < KEPT {
            let server = servers.entry(to).or_default();
            server.idle.push((Instant::now(), stream));
            server.changed.notify_one();
        }
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<SocketAddr, Server>> {
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
            assert!(tcp.turn(server).await.exchange(&QUERY).await.unwrap().is_some());
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_replaced() {
        let ((server, connections), tcp) = (server(1, 0).await, Tcp::default());
        for _ in 0..3 {
            assert!(tcp.turn(server).await.exchange(&QUERY).await.unwrap().is_some());
        }
        assert_eq!(connections.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_connection_with_a_foreign_response_is_not_used_again() {
        let ((server, connections), tcp) = (server(100, 1).await, Tcp::default());
        assert_eq!(tcp.turn(server).await.exchange(&QUERY).await.unwrap(), None);
        assert!(tcp.turn(server).await.exchange(&QUERY).await.unwrap().is_some());
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_old_connection_is_not_used_again() {
        let ((server, connections), tcp) = (server(100, 0).await, Tcp::default());
        for _ in 0..2 {
            assert!(tcp.turn(server).await.exchange(&QUERY).await.unwrap().is_some());
            tcp.servers().values_mut().flat_map(|server| &mut server.idle).for_each(|(since, _)| *since -= IDLE);
        }
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn few_connections_are_opened_at_a_time_and_a_silent_server_keeps_nobody_waiting() {
        let (tcp, server) = (Tcp::default(), SocketAddr::from(([127, 0, 0, 1], 53)));
        let opening = || tcp.servers()[&server].opening;
        let mut turns = Vec::new();
        for _ in 0..OPENING {
            turns.push(tcp.turn(server).await);
        }
        assert!(opening() == OPENING && turns.iter().all(|turn| turn.is_opening));
        assert!(tcp.turn(([127, 0, 0, 2], 53).into()).await.is_opening);
        let begun = Instant::now();
        turns.push(tcp.turn(server).await);
        assert!(opening() == OPENING + 1 && begun.elapsed() >= PATIENCE);
        drop(turns);
        assert_eq!(opening(), 0);
    }

    /// A machine that is busy may need longer than that, but not each time.
    async fn is_sooner_than_patience(task: impl AsyncFn()) -> bool {
        for _ in 0..20 {
            let begun = Instant::now();
            task().await;
            if begun.elapsed() < PATIENCE {
                return true;
            }
        }
        false
    }

    #[tokio::test]
    async fn a_query_that_waits_opens_a_connection_when_another_one_has_ended() {
        let server = SocketAddr::from(([127, 0, 0, 1], 53));
        let task = async || {
            let tcp = Tcp::default();
            let mut turns: Vec<Turn> = futures_util::future::join_all((0..OPENING).map(|_| tcp.turn(server))).await;
            let (next, ()) = futures_util::join!(tcp.turn(server), async { drop(turns.pop()) });
            assert!(next.is_opening && tcp.servers()[&server].opening == OPENING);
        };
        assert!(is_sooner_than_patience(task).await);
    }

    #[tokio::test]
    async fn a_query_that_waits_gets_a_connection_that_becomes_free() {
        let task = async || {
            let ((server, connections), tcp) = (server(100, 0).await, Tcp::default());
            assert!(tcp.turn(server).await.exchange(&QUERY).await.unwrap().is_some());
            let kept = tcp.turn(server).await;
            let _others: Vec<Turn> = futures_util::future::join_all((0..OPENING).map(|_| tcp.turn(server))).await;
            let (response, next) = futures_util::join!(kept.exchange(&QUERY), tcp.turn(server));
            assert!(response.unwrap().is_some() && next.exchange(&QUERY).await.unwrap().is_some());
            // One that came too late has opened another one.
            assert!(connections.load(Ordering::SeqCst) <= 2);
        };
        assert!(is_sooner_than_patience(task).await);
    }
}
