//! Key texts that went through some transport, and private keys where nobody should put them.

use base64::Engine;
use fedctl::key::PublicKey;
use fedctl::severity::Severity::{Error, Warning};

use super::{CHAT, Odd, SRV, healthy};
use crate::zoo::scenario::{Keys, key, txt};

const LABEL: &str = "rocketchat-public-key";

fn with(keys: &Keys, change: impl Fn(&str) -> String) -> String {
    format!("{CHAT}{SRV}{}", key(change(&keys.own)))
}

fn pem(line: &str) -> String {
    PublicKey::from_pem(line).unwrap().pem()
}

pub fn scenarios() -> Vec<Odd> {
    let mut all = texts();
    all.extend(secrets());
    all
}

fn texts() -> Vec<Odd> {
    let broken = |odd: Odd| odd.finds("problems", &[(Error, "key-text"), (Error, "dns-generations")]);
    let read = |odd: Odd| odd.finds("clean", &[(Warning, "key-text")]);
    let repaired = |odd: Odd| odd.mentioning(&["Publish this instead"]);
    let again = |odd: Odd| odd.mentioning(&["Copy the key again"]).never(&["Publish this instead"]);
    vec![
        repaired(broken(Odd::new("entities.example", "has + and / as HTML entities", |keys| {
            with(keys, |line| line.replace('+', "&#43;").replace('/', "&#x2F;"))
        }))),
        repaired(broken(Odd::new("entities-named.example", "has + and / as named HTML entities", |keys| {
            with(keys, |line| line.replace('+', "&plus;").replace('/', "&sol;"))
        }))),
        repaired(read(Odd::new("entities-quote.example", "has quotes as HTML entities around it", |keys| {
            with(keys, |line| format!("&quot;{line}&quot;"))
        }))),
        again(broken(Odd::new("cyrillic.example", "has Cyrillic letters that look like Latin ones", |keys| {
            with(keys, |line| line.replace('A', "\u{410}").replace("\u{410}QEF", "AQEF"))
        }))),
        again(broken(Odd::new("one-cyrillic.example", "has one Cyrillic letter", |keys| {
            with(keys, |line| format!("{}\u{430}{}", &line[..200], &line[201..]))
        }))),
        repaired(broken(Odd::new("fullwidth.example", "was typed with full-width letters", |keys| {
            with(keys, |line| {
                let wide = |c: char| match c {
                    '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
                    c => c,
                };
                format!("{}{}{}", &line[..100], line[100..140].chars().map(wide).collect::<String>(), &line[140..])
            })
        }))),
        repaired(broken(Odd::new("hexadecimal.example", "published the DER in hexadecimal", |keys| {
            with(keys, |line| {
                PublicKey::from_pem(line).unwrap().der().iter().map(|byte| format!("{byte:02x}")).collect()
            })
        }))),
        repaired(broken(Odd::new("hex-text.example", "published the text in hexadecimal", |keys| {
            with(keys, |line| line.bytes().map(|byte| format!("{byte:02X}")).collect())
        }))),
        repaired(broken(Odd::new("base64-pem.example", "encoded the whole key once more", |keys| {
            with(keys, |line| base64::engine::general_purpose::STANDARD.encode(pem(line)))
        }))),
        repaired(broken(Odd::new("quoted-printable.example", "sent the key through a mail program", |keys| {
            with(keys, |line| {
                let line: Vec<char> = line.chars().collect();
                let encoded = |piece: &[char]| piece.iter().collect::<String>().replace('=', "=3D").replace('+', "=2B");
                line.chunks(60).map(encoded).collect::<Vec<_>>().join("=\r\n")
            })
        }))),
        repaired(broken(Odd::new("url-encoded.example", "percent-encoded everything but letters", |keys| {
            with(keys, |line| line.replace('+', "%2B").replace('/', "%2F").replace(' ', "%20").replace('=', "%3D"))
        }))),
        repaired(read(Odd::new("prefix-v.example", "put v=1; before the key", |keys| {
            with(keys, |line| format!("v=1; k=rsa; p={line}"))
        }))),
        repaired(read(Odd::new("prefix-key.example", "put key= before the key", |keys| {
            with(keys, |line| format!("key={line}"))
        }))),
        repaired(read(Odd::new("prefix-name.example", "put the name of the setting before the key", |keys| {
            with(keys, |line| format!("FEDERATION_Public_Key: {line}"))
        }))),
        repaired(broken(Odd::new("json.example", "kept the escapes of a JSON string", |keys| {
            with(keys, |line| format!("\"{}\"", pem(line).replace('\n', "\\n").replace('/', "\\/")))
        }))),
        repaired(broken(Odd::new("json-unicode.example", "kept the \\u escapes of a JSON string", |keys| {
            with(keys, |line| line.replace('+', "\\u002b").replace('=', "\\u003d"))
        }))),
        repaired(broken(Odd::new("json-object.example", "published a JSON object with the key in it", |keys| {
            with(keys, |line| format!("{{\"publicKey\": \"{}\"}}", pem(line).replace('\n', "\\n")))
        }))),
        repaired(read(Odd::new("zero-width.example", "has a zero-width joiner inside", |keys| {
            with(keys, |line| format!("{}\u{200d}{}", &line[..300], &line[300..]))
        }))),
        repaired(read(Odd::new("mark.example", "begins with a byte-order mark", |keys| {
            with(keys, |line| format!("\u{feff}{line}"))
        }))),
        broken(Odd::new("pkcs1.example", "published the PKCS#1 form", |keys| {
            use rsa::pkcs1::{EncodeRsaPublicKey, LineEnding};
            with(keys, |line| {
                PublicKey::from_pem(line).unwrap().rsa().to_pkcs1_pem(LineEnding::LF).unwrap().replace('\n', "")
            })
        }))
        .mentioning(&["Publish this instead"]),
        Odd::new("junk-beside.example", "has the key and two other texts at one name", |keys| {
            format!("{CHAT}{SRV}{}{}{}", key(&keys.own), txt(LABEL, "google-site-verification=abc"), txt(LABEL, "x"))
        })
        .finds("problems", &[(Error, "key-record")]),
    ]
}

fn secrets() -> Vec<Odd> {
    const FOUND: &[&str] = &["fedctl keygen", "private key"];
    let leaked = |odd: Odd| odd.finds("problems", &[(Error, "key-secret")]).mentioning(FOUND);
    vec![
        Odd::new("secret.example", "published the private key", |keys| with(keys, |_| keys.secret.clone()))
            .finds("problems", &[(Error, "key-secret"), (Error, "dns-generations")])
            .mentioning(FOUND),
        leaked(Odd::new(
            "secret-apex.example",
            "published the private key at the domain itself, beside the right records",
            |keys| format!("{}{}", healthy(keys), txt("@", keys.secret.replace('\n', ""))),
        )),
        leaked(Odd::new("secret-miss.example", "published the private key under a misspelt name", |keys| {
            format!("{}{}", healthy(keys), txt("rocketchat-private-key", keys.secret.replace('\n', "")))
        })),
        Odd::new(
            "secret-miss-only.example",
            "published the private key under a misspelt name and nothing else",
            |keys| format!("{CHAT}{SRV}{}", txt("_rocketchat-public-key", keys.secret.replace('\n', ""))),
        )
        .finds("problems", &[(Error, "key-secret"), (Error, "key-record"), (Error, "dns-generations")])
        .mentioning(FOUND),
        leaked(Odd::new("secret-protocol.example", "published the private key in the protocol record", |keys| {
            format!("{}{}", healthy(keys), txt("rocketchat-protocol", &keys.secret))
        })),
        leaked(Odd::new("secret-srv.example", "published the private key as a text at an SRV name", |keys| {
            format!("{}{}", healthy(keys), txt("_rocketchat._https", &keys.secret))
        })),
        leaked(Odd::new("secret-wildcard.example", "published the private key in a wildcard", |keys| {
            format!("{}{}", healthy(keys), txt("*", &keys.secret))
        })),
        Odd::new("secret-second.example", "published the private key beside the public key", |keys| {
            format!("{}{}", healthy(keys), txt(LABEL, &keys.secret))
        })
        .finds("problems", &[(Error, "key-secret"), (Error, "dns-generations")])
        .mentioning(FOUND),
        leaked(Odd::new("secret-host.example", "published the private key under the host", |keys| {
            format!("{}{}", healthy(keys), txt("rocketchat-public-key.chat", &keys.secret))
        })),
    ]
}
