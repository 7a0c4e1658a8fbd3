//! A name server on loopback that answers what a test wants, over UDP and TCP, for answers that no zone file can hold.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;

use hickory_proto::op::{Message, MessageType, Query};
use hickory_proto::rr::{Name, RData, Record};

/// What a query is answered with; nothing at all for `None`.
pub type Answer = dyn Fn(&Query, &mut Message) -> Option<()> + Send + Sync;

/// Starts the server; its threads end with the test program.
pub fn start(answer: Box<Answer>) -> SocketAddr {
    let answer: Arc<Answer> = Arc::from(answer);
    let (udp, tcp) = loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            break (udp, tcp);
        }
    };
    let addr = tcp.local_addr().unwrap();
    let over_udp = answer.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            if let Some(bytes) = answered(&buffer[..length], &*over_udp, true) {
                let _ = udp.send_to(&bytes, from);
            }
        }
    });
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let (Ok(mut stream), answer) = (stream, answer.clone()) else { continue };
            std::thread::spawn(move || {
                let mut length = [0; 2];
                while stream.read_exact(&mut length).is_ok() {
                    let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                    let Ok(()) = stream.read_exact(&mut query) else { return };
                    let Some(bytes) = answered(&query, &*answer, false) else { return };
                    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
                    let _ = stream.write_all(&[&length[..], &bytes].concat());
                }
            });
        }
    });
    addr
}

fn answered(bytes: &[u8], answer: &Answer, over_udp: bool) -> Option<Vec<u8>> {
    let query = Message::from_vec(bytes).ok()?;
    let mut message = Message::query();
    message.metadata = query.metadata;
    message.metadata.message_type = MessageType::Response;
    message.metadata.authoritative = true;
    message.metadata.recursion_available = true;
    message.queries = query.queries.clone();
    answer(query.queries.first()?, &mut message)?;
    let bytes = message.to_vec().ok()?;
    if over_udp && bytes.len() > 1232 {
        return message.truncate().to_vec().ok();
    }
    Some(bytes)
}

/// One record with a TTL of an hour.
pub fn record(name: &Name, data: RData) -> Record {
    Record::from_rdata(name.clone(), 3600, data)
}
