//! YAML of others, with a limit on how deep it is nested: the parser takes quadratic time for brackets in brackets.

use serde_yaml::Value;

use crate::position::Position;

/// Settings are one or two levels deep.
const DEPTH_MAX: usize = 16;

/// Why a text is not read.
#[derive(Debug, thiserror::Error)]
pub enum YamlFailure {
    #[error("{at} is nested more than {DEPTH_MAX} levels deep")]
    TooDeep { at: Position },
    #[error(transparent)]
    Syntax(#[from] serde_yaml::Error),
}

/// Reads one document.
pub fn parse(text: &str) -> Result<Value, YamlFailure> {
    match too_deep(text) {
        Some(at) => Err(YamlFailure::TooDeep { at }),
        None => Ok(serde_yaml::from_str(text)?),
    }
}

/// The first place that may be nested too deep. Brackets in texts count too: settings need none.
fn too_deep(text: &str) -> Option<Position> {
    let mut open = 0usize;
    for (number, line) in text.lines().enumerate() {
        let at = |column| Some(Position { line: number + 1, column });
        for (column, c) in line.chars().enumerate() {
            match c {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEPTH_MAX {
                return at(column + 1);
            }
        }
        let indicators = line.split_whitespace().take_while(|word| matches!(*word, "-" | "?" | ":")).count();
        if indicators > DEPTH_MAX {
            return at(1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_has_a_limit() {
        for deep in
            ["[".repeat(100_000), "{".repeat(1000), "- ".repeat(50_000), "[\n".repeat(50_000), "? ".repeat(1000)]
        {
            assert!(matches!(parse(&format!("domain: 1\n{deep}")), Err(YamlFailure::TooDeep { .. })));
        }
        assert!(parse("releases: [3.18.3, '6.0']\n").is_ok());
        assert!(matches!(parse("a: ["), Err(YamlFailure::Syntax(_))));
    }
}
