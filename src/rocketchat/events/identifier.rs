//! Identifiers: random ones for documents, and the hash that names an event of version 2.
//!
//! The hash is SHA-256 of the event's origin, context, parents, type, time and data written one after the other as JavaScript
//! writes them. The text is hashed as CESU-8, that is UTF-16 units encoded one by one: a character above U+FFFF becomes two
//! surrogates of three bytes each.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::Offset;
use rand::RngExt;
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use super::time_zones::TIME_ZONES;

/// The characters of a server's random identifiers; those that look alike are left out.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz";
/// Characters of a random identifier.
const LENGTH: usize = 17;
/// Characters of an event's identifier: SHA-256 in hex.
const HASH_LENGTH: usize = 64;
/// The member that marks a time in EJSON.
const DATE: &str = "$date";
/// From here on JavaScript writes a number with an exponent, and below this too.
const LARGE: f64 = 1e21;
const SMALL: f64 = 1e-6;
/// The largest number that JavaScript treats as the index of an array; such members come first in an object.
const INDEX_MAX: u64 = 4_294_967_294;

/// A time zone as a server writes it behind its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone<'a> {
    /// Minutes east of UTC.
    pub minutes: i16,
    pub name: &'a str,
}

/// Greenwich, as Node 10 and later name it.
pub const UTC: Zone<'static> = Zone { minutes: 0, name: "Coordinated Universal Time" };

impl std::fmt::Display for Zone<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(f, "GMT{sign}{:02}{:02} ({})", minutes / 60, minutes % 60, self.name)
    }
}

/// A random identifier as servers make them for rooms, users and messages.
pub fn random() -> String {
    let mut rng = rand::rng();
    (0..LENGTH).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// The same identifier for the same text every time, in the form of a random one.
pub fn stable(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(LENGTH).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// True for what can be the identifier of an event of version 2.
pub fn is_hash(text: &str) -> bool {
    text.len() == HASH_LENGTH && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The identifier of an event that was made in this time zone; `None` when the time is missing.
pub fn of_event(event: &Value, zone: Zone) -> Option<String> {
    let (before, after) = parts(event)?;
    Some(hash(&format!("{before}{}{after}", date(time(event)?, zone)?)))
}

/// The time zone in which the event's own identifier comes out; there is none when the event was changed, or made by a program
/// that derives identifiers in another way.
pub fn zone_of(event: &Value) -> Option<Zone<'static>> {
    let id = event.get("_id")?.as_str()?;
    let ((before, after), time) = (parts(event)?, time(event)?);
    let zones =
        TIME_ZONES.iter().flat_map(|(minutes, names)| names.iter().map(|name| Zone { minutes: *minutes, name }));
    std::iter::once(UTC)
        .chain(zones)
        .find(|zone| date(time, *zone).is_some_and(|date| hash(&format!("{before}{date}{after}")) == id))
}

/// What is hashed before and after the time.
fn parts(event: &Value) -> Option<(String, String)> {
    let parents = event.get("parentIds").and_then(Value::as_array)?;
    let parents: Vec<&str> = parents.iter().map(Value::as_str).collect::<Option<_>>()?;
    let text = |name: &str| event.get(name).map_or("undefined", |value| value.as_str().unwrap_or_default());
    let json = |name: &str| event.get(name).map_or_else(|| "undefined".to_owned(), stringify);
    let before = format!("{}{}{}{}", text("origin"), json("context"), parents.join(","), text("type"));
    Some((before, json("data")))
}

fn time(event: &Value) -> Option<i64> {
    event.pointer("/timestamp/$date").and_then(Value::as_i64)
}

/// SHA-256 of the CESU-8 bytes of a text, in hex.
pub fn hash(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        let mut units = [0; 2];
        match character.encode_utf16(&mut units) {
            // The three bytes of UTF-8 for each surrogate, which a Rust string cannot hold.
            [high, low] => [*high, *low].into_iter().for_each(|unit| {
                bytes.extend([0xe0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8]);
            }),
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Sha256::digest(&bytes).iter().fold(String::with_capacity(HASH_LENGTH), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// `String(date)` of JavaScript; `None` for a time that is out of range.
pub fn date(milliseconds: i64, zone: Zone) -> Option<String> {
    let moment = Timestamp::from_second(milliseconds.div_euclid(1000)).ok()?;
    let local = Offset::from_seconds(i32::from(zone.minutes) * 60).ok()?.to_datetime(moment);
    let weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][local.weekday().to_monday_zero_offset() as usize];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[local.month() as usize - 1];
    let (day, year) = (local.day(), local.year());
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    Some(format!("{weekday} {month} {day:02} {year:04} {hour:02}:{minute:02}:{second:02} {zone}"))
}

/// `toISOString()` of JavaScript.
pub fn iso_date(milliseconds: i64) -> Option<String> {
    let moment = Offset::UTC.to_datetime(Timestamp::from_millisecond(milliseconds).ok()?);
    let (year, month, day) = (moment.year(), moment.month(), moment.day());
    let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
    let rest = milliseconds.rem_euclid(1000);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z"))
}

/// `JSON.stringify` of JavaScript for a value that came as EJSON: times become ISO texts, numbers are written as JavaScript
/// writes them, and members whose names are indexes of an array come first.
pub fn stringify(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => out.push_str(&write_number(number)),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => match members.get(DATE).and_then(Value::as_i64).filter(|_| members.len() == 1) {
            Some(time) => write_value(&iso_date(time).map_or(Value::Null, Value::String), out),
            None => write_object(members, out),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    let index = |name: &str| name.parse::<u64>().ok().filter(|index| *index <= INDEX_MAX && index.to_string() == name);
    let mut ordered: Vec<(&String, &Value)> = members.iter().collect();
    ordered.sort_by_key(|(name, _)| index(name).map_or((1, 0), |index| (0, index)));
    out.push('{');
    for (at, (name, value)) in ordered.into_iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

/// A number as JavaScript writes it: every number is a double there.
fn write_number(number: &Number) -> String {
    let Some(double) = number.as_f64() else { return number.to_string() };
    if double == 0.0 {
        return "0".into();
    }
    if (SMALL..LARGE).contains(&double.abs()) {
        return double.to_string();
    }
    let text = format!("{double:e}");
    if double.abs() >= LARGE { text.replace('e', "e+") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BERLIN: Zone = Zone { minutes: 120, name: "Central European Summer Time" };

    /// The vectors: made by the real model of 5.3.0 with the real SHA-256, in two time zones.
    fn vectors() -> Vec<(Value, &'static str, &'static str)> {
        let event = |origin: &str, parents: &[&str], kind: &str, time: i64, data: Option<Value>| {
            let mut event = json!({
                "origin": origin, "context": {"roomId": "rA1"}, "parentIds": parents, "type": kind,
                "timestamp": {"$date": time},
            });
            if let Some(data) = data {
                event["data"] = data;
            }
            event
        };
        let moment = json!({"$date": 1_600_000_000_000_i64});
        let room = json!({
            "_id": "rA1", "t": "d", "usernames": ["ann@a.example", "bob@b.example"], "ts": moment,
            "federation": {"origin": "a.example", "domains": ["a.example", "b.example"]},
        });
        let message = |id: &str, text: &str| {
            json!({"message": {
                "_id": id, "rid": "rA1", "msg": text, "ts": moment, "u": {"_id": "uA", "username": "ann@a.example"},
                "mentions": [], "channels": [], "federation": {"origin": "a.example"},
            }})
        };
        let (a, first) = ("a.example", 1_600_000_000_000);
        let genesis = json!({"contextType": "room", "room": room});
        let delete = json!({"roomId": "rA1", "messageId": "m1"});
        vec![
            (
                event(a, &[], "genesis", first, Some(genesis)),
                "7563966af86ac2bbe37b10fff07c6f4f5d14ace210d483ccb44cc4da11a29737",
                "1c9f0628d4fc9d1af94b9a2d2b9e9af68451ce05786dab796790a37fea1cbc7e",
            ),
            (
                event(a, &["aa", "bb"], "room_message", first, Some(message("m1", "hello"))),
                "43c7923ab4312c6c133815181e371e55b2e0656300f2357e1e888f8f7af14572",
                "54a9bda5f473255e2b0eb5761ed9f958580dec58a16a9959211a5f95eea84540",
            ),
            (
                event(a, &["aa"], "room_message", first, Some(message("m2", "é € 😀"))),
                "aae4126ae7b1ebc7dc9dd2fb0046dcd96ea5b5a320f0a0201a109cf8d5c9a8bd",
                "d67952bf6b07c91429db3fba3a726e172e0aa3bdd2f7dc6dc30e3110abe5911d",
            ),
            (
                event("b.example", &["cc"], "room_delete_message", 1_600_000_000_999, Some(delete)),
                "5d5756c7ea44bb669f79215a35c55ce6a576c6cd1bb5c5b1719e6989590d11a4",
                "622f2f2e05d4d8a85219934d141a5fdc8574f4d4c68c57b580f000cc7f35140d",
            ),
            (
                event(a, &[], "ping", first, None),
                "07a9f471a516f9771e5296053ea422e9e36b56405b44d2cf4dbc1c9320f3825d",
                "28949e46119cc73f021e719f0ee24dddc78edadae4dbc28834c363b0459819b4",
            ),
        ]
    }

    #[test]
    fn the_vectors_come_out_in_both_time_zones() {
        for (event, utc, berlin) in vectors() {
            assert_eq!(of_event(&event, UTC).as_deref(), Some(utc));
            assert_eq!(of_event(&event, BERLIN).as_deref(), Some(berlin));
        }
    }

    #[test]
    fn the_time_zone_of_a_server_is_found_from_an_event() {
        for (mut event, _, berlin) in vectors() {
            event["_id"] = berlin.into();
            assert_eq!(zone_of(&event), Some(BERLIN));
            event["type"] = "room_mute_user".into();
            assert_eq!(zone_of(&event), None);
        }
    }

    #[test]
    fn the_whole_text_that_is_hashed_is_that_of_a_server() {
        let (event, ..) = &vectors()[1];
        let (before, after) = parts(event).unwrap();
        let text = format!("{before}{}{after}", date(time(event).unwrap(), UTC).unwrap());
        assert_eq!(
            text,
            r#"a.example{"roomId":"rA1"}aa,bbroom_messageSun Sep 13 2020 12:26:40 GMT+0000 (Coordinated Universal Time){"message":{"_id":"m1","rid":"rA1","msg":"hello","ts":"2020-09-13T12:26:40.000Z","u":{"_id":"uA","username":"ann@a.example"},"mentions":[],"channels":[],"federation":{"origin":"a.example"}}}"#
        );
    }

    #[test]
    fn values_are_written_as_javascript_writes_them() {
        for (json, text) in [
            (r#"{"b":1.0,"a":-0.0}"#, r#"{"b":1,"a":0}"#),
            (r#"{"x":1,"10":2,"2":3,"01":4}"#, r#"{"2":3,"10":2,"x":1,"01":4}"#),
            (
                "[1e21,1e20,1e-7,0.000001,1.5,9007199254740993]",
                "[1e+21,100000000000000000000,1e-7,0.000001,1.5,9007199254740992]",
            ),
            (r#"{"$date":-1}"#, r#""1969-12-31T23:59:59.999Z""#),
            (r#"{"$date":1,"b":2}"#, r#"{"$date":1,"b":2}"#),
            ("\"\\u0001\\n\u{7f}\u{2028}/\"", "\"\\u0001\\n\u{7f}\u{2028}/\""),
        ] {
            assert_eq!(stringify(&serde_json::from_str(json).unwrap()), text, "{json}");
        }
        assert_eq!(date(-1, UTC).unwrap(), "Wed Dec 31 1969 23:59:59 GMT+0000 (Coordinated Universal Time)");
        let nepal = Zone { minutes: -210, name: "Newfoundland Standard Time" };
        assert_eq!(date(0, nepal).unwrap(), "Wed Dec 31 1969 20:30:00 GMT-0330 (Newfoundland Standard Time)");
    }

    #[test]
    fn random_identifiers_look_native() {
        let (one, other) = (random(), random());
        assert!(one.len() == LENGTH && one.bytes().all(|byte| ALPHABET.contains(&byte)) && one != other);
        assert!(is_hash(&hash("")) && !is_hash("A") && !is_hash(&hash("").to_uppercase()));
    }
}
