//! Every form with the sample set, with any set, and with any text.

use proptest::prelude::*;

use super::*;
use crate::facts::published::Published;
use crate::position::Position;
use crate::rocketchat::generation::{KEY_LABEL, PROTOCOL_LABEL, SrvLabel};
use crate::rocketchat::records::{Data, Record};

/// The guide's SRV record and a TXT value of 255 times `K` and five times `L`.
pub fn sample() -> Plan {
    let record = |owner: &str, data| Record {
        owner: format!("{owner}.mydomain.com"),
        ttl: 3600,
        data,
        reason: "why it is there",
        read_by: "1.0.0 – 1.3.5",
    };
    let target = "chat.mydomain.com".parse().unwrap();
    let value = ["K".repeat(255), "L".repeat(5)].concat();
    let records = vec![
        record("_rocketchat._tcp", Data::Srv { priority: 1, weight: 2, port: 80, target }),
        record(KEY_LABEL, Data::Txt(value.into_bytes())),
    ];
    let set = RecordSet { domain: "mydomain.com".parse().unwrap(), zone: "mydomain.com".parse().unwrap(), records };
    Plan { set, warnings: Vec::new() }
}

/// The sample in one form, with the long string made short.
pub fn shown(id: &str) -> String {
    let text = write(find(id).unwrap(), &sample()).unwrap();
    text.replace(&"K".repeat(255), "<K>").replace(&"K".repeat(252), "<252 K>")
}

#[test]
fn ids_are_kebab_case_and_unique() {
    for format in FORMATS {
        assert!(format.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert_eq!(FORMATS.iter().filter(|other| other.id == format.id).count(), 1, "{}", format.id);
        assert!(!format.title.is_empty() && !format.facts.source.is_empty(), "{}", format.id);
    }
}

#[test]
fn a_real_key_fits_every_form() {
    let key = format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", "Ab+/".repeat(98));
    let mut plan = sample();
    plan.set.records[1].data = Data::Txt(key.into_bytes());
    for format in FORMATS {
        assert_eq!(write(format, &plan).err().map(|error| error.to_string()), None, "{}", format.id);
        let over = too_long(format, &published(&plan.set), &Place::of(&plan.set));
        assert_eq!(over, Vec::<String>::new(), "{}", format.id);
    }
}

#[test]
fn what_a_provider_cannot_hold_is_reported_with_numbers_and_the_way_out() {
    let mut plan = sample();
    plan.set.records[0].data =
        Data::Srv { priority: 1, weight: 1, port: 443, target: "rocketchat-server.team.mydomain.com".parse().unwrap() };
    plan.set.records[1].data = Data::Txt(vec![b'K'; 614]);
    let description = |id: &str| too_long(find(id).unwrap(), &published(&plan.set), &Place::of(&plan.set)).join("\n");
    assert!(description("namecheap").contains("at most 29 here"), "{}", description("namecheap"));
    assert!(description("namecheap").contains("`_rocketchat._tcp.mydomain.com` is 35"), "{}", description("namecheap"));
    assert!(
        description("doctl").contains("at most 509 here")
            && description("doctl").contains("is 622: use a 2048-bit key")
    );
    assert_eq!((description("zone"), description("route53")), (String::new(), String::new()));
    plan.set.records[0].ttl = 90000;
    let description = too_long(find("cloudflare").unwrap(), &published(&plan.set), &Place::of(&plan.set));
    assert!(
        matches!(description.as_slice(), [one] if one.contains("at most 86400 here") && one.contains("is 90000")),
        "{description:?}"
    );
}

#[test]
fn a_form_that_loses_a_byte_is_not_printed() {
    let zone = find("zone").unwrap();
    let lossy =
        Format { write: |plan| (find("zone").unwrap().write)(plan).map(|text| text.replace("LLLLL", "LLLL")), ..*zone };
    let error = write(&lossy, &sample()).unwrap_err().to_string();
    assert!(error.contains("does not give back"), "{error}");
    let duplicated = Format { write: |plan| (find("zone").unwrap().write)(plan).map(|text| text.repeat(2)), ..*zone };
    assert!(write(&duplicated, &sample()).is_err());
}

#[test]
fn the_key_value_box_alone_is_read_as_route_53_reads_it() {
    let (domain, zone) = ("mydomain.com".parse().unwrap(), "mydomain.com".parse().unwrap());
    let place = Place { domain: &domain, zone: &zone };
    let read = find("route53").unwrap().read;
    assert_eq!(read("\"one\" \"two\"\n", &place).unwrap().len(), 1);
    assert_eq!(read("\"one\"\n\"two\"\n", &place).unwrap().len(), 2);
    assert!(read("one two", &place).unwrap_err().to_string().contains("InvalidCharacterString"));
}

/// True when an error names a place.
fn is_placed(why: &Hinted) -> bool {
    let why = why.to_string();
    why.split("line ").skip(1).any(|rest| rest.split(' ').nth(1) == Some("column"))
}

#[test]
fn a_wrong_number_is_refused_with_its_place() {
    let mut plan = sample();
    let target = "chat.mydomain.com".parse().unwrap();
    plan.set.records[0].data = Data::Srv { priority: 61001, weight: 61002, port: 61003, target };
    for format in FORMATS {
        let text = write(format, &plan).unwrap();
        for number in ["61001", "61002", "61003"] {
            for (at, _) in text.match_indices(number) {
                let changed = format!("{}99999{}", &text[..at], &text[at + number.len()..]);
                let why = (format.read)(&changed, &Place::of(&plan.set)).unwrap_err();
                let wanted = Position::of(&text, at);
                // A value that has several numbers may be named as a whole.
                let is_named = (1..=wanted.column)
                    .any(|column| why.to_string().starts_with(&format!("{}: ", Position { column, ..wanted })));
                assert!(is_named, "{}: {why}: {wanted}\n{changed}", format.id);
            }
        }
        let changed = text.replacen("3600", "a", 1);
        if changed != text
            && let Err(why) = (format.read)(&changed, &Place::of(&plan.set))
        {
            let line = Position::of(&text, text.find("3600").unwrap()).line;
            assert!(why.to_string().contains(&format!("line {line} column ")), "{}: {why}\n{changed}", format.id);
        }
    }
}

fn label() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..700),
        "[ -~]{0,700}".prop_map(String::into_bytes),
        "[\\\\\"'$`;#@{}%<>(), \\[\\]:-]{0,60}".prop_map(String::into_bytes),
        "-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/]{392}-----END PUBLIC KEY-----".prop_map(String::into_bytes),
    ]
}

/// Any set that could be requested, and many that could not.
fn any_plan() -> impl Strategy<Value = Plan> {
    let srv = (any::<u16>(), any::<u16>(), any::<u16>(), proptest::collection::vec(label(), 2..4));
    let srv = proptest::collection::vec(srv, 0..=SrvLabel::ALL.len());
    let names = (proptest::collection::vec(label(), 2..4), 0..2usize);
    let ttl = prop_oneof![Just(3600), Just(60), 0..=0x7fff_ffffu32];
    (names, ttl, srv, proptest::collection::vec(value(), 1..=2)).prop_map(|((labels, below), ttl, srv, values)| {
        let domain: Domain = labels.join(".").parse().unwrap_or_else(|_| "mydomain.com".parse().unwrap());
        let zone = if below == 1 { domain.host().parent() } else { None }.unwrap_or(domain.host().clone());
        let record = |label: &str, data| {
            let owner = format!("{label}.{domain}");
            Record { owner, ttl, data, reason: "why", read_by: "1.0.0 – 1.3.5" }
        };
        let srv = srv.into_iter().zip(SrvLabel::ALL).map(|((priority, weight, port, target), label)| {
            let target = target.join(".").parse().unwrap_or_else(|_| "chat.mydomain.com".parse().unwrap());
            record(label.as_str(), Data::Srv { priority, weight, port, target })
        });
        let txt =
            values.into_iter().zip([KEY_LABEL, PROTOCOL_LABEL]).map(|(value, label)| record(label, Data::Txt(value)));
        let records = srv.chain(txt).collect();
        Plan { set: RecordSet { domain, zone, records }, warnings: vec!["look out".into()] }
    })
}

/// What every provider can hold: printable ASCII without quotes and backslashes, a TTL of one hour, names in the zone itself.
fn is_ordinary(plan: &Plan) -> bool {
    if plan.set.zone != *plan.set.domain.host() {
        return false;
    }
    let plain = |byte: &u8| matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b'\\');
    plan.set.records.iter().all(|record| match &record.data {
        Data::Txt(value) => record.ttl == 3600 && !value.is_empty() && value[0] != b'-' && value.iter().all(plain),
        Data::Srv { .. } => record.ttl == 3600,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_set_comes_back_or_is_refused(plan in any_plan()) {
        for format in FORMATS {
            if let Err(error) = write(format, &plan) {
                let description = error.to_string();
                prop_assert!(!description.contains("does not give back") && !error.hint.is_empty(), "{}: \
                 {description}", format.id);
                prop_assert!(!is_ordinary(&plan), "{}: {description}", format.id);
                // What is refused must be refused by the writer, not by the reader.
                prop_assert!((format.write)(&plan).is_err(), "{}: {description}", format.id);
                continue;
            }
            // What lint would tell about it: each question is answered with the one record of the set.
            let place = Place::of(&plan.set);
            let text = (format.write)(&plan).unwrap_or_default();
            let records = (format.read)(&text, &place).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let (domain, zone) = (plan.set.domain.clone(), plan.set.zone.clone());
            let lint = Published { domain, zone, form: format.title.into(), records: Ok(records), over: Vec::new() };
            for wanted in change::compare(&plan.set, |question| lint.answer(question)).unwrap() {
                prop_assert!(!wanted.is_needed() && wanted.before.len() == 1, "{}: {wanted:?}", format.id);
            }
        }
    }

    #[test]
    fn a_reader_refuses_any_text_with_the_place(text in "(?s).{0,200}", plan in any_plan(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let place = Place { domain: &plan.set.domain, zone: &plan.set.zone };
        for format in FORMATS {
            let read = (format.read)(&text, &place);
            prop_assert!(read.as_ref().err().is_none_or(is_placed), "{}: {read:?}", format.id);
            if let Ok(own) = (format.write)(&plan) {
                let mut chars: Vec<char> = own.chars().collect();
                let at = at.index(chars.len() + 1);
                chars.splice(at..(at + 1).min(chars.len()), [c]);
                let read = (format.read)(&chars.into_iter().collect::<String>(), &place);
                prop_assert!(read.as_ref().err().is_none_or(is_placed), "{}: {read:?}", format.id);
            }
        }
    }
}

mod name_servers;
mod providers;
mod tools;
