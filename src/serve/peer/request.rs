//! The parts of a request, as the middleware of servers reads them.

use axum::http::Request;
use hyper::body::Incoming;
use serde::de::IgnoredAny;

/// What the parser of bodies takes: nothing, which counts as `{}`, an object or a list.
pub async fn parses(body: Vec<u8>) -> Result<Option<Vec<u8>>, ()> {
    if body.is_empty() {
        return Ok(None);
    }
    let check = move || {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        let is_json = matches!(first, Some(b'{' | b'[')) && serde_json::from_slice::<IgnoredAny>(&body).is_ok();
        if is_json { Ok(Some(body)) } else { Err(()) }
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(Err(()))
}

/// The first value of a query parameter, empty when there is none.
pub fn query(request: &Request<Incoming>, name: &str) -> String {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    let pairs = pairs.map(|pairs| pairs.0).unwrap_or_default();
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
