//! A server of native federation to test against: the well-known file, the version and the signing keys, and what can be wrong with
//! each. It signs nothing and takes no events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::peer::certificate::Tls;
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::rocketchat::native::{KEYS, VERSION, WELL_KNOWN};

/// The longest life of a connection.
const LIFE: Duration = Duration::from_secs(10);
/// Connections at a time.
const CONNECTIONS_MAX: usize = 64;
/// How long the signing keys are valid from `now` on, in seconds.
const VALID: i64 = 7 * 24 * 60 * 60;

/// What a server of native federation can do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The proxy hands the routes to the web client.
    Html,
    /// The keys are those of another domain.
    OtherName,
    /// The time of the keys is over.
    OldKeys,
    /// There is no key of the usual kind.
    NoKey,
}

/// What a server is made of.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub tls: Tls,
    pub domain: Domain,
    /// The content of the well-known file; `None` for none.
    pub well_known: Option<String>,
    pub faults: &'static [Fault],
    /// Seconds since 1970.
    pub now: i64,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Running {
    pub addr: SocketAddr,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to listen. Needs a Tokio runtime.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        hinted(format!("`{}` cannot be listened on: {error}", config.listen), "port 0 chooses a free port")
    })?;
    let addr = listener.local_addr()?;
    let config = Arc::new(config);
    let accept = async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted && connections.len() < CONNECTIONS_MAX {
                        connections.spawn(timeout(LIFE, connection(stream, config.clone())));
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
    };
    Ok(Running { addr, task: tokio::spawn(accept).abort_handle() })
}

async fn connection(stream: TcpStream, config: Arc<Config>) {
    let Ok(stream) = config.tls.acceptor().accept(stream).await else { return };
    let answer = service_fn(|request: Request<Incoming>| {
        let response = answer(&config, request.uri().path());
        async move { Ok::<_, std::convert::Infallible>(response) }
    });
    // A connection that breaks is the client's affair.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer).await;
}

fn answer(config: &Config, path: &str) -> Response<Body> {
    let has = |fault| config.faults.contains(&fault);
    let (status, kind, text) = match (path, &config.well_known) {
        (WELL_KNOWN, Some(file)) => (200, "application/json", file.clone()),
        (VERSION | KEYS, _) if has(Fault::Html) => (200, "text/html", "<!DOCTYPE html>\n".to_owned()),
        (VERSION, _) => {
            (200, "application/json", json!({"server": {"name": "Rocket.Chat", "version": "8.0.0"}}).to_string())
        }
        (KEYS, _) => (200, "application/json", keys(config).to_string()),
        _ => {
            (404, "application/json", json!({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}).to_string())
        }
    };
    let response = Response::builder().status(status).header("content-type", kind).body(Body::from(text));
    response.unwrap_or_default()
}

fn keys(config: &Config) -> serde_json::Value {
    let has = |fault| config.faults.contains(&fault);
    let name = if has(Fault::OtherName) { format!("chat.{}", config.domain) } else { config.domain.to_string() };
    let until = if has(Fault::OldKeys) { config.now - VALID } else { config.now + VALID };
    let kind = if has(Fault::NoKey) { "rsa:0" } else { "ed25519:0" };
    let (key, signature) = ("A".repeat(43), "A".repeat(86));
    json!({
        "server_name": name,
        "valid_until_ts": until.saturating_mul(1000),
        "verify_keys": {kind: {"key": key}},
        "old_verify_keys": {},
        "signatures": {name.as_str(): {kind: signature}},
    })
}
