//! The double encryption of every event, both layers in both directions, byte-compatible with the npm package node-rsa 1.x.
//!
//! The secrecy layer encrypts the message for the recipient's key (RSAES-OAEP with SHA-1, RFC 8017 section 7.1). Around it, the
//! origin layer pads with PKCS#1 v1.5 block type 1 and applies the sender's private key (RFC 8017 section 9.2, without the
//! hash identifier), which proves who sent it. A message of any length is cut into pieces, one RSA block a piece: there is no
//! symmetric cipher. Blocks stand alone, so all cores share the work.

use std::sync::OnceLock;

use rand::rngs::SysRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Oaep, Pkcs1v15Sign, hazmat};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::count::counted;
use crate::key::{PrivateKey, PublicKey};

/// What OAEP with SHA-1 takes from each block, in bytes; node-rsa keeps the same distance in the origin layer, where 11 would do.
const OVERHEAD: usize = 42;
/// Above this many blocks a wrong order is not searched for.
const REORDER_MAX: usize = 16;

/// One of the two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The outer one, made with the sender's private key.
    Origin,
    /// The inner one, made for the recipient's public key.
    Secrecy,
}

/// Why an envelope could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an RSA key of {bits} bits is too small: one block has no room for data")]
pub struct TooSmall {
    /// Length of the modulus in bits.
    pub bits: usize,
}

/// Why an envelope did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the envelope is empty")]
    Empty,
    #[error("a length of {} is no whole number of {layer} blocks of {block} bytes", counted(bytes, "byte"))]
    Length { layer: Layer, bytes: usize, block: usize },
    #[error("none of the {blocks} {layer} blocks opens with this key")]
    Key { layer: Layer, blocks: usize },
    #[error("{failed} of the {blocks} {layer} blocks do not open, the first is number {first}")]
    Blocks { layer: Layer, failed: usize, blocks: usize, first: usize },
    #[error("the origin layer is missing: the bytes open with the recipient's key alone")]
    Unsigned,
    #[error("the blocks are out of order: with {first} and {second} exchanged the envelope opens")]
    Reordered { first: usize, second: usize },
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Origin => "origin",
            Self::Secrecy => "secrecy",
        })
    }
}

impl Failure {
    /// The layer that did not open.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Length { layer, .. } | Self::Key { layer, .. } | Self::Blocks { layer, .. } => *layer,
            Self::Empty | Self::Unsigned => Layer::Origin,
            Self::Reordered { .. } => Layer::Secrecy,
        }
    }

    /// What the failure proves, in one sentence.
    pub fn proves(&self) -> &'static str {
        match self {
            Self::Empty => "nothing was sent, or something on the way removed the body",
            Self::Length { layer: Layer::Origin, .. } => {
                "the bytes were cut or added to on the way, or the sender signed with a key of another size"
            }
            Self::Length { layer: Layer::Secrecy, .. } => {
                "the origin key is right; whole blocks are missing, or the sender encrypted for a key of another size"
            }
            Self::Key { layer: Layer::Origin, .. } => {
                "the sender signed with a private key that does not belong to this public key: it publishes another one, or \
                 an old answer is cached"
            }
            Self::Key { layer: Layer::Secrecy, .. } => {
                "the origin is verified, but the sender encrypted for another public key than this recipient's: an old one, or \
                 one that is published by mistake"
            }
            Self::Blocks { layer: Layer::Origin, .. } => "the sender's key is right; the bytes were damaged on the way",
            Self::Blocks { layer: Layer::Secrecy, .. } => {
                "both keys are right; blocks were lost, exchanged or mixed with those of another message"
            }
            Self::Unsigned => "the sender encrypted and did not sign, or something took the outer layer off",
            Self::Reordered { .. } => "both keys are right; something put the blocks into another order",
        }
    }

    /// The text after `Error: ` that a server with node-rsa writes into the `crypt` section of its log.
    pub fn server_log(&self) -> &'static str {
        match (self, self.layer()) {
            (Self::Empty | Self::Length { .. }, _) => "Incorrect data or key",
            (_, Layer::Origin) => {
                "Error during decryption (probably incorrect key). Original error: Error: … invalid padding"
            }
            (_, Layer::Secrecy) => {
                "Error during decryption (probably incorrect key). Original error: Error: … oaep decoding error"
            }
        }
    }
}

/// Both layers around `message`.
pub fn seal(message: &[u8], from: &PrivateKey, to: &PublicKey) -> Result<Vec<u8>, TooSmall> {
    seal_origin(&seal_secrecy(message, to)?, from)
}

/// Undoes both layers.
pub fn open(envelope: &[u8], to: &PrivateKey, from: &PublicKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
    open_secrecy(&open_origin(envelope, from)?, to)
}

/// Encrypts for the recipient. Randomised.
pub fn seal_secrecy(message: &[u8], to: &PublicKey) -> Result<Vec<u8>, TooSmall> {
    let pieces = pieces(message, to)?;
    let sealed = each(&pieces, |piece| to.rsa().encrypt(&mut SysRng, Oaep::<Sha1>::new(), piece).ok());
    sealed.into_iter().collect::<Option<Vec<_>>>().map(|blocks| blocks.concat()).ok_or(TooSmall { bits: to.bits() })
}

/// Signs block by block. Deterministic; the private operation is blinded.
pub fn seal_origin(inner: &[u8], from: &PrivateKey) -> Result<Vec<u8>, TooSmall> {
    let pieces = pieces(inner, from.public())?;
    let scheme = Pkcs1v15Sign::new_unprefixed;
    let sealed = each(&pieces, |piece| from.rsa().sign_with_rng(&mut SysRng, scheme(), piece).ok());
    let bits = from.public().bits();
    sealed.into_iter().collect::<Option<Vec<_>>>().map(|blocks| blocks.concat()).ok_or(TooSmall { bits })
}

/// Takes the origin layer off. Pieces of any length are accepted, as servers do.
pub fn open_origin(envelope: &[u8], from: &PublicKey) -> Result<Vec<u8>, Failure> {
    Ok(origin_pieces(envelope, from)?.concat())
}

/// Takes the secrecy layer off. The private operation is blinded, and every block is tried before any failure is reported.
pub fn open_secrecy(inner: &[u8], to: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let blocks = blocks(Layer::Secrecy, inner, to.public().size())?;
    let opened = each(&blocks, |block| open_block(block, to).map(Zeroizing::new));
    let opened = all(Layer::Secrecy, opened)?;
    let mut message = Zeroizing::new(Vec::with_capacity(opened.iter().map(|piece| piece.len()).sum()));
    opened.iter().for_each(|piece| message.extend_from_slice(piece));
    Ok(message)
}

/// As [`open`], and when it fails tries more private operations to find out why. For people, not for a listening server.
pub fn diagnose(envelope: &[u8], to: &PrivateKey, from: &PublicKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let pieces = match origin_pieces(envelope, from) {
        Ok(pieces) => pieces,
        Err(failure) => return Err(if open_secrecy(envelope, to).is_ok() { Failure::Unsigned } else { failure }),
    };
    let failure = match open_secrecy(&pieces.concat(), to) {
        Err(failure @ (Failure::Key { .. } | Failure::Blocks { .. })) => failure,
        other => return other,
    };
    if pieces.len() <= REORDER_MAX {
        for at in 1..pieces.len() {
            let mut other = pieces.clone();
            other.swap(at - 1, at);
            if open_secrecy(&other.concat(), to).is_ok() {
                return Err(Failure::Reordered { first: at, second: at + 1 });
            }
        }
    }
    Err(failure)
}

fn origin_pieces(envelope: &[u8], from: &PublicKey) -> Result<Vec<Vec<u8>>, Failure> {
    let blocks = blocks(Layer::Origin, envelope, from.size())?;
    all(Layer::Origin, each(&blocks, |block| unsign(block, from)))
}

/// node-rsa's rule for both layers: as few pieces as fit, all of one length, the last one shorter; nothing at all is one piece.
fn pieces<'a>(bytes: &'a [u8], key: &PublicKey) -> Result<Vec<&'a [u8]>, TooSmall> {
    let max = key.size().checked_sub(OVERHEAD).filter(|max| *max > 0).ok_or(TooSmall { bits: key.bits() })?;
    if bytes.is_empty() {
        return Ok(vec![bytes]);
    }
    let count = bytes.len().div_ceil(max);
    Ok(bytes.chunks(bytes.len().div_ceil(count)).collect())
}

fn blocks(layer: Layer, bytes: &[u8], block: usize) -> Result<Vec<&[u8]>, Failure> {
    if bytes.is_empty() {
        return Err(Failure::Empty);
    }
    if !bytes.len().is_multiple_of(block) {
        return Err(Failure::Length { layer, bytes: bytes.len(), block });
    }
    Ok(bytes.chunks_exact(block).collect())
}

fn open_block(block: &[u8], to: &PrivateKey) -> Option<Vec<u8>> {
    to.rsa().decrypt_blinded(&mut SysRng, Oaep::<Sha1>::new(), block).ok()
}

/// Undoes `00 01 FF…FF 00 piece` (RFC 8017 section 9.2, at least eight FF).
fn unsign(block: &[u8], from: &PublicKey) -> Option<Vec<u8>> {
    let number = BoxedUint::from_be_slice(block, from.rsa().n_bits_precision()).ok()?;
    if number >= **from.rsa().n() {
        return None;
    }
    let padded = hazmat::rsa_encrypt(from.rsa(), &number).ok()?.to_be_bytes_trimmed_vartime();
    // Leading zero bytes are not part of a number, so a well-formed block is one byte shorter.
    let padded = padded.strip_prefix(&[1]).filter(|rest| rest.len() + 2 == block.len())?;
    let ones = padded.iter().take_while(|byte| **byte == 0xff).count();
    match padded.get(ones..) {
        Some([0, piece @ ..]) if ones >= 8 => Some(piece.to_vec()),
        _ => None,
    }
}

/// All of them, or which failed.
fn all<T>(layer: Layer, opened: Vec<Option<T>>) -> Result<Vec<T>, Failure> {
    let blocks = opened.len();
    let failed = opened.iter().filter(|piece| piece.is_none()).count();
    let first = opened.iter().position(Option::is_none).map_or(0, |at| at + 1);
    match failed {
        0 => Ok(opened.into_iter().flatten().collect()),
        _ if failed == blocks => Err(Failure::Key { layer, blocks }),
        _ => Err(Failure::Blocks { layer, failed, blocks, first }),
    }
}

/// `work` on each block, in order, on as many threads as there are cores.
fn each<T: Send>(blocks: &[&[u8]], work: impl Fn(&[u8]) -> T + Sync) -> Vec<T> {
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores = *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
    let share = blocks.len().div_ceil(cores).max(1);
    let (mine, others) = blocks.split_at(share.min(blocks.len()));
    std::thread::scope(|scope| {
        let work = &work;
        let spawn = |part| scope.spawn(move || Vec::from_iter(<[&[u8]]>::iter(part).map(|block| work(block))));
        let threads: Vec<_> = others.chunks(share).map(spawn).collect();
        let mut results: Vec<T> = mine.iter().map(|block| work(block)).collect();
        for thread in threads {
            results.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use num_bigint::BigUint;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn vectors(name: &str) -> Vec<Value> {
        let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn keys() -> &'static HashMap<String, PrivateKey> {
        static KEYS: OnceLock<HashMap<String, PrivateKey>> = OnceLock::new();
        KEYS.get_or_init(|| {
            let read = |row: Value| {
                let key = PrivateKey::from_text(row["private"].as_str().unwrap(), || anyhow::bail!("no")).unwrap();
                (row["id"].as_str().unwrap().to_owned(), key)
            };
            vectors("keys.json").into_iter().map(read).collect()
        })
    }

    fn hex(row: &Value, name: &str) -> Vec<u8> {
        let text = row[name].as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn fails(bytes: &[u8]) -> Failure {
        diagnose(bytes, &keys()["bob"], keys()["alice"].public()).unwrap_err()
    }

    #[test]
    fn the_vectors_of_node_rsa_open_and_come_out_byte_for_byte() {
        let rows = vectors("envelope.json");
        assert_eq!(rows.len(), 35);
        for row in &rows {
            let (from, to) = (&keys()[row["sender"].as_str().unwrap()], &keys()[row["recipient"].as_str().unwrap()]);
            let (layer1, layer2) = (hex(row, "layer1"), hex(row, "layer2"));
            let message = row["message"].as_str().unwrap().as_bytes();
            assert_eq!(seal_origin(&layer1, from).unwrap(), layer2, "{}", row["id"]);
            assert_eq!(open_origin(&layer2, from.public()).unwrap(), layer1, "{}", row["id"]);
            assert_eq!(open(&layer2, to, from.public()).unwrap().as_slice(), message, "{}", row["id"]);
            let ours = seal_secrecy(message, to.public()).unwrap();
            assert_eq!(ours.len(), layer1.len(), "{}", row["id"]);
            assert_eq!(open_secrecy(&ours, to).unwrap().as_slice(), message, "{}", row["id"]);
        }
    }

    #[test]
    fn each_way_to_fail_names_its_layer() {
        let (alice, bob, carol) = (&keys()["alice"], &keys()["bob"], &keys()["carol"]);
        let ping = br#"{"events":[{"type":"ping"}]}"#;
        let good = seal(ping, alice, bob.public()).unwrap();
        let long = seal(&[b'x'; 600], alice, bob.public()).unwrap();
        let key = |layer, blocks| Failure::Key { layer, blocks };
        assert_eq!(fails(b""), Failure::Empty);
        assert_eq!(fails(&good[..300]), Failure::Length { layer: Layer::Origin, bytes: 300, block: 256 });
        assert_eq!(fails(&good[..256]), Failure::Length { layer: Layer::Secrecy, bytes: 128, block: 256 });
        assert_eq!(fails(&seal(ping, carol, bob.public()).unwrap()), key(Layer::Origin, 2));
        assert_eq!(fails(&seal(ping, alice, carol.public()).unwrap()), key(Layer::Secrecy, 1));
        assert_eq!(fails(&seal_secrecy(ping, bob.public()).unwrap()), Failure::Unsigned);
        assert_eq!(fails(&[&good[256..], &good[..256]].concat()), Failure::Reordered { first: 1, second: 2 });
        let mut hurt = long.clone();
        hurt[300] ^= 1;
        assert_eq!(fails(&hurt), Failure::Blocks { layer: Layer::Origin, failed: 1, blocks: 4, first: 2 });
        let mixed = [&long[..256], &long[..256], &long[512..]].concat();
        assert!(matches!(fails(&mixed), Failure::Blocks { layer: Layer::Secrecy, .. }), "{:?}", fails(&mixed));
        // A number above the modulus is not a block of this key.
        assert_eq!(fails(&[0xff; 256]), key(Layer::Origin, 1));
    }

    #[test]
    fn pieces_of_another_length_are_accepted() {
        let (alice, bob) = (&keys()["alice"], &keys()["bob"]);
        let sign = |piece: &[u8]| alice.rsa().sign(Pkcs1v15Sign::new_unprefixed(), piece).unwrap();
        let inner = seal_secrecy(b"ping", bob.public()).unwrap();
        let full = [sign(&inner[..245]), sign(&inner[245..])].concat();
        assert_eq!(open(&full, bob, alice.public()).unwrap().as_slice(), b"ping");
        let ragged = [sign(&inner[..1]), sign(b""), sign(&inner[1..200]), sign(&inner[200..])].concat();
        assert_eq!(open(&ragged, bob, alice.public()).unwrap().as_slice(), b"ping");
    }

    #[test]
    fn a_key_that_holds_nothing_is_refused() {
        let n = (BigUint::from(1u8) << 255) | BigUint::from(1u8);
        let small = PublicKey::from_numbers(n, 65537u32.into()).unwrap();
        assert_eq!(seal_secrecy(b"ping", &small).unwrap_err(), TooSmall { bits: 256 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn any_message_goes_through_both_layers(
            message in proptest::collection::vec(any::<u8>(), 0..900),
            from in prop_oneof![Just("alice"), Just("small"), Just("large")],
            to in prop_oneof![Just("bob"), Just("small"), Just("large")],
        ) {
            let sealed = seal(&message, &keys()[from], keys()[to].public()).unwrap();
            let opened = open(&sealed, &keys()[to], keys()[from].public()).unwrap();
            prop_assert_eq!(opened.as_slice(), message.as_slice());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..513), cut in 1usize..3) {
            let whole = &bytes[..bytes.len() / (256 * cut) * 256];
            prop_assert!(open(whole, &keys()["bob"], keys()["alice"].public()).is_err());
            prop_assert!(open(&bytes, &keys()["small"], keys()["small"].public()).is_err());
        }
    }
}
