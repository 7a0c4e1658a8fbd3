//! One HTTP request to one address: no redirects, no retries, no cookies, bounded in time and size, as servers ask each other.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{self, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::{Net, elapsed};
use crate::endpoint::Endpoint;
use crate::facts::front::FRONT;
use crate::facts::peer::{Answer, Exchange, HttpFailure};
use crate::rocketchat::settings::FactorMethod;
use crate::x509::trust::Roots;

/// Bytes of a response that are read; no federation answer comes near it, files aside.
const ANSWER_MAX: usize = 1 << 20;
/// Replaces an address in URLs: an address there is called at the port that the URL names, whatever the override.
const NAMELESS: &str = "nameless.invalid";
/// Characters of the body that are kept as evidence.
const EXCERPT: usize = 160;

/// Where to send, and which sender to name.
#[derive(Debug, Clone)]
pub struct Caller {
    pub base: Endpoint,
    pub addr: SocketAddr,
    pub roots: Roots,
    /// For the whole exchange.
    pub wait: Duration,
    /// Bytes of the response that are read.
    pub answer_max: usize,
    /// The header `x-federation-domain`.
    pub sender: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<Bearer>,
    /// An admin of the server, for routes that need one.
    pub login: Option<Login>,
    /// Proof that the admin is there, for routes that change something.
    pub second_factor: Option<SecondFactor>,
}

/// A second factor, as the headers carry it. Never shown.
#[derive(Clone)]
pub struct SecondFactor {
    pub method: FactorMethod,
    pub code: Zeroizing<String>,
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactor")
    }
}

/// The value of the header `Authorization`. It is marked sensitive, so that it is never shown.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub value: HeaderValue,
    /// It may be sent without TLS.
    pub allow_plain_http: bool,
}

/// Who asks the REST API. Never shown.
#[derive(Clone)]
pub struct Login {
    pub user: String,
    pub token: Zeroizing<String>,
    /// It may be sent without TLS.
    pub allow_plain_http: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

impl Caller {
    /// Somebody without a name, who calls this address of the endpoint.
    pub fn new(net: &Net, base: Endpoint, addr: SocketAddr) -> Self {
        let (roots, wait) = (net.roots.clone(), net.timeout);
        let (answer_max, sender) = (ANSWER_MAX, None);
        Self { base, addr, roots, wait, answer_max, sender, authorization: None, login: None, second_factor: None }
    }

    /// GETs a path with its query.
    pub async fn get(&self, path: &str) -> Exchange {
        self.repeated("GET", path, Vec::new()).await
    }

    /// POSTs JSON that changes nothing.
    pub async fn post_idempotent(&self, path: &str, body: Vec<u8>) -> Exchange {
        self.repeated("POST", path, body).await
    }

    /// POSTs JSON.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Exchange {
        self.exchange("POST", path, body).await
    }

    /// A request that changes nothing is sent once more when its connection broke.
    async fn repeated(&self, method: &'static str, path: &str, body: Vec<u8>) -> Exchange {
        let first = self.exchange(method, path, body.clone()).await;
        match first.outcome {
            Err(why @ (HttpFailure::Closed(_) | HttpFailure::Connect(_))) => {
                Exchange { dropped: Some(why), ..self.exchange(method, path, body).await }
            }
            _ => first,
        }
    }

    async fn exchange(&self, method: &'static str, path: &str, body: Vec<u8>) -> Exchange {
        let start = Instant::now();
        let late = HttpFailure::Timeout(u32::try_from(self.wait.as_millis()).unwrap_or(u32::MAX));
        let outcome = timeout(self.wait, self.send(method, path, body)).await.unwrap_or(Err(late));
        let path = path.split('?').next().unwrap_or(path).to_owned();
        Exchange { method: method.to_owned(), path, elapsed: elapsed(start), outcome, dropped: None }
    }

    async fn send(&self, method: &'static str, path: &str, body: Vec<u8>) -> Result<Answer, HttpFailure> {
        let mut response = self.request(method, path, body)?.send().await.map_err(|error| failure(&error))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if bytes.len() + chunk.len() > self.answer_max {
                return Err(HttpFailure::TooLarge(self.answer_max));
            }
            bytes.extend_from_slice(&chunk);
        }
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(answer(response.status().as_u16(), header, &bytes))
    }

    /// Each request has its own client, so that it begins with a connection to this address.
    fn request(&self, method: &'static str, path: &str, body: Vec<u8>) -> Result<RequestBuilder, HttpFailure> {
        let broken = |error: &dyn std::fmt::Display| HttpFailure::Connect(error.to_string());
        self.refuse_plain_token()?;
        let client = Client::builder()
            .tls_backend_preconfigured(self.roots.client().map_err(|error| broken(&error))?)
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("fedctl/", env!("CARGO_PKG_VERSION")))
            .resolve(&self.base.host, self.addr)
            .resolve(NAMELESS, self.addr)
            .build()
            .map_err(|error| broken(&error))?;
        let method = if method == "POST" { Method::POST } else { Method::GET };
        let mut request = client
            .request(method.clone(), format!("{}{path}", self.origin()?))
            .header(header::HOST, self.base.authority())
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(sender) = &self.sender {
            request = request.header("x-federation-domain", sender);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, &authorization.value);
        }
        if let Some(login) = &self.login {
            let mut token = HeaderValue::from_str(&login.token).map_err(|error| broken(&error))?;
            token.set_sensitive(true);
            request = request.header("x-user-id", &login.user).header("x-auth-token", token);
        }
        if let Some(factor) = &self.second_factor {
            let mut code = HeaderValue::from_str(&factor.code).map_err(|error| broken(&error))?;
            code.set_sensitive(true);
            request = request.header("x-2fa-code", code).header("x-2fa-method", factor.method.name());
        }
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        Ok(request)
    }

    /// A token goes out over TLS or to this machine, unless its owner said otherwise.
    pub fn refuse_plain_token(&self) -> Result<(), HttpFailure> {
        let authorization = self.authorization.as_ref().map(|bearer| bearer.allow_plain_http);
        let login = self.login.as_ref().map(|login| login.allow_plain_http);
        let forbidden = [authorization, login].contains(&Some(false));
        match forbidden && !self.base.https && !self.addr.ip().is_loopback() {
            true => Err(HttpFailure::PlainToken(self.base.url_host())),
            false => Ok(()),
        }
    }

    /// Scheme and host of the URL. It names no port: the port would win over that of the address.
    fn origin(&self) -> Result<String, HttpFailure> {
        let Self { base, addr, .. } = self;
        match (base.ip(), base.https) {
            (None, true) => Ok(format!("https://{}", base.host)),
            (None, false) => Ok(format!("http://{}", base.host)),
            (Some(_), false) => Ok(format!("http://{NAMELESS}")),
            (Some(ip), true) if ip == addr.ip() => Ok(format!("https://{addr}")),
            (Some(ip), true) => {
                Err(HttpFailure::Connect(format!("a certificate for {ip} cannot be checked through {}", addr.ip())))
            }
        }
    }
}

/// The status with which the port answers plain HTTP; `None` when it does not.
pub async fn plain_status(addr: SocketAddr, host: &str, wait: Duration) -> Option<u16> {
    let ask = async {
        let mut stream = TcpStream::connect(addr).await.ok()?;
        stream
            .write_all(format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .ok()?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.ok()?;
        let start = std::str::from_utf8(&start).ok()?;
        start.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()
    };
    timeout(wait, ask).await.ok().flatten()
}

/// What went wrong, by the innermost cause that has a text.
fn failure(error: &reqwest::Error) -> HttpFailure {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let io = causes.clone().filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(super::description);
    let last = || causes.clone().last().map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_connect() || error.is_builder() {
        return HttpFailure::Connect(io.unwrap_or_else(last));
    }
    if causes.clone().filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse) {
        return HttpFailure::NotHttp;
    }
    HttpFailure::Closed(io.unwrap_or_else(last))
}

/// A response as facts; `header` gives the value of a header field as text.
pub fn answer<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>, bytes: &[u8]) -> Answer {
    let text =
        |name: &str| header(name).map(|value| value.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
    let front = FRONT.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?)));
    let words = String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT * 8)]);
    let words = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    Answer {
        status,
        content_type: text(header::CONTENT_TYPE.as_str()).unwrap_or_default(),
        location: text(header::LOCATION.as_str()),
        length: bytes.len(),
        excerpt: words.collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect(),
        json: serde_json::from_slice(bytes).ok(),
        front: front.collect(),
        date: text(header::DATE.as_str()).and_then(|date| seconds(&date)),
    }
}

/// A date of HTTP (RFC 9110 section 5.6.7), in seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_is_read() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine_or_where_its_owner_allows() {
        let net = Net {
            timeout: Duration::from_secs(1),
            deadline: crate::net::DEADLINE,
            connect_to: vec![],
            resolvers: vec![],
            roots: Roots::new(None).unwrap(),
            sockets: crate::net::ask::Sockets::default(),
            cache: None,
        };
        let refused = |url: &str, addr: &str, allow_plain_http: bool| {
            let caller = Caller::new(&net, url.parse().unwrap(), addr.parse().unwrap());
            assert!(caller.refuse_plain_token().is_ok(), "there is no token");
            let token = Zeroizing::new("secret".to_owned());
            let login = Some(Login { user: "admin".into(), token, allow_plain_http });
            let bearer = Some(Bearer { value: HeaderValue::from_static("Bearer secret"), allow_plain_http });
            let results = [
                Caller { login, ..caller.clone() }.refuse_plain_token(),
                Caller { authorization: bearer, ..caller }.refuse_plain_token(),
            ];
            assert_eq!(results[0], results[1]);
            results[0].is_err()
        };
        assert!(refused("http://chat.mydomain.com", "192.0.2.1:80", false));
        assert!(!refused("http://chat.mydomain.com", "192.0.2.1:80", true));
        assert!(!refused("https://chat.mydomain.com", "192.0.2.1:443", false));
        assert!(!refused("http://chat.mydomain.com", "[::1]:80", false));
        // A name can lead anywhere, whatever it is called.
        assert!(refused("http://localhost", "192.0.2.1:80", false));
    }
}
