//! The signature of OVHcloud: who sends a request is verified by a hash over it, the time and the body.

use sha1::{Digest, Sha1};

use super::provider::Credentials;
use crate::facts::api::ApiRequest;

/// The request with the signature: a hash over the secret, the method, the whole URL, the body and the time.
pub fn signed(request: ApiRequest, credentials: &Credentials, base: &str, time: i64) -> ApiRequest {
    let value = |name: &str| credentials.extra(name).unwrap_or_default().to_owned();
    let (secret, consumer) = (credentials.token.as_str(), value("consumer key"));
    let (method, body) = (request.method.name(), request.body.as_deref().unwrap_or_default());
    let mut hash = Sha1::new();
    for part in [secret, "+", &consumer, "+", method, "+", base, &request.path, "+", body, "+", &time.to_string()] {
        hash.update(part);
    }
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    request
        .with("x-ovh-application", value("application key"))
        .with("x-ovh-consumer", consumer)
        .with("x-ovh-timestamp", time.to_string())
        .with("x-ovh-signature", format!("$1${digest}"))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::facts::api::Method;

    /// Computed with OpenSSL, over the parts with `+` between them.
    #[test]
    fn the_signature_is_over_the_whole_request() {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        let credentials = Credentials {
            token: secret("EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF"),
            extras: vec![
                ("application key", secret("7kbG7Bk7S9Nt7ZSV")),
                ("consumer key", secret("MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1")),
            ],
        };
        let request = ApiRequest::new(Method::Get, "/domains/");
        let request = signed(request, &credentials, "https://eu.api.ovh.com/1.0", 1_366_560_945);
        let header =
            |name: &str| request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(header("x-ovh-application"), Some("7kbG7Bk7S9Nt7ZSV"));
        assert_eq!(header("x-ovh-signature"), Some("$1$d3705e8afb27a0d2970a322b96550abfc67bb798"));
        assert!(request.headers.iter().all(|(_, value)| !value.contains("EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF")));
    }
}
