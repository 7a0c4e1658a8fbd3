//! Where the blocks of a Terraform file are. What is inside them is not looked into, but strings, templates, comments and heredocs
//! are passed over as such (HCL native syntax, "Lexical Elements").

use std::ops::Range;

/// Templates inside strings inside templates.
const DEPTH_MAX: usize = 32;

/// A block at the top of the file: `resource "kind" "name" { ... }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub word: String,
    pub labels: Vec<String>,
    pub range: Range<usize>,
}

/// The blocks; `None` when the text cannot be taken apart.
pub fn blocks(text: &str) -> Option<Vec<Block>> {
    let (bytes, mut at, mut blocks) = (text.as_bytes(), 0, Vec::new());
    loop {
        at = gap(bytes, at)?;
        if at == bytes.len() {
            return Some(blocks);
        }
        let start = at;
        let mut words = Vec::new();
        loop {
            at = gap(bytes, at)?;
            let end = match bytes.get(at)? {
                b'{' => break,
                b'"' => string(bytes, at + 1, 0)?,
                byte if is_word(*byte) => at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count(),
                _ => return None,
            };
            words.push(text.get(at..end)?.trim_matches('"').to_owned());
            at = end;
        }
        at = braces(bytes, at + 1, 0)?;
        let mut words = words.into_iter();
        blocks.push(Block { word: words.next()?, labels: words.collect(), range: start..at });
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Behind white space and comments.
fn gap(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        match comment(bytes, at)? {
            end if end == at => return Some(at),
            end => at = end,
        }
    }
}

/// Behind a comment, if there is one here.
fn comment(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"/*") {
        return rest.windows(2).skip(2).position(|two| two == b"*/").map(|end| at + end + 4);
    }
    let lines = rest.starts_with(b"#") || rest.starts_with(b"//");
    Some(if lines { at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()) } else { at })
}

/// Behind the brace that closes the one before `at`.
fn braces(bytes: &[u8], mut at: usize, depth: usize) -> Option<usize> {
    let mut open = 1;
    while open > 0 {
        let after = comment(bytes, at)?;
        if after != at {
            at = after;
            continue;
        }
        at = match *bytes.get(at)? {
            b'"' => string(bytes, at + 1, depth)?,
            b'<' if bytes[at..].starts_with(b"<<") => heredoc(bytes, at + 2),
            byte => {
                open += match byte {
                    b'{' => 1,
                    b'}' => -1,
                    _ => 0,
                };
                at + 1
            }
        };
    }
    Some(at)
}

/// Behind the closing quote; `at` is behind the opening one.
fn string(bytes: &[u8], mut at: usize, depth: usize) -> Option<usize> {
    if depth > DEPTH_MAX {
        return None;
    }
    loop {
        at = match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at + 2,
            // `$${` is a text, `${` a template.
            sign @ (b'$' | b'%') if bytes.get(at + 1) == Some(&sign) => at + 2,
            b'$' | b'%' if bytes.get(at + 1) == Some(&b'{') => braces(bytes, at + 2, depth + 1)?,
            _ => at + 1,
        };
    }
}

/// Behind `<<NAME` and the line with `NAME`. Without a name it is an operator.
fn heredoc(bytes: &[u8], at: usize) -> usize {
    let start = at + usize::from(bytes.get(at) == Some(&b'-'));
    let name: Vec<u8> = bytes[start..].iter().copied().take_while(|byte| is_word(*byte)).collect();
    let mut line = start + name.len();
    if name.is_empty() {
        return at;
    }
    while let Some(next) = bytes[line..].iter().position(|byte| *byte == b'\n').map(|end| line + end + 1) {
        let end = bytes[next..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| next + end);
        if bytes[next..end].trim_ascii() == name {
            return end;
        }
        line = next;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_whatever_is_inside() {
        let text = r#"# a { comment
terraform { required_version = ">= 1" }
/* } */ resource "aws_route53_record" "a" {
  name = "${var.x["}"]}.${"{"}" // }
  text = <<-EOT
    } "
    EOT
  more = "$${ \" }"
}
"#;
        let blocks = blocks(text).unwrap();
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        assert_eq!((blocks[1].word.as_str(), blocks[1].labels.join(".")), ("resource", "aws_route53_record.a".into()));
        assert!(text[blocks[1].range.clone()].ends_with("more = \"$${ \\\" }\"\n}"));
    }

    #[test]
    fn a_text_without_an_end_is_refused() {
        for text in ["resource \"a\" {", "resource \"a", "x = 1", "/* ", "a { \"${\" }"] {
            assert_eq!(blocks(text), None, "{text}");
        }
        let deep = format!("a {{ x = {}", "\"${".repeat(100_000));
        assert_eq!(blocks(&deep), None);
    }
}
