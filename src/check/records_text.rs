//! Would the provider take this text, and do its names lie where servers look?

use super::{Check, Judge, Needs};
use crate::count::counted;
use crate::facts::published::Published;
use crate::report::wording::sentence;
use crate::report::{Problem, Verdict};
use crate::rocketchat::generation::{KEY_LABEL, questions};
use crate::severity::Severity;

pub const CHECK: Check = Check {
    id: "records-text",
    title: "the provider reads this text as intended",
    page: include_str!("../../docs/checks/records-text.md"),
    stage: None,
    minor: false,
    needs: Needs::Servers,
    judge: Judge::Text(judge),
};

fn judge(text: &Published) -> Vec<Verdict> {
    let records = match &text.records {
        Ok(records) => records,
        Err(refusal) => {
            let what = format!("{} refuses this text: {}", text.form, refusal.what);
            return vec![
                Problem::new(Severity::Error, what, "nothing of it is published", sentence(&refusal.fix)).into(),
            ];
        }
    };
    let over = text.over.iter().map(|what| {
        let means = "the value is refused or cut short, and peers get half a key or no address";
        Problem::new(Severity::Warning, what, means, "Follow the hint above, then publish again.").into()
    });
    let strange = records.iter().filter_map(|rr| misplaced(text, &rr.name)).map(Verdict::from);
    let verdicts: Vec<Verdict> = over.chain(strange).collect();
    if !verdicts.is_empty() {
        return verdicts;
    }
    match records.len() {
        0 => {
            let what = format!("there is no record in this text, read as {}", text.form);
            let fix = format!("Print the records:\n  fedctl records {} --target HOST --key FILE", text.domain);
            vec![Problem::new(Severity::Error, what, "nothing is published", fix).into()]
        }
        count => Verdict::pass(counted(count, "record")),
    }
}

/// A name that looks like one of ours and is none.
fn misplaced(text: &Published, name: &str) -> Option<Problem> {
    let wanted: Vec<String> = questions(&text.domain).into_iter().map(|question| question.name).collect();
    if wanted.iter().any(|known| known == name) || !looks_like_ours(name) {
        return None;
    }
    let similar = |known: &&String| (strsim::jaro_winkler(known, name) * 1000.0) as u32;
    let meant = wanted.iter().max_by_key(similar)?;
    let duplicated = name.ends_with(&format!(".{0}.{0}", text.zone));
    let domain = text.domain.as_str();
    let elsewhere = name != domain && !name.ends_with(&format!(".{domain}"));
    let (what, means) = match (duplicated, elsewhere) {
        (true, _) => (
            format!("`{name}` is a name that no server queries: the zone is in it twice, because the form appends it"),
            "no release queries it, so the record has no effect",
        ),
        (false, true) => (
            format!("`{name}` is not below `{domain}`, so no server queries it"),
            "the record is for another domain, and has no effect for this one",
        ),
        (false, false) => {
            (format!("`{name}` is a name that no server queries"), "no release queries it, so the record has no effect")
        }
    };
    Some(Problem::new(Severity::Warning, what, means, format!("Name it `{meant}`.")))
}

fn looks_like_ours(name: &str) -> bool {
    let label = name.split('.').next().unwrap_or_default();
    name.contains("rocketchat") || strsim::jaro_winkler(label, KEY_LABEL) > 0.85
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::record::{CharacterString, RData, Rr};
    use crate::facts::published::Refusal;

    fn text(names: &[&str]) -> Published {
        let rr =
            |name: &&str| Rr { name: (*name).into(), ttl: 60, data: RData::Txt(vec![CharacterString(b"x".to_vec())]) };
        Published {
            domain: "mydomain.com".parse().unwrap(),
            zone: "mydomain.com".parse().unwrap(),
            form: "zone file".into(),
            records: Ok(names.iter().map(rr).collect()),
            over: Vec::new(),
        }
    }

    fn description(text: &Published) -> Vec<(Severity, String, String)> {
        let problem = |verdict: Verdict| match verdict {
            Verdict::Problem(problem) => Some((problem.severity, problem.what, problem.fix)),
            _ => None,
        };
        judge(text).into_iter().filter_map(problem).collect()
    }

    #[test]
    fn the_right_names_and_foreign_ones_pass() {
        assert_eq!(description(&text(&["rocketchat-public-key.mydomain.com", "www.mydomain.com"])), []);
    }

    #[test]
    fn a_name_that_no_server_queries_is_reported_with_the_one_that_was_meant() {
        for (name, part) in [
            ("rocketchat-public-key.mydomain.com.mydomain.com", "twice"),
            ("rocketchat_public_key.mydomain.com", "no server queries"),
            ("_rocketchat-public-key.mydomain.com", "no server queries"),
            ("rocketchat-public-key.other.example", "is not below `mydomain.com`"),
        ] {
            let description = description(&text(&[name]));
            assert!(
                matches!(description.as_slice(), [(Severity::Warning, what, _)] if what.contains(part)),
                "{description:?}"
            );
            assert_eq!(description[0].2, "Name it `rocketchat-public-key.mydomain.com`.");
        }
    }

    #[test]
    fn a_text_that_is_refused_or_empty_is_an_error() {
        let mut refused = text(&[]);
        assert_eq!(description(&refused)[0].0, Severity::Error);
        refused.records = Err(Refusal { what: "a string of 450 bytes".into(), fix: "cut it".into() });
        let description = description(&refused);
        assert_eq!((description[0].0, description[0].2.as_str()), (Severity::Error, "Cut it."));
        assert!(description[0].1.contains("zone file refuses this text: a string of 450 bytes"));
    }

    #[test]
    fn a_limit_is_a_warning() {
        let mut over = text(&["www.mydomain.com"]);
        over.over.push("at most 29".into());
        assert_eq!(description(&over)[0].0, Severity::Warning);
    }
}
