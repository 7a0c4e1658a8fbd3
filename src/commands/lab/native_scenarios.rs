//! The domains of the lab with native federation: healthy ones, and others with one mistake each.

use super::scenarios::{Scenario, healthy, scenario};
use super::site::{Name, Site};
use crate::check::{Check, native_file, native_server, native_srv, native_tls, native_unused};
use crate::serve::native::Fault;

/// The scenarios of native federation.
pub const SCENARIOS: &[Scenario] = &[
    native(
        "native.test",
        "moved to native federation with a well-known file",
        Site::Native(&[Name::Host, Name::Domain], FILE, &[]),
        &[],
    ),
    Scenario {
        zone: |keys| format!("@ IN A 127.0.0.1\n{}", healthy(keys)),
        ..native(
            "native-left.test",
            "did the same and left the classic records",
            Site::Native(&[Name::Host, Name::Domain], FILE, &[]),
            &[&native_unused::CHECK],
        )
    },
    native(
        "native-srv.test",
        "kept the certificate of the SRV target",
        Site::Native(&[Name::Host], None, &[]),
        // The web server of the domain has the same certificate, so that its file cannot be read either.
        &[&native_file::CHECK, &native_tls::CHECK],
    ),
    native(
        "native-url.test",
        "wrote a URL into the well-known file",
        Site::Native(&[Name::Domain], Some(r#"{"m.server":"https://chat.$:443"}"#), &[]),
        &[&native_file::CHECK],
    ),
    Scenario {
        zone: |_| "@ IN A 127.0.0.1\nchat IN A 127.0.0.1\n_matrix._tcp IN SRV 10 0 443 chat\n".into(),
        ..native(
            "native-old.test",
            "published the old SRV name only",
            Site::Native(&[Name::Domain], None, &[]),
            &[&native_srv::CHECK],
        )
    },
    native(
        "native-proxy.test",
        "does not forward /_matrix/",
        Site::Native(&[Name::Host, Name::Domain], FILE, &[Fault::Html]),
        &[&native_server::CHECK],
    ),
    native(
        "native-name.test",
        "set the host as the domain of the service",
        Site::Native(&[Name::Host, Name::Domain], FILE, &[Fault::OtherName]),
        &[&native_server::CHECK],
    ),
    native(
        "native-keys.test",
        "serves keys that have expired",
        Site::Native(&[Name::Host, Name::Domain], FILE, &[Fault::OldKeys]),
        &[&native_server::CHECK],
    ),
];

/// A well-known file that names the host.
const FILE: Option<&str> = Some(r#"{"m.server":"chat.$:443"}"#);

/// A server of native federation, and the records that it needs.
const fn native(
    domain: &'static str,
    description: &'static str,
    site: Site,
    expect: &'static [&'static Check],
) -> Scenario {
    Scenario {
        site: Some(site),
        zone: |_| "@ IN A 127.0.0.1\nchat IN A 127.0.0.1\n_matrix-fed._tcp IN SRV 10 0 443 chat\n".into(),
        ..scenario(domain, description, healthy, expect)
    }
}
