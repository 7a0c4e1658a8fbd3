//! The proof that somebody reads the mail: a random text in a link, of which the hub keeps only a hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of the public part, by which a proposal is found.
const ID_BYTES: usize = 12;
/// Bytes of the secret part.
const SECRET_BYTES: usize = 32;

/// Names a proposal; no secret.
pub fn new_id() -> String {
    let mut bytes = [0; ID_BYTES];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The secret of one proposal. `Debug` shows none of it.
pub struct Token {
    id: String,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

/// SHA-256 of the secret. It needs no salt and no slowness: the secret has 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl Token {
    /// Makes a secret for the proposal `id`.
    pub fn generate(id: &str) -> Self {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        rand::fill(&mut *secret);
        Self { id: id.to_owned(), secret }
    }

    /// Reads the text of a link; `None` for anything that no hub has written.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        let right_id = URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == ID_BYTES);
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(secret).ok()?);
        let secret = <[u8; SECRET_BYTES]>::try_from(bytes.as_slice()).ok()?;
        right_id.then(|| Self { id: id.to_owned(), secret: Zeroizing::new(secret) })
    }

    /// The proposal's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text for the link: 60 characters of letters, digits, `-`, `_` and one dot.
    pub fn reveal(&self) -> String {
        format!("{}.{}", self.id, URL_SAFE_NO_PAD.encode(*self.secret))
    }

    /// What the hub keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(*self.secret).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

impl TokenHash {
    /// Compares in constant time.
    pub fn is_of(&self, token: &Token) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }

    /// For the database.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// From the database.
    pub fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_through_its_link_and_a_forged_one_does_not() {
        let (token, other) = (Token::generate(&new_id()), Token::generate(&new_id()));
        let again = Token::parse(&token.reveal()).unwrap();
        let kept = TokenHash::from_text(&token.hash().to_text()).unwrap();
        assert!(kept.is_of(&again) && !kept.is_of(&other));
        let forged = format!("{}.{}", token.id(), other.reveal().split_once('.').unwrap().1);
        assert!(!kept.is_of(&Token::parse(&forged).unwrap()));
        assert!(!format!("{token:?}").contains(&token.reveal()[20..]));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let text = Token::generate(&new_id()).reveal();
        for bad in ["", ".", "a.b", &text[1..], &text[..59], &format!("{text}="), &text.replace('.', "")] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }
}
