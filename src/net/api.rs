//! A client for the API of a DNS provider or a server: HTTPS or plain HTTP, no redirects, bounded in time and size. Connections
//! stay open between requests.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method as HttpMethod};

use super::Net;
use crate::endpoint::Endpoint;
use crate::facts::api::{ApiRequest, ApiResponse, Method, Sent};
use crate::facts::peer::HttpFailure;

/// Bytes of a response that are read: a zone of fifty thousand records fits.
const ANSWER_MAX: usize = 32 << 20;

/// Sends requests to one base URL.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
}

impl Api {
    /// Finds the host of the base URL; `wait` is for one exchange.
    pub async fn new(net: &Net, base: &url::Url, wait: Duration) -> Result<Self, HttpFailure> {
        let broken = |error: &dyn std::fmt::Display| HttpFailure::Connect(error.to_string());
        let mut base = base.clone();
        let endpoint = Endpoint::of(&base).map_err(|error| broken(&error))?;
        let addrs = net.locate(&endpoint).await.map_err(|none| broken(&none))?;
        let mut client = Client::builder()
            .tls_backend_preconfigured(net.roots.client().map_err(|error| broken(&error))?)
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .timeout(wait)
            .user_agent(concat!("fedctl/", env!("CARGO_PKG_VERSION")));
        let ports = addrs.iter().map(SocketAddr::port);
        match (endpoint.ip(), addrs.as_slice()) {
            (Some(_), [addr, ..]) => {
                let _ = base.set_ip_host(addr.ip());
                let _ = base.set_port(Some(addr.port()));
            }
            _ => client = client.resolve_to_addrs(base.host_str().unwrap_or_default(), &addrs),
        }
        // A port of the URL would win over that of an override.
        if endpoint.ip().is_none() && ports.into_iter().any(|port| port != endpoint.port) {
            let _ = base.set_port(None);
        }
        let client = client.build().map_err(|error| broken(&error))?;
        Ok(Self { client, base: base.as_str().trim_end_matches('/').to_owned() })
    }

    /// Sends one request.
    pub async fn send(&self, request: ApiRequest) -> Sent {
        let method = match request.method {
            Method::Get => HttpMethod::GET,
            Method::Post => HttpMethod::POST,
            Method::Put => HttpMethod::PUT,
            Method::Patch => HttpMethod::PATCH,
            Method::Delete => HttpMethod::DELETE,
        };
        let mut sent = self.client.request(method, format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            let broken = |what: &str| HttpFailure::Connect(format!("the header `{name}` cannot be sent: {what}"));
            let mut value = HeaderValue::from_str(value).map_err(|_| broken("it holds control characters"))?;
            value.set_sensitive(true);
            sent = sent.header(HeaderName::from_static(name), value);
        }
        if let Some(body) = request.body {
            sent = sent.body(body);
        }
        let mut response = sent.send().await.map_err(|error| failure(&error))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if bytes.len() + chunk.len() > ANSWER_MAX {
                return Err(HttpFailure::TooLarge(ANSWER_MAX));
            }
            bytes.extend_from_slice(&chunk);
        }
        let retry = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Ok(ApiResponse {
            status: response.status().as_u16(),
            retry_after: retry,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

/// Whether a request may have arrived is what matters: only a connection that was never made is certain.
fn failure(error: &reqwest::Error) -> HttpFailure {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| (*cause).source());
    let cause = causes.last().map_or_else(|| "no reason given".to_owned(), ToString::to_string);
    if error.is_connect() || error.is_builder() { HttpFailure::Connect(cause) } else { HttpFailure::Closed(cause) }
}
