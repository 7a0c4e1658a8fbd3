//! Parts in the wrong place: records, strings, armour, and ends that were cut off.

use fedctl::key::diagnosis::DefectKind;
use fedctl::severity::Severity::{Error, Notice, Warning};

use super::scenario::{HOST, SRV, Scenario, bruised, hurt, key, strings, with_key};

const LABEL: &str = "rocketchat-public-key";

/// More than one record: the published set is wrong, not the text.
fn records(kind: DefectKind, mistake: &'static str, zone: fn(&super::scenario::Keys) -> String) -> Scenario {
    hurt(kind, mistake, zone).finds(&[(Error, "key-record"), (Error, "dns-generations")])
}

fn two(first: &str, second: &str) -> String {
    format!("{HOST}{SRV}{}{}", key(first), key(second))
}

pub fn scenarios() -> Vec<Scenario> {
    let mut scenarios = sets();
    scenarios.extend(armour());
    scenarios.extend(cuts());
    scenarios
}

fn sets() -> Vec<Scenario> {
    vec![
        records(DefectKind::SplitRecords, "published the halves as two TXT records, tail first", |keys| {
            two(&keys.own[255..], &keys.own[..255])
        })
        .mentioning(&["joined as", "they are one whole RSA-2048 key", "Delete them all"]),
        Scenario {
            kind: Some(DefectKind::SplitRecords),
            ..records(DefectKind::SplitRecords, "has a panel that makes a record of every 150 characters", |keys| {
                format!("{HOST}{SRV}{}{}{}", key(&keys.own[150..300]), key(&keys.own[300..]), key(&keys.own[..150]))
            })
            .named("three-pieces.example")
        },
        Scenario {
            embedded_only: Some("a real name server chooses the order of the records"),
            ..records(DefectKind::KeyNotFirst, "has another TXT record at the name of the key", |keys| {
                two("v=spf1 -all", &keys.own)
            })
        },
        hurt(DefectKind::TwoKeys, "added the new key and left the old one", |keys| two(&keys.other, &keys.own))
            .finds(&[(Error, "key-record")]),
        hurt(DefectKind::SeveralRecords, "published the key twice, once with a blank at the end", |keys| {
            two(&keys.own, &format!("{} ", keys.own))
        })
        .finds(&[(Warning, "key-record")]),
        hurt(DefectKind::StringsOutOfOrder, "pasted the strings of the record in the wrong order", |keys| {
            let (a, rest) = keys.own.as_bytes().split_at(150);
            let (b, c) = rest.split_at(150);
            format!("{HOST}{SRV}{}", strings(LABEL, &[c, a, b]))
        }),
        hurt(DefectKind::UnquotedZoneFile, "left the quotes out of the zone file", |keys| {
            let (head, tail) = keys.own.split_at(240);
            format!("{HOST}{SRV}{LABEL} IN TXT ( {head}\n {tail} )\n")
        }),
        bruised(DefectKind::RecordLineKept, Warning, "pasted the line of the zone file into the value", |keys| {
            with_key(format!("{LABEL} 3600 IN TXT {}", keys.own))
        }),
    ]
}

fn armour() -> Vec<Scenario> {
    vec![
        hurt(DefectKind::HalvesSwapped, "joined the halves in the wrong order", |keys| {
            with_key(format!("{}{}", &keys.own[255..], &keys.own[..255]))
        }),
        bruised(DefectKind::PastedTwice, Warning, "pasted the key twice", |keys| {
            with_key(format!("{}{}", keys.own, keys.own))
        }),
        hurt(DefectKind::PartsOverlap, "let the halves overlap", |keys| {
            with_key(format!("{}{}", &keys.own[..255], &keys.own[240..]))
        }),
        bruised(DefectKind::ArmourMissingBegin, Warning, "left out the opening line", |keys| with_key(&keys.own[26..])),
        bruised(DefectKind::ArmourMissingEnd, Warning, "left out the closing line", |keys| with_key(&keys.own[..418])),
        hurt(DefectKind::ArmourCutBegin, "began to copy a little too late", |keys| with_key(&keys.own[13..])),
        bruised(DefectKind::ArmourCutEnd, Warning, "stopped copying a little too early", |keys| {
            with_key(&keys.own[..430])
        }),
        hurt(DefectKind::ArmourAlteredBegin, "typed the opening line in lower case", |keys| {
            with_key(keys.own.replace("BEGIN PUBLIC KEY", "begin public key"))
        }),
        bruised(DefectKind::ArmourAlteredEnd, Warning, "typed their own closing line", |keys| {
            with_key(keys.own.replace("-----END", "----END"))
        }),
        hurt(DefectKind::ArmourSpacesLost, "has a panel that removes blanks", |keys| {
            with_key(keys.own.replace(' ', ""))
        }),
    ]
}

fn cuts() -> Vec<Scenario> {
    vec![
        hurt(DefectKind::Truncated255, "has a panel that keeps 255 characters", |keys| with_key(&keys.own[..255])),
        hurt(DefectKind::Truncated512, "has a panel that keeps 512 characters", |keys| with_key(&keys.large[..512])),
        bruised(DefectKind::TruncatedOne, Warning, "missed the last character", |keys| with_key(&keys.own[..441])),
        hurt(DefectKind::Truncated, "missed the end of the key", |keys| with_key(&keys.own[..300])),
        hurt(DefectKind::CutAtStart, "published only the second half", |keys| with_key(&keys.own[255..])),
        hurt(DefectKind::CharactersLost, "lost a character inside", |keys| {
            with_key(format!("{}{}", &keys.own[..100], &keys.own[101..]))
        }),
        bruised(DefectKind::BytesAfterKey, Warning, "pasted something behind the key", |keys| {
            with_key(keys.own.replace("-----END", "AAAA-----END"))
        }),
        hurt(DefectKind::HeaderDamaged, "mistyped a character at the beginning", |keys| {
            with_key(keys.own.replace("BAQEF", "BAQXF"))
        }),
        Scenario::new("pem-tail.example", "ended the value with a line break", |keys| {
            with_key(format!("{}\n", keys.own))
        })
        .finds(&[(Notice, "key-text")]),
    ]
}
