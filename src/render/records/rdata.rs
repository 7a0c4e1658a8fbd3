//! Record data as text: what stands after the type in a zone file, and in most providers' value boxes.

use super::Place;
use super::field::{number, shown};
use crate::dns::record::{CharacterString, RData, Rr, STRING_MAX};
use crate::dns::zone_file;
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::records::{DEFAULT_TTL, Data};

/// `1 1 443 chat.mydomain.com` and the end of the target: a dot or nothing.
pub fn srv(data: &Data, end: &str) -> Option<String> {
    match data {
        Data::Srv { priority, weight, port, target } => Some(format!("{priority} {weight} {port} {target}{end}")),
        Data::Txt(_) => None,
    }
}

/// The strings of a TXT value in quotes with one blank between them: `"K1" "K2"`.
pub fn quoted(data: &Data) -> String {
    joined(&data.chunks(STRING_MAX), " ")
}

/// Strings in quotes with `between` between them.
pub fn joined(chunks: &[&[u8]], between: &str) -> String {
    let quoted: Vec<String> = chunks.iter().map(|chunk| format!("{:?}", CharacterString(chunk.to_vec()))).collect();
    quoted.join(between)
}

/// `1 1 443 chat.mydomain.com.` or `"K1" "K2"`.
pub fn any(data: &Data) -> String {
    srv(data, ".").unwrap_or_else(|| quoted(data))
}

/// The value as it is, for forms that cut and quote by themselves. They hold printable ASCII only.
pub fn plain(data: &Data) -> Result<String, Hinted> {
    let Data::Txt(value) = data else { return Ok(any(data)) };
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => Ok(text.to_owned()),
        _ => Err(Hinted::new(
            "this form takes printable ASCII only, and a value has other bytes",
            "use --format zone or --format route53",
        )),
    }
}

/// Cuts a whole value as providers do that cut by themselves.
pub fn cut(value: &[u8]) -> RData {
    let strings =
        if value.is_empty() { vec![CharacterString(Vec::new())] } else { value.chunks(STRING_MAX).map(text).collect() };
    RData::Txt(strings)
}

fn text(chunk: &[u8]) -> CharacterString {
    CharacterString(chunk.to_vec())
}

/// Reads `1 1 443 chat.mydomain.com.`; the dot may be missing.
pub fn read_srv(value: &str) -> Result<RData, Hinted> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let [priority, weight, port, target] = words.as_slice() else {
        return Err(Hinted::new(
            format!("`{}` is not the value of an SRV record", shown(value)),
            "write priority, weight, port and target, as in `1 1 443 chat.mydomain.com.`",
        ));
    };
    let number = |what, word| number(what, word).map_err(|why| why.at(Position::of_part(value, word)));
    let [priority, weight, port] = [number("priority", priority)?, number("weight", weight)?, number("port", port)?];
    Ok(RData::Srv { priority, weight, port, target: host(target) })
}

/// A target as peers end up with it: lower case, without the final dot.
pub fn host(target: &str) -> String {
    let lower = target.to_ascii_lowercase();
    lower.strip_suffix('.').unwrap_or(&lower).to_owned()
}

/// Reads a zone file, or entries of one.
pub fn read_entries(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    zone_file::records(text, place.zone.as_str(), DEFAULT_TTL)
}

/// Reads `"K1" "K2"`, or bare words, each one string.
pub fn read_txt(value: &str) -> Result<RData, Hinted> {
    let words = zone_file::words(value)?;
    let strings = words.iter().map(zone_file::Word::string).collect::<Result<Vec<CharacterString>, Hinted>>()?;
    if strings.is_empty() {
        return Err(Hinted::new("a TXT record has no value", "write the value in quotes"));
    }
    Ok(RData::Txt(strings))
}
