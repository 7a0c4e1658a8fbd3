//! Does the server use the discovery method that was set up?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::report::{Problem, Verdict};
use crate::rocketchat::settings::Method;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-discovery",
    title: "the server's discovery method is the one that was set up",
    page: include_str!("../../docs/checks/server-discovery.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let text = match own.text("FEDERATION_Discovery_Method") {
        Ok(text) => text,
        Err(why) => return Verdict::skip(why.to_string()),
    };
    if text == own.method.to_string() {
        return Verdict::pass(text);
    }
    let what = format!("the server's discovery method is `{}`; fedctl.yaml says `{}`", text.escape_debug(), own.method);
    let problem = match own.method {
        Method::Dns => Problem::new(
            Severity::Warning,
            what,
            "the server tries to register with the hub, and disables federation when it cannot; your records are still read",
            "Set Discovery Method to DNS under Administration > Settings > Federation, and save. Or run:\n  fedctl configure",
        ),
        Method::Hub => Problem::new(
            Severity::Error,
            what,
            "the server does not register with the hub, so no server finds it there",
            "Choose Hub, save, then switch Enabled off and on: from 2.1.0 on an enabled server does not register by \
             itself. Or run:\n  fedctl configure",
        ),
    };
    vec![problem.into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::sample;
    use crate::check::sample::problems;

    #[test]
    fn a_server_that_does_not_register_is_worse_than_one_that_does() {
        let mut own = sample();
        assert_eq!(judge(&own), Verdict::pass("dns"));
        own.method = Method::Hub;
        assert_eq!(problems(judge(&own))[0].severity, Severity::Error);
    }
}
