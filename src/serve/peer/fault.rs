//! What a peer for tests can do wrong on request.

use clap::ValueEnum;

/// One way to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Fault {
    /// Federation is switched off.
    Disabled,
    /// Every answer takes three seconds; servers wait two.
    Slow,
    /// The connection is reset as soon as a request comes.
    Reset,
    /// Every answer is the HTML of a proxy.
    Html,
    /// Every answer sends the caller to another address.
    Redirect,
    /// Bodies above 8 KiB are refused, as a proxy with a small limit does.
    BodyLimit,
    /// Every route answers that there were too many requests.
    RateLimit,
    /// JSON is labelled as plain text.
    ContentType,
    /// An answer without end.
    HugeAnswer,
    /// A message in the peer's own name is accepted without decrypting it, as servers from 2.0 on do.
    Bypass,
    /// The key in use is not the one that is published.
    WrongKey,
    /// Events that are requested are never sent.
    NeverSends,
    ExpiredCertificate,
    SelfSigned,
    WrongHost,
    MissingIntermediate,
    /// Nothing older than TLS 1.3 is accepted.
    Tls13Only,
}

impl Fault {
    /// It needs a certificate that fedctl makes.
    pub fn is_of_tls(self) -> bool {
        use Fault::{ExpiredCertificate, MissingIntermediate, SelfSigned, Tls13Only, WrongHost};
        matches!(self, ExpiredCertificate | MissingIntermediate | SelfSigned | Tls13Only | WrongHost)
    }

    /// As it is typed behind `--fault`.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}
