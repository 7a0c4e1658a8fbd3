//! The part of Terraform's language that records need: resource blocks with literal values.

use serde_json::{Map, Value};

use crate::error::Hinted;
use crate::rocketchat::records::{Record, RecordSet};

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

/// The bodies of all resources of these kinds.
pub fn resources(text: &str, kinds: &[&str]) -> Result<Vec<Body>, Hinted> {
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable() };
    let mut bodies = Vec::new();
    while let Some(token) = reader.tokens.next() {
        let Token::Word(word) = token else { continue };
        let mut labels = Vec::new();
        while let Some(Token::Text(label)) = reader.tokens.next_if(|token| matches!(token, Token::Text(_))) {
            labels.push(label);
        }
        if reader.tokens.next_if_eq(&Token::Mark('{')).is_some() {
            let body = reader.body()?;
            if word == "resource" && labels.first().is_some_and(|kind| kinds.contains(&kind.as_str())) {
                bodies.push(Body(body));
            }
        }
    }
    Ok(bodies)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A quoted string, without its escapes.
    Text(String),
    /// A name, a number, or an expression that is not looked into.
    Word(String),
    Mark(char),
    LineEnd,
}

fn bad(what: &str) -> Hinted {
    Hinted::new(format!("this is not Terraform as fedctl reads it: {what}"), "give resource blocks with literal values")
}

fn tokens(text: &str) -> Result<Vec<Token>, Hinted> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => tokens.push(Token::Text(quoted(&mut chars)?)),
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '\n' => tokens.push(Token::LineEnd),
            '{' | '}' | '[' | ']' | '=' | ',' | ':' => tokens.push(Token::Mark(c)),
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"{}[]=,:\"#".contains(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars>) -> Result<String, Hinted> {
    let mut out = String::new();
    loop {
        match chars.next().ok_or_else(|| bad("a quote is opened and never closed"))? {
            '"' => return Ok(out),
            '\\' => out.push(match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c @ ('"' | '\\')) => c,
                _ => return Err(bad("an unknown escape in a string")),
            }),
            // `$${` is a text, `${` a template.
            c @ ('$' | '%') => {
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('{'), _) => return Err(bad("a template in a string")),
                    (Some(next), Some('{')) if next == c => out.extend(chars.next()),
                    _ => out.push(c),
                }
            }
            c => out.push(c),
        }
    }
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Reader {
    /// Arguments and blocks up to the closing brace.
    fn body(&mut self) -> Result<Map<String, Value>, Hinted> {
        let mut map = Map::new();
        loop {
            let name = match self.tokens.next().ok_or_else(|| bad("a brace is opened and never closed"))? {
                Token::Mark('}') => return Ok(map),
                Token::LineEnd | Token::Mark(',') => continue,
                Token::Word(name) | Token::Text(name) => name,
                Token::Mark(mark) => return Err(bad(&format!("a `{mark}` where a name should be"))),
            };
            match self.tokens.next() {
                Some(Token::Mark('=' | ':')) => {
                    let value = self.value()?;
                    map.insert(name, value);
                }
                Some(Token::Mark('{')) => {
                    let block = Value::Object(self.body()?);
                    match map.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                        Value::Array(blocks) => blocks.push(block),
                        other => *other = block,
                    }
                }
                _ => return Err(bad(&format!("`{}` has no value", super::field::shown(&name)))),
            }
        }
    }

    fn value(&mut self) -> Result<Value, Hinted> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(word.parse::<u64>().map_or(Value::String(word), Value::from)),
            Some(Token::Mark('{')) => Ok(Value::Object(self.body()?)),
            Some(Token::Mark('[')) => self.list(),
            _ => Err(bad("an argument without a value")),
        }
    }

    fn list(&mut self) -> Result<Value, Hinted> {
        let mut items = Vec::new();
        loop {
            match self.tokens.peek() {
                Some(Token::Mark(']')) => {
                    self.tokens.next();
                    return Ok(Value::Array(items));
                }
                Some(Token::Mark(',') | Token::LineEnd) => drop(self.tokens.next()),
                Some(_) => items.push(self.value()?),
                None => return Err(bad("a list is opened and never closed")),
            }
        }
    }
}
