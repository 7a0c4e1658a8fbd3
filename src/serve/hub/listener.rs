//! Connections within bounds: how many, how large their headers, how long they may take.

use std::net::SocketAddr;
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
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Bytes of request line and headers.
const HEADER_BYTES: usize = 16 * 1024;
const HEADER_COUNT: usize = 64;
/// For the headers of a request, and for waiting between two requests.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a whole connection, however busy; a client that wants more opens another.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// After a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a connection came from; in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub SocketAddr);

/// Accepts until told to stop, then waits for the open connections.
pub async fn serve(listener: TcpListener, router: Router, connections: usize, stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(connections.max(1)));
    let mut tasks = JoinSet::new();
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
        tasks.spawn(async move {
            connection(stream, from, router, stopped).await;
            drop(place);
        });
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
