//! The part of Terraform's language that records need: resource blocks with literal values.

use std::ops::Range;

use ::hcl::edit::Span;
use ::hcl::edit::expr::{Expression, ObjectKey, ObjectValue};
use ::hcl::edit::parser::parse_body;
use ::hcl::edit::structure::{self, Body, Structure};
use serde_json::{Map, Value};

use super::json::{Document, Node};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::records::{Record, RecordSet};
use crate::text::Untrusted;

/// A quoted string: backslash escapes, and templates made harmless (HCL native syntax, "Template Expressions").
pub fn string(text: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c => out.push(c),
        }
    }
    out + "\""
}

/// One resource block on its way to text.
pub struct Block {
    head: String,
    rows: Vec<(&'static str, String)>,
    tail: String,
}

impl Block {
    /// `resource "kind" "rocketchat_tcp" {`; the name comes from the owner's own labels.
    pub fn resource(kind: &str, set: &RecordSet, record: &Record) -> Self {
        let own = record.owner.strip_suffix(set.domain.as_str()).unwrap_or(&record.owner);
        let words: Vec<&str> =
            own.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        Self {
            head: format!("resource \"{kind}\" \"{}\" {{\n", words.join("_")),
            rows: Vec::new(),
            tail: String::new(),
        }
    }

    /// An expression.
    pub fn raw(mut self, name: &'static str, value: &str) -> Self {
        self.rows.push((name, value.to_owned()));
        self
    }

    /// A string.
    pub fn text(self, name: &'static str, value: &str) -> Self {
        self.raw(name, &string(value))
    }

    /// A number.
    pub fn number(self, name: &'static str, value: u32) -> Self {
        self.raw(name, &value.to_string())
    }

    /// Lines after the arguments, for a block inside the block.
    pub fn inner(mut self, lines: String) -> Self {
        self.tail = lines;
        self
    }

    /// The text, with the equals signs in one column as `terraform fmt` puts them.
    pub fn end(self) -> String {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let rows: String = self.rows.iter().map(|(name, value)| format!("  {name:<width$} = {value}\n")).collect();
        format!("{}{rows}{}}}\n", self.head, self.tail)
    }
}

/// Brackets within brackets; the library would read deeper ones until the stack ends.
const DEPTH_MAX: usize = 64;

/// A block at the top of a file, such as `resource "kind" "name" { ... }`, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub word: String,
    pub labels: Vec<String>,
    /// From its word to its closing brace, in bytes.
    pub range: Range<usize>,
}

/// The blocks of a file, whatever is inside them.
pub fn locate(text: &str) -> Result<Vec<Located>, Hinted> {
    let file = parse(text)?;
    if let Some(argument) = file.attributes().next() {
        let at = argument.span().map_or(0, |span| span.start);
        let what = format!("`{}` is outside of a block", Untrusted(argument.key.as_str()));
        return Err(bad(&what, Position::of(text, at)));
    }
    let located = |block: &structure::Block| {
        let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        Some(Located { word: block.ident.to_string(), labels, range: block.span()? })
    };
    Ok(file.blocks().filter_map(located).collect())
}

/// The blocks of a file, those of these kinds with their arguments: blocks inside them are lists of objects. Other blocks may hold
/// whatever Terraform takes.
pub fn resources<'a>(text: &'a str, kinds: &[&str]) -> Result<Document<'a>, Hinted> {
    let wanted = |block: &structure::Block| {
        block.ident.as_str() == "resource" && block.labels.first().is_some_and(|kind| kinds.contains(&kind.as_str()))
    };
    let read = |block: &structure::Block| if wanted(block) { body(&block.body, text) } else { Ok(Value::Null) };
    let value = parse(text)?.blocks().map(read).collect::<Result<_, _>>()?;
    Ok(Document { text, value: Value::Array(value), place })
}

/// The blocks of the kinds that were wanted.
pub fn bodies<'a>(file: &'a Document) -> Vec<Node<'a>> {
    file.root().items().into_iter().filter(|body| !body.is_null()).collect()
}

fn parse(text: &str) -> Result<Body, Hinted> {
    if let Some(at) = too_deep(text) {
        return Err(bad(&format!("brackets are nested more than {DEPTH_MAX} deep"), Position::of(text, at)));
    }
    parse_body(text).map_err(|error| {
        let at = Position { line: error.location().line(), column: error.location().column() };
        bad(&Untrusted(error.message()).to_string(), at)
    })
}

/// The place of a value of [`resources()`].
fn place(text: &str, way: &[String]) -> Position {
    let found = || {
        let file = parse_body(text).ok()?;
        let (number, way) = way.split_first()?;
        let block = file.blocks().nth(number.parse().ok()?)?;
        in_body(&block.body, way).or(block.span())
    };
    found().map_or_else(Position::default, |span| Position::of(text, span.start))
}

fn in_body(body: &Body, way: &[String]) -> Option<Range<usize>> {
    let (name, way) = way.split_first()?;
    if let Some(argument) = body.get_attribute(name) {
        return in_expression(&argument.value, way);
    }
    let mut blocks = body.get_blocks(name);
    let Some((number, way)) = way.split_first() else { return blocks.next()?.span() };
    let block = blocks.nth(number.parse().ok()?)?;
    in_body(&block.body, way).or(block.span())
}

fn in_expression(expression: &Expression, way: &[String]) -> Option<Range<usize>> {
    let inner = way.split_first().and_then(|(step, way)| match expression {
        Expression::Array(items) => in_expression(items.get(step.parse().ok()?)?, way),
        Expression::Object(object) => {
            let (_, item) = object.iter().find(|(key, _)| key_text(key) == *step)?;
            in_expression(item.expr(), way)
        }
        _ => None,
    });
    inner.or(expression.span())
}

/// The first bracket that is nested too deep; those in strings and comments count too.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        open > DEPTH_MAX
    })
}

fn bad(what: &str, at: Position) -> Hinted {
    let hint = "give resource blocks with literal values";
    Hinted::new(format!("this is not Terraform as fedctl reads it: {what}"), hint).at(at)
}

fn body(body: &Body, text: &str) -> Result<Value, Hinted> {
    let mut map = Map::new();
    for structure in body {
        match structure {
            Structure::Attribute(argument) => {
                map.insert(argument.key.to_string(), value(&argument.value, text)?);
            }
            Structure::Block(block) => {
                let inner = self::body(&block.body, text)?;
                match map.entry(block.ident.to_string()).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(blocks) => blocks.push(inner),
                    other => *other = inner,
                }
            }
        }
    }
    Ok(Value::Object(map))
}

/// A literal; an expression is its text.
fn value(expression: &Expression, text: &str) -> Result<Value, Hinted> {
    Ok(match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(value) => Value::Bool(**value),
        Expression::Number(number) => number.as_u64().map_or_else(|| Value::String(number.to_string()), Value::from),
        Expression::String(text) => Value::String(text.to_string()),
        Expression::Array(items) => items.iter().map(|item| value(item, text)).collect::<Result<_, _>>()?,
        Expression::Object(object) => {
            let pair = |(key, item): (&ObjectKey, &ObjectValue)| Ok((key_text(key), value(item.expr(), text)?));
            Value::Object(object.iter().map(pair).collect::<Result<_, Hinted>>()?)
        }
        Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
            let at = expression.span().map_or(0, |span| span.start);
            return Err(bad("a template in a string", Position::of(text, at)));
        }
        other => Value::String(::hcl::Expression::from(other.clone()).to_string()),
    })
}

fn key_text(key: &ObjectKey) -> String {
    ::hcl::ObjectKey::from(key.clone()).to_string()
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
        let blocks = locate(text).unwrap();
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        assert_eq!((blocks[1].word.as_str(), blocks[1].labels.join(".")), ("resource", "aws_route53_record.a".into()));
        let block = &text[blocks[1].range.clone()];
        assert!(block.starts_with("resource") && block.ends_with("more = \"$${ \\\" }\"\n}"), "{block}");
    }

    #[test]
    fn what_is_no_list_of_blocks_is_refused() {
        let deep = format!("a {{ x = {}", "\"${".repeat(100_000));
        for text in ["resource \"a\" {", "resource \"a", "x = 1", "/* ", "a { \"${\" }", &deep] {
            assert!(locate(text).is_err(), "{text}");
        }
    }
}
