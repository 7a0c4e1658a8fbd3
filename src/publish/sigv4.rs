//! AWS Signature Version 4: who sends a request is verified by an HMAC over it, the time and the body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::provider::Credentials;
use crate::facts::api::ApiRequest;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Route 53 is a global service: its requests are signed for this region.
const REGION: &str = "us-east-1";
const SERVICE: &str = "route53";

/// The request with date, session token and signature; `time` in seconds since 1970.
pub fn signed(request: ApiRequest, credentials: &Credentials, authority: &str, time: i64) -> ApiRequest {
    let stamp = stamp(time);
    let mut headers = vec![("host", authority.to_owned()), ("x-amz-date", stamp.clone())];
    let mut request = request.with("x-amz-date", stamp.clone());
    if let Some(token) = credentials.extra("session token") {
        headers.push(("x-amz-security-token", token.to_owned()));
        request = request.with("x-amz-security-token", token);
    }
    let scope = format!("{}/{REGION}/{SERVICE}/aws4_request", &stamp[..8]);
    let signature = signature(&request, &headers, &stamp, &scope, &credentials.token);
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let id = credentials.extra("access key id").unwrap_or_default();
    let value =
        format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={}, Signature={signature}", names.join(";"));
    request.with("authorization", value)
}

/// `20150830T123600Z`.
fn stamp(time: i64) -> String {
    let time = jiff::Timestamp::from_second(time).unwrap_or_default();
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `headers` sorted by name.
fn signature(request: &ApiRequest, headers: &[(&str, String)], stamp: &str, scope: &str, secret: &str) -> String {
    let (method, body) = (request.method.name(), request.body.as_deref().unwrap_or_default());
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let canonical =
        format!("{method}\n{path}\n{}\n{lines}\n{}\n{}", pairs.join("&"), names.join(";"), hex(&Sha256::digest(body)));
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let first = mac(format!("AWS4{secret}").as_bytes(), scope.split('/').next().unwrap_or_default());
    let key = scope.split('/').skip(1).fold(first, |key, part| mac(&key, part));
    hex(&mac(&key, &text))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::api::Method;

    /// "get-vanilla" and "get-vanilla-query-order-key-case" of the published test suite of the algorithm.
    #[test]
    fn the_published_vectors_come_out() {
        let headers = [("host", "example.amazonaws.com".to_owned()), ("x-amz-date", "20150830T123600Z".to_owned())];
        let sign = |path: &str| {
            let scope = "20150830/us-east-1/service/aws4_request";
            let request = ApiRequest::new(Method::Get, path);
            signature(&request, &headers, "20150830T123600Z", scope, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        };
        assert_eq!(sign("/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        assert_eq!(
            sign("/?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
    }

    #[test]
    fn a_stamp_is_in_utc() {
        assert_eq!(stamp(1_440_938_160), "20150830T123600Z");
    }
}
