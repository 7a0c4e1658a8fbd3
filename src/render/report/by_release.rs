//! What the server generations see, with those that see the same in one row.

use crate::rocketchat::discovery::DiscoveryResult;

/// `usable`, `limited` by what no record can fix, or `unusable`.
pub type Worth = &'static str;

/// Releases, what they see and what that is worth; one row, named `all releases`, when all see the same.
pub fn rows(discoveries: &[DiscoveryResult]) -> Vec<(String, String, Worth)> {
    let mut rows: Vec<(String, String, Worth)> = Vec::new();
    for discovery in discoveries {
        let text = seen(discovery);
        match rows.last_mut() {
            Some((releases, known, _)) if *known == text => *releases = span(releases, discovery.releases),
            _ => rows.push((discovery.releases.to_owned(), text, worth(discovery))),
        }
    }
    if let [one] = rows.as_mut_slice()
        && discoveries.len() > 1
    {
        one.0 = "all releases".into();
    }
    rows
}

fn worth(discovery: &DiscoveryResult) -> Worth {
    match (&discovery.error, &discovery.note) {
        (Some(_), _) => "unusable",
        (None, Some(_)) => "limited",
        (None, None) => "usable",
    }
}

/// `1.0.0 – 1.1.5` and `1.2.0 – 1.3.5` are `1.0.0 – 1.3.5`.
fn span(first: &str, last: &str) -> String {
    let from = first.split(' ').next().unwrap_or(first);
    match last.split_once(" – ") {
        Some((_, to)) => format!("{from} – {to}"),
        None => format!("{from} and later"),
    }
}

fn seen(discovery: &DiscoveryResult) -> String {
    let mut text = match (&discovery.url, &discovery.error) {
        (Some(url), None) => url.clone(),
        (Some(url), Some(error)) => format!("{url}, then: {error}"),
        (None, error) => error.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    if let Some(key) = &discovery.key {
        text += &format!(" key {}", key.short());
    }
    match &discovery.note {
        Some(note) if discovery.is_usable() => note.clone(),
        _ => text,
    }
}
