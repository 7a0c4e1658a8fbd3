//! What `dns-check --wait` waits for, in words.

use super::list::clock;
use super::report::span;
use crate::check::dns_resolvers::Lag;
use crate::dns::name::Domain;

/// What keeps the wait from its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Nothing is known yet.
    Unknown,
    /// A problem that the name servers have.
    AtServers(String),
    /// The name servers are right, and these resolvers were not queried yet.
    Unasked(Vec<String>),
    AtResolvers(Vec<(String, Lag)>),
}

impl Missing {
    /// What a log shows of it: it does not change from second to second.
    pub fn lasting(&self) -> String {
        self.describe(|left| format!("the old records for up to {}", span(left)))
    }

    /// With the time that is left of what resolvers have cached, so many seconds after they were queried.
    pub fn after(&self, seconds: u64) -> String {
        self.describe(|left| format!("old records, {}", clock(u64::from(left).saturating_sub(seconds))))
    }

    fn describe(&self, cached: impl Fn(u32) -> String) -> String {
        let resolvers = match self {
            Self::Unknown => return "querying the name servers".into(),
            Self::AtServers(problem) => return problem.clone(),
            Self::Unasked(names) => return format!("querying {}", names.join(", ")),
            Self::AtResolvers(resolvers) => resolvers,
        };
        let reason = |lag: &Lag| match lag {
            Lag::Cached(left) => cached(*left),
            Lag::Unresponsive => "no response".into(),
            Lag::Differs => "another response".into(),
        };
        let each = resolvers.iter().map(|(name, lag)| format!("{name} ({})", reason(lag)));
        format!("waiting for {}", each.collect::<Vec<_>>().join(", "))
    }

    /// The resolver that may return the old records for longest, and for how many seconds.
    fn longest(&self) -> Option<(u32, &str)> {
        let Self::AtResolvers(resolvers) = self else { return None };
        let cached = resolvers.iter().filter_map(|(name, lag)| match lag {
            Lag::Cached(left) => Some((*left, name.as_str())),
            Lag::Unresponsive | Lag::Differs => None,
        });
        cached.max()
    }

    /// What to do when a resolver may return the old records for longer than the wait takes: it ends in so many seconds.
    pub fn too_short(&self, domain: &Domain, ends: u64) -> Option<String> {
        let (left, name) = self.longest().filter(|(left, _)| u64::from(*left) > ends)?;
        let (lasts, ends, minutes) = (span(left), clock(ends), left / 60 + 1);
        Some(format!(
            "{name} may return the old records for {lasts}, and this wait ends in {ends}; flush its cache if it is yours, or \
             wait longer: fedctl dns-check {domain} --wait {minutes}m"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resolver_is_named_with_its_reason() {
        let resolvers = [("a", Lag::Cached(90)), ("b", Lag::Unresponsive), ("c", Lag::Differs)];
        let missing = Missing::AtResolvers(resolvers.map(|(name, lag)| (name.to_owned(), lag)).into());
        let rest = "b (no response), c (another response)";
        assert_eq!(missing.lasting(), format!("waiting for a (the old records for up to 2 min), {rest}"));
        assert_eq!(missing.after(30), format!("waiting for a (old records, 1:00), {rest}"));
        assert_eq!(missing.after(100), format!("waiting for a (old records, 0:00), {rest}"));
        let domain = "b.example".parse().unwrap();
        assert_eq!(missing.too_short(&domain, 90), None);
        let warning = missing.too_short(&domain, 60).unwrap();
        assert!(
            warning.starts_with("a may return the old records for 2 min, and this wait ends in 1:00;"),
            "{warning}"
        );
        assert!(warning.ends_with(": fedctl dns-check b.example --wait 2m"), "{warning}");
    }
}
