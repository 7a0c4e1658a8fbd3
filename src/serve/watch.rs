//! The pages of the watch, and those of a sandbox, over HTTP: which address is which page, limits, security headers. What a page holds is given to it.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::sync::watch;

use super::hub::listener;
use crate::text::Filtered;

/// For one page; a probe waits for other servers.
const ANSWER: Duration = Duration::from_secs(120);
/// Connections at the same time; the rest wait.
const CONNECTIONS: usize = 256;
/// Bytes of a name in a request.
const NAME_MAX: usize = 253;

/// A page that is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Board,
    /// The board for programs.
    BoardJson,
    Domain(String),
    Metrics,
    Probe(String),
    Health,
    Other,
}

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

pub type Pages = Arc<dyn Fn(Page) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// What to serve.
pub struct Config {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub pages: Pages,
    /// The value of `Content-Security-Policy`.
    pub policy: String,
    /// Answer only to names of this machine, so that no page of another site reads these through a name that leads here.
    pub is_local: bool,
}

/// Running pages; they stop when dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Takes no more connections, and waits a little for the open ones.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        let _ = tokio::time::timeout(Duration::from_secs(5), &mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Served {
    pages: Pages,
    policy: HeaderValue,
    is_local: bool,
}

#[derive(Deserialize)]
struct ProbeQuery {
    #[serde(default)]
    target: String,
}

/// Starts listening; the error is the system's.
pub async fn start(config: Config) -> std::io::Result<Running> {
    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let addr = listener.local_addr()?;
    let policy = HeaderValue::from_str(&config.policy).map_err(std::io::Error::other)?;
    let served = Served { pages: config.pages, policy, is_local: config.is_local };
    let fixed = |page: Page| get(move |State(served): State<Served>| async move { served.answer(page.clone()).await });
    let router = Router::new()
        .route("/", fixed(Page::Board))
        .route("/board.json", fixed(Page::BoardJson))
        .route("/metrics", fixed(Page::Metrics))
        .route("/healthz", fixed(Page::Health))
        .route("/domains/{domain}", get(domain))
        .route("/probe", get(probe))
        .fallback(|State(served): State<Served>| async move { served.answer(Page::Other).await })
        .layer(DefaultBodyLimit::max(0))
        .layer(from_fn_with_state(served.clone(), around))
        .with_state(served);
    let (stopping, stopped) = watch::channel(false);
    let task = tokio::spawn(listener::serve(listener, router, CONNECTIONS, |_| true, stopped));
    Ok(Running { addr, stopping, task })
}

impl Served {
    async fn answer(&self, page: Page) -> Response {
        let answer = (self.pages)(page).await;
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Servers and peers have put words into it.
        let body = Filtered::answer(&answer.body).as_str().to_owned();
        (status, [(header::CONTENT_TYPE, answer.content_type)], body).into_response()
    }
}

async fn domain(State(served): State<Served>, Path(domain): Path<String>) -> Response {
    served.answer(if domain.len() > NAME_MAX { Page::Other } else { Page::Domain(domain) }).await
}

async fn probe(State(served): State<Served>, Query(query): Query<ProbeQuery>) -> Response {
    served.answer(Page::Probe(query.target.chars().take(NAME_MAX + 1).collect())).await
}

async fn around(State(served): State<Served>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = match served.is_local && !names_this_machine(request.headers()) {
        true => (StatusCode::FORBIDDEN, "these pages are for this machine: use its loopback address\n").into_response(),
        false => tokio::time::timeout(ANSWER, next.run(request))
            .await
            .unwrap_or_else(|_| (StatusCode::SERVICE_UNAVAILABLE, "too slow\n").into_response()),
    };
    protect(response.headers_mut(), &served.policy);
    tracing::debug!(path, status = response.status().as_u16(), "request");
    response
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = host.parse::<Authority>();
    let name = authority.as_ref().map(Authority::host).unwrap_or_default().trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn protect(headers: &mut HeaderMap, policy: &HeaderValue) {
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_name_this_machine() {
        let is_here = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            names_this_machine(&headers)
        };
        assert!(["127.0.0.1:8080", "localhost", "[::1]:80", "127.1.2.3"].into_iter().all(is_here));
        assert!(
            !["evil.example", "localhost.evil.example:80", "192.168.0.1", "", "a@127.0.0.1.evil"]
                .into_iter()
                .any(is_here)
        );
        assert!(!names_this_machine(&HeaderMap::new()));
    }
}
