//! A request to the API of a provider or a server, and its response, as plain values. A request may hold a token: it has no `Debug`.

use zeroize::Zeroizing;

use super::peer::HttpFailure;

/// The method of a request (RFC 9110 section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As it is written on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request below a base URL.
#[derive(Clone)]
pub struct ApiRequest {
    pub method: Method,
    /// With its query.
    pub path: String,
    /// The values may be secret.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    pub body: Option<String>,
}

impl ApiRequest {
    /// A request without headers and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    /// The same with a JSON body.
    pub fn json(method: Method, path: impl Into<String>, body: &serde_json::Value) -> Self {
        let mut request = Self::new(method, path);
        request.body = Some(body.to_string());
        request.with("content-type", "application/json")
    }

    /// The same with one more header field.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Zeroizing::new(value.into())));
        self
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResponse {
    pub status: u16,
    /// Seconds, as the header `Retry-After` asks for.
    pub retry_after: Option<u64>,
    pub body: String,
}

impl ApiResponse {
    /// True for 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A response, or why there is none.
pub type Sent = Result<ApiResponse, HttpFailure>;
