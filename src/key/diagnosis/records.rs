//! The TXT records at one name, each with its own strings: servers read the first record and join its strings with nothing.

use super::defect_kind::DefectKind;
use super::{Defect, Diagnosis, examine, recover, secret, settle, whole};
use crate::count::counted;
use crate::dns::record::CharacterString;
use crate::key::PublicKey;

/// More pieces are not tried in every order: 6 have 1,956 ordered selections.
const PIECES_MAX: usize = 6;

/// Examines the records in the order of the answer; each is a list of strings.
pub fn examine_records(records: &[Vec<Vec<u8>>]) -> Diagnosis {
    let values: Vec<Vec<u8>> = records.iter().map(|strings| strings.concat()).collect();
    let first = values.first().map_or(&[][..], Vec::as_slice);
    let mut diagnosis = examine(first);
    if diagnosis.has(DefectKind::PrivateKey) {
        return diagnosis;
    }
    if let Some(what) = secret_in(&values) {
        return Diagnosis::private(what, diagnosis.server);
    }
    match records {
        [] => {
            diagnosis.defects = vec![Defect::new(DefectKind::Empty, "there is no TXT record")];
        }
        [strings] => within_one(strings, &mut diagnosis),
        _ => several(&values, &mut diagnosis),
    }
    diagnosis
}

/// True when one of the values, or all joined, hold a private key or a part of one.
pub fn hold_secret(values: &[Vec<u8>]) -> bool {
    secret_in(values).is_some()
}

fn secret_in(values: &[Vec<u8>]) -> Option<&'static str> {
    let alone = values.iter().filter(|value| !whole::is_whole(value)).find_map(|value| secret::find(value));
    alone.or_else(|| if values.len() > 1 { secret::find(&values.concat()) } else { None })
}

/// The values in a few characters each, for evidence: both ends of what is public anyway, and nothing of a private key, not
/// even of the piece that one of several records holds. Different values look different.
pub fn shown(values: &[Vec<u8>]) -> Vec<String> {
    let secret = hold_secret(values);
    values
        .iter()
        .map(|value| {
            use sha2::{Digest, Sha256};
            // Keys begin and end alike; the digest tells them apart.
            let digest: String = Sha256::digest(value).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            let size = format!("{}, sha256 {digest}…", counted(value.len(), "byte"));
            if secret {
                return format!("(part of a private key, not shown; {size})");
            }
            let text = CharacterString(value.clone()).to_string();
            let (head, tail) = (text.chars().take(16), text.chars().rev().take(24).collect::<Vec<_>>());
            match text.len() {
                ..=60 => text,
                _ => format!("{}…{} ({size})", head.collect::<String>(), tail.into_iter().rev().collect::<String>()),
            }
        })
        .collect()
}

fn within_one(strings: &[Vec<u8>], diagnosis: &mut Diagnosis) {
    let starts = |at: usize, text: &str| strings.get(at).is_some_and(|string| string.starts_with(text.as_bytes()));
    let unquoted = diagnosis.has(DefectKind::ArmourSpacesLost) && starts(1, "PUBLIC") && starts(2, "KEY-----");
    if unquoted {
        diagnosis.defects.retain(|defect| defect.kind != DefectKind::ArmourSpacesLost);
        diagnosis.defects.push(Defect::new(
            DefectKind::UnquotedZoneFile,
            format!(
                "the value was without quotes in a zone file: {}, cut at the spaces of the armour, which are lost",
                counted(strings.len(), "string")
            ),
        ));
        let accepted = accepted(diagnosis, diagnosis.repaired.as_ref());
        settle(&mut diagnosis.defects, accepted);
    } else if diagnosis.verified.is_none()
        && (diagnosis.repaired.is_none() || diagnosis.has(DefectKind::HalvesSwapped))
        && let Tried::One((order, key, mut rest)) = tried(strings, strings.len())
    {
        let order = description(&order);
        let what =
            format!("the strings are in the wrong order: joined as {order} they are one whole RSA-{} key", key.bits());
        rest.push(Defect::new(DefectKind::StringsOutOfOrder, what));
        verified(diagnosis, key, rest);
    }
}

fn several(values: &[Vec<u8>], diagnosis: &mut Diagnosis) {
    let count = values.len();
    let wholes: Vec<Option<PublicKey>> = values
        .iter()
        .map(|value| {
            let alone = examine(value);
            alone.verified.or(alone.repaired)
        })
        .collect();
    let keys: Vec<&PublicKey> = wholes.iter().flatten().collect();
    let defect = match (&wholes[0], keys.as_slice()) {
        (_, [one, rest @ ..]) if rest.iter().any(|key| key != one) => Defect::new(
            DefectKind::TwoKeys,
            format!("{count} TXT records have different keys; which one a server reads is random"),
        ),
        (Some(_), _) if values.iter().all(|value| *value == values[0]) => {
            Defect::new(DefectKind::SeveralRecords, format!("{count} TXT records have the same value"))
        }
        (Some(_), _) => Defect::new(
            DefectKind::SeveralRecords,
            format!("there are {count} TXT records; servers read the first, and which one is first is random"),
        ),
        (None, [key, ..]) => {
            let at = wholes.iter().position(Option::is_some).unwrap_or_default() + 1;
            let what =
                format!("there are {count} TXT records, and servers read only the first; the key is record {at}");
            let defect = Defect::new(DefectKind::KeyNotFirst, what);
            let key = (*key).clone();
            return verified(diagnosis, key, vec![defect]);
        }
        (None, []) => return split(values, diagnosis),
    };
    let two = defect.kind == DefectKind::TwoKeys;
    diagnosis.defects.push(defect);
    let accepted = !two && accepted(diagnosis, wholes[0].as_ref());
    if two {
        diagnosis.repaired = None;
    }
    settle(&mut diagnosis.defects, accepted);
}

fn split(values: &[Vec<u8>], diagnosis: &mut Diagnosis) {
    let count = values.len();
    match tried(values, 2) {
        Tried::One((order, key, mut rest)) => {
            let pieces = format!(
                "a piece of a key; joined as {} they are one whole RSA-{} key",
                description(&order),
                key.bits()
            );
            rest.push(split_records(count, pieces));
            verified(diagnosis, key, rest);
        }
        Tried::Several => {
            let pieces = "a piece of a key; more than one order of them makes a key".to_owned();
            verified(diagnosis, None, vec![split_records(count, pieces)]);
        }
        Tried::None => {
            let what =
                format!("there are {count} TXT records, servers read only the first, and no order of them makes a key");
            diagnosis.defects.push(Defect::new(DefectKind::SeveralRecords, what));
            settle(&mut diagnosis.defects, false);
        }
    }
}

fn split_records(count: usize, pieces: String) -> Defect {
    let what = format!("{count} TXT records, and servers read only the first: {pieces}");
    Defect { pieces: Some(pieces), ..Defect::new(DefectKind::SplitRecords, what) }
}

fn accepted(diagnosis: &Diagnosis, key: Option<&PublicKey>) -> bool {
    key.is_some() && diagnosis.server.as_ref().ok() == key
}

fn verified(diagnosis: &mut Diagnosis, key: impl Into<Option<PublicKey>>, defects: Vec<Defect>) {
    diagnosis.verified = None;
    diagnosis.defects = defects;
    diagnosis.repaired = key.into().filter(super::is_publishable);
    settle(&mut diagnosis.defects, false);
}

fn description(order: &[usize]) -> String {
    order.iter().map(|at| (at + 1).to_string()).collect::<Vec<_>>().join(", ")
}

type Order = (Vec<usize>, PublicKey, Vec<Defect>);

/// What came out of trying every order.
enum Tried {
    One(Order),
    /// Two orders make different keys, and nothing tells which one is real.
    Several,
    None,
}

/// Tries every order of at least `fewest` pieces; orders that are exact go before those that need repair.
fn tried(pieces: &[Vec<u8>], fewest: usize) -> Tried {
    if pieces.len() < 2 || pieces.len() > PIECES_MAX {
        return Tried::None;
    }
    let mut orders = Vec::new();
    grow(pieces.len(), &mut Vec::new(), &mut orders);
    orders.retain(|order| order.len() >= fewest);
    // Few pieces fit by accident least often.
    orders.sort_by_key(Vec::len);
    match agreed(&orders, pieces, exactly) {
        Tried::None => agreed(&orders, pieces, repairing),
        found => found,
    }
}

type Reading = fn(&[u8], &mut Vec<Defect>) -> Option<PublicKey>;

fn agreed(orders: &[Vec<usize>], pieces: &[Vec<u8>], read: Reading) -> Tried {
    let mut found: Option<Order> = None;
    for order in orders {
        let text: Vec<u8> = order.iter().flat_map(|at| pieces[*at].iter().copied()).collect();
        let mut defects = Vec::new();
        let Some(key) = read(&text, &mut defects) else { continue };
        match &found {
            Some((_, known, _)) if *known != key => return Tried::Several,
            Some(_) => {}
            None => found = Some((order.clone(), key, defects)),
        }
    }
    found.map_or(Tried::None, Tried::One)
}

fn exactly(text: &[u8], defects: &mut Vec<Defect>) -> Option<PublicKey> {
    super::verify(text, None).and_then(|key| super::numbers::judge(key, defects))
}

fn repairing(text: &[u8], defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let key = recover(text, defects)?;
    // A wrong order can be repaired too; the right one needs no such repair.
    let reordered = |defect: &Defect| {
        use DefectKind as K;
        matches!(
            defect.kind,
            K::HalvesSwapped | K::PastedTwice | K::PartsOverlap | K::BytesAfterKey | K::CutAtStart | K::HeaderDamaged
        )
    };
    (!defects.iter().any(reordered)).then_some(key)
}

fn grow(count: usize, chosen: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>) {
    if chosen.len() > 1 {
        orders.push(chosen.clone());
    }
    for at in (0..count).filter(|at| !chosen.contains(at)).collect::<Vec<_>>() {
        chosen.push(at);
        grow(count, chosen, orders);
        chosen.pop();
    }
}

/// Names strings that no name server loads, which can only be in pasted text.
pub(super) fn too_long(longest: usize, diagnosis: &mut Diagnosis) {
    diagnosis.defects.push(Defect::new(
        DefectKind::StringTooLong,
        format!(
            "one string has {}; a string in DNS has at most 255, and name servers refuse the line",
            counted(longest, "byte")
        ),
    ));
    diagnosis.repaired = diagnosis.verified.take().or(diagnosis.repaired.take());
    let accepted = accepted(diagnosis, diagnosis.repaired.as_ref());
    settle(&mut diagnosis.defects, accepted);
}
