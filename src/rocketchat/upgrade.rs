//! From one release to another: what stops, what must be done before, during and after, and what is lost.

use serde::Serialize;

use super::boundary;
use super::life::{GATE_VARIABLE, Life};
use super::release::Release;

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// What the new release does not do any more.
    Stops,
    Before,
    During,
    After,
    /// What does not come back.
    Lost,
}

/// One thing to know or to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub when: When,
    pub text: String,
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlan {
    /// The releases are equal, or the second is the older one.
    NotNewer,
    /// No release of this number is known.
    Unknown(Release),
}

/// The steps for the server of `domain`; `partners` are the domains that it federates with.
pub fn plan(from: Release, to: Release, domain: &str, partners: &[String]) -> Result<Vec<Step>, NoPlan> {
    if let Some(release) = [from, to].into_iter().find(|release| Life::of(*release) == Life::Unknown) {
        return Err(NoPlan::Unknown(release));
    }
    if to <= from {
        return Err(NoPlan::NotNewer);
    }
    let mut steps = Vec::new();
    let mut add = |when, text: String| steps.push(Step { when, text });
    let crosses = |boundary: Release| from < boundary && to >= boundary;
    if crosses(boundary::CANNOT_SEND) {
        add(
            When::Stops,
            format!("From {} on the server sends nothing to peers, whatever is published.", boundary::CANNOT_SEND),
        );
    }
    if crosses(boundary::GATE) {
        add(
            When::Stops,
            format!("From {} on every federation route answers 400 unless {GATE_VARIABLE} is set.", boundary::GATE),
        );
    }
    if crosses(boundary::REMOVED) {
        add(
            When::Stops,
            format!(
                "{} has no classic federation: its settings are hidden and its code is removed.",
                boundary::REMOVED
            ),
        );
    }
    if crosses(boundary::CANNOT_SEND) {
        let who = match partners {
            [] => "your partners".to_owned(),
            some => some.join(", "),
        };
        add(
            When::Before,
            format!("Agree on a date with {who}: until both sides have the same kind of federation, nothing arrives."),
        );
        add(When::Before, "Back up the key pair of the server: fedctl key backup --help".to_owned());
    }
    if Life::of(to) == Life::Closed && crosses(boundary::GATE) {
        add(
            When::During,
            format!("Set {GATE_VARIABLE}=true in the environment of the server, to go on receiving. It cannot send."),
        );
    }
    if crosses(boundary::REMOVED) {
        native(&mut add, domain);
    } else if Life::of(to).sends() {
        add(When::After, format!("Check your setup: fedctl doctor --domain {domain}"));
    }
    if crosses(boundary::REMOVED) {
        add(When::Lost, "Rooms, users and messages of classic federation are not converted. Users are named @ann:DOMAIN, not ann@DOMAIN.".to_owned());
    }
    Ok(steps)
}

/// What native federation, which speaks the Matrix protocol, needs.
fn native(add: &mut impl FnMut(When, String), domain: &str) {
    add(
        When::Before,
        format!(
            "Publish https://{domain}/.well-known/matrix/server with {{\"m.server\":\"HOST:443\"}}, or an SRV record at _matrix-fed._tcp.{domain}, or listen at port 8448 of {domain}."
        ),
    );
    add(
        When::Before,
        format!(
            "With the SRV record or port 8448 the certificate must be valid for {domain}; with the well-known file, for the host that it names."
        ),
    );
    add(When::Before, "In the proxy, pass /_matrix/ to the server and allow large bodies.".to_owned());
    add(When::During, "Check that your licence has the module `federation`, and switch native federation on in the settings of the server.".to_owned());
    add(When::After, "Remove the records of classic federation when no partner needs them: SRV at _rocketchat, TXT at rocketchat-public-key.".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(from: &str, to: &str) -> Result<Vec<Step>, NoPlan> {
        plan(from.parse().unwrap(), to.parse().unwrap(), "mydomain.com", &["partner.example".to_owned()])
    }

    fn has(steps: &[Step], when: When, part: &str) -> bool {
        steps.iter().any(|step| step.when == when && step.text.contains(part))
    }

    #[test]
    fn each_boundary_that_is_crossed_has_its_steps() {
        let all = steps("6.2", "7.11").unwrap();
        for (when, part) in [
            (When::Stops, "6.3.0 on the server sends nothing"),
            (When::Stops, "answers 400"),
            (When::Before, "with partner.example"),
            (When::Before, "_matrix-fed._tcp.mydomain.com"),
            (When::Lost, "not converted"),
        ] {
            assert!(has(&all, when, part), "{part}: {all:?}");
        }
        assert!(!has(&all, When::During, GATE_VARIABLE), "7.11 has no such variable");
        let gate = steps("6.5", "7.5").unwrap();
        assert!(has(&gate, When::During, GATE_VARIABLE) && !has(&gate, When::Before, "well-known"), "{gate:?}");
        let within = steps("3.18.3", "6.2").unwrap();
        assert!(within.iter().all(|step| step.when == When::After), "{within:?}");
    }

    #[test]
    fn a_step_back_and_an_unknown_release_have_no_plan() {
        assert_eq!(steps("6.2", "6.2"), Err(NoPlan::NotNewer));
        assert_eq!(steps("6.2", "99.0.0"), Err(NoPlan::Unknown(Release(99, 0, 0))));
    }
}
