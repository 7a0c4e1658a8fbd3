//! Key pairs and the findings about a public key, for people, for programs and for a server's database.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::fill::hang;
use crate::check::key_inspection::Inspected;
use crate::count::counted;
use crate::key::diagnosis::Defect;
use crate::key::{PrivateKey, PublicKey};
use crate::report::wording::sentence;
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

/// Columns of a label.
const LABEL: usize = 13;

/// For people.
pub fn made(made: &Made, width: usize) -> String {
    let row = |label: &str, file: &str, what: &str| hang(&format!("{label:<LABEL$}{file}   {what}"), width, LABEL);
    let mut out = String::new();
    let bits = made.public.bits();
    if let Some(file) = &made.private_file {
        let kind = match (made.script, made.encrypted) {
            (true, _) => "script with both keys",
            (_, true) => "encrypted",
            _ => "not encrypted",
        };
        out += &row("private key", file, &format!("RSA-{bits}, {kind}, readable by you only; never publish it"));
    }
    let line = made.public.one_line();
    out += &row("public key", &made.public_file, &counted(line.len(), "character"));
    out += &format!("sha256       {}\n\n{line}\n\n", made.public.fingerprint());
    out += &match &made.private_file {
        Some(file) if made.script => format!("next, and then restart the server:\n  mongosh DATABASE {file}\n"),
        _ => format!("next:\n  fedctl records mydomain.com --target chat.mydomain.com --key {}\n", made.public_file),
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
/// (Rocket.Chat issue #26803: from 4.2.0 on the key box of a new installation can stay empty).
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

/// What `key inspect` found, for programs, beside the findings.
pub fn inspected(seen: &Inspected) -> Value {
    let diagnosis = seen.diagnosis;
    let key = seen.key();
    let defect = |defect: &Defect| {
        let mut object = json!({
            "kind": defect.kind.id(),
            "severity": defect.severity,
            "what": defect.what,
            "fix": sentence(defect.kind.remedy()),
        });
        if let Some(position) = defect.position {
            object["position"] = position.into();
        }
        object
    };
    json!({
        "verified": diagnosis.verified.is_some(),
        "read_as": seen.read_as,
        "server_accepts": diagnosis.server.is_ok(),
        "server_log": diagnosis.server.as_ref().err().map(ToString::to_string),
        "length": seen.length,
        "bits": key.map(PublicKey::bits),
        "exponent": key.map(PublicKey::exponent),
        "fingerprint": key.map(PublicKey::fingerprint),
        "defects": diagnosis.defects.iter().map(defect).collect::<Vec<_>>(),
        "repaired": diagnosis.repaired.as_ref().map(PublicKey::one_line),
        "matches": seen.expected.map(|_| seen.difference.is_none()),
        "first_difference": seen.difference.map(|difference| difference.position()),
    })
}

/// JSON with two spaces and a final line end.
pub fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(escaped_json(&serde_json::to_string_pretty(value)?) + "\n")
}
