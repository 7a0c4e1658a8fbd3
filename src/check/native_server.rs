//! Does the server answer native federation, as this domain and with a key that is valid?

use super::{Check, Judge, Needs, date};
use crate::facts::dns::DnsFacts;
use crate::facts::native::{Destination, NativeFacts, NoServer, Way};
use crate::facts::peer::{Answer, ConnectFailure};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::native::{KEY_PREFIX, KEYS, KeyDefect, VERSION};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "native-server",
    title: "the server answers native federation with a valid key",
    page: include_str!("../../docs/checks/native-server.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Native(judge),
};

fn judge(dns: &DnsFacts, facts: &NativeFacts) -> Vec<Verdict> {
    if let Some(why) = dns.unchecked() {
        return Verdict::skip(why);
    }
    let (Some(to), Some(server)) = (&facts.destination, &facts.server) else {
        return Verdict::skip(super::NO_BASE);
    };
    match &server.addr {
        Err(NoServer::NoAddress(_)) if matches!(to.way, Way::Srv(_)) => {
            return Verdict::skip("the SRV target has no address");
        }
        Err(NoServer::Connect(why @ ConnectFailure::NoRoute)) => {
            return Verdict::skip(format!("{} could not be checked from here: {why}", to.authority()));
        }
        Err(why) => return vec![unreachable(facts, to, why).into()],
        Ok(_) if !facts.is_trusted() => return Verdict::skip("there is no TLS connection that servers trust"),
        Ok(_) => {}
    }
    let mut found: Vec<Verdict> = version(facts, to).err().into_iter().map(Verdict::from).collect();
    match keys(facts) {
        Ok(note) if found.is_empty() => {
            let software = version(facts, to).unwrap_or_default();
            return Verdict::pass(format!("{software} at {}, {note}", to.authority()));
        }
        Ok(_) => {}
        // A route that is not there at all has one cause.
        Err(problem) if found.is_empty() || facts.answer(|server| &server.keys).is_ok_and(is_object) => {
            found.push(problem.into());
        }
        Err(_) => {}
    }
    found
}

fn is_object(answer: &Answer) -> bool {
    answer.status == 200 && answer.is_object()
}

/// Nothing listens where servers look.
fn unreachable(facts: &NativeFacts, to: &Destination, why: &NoServer) -> Problem {
    let domain = &facts.domain;
    match to.way {
        Way::Port => {
            let what =
                format!("no server of native federation is named, and {} does not answer: {why}", to.authority());
            let fix = with_line(
                &format!("Serve https://{domain}/.well-known/matrix/server with the host and port of your server:"),
                &format!("{{\"m.server\":\"chat.{domain}:443\"}}"),
            );
            let fix = format!("{fix}\nOr publish an SRV record, with a certificate for {domain} at its target:");
            let fix = with_line(&fix, &format!("_matrix-fed._tcp.{domain}. 3600 IN SRV 10 0 443 chat.{domain}."));
            Problem::new(Severity::Error, what, "servers with native federation cannot find the domain", fix)
        }
        Way::File | Way::Srv(_) => {
            let what = format!("{} does not answer: {why}", to.authority());
            let fix = format!("Open port {} to other servers, or name the port that is open.", to.port);
            Problem::new(Severity::Error, what, "servers with native federation cannot connect", fix)
        }
    }
}

/// The software, or why the route does not answer.
fn version(facts: &NativeFacts, to: &Destination) -> Result<String, Problem> {
    let answer = facts.answer(|server| &server.version);
    let member = |answer: &Answer, name: &str| {
        let value = answer.json.as_ref()?.pointer(&format!("/server/{name}"))?.as_str()?;
        Some(value.to_owned())
    };
    if let Ok(answer) = answer
        && is_object(answer)
    {
        let name = member(answer, "name").unwrap_or_else(|| "a Matrix server".into());
        return Ok(format!("{name} {}", member(answer, "version").unwrap_or_default()).trim_end().to_owned());
    }
    let seen = answer.map_or_else(|why| why.to_string(), Answer::shown);
    let what = format!("{} does not answer {VERSION} as a server of native federation does", to.authority());
    let fix = "Make the proxy forward /_matrix/ to Rocket.Chat, and switch native federation on there; it needs a \
     licence with the \
               module `federation`.";
    Err(Problem::new(Severity::Error, what, "the events that servers send there are lost", fix).seen([seen]))
}

/// The key in a few words, or what is wrong with it.
fn keys(facts: &NativeFacts) -> Result<String, Problem> {
    let domain = &facts.domain;
    let defect = match facts.signing_key() {
        Ok(key) => return Ok(format!("key {}, valid until {}", key.name, date(key.until))),
        Err(defect) => defect,
    };
    let seen = facts.answer(|server| &server.keys).map_or_else(|why| why.to_string(), Answer::shown);
    let (what, fix) = match defect {
        KeyDefect::NoObject => (
            format!("{KEYS} does not answer with signing keys"),
            "Make the proxy forward /_matrix/ to Rocket.Chat.".to_owned(),
        ),
        KeyDefect::OtherName(name) => (
            format!("the server calls itself `{name}`, and {domain} was expected"),
            format!("Set Federation_Service_Domain to {domain} and restart the server."),
        ),
        KeyDefect::NoKey => (
            format!("{KEYS} has no key whose name begins with `{KEY_PREFIX}`"),
            "Check the setting Federation_Service_Matrix_Signing_Key.".to_owned(),
        ),
        KeyDefect::NoTime => (format!("{KEYS} has no `valid_until_ts`"), "Check the log of the server.".to_owned()),
        KeyDefect::Expired(until) => (
            format!("the keys of the server were valid until {} only", date(until)),
            "Check the clock of the server, and restart it.".to_owned(),
        ),
    };
    let means = "other servers cannot verify the signatures of this one, and reject its events";
    Err(Problem::new(Severity::Error, what, means, fix).seen([seen]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::sample::{problems, sample as dns};
    use crate::facts::native::sample::{by_srv, exchange, sample};
    use crate::facts::peer::ConnectFailure;
    use crate::rocketchat::native::SrvLabel;

    fn with_keys(keys: Value) -> Vec<Problem> {
        let mut facts = sample();
        facts.server.as_mut().unwrap().keys = Some(exchange(KEYS, 200, Some(keys)));
        problems(judge(&dns(), &facts))
    }

    #[test]
    fn a_healthy_server_is_described() {
        let [Verdict::Pass { note }] = &judge(&dns(), &sample())[..] else { panic!("{:?}", judge(&dns(), &sample())) };
        assert_eq!(note, "Rocket.Chat 8.0.0 at chat.mydomain.com:443, key ed25519:0, valid until 2027-01-15");
    }

    #[test]
    fn each_member_of_the_keys_counts() {
        let (name, keys, until) = ("mydomain.com", json!({"ed25519:0": {"key": "x"}}), 1_800_000_000_000_i64);
        for (answer, part) in [
            (json!({"server_name": "chat.mydomain.com", "verify_keys": keys, "valid_until_ts": until}), "calls itself"),
            (json!({"server_name": name, "verify_keys": {"rsa:0": {}}, "valid_until_ts": until}), "`ed25519:`"),
            (
                json!({"server_name": name, "verify_keys": keys, "valid_until_ts": 1_600_000_000_000_i64}),
                "were valid until",
            ),
            (json!({"server_name": name, "verify_keys": keys}), "`valid_until_ts`"),
            (json!([]), "does not answer with signing keys"),
        ] {
            let found = with_keys(answer);
            assert!(found.len() == 1 && found[0].what.contains(part), "{part}: {found:?}");
        }
    }

    #[test]
    fn a_proxy_that_hands_nothing_on_is_one_finding() {
        let mut facts = sample();
        let server = facts.server.as_mut().unwrap();
        (server.version, server.keys) = (Some(exchange(VERSION, 404, None)), Some(exchange(KEYS, 404, None)));
        let found = problems(judge(&dns(), &facts));
        assert!(found.len() == 1 && found[0].fix.contains("/_matrix/"), "{found:?}");
    }

    #[test]
    fn a_server_that_cannot_be_called_is_an_error_once() {
        let mut facts = by_srv(SrvLabel::MatrixFed, "chat.mydomain.com");
        facts.server.as_mut().unwrap().addr = Err(NoServer::Connect(ConnectFailure::Refused));
        assert!(problems(judge(&dns(), &facts))[0].what.contains("connection refused"));
        facts.destination.as_mut().unwrap().way = Way::Port;
        let found = problems(judge(&dns(), &facts));
        assert!(found[0].what.contains("is named") && found[0].fix.contains("\n  {\"m.server\""), "{found:?}");
        facts.server.as_mut().unwrap().tls.as_mut().unwrap().outcome.as_mut().unwrap().name_fits = false;
        facts.server.as_mut().unwrap().addr = Ok("192.0.2.7:443".parse().unwrap());
        assert!(matches!(judge(&dns(), &facts)[..], [Verdict::Skip { .. }]), "that is judged by native-tls");
    }
}
