//! Routes, answers and refusals, as the chosen release words them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use futures_util::StreamExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::fault::Fault;
use super::inbox::{Inbox, Refusal};
use super::log::Entry;
use super::{Config, answer};
use crate::rocketchat::body::Wire;
use crate::rocketchat::boundary;
use crate::rocketchat::life::{GATE_ANSWER, Life};
use crate::rocketchat::release::Release;

/// The largest body that servers take.
const BODY_MAX: usize = 50 << 20;
/// What each body may have without asking.
const BODY_FREE: usize = 64 * 1024;
/// All larger bodies together, in units of [`BODY_FREE`].
const BODY_UNITS: usize = 1024;
const BODY_TIME: Duration = Duration::from_secs(10);
/// Longer than servers wait.
const SLOW: Duration = Duration::from_secs(3);
/// Where [`Fault::BodyLimit`] draws its line.
const PROXY_LIMIT: usize = 8 * 1024;
/// From here on the handlers of posted events are waited for; before, the answer is `{}` whatever happens.
const ANSWERS_TRUTHFULLY: Release = boundary::ASYNC_MODELS;
/// The one user of a peer.
const USER: &str = "fedctl";

/// A peer that answers.
pub struct Peer {
    config: Config,
    inbox: Arc<Inbox>,
    memory: Semaphore,
}

/// Why a body was not read.
enum NoBody {
    TooLarge,
    TooLate,
    Broken,
    NoMemory,
}

impl Peer {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let inbox = Arc::new(Inbox::new(config.clone())?);
        Ok(Self { config, inbox, memory: Semaphore::new(BODY_UNITS) })
    }

    pub fn log(&self, entry: Entry) {
        (self.config.log)(entry);
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.config.has(fault)
    }

    /// Answers one request and logs it.
    pub async fn answer(&self, from: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let start = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let mut response = self.spoilt(request).await;
        if self.has(Fault::ContentType) {
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
        }
        let shown: String = path.chars().take(200).collect::<String>().escape_debug().to_string();
        self.log(Entry::Answered {
            from,
            method: method.to_string(),
            path: shown,
            status: response.status().as_u16(),
            elapsed: start.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
        });
        response
    }

    /// The faults that stand before the server itself, then the server.
    async fn spoilt(&self, request: Request<Incoming>) -> Response<Body> {
        if self.has(Fault::Slow) {
            tokio::time::sleep(SLOW).await;
        }
        if self.has(Fault::Html) {
            return answer::page(200, "Welcome");
        }
        if self.has(Fault::Redirect) {
            let path = request.uri().path();
            return answer::redirect(&format!("https://www.{}{path}", self.config.domain));
        }
        if self.has(Fault::HugeAnswer) {
            return answer::huge();
        }
        if self.has(Fault::RateLimit) {
            return answer::too_many();
        }
        self.route(request).await
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        if matches!(path.as_str(), "/api/info" | "/api/v1/info") {
            return self.info();
        }
        let Some(route) = path.strip_prefix("/api/v1/federation.") else { return answer::page(200, "Rocket.Chat") };
        let old = self.config.speaks == Wire::One;
        let (wanted, known) = match route {
            "uploads" => (Method::GET, true),
            "users" => (Method::GET, old),
            "events" => (Method::POST, old),
            "users.search" | "users.getByUsername" => (Method::GET, !old),
            "events.dispatch" | "events.requestFromLatest" => (Method::POST, !old),
            _ => (Method::GET, false),
        };
        let closed = Life::of(self.config.release) == Life::Closed && !self.config.gate_open;
        match (known, request.method() == wanted) {
            (true, true) if closed => answer::failure(GATE_ANSWER),
            (false, _) => answer::page(200, "Rocket.Chat"),
            (true, false) => answer::wrong_method(),
            (true, true) if wanted == Method::POST => self.post(request).await,
            (true, true) => self.get(route, &request),
        }
    }

    /// Servers before 3.0 tell their whole release, later ones leave the last number out.
    fn info(&self) -> Response<Body> {
        let release = self.config.release;
        match release < boundary::STRICT_EVENTS {
            true => answer::success(json!({"info": {"version": release.to_string()}})),
            false => answer::success(json!({"version": format!("{}.{}", release.0, release.1)})),
        }
    }

    fn get(&self, route: &str, request: &Request<Incoming>) -> Response<Body> {
        let old = self.config.speaks == Wire::One;
        if self.has(Fault::Disabled) {
            return answer::failure(if old { "Not found" } else { "Federation not enabled" });
        }
        let asked = query(request, "username");
        let bare = asked.split('@').next().unwrap_or_default();
        match (route, bare == USER) {
            ("users.search", true) => answer::success(json!({"users": [self.user()]})),
            ("users.search", false) => answer::success(json!({"users": []})),
            ("users.getByUsername", true) => answer::success(json!({"user": self.user()})),
            ("users.getByUsername", false) if self.config.release < boundary::NO_MAIL => {
                answer::failure("Cannot read property '0' of undefined")
            }
            ("users.getByUsername", false) => answer::failure("Cannot read property 'indexOf' of undefined"),
            ("users", true) => {
                let found = json!({"resourceName": "federated-user", "localPeerIdentifier": self.config.domain, "user": self.user()});
                answer::success(json!({"federatedUsers": [found]}))
            }
            ("users", false) => answer::failure("There is no such user in this server"),
            _ => answer::failure("There is no such file in this server"),
        }
    }

    /// The canned user, in the form that leaves a server.
    fn user(&self) -> Value {
        let domain = &self.config.domain;
        let (id, email) = ("fedctlTestUser", format!("fedctlTestUser@{domain}"));
        let federation = match self.config.speaks {
            Wire::One => json!({"_id": id, "peer": domain}),
            _ => json!({"origin": domain, "originalInfo": {"email": email}}),
        };
        json!({
            "_id": id, "username": format!("{USER}@{domain}"), "name": USER, "type": "user",
            "emails": [{"address": email}], "active": true, "roles": ["user"], "status": "online",
            "isRemote": false, "federation": federation,
        })
    }

    async fn post(&self, request: Request<Incoming>) -> Response<Body> {
        let sender =
            request.headers().get("x-federation-domain").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = match self.body(request.into_body()).await {
            Ok(body) if self.has(Fault::BodyLimit) && body.len() > PROXY_LIMIT => {
                return answer::page(413, "Request Entity Too Large");
            }
            Ok(body) => body,
            Err(NoBody::TooLarge) => return answer::page(413, "Request Entity Too Large"),
            Err(NoBody::TooLate | NoBody::Broken) => return answer::failure("The body did not arrive"),
            Err(NoBody::NoMemory) => {
                self.log(Entry::Dropped { why: "bodies, more than memory is kept for", count: 1 });
                return answer::page(503, "Service Unavailable");
            }
        };
        if self.config.speaks == Wire::One {
            return self.post_old(sender, body).await;
        }
        if self.config.release < ANSWERS_TRUTHFULLY {
            if !self.has(Fault::Disabled) {
                let inbox = self.inbox.clone();
                tokio::spawn(async move { inbox.take(sender.as_deref(), body).await });
            }
            return answer::json(200, &json!({}));
        }
        if self.has(Fault::Disabled) {
            return answer::failure("Federation not enabled");
        }
        match self.inbox.take(sender.as_deref(), body).await {
            Ok(()) => answer::success(json!({})),
            Err(Refusal::Busy) => answer::too_many(),
            Err(Refusal::Message(_)) => answer::failure("Cannot read property 'type' of undefined"),
            Err(_) => answer::failure("Could not decrypt payload"),
        }
    }

    async fn post_old(&self, sender: Option<String>, body: Vec<u8>) -> Response<Body> {
        if self.has(Fault::Disabled) {
            return answer::failure("Not found");
        }
        match self.inbox.take(sender.as_deref(), body).await {
            Ok(()) => answer::success(json!({})),
            Err(Refusal::Busy) => answer::too_many(),
            Err(Refusal::Body(_)) => answer::failure("Payload was not sent"),
            Err(Refusal::NoSender | Refusal::OwnDomain) => answer::failure("Cannot handle that request"),
            Err(Refusal::UnknownSender(_)) => answer::failure("Could not find valid peer"),
            Err(Refusal::Message(_)) => answer::failure("Event was not sent"),
            Err(Refusal::Layer { .. }) => {
                let error = json!({"success": false, "error": "Could not decrypt [error-decrypt]", "errorType": "error-decrypt"});
                answer::json(400, &error)
            }
        }
    }

    /// The whole body, within the bounds of size, time and memory.
    async fn body(&self, body: Incoming) -> Result<Vec<u8>, NoBody> {
        let mut stream = Body::new(body).into_data_stream();
        let read = async {
            let (mut bytes, mut units) = (Vec::new(), Vec::new());
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|_| NoBody::Broken)?;
                if bytes.len() + chunk.len() > BODY_MAX {
                    return Err(NoBody::TooLarge);
                }
                while bytes.len() + chunk.len() > BODY_FREE * (units.len() + 1) {
                    units.push(self.memory.try_acquire().map_err(|_| NoBody::NoMemory)?);
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        timeout(BODY_TIME, read).await.unwrap_or(Err(NoBody::TooLate))
    }
}

/// The first value of a query parameter, empty when there is none.
fn query(request: &Request<Incoming>, name: &str) -> String {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let pairs = pairs.map(|pairs| pairs.0).unwrap_or_default();
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
