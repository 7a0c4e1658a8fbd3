//! RSA key pairs, in the forms that servers and people use. Bytes and text, not files.

pub mod base64;
pub mod diagnosis;
mod fingerprint;
pub mod node_rsa;
mod numbers;
pub mod pem_fault;

use std::fmt;
use std::sync::OnceLock;

use num_bigint::BigUint;
use rand::rngs::SysRng;
use rsa::pkcs1::{self, DecodeRsaPrivateKey, RsaPublicKeyRef};
use rsa::pkcs8::{
    self, DecodePrivateKey, EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef,
    SubjectPublicKeyInfoRef,
};
use rsa::traits::PublicKeyParts;
use rsa::{PrivateKey as RsaPrivateKey, PublicKey as RsaPublicKey};
use zeroize::Zeroizing;

pub use fingerprint::Fingerprint;

use crate::error::Hinted;

pub const BEGIN_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----";
pub const END_PUBLIC: &str = "-----END PUBLIC KEY-----";
/// The sizes that fedctl makes, in bits.
pub const SIZES: [usize; 3] = [2048, 3072, 4096];
/// The size of every key that a server makes, in bits.
pub const DEFAULT_BITS: usize = 2048;

/// Why bytes or numbers are no RSA public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("not a SubjectPublicKeyInfo")]
    NotSpki,
    #[error("a key for the algorithm {0}, not RSA")]
    OtherAlgorithm(String),
    #[error("not a whole number of bytes")]
    LooseBits,
    #[error("not an RSA public key")]
    NotPkcs1,
    #[error("an RSA key of {bits} bits that cannot work ({why})")]
    Unusable { bits: u64, why: String },
}

/// An RSA public key of any size.
#[derive(Clone)]
pub struct PublicKey {
    n: BigUint,
    e: BigUint,
    der: Vec<u8>,
    fingerprint: Fingerprint,
    /// Made when it is needed: its parameters take longer than all that is done with a key that is only examined.
    rsa: OnceLock<RsaPublicKey>,
}

impl Eq for PublicKey {}
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bits, {})", self.bits(), self.fingerprint())
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER: exactly one, RSA, nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| KeyError::NotSpki)?;
        if spki.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(KeyError::OtherAlgorithm(spki.algorithm.oid.to_string()));
        }
        let bits = spki.subject_public_key.as_bytes().ok_or(KeyError::LooseBits)?;
        Self::from_pkcs1_der(bits)
    }

    /// Reads an RSAPublicKey in DER (RFC 8017 appendix A.1.1).
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, KeyError> {
        let numbers = RsaPublicKeyRef::try_from(der).map_err(|_| KeyError::NotPkcs1)?;
        let unsigned = |number: &[u8]| BigUint::from_bytes_be(number);
        Self::from_numbers(unsigned(numbers.modulus.as_bytes()), unsigned(numbers.public_exponent.as_bytes()))
    }

    /// Builds the key from modulus and exponent.
    pub fn from_numbers(n: BigUint, e: BigUint) -> Result<Self, KeyError> {
        let unusable = |why: String| KeyError::Unusable { bits: n.bits(), why };
        numbers::check(&n, &e).map_err(|error| unusable(error.to_string()))?;
        let der = numbers::spki(&n, &e).map_err(|error| unusable(error.to_string()))?;
        Ok(Self { n, e, fingerprint: Fingerprint::of(&der), der, rsa: OnceLock::new() })
    }

    /// Reads the PEM that people keep in files: SubjectPublicKeyInfo or PKCS#1, on one line or many.
    pub fn from_pem(text: &str) -> Result<Self, Hinted> {
        let refuse = |what: String| Hinted::new(what, "`fedctl key inspect FILE` shows what is wrong with it");
        let block = pem::parse(unfold(text).as_str()).map_err(|_| refuse(not_pem("public key", text)))?;
        match block.tag() {
            "PUBLIC KEY" => Self::from_der(block.contents()).map_err(|why| refuse(format!("this is {why}"))),
            "RSA PUBLIC KEY" => Self::from_pkcs1_der(block.contents()).map_err(|why| refuse(format!("this is {why}"))),
            tag => Err(refuse(format!("this is a PEM `{tag}`, not a public key"))),
        }
    }

    /// The key for arithmetic.
    pub fn rsa(&self) -> &RsaPublicKey {
        self.rsa.get_or_init(|| numbers::arithmetic(&self.n, &self.e))
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The modulus.
    pub fn n(&self) -> &BigUint {
        &self.n
    }

    /// The public exponent; servers make 65537.
    pub fn e(&self) -> &BigUint {
        &self.e
    }

    /// The public exponent, in decimal.
    pub fn exponent(&self) -> String {
        self.e.to_string()
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        usize::try_from(self.n.bits()).unwrap_or(usize::MAX)
    }

    /// Length of the modulus, and so of each block, in bytes.
    pub fn size(&self) -> usize {
        self.bits().div_ceil(8)
    }

    /// See [`Fingerprint`].
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The text that servers store and publish: armour and base64 on one line, 442 characters for 2048 bits.
    pub fn one_line(&self) -> String {
        format!("{BEGIN_PUBLIC}{}{END_PUBLIC}", base64::encode(&self.der))
    }

    /// The ordinary PEM of RFC 7468: 64 columns, line feeds.
    pub fn pem(&self) -> String {
        wrapped("PUBLIC KEY", &self.der)
    }
}

/// The passphrase is not the one of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase does not decrypt this key")]
pub struct WrongPassphrase;

/// An RSA private key. Zeroed when dropped; `Debug` shows only the public half.
#[derive(Clone)]
pub struct PrivateKey {
    rsa: RsaPrivateKey,
    public: PublicKey,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {:?})", self.public)
    }
}

impl PrivateKey {
    /// Makes a key of `bits` with e = 65537, as servers do.
    pub fn generate(bits: usize) -> Result<Self, Hinted> {
        check_size(bits)?;
        let rsa = RsaPrivateKey::new(&mut SysRng, bits)
            .map_err(|error| Hinted::new(format!("the key could not be made: {error}"), "try again"))?;
        Self::from_rsa(rsa)
    }

    /// Makes a key of 1024 bits, for showing what is said of one.
    pub fn generate_weak() -> Result<Self, Hinted> {
        let rsa = RsaPrivateKey::new(&mut SysRng, 1024)
            .map_err(|error| Hinted::new(format!("the key could not be made: {error}"), "try again"))?;
        Self::from_rsa(rsa)
    }

    /// Reads PKCS#8 (plain or encrypted) or PKCS#1 in PEM, on one line or many, or the JSON that fedctl writes.
    /// `passphrase` is called only when the text is encrypted.
    pub fn from_text(
        text: &str,
        passphrase: impl FnOnce() -> anyhow::Result<Zeroizing<String>>,
    ) -> anyhow::Result<Self> {
        let inside = private_key_in_json(text);
        let unfolded = unfold(inside.as_deref().map_or(text, String::as_str));
        let hint = "a private key file starts with `-----BEGIN PRIVATE KEY-----`; `fedctl keygen` makes one";
        let (label, der) = opened(&unfolded).ok_or_else(|| {
            let what = match inside {
                Some(_) => "the member `private_key` is not a PEM private key".to_owned(),
                None => not_pem("private key", text),
            };
            Hinted::new(what, hint)
        })?;
        let rsa = match label {
            "PRIVATE KEY" => pkcs8(&der)?,
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| damaged("RSA PRIVATE KEY"))?,
            "ENCRYPTED PRIVATE KEY" => decrypt(&der, &passphrase()?)?,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => {
                return Err(Hinted::new("this is a public key; a private key is needed here", hint).into());
            }
            tag => return Err(Hinted::new(format!("this is a PEM `{tag}`, not a private key"), hint).into()),
        };
        Ok(Self::from_rsa(rsa)?)
    }

    fn from_rsa(rsa: RsaPrivateKey) -> Result<Self, Hinted> {
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let public = PublicKey::from_numbers(number(&rsa.n_bytes()), number(&rsa.e_bytes()))
            .map_err(|why| Hinted::new(format!("this is {why}"), "make another with `fedctl keygen`"))?;
        Ok(Self { rsa, public })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key for arithmetic.
    pub fn rsa(&self) -> &RsaPrivateKey {
        &self.rsa
    }

    /// Unencrypted PKCS#8 on one line, as servers store it.
    pub fn one_line(&self) -> anyhow::Result<Zeroizing<String>> {
        let pem = self.pem()?;
        Ok(copied(pem.len(), pem.lines()))
    }

    /// Unencrypted PKCS#8 as ordinary PEM.
    pub fn pem(&self) -> anyhow::Result<Zeroizing<String>> {
        let pem = self.rsa.to_pkcs8_pem(LineEnding::LF).map_err(|_| damaged("PRIVATE KEY"))?;
        Ok(copied(pem.len() + 1, [pem.trim_end(), "\n"]))
    }

    /// Encrypted PKCS#8 as ordinary PEM: PBES2 with scrypt and AES-256-CBC (RFC 8018, RFC 7914).
    pub fn encrypted_pem(&self, passphrase: &str) -> anyhow::Result<Zeroizing<String>> {
        let failed = |error: pkcs8::Error| anyhow::anyhow!("the key could not be encrypted: {error}");
        let der = self.rsa.to_pkcs8_der().map_err(failed)?;
        let info = PrivateKeyInfoRef::try_from(der.as_bytes()).map_err(|_| damaged("PRIVATE KEY"))?;
        let encrypted = info.encrypt_with_rng(&mut SysRng, passphrase).map_err(failed)?;
        let pem = encrypted.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).map_err(|error| failed(error.into()))?;
        Ok(Zeroizing::new(format!("{}\n", pem.trim_end())))
    }
}

/// Refuses the sizes that fedctl does not make, with the reason.
pub fn check_size(bits: usize) -> Result<(), Hinted> {
    let hint = "use 2048 (what servers make), 3072 or 4096";
    match bits {
        _ if SIZES.contains(&bits) => Ok(()),
        ..2048 => Err(Hinted::new(format!("{bits} bits is too weak: RSA below 2048 bits can be broken"), hint)),
        _ if bits % 8 == 1 => {
            Err(Hinted::new(format!("{bits} bits does not work: servers miscount moduli of 8k+1 bits"), hint))
        }
        _ => Err(Hinted::new(format!("{bits} bits is not a size that fedctl makes"), hint)),
    }
}

fn pkcs8(der: &[u8]) -> anyhow::Result<RsaPrivateKey> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| damaged("PRIVATE KEY"))?;
    if info.algorithm.oid != pkcs1::ALGORITHM_OID {
        let what = format!("this is a private key for the algorithm {}, not RSA", info.algorithm.oid);
        return Err(Hinted::new(what, "federation needs RSA; `fedctl keygen` makes such a key").into());
    }
    Ok(RsaPrivateKey::from_pkcs8_der(der).map_err(|_| damaged("PRIVATE KEY"))?)
}

fn decrypt(der: &[u8], passphrase: &str) -> anyhow::Result<RsaPrivateKey> {
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| damaged("ENCRYPTED PRIVATE KEY"))?;
    let wrong = || anyhow::Error::from(WrongPassphrase);
    let plain = info.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs8::pkcs5::Error::NoPbes1CryptSupport,
        ) => Hinted::new(
            "this key is encrypted in a way that fedctl does not support",
            "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW",
        )
        .into(),
        _ => wrong(),
    })?;
    // A wrong passphrase passes the padding check once in 256 times and gives noise.
    RsaPrivateKey::from_pkcs8_der(plain.as_bytes()).map_err(|_| wrong())
}

fn damaged(label: &str) -> Hinted {
    Hinted::new(
        format!("the PEM `{label}` is damaged"),
        "restore it from a backup, or make another with `fedctl keygen`",
    )
}

/// Where a text that should be a key in PEM stops being one.
fn not_pem(what: &str, text: &str) -> String {
    match pem_fault::find(text) {
        Some(fault) => format!("this is not a PEM {what}: {fault}"),
        None => format!("this is not a PEM {what}"),
    }
}

/// The member `private_key` when the text is the JSON form.
fn private_key_in_json(text: &str) -> Option<Zeroizing<String>> {
    #[derive(serde::Deserialize)]
    struct Pair {
        private_key: String,
    }
    let pair: Pair = text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())??;
    Some(Zeroizing::new(pair.private_key))
}

/// Puts line breaks between armour and base64, which the one-line form lacks and strict PEM demands.
pub fn unfold(text: &str) -> Zeroizing<String> {
    let text = text.trim();
    let armour = |from: usize, marker: &str| text[from..].find(marker).map(|at| from + at);
    let parts = armour(0, "-----BEGIN ").and_then(|begin| {
        let head = armour(begin + 11, "-----")? + 5;
        let tail = armour(head, "-----END ")?;
        Some((&text[begin..head], &text[head..tail], &text[tail..]))
    });
    let Some((head, body, tail)) = parts else { return Zeroizing::new(text.to_owned()) };
    let body = copied(body.len(), body.split_ascii_whitespace());
    let mut out = Zeroizing::new(String::with_capacity(text.len() + body.len() / 64 + 8));
    out.push_str(head);
    for (at, c) in body.chars().enumerate() {
        if at % 64 == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out.push('\n');
    out.push_str(tail);
    out.push('\n');
    out
}

/// The label and the content of a PEM text. The crate for PEM leaves copies behind that nobody zeroes.
fn opened(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let (body, tail) = rest.split_once("-----END ")?;
    let is_closed = tail.strip_prefix(label).is_some_and(|tail| tail.starts_with("-----"));
    let body = copied(body.len(), body.split_ascii_whitespace());
    let der = Zeroizing::new(base64::strict(body.as_bytes())?);
    is_closed.then_some((label, der))
}

/// The parts as one text that is zeroed. It has room for `length` bytes from the beginning: a text that grows leaves copies.
fn copied<'a>(length: usize, parts: impl IntoIterator<Item = &'a str>) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(length));
    parts.into_iter().for_each(|part| out.push_str(part));
    out
}

fn wrapped(tag: &str, der: &[u8]) -> String {
    pem::encode_config(&pem::Pem::new(tag, der), pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
}

#[cfg(test)]
mod tests;
