//! The embedded peer under fire: a flood, slow clients and hostile bytes, while an honest sender is answered all the time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fedctl::metrics::CONTENT_TYPE;
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;

use crate::support::Fedctl;
use crate::support::http::try_send;
use crate::support::peers::{A, Peer, Peers, key};
use crate::support::programs::free_port;

/// What servers wait. The honest sender must be answered within it, whatever else goes on.
const LIMIT: Duration = Duration::from_secs(2);

fn request(sender: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: chat.b.example\r\nx-federation-domain: {sender}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends raw bytes and gives what comes back until the end.
fn send(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that refuses a body early may close before all of it was written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn sealed(message: &[u8]) -> Vec<u8> {
    Wire::Two.write(&envelope::seal(message, &key("alice"), key("bob").public()).unwrap())
}

/// Pings several times and gives the median; the machine that tests run on may be busy for a moment.
fn honest(addr: SocketAddr, ping: &[u8]) -> Duration {
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let answer = send(addr, &request(A, ping));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"success":true}"#), "{answer}");
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn peer() -> Peers {
    Peers::start(&Peer { https: false, ..Peer::default() })
}

/// Runs `attack` over and over on several threads while the honest sender is measured.
fn under(attack: impl Fn(SocketAddr) + Sync, threads: usize) -> Duration {
    let peers = peer();
    let ping = sealed(br#"{"events":[{"type":"ping"}]}"#);
    send(peers.addr, &request(A, &ping));
    let (done, attack) = (AtomicBool::new(false), &attack);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    attack(peers.addr);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        let median = honest(peers.addr, &ping);
        done.store(true, Ordering::Relaxed);
        median
    })
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let peers = peer();
    let ping = sealed(br#"{"events":[{"type":"ping"}]}"#);
    // More than the peer holds; each has begun a request and does not end it.
    let mut slow = Vec::new();
    for at in 0..700 {
        let Ok(mut stream) = TcpStream::connect(peers.addr) else { break };
        let part: &[u8] = match at % 3 {
            0 => b"",
            1 => b"POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\n",
            _ => b"POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n{\"type\"",
        };
        let _ = stream.write_all(part);
        slow.push(stream);
    }
    assert!(slow.len() > 512, "only {} connections could be opened", slow.len());
    let median = honest(peers.addr, &ping);
    assert!(median < LIMIT, "{median:?}");
}

#[test]
fn a_flood_of_connections_keeps_nobody_waiting() {
    let median = under(|addr| drop(TcpStream::connect(addr)), 4);
    assert!(median < LIMIT, "{median:?}");
}

#[test]
fn large_messages_of_a_real_sender_keep_nobody_waiting() {
    // Hundreds of private operations each, and signed as they should be.
    let large = request(A, &sealed(&[b'x'; 60_000]));
    let junk = request("b.example", &vec![b'['; 1 << 20]);
    let median = under(
        |addr| {
            send(addr, &large);
            send(addr, &junk);
        },
        2,
    );
    assert!(median < LIMIT, "{median:?}");
}

#[test]
fn hostile_bytes_are_refused_and_stop_nothing() {
    let peers = peer();
    let huge = format!(r#"{{"type":"Buffer","data":[{}1]}}"#, "1,".repeat(3_000_000));
    let deep = "[".repeat(200_000);
    for body in [
        &b""[..],
        b"{}",
        b"null",
        b"\x00\xff\xfe",
        br#"{"type":"Buffer","data":[]}"#,
        br#"{"type":"Buffer","data":[1,2,3]}"#,
        br#"{"events":[{"type":"ping"}]}"#,
        huge.as_bytes(),
        deep.as_bytes(),
    ] {
        let answer = send(peers.addr, &request(A, body));
        let start = answer.get(..12).unwrap_or_default();
        assert!(matches!(start, "HTTP/1.1 400" | "HTTP/1.1 413"), "{answer} for {} bytes", body.len());
    }
    for head in [
        &b"GET"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /api/v1/federation.users.search?username=%ff%00&domain=%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/federation.events.dispatch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(peers.addr).unwrap();
        stream.write_all(head).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    for sender in ["", "@", "a b", "a.example.", "xn--\u{7f}", "../../etc", "localhost", "127.0.0.1"] {
        let answer = send(peers.addr, &request(sender, b"{}"));
        assert!(answer.starts_with("HTTP/1.1 400"), "{sender:?}: {answer}");
    }
    honest(peers.addr, &sealed(br#"{"events":[{"type":"ping"}]}"#));
}

#[test]
fn the_command_serves_and_prints_its_address() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let args = [
        "serve",
        "peer",
        "--domain",
        "b.example",
        "--key",
        "federation.key",
        "--resolver",
        "127.0.0.1:9",
        "--as",
        "3.18.3",
        "--ca-out",
        "ca.pem",
        "--page",
        "127.0.0.1:0",
    ];
    let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(2);
    let addrs: Vec<SocketAddr> = lines.map_while(|line| line.unwrap().parse().ok()).collect();
    let is_listening = addrs.first().is_some_and(|addr| TcpStream::connect(addr).is_ok());
    let page = |path: &str| try_send(*addrs.get(1)?, "GET", path, &[], "");
    let (conversations, metrics) = (page("/"), page("/metrics"));
    // It must not outlive a test that fails.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_listening);
    let (conversations, metrics) = (conversations.unwrap(), metrics.unwrap());
    assert!(conversations.status == 404 && conversations.body.contains("--sandbox"), "{conversations:?}");
    // Nothing was counted yet.
    assert_eq!((metrics.status, metrics.header("content-type")), (200, CONTENT_TYPE));
    assert!(fedctl.read("ca.pem").starts_with("-----BEGIN CERTIFICATE-----"));
    let (error, _) = fedctl.refused(&["serve", "peer", "--key", "federation.key"]);
    assert_eq!(error, "a peer needs a domain");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let (error, _) =
        fedctl.refused(&["serve", "peer", "--domain", "b.example", "--key", "federation.key", "--listen", &listen]);
    assert!(error.contains("cannot be listened on"), "{error}");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let fedctl = Fedctl::new();
    fedctl.ok(&["keygen"]);
    let refused = |more: &[&str]| {
        let base = ["serve", "peer", "--domain", "b.example", "--key", "federation.key"];
        fedctl.refused(&[&base, more].concat()).0
    };
    for (flags, part) in [
        (&["--as", "1.3.0", "--speaks", "2.x"][..], "a 1.3.0 server does not speak"),
        (&["--as", "3.18.3", "--speaks", "1.x"], "a 3.18.3 server does not speak"),
        (&["--plain", "--fault", "self-signed"], "--plain leaves no certificate for --fault self-signed"),
        (&["--cert", "a", "--cert-key", "b", "--fault", "tls13-only"], "--fault tls13-only needs"),
        (&["--name", "http://chat.b.example"], "`http://chat.b.example` is not a host name"),
    ] {
        assert!(refused(flags).contains(part), "{flags:?}: {}", refused(flags));
    }
}

#[test]
fn a_server_of_1_x_looks_at_body_header_and_sender_in_this_order() {
    let peers = Peers::start(&Peer { release: "1.3.5", https: false, ..Peer::default() });
    let envelope = r#"{"payload":{"type":"Buffer","data":[1,2,3]}}"#;
    for (header, body, error) in [
        ("", "{}", "Payload was not sent"),
        ("", envelope, "Cannot handle that request"),
        ("x-federation-domain: nobody.example\r\n", envelope, "Could not find valid peer"),
        ("x-federation-domain: a.example\r\n", envelope, "Could not decrypt [error-decrypt]"),
        ("x-federation-domain: b.example\r\n", envelope, "Could not decrypt [error-decrypt]"),
    ] {
        let head = format!("POST /api/v1/federation.events HTTP/1.1\r\nHost: b\r\nConnection: close\r\n{header}");
        let request = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = send(peers.addr, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(error), "{header}{body}: {answer}");
    }
}

#[test]
fn a_release_that_cannot_send_sends_nothing() {
    let callback = free_port();
    let peers = Peers::start(&Peer { release: "6.5.0", callback: Some(callback), ..Peer::default() });
    let report = peers.report(&["--callback", &callback.to_string()]);
    assert!(!report.to_string().contains("its own message arrived"), "{report}");
    let log = peers.log.lock().unwrap().join("\n");
    assert!(log.contains("not sent: a.example: a 6.5.0 server calls `undefined/api/v1/…`"), "{log}");
}

#[test]
fn a_given_certificate_is_served_and_its_authority_trusted() {
    given(&["chat.b.example"], rcgen::IsCa::NoCa);
}

/// Node takes both: what `openssl req -x509` makes is its own authority, and names the host where it always did.
#[test]
fn a_certificate_is_judged_as_node_does() {
    let authority = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    given(&["chat.b.example"], authority);
    given(&[], authority);
    given(&[], rcgen::IsCa::NoCa);
}

/// Serves a self-signed certificate, and shakes hands without and with it in --ca-file.
fn given(names: &[&str], is_ca: rcgen::IsCa) {
    let peers = Peers::start(&Peer::default());
    let fedctl = &peers.fedctl;
    let mut params = rcgen::CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.is_ca = is_ca;
    params.distinguished_name.push(rcgen::DnType::CommonName, "chat.b.example");
    let made = rcgen::KeyPair::generate().unwrap();
    fedctl.write("leaf.pem", params.self_signed(&made).unwrap().pem());
    fedctl.write("leaf.key", made.serialize_pem());
    let own = fedctl.write("b.key", key("bob").one_line().unwrap().as_bytes());
    std::fs::set_permissions(own, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let resolver = peers.resolver.to_string();
    let serve = ["serve", "peer", "--domain", "b.example", "--key", "b.key", "--resolver", &resolver];
    let mut child = fedctl
        .command(&[&serve[..], &["--cert", "leaf.pem", "--cert-key", "leaf.key"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let override_to = format!("chat.b.example:443={}", line.trim());
    let shake = [
        "handshake",
        "b.example",
        "--domain",
        A,
        "--key",
        "a.key",
        "--resolver",
        &resolver,
        "--connect-to",
        &override_to,
    ];
    let strange = fedctl.run(&shake);
    let trusted = fedctl.run(&[&shake[..], &["--ca-file", "leaf.pem"]].concat());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(strange.status == 1 && strange.stdout.contains("is self-signed"), "{}", strange.stdout);
    assert!(trusted.stdout.contains("both layers opened"), "{}", trusted.stdout);
    let (error, _) = fedctl.refused(&[&serve[..], &["--cert", "leaf.key", "--cert-key", "leaf.key"]].concat());
    assert_eq!(error, "`leaf.key`: it contains no certificate");
}
