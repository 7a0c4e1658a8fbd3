//! The glossary: one term for one thing, in every text that people read. Each row has the term, and other words for the same that
//! no help, page, report or message uses.

use std::path::Path;

use crate::support::repository;
use crate::words::{files, has};

/// The term, and what is never written for it. `*` stands for any ending.
const TERMS: &[(&str, &[&str])] = &[
    ("admin", &["sysadmin*", "system administrator*", "server administrator*"]),
    ("certificate chain", &["chain of trust", "cert chain", "the certs", "certificate bundle*"]),
    ("check", &["lint rule*", "diagnostic test*"]),
    ("command line", &["commandline*", "cmdline*"]),
    ("completion", &["autocomplet*", "auto-complet*", "tab completion*"]),
    ("DNS provider", &["dns host", "dns hosts", "dns hoster*", "dns hosting*"]),
    ("drill", &["fire drill*", "exercise*", "rehearsal run*"]),
    ("e-mail", &["email address*", "email server*", "emails", "an email"]),
    ("evidence", &["proof file*", "forensic*", "dump file*"]),
    ("exit status", &["exit code*", "return code*", "exit value*"]),
    ("file name", &["filename*", "file-name*"]),
    ("finding", &["violation*", "anomal*", "complaint*"]),
    ("fingerprint", &["thumbprint*", "finger print*", "key hash*", "checksum*"]),
    ("fix", &["remedy", "remedies", "workaround*", "work-around*", "solution*"]),
    ("handshake", &["hand-shake*", "hand shake*"]),
    ("host name", &["hostname*", "host-name*"]),
    ("hub", &["directory server*", "hub server*", "peer directory*"]),
    ("key pair", &["keypair*", "key-pair*"]),
    ("load balancer", &["loadbalancer*", "load-balancer*"]),
    ("look-up", &["lookups", "a lookup", "the lookup", "look up table*"]),
    ("manual page", &["man page*", "manpage*"]),
    ("mesh", &["federation matrix", "federation grid"]),
    ("name server", &["nameserver*", "name-server*", "dns server*"]),
    ("option", &["flag", "flags", "command-line switch*"]),
    ("passphrase", &["pass phrase*", "pass-phrase*"]),
    ("peer", &["partner*", "counterpart*", "opposite server*", "remote server*", "foreign server*"]),
    ("private key", &["secret key*", "privkey*", "private-key file*"]),
    ("public key", &["pubkey*", "public-key file*"]),
    ("record", &["dns entry", "dns entries", "srv entry", "srv entries", "txt entry", "txt entries"]),
    ("release", &["server version*", "version of rocket*", "software version*"]),
    ("resolver", &["dns resolver*", "recursor*", "caching server*"]),
    ("settings file", &["a config file*", "the config file*", "configuration file*"]),
    ("severity", &["priority level*", "criticality", "error level*"]),
    ("subdomain", &["sub-domain*", "sub domain*"]),
    ("target", &["destination host*", "srv host*"]),
    ("time limit", &["time-out*", "timeouts"]),
    ("timestamp", &["time stamp*", "time-stamp*"]),
    ("TTL", &["time to live", "time-to-live"]),
    ("watch", &["monitoring daemon*", "watchdog*"]),
    ("webhook", &["web hook*", "web-hook*"]),
    ("white space", &["whitespace*", "white-space*"]),
    ("zone", &["zonefile*", "dns zone*", "zone database*"]),
];
/// The words of others: what servers log, the names of products, the texts of standards.
const QUOTED: &[&str] = &[
    "could not find txt entry",
    "could not find valid srv entry",
    "error trying to fetch srv dns entries",
    "hostname/ip does not match",
    "windows dns server",
    "dns flag day",
    "dns entries for",
    "loadbalancer:",
    "dns zone contributor",
];

/// Markdown without blocks of code, code in a line, and the addresses of links.
pub fn prose(text: &str) -> String {
    let mut in_block = false;
    let line = |line: &str| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        if in_block || is_fence { String::new() } else { without_code(line) }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn without_code(line: &str) -> String {
    let text = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + "]" + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// A manual page without its marks.
fn manual(text: &str) -> String {
    text.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")
}

/// The texts of more than a word in a source file, each at its line; without its tests.
fn sentences(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = crate::words::skipped(rest, out.ends_with(char::is_alphanumeric));
        let (piece, after) = rest.split_at(if length == 0 { c.len_utf8() } else { length });
        let is_text = piece.starts_with(['"', 'r']) && piece.ends_with(['"', '#']) && piece.trim().contains(' ');
        if length > 0 && is_text {
            out += &piece.split('`').step_by(2).collect::<Vec<_>>().join("``").replace("\\\n", " \n");
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    out
}

fn wrong(place: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = QUOTED.iter().fold(line.to_lowercase(), |line, quoted| line.replace(quoted, ""));
        for (term, others) in TERMS {
            let other = others.iter().find(|other| has(&line, other));
            found.extend(other.map(|other| format!("{place}:{}: `{other}`, write {term}", number + 1)));
        }
    }
    found
}

fn text_of(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let is_quoting = path.file_name().is_some_and(|name| name == "tests.rs");
    match path.extension()?.to_str()? {
        _ if is_quoting => None,
        "md" => Some(prose(&text)),
        "1" => Some(manual(&text)),
        "rs" => Some(sentences(&text)),
        _ => None,
    }
}

#[test]
fn each_thing_has_one_term() {
    let mut found = vec![repository("README.md")];
    ["src", "docs"].iter().for_each(|dir| files(&repository(dir), &mut found));
    let texts = found.iter().filter_map(|path| Some((path, text_of(path)?)));
    let place = |path: &Path| path.strip_prefix(repository("")).unwrap().display().to_string();
    let all: Vec<String> = texts.flat_map(|(path, text)| wrong(&place(path), &text)).collect();
    assert!(all.is_empty(), "{} places:\n{}", all.len(), all.join("\n"));
}

#[test]
fn other_words_are_found_where_people_read_them() {
    let page = "A nameserver is slow.\n```\nkeypair\n```\nSee [this](exit-codes.md) and `exit code`.";
    assert_eq!(wrong("x", &prose(page)), ["x:1: `nameserver*`, write name server"]);
    let source =
        "let flag = \"flag\"; // a flag\nfail(\"one flag is `flag`\");\n#[cfg(test)]\nmod tests { x(\"a flag\") }";
    assert_eq!(wrong("x", &sentences(source)), ["x:2: `flag`, write option"]);
    assert_eq!(wrong("x", &manual("the time\\-outs")), ["x:1: `time-out*`, write time limit"]);
    assert!(wrong("x", "Windows DNS Server, a flagpole, the exit status").is_empty());
}

#[test]
fn no_term_is_another_word_for_a_second_one() {
    for (term, others) in TERMS {
        assert!(others.iter().all(|other| !TERMS.iter().any(|(known, _)| has(known, other))), "{term}");
    }
    assert!(TERMS.windows(2).all(|pair| pair[0].0.to_lowercase() < pair[1].0.to_lowercase()), "sort the terms");
}
