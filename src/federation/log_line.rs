//! What servers write into their logs and on their screens, translated: what it means, and the likely causes in order.

use super::domain::Domain;
use super::log_table;

/// A text that servers write.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// All of these occur in the line, in any case.
    pub needles: &'static [&'static str],
    /// What happened, in one sentence.
    pub means: &'static str,
    /// The likeliest first.
    pub causes: &'static [Cause],
}

/// One thing that may be behind it. `DOMAIN` stands for the domain that the line names.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    pub what: &'static str,
    /// What shows whether it is this one.
    pub confirm: &'static str,
    pub fix: &'static str,
}

/// A line that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    pub line: String,
    pub known: &'static Known,
    /// The federation domain that the line names.
    pub domain: Option<Domain>,
    /// The server says that it went on without delivering.
    pub is_dropped: bool,
    /// How often such a line came, one domain at a time.
    pub count: usize,
}

/// Longer lines are dumps; what matters stands at their beginning.
const LINE_MAX: usize = 4096;

/// Recognises one line, wherever in it the text stands.
pub fn translate(line: &str) -> Option<Translation> {
    let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').take(LINE_MAX).collect();
    let lower = line.to_lowercase();
    let fits = |known: &&Known| known.needles.iter().all(|needle| lower.contains(&needle.to_lowercase()));
    let known = log_table::all().find(fits)?;
    let is_dropped = lower.contains("[ignored]");
    Some(Translation { domain: domain(&line), line: line.trim().to_owned(), known, is_dropped, count: 1 })
}

/// Recognises the lines of a whole log, equal ones together, the most frequent first; and counts the others.
pub fn translate_all(log: &str) -> (Vec<Translation>, usize) {
    let (mut found, mut unknown): (Vec<Translation>, usize) = (Vec::new(), 0);
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        let Some(translation) = translate(line) else {
            unknown += 1;
            continue;
        };
        let same = |other: &&mut Translation| {
            std::ptr::eq(other.known, translation.known) && other.domain == translation.domain
        };
        match found.iter_mut().find(same) {
            Some(other) => {
                other.count += 1;
                other.is_dropped |= translation.is_dropped;
            }
            None => found.push(translation),
        }
    }
    found.sort_by_key(|translation| std::cmp::Reverse(translation.count));
    (found, unknown)
}

impl Translation {
    /// A text of the table with the domain of the line in its place.
    pub fn filled(&self, text: &str) -> String {
        let name = self.domain.as_ref().map_or("PEER", Domain::as_str);
        text.replace("DOMAIN", name)
    }
}

/// What stands before a domain in the lines of servers.
const MARKS: &[&str] = &[
    "peerDomain=",
    "rocketchat-public-key.",
    "_rocketchat._https.",
    "_rocketchat._http.",
    "_rocketchat._tcp.",
    "using domain:",
    "DNS entries for ",
    "The peer ",
    "rejected by ",
    "searchPeer: ",
    "domain=",
];

fn domain(line: &str) -> Option<Domain> {
    let after = MARKS.iter().filter_map(|mark| line.find(mark).map(|at| &line[at + mark.len()..]));
    // Last of all the part of a user's name behind the `@`.
    let user = line.find('@').map(|at| &line[at + 1..]);
    after.chain(user).find_map(|rest| {
        let rest = rest.trim_start_matches('@');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.').parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_entry_is_reached_by_its_own_text() {
        for (at, known) in log_table::all().enumerate() {
            assert!(!known.causes.is_empty(), "{:?}", known.needles);
            let line = format!("I20211104-10:12:13.000(0) {}", known.needles.join(" … "));
            let found = translate(&line).unwrap();
            assert!(std::ptr::eq(found.known, known), "entry {at} is hidden by {:?}", found.known.needles);
        }
    }

    #[test]
    fn real_lines_find_their_cause_and_their_domain() {
        for (line, cause, domain) in [
            ("crypt.error InvalidAsn1Error: Expected 0x30: got 0xe2", "does not begin with the key", None),
            (
                "search: could not find TXT entry for peerDomain=other.org - SRV entry found",
                "no TXT record",
                Some("other.org"),
            ),
            ("[IGNORED] Error: connect ETIMEDOUT 192.0.2.1:443", "slower than the two seconds", None),
            ("queryTxt ENOTFOUND rocketchat-public-key.example.org", "no TXT record", Some("example.org")),
            (
                "Could not find federated users using \"ann@example.org\" [federation-user-not-found]",
                "no such user",
                Some("example.org"),
            ),
            ("searchPeer: @example.org", "with a leading `@`", Some("example.org")),
            (
                "Error: Error during decryption (probably incorrect key). Original error: Error: error:04099079:rsa routines:RSA_padding_check_PKCS1_OAEP_mgf1:oaep decoding error",
                "old key",
                None,
            ),
            ("Error: self-signed certificate in certificate chain", "authority of your own", None),
            ("failed [413] <html>", "small body limit", None),
            ("TypeError: Cannot read properties of undefined (reading 'success')", "3.0.0 to 3.0.9", None),
        ] {
            let found = translate(line).unwrap_or_else(|| panic!("{line}"));
            assert!(found.known.causes[0].what.contains(cause), "{line}: {:?}", found.known);
            assert_eq!(found.domain.as_ref().map(Domain::as_str), domain, "{line}");
        }
        assert!(translate("GET /favicon.ico 200").is_none());
    }

    #[test]
    fn a_log_is_put_together() {
        let log = "a\n[IGNORED] ECONNREFUSED\n\nECONNREFUSED\nqueryTxt ENODATA rocketchat-public-key.b.org\nother\n";
        let (found, unknown) = translate_all(log);
        assert_eq!((found.len(), unknown), (2, 2));
        assert_eq!((found[0].count, found[0].is_dropped), (2, true));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,200}") {
            let _ = translate(&line);
            let _ = translate(&format!("peerDomain={line}"));
        }
    }
}
