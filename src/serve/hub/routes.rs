//! Which address leads where, and what every answer passes: time limit, security headers, log line, counters.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::gate::From;
use super::listener::Client;
use super::{Hub, api, links, now, pages};
use crate::metrics::CONTENT_TYPE;

/// Bytes; a registration with the largest key has about one KiB.
const BODY_MAX: usize = 16 * 1024;
/// For reading a body and answering; a server waits for two seconds.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a result of `/healthz` is used again.
const HEALTH_KEPT: Duration = Duration::from_secs(2);

pub fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/api/v1/peers", get(api::search).post(api::register))
        .route("/api/v1/peers/removal", post(api::remove))
        .route("/confirm", get(links::show).post(links::decide))
        .route("/remove", get(links::removal_form).post(links::removal))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(hub.clone(), around))
        .with_state(hub)
}

/// The path is logged without its query: links carry their secret there.
async fn around(State(hub): State<Arc<Hub>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let connected = request.extensions().get::<Client>().map_or(Ipv4Addr::UNSPECIFIED.into(), |client| client.0.ip());
    let from = hub.gate.client(connected, request.headers());
    request.extensions_mut().insert(From(from));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let sender = text_header(request.headers(), "x-federation-domain");
    let mut response = match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "too slow\n").into_response(),
    };
    protect(&hub, response.headers_mut());
    let (status, took) = (response.status().as_u16(), start.elapsed());
    hub.metrics.request(status, took);
    let ms = took.as_secs_f64() * 1000.0;
    match path.as_str() {
        "/healthz" | "/metrics" => tracing::debug!(%method, path, status, ms, %from, "request"),
        _ => tracing::info!(%method, path, status, ms, %from, sender, "request"),
    }
    response
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(253).flat_map(char::escape_debug).collect()
}

fn protect(hub: &Hub, headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // The link of a mail is in the address bar.
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    if hub.public_url.starts_with("https:") {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(policy) = HeaderValue::from_str(&pages::POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

async fn front(State(hub): State<Arc<Hub>>) -> Html<String> {
    Html(pages::front(&hub.public_url))
}

async fn missing(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        return api::error(StatusCode::NOT_FOUND, "this hub has no such call", "GET /api/v1/peers?search=DOMAIN");
    }
    (StatusCode::NOT_FOUND, Html(pages::message("Not found", "There is no such page."))).into_response()
}

/// Healthy means that the database can be written. The result is kept for a moment, so that a flood of these requests does not
/// become a flood of writes.
async fn health(State(hub): State<Arc<Hub>>) -> Response {
    let mut last = hub.health.lock().await;
    if last.is_none_or(|(at, _)| at.elapsed() >= HEALTH_KEPT) {
        let written = hub.store.probe_write().await;
        if let Err(error) = &written {
            tracing::error!(error = format!("{error:#}"), "the database cannot be written");
        }
        *last = Some((Instant::now(), written.is_ok()));
    }
    if last.is_some_and(|(_, is_ok)| is_ok) {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be written\n").into_response()
}

async fn metrics(State(hub): State<Arc<Hub>>) -> Response {
    let counts = hub.store.counts(now()).await.ok();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], hub.metrics.page(counts)).into_response()
}
