//! UDP queries over sockets that are shared by all queries of a run: connected sockets for each server, a task that sends what
//! queries hand to it, and one that hands each response to the query that waits for it. A socket for each query costs six system
//! calls more.
//!
//! What keeps a forged response out: the kernel takes datagrams of the connected server only, the port is chosen by the kernel
//! for each socket, the identifier is random among those that are free, and the question must be the same (RFC 5452 section 9).

mod batch;
mod window;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use self::window::Window;

/// Queries that may wait at one socket at the same time: that many responses fit into its buffer.
const IN_FLIGHT: usize = 48;
/// Sockets to one server; a further one is opened when all are busy.
const SOCKETS: usize = window::LARGEST.div_ceil(IN_FLIGHT);
/// Servers whose sockets stay open between queries.
const OPEN: usize = 256;
/// Bytes before the question (RFC 1035 section 4.1.1).
const HEADER: usize = 12;
/// Identifiers of queries that are over, which are kept: a late response to one of them is not forged.
const LATE: usize = 256;
/// Datagrams that are read, or sent together, before other tasks get their turn.
const BURST: usize = 64;

/// The sockets of a run. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Udp(Arc<Mutex<HashMap<SocketAddr, Arc<Server>>>>);

/// One server.
#[derive(Debug)]
struct Server {
    sockets: Mutex<Vec<Arc<Socket>>>,
    window: Window,
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

/// One socket, with the queries that wait at it.
#[derive(Debug)]
struct Socket {
    waiting: Arc<Waiting>,
    permits: Arc<Semaphore>,
    /// To the writer, which ends with the socket.
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    reader: JoinHandle<()>,
}

type Answer = Result<Vec<u8>, io::ErrorKind>;
/// By identifier. What was answered stays, without its sender, until its query is over: no other query may take the identifier.
type Waiting = Mutex<Queries>;

#[derive(Debug, Default)]
struct Queries {
    open: HashMap<u16, Query>,
    over: VecDeque<u16>,
}

/// A query that was sent.
#[derive(Debug)]
struct Query {
    /// As it is written in the message.
    question: Box<[u8]>,
    answer: Option<oneshot::Sender<Answer>>,
    /// Why a response that came was not accepted as the answer.
    foreign: Option<&'static str>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Udp {
    /// Sends; once more when the answer takes much longer than those before, and after a third of the time; after two thirds the
    /// other form of the query, if there is one. The first two bytes of both are replaced by a free identifier. The time is that since
    /// the query was first sent: the server has nothing to do with how long it waited for its place.
    pub async fn exchange(
        &self,
        to: SocketAddr,
        query: &mut [u8],
        other: impl FnOnce() -> Option<Vec<u8>>,
        wait: Duration,
    ) -> io::Result<(Received, Duration)> {
        let server = self.server(to);
        let _in_window = server.window.enter().await;
        let (socket, place) = server.socket(to)?;
        let _at_socket = match place {
            Some(place) => place,
            None => socket.permits.clone().acquire_owned().await.map_err(io::Error::other)?,
        };
        let (id, mut answer) = socket.wait(question(query));
        let _forget = Forget { waiting: &socket.waiting, id };
        query[..2].copy_from_slice(&id.to_be_bytes());
        let (begun, patience) = (Instant::now(), server.window.patience().filter(|patience| *patience < wait / 3));
        for (round, part) in patience.into_iter().chain([wait / 3, wait * 2 / 3]).enumerate() {
            let sent = Instant::now();
            if let Some(bytes) = socket.round(query, begun + part, &mut answer).await? {
                server.window.took(begun.elapsed());
                // A server that is only slow does not answer at once when the query is repeated.
                match round > 0 && sent.elapsed() < wait / 12 {
                    true => server.window.lost(sent),
                    false => server.window.answered(),
                }
                return Ok((Received::Response { bytes, late: false }, begun.elapsed()));
            }
        }
        // Few queries get here, so the other form is made here.
        let other = other().map(|mut other| {
            other[..2].copy_from_slice(&id.to_be_bytes());
            other
        });
        let received = match &other {
            Some(other) => socket.round(other, begun + wait, &mut answer).await?,
            None => received(timeout_at(begun + wait, &mut answer).await)?,
        };
        if let Some(bytes) = received {
            return Ok((Received::Response { bytes, late: other.is_some() }, begun.elapsed()));
        }
        let foreign = held(&socket.waiting).open.get(&id).and_then(|query| query.foreign);
        Ok((foreign.map_or(Received::Nothing, Received::Foreign), begun.elapsed()))
    }

    /// What is known of a server; one that nobody waits for makes room.
    fn server(&self, to: SocketAddr) -> Arc<Server> {
        let mut servers = held(&self.0);
        if servers.len() >= OPEN && !servers.contains_key(&to) {
            servers.retain(|_, server| Arc::strong_count(server) > 1);
        }
        let new = || Server { sockets: Mutex::default(), window: Window::new() };
        servers.entry(to).or_insert_with(|| Arc::new(new())).clone()
    }
}

impl Server {
    /// A place at the first socket with room, or at a new one; any socket without a place when all are busy. The place is taken at
    /// once, or another query could take it and this one would wait there. A socket whose runtime has ended is dropped.
    fn socket(&self, to: SocketAddr) -> io::Result<(Arc<Socket>, Option<OwnedSemaphorePermit>)> {
        let mut sockets = held(&self.sockets);
        sockets.retain(|socket| !socket.reader.is_finished());
        let place = |socket: &Arc<Socket>| socket.permits.clone().try_acquire_owned().ok();
        if let Some((free, place)) = sockets.iter().find_map(|socket| Some((socket.clone(), place(socket)?))) {
            return Ok((free, Some(place)));
        }
        if sockets.len() < SOCKETS {
            let new = Arc::new(Socket::connect(to)?);
            sockets.push(new.clone());
            let place = place(&new);
            return Ok((new, place));
        }
        sockets.rotate_left(1);
        let busy = sockets.last().cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        Ok((busy, None))
    }
}

impl Socket {
    fn connect(to: SocketAddr) -> io::Result<Self> {
        let local: SocketAddr =
            if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = std::net::UdpSocket::bind(local)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        let (udp, waiting) = (Arc::new(UdpSocket::from_std(socket)?), Arc::new(Waiting::default()));
        let (outgoing, queue) = mpsc::unbounded_channel();
        tokio::spawn(write(udp.clone(), waiting.clone(), queue));
        let reader = tokio::spawn(read(udp, waiting.clone()));
        Ok(Self { waiting, permits: Arc::new(Semaphore::new(IN_FLIGHT)), outgoing, reader })
    }

    /// Sends a query and waits for its response until this moment.
    async fn round(
        &self,
        query: &[u8],
        until: Instant,
        answer: &mut oneshot::Receiver<Answer>,
    ) -> io::Result<Option<Vec<u8>>> {
        self.outgoing.send(query.to_vec()).map_err(|_| io::ErrorKind::NotConnected)?;
        received(timeout_at(until, answer).await)
    }

    /// A free identifier, and where its response will arrive.
    fn wait(&self, question: &[u8]) -> (u16, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = held(&self.waiting);
        loop {
            let id = rand::random();
            if let std::collections::hash_map::Entry::Vacant(free) = waiting.open.entry(id) {
                free.insert(Query { question: question.into(), answer: Some(sender), foreign: None });
                return (id, receiver);
            }
        }
    }
}

/// The response, unless the time is up.
fn received(waited: Result<Result<Answer, RecvError>, Elapsed>) -> io::Result<Option<Vec<u8>>> {
    let Ok(answer) = waited else { return Ok(None) };
    Ok(Some(answer.map_err(io::Error::other)?.map_err(io::Error::from)?))
}

/// Takes the query out when it is over, whatever ended it.
struct Forget<'a> {
    waiting: &'a Waiting,
    id: u16,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut queries = held(self.waiting);
        queries.open.remove(&self.id);
        queries.over.push_back(self.id);
        if queries.over.len() > LATE {
            queries.over.pop_front();
        }
    }
}

/// Sends what is handed over. Queries that tasks make in the same turn go out together: a name server on the same machine would
/// otherwise be woken for each of them.
async fn write(socket: Arc<UdpSocket>, waiting: Arc<Waiting>, mut queue: mpsc::UnboundedReceiver<Vec<u8>>) {
    let mut queries = Vec::with_capacity(BURST);
    while let Some(first) = queue.recv().await {
        queries.push(first);
        tokio::task::yield_now().await;
        queries.extend(std::iter::from_fn(|| queue.try_recv().ok()).take(BURST - 1));
        let mut left = &queries[..];
        while !left.is_empty() {
            match socket.async_io(Interest::WRITABLE, || batch::send(&socket, left)).await {
                Ok(sent) => left = &left[sent..],
                Err(error) => {
                    // It belongs to a query that was sent before, and the system tells it once.
                    fail(&waiting, error.kind());
                    break;
                }
            }
        }
        queries.clear();
    }
}

/// Hands each datagram to the query with its identifier. An error of the socket, such as a closed port, is for all that wait.
async fn read(socket: Arc<UdpSocket>, waiting: Arc<Waiting>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    while let Ok(ready) = socket.ready(Interest::READABLE | Interest::ERROR).await {
        if ready.is_error() {
            // A closed port makes the socket ready, but not for reading.
            let taken = || socket.take_error()?.ok_or_else(|| io::ErrorKind::WouldBlock.into());
            let _ = socket.try_io(Interest::ERROR, taken).map(|error| fail(&waiting, error.kind()));
        }
        for _ in 0..BURST {
            match socket.try_recv(&mut buffer) {
                Ok(length) => deliver(&waiting, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => fail(&waiting, error.kind()),
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Ends all queries that wait.
fn fail(waiting: &Waiting, error: io::ErrorKind) {
    let all: Vec<_> = held(waiting).open.values_mut().filter_map(|query| query.answer.take()).collect();
    all.into_iter().for_each(|query| drop(query.send(Err(error))));
}

/// What is not a response to a query that waits may be late, or forged, and is dropped.
fn deliver(waiting: &Waiting, datagram: &[u8]) {
    let [high, low, flags, ..] = datagram else { return };
    if flags & 0x80 == 0 {
        return;
    }
    let mut waiting = held(waiting);
    let id = u16::from_be_bytes([*high, *low]);
    let Queries { open, over } = &mut *waiting;
    let Some(query) = open.get_mut(&id) else {
        let repeated = |query: &&mut Query| datagram[HEADER.min(datagram.len())..].starts_with(&query.question);
        if let Some(query) = open.values_mut().find(repeated).filter(|_| !over.contains(&id)) {
            query.foreign = Some("the response has another identifier than the query");
        }
        return;
    };
    if is_foreign(datagram, &query.question) {
        query.foreign = Some("the response is to another question");
    } else if let Some(answer) = query.answer.take() {
        let _ = answer.send(Ok(datagram.to_vec()));
    }
}

/// The one question of a query: the name and four bytes behind the header (RFC 1035 section 4.1.2). Names in queries are not
/// compressed.
fn question(query: &[u8]) -> &[u8] {
    let mut end = HEADER;
    while let Some(length) = query.get(end).filter(|length| **length > 0) {
        end += 1 + usize::from(*length);
    }
    query.get(HEADER..end + 5).unwrap_or_default()
}

/// True for a response that repeats another question; errors may come without one, and the case may differ.
fn is_foreign(datagram: &[u8], question: &[u8]) -> bool {
    let count = datagram.get(4..6).map_or(0, |count| u16::from_be_bytes([count[0], count[1]]));
    let repeated = datagram.get(HEADER..HEADER + question.len());
    count == 1 && datagram.len() > HEADER && !repeated.is_some_and(|repeated| repeated.eq_ignore_ascii_case(question))
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
