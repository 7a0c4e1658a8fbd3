//! Another text than a public key: secrets, placeholders, keys of other kinds and sizes, and other keys than the server's.

use std::sync::LazyLock;

use base64::Engine;
use fedctl::key::PublicKey;
use fedctl::key::diagnosis::{DefectKind, examine};
use fedctl::severity::Severity::{Error, Warning};
use num_bigint::BigUint;
use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};

use super::scenario::{HOST, Keys, SRV, Scenario, hurt, key, with_key};

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// The least primes above 2^24 and 2^25: they lengthen a modulus and leave it without a small factor.
const TO_2072: u32 = 16_777_259;
const TO_2073: u32 = 33_554_467;

static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["chat.certificate.example".into()]);
    certificate.unwrap().self_signed(&key).unwrap().pem()
});

static EC: LazyLock<String> = LazyLock::new(|| rcgen::KeyPair::generate().unwrap().public_key_pem().replace('\n', ""));

static ED25519: LazyLock<String> =
    LazyLock::new(|| rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().public_key_pem().replace('\n', ""));

fn own(keys: &Keys) -> PublicKey {
    PublicKey::from_pem(&keys.own).unwrap()
}

fn armoured(der: &[u8]) -> String {
    format!("{BEGIN}{}{END}", base64::engine::general_purpose::STANDARD.encode(der))
}

/// Your modulus times `factor`, with this exponent.
fn numbers(keys: &Keys, factor: u32, exponent: u32) -> String {
    let n = own(keys).n() * BigUint::from(factor);
    PublicKey::from_numbers(n, exponent.into()).unwrap().one_line()
}

/// A modulus near your one that three divides.
fn divisible(keys: &Keys) -> String {
    let three = BigUint::from(3u32);
    let n = own(keys).n() / &three * &three;
    let n = if &n % 2u32 == BigUint::from(0u32) { n + three } else { n };
    PublicKey::from_numbers(n, 65537u32.into()).unwrap().one_line()
}

/// One character changed where nobody sees it without the right key.
fn unsuspicious(line: &str) -> String {
    let changed =
        |at: usize| format!("{}{}{}", &line[..at], if &line[at..=at] == "Q" { "R" } else { "Q" }, &line[at + 1..]);
    (200..300).map(changed).find(|text| text != line && examine(text.as_bytes()).is_good()).unwrap()
}

/// Cut so that nobody takes the middle for the end.
fn in_two_records(text: &str) -> String {
    format!("{HOST}{SRV}{}{}", key(&text[800..1040]), key(&text[..240]))
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        hurt(DefectKind::PrivateKey, "published the private key", |keys| with_key(&keys.secret))
            .finds(&[(Error, "key-secret"), (Error, "dns-generations")])
            .mentioning(&["fedctl keygen"]),
        Scenario {
            kind: Some(DefectKind::PrivateKey),
            ..Scenario::new("secret-pieces.example", "published pieces of the private key in two records", |keys| {
                in_two_records(&keys.secret)
            })
            .finds(&[(Error, "key-secret"), (Error, "dns-generations")])
            .mentioning(&["fedctl keygen"])
        },
        hurt(DefectKind::Empty, "left the value empty", |_| with_key("")),
        hurt(DefectKind::Placeholder, "published the words of the guide", |_| {
            with_key("<my public key, as shown on the configuration screen>")
        }),
        hurt(DefectKind::NotAKey, "published the mail policy at this name", |_| with_key("v=spf1 -all")),
        hurt(DefectKind::Pkcs1Label, "exported the key in the older form", |keys| {
            with_key(own(keys).rsa().to_pkcs1_pem(LineEnding::LF).unwrap().replace('\n', ""))
        }),
        hurt(DefectKind::Pkcs1Content, "put the older form between the newer lines", |keys| {
            with_key(armoured(own(keys).rsa().to_pkcs1_der().unwrap().as_bytes()))
        }),
        hurt(DefectKind::Certificate, "published the certificate of the web server", |_| with_key(&*CERTIFICATE)),
        hurt(DefectKind::OpensshLine, "published the key of an ssh login", |_| {
            with_key("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 ann@laptop")
        }),
        hurt(DefectKind::DkimRecord, "published the key of the mail server", |keys| {
            with_key(format!("v=DKIM1; k=rsa; p={}", base64::engine::general_purpose::STANDARD.encode(own(keys).der())))
        }),
        hurt(DefectKind::EcKey, "made an elliptic-curve key", |_| with_key(&*EC)),
        hurt(DefectKind::Ed25519Key, "made an Ed25519 key", |_| with_key(&*ED25519)),
        hurt(DefectKind::WrongAlgorithm, "made a key for RSASSA-PSS", |keys| {
            let mut der = own(keys).der().to_vec();
            let at = der.windows(3).position(|window| window == [0x0d, 0x01, 0x01]).unwrap() + 3;
            der[at] = 10;
            with_key(armoured(&der))
        }),
        hurt(DefectKind::WeakSize, "chose a shorter key", |keys| with_key(&keys.small))
            .finds(&[(Warning, "key-strength")]),
        hurt(DefectKind::OddSize, "made a key of a size that servers never make", |keys| {
            with_key(numbers(keys, TO_2072, 65537))
        })
        .finds(&[(Warning, "key-strength")])
        .mentioning(&["2072 bits"]),
        Scenario {
            kind: Some(DefectKind::OddSize),
            ..Scenario::new("miscounted.example", "made a key of 8k+1 bits, whose length servers miscount", |keys| {
                with_key(numbers(keys, TO_2073, 65537))
            })
            .finds(&[(Error, "key-strength")])
            .mentioning(&["2073 bits"])
        },
        hurt(DefectKind::OddExponent, "made a key with exponent 3", |keys| with_key(numbers(keys, 1, 3)))
            .finds(&[(Warning, "key-strength")]),
        hurt(DefectKind::ModulusDamaged, "mistyped a character inside the key", |keys| with_key(divisible(keys)))
            .finds(&[(Error, "key-text")]),
        Scenario {
            flags: &["--key", "KEY"],
            ..hurt(DefectKind::OtherKey, "restored the database and published an older key", |keys| {
                with_key(&keys.other)
            })
            .finds(&[(Error, "key-match")])
        },
        Scenario {
            flags: &["--key", "KEY"],
            ..hurt(DefectKind::OneCharacterChanged, "mistyped a character, and knows the right key", |keys| {
                with_key(unsuspicious(&keys.own))
            })
            .finds(&[(Error, "key-match")])
            .mentioning(&["one character changed"])
        },
        Scenario {
            flags: &["--key", "KEY"],
            kind: Some(DefectKind::OneCharacterChanged),
            ..Scenario::new("lost-one.example", "lost a character, and knows the right key", |keys| {
                with_key(format!("{}{}", &keys.own[..100], &keys.own[101..]))
            })
            .finds(&[(Error, "key-text"), (Error, "dns-generations")])
            .mentioning(&["character 101"])
        },
    ]
}
