//! POSIX shell lines: written so that they survive copy and paste, and read back as a shell would read them.

use super::field::Placed;
use crate::error::Hinted;
use crate::position::{Chars, Position};

/// The word in single quotes, unless it needs none (POSIX.1 2.2.2).
pub fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@,+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// `--flag=value` in quotes. The flag stays attached to its value, which may start with dashes.
pub fn flag(name: &str, value: &str) -> String {
    format!("{name}={}", quote(value))
}

/// The words of one command, and the value of each flag.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Line {
    pub words: Vec<Placed>,
}

impl Line {
    /// The value of the first of these flags, as `--flag value` or `--flag=value`.
    pub fn value(&self, names: &[&str]) -> Option<Placed> {
        self.values(names).into_iter().next()
    }

    /// The same; an empty value at the beginning of the command when there is none.
    pub fn value_or_empty(&self, names: &[&str]) -> Placed {
        let at = self.words.first().map(|word| word.at).unwrap_or_default();
        self.value(names).unwrap_or(Placed { at, text: String::new() })
    }

    /// All words after the first of these flags, up to the next flag. A word that starts with a dash and has a blank in it is
    /// a value: option parsers such as Python's use that.
    pub fn values(&self, names: &[&str]) -> Vec<Placed> {
        for (number, word) in self.words.iter().enumerate() {
            if let Some((flag, value)) = word.text.split_once('=')
                && names.contains(&flag)
            {
                let column = word.at.column + flag.chars().count() + 1;
                return vec![Placed { text: value.to_owned(), at: Position { column, ..word.at } }];
            }
            if names.contains(&word.text.as_str()) {
                let is_value = |word: &&Placed| !word.text.starts_with('-') || word.text.contains(' ');
                return self.words[number + 1..].iter().take_while(is_value).cloned().collect();
            }
        }
        Vec::new()
    }

    /// True when the command starts with these words.
    pub fn starts_with(&self, words: &[&str]) -> bool {
        self.words.len() >= words.len() && self.words.iter().zip(words).all(|(word, wanted)| word.text == *wanted)
    }
}

/// Splits a script into commands. Comments go; variables and substitutions stay as they are.
pub fn lines(text: &str) -> Result<Vec<Line>, Hinted> {
    let (mut lines, mut line, mut word) = (Vec::new(), Line::default(), None::<Placed>);
    let mut chars = Chars::new(text);
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = in_word(&mut word, chars.at());
                if c == '"' { double_quoted(&mut chars, at, word)? } else { quoted(&mut chars, at, word)? }
            }
            '\\' => match chars.next() {
                Some((_, '\n')) | None => {}
                Some((_, escaped)) => in_word(&mut word, at).push(escaped),
            },
            '#' if word.is_none() => while chars.next_if(|c| c != '\n').is_some() {},
            '\n' | ';' | '&' | '|' => {
                line.words.extend(word.take());
                lines.push(std::mem::take(&mut line));
            }
            c if c.is_whitespace() => line.words.extend(word.take()),
            c => in_word(&mut word, at).push(c),
        }
    }
    line.words.extend(word);
    lines.push(line);
    lines.retain(|line| !line.words.is_empty());
    Ok(lines)
}

/// The word that is being read; a new one begins at `at`.
fn in_word(word: &mut Option<Placed>, at: Position) -> &mut String {
    &mut word.get_or_insert_with(|| Placed { text: String::new(), at }).text
}

fn unclosed(at: Position) -> Hinted {
    Hinted::new("a quote is opened and never closed", "look for a missing quote at the end of the value").at(at)
}

fn quoted(chars: &mut Chars, start: Position, word: &mut String) -> Result<(), Hinted> {
    loop {
        match chars.next().ok_or_else(|| unclosed(start))?.1 {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

/// Inside double quotes a backslash escapes four characters only (POSIX.1 2.2.3).
fn double_quoted(chars: &mut Chars, start: Position, word: &mut String) -> Result<(), Hinted> {
    let mut next = || chars.next().map(|(_, c)| c).ok_or_else(|| unclosed(start));
    loop {
        match next()? {
            '"' => return Ok(()),
            '\\' => match next()? {
                '\n' => {}
                c @ ('$' | '`' | '"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_word_survives(word in "\\PC{0,80}") {
            let text = format!("tool {} {}", quote(&word), flag("--value", &word));
            let lines = lines(&text).unwrap();
            prop_assert_eq!(&lines[0].words[1].text, &word);
            prop_assert_eq!(lines[0].value(&["--value"]).map(|value| value.text), Some(word));
        }
    }

    #[test]
    fn shells_are_read_as_shells() {
        let script = "# comment\na -v \"x y\" '-----B K' --next=1 \\\n  b\\ c; d\n";
        let found = lines(script).unwrap();
        let words = |words: &[Placed]| -> Vec<(String, usize, usize)> {
            words.iter().map(|word| (word.text.clone(), word.at.line, word.at.column)).collect()
        };
        assert_eq!(words(&found[0].values(&["-v"])), [("x y".into(), 2, 7), ("-----B K".into(), 2, 13)]);
        assert_eq!(words(&found[0].values(&["--next"])), [("1".into(), 2, 30)]);
        assert_eq!(words(&found[0].words[5..]), [("b c".into(), 3, 3)]);
        assert_eq!(
            (words(&found[1].words), found[1].value_or_empty(&["-v"]).at.column),
            ([("d".into(), 3, 9)].into(), 9)
        );
        assert!(lines("a 'b").unwrap_err().to_string().starts_with("line 1 column 3: "));
    }
}
