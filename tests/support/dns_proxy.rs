//! A proxy before a real name server: UDP passes, and a test decides what happens to each message over TCP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// What happens to one message over TCP.
pub enum DnsFault {
    Pass,
    /// It reaches the server, and the connection is closed without a response.
    Cut,
    /// The server never gets it.
    Drop,
}

/// Runs until the test process ends. `decide` gets how many messages came before.
pub fn start(upstream: SocketAddr, mut decide: impl FnMut(usize) -> DnsFault + Send + 'static) -> SocketAddr {
    let (listener, udp) = loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(listener.local_addr().unwrap()) {
            break (listener, udp);
        }
    };
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 65535];
        while let Ok((length, client)) = udp.recv_from(&mut buffer) {
            let server = UdpSocket::bind("127.0.0.1:0").unwrap();
            server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            server.send_to(&buffer[..length], upstream).unwrap();
            if let Ok(length) = server.recv(&mut buffer) {
                let _ = udp.send_to(&buffer[..length], client);
            }
        }
    });
    std::thread::spawn(move || {
        for (before, mut client) in listener.incoming().flatten().enumerate() {
            let Some(message) = read(&mut client) else { continue };
            let fault = decide(before);
            if matches!(fault, DnsFault::Drop) {
                continue;
            }
            let mut server = TcpStream::connect(upstream).unwrap();
            server.write_all(&message).unwrap();
            if let (Some(response), DnsFault::Pass) = (read(&mut server), fault) {
                let _ = client.write_all(&response);
            }
        }
    });
    addr
}

/// One message with the two bytes of its length.
fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message).ok()?;
    Some([length.to_vec(), message].concat())
}
