//! What is fuzzed, for cargo-fuzz and for the bounded run among the ordinary tests: one function for each parser of bytes that
//! others have made.

// Each target uses one of the functions.
#![allow(dead_code)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use fedctl::commands::domain_list::DomainList;
use fedctl::commands::{dns_check, handshake, hub_client};
use fedctl::dns::codec::{is_truncated, reply};
use fedctl::dns::name::{Domain, Host};
use fedctl::dns::record::{Query, RecordType, Transport};
use fedctl::facts::evidence::{Evidence, withhold_secrets};
use fedctl::facts::watch_evidence::WatchEvidence;
use fedctl::key::diagnosis::{as_servers_read, examine};
use fedctl::key::{PrivateKey, PublicKey};
use fedctl::net::http::answer;
use fedctl::render::records::{FORMATS, Place};
use fedctl::render::report::{REPORT_FORMATS, Style, write};
use fedctl::report::Report;
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope::{diagnose, open, seal};
use fedctl::rocketchat::events::documents::Documents;
use fedctl::rocketchat::events::inspect::inspect;
use fedctl::rocketchat::events::old_receiver::OldReceiver;
use fedctl::rocketchat::events::receiver::Receiver;
use fedctl::rocketchat::events::{Incoming, read_json};
use fedctl::rocketchat::hub::transfer;
use fedctl::rocketchat::log_line::translate_all;
use fedctl::rocketchat::release::Release;
use fedctl::serve::dns::Zone;
use fedctl::settings::Settings;
use fedctl::severity::Severity;
use fedctl::text::{Filtered, guarded, is_unsafe, log_line, redacted};

/// A target, and how often each seed of its corpus is changed and tried in the ordinary tests.
pub type Target = (&'static str, fn(&[u8]), usize);

/// Every target; `tests/fuzz.rs` compares the list with the files.
pub const TARGETS: &[Target] = &[
    ("dns", dns, 600),
    ("envelope", envelope, 20),
    ("events", events, 400),
    ("evidence", evidence, 6),
    ("http", http, 400),
    ("key", key_text, 60),
    ("lists", lists, 200),
    ("text", text, 400),
    ("wire", wire, 1000),
    ("yaml", yaml, 300),
    ("zone", zone, 100),
];

const DOMAIN: &str = "mydomain.com";

fn domain() -> Domain {
    DOMAIN.parse().expect("a domain")
}

/// A DNS message that claims to answer a question: the facts can be saved and read again.
pub fn dns(bytes: &[u8]) {
    is_truncated(bytes);
    for (name, kind) in [(format!("rocketchat-public-key.{DOMAIN}"), RecordType::Txt), (DOMAIN.into(), RecordType::Ns)]
    {
        let facts = reply(bytes, &Query::new(name, kind), Transport::Tcp);
        let saved = serde_json::to_string(&facts).expect("facts can be saved");
        assert_eq!(serde_json::from_str::<fedctl::dns::record::Response>(&saved).expect("and read"), facts);
        for rr in facts.outcome.records() {
            let _ = rr.data.joined();
        }
    }
}

/// An HTTP response: the first line is the status, then header fields, an empty line, and the body.
pub fn http(bytes: &[u8]) {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes.get(end + 4..).unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let field = |name: &str| {
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    };
    let facts = answer(status, field, body);
    assert!(!facts.shown().contains(char::is_control), "{facts:?}");
    let saved = serde_json::to_string(&facts).expect("facts can be saved");
    assert_eq!(serde_json::from_str::<fedctl::facts::peer::Answer>(&saved).expect("and read"), facts);
}

/// A zone file, and the text of every form that `records lint` reads.
pub fn zone(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Zone::parse(&text, Some("mydomain.com."), IpAddr::V4(Ipv4Addr::LOCALHOST));
    let (domain, zone): (Domain, Host) = (domain(), domain().host().clone());
    for format in FORMATS {
        let _ = (format.read)(&text, &Place { domain: &domain, zone: &zone });
    }
}

/// An evidence file, of `dns-check` or of `watch`: what is read is judged, and written in every format.
pub fn evidence(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(_) = Evidence::parse(&text) else { return };
    let Ok(mut evidence) = WatchEvidence::parse(&text) else { return };
    evidence.withhold_secrets();
    for run in &mut evidence.dns.runs {
        withhold_secrets(&mut run.facts);
    }
    written(&reports(&evidence));
}

/// What the commands conclude from evidence.
pub fn reports(evidence: &WatchEvidence) -> Vec<Report> {
    let begun = Instant::now();
    let runs = evidence.dns.runs.iter().filter_map(|run| Some((&run.facts, run.expected.restore().ok()?)));
    let mut reports: Vec<Report> = runs.map(|(facts, expected)| dns_check::report(facts, &expected, begun)).collect();
    reports.extend(evidence.peer.iter().map(|peer| handshake::report(peer, begun)));
    let hub = |hub| hub_client::report(hub, "at hub.example.org", "is known", "is not known", begun);
    reports.extend(evidence.hub.iter().map(hub));
    reports
}

/// The reports in every format, as they leave fedctl.
pub fn written(reports: &[Report]) -> Vec<(&'static str, String)> {
    let style = Style { width: 80, fail_on: Severity::Error, verbose: 2, quiet: false };
    let leave = |id: &str, text: &str| match id {
        "github" => Filtered::workflow(text).as_str().to_owned(),
        _ => Filtered::answer(text).as_str().to_owned(),
    };
    let one = |format: &'static fedctl::render::report::ReportFormat| {
        (format.id, leave(format.id, &write(format, reports, style).expect("it can be written")))
    };
    REPORT_FORMATS.iter().map(one).collect()
}

/// The text of a key, in a file or in a TXT record.
pub fn key_text(bytes: &[u8]) {
    let diagnosis = examine(bytes);
    assert_eq!(diagnosis.server.ok(), as_servers_read(bytes).ok());
    let text = String::from_utf8_lossy(bytes);
    let public = PublicKey::from_pem(&text);
    if let Ok(key) = &public {
        assert_eq!(PublicKey::from_pem(&key.one_line()).expect("it is a key"), *key);
    }
    let _ = PrivateKey::from_text(&text, || anyhow::bail!("no passphrase"));
}

/// fedctl.yaml.
pub fn yaml(bytes: &[u8]) {
    let _ = Settings::of_text(&String::from_utf8_lossy(bytes), Path::new("fedctl.yaml"));
}

/// Lists of domains, exports of hubs, and logs.
pub fn lists(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = DomainList::parse(&text);
    let _ = transfer::parse(&text);
    let _ = translate_all(&text);
}

/// Any text on its way to a reader.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let safe = guarded(&text, false);
    assert!(!safe.chars().any(|c| is_unsafe(c) && !matches!(c, '\n' | '\t' | '\r')), "{safe:?}");
    assert_eq!(redacted(&safe), safe);
    for is_json in [false, true] {
        let line = log_line(&text, is_json);
        assert!(line.ends_with('\n') && !line[..line.len() - 1].contains(is_unsafe), "{line:?}");
    }
}

/// Events as a server receives them, in the first and the last release of each protocol.
pub fn events(bytes: &[u8]) {
    let Ok(message) = read_json(bytes) else { return };
    let (own, sender): (Domain, Domain) = (domain(), "peer.example".parse().expect("a domain"));
    let list = message.get("events").and_then(|events| events.as_array()).cloned();
    let list = list.unwrap_or_else(|| vec![message.clone()]);
    let mut known = Documents::default();
    for event in list.iter().take(20) {
        inspect(event, &sender, &own, |id| id.starts_with('a'), 1_795_428_000_000);
        let _ = OldReceiver { own: &own, documents: &mut known }.take(event);
    }
    for release in [Release(2, 0, 0), Release(3, 18, 7), Release(4, 2, 0), Release(6, 2, 1)] {
        let mut documents = Documents::default();
        for event in list.iter().take(20) {
            let _ = Receiver { release, own: &own, documents: &mut documents }.take(event);
        }
        documents.shrink(4096);
    }
}

/// Text that claims to be a body: whatever is read as an envelope must come back when it is written and read again.
pub fn wire(bytes: &[u8]) {
    if let Ok((form, envelope)) = Wire::read(bytes)
        && form != Wire::Raw
    {
        assert_eq!(Wire::read(&form.write(&envelope)), Ok((form, envelope)));
    }
    if let Ok(Incoming::Latest(request)) = Incoming::read(bytes) {
        let again = Incoming::read(request.to_json().as_bytes());
        assert_eq!(again, Ok(Incoming::Latest(request)));
    }
}

/// Bytes that claim to be an envelope; bytes that are a message; and bytes that say how to hurt a good envelope.
pub fn envelope(bytes: &[u8]) {
    let key = key();
    // Hardly any bytes can be a good envelope, but those of the corpus are.
    let _ = diagnose(bytes, key, key.public());
    let message = &bytes[..bytes.len().min(200)];
    let sealed = seal(message, key, key.public()).expect("the key is large enough");
    assert_eq!(open(&sealed, key, key.public()).expect("it is good").as_slice(), message);
    let mut hurt = sealed.clone();
    for change in bytes.chunks_exact(3).take(4) {
        let at = (usize::from(change[0]) << 8 | usize::from(change[1])) % hurt.len();
        hurt[at] ^= change[2];
    }
    if hurt != sealed {
        assert!(diagnose(&hurt, key, key.public()).is_err(), "a hurt envelope opens");
    }
}

/// The small key of the vectors, for speed.
fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let keys: Vec<serde_json::Value> = serde_json::from_str(include_str!("../vectors/keys.json")).expect("JSON");
        let row = keys.iter().find(|row| row["id"] == "small").expect("it is there");
        PrivateKey::from_text(row["private"].as_str().expect("text"), || anyhow::bail!("not encrypted")).expect("a key")
    })
}
