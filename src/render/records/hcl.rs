//! The part of Terraform's language that records need: resource blocks with literal values.

use std::ops::Range;

use ::hcl::edit::Span;
use ::hcl::edit::parser::parse_body;
use ::hcl::{Expression, ObjectKey, Structure};
use serde_json::{Map, Value};

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

/// The arguments of a resource; blocks inside it are lists of objects.
#[derive(Debug)]
pub struct Body(Map<String, Value>);

impl Body {
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A string; empty when it is not one.
    pub fn str(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }

    /// A list; empty when it is not one.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The names of its arguments and blocks.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    pub fn ttl(&self) -> Result<u32, Hinted> {
        super::json::ttl(self.get("ttl"))
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
    refuse_nesting(text)?;
    let file = parse_body(text).map_err(|error| bad(&Untrusted(&error.to_string()).to_string()))?;
    if let Some(argument) = file.attributes().next() {
        let at = argument.span().map_or(0, |span| span.start);
        let what = format!("`{}` is outside of a block", Untrusted(argument.key.as_str()));
        return Err(bad(&format!("{}: {what}", Position::of(text, at))));
    }
    let located = |block: &::hcl::edit::structure::Block| {
        let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        Some(Located { word: block.ident.to_string(), labels, range: block.span()? })
    };
    Ok(file.blocks().filter_map(located).collect())
}

/// The bodies of all resources of these kinds. Other blocks may hold whatever Terraform takes.
pub fn resources(text: &str, kinds: &[&str]) -> Result<Vec<Body>, Hinted> {
    refuse_nesting(text)?;
    let file = ::hcl::parse(text).map_err(|error| bad(&Untrusted(&error.to_string()).to_string()))?;
    let wanted = |block: &::hcl::Block| {
        block.identifier() == "resource" && block.labels().first().is_some_and(|kind| kinds.contains(&kind.as_str()))
    };
    file.into_blocks().filter(wanted).map(|block| body(block.body).map(Body)).collect()
}

fn refuse_nesting(text: &str) -> Result<(), Hinted> {
    match too_deep(text) {
        Some(at) => Err(bad(&format!("{}: brackets are nested more than {DEPTH_MAX} deep", Position::of(text, at)))),
        None => Ok(()),
    }
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

fn bad(what: &str) -> Hinted {
    Hinted::new(format!("this is not Terraform as fedctl reads it: {what}"), "give resource blocks with literal values")
}

fn body(body: ::hcl::Body) -> Result<Map<String, Value>, Hinted> {
    let mut map = Map::new();
    for structure in body {
        match structure {
            Structure::Attribute(argument) => {
                map.insert(argument.key.to_string(), value(argument.expr)?);
            }
            Structure::Block(block) => {
                let inner = Value::Object(self::body(block.body)?);
                match map.entry(block.identifier.to_string()).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(blocks) => blocks.push(inner),
                    other => *other = inner,
                }
            }
        }
    }
    Ok(map)
}

/// A literal; an expression is its text.
fn value(expression: Expression) -> Result<Value, Hinted> {
    Ok(match expression {
        Expression::Null => Value::Null,
        Expression::Bool(value) => Value::Bool(value),
        Expression::Number(number) => number.as_u64().map_or_else(|| Value::String(number.to_string()), Value::from),
        Expression::String(text) => Value::String(text),
        Expression::Array(items) => Value::Array(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Expression::Object(object) => {
            let pair = |(key, item): (ObjectKey, Expression)| Ok((key.to_string(), value(item)?));
            Value::Object(object.into_iter().map(pair).collect::<Result<_, Hinted>>()?)
        }
        Expression::TemplateExpr(_) => return Err(bad("a template in a string")),
        other => Value::String(other.to_string()),
    })
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
