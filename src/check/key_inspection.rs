//! The findings about one text that should be a public key: what `fedctl key inspect` reports, in the checks of the catalogue.

use super::{key_match, key_record, key_strength, key_text};
use crate::count::counted;
use crate::key::PublicKey;
use crate::key::diagnosis::{Defect, DefectKind, Diagnosis, Difference};
use crate::report::wording::sentence;
use crate::report::{Line, Problem, Verdict, with_line};

/// What was inspected.
pub struct Inspected<'a> {
    /// Bytes of the value that a server would read.
    pub length: usize,
    /// What the input was recognised as, when it was not the bare value.
    pub read_as: Option<String>,
    pub diagnosis: &'a Diagnosis,
    pub expected: Option<&'a PublicKey>,
    /// How the value differs from the expected key.
    pub difference: Option<Difference>,
}

impl Inspected<'_> {
    /// The key in the text, exact or as servers read it.
    pub fn key(&self) -> Option<&PublicKey> {
        self.diagnosis.verified.as_ref().or(self.diagnosis.server.as_ref().ok())
    }
}

/// The check that a defect belongs to.
fn check_of(kind: DefectKind) -> &'static str {
    match kind {
        _ if DefectKind::OF_SETS.contains(&kind) => key_record::CHECK.id,
        _ if DefectKind::OF_NUMBERS.contains(&kind) => key_strength::CHECK.id,
        DefectKind::OtherKey | DefectKind::OneCharacterChanged => key_match::CHECK.id,
        _ => key_text::CHECK.id,
    }
}

/// One line for each check.
pub fn judge(inspected: &Inspected) -> Vec<Line> {
    let line = |id, verdict| Line { id, minor: false, verdict };
    let of = |id: &str| -> Vec<&Defect> {
        inspected.diagnosis.defects.iter().filter(|defect| check_of(defect.kind) == id).collect()
    };
    let mut lines = Vec::new();
    for id in [key_text::CHECK.id, key_record::CHECK.id, key_strength::CHECK.id, key_match::CHECK.id] {
        match of(id).as_slice() {
            [worst, others @ ..] => lines.push(line(id, problem(inspected, worst, others).into())),
            [] => lines.extend(passed(inspected, id).map(|verdict| line(id, verdict))),
        }
    }
    lines
}

/// What is worth a line when a check found no defect.
fn passed(inspected: &Inspected, id: &str) -> Option<Verdict> {
    let note = match inspected.key() {
        Some(key) if id == key_text::CHECK.id && inspected.diagnosis.verified.is_some() => {
            let (bits, exponent) = (key.bits(), key.exponent());
            format!("RSA-{bits}, exponent {exponent}, {}; servers accept it", counted(inspected.length, "byte"))
        }
        _ if id == key_match::CHECK.id => match (inspected.expected?, inspected.difference) {
            (_, None) => "equals the expected key".to_owned(),
            (_, Some(difference)) => {
                return Some(Verdict::Skip {
                    why: format!("differs from the expected key: {difference}; see key-text"),
                });
            }
        },
        _ => return None,
    };
    Some(Verdict::Pass { note })
}

fn problem(inspected: &Inspected, worst: &Defect, others: &[&Defect]) -> Problem {
    let diagnosis = inspected.diagnosis;
    let named = |defect: &Defect| format!("{} ({})", defect.what, defect.kind);
    let means = match &diagnosis.server {
        _ if worst.kind == DefectKind::PrivateKey => "this must never be published; stop using this key".to_owned(),
        _ if worst.kind == DefectKind::OtherKey => "peers that use it cannot open what your server sends".to_owned(),
        Ok(_) => "servers accept this text".to_owned(),
        Err(log) => format!("servers refuse this text and log `{log}`"),
    };
    let fix = match &diagnosis.repaired {
        Some(key) => with_line("Publish this value instead:", &key.one_line()),
        None => sentence(worst.kind.remedy()),
    };
    Problem::new(worst.severity, named(worst), means, fix).seen(others.iter().map(|defect| named(defect)))
}
