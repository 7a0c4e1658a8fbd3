//! The answers of a peer, as bytes of HTTP.

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, header};
use futures_util::stream;
use serde_json::{Value, json};

use super::limit::Taken;

/// JSON with a status.
pub fn json(status: u16, value: &Value) -> Response<Body> {
    with_type(status, "application/json", value.to_string())
}

/// 200, with `success` added.
pub fn success(mut value: Value) -> Response<Body> {
    value["success"] = true.into();
    json(200, &value)
}

/// 400 with the error text that a release gives.
pub fn failure(error: &str) -> Response<Body> {
    json(400, &json!({"success": false, "error": error}))
}

/// 429 as the rate limiter of a server words it.
pub fn too_many(wait: u64) -> Response<Body> {
    let error = format!(
        "Error, too many requests. Please slow down. You must wait {wait} seconds before trying this endpoint again. \
         [error-too-many-requests]"
    );
    json(429, &json!({"success": false, "error": error}))
}

/// Adds the header fields of the rate limiter.
pub fn with_limit(mut response: Response<Body>, limit: &Taken) -> Response<Body> {
    for (name, value) in [
        ("x-ratelimit-limit", limit.allowed),
        ("x-ratelimit-remaining", limit.left),
        ("x-ratelimit-reset", limit.reset),
    ] {
        response.headers_mut().insert(name, value.into());
    }
    response
}

/// What the middleware that parses bodies answers before any route is reached.
pub fn unparsed(status: u16) -> Response<Body> {
    let reason = if status == 413 { "Payload Too Large" } else { "Bad Request" };
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n\
         <pre>{reason}</pre>\n</body>\n</html>\n"
    );
    with_type(status, "text/html; charset=utf-8", page)
}

/// 405 on a route that exists.
pub fn wrong_method() -> Response<Body> {
    json(405, &json!({"status": "error", "message": "API endpoint does not exist"}))
}

/// The page of a web client or of a proxy.
pub fn page(status: u16, title: &str) -> Response<Body> {
    let text =
        format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
    with_type(status, "text/html; charset=utf-8", text)
}

/// Elsewhere.
pub fn redirect(to: &str) -> Response<Body> {
    let mut response = page(301, "Moved Permanently");
    if let Ok(value) = to.parse() {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// JSON that never ends.
pub fn huge() -> Response<Body> {
    let chunk = Bytes::from_static(&[b' '; 16 * 1024]);
    let chunks = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    let mut response = Response::new(Body::from_stream(chunks));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// Any text.
pub fn with_type(status: u16, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
