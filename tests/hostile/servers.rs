//! Clients that hold connections and say nothing, at every server that fedctl starts: others are answered all the same. While they
//! are, the younger silent connections are still open: nobody had to wait until they were closed.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::Fedctl;
use crate::support::http::get;
use crate::support::hub::Hub;
use crate::support::peers::{Peer, Peers};
use crate::support::programs::find;

/// Opens many connections, and sends the beginning of something on each.
fn silent(addr: SocketAddr, count: usize, start: &[u8]) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = TcpStream::connect(addr).unwrap();
        // The server may have closed it already.
        let _ = stream.write_all(start);
        stream
    };
    (0..count).map(open).collect()
}

fn assert_open(stream: &mut TcpStream) {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0; 64]);
    assert!(read.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "it was closed: {read:?}");
}

/// A server of this command line, and the address on its first line.
fn start(fedctl: &Fedctl, args: &[&str]) -> (Child, SocketAddr) {
    let mut child = fedctl.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr = line.split_whitespace().find_map(|word| word.parse().ok());
    (child, addr.unwrap_or_else(|| panic!("no address in `{line}`")))
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A query for the address of `chat.b.example`, as it is sent over TCP.
const QUERY: &[u8] = b"\0\x20\0\x07\x01\0\0\x01\0\0\0\0\0\0\x04chat\x01b\x07example\0\0\x01\0\x01";

fn name_server(fedctl: &Fedctl, more: &[&str]) -> (Child, SocketAddr) {
    let zone = fedctl.write("zone", "$ORIGIN b.example.\nchat 60 IN A 192.0.2.1\n");
    start(fedctl, &[&["serve", "dns", "--zone", zone.to_str().unwrap()], more].concat())
}

/// Waits for the response to the query.
fn assert_answered(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer).unwrap();
    assert!(answer.windows(4).any(|part| part == [192, 0, 2, 1]), "{answer:?}");
}

#[test]
fn silent_connections_do_not_block_a_name_server() {
    let fedctl = Fedctl::new();
    let (child, addr) = name_server(&fedctl, &[]);
    for beginning in [&b""[..], b"\0", b"\x01\0half a query"] {
        let mut idle = silent(addr, 200, beginning);
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(QUERY).unwrap();
        assert_answered(&mut stream);
        assert_open(&mut idle[190]);
    }
    end(child);
}

/// More than it keeps open at a time: the others wait, and no query is dropped for them.
#[test]
fn a_busy_name_server_answers_every_connection() {
    let fedctl = Fedctl::new();
    let (child, addr) = name_server(&fedctl, &["--fault", "delay=500ms"]);
    let idle = silent(addr, 20, b"");
    let mut busy = silent(addr, 400, QUERY);
    busy.iter_mut().for_each(assert_answered);
    drop(idle);
    end(child);
}

#[test]
fn slow_clients_do_not_block_the_peer() {
    let peers = Peers::start(&Peer { https: false, ..Peer::default() });
    for beginning in [&b""[..], b"POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\nX-"] {
        let mut idle = silent(peers.addr, 600, beginning);
        assert!(get(peers.addr, "/api/info").status < 500);
        assert_open(&mut idle[580]);
    }
}

/// A TLS handshake that is begun and not ended.
#[test]
fn stalled_handshakes_do_not_block_the_peer() {
    let Some(curl) = find("curl") else { return };
    let peers = Peers::start(&Peer { https: true, ..Peer::default() });
    let mut idle = silent(peers.addr, 600, b"\x16\x03\x01\x02\0\x01");
    let url = format!("https://{}/api/info", peers.addr);
    let output = std::process::Command::new(curl).args(["-sk", "-o", "/dev/null", "-w", "%{http_code}", &url]).output();
    assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), "200");
    assert_open(&mut idle[580]);
}

#[test]
fn slow_clients_do_not_block_the_hub() {
    let fedctl = Fedctl::new();
    let hub = Hub::start(&fedctl, &["--data", "hub", "--mail-to-log"]);
    let mut idle = silent(hub.addr, 200, b"GET / HTTP/1.1\r\nHost: ");
    assert_eq!(get(hub.addr, "/healthz").status, 200);
    assert_open(&mut idle[190]);
}

#[test]
fn slow_clients_do_not_block_the_pages_of_a_watch() {
    let fedctl = Fedctl::new();
    let args = ["watch", "b.example", "--listen", "127.0.0.1:0", "--data", "watch", "--resolver", "127.0.0.1:9"];
    let (child, addr) = start(&fedctl, &args);
    let mut idle = silent(addr, 300, b"GET /metrics HTTP/1.1\r\nHost: ");
    assert_eq!(get(addr, "/healthz").status, 200);
    assert_open(&mut idle[290]);
    end(child);
}
