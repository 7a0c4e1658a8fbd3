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
use super::handler::Handler;
use super::inbox::{Inbox, Opened};
use super::limit::Limits;
use super::log::Entry;
use super::refusal::Refusal;
use super::request::{parses, query};
use super::{Config, answer};
use crate::dns::name::Domain;
use crate::rocketchat::body::Wire;
use crate::rocketchat::boundary;
use crate::rocketchat::events::thrown::{ServerError, cannot_read};
use crate::rocketchat::events::{Incoming as Message, read_json};
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
/// How long an answer that says nothing waits until its message is kept.
const KEEPING: Duration = Duration::from_millis(1500);
/// Where [`Fault::BodyLimit`] draws its line.
const PROXY_LIMIT: usize = 8 * 1024;
/// What [`Fault::RateLimit`] tells to wait, in seconds.
const LIMITED: u64 = 42;
/// From here on the handlers of posted events are waited for; before, the answer is `{}` whatever happens.
const ANSWERS_TRUTHFULLY: Release = boundary::ASYNC_MODELS;
/// From here on `/api/info` is not nested; [`boundary::READS_ALL`] is where it leaves the last number out.
const PLAIN_INFO: Release = boundary::PLAIN_INFO;
/// What Node says when a buffer is to be made of nothing.
const NO_BYTES: &str = "The first argument must be one of type string, Buffer, ArrayBuffer, Array, or Array-like Object. \
                        Received type undefined";

/// A peer that answers.
pub struct Peer {
    config: Config,
    inbox: Inbox,
    handler: Arc<Handler>,
    limits: Limits,
    memory: Semaphore,
}

/// Why a body was not read.
enum NoBody {
    TooLarge,
    TooLate,
    Broken,
    NoMemory,
}

/// Why a message has no effect.
enum Rejected {
    Refused(Refusal),
    Server(ServerError),
}

impl Peer {
    pub fn new(config: Config, handler: Arc<Handler>) -> anyhow::Result<Self> {
        let (inbox, limits) = (Inbox::new(config.clone())?, Limits::new(config.release));
        Ok(Self { config, inbox, handler, limits, memory: Semaphore::new(BODY_UNITS) })
    }

    pub fn log(&self, entry: Entry) {
        (self.config.log)(entry);
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.config.has(fault)
    }

    /// Answers one request and logs it.
    pub async fn answer(self: &Arc<Self>, from: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let start = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let mut response = self.spoilt(from, request).await;
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
    async fn spoilt(self: &Arc<Self>, from: SocketAddr, request: Request<Incoming>) -> Response<Body> {
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
            return answer::too_many(LIMITED);
        }
        self.route(from, request).await
    }

    async fn route(self: &Arc<Self>, from: SocketAddr, request: Request<Incoming>) -> Response<Body> {
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
        if !known {
            return answer::page(200, "Rocket.Chat");
        }
        if request.method() != wanted {
            return answer::wrong_method();
        }
        let limit = match self.config.rate_limits.then(|| self.limits.take(route, from.ip())) {
            Some(Err((taken, wait))) => return answer::with_limit(answer::too_many(wait), &taken),
            Some(Ok(taken)) => Some(taken),
            None => None,
        };
        let response = match wanted == Method::POST {
            true => self.post(route, request).await,
            false => self.get(route, &request),
        };
        match limit {
            Some(taken) => answer::with_limit(response, &taken),
            None => response,
        }
    }

    fn info(&self) -> Response<Body> {
        let release = self.config.release;
        if release < PLAIN_INFO {
            return answer::json(200, &json!({"version": release.to_string()}));
        }
        match release < boundary::READS_ALL {
            true => answer::success(json!({"version": release.to_string()})),
            false => answer::success(json!({"version": format!("{}.{}", release.0, release.1)})),
        }
    }

    /// What every route answers first.
    fn closed(&self) -> Option<Response<Body>> {
        if Life::of(self.config.release) == Life::Closed && !self.config.gate_open {
            return Some(answer::failure(GATE_ANSWER));
        }
        let text = if self.config.speaks == Wire::One { "Not found" } else { "Federation not enabled" };
        self.has(Fault::Disabled).then(|| answer::failure(text))
    }

    fn get(&self, route: &str, request: &Request<Incoming>) -> Response<Body> {
        if let Some(closed) = self.closed() {
            return closed;
        }
        let (domain, release) = (&self.config.domain, self.config.release);
        if route == "uploads" {
            let upload = self.handler.upload(&query(request, "upload_id"));
            return upload.map_or_else(|| answer::failure("There is no such file in this server"), answer::success);
        }
        let found = self.handler.user(&query(request, "username"));
        match (route, found) {
            ("users.search", _) => {
                let found = self.handler.users(&query(request, "username"));
                let users: Vec<Value> = found.iter().map(|user| user.in_answer(domain, release)).collect();
                answer::success(json!({"users": users}))
            }
            ("users.getByUsername", Some(user)) => answer::success(json!({"user": user.in_answer(domain, release)})),
            ("users.getByUsername", None) => {
                let member = if release < boundary::NO_MAIL { "0" } else { "indexOf" };
                answer::failure(&cannot_read(release, "undefined", member).0)
            }
            (_, Some(user)) => {
                let user = user.in_version_1(domain);
                let found = json!({"resourceName": "federated-user", "localPeerIdentifier": domain, "user": user});
                answer::success(json!({"federatedUsers": [found]}))
            }
            (_, None) => answer::failure("There is no such user in this server"),
        }
    }

    async fn post(self: &Arc<Self>, route: &str, request: Request<Incoming>) -> Response<Body> {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let sender = text("x-federation-domain");
        let kind = text("content-type").unwrap_or_default();
        let is_json = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
        let body = match self.body(request.into_body()).await {
            Ok(body) if self.has(Fault::BodyLimit) && body.len() > PROXY_LIMIT => {
                return answer::page(413, "Request Entity Too Large");
            }
            Ok(body) => body,
            Err(NoBody::TooLarge) => return answer::unparsed(413),
            Err(NoBody::TooLate | NoBody::Broken) => return answer::unparsed(400),
            Err(NoBody::NoMemory) => {
                self.log(Entry::Dropped { why: "bodies, more than memory is kept for", count: 1 });
                return answer::page(503, "Service Unavailable");
            }
        };
        let body = match (is_json, parses(body).await) {
            (true, Err(())) => return answer::unparsed(400),
            (true, Ok(body)) => body,
            (false, _) => None,
        };
        if let Some(closed) = self.closed().filter(|_| self.config.speaks == Wire::One || self.answers_truthfully()) {
            return closed;
        }
        let (peer, route) = (self.clone(), route.to_owned());
        if self.config.speaks == Wire::Two && !self.answers_truthfully() {
            if !self.has(Fault::Disabled) {
                let taken = tokio::spawn(async move { peer.take(&route, sender, body).await });
                if self.config.keep.is_some() {
                    // What was answered must be on the disk; a server of these releases answers first.
                    let _ = timeout(KEEPING, taken).await;
                }
            }
            return answer::json(200, &json!({}));
        }
        match self.take(&route, sender, body).await {
            Ok(()) => answer::success(json!({})),
            Err(rejected) => self.rejection(rejected),
        }
    }

    fn answers_truthfully(&self) -> bool {
        self.config.release >= ANSWERS_TRUTHFULLY
    }

    fn rejection(&self, rejected: Rejected) -> Response<Body> {
        let old = self.config.speaks == Wire::One;
        match rejected {
            Rejected::Server(ServerError(text)) => answer::failure(&text),
            Rejected::Refused(Refusal::Busy) => answer::too_many(1),
            Rejected::Refused(_) if !old => answer::failure("Could not decrypt payload"),
            Rejected::Refused(Refusal::NotJson | Refusal::Body(_)) => answer::failure("Payload was not sent"),
            Rejected::Refused(Refusal::NoSender | Refusal::OwnDomain) => answer::failure("Cannot handle that request"),
            Rejected::Refused(Refusal::UnknownSender(_)) => answer::failure("Could not find valid peer"),
            Rejected::Refused(Refusal::NoBytes) => answer::failure(NO_BYTES),
            Rejected::Refused(Refusal::Message { parse, .. }) => answer::failure(&parse),
            Rejected::Refused(Refusal::Layer { .. }) => {
                let error = json!({"success": false, "error": "Could not decrypt [error-decrypt]", "errorType": "error-decrypt"});
                answer::json(400, &error)
            }
        }
    }

    /// Opens a body, lets the handler of its route take it, and logs both.
    async fn take(&self, route: &str, sender: Option<String>, body: Option<Vec<u8>>) -> Result<(), Rejected> {
        let is_own = sender.as_deref() == Some(self.config.domain.as_str());
        if is_own && self.config.speaks == Wire::Two && self.has(Fault::Bypass) {
            let value = read_json(&body.unwrap_or_else(|| b"{}".to_vec())).unwrap_or_default();
            self.log(Entry::Plain {
                description: Message::of(value.clone())
                    .map_or_else(|why| why.to_string(), |message| message.to_string()),
            });
            let own = self.config.domain.clone();
            return self.handle(route, &own, &value).await;
        }
        let opened = self.inbox.open(sender.as_deref(), body).await;
        let Opened { sender, key, value } = match opened {
            Ok(opened) => opened,
            Err(why) => {
                // The header is the caller's; a log must stay one line for each entry.
                let sender = sender.as_deref().unwrap_or("nobody").chars().take(80).collect::<String>();
                self.log(Entry::Refused { sender: sender.escape_debug().to_string(), why: why.to_string() });
                return Err(Rejected::Refused(why));
            }
        };
        let (description, is_events) = match Message::of(value.clone()) {
            Ok(message) => (message.to_string(), !matches!(message, Message::Latest(_))),
            Err(why) => (why.to_string(), false),
        };
        self.log(Entry::Opened { sender: sender.clone(), key: key.fingerprint().to_string(), description, is_events });
        self.handle(route, &sender, &value).await
    }

    async fn handle(&self, route: &str, sender: &Domain, value: &Value) -> Result<(), Rejected> {
        let done = match route {
            "events.dispatch" => self.handler.dispatch(sender, value).await,
            "events.requestFromLatest" => {
                self.handler.latest(sender, value).await.inspect_err(|why| self.handler.failed(sender, "", why))
            }
            _ => self.handler.old_event(sender, value).await,
        };
        done.map_err(Rejected::Server)
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
