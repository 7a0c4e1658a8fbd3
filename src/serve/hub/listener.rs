//! Connections within bounds: how many, how large their headers, how long they may take.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tower::ServiceExt;

use super::limit::host;

/// Bytes of request line and headers.
const HEADER_BYTES: usize = 16 * 1024;
const HEADER_COUNT: usize = 64;
/// For the headers of a request, and for waiting between two requests.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a whole connection, however busy; a client that wants more opens another.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// After a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The part of all connections that one host may hold, and the least that it may hold.
const HOST_PART: usize = 8;
const HOST_MIN: usize = 4;

/// Where a connection came from; in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub SocketAddr);

/// The open connections of every host, the oldest first.
#[derive(Debug, Default)]
struct Hosts(HashMap<IpAddr, VecDeque<AbortHandle>>);

impl Hosts {
    /// One more of this host; above its part, its oldest one is closed.
    fn add(&mut self, from: IpAddr, task: AbortHandle, part: usize) {
        let open = self.0.entry(host(from)).or_default();
        open.retain(|task| !task.is_finished());
        if open.len() >= part
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        open.push_back(task);
    }

    /// Drops the hosts without open connections.
    fn tidy(&mut self) {
        self.0.retain(|_, open| open.iter().any(|task| !task.is_finished()));
    }
}

/// Accepts until it is stopped, then waits for the open connections. A host that is `bounded` holds a part of them only.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: usize,
    bounded: impl Fn(IpAddr) -> bool,
    stopped: watch::Receiver<bool>,
) {
    let (places, part) = (Arc::new(Semaphore::new(connections.max(1))), (connections / HOST_PART).max(HOST_MIN));
    let (mut tasks, mut hosts) = (JoinSet::new(), Hosts::default());
    let mut stop = stopped.clone();
    loop {
        while tasks.try_join_next().is_some() {}
        let accepted = async {
            let place = places.clone().acquire_owned().await.ok()?;
            listener.accept().await.ok().map(|accepted| (place, accepted))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        let Some((place, (stream, from))) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        let task = tasks.spawn(async move {
            connection(stream, from, router, stopped).await;
            drop(place);
        });
        if bounded(from.ip()) {
            hosts.add(from.ip(), task, part);
        }
        if hosts.0.len() > 2 * connections {
            hosts.tidy();
        }
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, from: SocketAddr, router: Router, mut stopped: watch::Receiver<bool>) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Client(from));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_COUNT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let finished = tokio::select! {
        finished = connection.as_mut() => Some(finished),
        _ = stopped.wait_for(|stopped| *stopped) => None,
        () = tokio::time::sleep(CONNECTION_TIME) => None,
    };
    if finished.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(HEADER_TIME, connection).await;
    }
}
