//! One HTTP request to one address: no redirects, no retries, no cookies, bounded in time and size, as servers ask each other.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, header};
use futures_util::StreamExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::elapsed;
use super::tls::{self, Roots};
use crate::federation::peer_facts::{Answer, Base, Exchange, HttpFailure};

/// Bytes of a response that are read; no federation answer comes near it, files aside.
const ANSWER_MAX: usize = 1 << 20;
/// Characters of the body that are kept as evidence.
const EXCERPT: usize = 160;

/// Where to send, and as whom to be seen.
#[derive(Debug, Clone)]
pub struct Caller {
    pub base: Base,
    pub addr: SocketAddr,
    pub roots: Roots,
    /// For the whole exchange.
    pub wait: Duration,
    /// The header `x-federation-domain`.
    pub sender: Option<String>,
    /// The header `Authorization`; marked sensitive, so that it is never shown.
    pub authorization: Option<HeaderValue>,
    /// An admin of the server, for routes that need one.
    pub login: Option<Login>,
}

/// Who asks the REST API. Never shown.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub token: Zeroizing<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

impl Caller {
    /// GETs a path with its query.
    pub async fn get(&self, path: &str) -> Exchange {
        self.exchange("GET", path, Vec::new()).await
    }

    /// POSTs JSON.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Exchange {
        self.exchange("POST", path, body).await
    }

    async fn exchange(&self, method: &'static str, path: &str, body: Vec<u8>) -> Exchange {
        let start = Instant::now();
        let late = HttpFailure::Timeout(u32::try_from(self.wait.as_millis()).unwrap_or(u32::MAX));
        let outcome = timeout(self.wait, self.send(method, path, body)).await.unwrap_or(Err(late));
        let path = path.split('?').next().unwrap_or(path).to_owned();
        Exchange { method: method.to_owned(), path, elapsed: elapsed(start), outcome }
    }

    async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Answer, HttpFailure> {
        let connect = |error: io::Error| HttpFailure::Connect(super::told(&error));
        let stream = TcpStream::connect(self.addr).await.map_err(connect)?;
        match self.base.https {
            true => {
                let stream = tls::connect(stream, &self.base.host, &self.roots).await.map_err(connect)?;
                self.speak(stream, method, path, body).await
            }
            false => self.speak(stream, method, path, body).await,
        }
    }

    async fn speak(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        method: &str,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Answer, HttpFailure> {
        let request = self.request(method, path, body).map_err(|error| HttpFailure::Connect(error.to_string()))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failure)?;
        // The connection must be driven beside the exchange; it ends with it.
        let driver = tokio::spawn(connection);
        let answer = async {
            let response = sender.send_request(request).await.map_err(failure)?;
            let (parts, body) = response.into_parts();
            let bytes = read(Body::new(body)).await?;
            Ok(answer(parts.status.as_u16(), &parts.headers, &bytes))
        };
        let answer = answer.await;
        driver.abort();
        answer
    }

    fn request(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Request<Body>, axum::http::Error> {
        let default = if self.base.https { 443 } else { 80 };
        let host = match self.base.port == default {
            true => self.base.host.clone(),
            false => format!("{}:{}", self.base.host, self.base.port),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, concat!("fedctl/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(sender) = &self.sender {
            request = request.header("x-federation-domain", sender);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(login) = &self.login {
            let mut token = HeaderValue::from_str(&login.token)?;
            token.set_sensitive(true);
            request = request.header("x-user-id", &login.user).header("x-auth-token", token);
        }
        if method == "POST" {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(Body::from(body))
    }
}

/// Whether a port that should speak TLS answers plain HTTP.
pub async fn speaks_plain(addr: SocketAddr, host: &str, wait: Duration) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(addr).await.ok()?;
        stream
            .write_all(format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .ok()?;
        let mut start = [0; 5];
        stream.read_exact(&mut start).await.ok()?;
        Some(&start == b"HTTP/")
    };
    timeout(wait, ask).await.ok().flatten().unwrap_or(false)
}

fn failure(error: hyper::Error) -> HttpFailure {
    if error.is_parse() || error.is_parse_status() {
        return HttpFailure::NotHttp;
    }
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
    HttpFailure::Closed(cause.map_or_else(|| error.to_string(), super::told))
}

async fn read(body: Body) -> Result<Vec<u8>, HttpFailure> {
    let (mut bytes, mut stream) = (Vec::new(), body.into_data_stream());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| HttpFailure::Closed(error.to_string()))?;
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err(HttpFailure::TooLarge(ANSWER_MAX));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn answer(status: u16, headers: &HeaderMap, bytes: &[u8]) -> Answer {
    let text = |name: header::HeaderName| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.map(|value| value.chars().filter(|c| !c.is_control()).take(200).collect::<String>())
    };
    let words = String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT * 8)]);
    let words = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    Answer {
        status,
        content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
        location: text(header::LOCATION),
        length: bytes.len(),
        excerpt: words.collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect(),
        json: serde_json::from_slice(bytes).ok(),
    }
}
