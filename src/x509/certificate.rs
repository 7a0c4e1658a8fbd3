//! A certificate (RFC 5280) as plain values.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::facts::tls::Certificate;

/// Names of a certificate that are looked at; authorities issue a hundred at most.
const NAMES: usize = 250;

/// Whether a certificate is made for a host name or an address.
pub fn fits(der: &CertificateDer, host: &str) -> bool {
    certificate(der).is_some_and(|certificate| certificate.fits(host))
}

/// The parts of a certificate that matter to a client; `None` when it is not X.509.
pub fn certificate(der: &CertificateDer) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let common = |name: &x509_parser::x509::X509Name| {
        let common = name.iter_common_name().next().and_then(|name| name.as_str().ok());
        shown(common.map_or_else(|| name.to_string(), str::to_owned))
    };
    let names = parsed.subject_alternative_name().ok().flatten().map(|names| names.value.general_names.as_slice());
    let names = names.unwrap_or_default().iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(shown((*name).to_owned())),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(std::net::IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from))
            .ok()
            .map(|ip| ip.to_string()),
        _ => None,
    });
    Some(Certificate {
        subject: common(parsed.subject()),
        issuer: common(parsed.issuer()),
        names: names.take(NAMES).collect(),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        self_issued: parsed.subject() == parsed.issuer(),
    })
}

/// Text of a stranger: no control characters, no novel.
fn shown(text: String) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
