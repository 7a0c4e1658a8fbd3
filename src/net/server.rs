//! Asks your server about itself, over its REST API and as an admin. Few requests: servers allow ten a minute and route.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::Net;
use super::http::{Caller, Login};
use crate::dns::record::{Query, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::evidence::withheld;
use crate::facts::peer::{Answer, Exchange};
use crate::facts::server::{NotRead, Resolved, ServerFacts, Setting};
use crate::rocketchat::settings::SETTINGS;

/// True when this machine has the address.
pub fn is_here(ip: IpAddr) -> bool {
    std::net::UdpSocket::bind((ip, 0)).is_ok()
}

/// Somebody to call the server at `base` as this admin; `Err` says why nobody can.
pub async fn caller(net: &Net, base: Endpoint, login: &Login) -> Result<Caller, NotRead> {
    let addr = net.locate_one(&base).await.map_err(|none| NotRead::NoAddress(none.to_string()))?;
    let caller = Caller { login: Some(login.clone()), ..Caller::new(net, base, addr) };
    caller.refuse_plain_token().map_err(NotRead::PlainToken)?;
    Ok(caller)
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
async fn settings(caller: &Caller) -> Result<Vec<Setting>, NotRead> {
    let query = json!({"_id": {"$in": SETTINGS}}).to_string();
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let list = caller.get(&format!("/api/v1/settings?count=50&query={query}")).await;
    let list = match accepted(&list) {
        Ok(answer) => answer.json.clone().unwrap_or_default(),
        Err(why) if why.is_general() => return Err(why),
        Err(_) => Value::Null,
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

async fn one(caller: &Caller, id: &str) -> Result<Value, NotRead> {
    let exchange = caller.get(&format!("/api/v1/settings/{id}")).await;
    let answer = accepted(&exchange)?;
    let value = answer.json.as_ref().and_then(|json| json.get("value")).cloned();
    value.ok_or_else(|| NotRead::NoValue(exchange.path.clone()))
}

async fn resolve(caller: &Caller, question: &Query) -> Resolved {
    let exchange = match question.kind {
        RecordType::Srv => caller.get(&format!("/api/v1/dns.resolve.srv?url={}", question.name)).await,
        _ => caller.post(&format!("/api/v1/dns.resolve.txt?url={}", question.name), b"{}".to_vec()).await,
    };
    let answer = match accepted(&exchange) {
        Ok(answer) => answer,
        // The route is there and the look-up failed: the text is that of the resolver.
        Err(NotRead::OtherAnswer(why)) => {
            let description = exchange.answer().filter(|answer| answer.status == 400).and_then(Answer::error);
            return description.map_or(Resolved::Unknown(why), |description| Resolved::Nothing(description.to_owned()));
        }
        Err(why) => return Resolved::Unknown(why.to_string()),
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

fn accepted(exchange: &Exchange) -> Result<&Answer, NotRead> {
    let answer = exchange.outcome.as_ref().map_err(|failure| NotRead::Unreachable(failure.clone()))?;
    match answer.status {
        200 if answer.success() == Some(true) => Ok(answer),
        401 => Err(NotRead::TokenRejected),
        403 => Err(NotRead::Forbidden),
        429 => Err(NotRead::TooManyRequests),
        _ => Err(NotRead::OtherAnswer(exchange.shown())),
    }
}
