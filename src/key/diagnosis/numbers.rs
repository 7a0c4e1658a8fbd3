//! The numbers of a key: what proves that a recovered key is real, and which sizes are unwise.

use std::sync::LazyLock;

use num_bigint::BigUint;

use super::Defect;
use super::defect_kind::DefectKind;
use crate::key::{DEFAULT_BITS, PublicKey, SIZES};

/// INTEGER 65537, the last bytes of every key that a server makes.
pub const TRAILER: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];
/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1).
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1 (RFC 5480 section 2.1.1).
const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.3.101.112 (RFC 8410 section 3).
const ED25519: [u8; 3] = [0x2b, 0x65, 0x70];
/// No prime factor of a real modulus is anywhere near; a changed modulus has one below this nine times in ten.
const TRIAL_LIMIT: u32 = 1 << 16;

/// True for the algorithm that federation uses.
pub fn is_rsa(oid: &[u8]) -> bool {
    oid == RSA
}

/// True for the algorithms that keys of other kinds name: RSASSA-PSS and OAEP, DSA, EC, X25519 to Ed448.
pub fn is_foreign(oid: &[u8]) -> bool {
    let pss = oid.len() == RSA.len() && oid.starts_with(&RSA[..8]) && matches!(oid[8], 7 | 10);
    let dsa = oid == [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
    let edwards = oid.len() == 3 && oid.starts_with(&ED25519[..2]) && (110..=113).contains(&oid[2]);
    pss || dsa || edwards || oid == EC
}

/// What a key for another algorithm is.
pub fn algorithm(oid: &[u8]) -> Defect {
    match oid {
        _ if oid == EC => Defect::new(DefectKind::EcKey, "this is an elliptic-curve key; federation needs RSA"),
        _ if oid == ED25519 => Defect::new(DefectKind::Ed25519Key, "this is an Ed25519 key; federation needs RSA"),
        _ => Defect::new(DefectKind::WrongAlgorithm, "this is a key for another algorithm; federation needs RSA"),
    }
}

/// The key, when the bytes are exactly one RSA SubjectPublicKeyInfo with a modulus that can be real.
pub fn prove(der: &[u8]) -> Option<PublicKey> {
    PublicKey::from_der(der).ok().filter(|key| key.der() == der && small_factor(key.n()).is_none())
}

/// Reads an RSAPublicKey.
pub fn from_pkcs1(der: &[u8]) -> Option<PublicKey> {
    PublicKey::from_pkcs1_der(der).ok()
}

/// Names what is unwise about the numbers; `None` when no such key can exist.
pub fn judge(key: PublicKey, defects: &mut Vec<Defect>) -> Option<PublicKey> {
    let bits = key.bits();
    if let Some(factor) = small_factor(key.n()) {
        defects.push(Defect::new(
            DefectKind::ModulusDamaged,
            format!("the modulus is divisible by {factor}, which no RSA key is: a character inside it changed"),
        ));
        return None;
    }
    if bits < DEFAULT_BITS {
        let what = format!("RSA of {bits} bits is weak: it can be broken; servers make {DEFAULT_BITS}");
        defects.push(Defect::new(DefectKind::WeakSize, what));
    } else if !SIZES.contains(&bits) {
        let why = if bits % 8 == 1 { "servers miscount moduli of 8k+1 bits" } else { "servers make 2048" };
        defects.push(Defect::new(DefectKind::OddSize, format!("RSA of {bits} bits is an unusual size: {why}")));
    }
    if *key.e() != BigUint::from(65537u32) {
        let what = format!("the exponent is {}, where servers make 65537: a character may have changed", key.e());
        defects.push(Defect::new(DefectKind::OddExponent, what));
    }
    Some(key)
}

/// The smallest prime factor below the limit.
pub fn small_factor(n: &BigUint) -> Option<u32> {
    if !n.bit(0) {
        return Some(2);
    }
    let digits = n.to_u64_digits();
    BATCHES.iter().find_map(|batch| batch.divisor(&digits))
}

/// The odd primes below the limit, smallest first.
static BATCHES: LazyLock<Vec<Batch>> = LazyLock::new(|| {
    let mut words: Vec<(u64, Vec<Prime>)> = vec![(1, Vec::new())];
    for number in primes(TRIAL_LIMIT).skip(1) {
        let room = words.last().and_then(|(product, _)| product.checked_mul(number.into()));
        match (room, words.last_mut()) {
            (Some(more), Some((product, primes))) => {
                *product = more;
                primes.push(Prime::new(number));
            }
            _ => words.push((number.into(), vec![Prime::new(number)])),
        }
    }
    words.chunks(LANES).map(Batch::new).collect()
});

/// Products that are divided by at the same time, because each step of one division waits for the step before.
const LANES: usize = 8;

/// Products of primes, as many as fit into 64 bits each; those that are not needed are 1.
struct Batch {
    products: [u64; LANES],
    inverses: [u64; LANES],
    primes: Vec<Vec<Prime>>,
}

impl Batch {
    fn new(words: &[(u64, Vec<Prime>)]) -> Self {
        let products = std::array::from_fn(|lane| words.get(lane).map_or(1, |(product, _)| *product));
        let primes = words.iter().map(|(_, primes)| primes.clone()).collect();
        Self { products, inverses: products.map(inverse), primes }
    }

    /// The smallest prime of the batch that divides the number with these digits, the lowest first.
    fn divisor(&self, digits: &[u64]) -> Option<u32> {
        let mut words = std::iter::zip(self.remainders(digits), &self.primes);
        words.find_map(|(rest, primes)| primes.iter().find(|prime| prime.divides(rest)).map(|prime| prime.number))
    }

    /// For each product, a number that the same primes of it divide as the number with these digits: they are divided from the
    /// lowest on (T. Jebelean, An algorithm for exact division, 1993), where each step is two multiplications.
    fn remainders(&self, digits: &[u64]) -> [u64; LANES] {
        let mut rest = [0; LANES];
        for digit in digits {
            for (lane, rest) in rest.iter_mut().enumerate() {
                let (low, borrow) = digit.overflowing_sub(*rest);
                let quotient = low.wrapping_mul(self.inverses[lane]);
                let product = u128::from(quotient) * u128::from(self.products[lane]);
                *rest = (product >> 64) as u64 + u64::from(borrow);
            }
        }
        rest
    }
}

#[derive(Clone)]
struct Prime {
    number: u32,
    inverse: u64,
    /// The quotient of the largest multiple of 64 bits.
    largest: u64,
}

impl Prime {
    fn new(number: u32) -> Self {
        Self { number, inverse: inverse(number.into()), largest: u64::MAX / u64::from(number) }
    }

    /// The quotient of a multiple is its product with the inverse; any other number gives one that is larger than a quotient can be.
    fn divides(&self, number: u64) -> bool {
        number.wrapping_mul(self.inverse) <= self.largest
    }
}

/// What gives 1 modulo 2^64 when it is multiplied by an odd number. Each step of Newton doubles the bits that are right.
fn inverse(odd: u64) -> u64 {
    (0..6).fold(1, |inverse: u64, _| inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

fn primes(limit: u32) -> impl Iterator<Item = u32> {
    let mut composite = vec![false; limit as usize];
    (2..limit).filter(move |n| {
        if composite[*n as usize] {
            return false;
        }
        (n.saturating_mul(*n)..limit).step_by(*n as usize).for_each(|multiple| composite[multiple as usize] = true);
        true
    })
}

/// For every usual size: the bytes before the modulus, and the length of the whole structure in bytes.
pub fn frames() -> impl Iterator<Item = (Vec<u8>, usize)> {
    [2048, 4096, 3072, 1024].into_iter().filter_map(|bits: usize| {
        let n = BigUint::from_bytes_be(&vec![0xff; bits / 8]);
        let der = PublicKey::from_numbers(n, BigUint::from(65537u32)).ok()?.der().to_vec();
        let head = der.len().checked_sub(bits / 8 + TRAILER.len())?;
        Some((der[..head].to_vec(), der.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn real_moduli_have_no_small_factor_and_products_do() {
        let key = PrivateKey::generate(2048).unwrap();
        let n = key.public().n();
        assert_eq!(small_factor(n), None);
        for prime in [2u32, 3, 5, 101, 257, 32_771, 65_519, 65_521] {
            assert_eq!(small_factor(&(n * BigUint::from(prime))), Some(prime));
            assert_eq!(small_factor(&(n * BigUint::from(prime) * BigUint::from(65_521u32))), Some(prime));
        }
        assert_eq!(small_factor(&(n * BigUint::from(65_537u32))), None);
    }

    #[test]
    fn the_smallest_factor_is_that_of_a_plain_division() {
        let all: Vec<u32> = primes(TRIAL_LIMIT).collect();
        let seed = PrivateKey::generate(2048).unwrap().public().n().clone();
        // Numbers of one digit, of two and of many.
        for number in (1..3000u32)
            .map(BigUint::from)
            .chain((1..300u32).flat_map(|at| [&seed >> 1950u32, seed.clone()].map(|n| n + at)))
        {
            let plain = all.iter().copied().find(|prime| &number % *prime == BigUint::ZERO);
            assert_eq!(small_factor(&number), plain, "{number}");
        }
    }

    #[test]
    fn frames_are_the_beginning_of_real_keys() {
        let der = PrivateKey::generate(2048).unwrap().public().der().to_vec();
        let (head, total) = frames().next().unwrap();
        assert!(der.starts_with(&head) && der.len() == total && der.ends_with(&TRAILER));
    }
}
