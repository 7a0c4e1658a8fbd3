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
        FILE,
        &[Name::Host, Name::Domain],
        &[],
        &[],
    ),
    Scenario {
        zone: |keys| format!("@ IN A 127.0.0.1\n{}", healthy(keys)),
        ..native(
            "native-left.test",
            "did the same and left the classic records",
            FILE,
            &[Name::Host, Name::Domain],
            &[],
            &[&native_unused::CHECK],
        )
    },
    native(
        "native-srv.test",
        "kept the certificate of the SRV target",
        None,
        &[Name::Host],
        &[],
        // The web server of the domain has the same certificate, so that its file cannot be read either.
        &[&native_file::CHECK, &native_tls::CHECK],
    ),
    native(
        "native-url.test",
        "wrote a URL into the well-known file",
        Some(r#"{"m.server":"https://chat.$:443"}"#),
        &[Name::Domain],
        &[],
        &[&native_file::CHECK],
    ),
    Scenario {
        zone: |_| "@ IN A 127.0.0.1\nchat IN A 127.0.0.1\n_matrix._tcp IN SRV 10 0 443 chat\n".into(),
        ..native(
            "native-old.test",
            "published the old SRV name only",
            None,
            &[Name::Domain],
            &[],
            &[&native_srv::CHECK],
        )
    },
    native(
        "native-proxy.test",
        "does not hand /_matrix/ on",
        FILE,
        &[Name::Host, Name::Domain],
        &[Fault::Html],
        &[&native_server::CHECK],
    ),
    native(
        "native-name.test",
        "set the host as the domain of the service",
        FILE,
        &[Name::Host, Name::Domain],
        &[Fault::OtherName],
        &[&native_server::CHECK],
    ),
    native(
        "native-keys.test",
        "serves keys that have expired",
        FILE,
        &[Name::Host, Name::Domain],
        &[Fault::OldKeys],
        &[&native_server::CHECK],
    ),
];

/// A well-known file that names the host.
const FILE: Option<&str> = Some(r#"{"m.server":"chat.$:443"}"#);

/// A server of native federation, and the records that it needs.
const fn native(
    domain: &'static str,
    description: &'static str,
    file: Option<&'static str>,
    names: &'static [Name],
    faults: &'static [Fault],
    expect: &'static [&'static Check],
) -> Scenario {
    Scenario {
        site: Some(Site::Native(names, file, faults)),
        zone: |_| "@ IN A 127.0.0.1\nchat IN A 127.0.0.1\n_matrix-fed._tcp IN SRV 10 0 443 chat\n".into(),
        ..scenario(domain, description, healthy, expect)
    }
}
