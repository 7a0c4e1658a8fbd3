//! UDP queries over sockets that are shared by all queries of a run. Each server has a task with its sockets, which sends what queries
//! hand to it and gives each of them its response. A socket for each query costs six system calls more.
//!
//! What keeps a forged response out: the kernel takes datagrams of the connected server only, the port is chosen by the kernel
//! for each socket, the identifier is random among those that are free, and the question must be the same (RFC 5452 section 9).

mod batch;
mod server;
mod socket;
mod window;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::SendError;
use tokio::sync::{mpsc, oneshot};

use self::server::Server;

/// Servers whose sockets stay open between queries.
const OPEN: usize = 256;

/// The servers of a run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Udp(Arc<Mutex<HashMap<SocketAddr, Requests>>>);

/// The way to the task of a server, which ends when nobody has it any more.
type Requests = Arc<mpsc::UnboundedSender<Request>>;

/// A query that a server is to be sent.
#[derive(Debug)]
struct Request {
    query: Vec<u8>,
    other: fn(&[u8]) -> Option<Vec<u8>>,
    wait: Duration,
    answer: oneshot::Sender<Answer>,
}

type Answer = io::Result<(Received, Duration)>;

/// A query that was handed over.
#[derive(Debug)]
pub struct Sent {
    answer: oneshot::Receiver<Answer>,
    /// The server is not forgotten meanwhile.
    _requests: Requests,
}

impl Sent {
    /// What came back, and how long that took.
    pub async fn received(self) -> io::Result<(Received, Duration)> {
        self.answer.await.map_err(io::Error::other)?
    }
}

/// What came back for a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Response {
        bytes: Vec<u8>,
        /// The second form of the query had been sent by then.
        late: bool,
    },
    /// Only responses that cannot belong to the query.
    Foreign(&'static str),
    Nothing,
}

impl Udp {
    /// Sends; once more when the answer takes much longer than those before, and after a third of the time; after two thirds the
    /// other form of the query, if there is one. The first two bytes of both are replaced by a free identifier. The time is that since
    /// the query was first sent: the server has nothing to do with how long it waited for its place.
    pub fn send(&self, to: SocketAddr, query: Vec<u8>, other: fn(&[u8]) -> Option<Vec<u8>>, wait: Duration) -> Sent {
        let (sender, answer) = oneshot::channel();
        Sent { answer, _requests: self.hand_over(to, Request { query, other, wait, answer: sender }) }
    }

    /// Hands a query to the task of its server; a server that nobody waits for makes room.
    fn hand_over(&self, to: SocketAddr, request: Request) -> Requests {
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() >= OPEN && !servers.contains_key(&to) {
            servers.retain(|_, requests| Arc::strong_count(requests) > 1);
        }
        let requests = servers.entry(to).or_insert_with(|| start(to));
        if let Err(SendError(request)) = requests.send(request) {
            // The runtime of the task has ended.
            *requests = start(to);
            let _ = requests.send(request);
        }
        requests.clone()
    }
}

fn start(to: SocketAddr) -> Requests {
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(Server::new(to).run(requests));
    Arc::new(sender)
}

#[cfg(test)]
mod tests;
