//! Facts of a healthy server as its own admin sees it, for the cases of the checks to spoil.

use serde_json::Value;

use super::peer_sample;
use super::sample;
use crate::facts::dns::Expected;
use crate::facts::server::{KeyFile, OwnFacts, Resolved, ServerFacts, Setting};
use crate::rocketchat::settings::Method;

/// mydomain.com, looked at with the token of an admin.
pub fn sample() -> OwnFacts {
    let (dns, peer, key) = (sample::sample(), peer_sample::sample(), sample::key());
    let setting = |id: &str, value: Value| Setting { id: id.into(), value: Ok(value) };
    let server = ServerFacts {
        base: peer.base.clone().unwrap(),
        info: peer.info.clone().unwrap(),
        settings: Ok(vec![
            setting("FEDERATION_Enabled", true.into()),
            setting("FEDERATION_Status", "Enabled".into()),
            setting("FEDERATION_Domain", "mydomain.com".into()),
            setting("FEDERATION_Public_Key", key.one_line().into()),
            setting("FEDERATION_Discovery_Method", "dns".into()),
            setting("Site_Url", "https://chat.mydomain.com".into()),
        ]),
        resolved: vec![
            ("_rocketchat._https.mydomain.com".into(), Resolved::Srv { target: "chat.mydomain.com".into(), port: 443 }),
            ("rocketchat-public-key.mydomain.com".into(), Resolved::Txt(key.one_line())),
        ],
        targets: Vec::new(),
    };
    OwnFacts {
        key: Some(KeyFile { path: "federation.key".into(), private: true, exposed: None }),
        expected: Expected { key: Some(key), key_source: "federation.key".into(), ..Expected::default() },
        method: Method::Dns,
        release: None,
        dns,
        peer,
        here: None,
        hub: None,
        server: Ok(server),
    }
}

/// Gives a setting another value.
pub fn set(own: &mut OwnFacts, id: &str, value: Value) {
    let settings = own.server.as_mut().unwrap().settings.as_mut().unwrap();
    settings.iter_mut().find(|setting| setting.id == id).unwrap().value = Ok(value);
}
