//! The key that signs updates (RFC 8945), as BIND and Knot keep it in a file.

use std::fmt;

use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{Name, TSigner};

use crate::dns::field::Placed;
use crate::error::Hinted;
use crate::key::base64;
use crate::position::Position;

/// Seconds by which the clocks may differ (RFC 8945 section 10).
const FUDGE: u16 = 300;
const HINT: &str = "make one with `tsig-keygen NAME > FILE`, and name the key in the server's update policy";

/// A TSIG key. `Debug` does not show the secret.
#[derive(Clone)]
pub struct Tsig {
    /// The name under which the server knows it.
    pub name: String,
    signer: TSigner,
}

impl fmt::Debug for Tsig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tsig({})", self.name)
    }
}

impl Tsig {
    /// Reads `key "name" { algorithm hmac-sha256; secret "..."; };` (BIND), `id:`, `algorithm:` and `secret:` lines (Knot), or
    /// `hmac-sha256:name:secret` (nsupdate -y). No part of the text ever gets into an error.
    pub fn parse(text: &str) -> Result<Self, Hinted> {
        let refuse = |what: String| Hinted::new(what, HINT);
        let absent = |part: &str| refuse(format!("the TSIG key has no `{part}`"));
        let words = words(text);
        let (name, algorithm, secret) = match words.as_slice() {
            [one] => {
                let mut parts = one.text.rsplitn(3, ':').map(|part| {
                    let column = one.at.column + Position::of_part(&one.text, part).column - 1;
                    Placed { text: part.to_owned(), at: Position { column, ..one.at } }
                });
                let (secret, name) = (parts.next(), parts.next());
                let algorithm = parts.next().unwrap_or_else(|| Placed { text: "hmac-sha256".into(), at: one.at });
                (name, Some(algorithm), secret)
            }
            words => {
                let after = |label: &str| {
                    let at = words.iter().position(|word| word.text.trim_end_matches(':') == label)?;
                    words.get(at + 1).cloned()
                };
                (after("id").or_else(|| after("key")), after("algorithm"), after("secret"))
            }
        };
        let name = name.ok_or_else(|| refuse("the file has no TSIG key in it".into()))?;
        let secret = secret.ok_or_else(|| absent("secret"))?;
        let algorithm = algorithm.ok_or_else(|| absent("algorithm"))?;
        let key = base64::strict(secret.text.as_bytes())
            .ok_or_else(|| refuse("the secret of the TSIG key is not base64".into()).at(secret.at))?;
        let owner = Name::from_ascii(&name.text)
            .map_err(|_| refuse("the name of the TSIG key is not a domain name".into()).at(name.at))?;
        let algorithm = match algorithm.text.to_ascii_lowercase().trim_end_matches('.') {
            "hmac-sha256" => TsigAlgorithm::HmacSha256,
            "hmac-sha384" => TsigAlgorithm::HmacSha384,
            "hmac-sha512" => TsigAlgorithm::HmacSha512,
            _ => {
                let what = "the algorithm of the TSIG key is not hmac-sha256, hmac-sha384 or hmac-sha512";
                return Err(refuse(what.into()).at(algorithm.at));
            }
        };
        let signer =
            TSigner::new(key, algorithm, owner, FUDGE).map_err(|_| refuse("the TSIG key cannot be used".into()))?;
        Ok(Self { name: name.text.trim_end_matches('.').to_owned(), signer })
    }

    /// What signs.
    pub fn signer(&self) -> &TSigner {
        &self.signer
    }
}

/// Words and quoted strings, without punctuation and comments.
fn words(text: &str) -> Vec<Placed> {
    let mut words = Vec::new();
    for (number, whole) in text.lines().enumerate() {
        // Base64 may contain `//`, and is then in quotes or after a colon.
        let bare = match whole.contains("secret") || whole.starts_with("hmac") {
            true => whole,
            false => whole.split("//").next().unwrap_or_default().split('#').next().unwrap_or_default(),
        };
        let parts = bare.split(|c: char| c.is_whitespace() || "{};\"".contains(c));
        let parts = parts.filter(|word| !word.is_empty() && *word != "-");
        words.extend(parts.map(|word| Placed {
            text: word.to_owned(),
            at: Position { line: number + 1, column: Position::of_part(whole, word).column },
        }));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDEyMw==";

    #[test]
    fn each_spelling_is_read() {
        for text in [
            format!("key \"update.key\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{SECRET}\";\n}};\n"),
            format!("# a comment\nkey:\n  - id: update.key\n    algorithm: hmac-sha512\n    secret: {SECRET}\n"),
            format!("hmac-sha384:update.key:{SECRET}\n"),
        ] {
            assert_eq!(Tsig::parse(&text).unwrap().name, "update.key", "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in [
            "",
            SECRET,
            "key \"a\" { algorithm hmac-sha256; secret \"!!c2VjcmV0!!\"; };",
            "key \"a\" { algorithm hmac-md5; secret \"c2VjcmV0\"; };",
            "key \"a\" { secret \"c2VjcmV0\"; };",
            "-----BEGIN PUBLIC KEY-----c2VjcmV0-----END PUBLIC KEY-----",
        ] {
            let error = Tsig::parse(text).unwrap_err();
            assert!(!format!("{error} {}", error.hint).contains("c2VjcmV0"), "{error}");
        }
        let key = Tsig::parse(&format!("hmac-sha256:a:{SECRET}")).unwrap();
        assert_eq!(format!("{key:?}"), "Tsig(a)");
    }
}
