//! YAML of others, with a limit on how deep it is nested: the parser takes quadratic time for brackets in brackets.

use serde_yaml::Value;

/// Settings are one or two levels deep.
const DEPTH_MAX: usize = 16;

/// Why a text is not read.
#[derive(Debug, thiserror::Error)]
pub enum YamlFailure {
    #[error("line {line} is nested more than {DEPTH_MAX} levels deep")]
    TooDeep { line: usize },
    #[error(transparent)]
    Syntax(#[from] serde_yaml::Error),
}

/// Reads one document.
pub fn parse(text: &str) -> Result<Value, YamlFailure> {
    match too_deep(text) {
        Some(line) => Err(YamlFailure::TooDeep { line }),
        None => Ok(serde_yaml::from_str(text)?),
    }
}

/// The first line that may be nested too deep, from 1. Brackets in texts count too: settings need none.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0usize;
    for (at, line) in text.lines().enumerate() {
        for c in line.chars() {
            match c {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEPTH_MAX {
                return Some(at + 1);
            }
        }
        let indicators = line.split_whitespace().take_while(|word| matches!(*word, "-" | "?" | ":")).count();
        if indicators > DEPTH_MAX {
            return Some(at + 1);
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
