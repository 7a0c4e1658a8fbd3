//! One exchange with an API: how often it is repeated, and what its failures mean.

use std::pin::Pin;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::provider::{Credentials, Provider};
use super::{ovh_signature, sigv4};
use crate::facts::api::{ApiRequest, ApiResponse, Method, Sent};
use crate::facts::peer::HttpFailure;

/// How often a request is sent that the provider asks to send later.
const ATTEMPTS: u32 = 5;
/// The longest pause before it is sent again, in seconds.
const PAUSE_MAX: u64 = 30;
/// Shorter values are no secrets, and would be found in every text.
const SECRET_MIN: usize = 4;
/// Characters of a provider's error that are shown.
const SHOWN: usize = 300;

/// Why a request did not do what it should. Nothing is known to have changed unless it is stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the account has no zone `{0}`")]
    NoZone(String),
    #[error("the account has several zones named `{0}`: {1}")]
    ManyZones(String, usize),
    #[error("the provider does not accept the credentials ({0}): {1}")]
    Credentials(u16, String),
    #[error("the provider still answers {0}: too many requests")]
    Busy(u16),
    #[error("the provider refuses the request ({status}): {text}")]
    Refused { status: u16, text: String },
    #[error("the provider was not reached: {0}")]
    Unreachable(HttpFailure),
    /// It may or may not have been done.
    #[error("no response came to the request: {0}")]
    Unknown(HttpFailure),
    #[error("the response of the provider cannot be read: {0}")]
    Unreadable(&'static str),
    /// The records are no longer what they were when the plan was made.
    #[error("the records of the zone have changed since the plan was made")]
    Overtaken,
    #[error("`{0}` is {1} at the provider, which fedctl does not change")]
    Special(String, &'static str),
    /// Some record sets were written before the failure.
    #[error("{done} of {total} steps were done, then: {cause}")]
    Partly { done: usize, total: usize, cause: Box<Failure> },
}

impl Failure {
    /// True when the zone is certainly as it was before.
    pub fn left_unchanged(&self) -> bool {
        !matches!(self, Self::Unknown(_) | Self::Partly { .. })
    }
}

/// Sends a request over a connection that `net` has made.
pub type Transport = Box<dyn Fn(ApiRequest) -> Pin<Box<dyn Future<Output = Sent>>>>;

/// What every request of one run needs.
pub struct Client {
    pub provider: &'static Provider,
    pub credentials: Credentials,
    /// The URL of the API without a final slash.
    pub base: String,
    /// Its host and port, as they are in the header `Host`.
    pub authority: String,
    pub send: Transport,
    /// Seconds since 1970.
    pub clock: fn() -> i64,
}

impl Client {
    /// Sends a request with the credentials, again when the provider is busy, and reads its status.
    pub async fn exchange(&self, request: ApiRequest) -> Result<ApiResponse, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let response = match (self.send)(self.authorized(&request)).await {
                Ok(response) => response,
                Err(failure @ HttpFailure::Connect(_)) => return Err(Failure::Unreachable(failure)),
                Err(failure) if request.method == Method::Get && attempt < 3 => {
                    drop(failure);
                    continue;
                }
                Err(failure) if request.method == Method::Get => return Err(Failure::Unreachable(failure)),
                Err(failure) => return Err(Failure::Unknown(failure)),
            };
            // 429 and 503 mean that nothing was done; other 5xx are certain for a GET only.
            let again = matches!(response.status, 429 | 503)
                || request.method == Method::Get && response.status >= 500
                || response.status == 400 && response.body.contains("<Code>Throttling</Code>");
            if again && attempt < ATTEMPTS {
                let pause = response.retry_after.unwrap_or(1 << (attempt - 1)).min(PAUSE_MAX);
                tokio::time::sleep(Duration::from_secs(pause)).await;
                continue;
            }
            return self.read_status(response, again);
        }
    }

    /// GETs JSON.
    pub async fn get(&self, path: &str) -> Result<serde_json::Value, Failure> {
        Ok(self.exchange(ApiRequest::new(Method::Get, path)).await?.json())
    }

    fn read_status(&self, response: ApiResponse, busy: bool) -> Result<ApiResponse, Failure> {
        let text = || readable(&self.without_secrets(&response.body));
        match response.status {
            200..300 => Ok(response),
            status @ (429 | 503) if busy => Err(Failure::Busy(status)),
            status @ (401 | 403) => Err(Failure::Credentials(status, text())),
            status => Err(Failure::Refused { status, text: text() }),
        }
    }

    /// Providers repeat parts of a request in their errors, AWS even the header with the session token.
    fn without_secrets(&self, text: &str) -> String {
        let extras = self.credentials.extras.iter().map(|(_, value)| value);
        let secrets = extras.chain([&self.credentials.token]).filter(|secret| secret.len() >= SECRET_MIN);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[...]"))
    }

    fn authorized(&self, request: &ApiRequest) -> ApiRequest {
        let request = request.clone().with("accept", "application/json");
        match self.provider.id {
            "route53" => sigv4::signed(request, &self.credentials, &self.authority, (self.clock)()),
            "ovh" => ovh_signature::signed(request, &self.credentials, &self.base, (self.clock)()),
            _ => self.provider.authorize(request, &self.credentials),
        }
    }
}

/// The beginning of an error text in one line.
fn readable(body: &str) -> String {
    let words = body.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// What RFC 3986 section 2.3 leaves as it is; request signatures of providers are made of this form.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value in the path or query of a URL.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
