//! POSIX shell lines: written so that they survive copy and paste, and read back as a shell would read them.

use crate::error::Hinted;

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
    pub words: Vec<String>,
}

impl Line {
    /// The value of the first of these flags, as `--flag value` or `--flag=value`.
    pub fn value(&self, names: &[&str]) -> Option<&str> {
        self.values(names).first().copied()
    }

    /// All words after the first of these flags, up to the next flag. A word that starts with a dash and has a blank in it is
    /// a value: option parsers such as Python's use that.
    pub fn values(&self, names: &[&str]) -> Vec<&str> {
        for (at, word) in self.words.iter().enumerate() {
            if let Some((flag, value)) = word.split_once('=')
                && names.contains(&flag)
            {
                return vec![value];
            }
            if names.contains(&word.as_str()) {
                let rest = self.words[at + 1..].iter();
                return rest
                    .map(String::as_str)
                    .take_while(|word| !word.starts_with('-') || word.contains(' '))
                    .collect();
            }
        }
        Vec::new()
    }

    /// True when the command starts with these words.
    pub fn starts_with(&self, words: &[&str]) -> bool {
        self.words.len() >= words.len() && self.words.iter().zip(words).all(|(word, wanted)| word == wanted)
    }
}

/// Splits a script into commands. Comments go; variables and substitutions stay as they are.
pub fn lines(text: &str) -> Result<Vec<Line>, Hinted> {
    let (mut lines, mut line, mut word) = (Vec::new(), Line::default(), None::<String>);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '#' if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            '\n' | ';' | '&' | '|' => {
                line.words.extend(word.take());
                lines.push(std::mem::take(&mut line));
            }
            c if c.is_whitespace() => line.words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    line.words.extend(word);
    lines.push(line);
    lines.retain(|line| !line.words.is_empty());
    Ok(lines)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn unclosed() -> Hinted {
    Hinted::new("a quote is opened and never closed", "look for a missing quote at the end of the value")
}

fn quoted(chars: &mut Chars, word: &mut String) -> Result<(), Hinted> {
    loop {
        match chars.next().ok_or_else(unclosed)? {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
}

/// Inside double quotes a backslash escapes four characters only (POSIX.1 2.2.3).
fn double_quoted(chars: &mut Chars, word: &mut String) -> Result<(), Hinted> {
    loop {
        match chars.next().ok_or_else(unclosed)? {
            '"' => return Ok(()),
            '\\' => match chars.next().ok_or_else(unclosed)? {
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
            prop_assert_eq!(&lines[0].words[1], &word);
            prop_assert_eq!(lines[0].value(&["--value"]), Some(word.as_str()));
        }
    }

    #[test]
    fn shells_are_read_as_shells() {
        let script = "# comment\na -v \"x y\" '-----B K' --next=1 \\\n  b\\ c; d\n";
        let found = lines(script).unwrap();
        assert_eq!(found[0].values(&["-v"]), ["x y", "-----B K"]);
        assert_eq!((found[0].words.last().unwrap().as_str(), found[1].words.len()), ("b c", 1));
        assert!(lines("a 'b").is_err());
    }
}
