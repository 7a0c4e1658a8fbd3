//! The texts that a server shows as its federation status, by release, and what each means for its admin.

use super::boundary;
use super::release::Release;

/// What a status says about federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Running,
    /// It changes by itself.
    Starting,
    /// Federation is off, and stays off until somebody changes something.
    Off,
}

/// One text, as one span of releases means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusString {
    /// As the server shows it.
    pub text: &'static str,
    /// The releases that show it.
    pub releases: &'static str,
    pub phase: Phase,
    pub means: &'static str,
    pub next: &'static str,
}

const ONE: &str = "1.0 – 1.3";
const TWO_ZERO: &str = "2.0";
const TWO_ONE: &str = "2.1 and later";
const TWO: &str = "2.0 and later";

const BY_HUB: &str = "look at the hub: fedctl hub lookup DOMAIN; or choose the discovery method DNS, which needs no hub, and \
                      publish records: fedctl records DOMAIN --target HOST --key FILE; then switch federation off and on again";

/// Every text of every release.
pub const STATUS_STRINGS: &[StatusString] = &[
    StatusString {
        text: "-",
        releases: ONE,
        phase: Phase::Off,
        means: "federation was never started since the installation",
        next: "fill in Domain and Discovery Method, switch Enabled on, save",
    },
    StatusString {
        text: "Could not enable, settings are not fully set",
        releases: ONE,
        phase: Phase::Off,
        means: "Enabled is on, but Domain, Discovery Method, the hub's URL, the Site URL or the key is empty",
        next: "fill in every field of Federation, look at Site URL under General, save again; for an \
               empty key box: fedctl keygen --form mongosh",
    },
    StatusString {
        text: "Booting...",
        releases: ONE,
        phase: Phase::Starting,
        means: "federation is starting; this takes seconds",
        next: "when it stays, look into the server's log, and switch federation off and on again",
    },
    StatusString {
        text: "Registering with Hub...",
        releases: ONE,
        phase: Phase::Starting,
        means: "the server is sending its domain, URL and key to the hub of its setting Hub URL",
        next: "when it stays or fails, look at the hub: fedctl hub lookup DOMAIN --hub-url URL",
    },
    StatusString {
        text: "Registering with Hub...",
        releases: TWO_ONE,
        phase: Phase::Starting,
        means: "the server is sending its domain, URL and key to https://hub.rocket.chat; while this is shown, a change of \
                the settings does not register again",
        next: "when it stays, switch federation off and on again; better, choose the discovery method DNS",
    },
    StatusString {
        text: "Running, registered to Hub",
        releases: ONE,
        phase: Phase::Running,
        means: "the hub has taken the registration; the text becomes `Running` at once. Peers find the server only after \
                the link in the mail to webmaster@ the domain was followed",
        next: "fedctl hub lookup DOMAIN --hub-url URL",
    },
    StatusString {
        text: "Running",
        releases: ONE,
        phase: Phase::Running,
        means: "federation is switched on. It says nothing about whether peers can find the server",
        next: "look at the records: fedctl dns-check DOMAIN --key FILE; or at the hub: fedctl hub lookup DOMAIN",
    },
    StatusString {
        text: "Disabled, could not register with Hub",
        releases: ONE,
        phase: Phase::Off,
        means: "the discovery method is Hub, and the hub did not take the registration within two seconds, or refused it; \
                federation is off until that works",
        next: BY_HUB,
    },
    StatusString {
        text: "Could not register with Hub",
        releases: TWO,
        phase: Phase::Off,
        means: "the discovery method is Hub, and https://hub.rocket.chat did not take the registration within two seconds, \
                or refused it; that address cannot be changed, and the public hub may be gone. Federation is off",
        next: BY_HUB,
    },
    StatusString {
        text: "Enabled",
        releases: TWO_ZERO,
        phase: Phase::Running,
        means: "federation is switched on. With the discovery method DNS no record was looked at",
        next: "fedctl dns-check DOMAIN --key FILE",
    },
    StatusString {
        text: "Enabled",
        releases: TWO_ONE,
        phase: Phase::Running,
        means: "federation is switched on. With the discovery method DNS no record was looked at. A server that shows this \
                does not register at the hub when its method, domain or URL changes",
        next: "fedctl dns-check DOMAIN --key FILE; to register at a hub, switch federation off and on again",
    },
    StatusString {
        text: "Disabled",
        releases: "all",
        phase: Phase::Off,
        means: "federation is switched off, and nothing is sent or taken",
        next: "switch Enabled on under Administration > Settings > Federation, save",
    },
];

/// The entries for a text as people copy it: case, dots at the end, quotes, and the `[HUB Only]` of the guide do not matter.
pub fn find(text: &str) -> Vec<&'static StatusString> {
    let wanted = plain(text);
    STATUS_STRINGS.iter().filter(|known| plain(known.text) == wanted).collect()
}

/// What this status says, whichever release shows it; `None` for a text that no release has.
pub fn phase(text: &str) -> Option<Phase> {
    find(text).first().map(|known| known.phase)
}

/// The status of a server of this release that has come up with federation.
pub fn running(release: Release) -> &'static str {
    if release < boundary::SECOND_PROTOCOL { "Running" } else { "Enabled" }
}

fn plain(text: &str) -> String {
    let lower = text.trim().trim_matches(['`', '"', '\'']).to_lowercase();
    let bare = lower.strip_prefix("[hub only]").unwrap_or(&lower);
    bare.trim().trim_end_matches(['.', '…']).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_as_people_copy_them() {
        for (text, count) in [
            ("Disabled, could not register with Hub", 1),
            ("[HUB Only] Disabled, could not register with Hub", 1),
            ("`Could not register with Hub`", 1),
            ("Registering with Hub…", 2),
            ("[HUB Only] Registering with Hub...", 2),
            ("booting", 1),
            ("Enabled", 2),
            ("-", 1),
            ("Disabled, could", 0),
            ("", 0),
        ] {
            assert_eq!(find(text).len(), count, "{text}");
        }
    }

    #[test]
    fn every_text_is_found_by_itself_and_has_a_next_step() {
        for known in STATUS_STRINGS {
            assert!(find(known.text).contains(&known));
            assert!(!known.means.is_empty() && !known.next.is_empty());
            assert!(find(known.text).iter().all(|same| same.phase == known.phase), "{}", known.text);
        }
        for release in ["1.3.5", "6.2.0"] {
            assert_eq!(phase(running(release.parse().unwrap())), Some(Phase::Running));
        }
    }
}
