//! Key pairs and the findings about a public key, for people, for programs and for a server's database.

use serde_json::json;
use zeroize::Zeroizing;

use crate::key::diagnosis::{DefectKind, Diagnosis, Difference};
use crate::key::{PrivateKey, PublicKey};
use crate::render::fill::hang;
use crate::text::escaped_json;

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

/// A script for mongosh that prints the key pair of a server as JSON.
pub const READ_KEYS: &str =
    "// Prints the key pair of a Rocket.Chat server, the PRIVATE key too. Pipe it into `fedctl key backup`:
// mongosh --quiet DATABASE read-keys.js | fedctl key backup
print(EJSON.stringify(db.rocketchat_federation_keys.find({ type: { $in: ['public', 'private'] } }).toArray()));
";

/// What `key inspect` has found.
pub struct Inspected<'a> {
    /// The value that a server would read.
    pub text: &'a [u8],
    /// What the input was taken for, when it was not the bare value.
    pub read_as: Option<String>,
    pub diagnosis: &'a Diagnosis,
    pub expected: Option<&'a PublicKey>,
    /// How the value differs from the expected key.
    pub difference: Option<Difference>,
}

impl Inspected<'_> {
    /// Exactly right, and the expected one if one is expected.
    pub fn is_good(&self) -> bool {
        self.diagnosis.is_good() && self.difference.is_none()
    }

    fn verdict(&self) -> &'static str {
        match (self.is_good(), &self.diagnosis.exact) {
            _ if self.diagnosis.has(DefectKind::PrivateKey) => "this must never be published, and no longer be used",
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
    let diagnosis = seen.diagnosis;
    if let Some(read_as) = &seen.read_as {
        row("read as", read_as.clone());
    }
    if let Some(key) = diagnosis.exact.as_ref().or(diagnosis.server.as_ref().ok()) {
        row("key", format!("RSA-{}, exponent {}", key.bits(), key.exponent()));
        row("sha256", key.fingerprint().to_string());
    }
    row("length", format!("{} bytes", seen.text.len()));
    match &diagnosis.server {
        Ok(_) => row("servers", "accept it".into()),
        Err(line) => row("servers", format!("refuse it and log `{line}`")),
    }
    let mut description = Vec::new();
    for defect in &diagnosis.defects {
        row(&defect.severity.to_string(), format!("{}: {}", defect.kind, defect.what));
        let remedy = defect.kind.remedy();
        // The value below is better than any advice.
        if diagnosis.repaired.is_none() && !description.contains(&remedy) {
            row("do", remedy.into());
            description.push(remedy);
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
    if let Some(key) = &diagnosis.repaired {
        row("publish", format!("this in its place (RSA-{}, sha256 {}):", key.bits(), key.fingerprint().short()));
        out += &format!("\n{}\n", key.one_line());
    }
    out += &format!("\n{}\n", seen.verdict());
    out
}

/// For programs.
pub fn inspected_json(seen: &Inspected) -> anyhow::Result<String> {
    let diagnosis = seen.diagnosis;
    let key = diagnosis.exact.as_ref().or(diagnosis.server.as_ref().ok());
    let defects: Vec<_> = diagnosis
        .defects
        .iter()
        .map(|defect| {
            let mut object = json!({
                "kind": defect.kind.id(),
                "severity": defect.severity,
                "what": defect.what,
                "fix": defect.kind.remedy(),
            });
            if let Some(position) = defect.position {
                object["position"] = position.into();
            }
            object
        })
        .collect();
    pretty(&json!({
        "schema": 1,
        "verdict": if seen.is_good() { "clean" } else { "problems" },
        "exact": diagnosis.exact.is_some(),
        "read_as": seen.read_as,
        "server_accepts": diagnosis.server.is_ok(),
        "server_log": diagnosis.server.as_ref().err(),
        "length": seen.text.len(),
        "bits": key.map(PublicKey::bits),
        "exponent": key.map(PublicKey::exponent),
        "fingerprint": key.map(PublicKey::fingerprint),
        "injuries": defects,
        "repaired": diagnosis.repaired.as_ref().map(PublicKey::one_line),
        "matches": seen.expected.map(|_| seen.difference.is_none()),
        "first_difference": seen.difference.map(|difference| difference.position()),
    }))
}

/// JSON with two spaces and a final line end.
pub fn pretty(value: &serde_json::Value) -> anyhow::Result<String> {
    Ok(escaped_json(&serde_json::to_string_pretty(value)?) + "\n")
}
