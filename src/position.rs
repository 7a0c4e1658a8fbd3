//! A place in a text, as errors name it.

use std::collections::HashMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
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

    /// The place of a part that was split off a text, which is where the part begins in memory. A part of another text is at the
    /// beginning.
    pub fn of_part(text: &str, part: &str) -> Self {
        let at = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        // No number outside of the text is a boundary.
        Self::of(text, if text.is_char_boundary(at) { at } else { 0 })
    }

    /// The place in a text of a place in its part that begins at `start`.
    pub fn within(self, start: Self) -> Self {
        let column = if self.line == 1 { start.column + self.column - 1 } else { self.column };
        Self { line: start.line + self.line - 1, column }
    }

    /// The place of a value in JSON: `way` holds the members and the numbers of items that lead to it. Where the way ends early, the
    /// value that has no such member.
    pub fn in_json(text: &str, way: &[String]) -> Self {
        let Ok(mut here) = serde_json::from_str::<&RawValue>(text) else { return Self::default() };
        for step in way {
            let inner = match here.get().starts_with('[') {
                true => serde_json::from_str::<Vec<&RawValue>>(here.get())
                    .ok()
                    .and_then(|items| items.get(step.parse::<usize>().ok()?).copied()),
                false => serde_json::from_str::<HashMap<String, &RawValue>>(here.get())
                    .ok()
                    .and_then(|members| members.get(step).copied()),
            };
            let Some(inner) = inner else { break };
            here = inner;
        }
        Self::of_part(text, here.get())
    }

    /// The same in YAML.
    pub fn in_yaml(text: &str, way: &[String]) -> Self {
        Self::on_way(text, Way { steps: way, ends_at_name: false })
    }

    /// The place of a name at the top of a YAML text.
    pub fn of_name_in_yaml(text: &str, name: &str) -> Self {
        Self::on_way(text, Way { steps: &[name.to_owned()], ends_at_name: true })
    }

    fn on_way(text: &str, way: Way) -> Self {
        let found = way.deserialize(serde_yaml::Deserializer::from_str(text)).err().and_then(|end| end.location());
        found.map_or_else(Self::default, |at| Self { line: at.line(), column: at.column() })
    }
}

/// What the reader of JSON found, without its place, and the place.
pub fn in_words(error: &serde_json::Error) -> (String, Position) {
    let all = error.to_string();
    let what = all.rsplit_once(" at line ").map_or(&*all, |(what, _)| what).to_owned();
    // An empty text ends before its first column.
    (what, Position { line: error.line().max(1), column: error.column().max(1) })
}

/// The characters of a text, each with its position.
#[derive(Debug, Clone)]
pub struct Chars<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    next: Position,
}

impl<'a> Chars<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), next: Position::default() }
    }

    /// The place of the next character.
    pub fn at(&self) -> Position {
        self.next
    }

    pub fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    pub fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|c| wanted(*c))?;
        self.next().map(|(_, c)| c)
    }
}

impl Iterator for Chars<'_> {
    type Item = (Position, char);

    fn next(&mut self) -> Option<(Position, char)> {
        let (at, c) = (self.next, self.rest.next()?);
        self.next = match c {
            '\n' => Position { line: at.line + 1, column: 1 },
            _ => Position { column: at.column + 1, ..at },
        };
        Some((at, c))
    }
}

/// Reads YAML up to a value and fails there: only errors have a place.
#[derive(Clone, Copy)]
struct Way<'a> {
    steps: &'a [String],
    ends_at_name: bool,
}

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        document.deserialize_any(self)
    }
}

/// Anything but a list and a mapping is the end of the way: the other methods fail by themselves.
impl<'de> de::Visitor<'de> for Way<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the end of the way")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, steps)) = self.steps.split_first() else { return Err(end()) };
        let name = Name { name: step, is_end: self.ends_at_name && steps.is_empty() };
        while let Some(is_next) = map.next_key_seed(name)? {
            match is_next {
                true => map.next_value_seed(Way { steps, ..self })?,
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Err(end())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((step, steps)) = self.steps.split_first() else { return Err(end()) };
        let before = step.parse().unwrap_or(usize::MAX);
        for _ in 0..before {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Err(end());
            }
        }
        list.next_element_seed(Way { steps, ..self })?;
        Err(end())
    }
}

fn end<E: de::Error>() -> E {
    E::custom("the end of the way")
}

/// Compares the name of a member.
#[derive(Clone, Copy)]
struct Name<'a> {
    name: &'a str,
    is_end: bool,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<bool, D::Error> {
        name.deserialize_str(self)
    }
}

impl de::Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<bool, E> {
        match name == self.name {
            true if self.is_end => Err(end()),
            is_next => Ok(is_next),
        }
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
        assert_eq!(Position::of_part(text, &text[text.len()..]), Position { line: 3, column: 1 });
        assert_eq!(Position::of_part(text, "elsewhere"), Position::default());
        assert_eq!(Position { line: 2, column: 7 }.to_string(), "line 2 column 7");
        let start = Position { line: 5, column: 10 };
        assert_eq!(Position { line: 1, column: 3 }.within(start), Position { line: 5, column: 12 });
        assert_eq!(Position { line: 2, column: 3 }.within(start), Position { line: 6, column: 3 });
    }

    fn way(steps: &str) -> Vec<String> {
        steps.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_value_is_found_in_json_and_yaml() {
        let json = "{\"a\": 1,\n \"b\": [{\"c\": \"x\\\"\"},\n  {\"ç\": 1, \"c\": {\"d\": null}}]}";
        let yaml = "# note\na: 1\nb:\n  - c: x\n  - {ç: 1, c: {d: null}}\n7: [1, 2]\n";
        for (steps, in_json, in_yaml) in [
            ("a", (1, 7), (2, 4)),
            ("b", (2, 7), (4, 3)),
            ("b 0 c", (2, 14), (4, 8)),
            ("b 1 c d", (3, 23), (5, 19)),
            // What is missing is where it should be.
            ("b 1 x", (3, 3), (5, 5)),
            ("b 2", (2, 7), (4, 3)),
            ("a x", (1, 7), (2, 4)),
            ("x", (1, 1), (2, 1)),
        ] {
            let place = |(line, column)| Position { line, column };
            assert_eq!(Position::in_json(json, &way(steps)), place(in_json), "{steps}");
            assert_eq!(Position::in_yaml(yaml, &way(steps)), place(in_yaml), "{steps}");
        }
        assert_eq!(Position::of_name_in_yaml(yaml, "b"), Position { line: 3, column: 1 });
        assert_eq!(Position::of_name_in_yaml(yaml, "7"), Position { line: 6, column: 1 });
        assert_eq!(Position::of_name_in_yaml("{a: 1, b: 2}", "b"), Position { line: 1, column: 8 });
        assert_eq!(Position::in_json("{", &way("a")), Position::default());
        assert_eq!(Position::in_yaml("", &way("a")), Position::default());
    }
}
