//! What servers write into their logs and on their screens, translated: what it means, and the likely causes in order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::LazyLock;

use super::log_table;
use super::log_table::Known;
use super::log_text;
use crate::dns::name::Domain;

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

/// Recognises one line, wherever in it the text stands, and whatever a logger put around it.
pub fn translate(line: &str) -> Option<Translation> {
    let text = log_text::read(line);
    let cut = |text: &str| text.chars().take(LINE_MAX).collect::<String>();
    let (line, record) = (cut(&text.shown), cut(&text.record));
    let (known, description) = match find(&line) {
        Some(known) => (known, &line),
        None => (find(&record)?, &record),
    };
    let is_dropped = description.to_lowercase().contains("[ignored]");
    let domain = domain(&line).or_else(|| domain(&record));
    Some(Translation { domain, line: line.trim().to_owned(), known, is_dropped, count: 1 })
}

fn find(line: &str) -> Option<&'static Known> {
    let lower = line.to_lowercase();
    let whole = lower.trim().trim_matches(['"', '\'', '`']).trim_end_matches('.');
    let occurs = |text: &String| match text.strip_prefix('=') {
        Some(text) => whole == text,
        None => lower.contains(text.as_str()),
    };
    let fits = |(_, needles): &&Lowered| needles.iter().all(|texts| texts.iter().any(occurs));
    LOWERED.iter().find(fits).map(|(known, _)| *known)
}

/// An entry, and the texts of each of its needles in lower case.
type Lowered = (&'static Known, Vec<Vec<String>>);

/// The table, lowered once: a log has hundreds of thousands of lines.
static LOWERED: LazyLock<Vec<Lowered>> = LazyLock::new(|| {
    let lowered = |needle: &&str| needle.split('|').map(str::to_lowercase).collect();
    log_table::all().map(|known| (known, known.needles.iter().map(lowered).collect())).collect()
});

/// Recognises the lines of a whole log, equal ones together, the most frequent first; and counts the others.
pub fn translate_all(log: &str) -> (Vec<Translation>, usize) {
    let (mut found, mut unknown): (Vec<Translation>, usize) = (Vec::new(), 0);
    let mut places: HashMap<(*const Known, Option<Domain>), usize> = HashMap::new();
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        let Some(translation) = translate(line) else {
            unknown += 1;
            continue;
        };
        match places.entry((std::ptr::from_ref(translation.known), translation.domain.clone())) {
            Entry::Occupied(place) => {
                let other = &mut found[*place.get()];
                other.count += 1;
                other.is_dropped |= translation.is_dropped;
            }
            Entry::Vacant(place) => {
                place.insert(found.len());
                found.push(translation);
            }
        }
    }
    found.sort_by_key(|translation| std::cmp::Reverse(translation.count));
    (found, unknown)
}

impl Translation {
    /// A text of the table with the domain of the line filled in.
    pub fn filled(&self, text: &str) -> String {
        let name = self.domain.as_ref().map_or("PEER", Domain::as_str);
        // Only as a whole word: OWN_DOMAIN and FEDERATED_DOMAINS_LENGTH stay as they are.
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PLACE) {
            let after = &rest[at + PLACE.len()..];
            let whole = !is_part(rest[..at].chars().next_back()) && !is_part(after.chars().next());
            out += &rest[..at];
            out += if whole { name } else { PLACE };
            rest = after;
        }
        out + rest
    }
}

/// Where the texts of the table name the domain of the line.
const PLACE: &str = "DOMAIN";

/// What stands before a domain in the lines of servers.
const MARKS: &[&str] = &[
    "peerDomain=",
    "rocketchat-public-key.",
    "_rocketchat._https.",
    "_rocketchat._http.",
    "_rocketchat._tcp.",
    "using domain:",
    "peer for domain ",
    "peer with domain ",
    "valid peer:",
    "sent to peer:",
    "DNS cache for peer:",
    "send request to ",
    "DNS entries for ",
    "The peer ",
    "rejected by ",
    "searchPeer: ",
    "peers?search=",
    "domain=",
];

fn domain(line: &str) -> Option<Domain> {
    let after = MARKS.iter().filter_map(|mark| line.find(mark).map(|at| &line[at + mark.len()..]));
    // 1.x: `Could not find user:ann at example.org`.
    let place = line.split_once("find user:").and_then(|(_, rest)| rest.split_once(" at ")).map(|(_, rest)| rest);
    // Last of all the part of a user's name behind the `@`; not that of a path or a URL.
    let users = line.match_indices('@').filter(|(at, _)| {
        line[..*at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+'))
    });
    let users = users.map(|(at, _)| &line[at + 1..]);
    after.chain(place).chain(users).find_map(|rest| {
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
            for one in known.needles[0].split('|') {
                let rest = known.needles[1..].iter().filter_map(|needle| needle.split('|').next());
                let text = rest.fold(one.to_owned(), |text, needle| format!("{text} … {needle}"));
                let line = match text.strip_prefix('=') {
                    Some(whole) => whole.to_owned(),
                    None => format!("I20211104-10:12:13.000(0) {text}"),
                };
                let found = translate(&line).unwrap_or_else(|| panic!("{line}"));
                assert!(std::ptr::eq(found.known, known), "entry {at}, {one}, is hidden by {:?}", found.known.needles);
            }
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
            ("Could not find valid peer:example.org", "no SRV record", Some("example.org")),
            (
                r#"{"level":20,"section":"dns","peerDomain":"b.example","msg":"search: could not find valid SRV entry"}"#,
                "no SRV record",
                Some("b.example"),
            ),
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
    fn only_the_place_of_the_domain_is_filled() {
        let found = translate("Could not find your server using your setup for ann@b.example").unwrap();
        assert_eq!(
            found.filled("DOMAIN, OWN_DOMAIN and FEDERATED_DOMAINS_LENGTH"),
            "b.example, OWN_DOMAIN and FEDERATED_DOMAINS_LENGTH"
        );
    }

    #[test]
    fn a_log_is_put_together() {
        let log = "a\n[IGNORED] ECONNREFUSED\n\nECONNREFUSED\nqueryTxt ENODATA rocketchat-public-key.b.org\nother\n";
        let (found, unknown) = translate_all(log);
        assert_eq!((found.len(), unknown), (2, 2));
        assert_eq!((found[0].count, found[0].is_dropped), (2, true));
    }

    /// Texts that servers of all releases write, one a line.
    const SERVER_LINES: &str = include_str!("../../tests/server_lines.txt");

    #[test]
    fn every_text_is_known_in_every_wrapping() {
        for text in SERVER_LINES.lines() {
            let known = translate(text).unwrap_or_else(|| panic!("{text}")).known;
            assert!(!known.means.is_empty() && known.causes.iter().all(|cause| !cause.confirm.is_empty()), "{text}");
            let pino = serde_json::json!({"level": 50, "time": "2026-11-23T10:00:00.000Z", "pid": 8, "msg": text});
            let error =
                serde_json::json!({"level": 50, "name": "Federation", "err": {"message": text, "stack": "at x"}});
            let record = |message: &str| serde_json::json!({"MESSAGE": message, "_HOSTNAME": "chat"}).to_string();
            for line in [
                format!("\"{text}\""),
                format!("\u{1b}[31m{text}\u{1b}[0m\r"),
                pino.to_string(),
                error.to_string(),
                record(text),
                record(&pino.to_string()),
                format!("Nov 23 10:00:00 chat rocketchat[8]: {pino}"),
            ] {
                let found = translate(&line).unwrap_or_else(|| panic!("{line}"));
                assert!(std::ptr::eq(found.known, known), "{line}: {:?} and {:?}", found.known.needles, known.needles);
            }
        }
    }

    #[test]
    fn a_domain_is_not_taken_from_a_path_or_a_url() {
        for (line, domain) in [
            ("ECONNREFUSED at x (/app/node_modules/@rocket.chat/server-fetch/index.js)", None),
            ("ECONNREFUSED mongodb://user:secret@db.example.org:27017", None),
            ("Could not find user:bob at example.org [federation-user-does-not-exist]", Some("example.org")),
            ("https://hub.rocket.chat/api/v1/peers?search=example.org failed [404]", Some("example.org")),
        ] {
            let found = translate(line).unwrap();
            assert_eq!(found.domain.as_ref().map(Domain::as_str), domain, "{line}");
            assert!(!found.line.contains("secret"), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,200}") {
            let _ = translate(&line);
            let _ = translate(&format!("peerDomain={line}"));
        }
    }
}
