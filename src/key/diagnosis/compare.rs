//! How a text differs from the key that was expected.

use crate::key::PublicKey;

/// The first difference between a text and the expected one-line key. Positions count bytes, from 1, as servers count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// One character is another.
    Changed { position: usize },
    /// One character is missing.
    Missing { position: usize },
    /// One character is too many.
    Added { position: usize },
    /// More than one character differs.
    Other { position: usize },
}

impl Difference {
    /// Where the difference starts, from 1.
    pub fn position(self) -> usize {
        match self {
            Self::Changed { position }
            | Self::Missing { position }
            | Self::Added { position }
            | Self::Other { position } => position,
        }
    }

    /// True when a single character makes the whole difference.
    pub fn is_one_character(self) -> bool {
        !matches!(self, Self::Other { .. })
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.position();
        match self {
            Self::Changed { .. } => write!(f, "one character changed: character {at}"),
            Self::Missing { .. } => write!(f, "one character is missing: character {at}"),
            Self::Added { .. } => write!(f, "one character is too many: character {at}"),
            Self::Other { .. } => write!(f, "is another from character {at} on"),
        }
    }
}

/// `None` when the text is the expected key, byte for byte.
pub fn compare(text: &[u8], expected: &PublicKey) -> Option<Difference> {
    let line = expected.one_line();
    let line = line.as_bytes();
    let same = text.iter().zip(line).take_while(|(a, b)| a == b).count();
    if same == text.len() && same == line.len() {
        return None;
    }
    let position = same + 1;
    let after = |bytes: &[u8], skip: usize| bytes.get(same + skip..).map(<[u8]>::to_vec);
    Some(match () {
        () if after(text, 1).is_some() && after(text, 1) == after(line, 1) => Difference::Changed { position },
        () if after(line, 1).is_some() && after(text, 0) == after(line, 1) => Difference::Missing { position },
        () if after(text, 1).is_some() && after(text, 1) == after(line, 0) => Difference::Added { position },
        () => Difference::Other { position },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn one_character_is_distinguished_from_more() {
        let key = PrivateKey::generate(2048).unwrap().public().clone();
        let line = key.one_line();
        let description = |text: &str| compare(text.as_bytes(), &key);
        assert_eq!(description(&line), None);
        let other = if line.as_bytes()[99] == b'A' { "B" } else { "A" };
        assert_eq!(
            description(&format!("{}{other}{}", &line[..99], &line[100..])),
            Some(Difference::Changed { position: 100 })
        );
        assert_eq!(description(&line[..441]), Some(Difference::Missing { position: 442 }));
        assert_eq!(description(&format!("{line}x")), Some(Difference::Added { position: 443 }));
        assert_eq!(description(&line[..255]), Some(Difference::Other { position: 256 }));
        assert_eq!(description(""), Some(Difference::Other { position: 1 }));
    }
}
