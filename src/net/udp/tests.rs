//! Queries over shared sockets reach the query that waits for them.

use std::collections::HashSet;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout, timeout_at};

use super::socket::{IN_FLIGHT, Socket, is_foreign, question};
use super::window::Window;
use super::*;
use crate::dns::codec::HEADER;

/// A query whose name has one label.
fn query(label: u32) -> Vec<u8> {
    let label = format!("{label:08x}");
    [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 8][..], label.as_bytes(), &[0, 0, 1, 0, 1]].concat()
}

#[tokio::test]
async fn each_query_gets_its_own_response_however_often_they_are_repeated() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    let ports = Arc::new(Mutex::new(HashSet::new()));
    let seen = ports.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = server.recv_from(&mut buffer).await {
            seen.lock().unwrap().insert(from.port());
            buffer[2] |= 0x80;
            for _ in 0..3 {
                let _ = server.send_to(&buffer[..length], from).await;
            }
        }
    });
    let udp = Udp::default();
    let all = (0..2000).map(|at| {
        let udp = udp.clone();
        tokio::spawn(async move {
            let (received, _) = udp.send(addr, query(at), |_| None, Duration::from_secs(12)).received().await.unwrap();
            let Received::Response { bytes, .. } = received else { panic!("{received:?}") };
            assert_eq!(bytes[HEADER..], query(at)[HEADER..]);
        })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert!(ports.lock().unwrap().len() <= window::LARGEST.div_ceil(IN_FLIGHT));
}

/// A server is sent few queries before it has answered any. It loses some, and all are answered.
#[tokio::test]
async fn few_are_sent_at_first_and_those_that_are_lost_are_repeated() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (addr, udp) = (server.local_addr().unwrap(), Udp::default());
    let ask = |at| tokio::spawn(udp.send(addr, query(at), |_| None, Duration::from_secs(180)).received());
    let asked: Vec<_> = (0..400).map(ask).collect();
    let (mut buffer, mut first) = ([0; 512], HashMap::new());
    while first.len() < window::SMALLEST {
        let (length, from) = server.recv_from(&mut buffer).await.unwrap();
        first.insert(buffer[HEADER..length].to_vec(), (buffer[..length].to_vec(), from));
    }
    if let Ok(Ok((length, _))) = timeout(Duration::from_millis(300), server.recv_from(&mut buffer)).await {
        assert!(first.contains_key(&buffer[HEADER..length]), "more than {} wait", window::SMALLEST);
    }
    for (response, from) in first.values_mut() {
        response[2] |= 0x80;
        server.send_to(response, *from).await.unwrap();
    }
    tokio::spawn(async move {
        let mut seen = HashSet::new();
        while let Ok((length, from)) = server.recv_from(&mut buffer).await {
            let label = buffer[HEADER..HEADER + 9].to_vec();
            if label[8] == b'0' && seen.insert(label) {
                continue;
            }
            buffer[2] |= 0x80;
            let _ = server.send_to(&buffer[..length], from).await;
        }
    });
    for one in asked {
        let (received, _) = one.await.unwrap().unwrap();
        assert!(matches!(received, Received::Response { .. }));
    }
}

/// The answer to a query that was sent twice came at once: the first had been lost. One that takes as long as before is of a slow server.
#[tokio::test]
async fn a_server_that_loses_queries_is_sent_fewer() {
    let patience = Duration::from_millis(300);
    for (late, is_lost) in [(Duration::from_millis(1), true), (Duration::from_secs(1), false)] {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (mut socket, mut window) = (Socket::connect(server.local_addr().unwrap()).unwrap(), Window::new());
        window.gave_up();
        let (answer, answered) = oneshot::channel();
        let (begun, wait) = (Instant::now(), Duration::from_secs(3));
        socket.add(Request { query: query(1), other: |_| None, wait, answer }, begun, Some(patience));
        socket.send().await;
        let repeated = begun + patience;
        assert_eq!(socket.repeat(repeated, &mut window), Some(begun + wait / 3));
        socket.send().await;
        let mut response = [0; 512];
        let (length, _) = server.recv_from(&mut response).await.unwrap();
        response[2] |= 0x80;
        socket.deliver(&response[..length], repeated + late, &mut window);
        let (received, took) = answered.await.unwrap().unwrap();
        assert!(matches!(received, Received::Response { .. }) && took == patience + late);
        assert_eq!(window.size() < window::LARGEST, is_lost, "{late:?}");
    }
}

/// After a first answer it is known how long one takes, so a lost query is repeated long before a third of the time is over.
#[tokio::test]
async fn a_lost_query_is_repeated_soon() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        for seen in 0.. {
            let Ok((length, from)) = server.recv_from(&mut buffer).await else { break };
            buffer[2] |= 0x80;
            if seen != 1 {
                let _ = server.send_to(&buffer[..length], from).await;
            }
        }
    });
    let (udp, wait) = (Udp::default(), Duration::from_secs(180));
    for at in 0..2 {
        let (received, took) = udp.send(addr, query(at), |_| None, wait).received().await.unwrap();
        assert!(matches!(received, Received::Response { .. }));
        assert!(took < wait / 3, "answer {at} came after {took:?}");
    }
}

#[tokio::test]
async fn a_closed_port_is_an_error_at_once() {
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (udp, wait) = (Udp::default(), Duration::from_secs(180));
    // The query is not repeated before a third of the time is over.
    let received =
        timeout_at(Instant::now() + wait / 6, udp.send(closed, query(1), |_| None, wait).received()).await.unwrap();
    assert_eq!(received.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_response_to_another_question_is_foreign_and_one_without_is_not() {
    let asked = query(7);
    assert!(!is_foreign(&asked.to_ascii_uppercase(), question(&asked)));
    assert!(is_foreign(&query(8), question(&asked)));
    assert!(!is_foreign(&asked[..HEADER], question(&asked)));
}

/// The time of a query is that of the server, without the time that it waited for its turn.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_query_begins_when_it_is_sent() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (addr, udp, hold) = (server.local_addr().unwrap(), Udp::default(), Duration::from_millis(300));
    let (start, wait) = (Instant::now(), Duration::from_secs(180));
    let ask = |at: usize| {
        let udp = udp.clone();
        async move { udp.send(addr, query(at as u32), |_| None, wait).received().await.unwrap() }
    };
    let mut first: tokio::task::JoinSet<_> = (0..window::SMALLEST).map(ask).collect();
    let (mut buffer, mut held_back) = ([0; 512], HashMap::new());
    while held_back.len() < window::SMALLEST {
        let (length, from) = server.recv_from(&mut buffer).await.unwrap();
        held_back.insert(buffer[HEADER..length].to_vec(), (buffer[..length].to_vec(), from));
    }
    let begun = Instant::now();
    let last = tokio::spawn(ask(window::SMALLEST));
    tokio::time::sleep(hold).await;
    for (mut response, from) in held_back.into_values() {
        response[2] |= 0x80;
        server.send_to(&response, from).await.unwrap();
    }
    first.join_next().await.unwrap().unwrap();
    while !last.is_finished() {
        if let Ok(Ok((length, from))) = timeout(hold, server.recv_from(&mut buffer)).await {
            buffer[2] |= 0x80;
            server.send_to(&buffer[..length], from).await.unwrap();
        }
    }
    let (received, took) = last.await.unwrap();
    assert!(matches!(received, Received::Response { .. }));
    assert!(begun.elapsed() - took >= hold, "{took:?}");
    // No query waits at a full socket while another has room, and a place that became free is taken at once.
    assert!(start.elapsed() < wait / 3, "{:?}", start.elapsed());
}

/// Queries that nobody waits for any more make room for others.
#[tokio::test]
async fn a_query_that_was_given_up_leaves_its_place() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (addr, udp, wait) = (server.local_addr().unwrap(), Udp::default(), Duration::from_secs(180));
    let ask = |at: usize| {
        let udp = udp.clone();
        async move { udp.send(addr, query(at as u32), |_| None, wait).received().await.unwrap().0 }
    };
    let mut given_up: tokio::task::JoinSet<_> = (0..window::SMALLEST).map(ask).collect();
    let (mut buffer, mut seen) = ([0; 512], HashSet::new());
    while seen.len() < window::SMALLEST {
        let (length, _) = server.recv_from(&mut buffer).await.unwrap();
        seen.insert(buffer[HEADER..length].to_vec());
    }
    let last = tokio::spawn(ask(window::SMALLEST));
    given_up.shutdown().await;
    while !last.is_finished() {
        if let Ok(Ok((length, from))) = timeout(Duration::from_millis(100), server.recv_from(&mut buffer)).await {
            buffer[2] |= 0x80;
            server.send_to(&buffer[..length], from).await.unwrap();
        }
    }
    assert!(matches!(last.await.unwrap(), Received::Response { .. }));
}

/// Sockets outlive the runtime that they were opened in.
#[test]
fn a_second_runtime_opens_new_sockets() {
    let (server, udp) = (std::net::UdpSocket::bind("127.0.0.1:0").unwrap(), Udp::default());
    let addr = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = server.recv_from(&mut buffer) {
            buffer[2] |= 0x80;
            let _ = server.send_to(&buffer[..length], from);
        }
    });
    for at in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (received, _) = runtime
            .block_on(async { udp.send(addr, query(at), |_| None, Duration::from_secs(30)).received().await })
            .unwrap();
        assert!(matches!(received, Received::Response { .. }));
    }
}

/// The other form is sent after two thirds of the time, and a response that comes then is late.
#[tokio::test]
async fn the_other_form_is_sent_when_nothing_came() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (addr, udp, other) = (server.local_addr().unwrap(), Udp::default(), b"\x05other");
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = server.recv_from(&mut buffer).await {
            buffer[2] |= 0x80;
            if buffer[HEADER..length].starts_with(other) {
                let _ = server.send_to(&buffer[..length], from).await;
            }
        }
    });
    let form = |query: &[u8]| Some([&query[..HEADER], b"\x05other", &[0, 0, 1, 0, 1]].concat());
    let (received, _) = udp.send(addr, query(1), form, Duration::from_secs(1)).received().await.unwrap();
    let Received::Response { bytes, late: true } = received else { panic!("{received:?}") };
    assert!(bytes[HEADER..].starts_with(other));
    let (received, took) = udp.send(addr, query(1), |_| None, Duration::from_millis(300)).received().await.unwrap();
    assert_eq!(received, Received::Nothing);
    assert!(took >= Duration::from_millis(300));
}
