//! Names that came from a person: the federation domain and the host that runs the server.
//!
//! A server uses the text of its Domain setting byte for byte: it does not trim, lower-case or convert it. So what a person
//! could mistake for a domain is refused here, with the text that would work.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::count::counted;
use crate::error::Hinted;

/// The longest name in DNS, in its text form without the final dot (RFC 1035 section 2.3.4).
const NAME_MAX: usize = 253;
/// The longest label (RFC 1035 section 2.3.4).
const LABEL_MAX: usize = 63;
/// The longest prefix that a server puts before the domain and that carries a record: `rocketchat-public-key.`
const PREFIX_MAX: usize = "rocketchat-public-key.".len();

/// A host name: lower case, letters, digits, hyphens and underscores, at least two labels, no final dot. Names of hosts have no
/// underscore by the standard (RFC 952), but DNS and servers take them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

/// A federation domain: the part after the `@` of a user, a [`Host`] short enough for the record names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(Host);

impl Host {
    /// The name of a zone, which may have one label only: `com`, or `lan` in a private network.
    pub fn zone(text: &str) -> Result<Self, Hinted> {
        let single = text.trim_end_matches('.').to_ascii_lowercase();
        if single.contains('.') {
            return text.parse();
        }
        refuse_bad_label(text, &single, "zone", "mydomain.com")?;
        Ok(Self(single))
    }

    /// The name without its final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name with its final dot, as zone files want it.
    pub fn absolute(&self) -> String {
        format!("{}.", self.0)
    }

    /// True for `zone` itself and every name below it.
    pub fn is_within(&self, zone: &Host) -> bool {
        self.0.strip_suffix(&zone.0).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The labels, leftmost first.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The name one label up, if that is still a domain of two labels or more.
    pub fn parent(&self) -> Option<Host> {
        let (_, rest) = self.0.split_once('.')?;
        rest.contains('.').then(|| Host(rest.to_owned()))
    }
}

impl Domain {
    /// The domain without its final dot.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The domain as a host name.
    pub fn host(&self) -> &Host {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0.0
    }
}

impl TryFrom<String> for Host {
    type Error = Hinted;
    fn try_from(text: String) -> Result<Self, Hinted> {
        text.parse()
    }
}

impl TryFrom<String> for Domain {
    type Error = Hinted;
    fn try_from(text: String) -> Result<Self, Hinted> {
        text.parse()
    }
}

impl FromStr for Host {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        parse(text, "host name", "chat.mydomain.com")
    }
}

impl FromStr for Domain {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let host = parse(text, "domain", "mydomain.com")?;
        for prefix in ["rocketchat-public-key.", "rocketchat-protocol.", "rocketchat-tcp-protocol."] {
            if let Some(rest) = host.0.strip_prefix(prefix) {
                return Err(Hinted::new(
                    format!("`{text}` is the name of a record, not a domain"),
                    format!("use `{rest}`"),
                ));
            }
        }
        if host.0.len() + PREFIX_MAX > NAME_MAX {
            let longest = NAME_MAX - PREFIX_MAX;
            return Err(Hinted::new(
                format!(
                    "the domain is {} long; `rocketchat-public-key.` does not fit before it",
                    counted(host.0.len(), "character")
                ),
                format!(
                    "a name in DNS has at most {NAME_MAX} characters, so a federation domain has at most {longest}"
                ),
            ));
        }
        Ok(Self(host))
    }
}

/// True for the same name, whatever its case (RFC 4343). Most names are lower case, and equal texts are compared faster.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || one.eq_ignore_ascii_case(other)
}

fn parse(text: &str, noun: &str, example: &str) -> Result<Host, Hinted> {
    refuse_other_things(text, noun, example)?;
    let lower = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if !lower.is_ascii() && !lower.contains(is_no_letter) {
        return Err(internationalised(text, &lower, noun));
    }
    if lower.len() > NAME_MAX {
        let shown: String = lower.chars().take(40).collect();
        return Err(Hinted::new(
            format!("the {noun} `{shown}…` is {} long", counted(lower.len(), "character")),
            format!("a name in DNS has at most {NAME_MAX} characters"),
        ));
    }
    for label in lower.split('.') {
        refuse_bad_label(text, label, noun, example)?;
    }
    if lower == "localhost" || lower.ends_with(".localhost") {
        return Err(Hinted::new(
            format!("`{text}` is this machine only; no peer can find it"),
            "federation needs a name in DNS; for a test, use a private zone",
        ));
    }
    if !lower.contains('.') {
        return Err(Hinted::new(
            format!("`{text}` is a single label, not a {noun}"),
            format!("write the full name, as in `{example}`"),
        ));
    }
    if lower.contains("xn--") && idna::domain_to_unicode(&lower).1.is_err() {
        return Err(Hinted::new(
            format!("`{text}` has an `xn--` label that is not valid Punycode"),
            "copy the ASCII form from your registrar",
        ));
    }
    Ok(Host(lower))
}

/// What people type instead of a name, each with the name that they meant.
fn refuse_other_things(text: &str, noun: &str, example: &str) -> Result<(), Hinted> {
    let refuse = |what: &str, rest: &str| {
        let hint = if rest.is_empty() { format!("write a {noun}, as in `{example}`") } else { format!("use `{rest}`") };
        Err(Hinted::new(format!("`{}` {what}", text.escape_debug()), hint))
    };
    if text.is_empty() {
        return Err(Hinted::new(format!("the {noun} is empty"), format!("write a {noun}, as in `{example}`")));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let rest = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        return refuse(&format!("is a URL, not a {noun} (it starts with `{scheme}:`)"), rest);
    }
    if text.contains(char::is_whitespace) {
        let rest: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        return refuse("has white space in it; servers never trim it", &rest);
    }
    if let Some(rest) = text.strip_prefix('@') {
        return refuse(
            "starts with `@`: servers strip it, but \"Test setup\" of 1.x and the wizard of 3.17 and later do not",
            rest,
        );
    }
    if let Some((_, rest)) = text.rsplit_once('@') {
        return refuse(&format!("is a user or an e-mail address, not a {noun}"), rest);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() || text.trim_end_matches('.').parse::<IpAddr>().is_ok() {
        return Err(Hinted::new(
            format!("`{text}` is an IP address, not a {noun}"),
            format!("DNS records name hosts; write a {noun}, as in `{example}`"),
        ));
    }
    if let Some((rest, _)) = text.split_once(['/', '?', '#']) {
        return refuse(&format!("has a path; a {noun} has none"), rest);
    }
    if let Some((rest, port)) = text.split_once(':') {
        return refuse(&format!("has a port; `{port}` belongs in --port"), rest);
    }
    if text.starts_with("_rocketchat.") {
        let rest: Vec<&str> = text.split('.').skip_while(|label| label.starts_with('_')).collect();
        return refuse(&format!("is the name of a record, not a {noun}"), &rest.join("."));
    }
    Ok(())
}

fn refuse_bad_label(text: &str, label: &str, noun: &str, example: &str) -> Result<(), Hinted> {
    let hint = || {
        format!(
            "a {noun} is labels of letters, digits, hyphens and underscores with one dot between them, as in `{example}`"
        )
    };
    if label.is_empty() {
        return Err(Hinted::new(format!("`{}` has an empty label", text.escape_debug()), hint()));
    }
    if label.len() > LABEL_MAX {
        return Err(Hinted::new(
            format!("a label of the {noun} is {} long", counted(label.len(), "character")),
            format!("a label in DNS has at most {LABEL_MAX} characters"),
        ));
    }
    if let Some(bad) = label.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
        return Err(Hinted::new(format!("`{}` has a `{}` in it", text.escape_debug(), bad.escape_debug()), hint()));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(Hinted::new(format!("the label `{label}` of `{text}` starts or ends with a hyphen"), hint()));
    }
    Ok(())
}

/// Signs of no script: dashes, quotation marks and spaces of word processors, marks without width, and what stands for bytes that are
/// no text.
fn is_no_letter(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{200e}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
}

/// RFC 5890 section 2.3.2.1: DNS carries A-labels. A server puts what it was given into the query unconverted.
fn internationalised(text: &str, lower: &str, noun: &str) -> Hinted {
    let shown = text.escape_debug();
    let message = format!("`{shown}` is an internationalised {noun}, and servers never convert it to its ASCII form");
    match idna::domain_to_ascii(lower) {
        Ok(ascii) if ascii != lower => {
            Hinted::new(message, format!("use `{ascii}` here, in DNS and in the server's settings"))
        }
        _ => Hinted::new(message, "use the ASCII form that starts with `xn--`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (String, String) {
        let error = text.parse::<Domain>().expect_err(text);
        (error.to_string(), error.hint)
    }

    #[test]
    fn a_zone_may_have_one_label() {
        assert_eq!(Host::zone("LAN.").unwrap().as_str(), "lan");
        assert_eq!(Host::zone("mydomain.com").unwrap().as_str(), "mydomain.com");
        assert!(Host::zone("").is_err() && Host::zone("a b").is_err() && "lan".parse::<Host>().is_err());
    }

    #[test]
    fn a_domain_is_lower_case_without_final_dot() {
        assert_eq!("MyDomain.COM.".parse::<Domain>().unwrap().as_str(), "mydomain.com");
        assert_eq!("my_domain.com".parse::<Domain>().unwrap().as_str(), "my_domain.com");
        assert_eq!("xn--bcher-kva.example".parse::<Domain>().unwrap().as_str(), "xn--bcher-kva.example");
    }

    #[test]
    fn what_is_not_a_domain_is_refused_with_what_was_meant() {
        for (text, hint) in [
            ("https://mydomain.com", "use `mydomain.com`"),
            ("https://mydomain.com:3000/x", "use `mydomain.com`"),
            ("@mydomain.com", "use `mydomain.com`"),
            ("ann@mydomain.com", "use `mydomain.com`"),
            ("mydomain.com:443", "use `mydomain.com`"),
            ("mydomain.com/home", "use `mydomain.com`"),
            (" mydomain.com", "use `mydomain.com`"),
            ("_rocketchat._tcp.mydomain.com", "use `mydomain.com`"),
            ("rocketchat-public-key.mydomain.com", "use `mydomain.com`"),
            ("bücher.example", "use `xn--bcher-kva.example` here, in DNS and in the server's settings"),
        ] {
            assert_eq!(refused(text).1, hint, "{text}");
        }
    }

    #[test]
    fn a_sign_of_no_script_is_named() {
        for (text, what) in [
            ("my\u{2013}domain.com", "`my–domain.com` has a `–` in it"),
            ("\u{feff}mydomain.com", "`\\u{feff}mydomain.com` has a `\\u{feff}` in it"),
            ("a\u{fffd}b.example", "`a\u{fffd}b.example` has a `\u{fffd}` in it"),
        ] {
            assert_eq!(refused(text).0, what);
        }
    }

    #[test]
    fn what_no_peer_could_find_is_refused() {
        let long_name = ["abcdefghijklmnop"; 14].join(".");
        let long_label = format!("{}.com", "a".repeat(64));
        for text in [
            "",
            "127.0.0.1",
            "::1",
            "[::1]",
            "10.0.0.1.",
            "localhost",
            "a.localhost",
            "chat",
            "a..b",
            ".a.b",
            "a-.b",
            "a.b\u{0}",
            "xn--\u{7f}.com",
            &long_name,
            &long_label,
            ".",
        ] {
            let (message, hint) = refused(text);
            assert!(!message.is_empty() && !hint.is_empty(), "{text}");
        }
    }

    #[test]
    fn within_compares_labels() {
        let zone: Host = "mydomain.com".parse().unwrap();
        assert!("chat.mydomain.com".parse::<Host>().unwrap().is_within(&zone));
        assert!(!"notmydomain.com".parse::<Host>().unwrap().is_within(&zone));
    }
}
