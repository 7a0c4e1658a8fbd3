//! A name server on loopback that passes each query on to another one and changes what comes back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::Message;

/// The transport that a query came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
}

/// What becomes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Send,
    /// Sent at once, and once more.
    SendTwice,
    /// Sent from another port than the query went to, as behind a broken address translation.
    SendFromElsewhere,
    Drop,
}

/// Looks at the query and changes the response.
pub type Bend = fn(&Message, &mut Message, Over) -> Act;

/// The same with what it has captured.
type Change = dyn Fn(&Message, &mut Message, Over) -> Act + Send + Sync;

/// The largest UDP response that is sent.
const UDP_MAX: usize = 1232;
const UDP_PLAIN: usize = 512;
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts the server; its threads end with the test program. Without `tcp`, a connection over TCP is refused.
pub fn start(
    backend: SocketAddr,
    bend: impl Fn(&Message, &mut Message, Over) -> Act + Send + Sync + 'static,
    tcp: bool,
) -> SocketAddr {
    let bend: Arc<Change> = Arc::new(bend);
    let (udp, listener) = loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(listener.local_addr().unwrap()) {
            break (udp, listener);
        }
    };
    let addr = udp.local_addr().unwrap();
    let over_udp = bend.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let Ok((length, from)) = udp.recv_from(&mut buffer) else { continue };
            let (socket, query, bend) = (udp.try_clone().unwrap(), buffer[..length].to_vec(), over_udp.clone());
            std::thread::spawn(move || {
                let Some((bytes, act)) = answered(backend, &query, &*bend, Over::Udp) else { return };
                if act == Act::SendFromElsewhere {
                    let _ = UdpSocket::bind("127.0.0.1:0").unwrap().send_to(&bytes, from);
                    return;
                }
                let _ = socket.send_to(&bytes, from);
                if act == Act::SendTwice {
                    let _ = socket.send_to(&bytes, from);
                }
            });
        }
    });
    if tcp {
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let bend = bend.clone();
                std::thread::spawn(move || {
                    while let Ok(query) = read(&mut stream) {
                        let Some((bytes, _)) = answered(backend, &query, &*bend, Over::Tcp) else { return };
                        let _ = write(&mut stream, &bytes);
                    }
                });
            }
        });
    }
    addr
}

fn answered(backend: SocketAddr, bytes: &[u8], bend: &Change, over: Over) -> Option<(Vec<u8>, Act)> {
    let query = Message::from_vec(bytes).ok()?;
    let mut stream = TcpStream::connect(backend).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write(&mut stream, bytes).ok()?;
    let mut response = Message::from_vec(&read(&mut stream).ok()?).ok()?;
    let act = bend(&query, &mut response, over);
    if act == Act::Drop {
        return None;
    }
    let bytes = response.to_vec().ok()?;
    let room = query.edns.as_ref().map_or(UDP_PLAIN, |edns| usize::from(edns.max_payload()).clamp(UDP_PLAIN, UDP_MAX));
    if over == Over::Udp && bytes.len() > room {
        return Some((response.truncate().to_vec().ok()?, act));
    }
    Some((bytes, act))
}

/// RFC 1035 section 4.2.2: two bytes of length before each message.
fn read(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], bytes].concat())
}
