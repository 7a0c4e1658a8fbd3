//! Is federation switched on, and has the server come up with it?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-enabled",
    title: "federation is enabled in the server",
    page: include_str!("../../docs/checks/server-enabled.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

/// A status that does not mean that all is well: what it means, and what to do.
const STATUSES: &[(&str, &str, &str)] = &[
    ("Disabled", "federation has not started in the server", "Switch Enabled off, save, switch it on, save."),
    (
        "Could not enable, settings are not fully set",
        "the server waits for settings",
        "Fill in Domain and Discovery Method, and save.",
    ),
    ("Booting...", "federation is starting", "Wait a minute and check again."),
    ("-", "federation was never started", "Switch Enabled on and save."),
    (
        "Registering with Hub...",
        "the hub has not answered yet, or its mail to webmaster is not confirmed yet",
        "Confirm the mail, or use DNS.",
    ),
    (
        "Could not register with Hub",
        "peers that rely on the hub cannot find the server",
        "Publish DNS records and choose the discovery method DNS.",
    ),
    (
        "Disabled, could not register with Hub",
        "federation was switched off because the hub refused or did not answer",
        "Publish DNS records and choose the discovery method DNS, then switch Enabled on.",
    ),
];

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let enabled = match own.server.as_ref().map_err(Clone::clone).map(|server| server.setting("FEDERATION_Enabled")) {
        Ok(Ok(value)) => value.as_bool() == Some(true),
        Ok(Err(why)) => return Verdict::skip(why.to_string()),
        Err(why) => return Verdict::skip(why.to_string()),
    };
    let status = own.text("FEDERATION_Status").unwrap_or_default().to_owned();
    if !enabled {
        let means = "the server refuses what peers send (`Federation not enabled`) and sends nothing";
        let fix =
            "Switch Enabled on under Administration > Settings > Federation, and save. Or run:\n  fedctl configure";
        return vec![Problem::new(Severity::Error, "federation is switched off in the server", means, fix).into()];
    }
    match STATUSES.iter().find(|(text, ..)| *text == status) {
        Some((_, means, fix)) => {
            let what =
                format!("the setting Enabled is on and the status is `{status}`; expected `Enabled` (1.x: `Running`)");
            let severity = if status.starts_with("Disabled") { Severity::Error } else { Severity::Warning };
            vec![Problem::new(severity, what, *means, *fix).into()]
        }
        None if status.is_empty() => Verdict::pass("on"),
        None => Verdict::pass(format!("on, status `{status}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::{sample, set};
    use crate::check::sample::problems;
    use crate::facts::server::NotRead;

    #[test]
    fn off_is_an_error_and_a_status_has_a_meaning() {
        let mut own = sample();
        assert_eq!(judge(&own), Verdict::pass("on, status `Enabled`"));
        set(&mut own, "FEDERATION_Status", "Could not register with Hub".into());
        assert_eq!(problems(judge(&own))[0].severity, Severity::Warning);
        set(&mut own, "FEDERATION_Status", "Disabled".into());
        assert_eq!(problems(judge(&own))[0].severity, Severity::Error);
        set(&mut own, "FEDERATION_Enabled", false.into());
        assert!(problems(judge(&own))[0].what.contains("switched off"));
        own.server = Err(NotRead::NoToken);
        assert_eq!(judge(&own), Verdict::skip(NotRead::NoToken.to_string()));
    }
}
