//! Does the well-known file name the server of native federation?

use super::{Check, Judge, Needs};
use crate::facts::dns::DnsFacts;
use crate::facts::native::{File, NativeFacts};
use crate::report::{Problem, Verdict, with_line};
use crate::rocketchat::native::WELL_KNOWN;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "native-file",
    title: "the well-known file names the server of native federation",
    page: include_str!("../../docs/checks/native-file.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Native(judge),
};

fn judge(_: &DnsFacts, facts: &NativeFacts) -> Vec<Verdict> {
    let why = match facts.file.content() {
        File::Names(delegation) => return Verdict::pass(format!("names {delegation}")),
        File::None(why) => return Verdict::pass(format!("none ({why}); servers use SRV records and port 8448")),
        File::Unusable(why) => why,
    };
    let url = format!("https://{}{WELL_KNOWN}", facts.domain);
    let works = facts.discovery().is_usable();
    let severity = if works { Severity::Warning } else { Severity::Error };
    let means = match works {
        true => "servers ignore it, and find the server by its SRV record or at port 8448",
        false => "servers ignore it, and find no server by SRV records or at port 8448 either",
    };
    let fix = with_line(
        &format!("Serve this at {url}, with the host and the port of your server:"),
        &format!("{{\"m.server\":\"chat.{}:443\"}}", facts.domain),
    );
    let seen = facts.file.exchanges.iter().map(|exchange| match &exchange.outcome {
        Ok(answer) => format!("{}: {}", exchange.path, answer.shown()),
        Err(why) => format!("{}: {why}", exchange.path),
    });
    vec![Problem::new(severity, format!("servers cannot use {url}: {why}"), means, fix).seen(seen).into()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::sample::{problems, sample as dns};
    use crate::facts::native::sample::{by_srv, exchange, sample};
    use crate::rocketchat::native::SrvLabel;

    #[test]
    fn a_wrong_file_weighs_less_when_another_way_works() {
        assert_eq!(judge(&dns(), &sample()), Verdict::pass("names chat.mydomain.com:443"));
        let mut facts = by_srv(SrvLabel::MatrixFed, "chat.mydomain.com");
        assert!(problems(judge(&dns(), &facts)).is_empty(), "a file is not needed");
        facts.file.exchanges = vec![exchange(WELL_KNOWN, 200, Some(json!({"m.server": "https://chat.mydomain.com"})))];
        let found = problems(judge(&dns(), &facts));
        assert!(found[0].severity == Severity::Warning && found[0].what.contains("is a URL"), "{found:?}");
        facts.server = None;
        assert_eq!(problems(judge(&dns(), &facts))[0].severity, Severity::Error);
    }
}
