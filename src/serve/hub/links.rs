//! What people open: the page behind a mailed link, and the form for a removal.
//!
//! Looking (GET) never changes anything, because mail scanners look too; only the button (POST) decides.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::gate::From;
use super::metrics::LINKS;
use super::{Hub, api, now, pages};
use crate::count::counted;
use crate::rocketchat::hub::ledger::{Dead, Ledger, decide as decide_link, follow};
use crate::rocketchat::hub::token::Token;

/// A member of a query or of a form.
fn field(encoded: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(encoded).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

fn dead(dead: Dead) -> Response {
    let status = match dead {
        Dead::Unknown => StatusCode::NOT_FOUND,
        Dead::Expired | Dead::Used(_) => StatusCode::GONE,
    };
    (status, Html(pages::dead(dead))).into_response()
}

fn too_many(seconds: u64) -> Response {
    let text = format!("Try again in {}.", counted(seconds, "second"));
    (StatusCode::TOO_MANY_REQUESTS, Html(pages::message("Too many requests", &text))).into_response()
}

fn failed(problem: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{problem:#}"), "the database does not answer");
    let page = pages::message("The hub is out of order", "Its database does not answer. Try again in a minute.");
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}

/// The ledger that a token is about; an unknown token has an empty one.
async fn ledger(hub: &Hub, token: &Token) -> anyhow::Result<Ledger> {
    match hub.store.proposal(token.id()).await? {
        Some(proposal) => hub.store.ledger(&proposal.domain).await,
        None => Ok(Ledger::default()),
    }
}

/// GET /confirm?token=…
pub async fn show(
    State(hub): State<Arc<Hub>>,
    Extension(From(from)): Extension<From>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(seconds) = hub.gate.search(from) {
        return too_many(seconds);
    }
    let token = field(query.unwrap_or_default().as_bytes(), "token").and_then(|text| Token::parse(&text));
    let Some(token) = token else { return dead(Dead::Unknown) };
    match ledger(&hub, &token).await {
        Err(problem) => failed(&problem),
        Ok(ledger) => match follow(&ledger, &token, now()) {
            Ok(proposal) => Html(pages::question(proposal, ledger.peer.as_ref(), &token.reveal())).into_response(),
            Err(why) => dead(why),
        },
    }
}

/// POST /confirm
pub async fn decide(State(hub): State<Arc<Hub>>, Extension(From(from)): Extension<From>, body: Bytes) -> Response {
    let (outcome, response) = take_decision(&hub, from, &body).await;
    hub.metrics.count(LINKS, outcome);
    response
}

async fn take_decision(hub: &Hub, from: IpAddr, body: &[u8]) -> (&'static str, Response) {
    if let Err(seconds) = hub.gate.search(from) {
        return ("dead", too_many(seconds));
    }
    let Some(token) = field(body, "token").and_then(|text| Token::parse(&text)) else {
        return ("dead", dead(Dead::Unknown));
    };
    let accept = match field(body, "answer").as_deref() {
        Some("yes") => true,
        Some("no") => false,
        _ => {
            let page = pages::message("Yes or no?", "Open the link of the mail again and press one of the buttons.");
            return ("dead", (StatusCode::BAD_REQUEST, Html(page)).into_response());
        }
    };
    let found = match hub.store.proposal(token.id()).await {
        Ok(Some(found)) => found,
        Ok(None) => return ("dead", dead(Dead::Unknown)),
        Err(problem) => return ("failed", failed(&problem)),
    };
    let domain = found.domain;
    let decided = hub.store.transact(&domain, move |ledger| decide_link(ledger, &token, accept, now())).await;
    match decided {
        Ok(Ok(proposal)) => {
            tracing::info!(%domain, %from, accept, "decided");
            let outcome = if accept { "confirmed" } else { "refused" };
            (outcome, Html(pages::decided(&proposal, accept)).into_response())
        }
        Ok(Err(why)) => {
            tracing::info!(%domain, %from, why = ?why, "a dead link was followed");
            ("dead", dead(why))
        }
        Err(problem) => ("failed", failed(&problem)),
    }
}

/// GET /remove
pub async fn removal_form() -> Html<String> {
    Html(pages::removal())
}

/// POST /remove
pub async fn removal(State(hub): State<Arc<Hub>>, Extension(From(from)): Extension<From>, body: Bytes) -> Response {
    let text = field(&body, "domain").unwrap_or_default();
    match api::ask_removal(&hub, from, text.trim()).await {
        Ok((domain, _)) => Html(pages::removal_mailed(&domain)).into_response(),
        Err(response) => {
            let status = response.status();
            let text = match status {
                StatusCode::NOT_FOUND => "This domain is not registered here.",
                StatusCode::BAD_REQUEST => "This is not a domain, such as mydomain.com.",
                StatusCode::TOO_MANY_REQUESTS => "Too many requests. The newest mail still works.",
                _ => "The hub is out of order. Try again in a minute.",
            };
            (status, Html(pages::message("Nothing was sent", text))).into_response()
        }
    }
}
