//! The modulus and the exponent of a public key: whether they can work, their form in DER, and the key for arithmetic.

use num_bigint::BigUint;
use rsa::pkcs1::{self, RsaPublicKeyRef, UintRef};
use rsa::pkcs8::SubjectPublicKeyInfoRef;
use rsa::pkcs8::der::asn1::BitStringRef;
use rsa::pkcs8::der::{self, Encode};
use rsa::{BoxedUint, PublicKey};

/// The largest modulus that fedctl reads, in bits; servers have no limit.
const MAX_BITS: u64 = 16384;

/// Refuses what [`PublicKey::new_with_size_limits`] refuses up to [`MAX_BITS`], with the same reasons.
pub fn check(n: &BigUint, e: &BigUint) -> rsa::Result<()> {
    match () {
        () if n.bits() > MAX_BITS => Err(rsa::Error::ModulusTooLarge),
        () if e >= n || !n.bit(0) => Err(rsa::Error::InvalidModulus),
        () if !e.bit(0) => Err(rsa::Error::InvalidExponent),
        () if *e < BigUint::from(PublicKey::MIN_PUB_EXPONENT) => Err(rsa::Error::PublicExponentTooSmall),
        () if *e > BigUint::from(PublicKey::MAX_PUB_EXPONENT) => Err(rsa::Error::PublicExponentTooLarge),
        () => Ok(()),
    }
}

/// The SubjectPublicKeyInfo (RFC 5280 section 4.1) around the RSAPublicKey (RFC 8017 appendix A.1.1).
pub fn spki(n: &BigUint, e: &BigUint) -> der::Result<Vec<u8>> {
    let [n, e] = [n, e].map(BigUint::to_bytes_be);
    let inner = RsaPublicKeyRef { modulus: UintRef::new(&n)?, public_exponent: UintRef::new(&e)? }.to_der()?;
    let subject_public_key = BitStringRef::new(0, &inner)?;
    SubjectPublicKeyInfoRef { algorithm: pkcs1::ALGORITHM_ID, subject_public_key }.to_der()
}

/// The key for arithmetic, of numbers that passed [`check`].
pub fn arithmetic(n: &BigUint, e: &BigUint) -> PublicKey {
    let [n, e] = [n, e].map(|number| BoxedUint::from_be_slice_vartime(&number.to_bytes_be()));
    PublicKey::new_unchecked(n, e)
}

#[cfg(test)]
mod tests {
    use rsa::pkcs8::EncodePublicKey;

    use super::*;
    use crate::key::PrivateKey;

    #[test]
    fn the_crate_refuses_the_same_numbers_and_writes_the_same_der() {
        let one = BigUint::from(1u32);
        let real = PrivateKey::generate(2048).unwrap().public().n().clone();
        let largest = (&one << MAX_BITS) - 1u32;
        let moduli = [0u32, 1, 2, 3, 4, 5, 15, 65537, 65539].map(BigUint::from).into_iter();
        let large = [
            &real + 1u32,
            real.clone(),
            &real >> 7u32 | &one,
            &largest - 1u32,
            &largest + 1u32,
            &largest + 2u32,
            largest,
        ];
        let exponents =
            [0u64, 1, 2, 3, 4, 17, 65537, 65538, (1 << 33) - 2, (1 << 33) - 1, 1 << 33, (1 << 33) + 1, u64::MAX];
        let exponents: Vec<BigUint> =
            exponents.map(BigUint::from).into_iter().chain([real.clone(), &real + 2u32]).collect();
        for (n, e) in moduli.chain(large).flat_map(|n| exponents.iter().map(move |e| (n.clone(), e))) {
            let [modulus, exponent] = [&n, e].map(|number| BoxedUint::from_be_slice_vartime(&number.to_bytes_be()));
            let theirs = PublicKey::new_with_size_limits(modulus, exponent, 0..=16384);
            assert_eq!(check(&n, e), theirs.as_ref().map(|_| ()).map_err(Clone::clone), "{n} {e}");
            if let Ok(theirs) = theirs {
                assert_eq!(arithmetic(&n, e), theirs);
                assert_eq!(spki(&n, e).unwrap(), theirs.to_public_key_der().unwrap().as_bytes());
            }
        }
    }
}
