//! An authoritative name server for trials and tests, which can misbehave on request.
//!
//! Looking up is hickory's; the sockets are ours, because a server that stays silent, cuts its answers or sends garbage is not
//! what a library is made for.

mod connections;
pub mod fault;
mod view;
mod zone;

pub use fault::{Fault, FaultKind};
pub use view::{Forward, View};
pub use zone::Zone;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_net::runtime::TokioTime;
use hickory_net::xfer::Protocol;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::Record;
use hickory_proto::serialize::binary::BinEncoder;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::{Catalog, MessageResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::connections::{Connections, Idle};
use crate::dns::codec;

/// UDP queries that are worked on at a time; more are dropped, as a busy server does.
const QUERIES: usize = 1024;
/// After a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// The time that a TCP client has for the next query, and to take a response.
const IDLE: Duration = Duration::from_secs(10);
/// The largest UDP answer, in bytes, whatever the client announces (as BIND does since 9.16).
const UDP_MAX: usize = codec::PAYLOAD as usize;
/// The largest UDP answer to a client without EDNS, in bytes (RFC 1035 section 4.2.1).
const UDP_PLAIN: usize = 512;

/// What to serve, and where.
#[derive(Debug)]
pub struct Config {
    /// Port 0 takes a free one, the same for UDP and TCP.
    pub listen: SocketAddr,
    pub zones: Vec<Zone>,
    pub faults: Vec<Fault>,
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, UDP and TCP.
    pub addr: SocketAddr,
    asked: Arc<AtomicUsize>,
    // Aborts its tasks when dropped.
    _tasks: JoinSet<()>,
}

impl Running {
    /// How many questions have come in.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Server {
    catalog: Catalog,
    /// The zones as they were before the federation records.
    stale: Catalog,
    /// A resolver has no zones.
    view: Option<View>,
    faults: Vec<Fault>,
    asked: Arc<AtomicUsize>,
}

/// Starts an authoritative server; the error is the system's.
pub async fn start(config: Config) -> io::Result<Running> {
    listen(config, None).await
}

/// Starts a resolver; the error is the system's.
pub async fn start_resolver(listen_on: SocketAddr, view: View) -> io::Result<Running> {
    listen(Config { listen: listen_on, zones: Vec::new(), faults: Vec::new() }, Some(view)).await
}

async fn listen(config: Config, view: Option<View>) -> io::Result<Running> {
    let (tcp, udp) = bind(config.listen).await?;
    let addr = tcp.local_addr()?;
    let asked = Arc::new(AtomicUsize::new(0));
    let catalog = |stale| zone::catalog(&config.zones, stale).map_err(io::Error::other);
    let server = Arc::new(Server {
        catalog: catalog(false)?,
        stale: catalog(true)?,
        view,
        faults: config.faults,
        asked: asked.clone(),
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(serve_udp(server.clone(), Arc::new(udp)));
    tasks.spawn(serve_tcp(server, tcp));
    Ok(Running { addr, asked, _tasks: tasks })
}

/// Takes the same port for both; a free TCP port may be taken on UDP, so port 0 tries a few times.
async fn bind(listen: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    for _ in 0..20 {
        let tcp = TcpListener::bind(listen).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((tcp, udp)),
            Err(error) if listen.port() != 0 => return Err(error),
            Err(_) => {}
        }
    }
    Err(io::Error::other("no port is free for both UDP and TCP"))
}

async fn serve_udp(server: Arc<Server>, socket: Arc<UdpSocket>) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= QUERIES {
            let _ = tasks.join_next().await;
        }
        // A failed receive is the echo of an answer that somebody refused.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let (server, socket, query) = (server.clone(), socket.clone(), buffer[..length].to_vec());
        tasks.spawn(async move {
            if let Some(answer) = server.answer(query, from, Protocol::Udp).await {
                let _ = socket.send_to(&answer, from).await;
            }
        });
    }
}

async fn serve_tcp(server: Arc<Server>, listener: TcpListener) {
    let mut connections = Connections::default();
    loop {
        connections.make_room().await;
        let Ok((stream, from)) = listener.accept().await else {
            // Out of descriptors, most likely.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let server = server.clone();
        connections.add(from.ip(), |idle| async move {
            // The client is gone or sends what is no DNS; either way nobody waits for a response.
            let _ = serve_stream(&server, stream, from, &idle).await;
        });
    }
}

async fn serve_stream(server: &Server, mut stream: TcpStream, from: SocketAddr, idle: &Idle) -> io::Result<()> {
    loop {
        let length = timeout(IDLE, stream.read_u16()).await??;
        let mut query = vec![0; usize::from(length)];
        timeout(IDLE, stream.read_exact(&mut query)).await??;
        idle.set(false);
        if let Some(answer) = server.answer(query, from, Protocol::Tcp).await {
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            timeout(IDLE, stream.write_all(&[&length.to_be_bytes()[..], &answer].concat())).await??;
        }
        idle.set(true);
    }
}

impl Server {
    /// The bytes to send, or nothing.
    async fn answer(&self, query: Vec<u8>, from: SocketAddr, protocol: Protocol) -> Option<Vec<u8>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let message = Message::from_vec(&query).ok()?;
        let asked = message.queries.first()?;
        let faults: Vec<&FaultKind> =
            self.faults.iter().filter(|fault| fault.strikes(asked)).map(|fault| &fault.kind).collect();
        for fault in &faults {
            if let FaultKind::Delay(time) = fault {
                tokio::time::sleep(*time).await;
            }
        }
        let code = |code| Message::error_msg(message.metadata.id, message.metadata.op_code, code);
        let answered = |mut answer: Message| {
            answer.queries = message.queries.clone();
            answer.to_vec().ok()
        };
        let stale = faults.iter().any(|fault| matches!(fault, FaultKind::Stale));
        for fault in faults {
            match fault {
                FaultKind::Silence => return None,
                FaultKind::NxDomain => return answered(code(ResponseCode::NXDomain)),
                FaultKind::ServFail => return answered(code(ResponseCode::ServFail)),
                FaultKind::Refused => return answered(code(ResponseCode::Refused)),
                FaultKind::Garbage => return Some([&query[..2], &[0x84, 0, 0, 1, 0, 9], &[0xff; 20]].concat()),
                FaultKind::Truncate if protocol == Protocol::Udp => {
                    let mut cut = code(ResponseCode::NoError);
                    cut.metadata.truncation = true;
                    cut.metadata.authoritative = true;
                    return answered(cut);
                }
                FaultKind::Truncate | FaultKind::Stale | FaultKind::Delay(_) => {}
            }
        }
        let bytes = match &self.view {
            Some(view) => view.answer(&message).await?.to_vec().ok()?,
            None => self.look_up(query, from, protocol, stale).await?,
        };
        if protocol == Protocol::Udp { cut_to_size(bytes, &message) } else { Some(bytes) }
    }

    async fn look_up(&self, query: Vec<u8>, from: SocketAddr, protocol: Protocol, stale: bool) -> Option<Vec<u8>> {
        let request = Request::from_bytes(query, from, protocol).ok()?;
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        let catalog = if stale { &self.stale } else { &self.catalog };
        catalog.handle_request::<_, TokioTime>(&request, Capture(send)).await;
        receive.recv().await
    }
}

/// A UDP answer that is too long goes out empty with TC set, so that the client asks again over TCP.
fn cut_to_size(bytes: Vec<u8>, query: &Message) -> Option<Vec<u8>> {
    let announced = query.edns.as_ref().map_or(UDP_PLAIN, |edns| usize::from(edns.max_payload()).max(UDP_PLAIN));
    if bytes.len() <= announced.min(UDP_MAX) {
        return Some(bytes);
    }
    Message::from_vec(&bytes).ok()?.truncate().to_vec().ok()
}

/// Takes the answer from the catalogue as bytes.
#[derive(Clone)]
struct Capture(tokio::sync::mpsc::UnboundedSender<Vec<u8>>);

#[async_trait::async_trait]
impl ResponseHandler for Capture {
    async fn send_response<'a>(
        &mut self,
        response: MessageResponse<
            '_,
            'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
        >,
    ) -> Result<ResponseInfo, hickory_net::NetError> {
        let mut bytes = Vec::with_capacity(UDP_PLAIN);
        let info = response.destructive_emit(&mut BinEncoder::new(&mut bytes))?;
        // The receiver waits on the other end as long as the request lives.
        let _ = self.0.send(bytes);
        Ok(info)
    }
}
