//! What is wrong with a text that should be a public key, and whether a server would still accept it.

use super::importer::{self, Imported, find};
use super::key::{BEGIN_PUBLIC, END_PUBLIC, PublicKey};

/// The findings about one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autopsy {
    /// The key, when the text is exactly what a server would publish.
    pub exact: Option<PublicKey>,
    /// What a server imports, or the line that it writes to its log.
    pub server: Result<PublicKey, String>,
    /// What is wrong, worst first; empty when exact.
    pub injuries: Vec<Injury>,
    /// The value to publish instead, when it could be recovered and proven.
    pub repaired: Option<PublicKey>,
}

/// One thing that is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injury {
    /// What was seen, in one sentence; never any part of a private key.
    pub what: String,
}

impl Injury {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// Examines the joined value of a TXT record, or the content of a file.
pub fn examine(text: &[u8]) -> Autopsy {
    let server = importer::import(text).and_then(server_key);
    let exact = exact(text);
    let injuries = match &exact {
        Ok(_) => Vec::new(),
        Err(why) => vec![Injury::new(why.clone())],
    };
    let repaired = if exact.is_err() { server.clone().ok() } else { None };
    Autopsy { exact: exact.ok(), server, injuries, repaired }
}

fn server_key(numbers: Imported) -> Result<PublicKey, String> {
    PublicKey::from_numbers(numbers.n, numbers.e)
        .map_err(|why| format!("Error: Error during decryption (probably incorrect key): {why}"))
}

/// The strict reading: armour, strict base64 without white space, one SubjectPublicKeyInfo, whole bytes.
fn exact(text: &[u8]) -> Result<PublicKey, String> {
    use base64::Engine;
    if text.is_empty() {
        return Err("there is no text".into());
    }
    if find(text, b"PRIVATE KEY").is_some() {
        return Err("this is a PRIVATE key: whoever reads it can speak as this server".into());
    }
    let body = text.strip_prefix(BEGIN_PUBLIC.as_bytes()).ok_or(format!("it does not start with `{BEGIN_PUBLIC}`"))?;
    let body = body.strip_suffix(END_PUBLIC.as_bytes()).ok_or(format!("it does not end with `{END_PUBLIC}`"))?;
    let der = base64::engine::general_purpose::STANDARD
        .decode(body)
        .map_err(|error| format!("between the armour is not plain base64 ({error})"))?;
    let key = PublicKey::from_der(&der)?;
    if key.bits() % 8 != 0 {
        return Err(format!("a modulus of {} bits, which servers may miscount", key.bits()));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::key::PrivateKey;

    #[test]
    fn a_one_line_key_is_exact_and_a_wrapped_one_is_accepted() {
        let key = PrivateKey::generate(2048).unwrap();
        let autopsy = examine(key.public().one_line().as_bytes());
        assert_eq!((autopsy.exact.as_ref(), autopsy.injuries.len()), (Some(key.public()), 0));
        let wrapped = examine(key.public().pem().as_bytes());
        assert_eq!((wrapped.exact, wrapped.server.as_ref()), (None, Ok(key.public())));
    }

    #[test]
    fn half_a_key_is_refused_as_servers_refuse_it() {
        let line = PrivateKey::generate(2048).unwrap().public().one_line();
        assert_eq!(examine(&line.as_bytes()[..255]).server.unwrap_err(), "TypeError: data must be a node Buffer");
    }
}
