//! Does a federation server answer at the URL that is to be registered?

use super::{Check, Judge, Needs};
use crate::facts::hub::HubFacts;
use crate::facts::peer::Exchange;
use crate::report::{Problem, Verdict};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "hub-server",
    title: "a federation server answers at the URL to register",
    page: include_str!("../../docs/checks/hub-server.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Hub(judge),
};

const USELESS: &str = "peers that get this URL from the hub cannot reach the server";

fn judge(facts: &HubFacts) -> Vec<Verdict> {
    let Some(server) = &facts.server else { return Verdict::skip("no usable URL was given") };
    let problem =
        |what: String, fix: &str| vec![Problem::new(Severity::Error, what, USELESS, fix).seen(server.shown()).into()];
    if let Some(why) = server.failure() {
        if why.contains("certificate") {
            return problem(
                format!("servers do not trust {}: {why}", server.base),
                "Serve a valid certificate with its whole chain (fullchain.pem), made for the host of the URL. With \
                 your own certificate authority, give --ca-file FILE here, and set NODE_EXTRA_CA_CERTS=FILE at every \
                 peer.",
            );
        }
        return problem(
            format!("{} does not answer: {why}", server.base),
            "Start the server, or correct --url. With --connect-to HOST:PORT=ADDR:PORT it can be tried before DNS is \
             changed.",
        );
    }
    let answers = || server.exchanges.iter().filter_map(Exchange::answer);
    if let Some(answer) = answers().find(|answer| (300..400).contains(&answer.status)) {
        let to = answer.location.as_deref().unwrap_or("another place");
        return problem(
            format!("{} redirects to {to}, and a message that is redirected is lost", server.base),
            "Register the URL at the end of the redirect.",
        );
    }
    // A route that is not there is answered in JSON by others too.
    let speaking = answers().find(|answer| answer.success().is_some() && answer.status != 404);
    match speaking {
        None => problem(
            format!("what answers at {} is no federation server", server.base),
            "Register the URL of the Rocket.Chat server itself, and make its proxy forward /api/v1/.",
        ),
        Some(answer) if answer.error().is_some_and(|error| error.contains("Federation not enabled")) => {
            vec![
                Problem::new(
                    Severity::Warning,
                    format!("federation is switched off at {}", server.base),
                    "peers can find the server, and are refused",
                    "Switch Enabled on under Administration > Settings > Federation.",
                )
                .seen([answer.shown()])
                .into(),
            ]
        }
        Some(_) => Verdict::pass(format!("{} answers", server.base)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::hub_sample::{call, failed, sample};
    use crate::check::sample::problems;
    use crate::facts::peer::HttpFailure;

    #[test]
    fn silence_redirects_and_strangers_are_distinguished() {
        assert!(problems(judge(&sample())).is_empty());
        let judged = |server| problems(judge(&HubFacts { server: Some(server), ..sample() }));
        assert!(judged(failed(HttpFailure::Timeout(2000)))[0].what.contains("no answer within 2000 ms"));
        let untrusted = HttpFailure::Connect("unable to verify the first certificate".into());
        assert!(judged(failed(untrusted))[0].fix.contains("fullchain.pem"));
        assert!(judged(call("GET", 404, "application/json", r#"{"success":false}"#))[0].what.contains("no federation"));
        assert!(judged(call("GET", 200, "text/html", "<p>"))[0].what.contains("no federation server"));
        let mut redirect = call("GET", 301, "text/html", "");
        if let Ok(answer) = &mut redirect.exchanges[0].outcome {
            answer.location = Some("https://x.example.org/".into());
        }
        assert!(judged(redirect)[0].what.contains("redirects to https://x.example.org/"));
        let off = call("GET", 400, "application/json", r#"{"success":false,"error":"Federation not enabled"}"#);
        assert_eq!(judged(off)[0].severity, Severity::Warning);
    }
}
