//! Why an envelope did not open, for people.

use crate::count::counted;
use crate::key::PublicKey;
use crate::render::fill::hang;
use crate::rocketchat::body::{NotAnEnvelope, Wire};
use crate::rocketchat::envelope::{Failure, Layer};

/// What is known about an envelope that stayed shut.
pub struct Unopened<'a> {
    pub why: &'a Failure,
    /// Length of the envelope.
    pub bytes: usize,
    pub recipient: &'a PublicKey,
    pub sender: &'a PublicKey,
}

/// The words of `--wire`.
pub fn form(form: Wire) -> &'static str {
    match form {
        Wire::Two => "2.x",
        Wire::One => "1.x",
        Wire::Raw => "raw",
    }
}

/// The failure, what it proves, what a server logs, and what to compare.
pub fn failure(seen: &Unopened, width: usize) -> String {
    let layer = seen.why.layer();
    let mut out = format!("fedctl: error: the {layer} layer does not open\n");
    let mut row = |name: &str, text: String| out += &hang(&format!("  {name:<12}{text}"), width, 14);
    row("seen", format!("{}; {} in all", seen.why, counted(seen.bytes, "byte")));
    row("proves", seen.why.proves().into());
    row("servers log", format!("`{}`", seen.why.server_log()));
    let (whose, key, hint) = match layer {
        Layer::Origin => ("sender", seen.sender, "give --peer-key the key that belongs to the sender's private key"),
        Layer::Secrecy => ("recipient", seen.recipient, "give --key the private key that the sender encrypted for"),
    };
    let hint = match seen.why {
        Failure::Key { .. } => hint,
        Failure::Empty | Failure::Length { .. } => "look for a body limit in the proxy, or copy the whole body",
        Failure::Unsigned => "ask the sender's admin what sends this: no server leaves the signature out",
        Failure::Blocks { .. } | Failure::Reordered { .. } => {
            "check the proxies between the two: one of them changes bodies"
        }
    };
    row(whose, format!("RSA-{}, sha256 {}", key.bits(), key.fingerprint()));
    out += &format!("fedctl: hint: {hint}");
    out
}

/// A body that is no envelope at all.
pub fn no_envelope(why: &NotAnEnvelope) -> String {
    let hint = match why {
        NotAnEnvelope::Plain => {
            "a server sends plain events only to its own domain; from outside they are to be refused"
        }
        NotAnEnvelope::Html => "check the proxy in front of the server: a proxy, a login page, a wrong port",
        NotAnEnvelope::Cut { .. } => "look for a body limit in the proxy, or copy the whole body",
        _ => "give the whole body of the request, as in `{\"type\":\"Buffer\",\"data\":[…]}`",
    };
    format!("fedctl: error: {why}\nfedctl: hint: {hint}")
}
