//! Asks the own server about itself, over its REST API and as an admin. Few requests: servers allow ten a minute and route.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

use super::Route;
use super::dns::Resolver;
use super::http::{Caller, Login};
use super::look_up::look_up_all;
use super::tls::Roots;
use crate::dns::record::{Query, RData, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::evidence::withheld;
use crate::facts::peer::{Answer, Exchange};
use crate::facts::server::{Resolved, ServerFacts, Setting};
use crate::rocketchat::settings::SETTINGS;

/// Where the host of a URL is: a detour, the address that it is, or the first one in DNS, IPv4 first.
pub async fn locate(route: &Route, resolvers: &[Resolver], base: &Endpoint) -> Option<SocketAddr> {
    if let Some(addr) = route.override_to(&base.host, base.port) {
        return Some(addr);
    }
    if let Ok(ip) = base.host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, base.port));
    }
    let asked = [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(&base.host, kind));
    let answers = look_up_all(route, resolvers, &asked).await;
    let address = |data: &RData| match data {
        RData::A(v4) => Some(IpAddr::V4(*v4)),
        RData::Aaaa(v6) => Some(IpAddr::V6(*v6)),
        _ => None,
    };
    let found = answers.iter().flat_map(|(_, outcome)| outcome.records()).find_map(|rr| address(&rr.data));
    found.map(|ip| SocketAddr::new(ip, base.port))
}

/// True when this machine has the address.
pub fn is_here(ip: IpAddr) -> bool {
    std::net::UdpSocket::bind((ip, 0)).is_ok()
}

/// Somebody to call the server at `base` as this admin; `Err` says why nobody can.
pub async fn caller(
    route: &Route,
    resolvers: &[Resolver],
    roots: &Roots,
    base: Endpoint,
    login: &Login,
) -> Result<Caller, String> {
    let addr = locate(route, resolvers, &base).await.ok_or_else(|| format!("`{}` has no address", base.host))?;
    if !base.https && !addr.ip().is_loopback() {
        return Err("a token is not sent in clear over the network".into());
    }
    let (roots, wait, login) = (roots.clone(), route.timeout, Some(login.clone()));
    Ok(Caller { base, addr, roots, wait, sender: None, authorization: None, login })
}

/// Has the server's own resolver look up each name. The caller must carry a login; any user's will do.
pub async fn resolve_all(caller: &Caller, names: &[Query]) -> Vec<(String, Resolved)> {
    let mut resolved = Vec::new();
    for question in names {
        resolved.push((question.name.clone(), resolve(caller, question).await));
    }
    resolved
}

/// Reads the settings and asks the server's own resolver about `names`. The caller must carry a login.
pub async fn observe(caller: &Caller, names: &[Query]) -> ServerFacts {
    let open = Caller { login: None, ..caller.clone() };
    let info = open.get("/api/info").await;
    let settings = settings(caller).await;
    let resolved = if settings.is_ok() { resolve_all(caller, names).await } else { Vec::new() };
    ServerFacts { base: caller.base.clone(), info, settings, resolved }
}

/// All at once; what the list does not hold is asked for by its id.
async fn settings(caller: &Caller) -> Result<Vec<Setting>, String> {
    let query = json!({"_id": {"$in": SETTINGS}}).to_string();
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let list = caller.get(&format!("/api/v1/settings?count=50&query={query}")).await;
    let list = match accepted(&list) {
        Ok(answer) => answer.json.clone().unwrap_or_default(),
        Err(Refusal::Other(_)) => Value::Null,
        Err(Refusal::Login(why) | Refusal::Network(why)) => return Err(why),
    };
    let listed = |id: &str| {
        let of_list = list["settings"].as_array()?.iter().find(|setting| setting["_id"] == id)?;
        of_list.get("value").cloned()
    };
    let mut settings = Vec::new();
    for id in SETTINGS {
        let value = match listed(id) {
            Some(value) => Ok(value),
            None => one(caller, id).await,
        };
        settings.push(Setting { id: id.to_owned(), value });
    }
    match settings.iter().find_map(|setting| setting.value.as_ref().err()) {
        Some(why) if settings.iter().all(|setting| setting.value.is_err()) => Err(why.clone()),
        _ => Ok(settings),
    }
}

async fn one(caller: &Caller, id: &str) -> Result<Value, String> {
    let exchange = caller.get(&format!("/api/v1/settings/{id}")).await;
    let answer = accepted(&exchange).map_err(Refusal::description)?;
    let value = answer.json.as_ref().and_then(|json| json.get("value")).cloned();
    value.ok_or_else(|| format!("{} holds no value", exchange.path))
}

async fn resolve(caller: &Caller, question: &Query) -> Resolved {
    let exchange = match question.kind {
        RecordType::Srv => caller.get(&format!("/api/v1/dns.resolve.srv?url={}", question.name)).await,
        _ => caller.post(&format!("/api/v1/dns.resolve.txt?url={}", question.name), b"{}".to_vec()).await,
    };
    let answer = match accepted(&exchange) {
        Ok(answer) => answer,
        // The route is there and the look-up failed: the text is that of the resolver.
        Err(Refusal::Other(why)) => {
            let description = exchange.answer().filter(|answer| answer.status == 400).and_then(Answer::error);
            return description.map_or(Resolved::Unknown(why), |description| Resolved::Nothing(description.to_owned()));
        }
        Err(refusal) => return Resolved::Unknown(refusal.description()),
    };
    let resolved = answer.json.as_ref().map(|json| json["resolved"].clone()).unwrap_or_default();
    match (&resolved, resolved["target"].as_str(), resolved["port"].as_u64()) {
        (Value::String(text), _, _) => Resolved::Txt(withheld(text)),
        (_, Some(target), Some(port)) => {
            Resolved::Srv { target: target.to_owned(), port: u16::try_from(port).unwrap_or_default() }
        }
        _ => Resolved::Nothing("the server's resolver found no record".into()),
    }
}

/// Why an answer is none.
enum Refusal {
    /// The token, or what it may do.
    Login(String),
    Network(String),
    Other(String),
}

impl Refusal {
    fn description(self) -> String {
        match self {
            Self::Login(why) | Self::Network(why) | Self::Other(why) => why,
        }
    }
}

fn accepted(exchange: &Exchange) -> Result<&Answer, Refusal> {
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(failure) => return Err(Refusal::Network(format!("the server was not reached: {failure}"))),
    };
    match answer.status {
        200 if answer.success() == Some(true) => Ok(answer),
        401 => Err(Refusal::Login("the server does not accept the token (401)".into())),
        403 => Err(Refusal::Login("the user of the token may not do this (403): it must be an admin".into())),
        429 => Err(Refusal::Other("the server says that there were too many requests: try again in a minute".into())),
        _ => Err(Refusal::Other(exchange.shown())),
    }
}
