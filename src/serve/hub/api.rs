//! The calls that servers make. 1.x and 2.x send `domain`, `url` and `public_key`, and read the member `peer` of an answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::From;
use super::metrics::{REGISTRATIONS, REMOVALS, SEARCHES};
use super::{Hub, now};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::error::Hinted;
use crate::rocketchat::hub::ledger::{Action, Ledger, Requested, ask};
use crate::rocketchat::hub::registration::{Entry, Request};
use crate::text::Filtered;

#[derive(Deserialize)]
struct Removal {
    domain: String,
}

/// JSON, through the filter: what a client has sent may be in it.
fn answer(value: &Value) -> Response {
    let json = Filtered::json(&value.to_string()).as_str().to_owned();
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// An error as JSON; clients of 1.x and 2.x look at the status only.
pub fn error(status: StatusCode, what: &str, hint: &str) -> Response {
    (status, answer(&json!({"success": false, "error": what, "hint": hint}))).into_response()
}

fn wait(seconds: u64) -> Response {
    let what = format!("too many requests; try again in {}", counted(seconds, "second"));
    let mut response = error(
        StatusCode::TOO_MANY_REQUESTS,
        &what,
        "the newest mail to webmaster@ still works; refusing a request in one of them makes room for yours",
    );
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

fn failed(problem: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{problem:#}"), "the database does not answer");
    error(StatusCode::SERVICE_UNAVAILABLE, "the hub's database does not answer", "try again in a minute")
}

fn refused(why: &Hinted) -> Response {
    error(StatusCode::BAD_REQUEST, &why.to_string(), &why.hint)
}

fn peer(domain: &Domain, entry: &Entry) -> Value {
    json!({"domain": domain, "url": entry.url, "public_key": entry.public_key})
}

/// GET /api/v1/peers?search=DOMAIN
pub async fn search(
    State(hub): State<Arc<Hub>>,
    Extension(From(from)): Extension<From>,
    RawQuery(query): RawQuery,
) -> Response {
    let (outcome, response) = find(&hub, from, query.as_deref().unwrap_or_default()).await;
    hub.metrics.count(SEARCHES, outcome);
    response
}

async fn find(hub: &Arc<Hub>, from: IpAddr, query: &str) -> (&'static str, Response) {
    if let Err(seconds) = hub.gate.search(from) {
        return ("limited", wait(seconds));
    }
    let hint = "GET /api/v1/peers?search=DOMAIN";
    let Some((_, text)) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "search") else {
        return ("refused", error(StatusCode::BAD_REQUEST, "the request names no domain", hint));
    };
    // What is no domain has no peer: the answer that servers know.
    let Ok(domain) = text.parse::<Domain>() else {
        return ("refused", error(StatusCode::NOT_FOUND, "this is not a domain", hint));
    };
    match hub.store.peer(&domain).await {
        Ok(Some(found)) => ("found", answer(&json!({"success": true, "peer": peer(&domain, &found.entry)}))),
        Ok(None) => {
            let what = format!("`{domain}` is not registered, or the mail was not confirmed");
            ("unknown", error(StatusCode::NOT_FOUND, &what, "fedctl register DOMAIN"))
        }
        Err(problem) => ("failed", failed(&problem)),
    }
}

/// POST /api/v1/peers
pub async fn register(State(hub): State<Arc<Hub>>, Extension(From(from)): Extension<From>, body: Bytes) -> Response {
    let (outcome, response) = take_registration(&hub, from, &body).await;
    hub.metrics.count(REGISTRATIONS, outcome);
    response
}

async fn take_registration(hub: &Arc<Hub>, from: IpAddr, body: &[u8]) -> (&'static str, Response) {
    if let Err(seconds) = hub.gate.registration(from) {
        return ("limited", wait(seconds));
    }
    let Ok(request) = serde_json::from_slice::<Request>(body) else {
        let hint = "send JSON with the texts `domain`, `url` and `public_key`";
        return ("refused", error(StatusCode::BAD_REQUEST, "this is not a registration", hint));
    };
    let (domain, entry) = match hub.admission.admit(&request) {
        Ok(admitted) => admitted,
        Err(why) => {
            tracing::info!(%from, reason = %why, "registration refused");
            return ("refused", refused(&why));
        }
    };
    let (status, description) = match submit(hub, from, &domain, Action::Serve(entry.clone())).await {
        Ok(Requested::Served) => ("served", format!("{domain} is registered with this url and key")),
        Ok(Requested::Mailed) => ("mailed", mailed(&domain)),
        Ok(Requested::Waiting) => ("waiting", format!("a link was sent to webmaster@{domain} a moment ago")),
        Ok(Requested::TooMany(seconds)) => return ("limited", wait(seconds.unsigned_abs())),
        // A registration is never an unknown removal.
        Ok(Requested::Unknown) => return ("refused", error(StatusCode::NOT_FOUND, "nothing is registered", "")),
        Err(problem) => return ("failed", failed(&problem)),
    };
    let registered = json!({"success": true, "status": status, "message": description, "peer": peer(&domain, &entry)});
    (status, answer(&registered))
}

fn mailed(domain: &Domain) -> String {
    format!("a link goes out to webmaster@{domain}; nothing changes until somebody follows it and confirms")
}

/// POST /api/v1/peers/removal
pub async fn remove(State(hub): State<Arc<Hub>>, Extension(From(from)): Extension<From>, body: Bytes) -> Response {
    let text = serde_json::from_slice::<Removal>(&body).map(|removal| removal.domain);
    let Ok(text) = text else {
        hub.metrics.count(REMOVALS, "refused");
        return error(StatusCode::BAD_REQUEST, "this is not a removal", "send JSON with the text `domain`");
    };
    match ask_removal(&hub, from, &text).await {
        Ok((domain, status)) => answer(&json!({"success": true, "status": status, "message": mailed(&domain)})),
        Err(response) => response,
    }
}

/// Asks for a removal mail, from the API or from the form.
pub async fn ask_removal(hub: &Arc<Hub>, from: IpAddr, text: &str) -> Result<(Domain, &'static str), Response> {
    let count = |outcome| hub.metrics.count(REMOVALS, outcome);
    if let Err(seconds) = hub.gate.registration(from) {
        count("limited");
        return Err(wait(seconds));
    }
    let domain = text.parse::<Domain>().map_err(|why| {
        count("refused");
        refused(&why)
    })?;
    let (outcome, answer) = match submit(hub, from, &domain, Action::Remove).await {
        Ok(Requested::Mailed) => ("mailed", Ok((domain, "mailed"))),
        Ok(Requested::Waiting) => ("waiting", Ok((domain, "waiting"))),
        Ok(Requested::Unknown | Requested::Served) => {
            let what = format!("`{domain}` is not registered here");
            ("unknown", Err(error(StatusCode::NOT_FOUND, &what, "there is nothing to remove")))
        }
        Ok(Requested::TooMany(seconds)) => ("limited", Err(wait(seconds.unsigned_abs()))),
        Err(problem) => ("failed", Err(failed(&problem))),
    };
    count(outcome);
    answer
}

/// Asks in one transaction; the address's own allowance of mails is taken only when a mail would go out.
async fn submit(hub: &Arc<Hub>, from: IpAddr, domain: &Domain, request: Action) -> anyhow::Result<Requested> {
    let (shared, of) = (hub.clone(), domain.clone());
    let rule = move |ledger: &Ledger| {
        let (changes, asked) = ask(ledger, &of, request, now(), shared.terms);
        if asked != Requested::Mailed {
            return (changes, asked);
        }
        match shared.gate.mail(from, of.as_str()) {
            Ok(()) => (changes, asked),
            Err(seconds) => (Vec::new(), Requested::TooMany(i64::try_from(seconds).unwrap_or(i64::MAX))),
        }
    };
    let asked = hub.store.transact(domain, rule).await?;
    if asked == Requested::Mailed {
        hub.bell.notify_one();
    }
    tracing::info!(%domain, %from, asked = ?asked, "asked");
    Ok(asked)
}
