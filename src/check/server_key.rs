//! Are the key on the server's screen, the one in DNS and the one in the key file the same?

use super::{Check, Judge, Needs};
use crate::facts::server::OwnFacts;
use crate::key::PublicKey;
use crate::key::diagnosis;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::key_question;
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "server-key",
    title: "the server shows the published key",
    page: include_str!("../../docs/checks/server-key.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Own(judge),
};

const COLLECTION: &str = "Read the key that the server uses from its database: the document {type: \"public\"} of the \
                          collection `rocketchat_federation_keys`. The screen is filled once and not updated.";

fn judge(own: &OwnFacts) -> Vec<Verdict> {
    let text = match own.text("FEDERATION_Public_Key") {
        Ok(text) => text,
        Err(why) => return Verdict::skip(why.to_string()),
    };
    if text.trim().is_empty() {
        let what = "the Public Key box of the server is empty";
        let means =
            "from 4.2.0 on the box can stay empty although the database has a key; it is unknown which key to publish";
        let fix = "Read the key from the collection `rocketchat_federation_keys`, or put a new pair into the \
                   database:\n  fedctl keygen --form mongosh";
        return vec![Problem::new(Severity::Warning, what, means, fix).into()];
    }
    let shown = match diagnosis::examine(text.trim().as_bytes()).server {
        Ok(key) => key,
        Err(why) => {
            let what = format!("the Public Key box of the server has no valid key: {why}");
            return vec![
                Problem::new(Severity::Error, what, "a server with such a key decrypts nothing", COLLECTION).into(),
            ];
        }
    };
    let published = published(own);
    let evidence = [Some(("screen", &shown)), published.as_ref().map(|key| ("DNS", key))]
        .into_iter()
        .chain([own.expected.key.as_ref().map(|key| ("key file", key))])
        .flatten()
        .map(|(name, key)| format!("{name:<8}  {}", key.fingerprint()));
    match (&published, &own.expected.key) {
        (Some(published), _) if *published != shown => {
            let what = "DNS publishes another key than the one on the server's screen";
            let means = "if the server uses the key that it shows, peers encrypt to a key that it does not have and refuse \
                         what it sends";
            let fix = format!("Publish the key that the server uses. {COLLECTION}");
            vec![Problem::new(Severity::Error, what, means, fix).seen(evidence).into()]
        }
        (_, Some(file)) if *file != shown => {
            let what = format!("{} is another key than the one on the server's screen", own.expected.key_source);
            let means = "the key file does not belong to this server, or its database was restored";
            vec![Problem::new(Severity::Warning, what, means, COLLECTION).seen(evidence).into()]
        }
        (None, _) => Verdict::pass(format!("shows {}; none is published to compare with", shown.fingerprint().short())),
        _ => Verdict::pass(format!("shows {}, as published", shown.fingerprint().short())),
    }
}

fn published(own: &OwnFacts) -> Option<PublicKey> {
    let outcome = own.dns.outcome(&key_question(&own.dns.domain));
    let text = outcome.records().iter().find_map(|rr| rr.data.joined())?;
    diagnosis::examine(&text).server.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_sample::{sample, set};
    use crate::check::sample::problems;
    use crate::key::PrivateKey;

    #[test]
    fn screen_dns_and_file_are_compared() {
        let mut own = sample();
        assert!(matches!(judge(&own)[..], [Verdict::Pass { .. }]));
        let other = PrivateKey::generate(2048).unwrap();
        own.expected.key = Some(other.public().clone());
        assert_eq!(problems(judge(&own))[0].severity, Severity::Warning);
        set(&mut own, "FEDERATION_Public_Key", other.public().one_line().into());
        let found = problems(judge(&own)).remove(0);
        assert_eq!((found.severity, found.evidence.len()), (Severity::Error, 3));
        set(&mut own, "FEDERATION_Public_Key", "".into());
        assert!(problems(judge(&own))[0].what.contains("is empty"));
        set(&mut own, "FEDERATION_Public_Key", "-----BEGIN".into());
        assert_eq!(problems(judge(&own))[0].severity, Severity::Error);
    }
}
