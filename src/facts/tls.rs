//! What a TLS handshake showed, and whether Node would go on.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    /// Milliseconds.
    pub elapsed: u32,
    pub outcome: Result<Session, NoSession>,
}

impl TlsFacts {
    /// True when a server would send its request: the chain is trusted, in time and made for the host.
    pub fn is_trusted(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|session| session.trust == Trust::Trusted && session.name_fits)
    }
}

/// A handshake that ended well, whatever the certificates are worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: String,
    /// Whether TLS 1.2 was spoken too when it alone was offered; `None` when it was not tried.
    pub speaks_12: Option<bool>,
    /// As sent, the server's own first.
    pub chain: Vec<Certificate>,
    pub trust: Trust,
    /// The certificate was made for the host that was called.
    pub name_fits: bool,
}

/// Why there was no handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NoSession {
    #[error("no TLS handshake within {0} ms")]
    Timeout(u32),
    #[error("what came back is not TLS")]
    NotTls,
    #[error("the connection was closed during the TLS handshake")]
    Closed,
    #[error("the server refused the TLS handshake ({0})")]
    Refused(String),
}

/// The verdict on the chain, host name aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trust {
    Trusted,
    Expired,
    NotYetValid,
    /// No authority that is trusted stands at its end.
    UnknownIssuer,
    Other(String),
}

/// What matters of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The common name, or the whole name when there is none.
    pub subject: String,
    pub issuer: String,
    /// DNS names and addresses of the subject alternative name.
    pub names: Vec<String>,
    /// Seconds since 1970.
    pub not_before: i64,
    /// Seconds since 1970.
    pub not_after: i64,
    /// Issuer and subject are the same.
    pub self_issued: bool,
}

impl Certificate {
    /// Whether Node takes it for this host name or address.
    pub fn fits(&self, host: &str) -> bool {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return self.names.iter().any(|name| name.parse() == Ok(ip));
        }
        // Node falls back to the common name when the certificate has no other names.
        match self.names.is_empty() {
            true => covers(std::slice::from_ref(&self.subject), host),
            false => covers(&self.names, host),
        }
    }
}

impl Session {
    /// The text of the error that Node's `https` gives, and that a server logs.
    pub fn node_error(&self) -> Option<&'static str> {
        match (&self.trust, self.chain.as_slice()) {
            (Trust::Trusted, _) if self.name_fits => None,
            (Trust::Trusted, _) => Some("Hostname/IP does not match certificate's altnames"),
            (Trust::Expired, _) => Some("certificate has expired"),
            (Trust::NotYetValid, _) => Some("certificate is not yet valid"),
            (Trust::UnknownIssuer, [leaf]) if leaf.self_issued => Some("self signed certificate"),
            (Trust::UnknownIssuer, [_]) => Some("unable to verify the first certificate"),
            (Trust::UnknownIssuer, [.., last]) if last.self_issued => {
                Some("self signed certificate in certificate chain")
            }
            (Trust::UnknownIssuer, _) => Some("unable to get local issuer certificate"),
            (Trust::Other(_), _) => Some("certificate verify failed"),
        }
    }
}

/// Whether one of the names of a certificate covers `host` (RFC 6125 section 6.4.3: a wildcard stands for the leftmost label).
pub fn covers(names: &[String], host: &str) -> bool {
    names.iter().any(|name| match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(zone), Some((_, parent))) => zone.eq_ignore_ascii_case(parent),
        _ => name.eq_ignore_ascii_case(host),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_counts_only_without_other_names_and_never_for_addresses() {
        let made = |subject: &str, names: &[&str]| Certificate {
            subject: subject.into(),
            issuer: String::new(),
            names: names.iter().map(ToString::to_string).collect(),
            not_before: 0,
            not_after: 0,
            self_issued: false,
        };
        for (subject, names, host, fits) in [
            ("chat.example.org", &[][..], "chat.example.org", true),
            ("chat.example.org", &["example.org"], "chat.example.org", false),
            ("192.0.2.1", &[], "192.0.2.1", false),
            ("x", &["*.0.2.1"], "192.0.2.1", false),
            ("x", &["2001:db8::1"], "2001:DB8:0::1", true),
        ] {
            assert_eq!(made(subject, names).fits(host), fits, "{subject} {names:?} {host}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let names = ["*.example.org".to_owned(), "example.org".to_owned()];
        for (host, fits) in
            [("chat.example.org", true), ("EXAMPLE.org", true), ("a.b.example.org", false), ("example.com", false)]
        {
            assert_eq!(covers(&names, host), fits, "{host}");
        }
    }
}
