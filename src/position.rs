//! A place in a text, as errors name it.

use std::fmt;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

impl Position {
    /// The place of a byte. It must be at a character's boundary.
    pub fn of(text: &str, at: usize) -> Self {
        let before = &text[..at];
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line..].chars().count() + 1 }
    }

    /// The place of a part of a text that was split off it.
    pub fn of_part(text: &str, part: &str) -> Self {
        let at = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        Self::of(text, if text.is_char_boundary(at) { at } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "ab\nç d\n";
        for (part, line, column) in [("ab", 1, 1), ("b", 1, 2), ("ç", 2, 1), ("d", 2, 3)] {
            let at = text.find(part).unwrap();
            assert_eq!(Position::of(text, at), Position { line, column }, "{part}");
            assert_eq!(Position::of_part(text, &text[at..]), Position { line, column }, "{part}");
        }
        assert_eq!(Position::of(text, text.len()), Position { line: 3, column: 1 });
        assert_eq!(Position { line: 2, column: 7 }.to_string(), "line 2 column 7");
    }
}
