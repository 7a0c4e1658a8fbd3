//! The numbers in the text of a record, and how a bad one is shown in a message.

use crate::error::Hinted;
use crate::position::Position;

/// A word of a text, and where it begins.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Placed {
    pub text: String,
    pub at: Position,
}

impl Placed {
    /// Reads the word; an error names its place.
    pub fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, Hinted>) -> Result<T, Hinted> {
        read(&self.text).map_err(|why| why.within(self.at))
    }

    /// A number from 0 to 65535.
    pub fn number(&self, what: &str) -> Result<u16, Hinted> {
        self.read(|word| number(what, word))
    }

    /// A TTL in seconds.
    pub fn seconds(&self) -> Result<u32, Hinted> {
        self.read(seconds)
    }
}

/// A number from 0 to 65535.
pub fn number(what: &str, word: &str) -> Result<u16, Hinted> {
    word.trim().parse().map_err(|_| {
        Hinted::new(format!("`{}` is not a {what}", shown(word)), format!("a {what} is a number from 0 to 65535"))
    })
}

/// A TTL in seconds.
pub fn seconds(word: &str) -> Result<u32, Hinted> {
    word.trim().parse().map_err(|_| {
        Hinted::new(format!("`{}` is not a TTL", shown(word)), "a TTL is a whole number of seconds, as in `3600`")
    })
}

/// The beginning of a text, for messages; a long value is no help in one, and a private key must not get into it.
pub fn shown(text: &str) -> String {
    let start: String = text.chars().take(30).collect();
    let start = start.escape_debug().to_string();
    if text.chars().count() > 30 { format!("{start}…") } else { start }
}
