//! Two handshakes in opposite directions, put together: what works both ways, what one way only, and what that tells.

use serde::Deserialize;

/// What one side saw of the other, read from the JSON of `fedctl handshake`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Half {
    pub schema: u32,
    /// Who was queried.
    pub subject: String,
    /// Who asked; `None` when the run had no identity.
    pub identity: Option<String>,
    pub verdict: String,
    pub findings: Vec<Found>,
    pub stages: Vec<Passed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Found {
    pub id: String,
    pub severity: String,
    pub what: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Passed {
    pub name: String,
    pub status: String,
}

impl Half {
    /// The first stage with an error, or `None` when there is none.
    pub fn stopped_at(&self) -> Option<&str> {
        self.stages.iter().find(|stage| stage.status == "error").map(|stage| stage.name.as_str())
    }

    /// How many findings have this severity.
    fn count(&self, severity: &str) -> usize {
        self.findings.iter().filter(|found| found.severity == severity).count()
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Found> {
        self.findings.iter().filter(|found| found.severity == "error")
    }

    fn passed(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| stage.name == name && stage.status == "ok")
    }
}

/// Both halves, the asker of the first being called A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    pub there: Half,
    pub back: Half,
    /// What follows from the two together.
    pub conclusions: Vec<String>,
}

impl Comparison {
    /// How many of the two directions work.
    pub fn working(&self) -> usize {
        [&self.there, &self.back].iter().filter(|half| half.stopped_at().is_none()).count()
    }

    /// How many errors and warnings there are.
    pub fn counts(&self) -> (usize, usize) {
        let count = |severity| self.there.count(severity) + self.back.count(severity);
        (count("error"), count("warning"))
    }
}

/// Why two reports cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    #[error("the report on `{0}` was made without --domain, so it is not known for which domain")]
    Nameless(String),
    #[error("the two reports do not belong together: `{0}` tested `{1}`, and `{2}` tested `{3}`")]
    Strangers(String, String, String, String),
}

/// Puts the halves together.
pub fn join(there: Half, back: Half) -> Result<Comparison, NotComparable> {
    let name = |half: &Half| half.identity.clone().ok_or_else(|| NotComparable::Nameless(half.subject.clone()));
    let (a, b) = (name(&there)?, name(&back)?);
    if there.subject != b || back.subject != a {
        return Err(NotComparable::Strangers(a, there.subject, b, back.subject));
    }
    let conclusions = conclude(&there, &back, &a, &b);
    Ok(Comparison { there, back, conclusions })
}

fn conclude(there: &Half, back: &Half, a: &str, b: &str) -> Vec<String> {
    match (there.stopped_at(), back.stopped_at()) {
        (None, None) => vec![both_ways(there, back)],
        (Some(stage), None) => vec![one_way(stage, a, b)],
        (None, Some(stage)) => vec![one_way(stage, b, a)],
        (Some(first), Some(second)) => {
            let mut description = vec![one_way(first, a, b), one_way(second, b, a)];
            if first == "ping" && second == "ping" {
                description.push(
                    "both refuse the other's key: check whether each publishes the key that its server uses".into(),
                );
            }
            description
        }
    }
}

fn both_ways(there: &Half, back: &Half) -> String {
    match (there.passed("ping") || there.passed("round trip")) && (back.passed("ping") || back.passed("round trip")) {
        true => "both directions work, keys included".into(),
        false => {
            "no error in either direction, but the keys are not verified: run it with --callback on one side".into()
        }
    }
}

/// What an error at `stage` says about the two, when `from` asked `to`.
fn one_way(stage: &str, from: &str, to: &str) -> String {
    let rest = match stage {
        "discover" => format!(
            "{from} cannot find {to}: the records of {to} are at fault, or the resolver of {from}; messages from {to} \
             cannot be opened by {from} either, because their key comes from the same records"
        ),
        "connect" => format!(
            "{from} cannot connect to {to}, which may still send: a firewall or a missing NAT rule before {to}. What \
             {from} writes is lost, and {to} gets nothing of it"
        ),
        "tls" => format!(
            "{from} does not trust the certificate of {to}: only {to} can fix it. What {to} writes may still arrive at {from}"
        ),
        "http" | "federation" => {
            format!("{to} is reached and does not answer as a federation server: its proxy or its settings")
        }
        "release" => format!("the release of {to} is at fault: see the finding; no record fixes it"),
        "identity" => {
            format!("{from} is published with another key, or not at all: {to} refuses everything from {from}")
        }
        "ping" => format!(
            "{to} cannot open what {from} sends: {to} has an old key of {from} cached (for one hour, or until it \
             restarts), its resolver does not return the records of {from}, or {to} publishes a key that it does not use. If the other direction works, the key of {to} is right and the first two remain"
        ),
        "size" => format!(
            "short messages from {from} arrive at {to} and long ones do not: the body limit of the proxy in front of {to}"
        ),
        "speed" => format!("{to} is too slow for {from}: what takes longer than two seconds is lost"),
        _ => format!(
            "{to} does not reach {from}, or its message does not open there: look at the SRV record, the firewall and \
             the certificate of {from}"
        ),
    };
    format!("{from} → {to} stops at {stage}: {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(from: Option<&str>, to: &str, stages: &[(&str, &str)]) -> Half {
        let passed = |(name, status): &(&str, &str)| Passed { name: name.to_string(), status: status.to_string() };
        Half {
            schema: 1,
            subject: to.into(),
            identity: from.map(str::to_owned),
            verdict: "clean".into(),
            findings: vec![],
            stages: stages.iter().map(passed).collect(),
        }
    }

    #[test]
    fn one_sided_failures_are_explained() {
        let good = half(Some("a.example"), "b.example", &[("tls", "ok"), ("ping", "ok")]);
        let same = half(Some("b.example"), "a.example", &[("tls", "ok"), ("ping", "ok")]);
        let bad = half(Some("b.example"), "a.example", &[("tls", "ok"), ("ping", "error")]);
        assert_eq!(join(good.clone(), same).unwrap().conclusions, ["both directions work, keys included"]);
        let description = join(good, bad).unwrap().conclusions;
        assert!(
            description.len() == 1
                && description[0].starts_with("b.example → a.example stops at ping: a.example cannot open"),
            "{description:?}"
        );
    }

    #[test]
    fn reports_that_do_not_belong_together_are_refused() {
        let one = half(Some("a.example"), "b.example", &[]);
        let other = half(Some("c.example"), "a.example", &[]);
        assert!(matches!(join(one.clone(), other), Err(NotComparable::Strangers(..))));
        assert_eq!(join(one, half(None, "a.example", &[])), Err(NotComparable::Nameless("a.example".into())));
    }
}
