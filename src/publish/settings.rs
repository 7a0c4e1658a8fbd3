//! The settings of a server: what has to change, in which order, and the file with the state before. A setting that is not in the
//! plan is never changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::facts::server::{Setting, value};
use crate::rocketchat::boundary;
use crate::rocketchat::release::Release;
use crate::rocketchat::setting_change::{Intent, Row, SettingChange};
use crate::rocketchat::settings::{
    Access, DISCOVERY_METHOD, DOMAIN, ENABLED, HUB_URL, Method, SITE_URL, STATUS, WRITABLE, access,
};
use crate::rocketchat::status::{Phase, phase};

/// The version of the file's form.
pub const SCHEMA: u32 = 1;

/// What the settings should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub domain: Domain,
    pub method: Method,
    pub hub_url: Option<String>,
    /// The Site URL that was requested; it is set whatever the old one is.
    pub site_url: Option<String>,
    /// Where the records lead. It becomes the Site URL only when the old one cannot be right.
    pub peers_url: Option<String>,
}

/// Everything that is needed to bring the settings back. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSettings {
    pub schema: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Seconds since 1970.
    pub time: i64,
    /// The server whose settings they are.
    pub server: Endpoint,
    /// In the order in which they were made.
    pub changes: Vec<SettingChange>,
}

/// Compares the live settings with what they should be.
pub fn plan(live: &[Setting], release: Release, wanted: &Wanted) -> Vec<Row> {
    let relevant = |id: &&str| match *id {
        HUB_URL => wanted.method == Method::Hub && access(id, release) != Access::Absent,
        _ => true,
    };
    let row = |id: &'static str| {
        let live = match value(live, id) {
            Ok(live) => live.clone(),
            Err(why) => return Row { id, before: None, intent: Intent::Leave(why.to_string()) },
        };
        let intent = match (intent(id, &live, wanted), access(id, release)) {
            (Intent::Change(_), Access::ReadOnly | Access::Hidden | Access::Absent) => {
                Intent::Leave(format!("release {release} does not let it be changed"))
            }
            (intent, _) => intent,
        };
        Row { id, before: Some(live), intent }
    };
    let mut rows: Vec<Row> = WRITABLE.into_iter().filter(relevant).map(row).collect();
    let status = value(live, STATUS).ok().and_then(Value::as_str).unwrap_or_default();
    if needs_restart(&rows, release, wanted.method, status)
        && let Some(enabled) = rows.iter_mut().find(|row| row.id == ENABLED)
    {
        enabled.intent = Intent::Restart;
    }
    rows
}

fn intent(id: &str, live: &Value, wanted: &Wanted) -> Intent {
    let wanted: Value = match id {
        DOMAIN => wanted.domain.as_str().into(),
        DISCOVERY_METHOD => wanted.method.to_string().into(),
        HUB_URL => match &wanted.hub_url {
            Some(url) if live.as_str().map(|live| live.trim_end_matches('/')) != Some(url) => url.clone().into(),
            _ => return Intent::Keep,
        },
        SITE_URL => return site(live.as_str().unwrap_or_default(), wanted),
        _ => true.into(),
    };
    if *live == wanted { Intent::Keep } else { Intent::Change(wanted) }
}

/// Every link that the server makes begins with the Site URL, so it is changed only on request or when it cannot be right.
fn site(live: &str, wanted: &Wanted) -> Intent {
    if let Some(asked) = &wanted.site_url {
        return if live == asked { Intent::Keep } else { Intent::Change(asked.as_str().into()) };
    }
    let endpoint = |text: &str| Url::parse(text).ok().and_then(|url| Endpoint::of(&url).ok());
    let (found, peers) = (endpoint(live), wanted.peers_url.as_deref().and_then(endpoint));
    match (&found, &wanted.peers_url) {
        // The hub hands it out as it is, and peers put a path behind it.
        (Some(found), _) if wanted.method == Method::Hub && live.ends_with('/') && Some(found) == peers.as_ref() => {
            Intent::Change(live.trim_end_matches('/').into())
        }
        (Some(found), _) if Some(found) == peers.as_ref() => Intent::Keep,
        (None, Some(url)) => Intent::Change(url.as_str().into()),
        (Some(found), Some(url)) if found.is_loopback() => Intent::Change(url.as_str().into()),
        (_, Some(url)) => Intent::Leave(format!(
            "the records lead to {url}; every link of the server begins with it, so it changes only with --site-url {url}"
        )),
        (_, None) => Intent::Leave("no target is given to compare it with".into()),
    }
}

/// A server that is enabled already does not start again, and from 2.1 on does not register again either.
fn needs_restart(rows: &[Row], release: Release, method: Method, status: &str) -> bool {
    let of = |id: &str| rows.iter().find(|row| row.id == id);
    let enabled = of(ENABLED).is_some_and(|row| row.intent == Intent::Keep);
    let changes = rows.iter().any(|row| matches!(row.intent, Intent::Change(_)));
    let registers = method == Method::Hub && release >= boundary::REGISTERS_ONCE && changes;
    enabled && (registers || phase(status) == Some(Phase::Off))
}

/// The changes in order: what federation needs first, federation itself last.
pub fn changes(rows: &[Row]) -> Vec<SettingChange> {
    let restart = rows.iter().any(|row| row.intent == Intent::Restart);
    let mut changes = Vec::new();
    if restart {
        changes.push(SettingChange::new(ENABLED, true.into(), false.into()));
    }
    for row in rows {
        if let (Some(before), Intent::Change(after)) = (&row.before, &row.intent) {
            changes.push(SettingChange::new(row.id, before.clone(), after.clone()));
        }
    }
    if restart {
        changes.push(SettingChange::new(ENABLED, false.into(), true.into()));
    }
    changes
}

/// The first setting that no longer has the value of the plan, with the value that it has.
pub fn overtaken(changes: &[SettingChange], live: &[Setting]) -> Option<(String, String)> {
    let mut seen: Vec<&str> = Vec::new();
    for change in changes {
        // Of a setting that is changed twice, the first change begins with the live value.
        if seen.contains(&change.id.as_str()) {
            continue;
        }
        seen.push(&change.id);
        match value(live, &change.id) {
            Ok(live) if *live == change.before => {}
            Ok(live) => return Some((change.id.clone(), live.to_string())),
            Err(why) => return Some((change.id.clone(), why.to_string())),
        }
    }
    None
}

/// A setting that is neither as it was before the change nor as the change left it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id} is {now}, and configure left it as {left}")]
pub struct Moved {
    pub id: String,
    /// The value, or why it is not known.
    pub now: String,
    pub left: Value,
}

/// The changes that bring the state before back, from the values that are there now: what was never changed is left out.
pub fn back(saved: &[SettingChange], live: &[Setting]) -> Result<Vec<SettingChange>, Moved> {
    let mut back = Vec::new();
    let mut now: Vec<(&str, Value)> = Vec::new();
    for change in saved.iter().rev() {
        let id = change.id.as_str();
        let moved = |now: String| Moved { id: id.to_owned(), now, left: change.after.clone() };
        let current = match now.iter().rev().find(|(known, _)| *known == id) {
            Some((_, current)) => current.clone(),
            None => value(live, id).map_err(|why| moved(why.to_string()))?.clone(),
        };
        if current == change.after {
            back.push(change.reversed());
            now.push((id, change.before.clone()));
        } else if current == change.before {
            now.push((id, current));
        } else {
            return Err(moved(current.to_string()));
        }
    }
    Ok(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(values: &[(&str, Value)]) -> Vec<Setting> {
        values.iter().map(|(id, value)| Setting { id: (*id).to_owned(), value: Ok(value.clone()) }).collect()
    }

    fn fresh() -> Vec<Setting> {
        live(&[
            (ENABLED, false.into()),
            (STATUS, "Disabled".into()),
            (DOMAIN, "@mydomain.com ".into()),
            (DISCOVERY_METHOD, "hub".into()),
            (HUB_URL, "https://hub.rocket.chat/".into()),
            (SITE_URL, "https://chat.mydomain.com/".into()),
        ])
    }

    fn set(live: &mut [Setting], id: &str, to: impl Into<Value>) {
        live.iter_mut().find(|setting| setting.id == id).unwrap().value = Ok(to.into());
    }

    fn wanted() -> Wanted {
        Wanted {
            domain: "mydomain.com".parse().unwrap(),
            method: Method::Dns,
            hub_url: None,
            site_url: None,
            peers_url: Some("https://chat.mydomain.com".into()),
        }
    }

    fn ids(changes: &[SettingChange]) -> Vec<String> {
        changes.iter().map(|change| format!("{}={}", change.id, change.after)).collect()
    }

    fn of(live: &[Setting], release: &str, wanted: &Wanted) -> Vec<String> {
        ids(&changes(&plan(live, release.parse().unwrap(), wanted)))
    }

    #[test]
    fn federation_is_switched_on_last_and_what_is_right_is_kept() {
        let mut live = fresh();
        let all =
            ["FEDERATION_Domain=\"mydomain.com\"", "FEDERATION_Discovery_Method=\"dns\"", "FEDERATION_Enabled=true"];
        assert_eq!(of(&live, "4.8.3", &wanted()), all);
        set(&mut live, DOMAIN, "mydomain.com");
        set(&mut live, DISCOVERY_METHOD, "dns");
        set(&mut live, ENABLED, true);
        // Enabled, but it has not come up.
        assert_eq!(of(&live, "4.8.3", &wanted()), ["FEDERATION_Enabled=false", "FEDERATION_Enabled=true"]);
        set(&mut live, STATUS, "Enabled");
        assert_eq!(of(&live, "4.8.3", &wanted()), [""; 0]);
        set(&mut live, STATUS, "Booting...");
        assert_eq!(of(&live, "1.3.5", &wanted()), [""; 0], "it starts by itself");
    }

    #[test]
    fn a_hub_of_your_own_is_a_setting_of_1x_and_later_servers_register_only_when_they_start() {
        let mut live = fresh();
        set(&mut live, ENABLED, true);
        set(&mut live, STATUS, "Enabled");
        let hub = Wanted { method: Method::Hub, hub_url: Some("https://hub.mydomain.com".into()), ..wanted() };
        let changes = of(&live, "1.3.5", &hub);
        assert_eq!(
            changes,
            [
                "Site_Url=\"https://chat.mydomain.com\"",
                "FEDERATION_Domain=\"mydomain.com\"",
                "FEDERATION_Hub_URL=\"https://hub.mydomain.com\"",
            ]
        );
        let changes = of(&live, "3.18.3", &hub);
        assert_eq!(changes.first().unwrap(), "FEDERATION_Enabled=false");
        assert_eq!(changes.last().unwrap(), "FEDERATION_Enabled=true");
        assert!(!changes.iter().any(|change| change.contains("Hub_URL")), "{changes:?}");
    }

    #[test]
    fn the_site_url_is_changed_on_request_or_when_it_cannot_be_right() {
        let site =
            |live: &str, asked: Option<&str>| site(live, &Wanted { site_url: asked.map(str::to_owned), ..wanted() });
        let change = |to: &str| Intent::Change(to.into());
        assert_eq!(site("https://chat.mydomain.com:443", None), Intent::Keep);
        for wrong in ["", "http://localhost:3000", "chat"] {
            assert_eq!(site(wrong, None), change("https://chat.mydomain.com"), "{wrong}");
        }
        assert!(matches!(site("https://www.mydomain.com", None), Intent::Leave(_)));
        assert_eq!(site("https://www.mydomain.com", Some("https://a.example")), change("https://a.example"));
    }

    #[test]
    fn a_removed_release_lets_nothing_be_changed() {
        let live = live(&[(ENABLED, false.into()), (SITE_URL, "https://chat.mydomain.com".into())]);
        assert_eq!(of(&live, "7.11.0", &wanted()), [""; 0]);
    }

    #[test]
    fn a_change_in_between_is_noticed_and_what_was_done_is_taken_back() {
        let mut live = fresh();
        let done = changes(&plan(&live, "4.8.3".parse().unwrap(), &wanted()));
        assert_eq!(overtaken(&done, &live), None);
        // Half of it was done.
        set(&mut live, DOMAIN, "mydomain.com");
        assert_eq!(overtaken(&done, &live).unwrap().0, DOMAIN);
        assert_eq!(ids(&back(&done, &live).unwrap()), ["FEDERATION_Domain=\"@mydomain.com \""]);
        set(&mut live, DOMAIN, "other.example");
        assert!(back(&done, &live).unwrap_err().now.contains("other.example"));
        // Off and on again, with a change between.
        let twice = [
            SettingChange::new(ENABLED, true.into(), false.into()),
            SettingChange::new(DISCOVERY_METHOD, "dns".into(), "hub".into()),
            SettingChange::new(ENABLED, false.into(), true.into()),
        ];
        set(&mut live, ENABLED, true);
        let expected = ["FEDERATION_Enabled=false", "FEDERATION_Discovery_Method=\"dns\"", "FEDERATION_Enabled=true"];
        assert_eq!(ids(&back(&twice, &live).unwrap()), expected);
    }
}
