//! Asks your server about itself, over its REST API and as an admin. Few requests: servers allow ten a minute and route.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::Net;
use super::http::{Caller, Login};
use super::look_up::look_up_all;
use crate::dns::name::Host;
use crate::dns::record::{Outcome, Query, RecordType};
use crate::endpoint::Endpoint;
use crate::facts::evidence::withheld;
use crate::facts::peer::{Answer, Exchange};
use crate::facts::server::{NotRead, NotSet, Resolved, ServerFacts, Setting, version};
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::{Access, FactorMethod, HUB_URL, PUBLIC, SETTINGS, access};

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

/// The addresses of the SRV targets that the server's resolver gives, as our own resolvers find them.
pub async fn targets(net: &Net, resolved: &[(String, Resolved)]) -> Vec<(Query, Outcome)> {
    let hosts: BTreeSet<&str> = resolved.iter().filter_map(|(_, resolved)| resolved.target()).collect();
    let of = |host: &str| [RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind));
    let questions: Vec<Query> = hosts.into_iter().filter(|host| host.parse::<Host>().is_ok()).flat_map(of).collect();
    look_up_all(net, &net.resolvers, &questions).await
}

/// What was observed a moment ago and is not requested again.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// GET `/api/info` of the same server.
    pub info: Option<Exchange>,
    pub settings: Option<Vec<Setting>>,
}

/// Reads the settings and asks the server's own resolver about `names`. The caller must carry a login.
pub async fn observe(net: &Net, caller: &Caller, names: &[Query], known: Known) -> ServerFacts {
    let info = match known.info {
        Some(info) => info,
        None => info(caller).await,
    };
    let settings = match known.settings {
        Some(settings) => Ok(settings),
        None => settings(caller, version(&info)).await,
    };
    let resolved = if settings.is_ok() { resolve_all(caller, names).await } else { Vec::new() };
    let targets = targets(net, &resolved).await;
    ServerFacts { base: caller.base.clone(), info, settings, resolved, targets }
}

/// GET `/api/info`, without the login.
pub async fn info(caller: &Caller) -> Exchange {
    Caller { login: None, ..caller.clone() }.get("/api/info").await
}

/// The settings of federation that a release has and does not hide.
pub async fn settings(caller: &Caller, release: Option<Release>) -> Result<Vec<Setting>, NotRead> {
    // Without a release, what only some have is not requested.
    let is_there = |id: &&&str| match release {
        Some(release) => access(id, release) != Access::Absent,
        None => **id != HUB_URL,
    };
    let hidden = |id: &str| release.filter(|release| access(id, *release) == Access::Hidden);
    let ids: Vec<&'static str> = SETTINGS.iter().filter(is_there).copied().collect();
    let visible: Vec<&'static str> = ids.iter().copied().filter(|id| hidden(id).is_none()).collect();
    let mut settings = read(caller, &visible).await?;
    let hidden = ids.iter().filter_map(|id| Some((id, hidden(id)?)));
    settings.extend(hidden.map(|(id, by)| Setting { id: (*id).to_owned(), value: Err(NotRead::Hidden(by)) }));
    Ok(settings)
}

/// Reads these settings with one request. From servers that take no query the public ones are read together, and for each other
/// one by its id.
pub async fn read(caller: &Caller, ids: &[&str]) -> Result<Vec<Setting>, NotRead> {
    let query = json!({"_id": {"$in": ids}}).to_string();
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let list = caller.get(&format!("/api/v1/settings?count=50&query={query}")).await;
    let list = match accepted(&list) {
        Ok(answer) => answer.json.clone().unwrap_or_default(),
        Err(NotRead::OtherAnswer(_)) => public(caller, ids).await,
        Err(why) => return Err(why),
    };
    let listed = |id: &str| {
        let of_list = list["settings"].as_array()?.iter().find(|setting| setting["_id"] == id)?;
        of_list.get("value").cloned()
    };
    let (mut settings, mut stop) = (Vec::new(), None);
    for id in ids {
        let value = match (listed(id), &stop) {
            (Some(value), _) => Ok(value),
            (None, Some(why)) => Err(NotRead::clone(why)),
            (None, None) => one(caller, id).await,
        };
        if let Err(why) = &value
            && (why.is_general() || matches!(why, NotRead::TooManyRequests(_)))
        {
            stop = Some(why.clone());
        }
        settings.push(Setting { id: (*id).to_owned(), value });
    }
    match settings.iter().find_map(|setting| setting.value.as_ref().err()) {
        Some(why) if settings.iter().all(|setting| setting.value.is_err()) => Err(why.clone()),
        _ => Ok(settings),
    }
}

/// What anyone may read, as a list; `Null` when the server does not select by id.
async fn public(caller: &Caller, ids: &[&str]) -> Value {
    let ids: Vec<&str> = PUBLIC.into_iter().filter(|id| ids.contains(id)).collect();
    if ids.is_empty() {
        return Value::Null;
    }
    let open = Caller { login: None, ..caller.clone() };
    let list = open.get(&format!("/api/v1/settings.public?_id={}&count=50", ids.join(","))).await;
    accepted(&list).ok().and_then(|answer| answer.json.clone()).unwrap_or_default()
}

/// Reads one setting by its id.
pub async fn one(caller: &Caller, id: &str) -> Result<Value, NotRead> {
    let exchange = caller.get(&format!("/api/v1/settings/{id}")).await;
    let answer = accepted(&exchange)?;
    let value = answer.json.as_ref().and_then(|json| json.get("value")).cloned();
    value.ok_or_else(|| NotRead::NoValue(exchange.path.clone()))
}

/// Gives one setting a value. A second factor that the server wants is in the caller.
pub async fn set(caller: &Caller, id: &str, value: &Value) -> Result<(), NotSet> {
    let body = json!({ "value": value }).to_string();
    let exchange = caller.post(&format!("/api/v1/settings/{id}"), body.into_bytes()).await;
    let json = exchange.answer().and_then(|answer| answer.json.as_ref());
    let error = json.map(|json| json["errorType"].as_str().or(json["error"].as_str()).unwrap_or_default());
    let method = || {
        let details = json.map(|json| &json["details"]);
        FactorMethod::of(details.and_then(|details| details["method"].as_str()).unwrap_or("totp"))
    };
    match error.unwrap_or_default() {
        error if error.contains("totp-required") => Err(NotSet::FactorNeeded(method())),
        error if error.contains("totp-invalid") => Err(NotSet::FactorRejected(method())),
        _ => accepted(&exchange).map(|_| ()).map_err(NotSet::Other),
    }
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
        429 => Err(NotRead::TooManyRequests(pause(answer.error().unwrap_or_default()))),
        _ => Err(NotRead::OtherAnswer(exchange.shown())),
    }
}

/// The seconds that a server asks to wait for, in `You must wait 38 seconds`; a minute when it names none.
fn pause(text: &str) -> u64 {
    let after = text.split_once("wait ").map(|(_, after)| after).unwrap_or_default();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(60).clamp(1, 60)
}
