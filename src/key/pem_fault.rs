//! Where a text stops being PEM (RFC 7468), for errors about a file of keys or certificates. Nothing of the text is shown, so no
//! secret can pass.

use crate::position::Position;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The first defect of a text that should be PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemFault {
    #[error("it has no `-----BEGIN …-----`")]
    NoBegin,
    #[error("{at}: the `-----BEGIN ` has no `-----` after its label")]
    OpenLabel { at: Position },
    #[error("{at}: the block that begins there has no `-----END …-----`")]
    NoEnd { at: Position },
    #[error("{at}: the label after END is not the one after BEGIN")]
    OtherEnd { at: Position },
    #[error("{at}: a character that is not base64")]
    NotBase64 { at: Position },
    #[error("{at}: the base64 ends there, before a whole group of 4")]
    Length { at: Position },
}

/// Finds the first defect; `None` when all blocks are PEM, whatever they hold.
pub fn find(text: &str) -> Option<PemFault> {
    let mut begin = match text.find(BEGIN) {
        Some(begin) => begin,
        None => return Some(PemFault::NoBegin),
    };
    loop {
        let end = match block(text, begin) {
            Ok(end) => end,
            Err(fault) => return Some(fault),
        };
        begin = end + text[end..].find(BEGIN)?;
    }
}

/// Where the block that begins here ends.
fn block(text: &str, begin: usize) -> Result<usize, PemFault> {
    let at = |offset: usize| Position::of(text, offset);
    let label_at = begin + BEGIN.len();
    let label = text[label_at..].split(DASHES).next().filter(|label| !label.contains(['\n', '\r']));
    let label = label.filter(|label| text[label_at + label.len()..].starts_with(DASHES));
    let label = label.ok_or(PemFault::OpenLabel { at: at(begin) })?;
    let body_at = label_at + label.len() + DASHES.len();
    let body = text[body_at..].split(END).next().unwrap_or_default();
    if body_at + body.len() == text.len() || body.contains(BEGIN) {
        return Err(PemFault::NoEnd { at: at(begin) });
    }
    base64(body).map_err(|fault| match fault {
        Wrong::Character(offset) => PemFault::NotBase64 { at: at(body_at + offset) },
        Wrong::Length(offset) => PemFault::Length { at: at(body_at + offset) },
    })?;
    let end = body_at + body.len() + END.len();
    let is_same = text[end..].strip_prefix(label).is_some_and(|rest| rest.starts_with(DASHES));
    if is_same { Ok(end + label.len() + DASHES.len()) } else { Err(PemFault::OtherEnd { at: at(end - END.len()) }) }
}

/// What is wrong in a body, and where.
enum Wrong {
    Character(usize),
    Length(usize),
}

fn base64(body: &str) -> Result<(), Wrong> {
    let (mut digits, mut last, mut padding) = (0, 0, false);
    for (at, c) in body.char_indices().filter(|(_, c)| !c.is_ascii_whitespace()) {
        let is_digit = c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        if !(is_digit && !padding || c == '=') {
            return Err(Wrong::Character(at));
        }
        padding |= c == '=';
        (digits, last) = (digits + 1, at);
    }
    if digits % 4 == 0 { Ok(()) } else { Err(Wrong::Length(last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_defect_has_its_place() {
        for (text, what) in [
            ("hello", "it has no `-----BEGIN …-----`"),
            ("# mine\n-----BEGIN PUBLIC KEY\nAAAA\n", "line 2 column 1: the `-----BEGIN ` has no"),
            ("\n-----BEGIN PUBLIC KEY-----\nAAAA\n", "line 2 column 1: the block that begins there"),
            ("-----BEGIN A-----\nAAAA\n-----END B-----\n", "line 3 column 1: the label after END"),
            ("-----BEGIN A-----\nAAAA\nAA!A\n-----END A-----\n", "line 3 column 3: a character"),
            ("-----BEGIN A-----AA=A-----END A-----", "line 1 column 21: a character"),
            ("-----BEGIN A-----\nAAAA\nAAA\n-----END A-----\n", "line 3 column 3: the base64 ends there"),
            ("-----BEGIN A-----\nAAAA\n-----END A-----\n-----BEGIN A-----\n?\n-----END A-----\n", "line 5 column 1: a"),
        ] {
            let fault = find(text).unwrap_or_else(|| panic!("{text}")).to_string();
            assert!(fault.starts_with(what), "{text}: {fault}");
        }
        assert_eq!(find("a comment\n-----BEGIN A-----\r\nAA==\r\n-----END A-----\r\n"), None);
    }
}
