//! Key pairs and the findings about a public key, for people, for programs and for a server's database.

use serde_json::json;
use zeroize::Zeroizing;

use crate::key::diagnosis::{Autopsy, Difference, Kind};
use crate::key::{PrivateKey, PublicKey};
use crate::render::fill::hang;

/// What `keygen` has written.
pub struct Made<'a> {
    /// `None` when only the public file was written.
    pub private_file: Option<String>,
    pub public_file: String,
    pub public: &'a PublicKey,
    pub encrypted: bool,
    /// The private file is a database script.
    pub script: bool,
}

/// For people.
pub fn made(made: &Made) -> String {
    let mut out = String::new();
    let bits = made.public.bits();
    if let Some(file) = &made.private_file {
        let kind = match (made.script, made.encrypted) {
            (true, _) => "script with both keys",
            (_, true) => "encrypted",
            _ => "in clear",
        };
        out += &format!("private key  {file}   RSA-{bits}, {kind}, readable by you only; never publish it\n");
    }
    let line = made.public.one_line();
    out += &format!("public key   {}   {} characters\n", made.public_file, line.len());
    out += &format!("sha256       {}\n\n{line}\n\n", made.public.fingerprint());
    out += &match &made.private_file {
        Some(file) if made.script => format!("next: mongosh DATABASE {file}   then restart the server\n"),
        _ => format!("next: fedctl records mydomain.com --target chat.mydomain.com --key {}\n", made.public_file),
    };
    out
}

/// For programs.
pub fn made_json(made: &Made) -> anyhow::Result<String> {
    pretty(&json!({
        "schema": 1,
        "private_file": made.private_file,
        "public_file": made.public_file,
        "public_key": made.public.one_line(),
        "bits": made.public.bits(),
        "fingerprint": made.public.fingerprint(),
        "encrypted": made.encrypted,
    }))
}

/// The JSON form of a pair, which every command that reads a private key reads too.
pub fn pair_json(key: &PrivateKey) -> anyhow::Result<Zeroizing<String>> {
    let private = key.one_line()?;
    Ok(Zeroizing::new(format!(
        "{{\n  \"private_key\": \"{}\",\n  \"public_key\": \"{}\",\n  \"bits\": {},\n  \"fingerprint\": \"{}\"\n}}\n",
        *private,
        key.public().one_line(),
        key.public().bits(),
        key.public().fingerprint(),
    )))
}

/// A script for mongosh that replaces both documents of `rocketchat_federation_keys`, for servers that never showed a key
/// (Rocket.Chat issue #26803: from 4.2.0 on the key box of a new installation can stay empty for ever).
pub fn mongosh(key: &PrivateKey) -> anyhow::Result<Zeroizing<String>> {
    let private = key.one_line()?;
    let public = key.public().one_line();
    Ok(Zeroizing::new(format!(
        "// Puts a key pair into a Rocket.Chat server. Stop the server, run this file with mongosh on its database, start it.
// Holds the PRIVATE key: delete this file afterwards.
// Fingerprint of the public key: {fingerprint}
const pair = {{
  public: '{public}',
  private: '{private}',
}};
for (const [type, key] of Object.entries(pair)) {{
  db.rocketchat_federation_keys.deleteMany({{ type }});
  db.rocketchat_federation_keys.insertOne({{ type, key }});
}}
// The screen shows this setting and does not read the collection again by itself.
db.rocketchat_settings.updateOne({{ _id: 'FEDERATION_Public_Key' }}, {{ $set: {{ value: pair.public }} }});
print('federation keys in place: ' + db.rocketchat_federation_keys.countDocuments({{ type: {{ $in: ['public', 'private'] }} }}) + ' of 2');
",
        fingerprint = key.public().fingerprint(),
        private = *private,
    )))
}

/// What `key inspect` has found.
pub struct Inspected<'a> {
    /// The value that a server would read.
    pub text: &'a [u8],
    /// What the input was taken for, when it was not the bare value.
    pub read_as: Option<String>,
    pub autopsy: &'a Autopsy,
    pub expected: Option<&'a PublicKey>,
    /// How the value differs from the expected key.
    pub difference: Option<Difference>,
}

impl Inspected<'_> {
    /// Exactly right, and the expected one if one is expected.
    pub fn is_good(&self) -> bool {
        self.autopsy.is_good() && self.difference.is_none()
    }

    fn verdict(&self) -> &'static str {
        match (self.is_good(), &self.autopsy.exact) {
            _ if self.autopsy.has(Kind::PrivateKey) => "this must never be published, and no longer be used",
            (true, _) => "this is exactly what a server would publish",
            (false, Some(_)) if self.difference.is_some() => "this is a good key, but not the expected one",
            (false, Some(_)) => "this has the right form, but it is not a key to publish",
            (false, None) => "this is not what a server would publish",
        }
    }
}

/// For people.
pub fn inspected(seen: &Inspected, width: usize) -> String {
    let mut out = String::new();
    let mut row = |name: &str, text: String| out += &hang(&format!("  {name:<12}{text}"), width, 14);
    let autopsy = seen.autopsy;
    if let Some(read_as) = &seen.read_as {
        row("read as", read_as.clone());
    }
    if let Some(key) = autopsy.exact.as_ref().or(autopsy.server.as_ref().ok()) {
        row("key", format!("RSA-{}, exponent {}", key.bits(), key.exponent()));
        row("sha256", key.fingerprint().to_string());
    }
    row("length", format!("{} bytes", seen.text.len()));
    match &autopsy.server {
        Ok(_) => row("servers", "accept it".into()),
        Err(line) => row("servers", format!("refuse it and log `{line}`")),
    }
    let mut told = Vec::new();
    for injury in &autopsy.injuries {
        row(&injury.severity.to_string(), format!("{}: {}", injury.kind, injury.what));
        let remedy = injury.kind.remedy();
        // The value below is better than any advice.
        if autopsy.repaired.is_none() && !told.contains(&remedy) {
            row("do", remedy.into());
            told.push(remedy);
        }
    }
    if let Some(expected) = seen.expected {
        row(
            "match",
            match seen.difference {
                None => "equals the expected key".to_owned(),
                Some(difference) => {
                    format!("differs from the expected key ({}): {difference}", expected.fingerprint().short())
                }
            },
        );
    }
    if let Some(key) = &autopsy.repaired {
        row("publish", format!("this in its place (RSA-{}, sha256 {}):", key.bits(), key.fingerprint().short()));
        out += &format!("\n{}\n", key.one_line());
    }
    out += &format!("\n{}\n", seen.verdict());
    out
}

/// For programs.
pub fn inspected_json(seen: &Inspected) -> anyhow::Result<String> {
    let autopsy = seen.autopsy;
    let key = autopsy.exact.as_ref().or(autopsy.server.as_ref().ok());
    let injuries: Vec<_> = autopsy
        .injuries
        .iter()
        .map(|injury| {
            let mut object = json!({
                "kind": injury.kind.id(),
                "severity": injury.severity,
                "what": injury.what,
                "fix": injury.kind.remedy(),
            });
            if let Some(position) = injury.position {
                object["position"] = position.into();
            }
            object
        })
        .collect();
    pretty(&json!({
        "schema": 1,
        "verdict": if seen.is_good() { "clean" } else { "problems" },
        "exact": autopsy.exact.is_some(),
        "read_as": seen.read_as,
        "server_accepts": autopsy.server.is_ok(),
        "server_log": autopsy.server.as_ref().err(),
        "length": seen.text.len(),
        "bits": key.map(PublicKey::bits),
        "exponent": key.map(PublicKey::exponent),
        "fingerprint": key.map(PublicKey::fingerprint),
        "injuries": injuries,
        "repaired": autopsy.repaired.as_ref().map(PublicKey::one_line),
        "matches": seen.expected.map(|_| seen.difference.is_none()),
        "first_difference": seen.difference.map(|difference| difference.position()),
    }))
}

/// JSON with two spaces and a final line end.
pub fn pretty(value: &serde_json::Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
