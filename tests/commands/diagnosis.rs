//! Every defect by name: what fires, what does not, what is repaired, and that servers see it as told.

use std::sync::LazyLock;

use base64::Engine;
use fedctl::key::diagnosis::{Diagnosis, examine, examine_records};
use fedctl::key::node_rsa;
use fedctl::key::{PrivateKey, PublicKey};
use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey, LineEnding};
use serde_json::{Value, json};

use crate::support::programs::node_json;
use crate::support::{Fedctl, repository};

/// A key of the test vectors, by its id.
fn key(id: &str) -> PublicKey {
    PublicKey::from_pem(vector(id)["public"].as_str().unwrap()).unwrap()
}

fn vector(id: &str) -> Value {
    let keys: Value =
        serde_json::from_str(&std::fs::read_to_string(repository("tests/vectors/keys.json")).unwrap()).unwrap();
    keys.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone()
}

fn private(id: &str) -> PrivateKey {
    PrivateKey::from_text(vector(id)["private"].as_str().unwrap(), || anyhow::bail!("not encrypted")).unwrap()
}

/// A hurt text, the ids that must be told (and no other), and whether the key comes back.
struct Case {
    text: Vec<u8>,
    kinds: &'static [&'static str],
    /// The id of the key that comes back.
    repaired: Option<&'static str>,
}

fn case(text: impl Into<Vec<u8>>, kinds: &'static [&'static str], repaired: bool) -> Case {
    Case { text: text.into(), kinds, repaired: repaired.then_some("alice") }
}

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

fn b64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn armoured(der: &[u8]) -> String {
    format!("{BEGIN}{}{END}", b64(der))
}

fn texts() -> Vec<Case> {
    let alice = key("alice");
    let line = alice.one_line();
    let body = &line[26..418];
    let plus = line[30..410].find('+').unwrap() + 30;
    let mut cases = vec![
        case("", &["empty"], false),
        case("  \n", &["empty"], false),
        case("<my public key, as shown on the configuration screen>", &["placeholder"], false),
        case(format!("{BEGIN}MIIBIjANBgkqhkiG9w0BAQEFAAOC...{END}"), &["placeholder"], false),
        case(format!("{}\u{2026}{}", &line[..60], &line[400..]), &["placeholder"], false),
        case("v=spf1 -all", &["not-a-key"], false),
        case(line.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), &["utf-16"], true),
        case(format!("\u{feff}{line}"), &["byte-order-mark"], true),
        case(line.replace("KEY-----M", "KEY-----\u{200b}M"), &["invisible-character"], true),
        case(line.replace(' ', "\u{a0}"), &["no-break-space"], true),
        case(line.replace('-', "\u{2013}"), &["typographic-dash"], true),
        case(line.replace("--", "\u{2014}"), &["typographic-dash"], true),
        case(line.replacen("-----", "\u{2013}\u{2013}", 1), &["typographic-dash"], true),
        case(format!("\u{201c}{line}\u{201d}"), &["typographic-quote"], true),
        case(format!("{}\u{0}{}", &line[..100], &line[100..]), &["control-character"], true),
        case(format!("{}*{}", &line[..100], &line[100..]), &["foreign-character"], true),
        case(format!("{}é{}", &line[..100], &line[100..]), &["foreign-character"], true),
        case(format!("rocketchat-public-key={line}"), &["pre-release-prefix"], true),
        case(line.replace("-----M", "-----\\nM").replace("-----E", "\\n-----E"), &["literal-newline"], true),
        case(alice.pem().trim_end().replace('\n', "\\n"), &["literal-newline"], true),
        case(format!("\"{line}\""), &["quotes-kept"], true),
        case(format!("\"{}\" \"{}\"", &line[..255], &line[255..]), &["quotes-kept"], true),
        case(format!("\\\"{line}\\\""), &["backslashes-kept", "quotes-kept"], true),
        case(line.replace('+', "\\+"), &["backslashes-kept"], true),
        case(format!("{line};"), &["semicolon-kept"], true),
        case(format!("{line}\\;"), &["semicolon-kept"], true),
        case(line.replace('+', "%2B").replace('/', "%2F").replace(' ', "%20"), &["percent-encoded"], true),
        case(format!("{}{}{END}", BEGIN, body.replace('+', " ")), &["plus-became-space"], true),
        case(
            b64(alice.pem().as_bytes()),
            &["armour-missing-begin", "armour-missing-end", "encoded-twice", "line-breaks"],
            true,
        ),
        case(format!("{}{}", &line[255..], &line[..255]), &["halves-swapped"], true),
        case(format!("{}{}", &body[200..], &body[..200]), &["armour-missing-end", "halves-swapped"], true),
        case(format!("{line}{line}"), &["pasted-twice"], true),
        case(format!("{body}{body}"), &["armour-missing-begin", "armour-missing-end", "pasted-twice"], true),
        case(format!("{}{}", &line[..255], &line[240..]), &["parts-overlap"], true),
        case(&line[26..], &["armour-missing-begin"], true),
        case(&line[..418], &["armour-missing-end"], true),
        case(body, &["armour-missing-begin", "armour-missing-end"], true),
        case(&line[3..], &["armour-cut-begin"], true),
        case(&line[13..], &["armour-cut-begin"], true),
        case(&line[..430], &["armour-cut-end"], true),
        case(line.replace("PUBLIC", "PUBILC"), &["armour-altered-begin", "armour-altered-end"], true),
        case(line.replace("BEGIN PUBLIC KEY", "begin public key"), &["armour-altered-begin"], true),
        case(line.replace("-----END", "----END"), &["armour-altered-end"], true),
        case(line.replace(' ', ""), &["armour-spaces-lost"], true),
        case(line.to_lowercase(), &["lower-cased"], false),
        case(format!("{BEGIN}{}{END}", body.replace('+', "-").replace('/', "_")), &["url-safe-base64"], true),
        case(line.replace("-----END", "=-----END"), &["padding"], true),
        Case { repaired: Some("large"), ..case(key("large").one_line().replace('=', ""), &["padding"], true) },
        case(alice.pem().trim_end(), &["line-breaks"], true),
        case(alice.pem().trim_end().replace('\n', "\r\n"), &["line-breaks"], true),
        case(format!("{} {}", &line[..255], &line[255..]), &["white-space"], true),
        case(format!(" {line}"), &["white-space"], true),
        case(&line[..255], &["truncated-255"], false),
        case(&key("large").one_line()[..512], &["truncated-512"], false),
        case(&line[..441], &["truncated-one"], true),
        case(&line[..417], &["truncated-one"], true),
        case(&line[..300], &["truncated"], false),
        case(&line[30..], &["cut-at-start"], true),
        case(&line[255..], &["cut-at-start"], false),
        case(format!("{}{}", &line[..100], &line[101..]), &["characters-lost"], false),
        case(line.replace("-----END", "AAAA-----END"), &["bytes-after-key"], true),
        case(line.replace("BAQEF", "BAQXF"), &["header-damaged"], true),
        case(line.replace("IDAQAB", "IDAXAB"), &["odd-exponent"], false),
        case(line.replace("IDAQAB", "XDAQAB"), &["header-damaged"], true),
        case(changed_modulus(&alice, 3), &["modulus-damaged"], false),
        case(format!("rocketchat-public-key 3600 IN TXT ( \"{line}\" )"), &["quotes-kept", "record-line-kept"], true),
        case(format!("{line}{}", key("bob").one_line()), &["two-keys"], false),
        case(std::fs::read(repository("LICENSE")).unwrap(), &["foreign-character", "not-a-key", "quotes-kept"], false),
    ];
    cases.push(case(format!("{} {}", &line[..plus], &line[plus + 1..]), &["plus-became-space"], true));
    cases.extend(other_kinds(&alice));
    cases
}

/// A modulus that is divisible by `factor`, in an otherwise perfect key.
fn changed_modulus(key: &PublicKey, factor: u32) -> String {
    let n = key.n() / num_bigint::BigUint::from(factor) * num_bigint::BigUint::from(factor);
    let n = if &n % 2u32 == num_bigint::BigUint::from(0u32) { n + num_bigint::BigUint::from(factor) } else { n };
    PublicKey::from_numbers(n, key.e().clone()).unwrap().one_line()
}

fn other_kinds(alice: &PublicKey) -> Vec<Case> {
    let pkcs1 = alice.rsa().to_pkcs1_pem(LineEnding::LF).unwrap().replace('\n', "");
    let pkcs1_der = alice.rsa().to_pkcs1_der().unwrap();
    let ec = rcgen::KeyPair::generate().unwrap();
    let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["mydomain.com".into()]).unwrap().self_signed(&ec).unwrap();
    let small = key("small").one_line();
    let odd = {
        use rsa::traits::PublicKeyParts;
        let key = rsa::PrivateKey::new(&mut rand::rngs::SysRng, 2056).unwrap();
        let number = |bytes: &[u8]| num_bigint::BigUint::from_bytes_be(bytes);
        PublicKey::from_numbers(number(&key.n_bytes()), number(&key.e_bytes()))
    };
    let three = { PublicKey::from_numbers(alice.n().clone(), 3u32.into()).unwrap().one_line() };
    vec![
        case(pkcs1.as_str(), &["pkcs1-label"], true),
        case(armoured(pkcs1_der.as_bytes()), &["pkcs1-content"], true),
        case(alice.one_line().replace("PUBLIC", "RSA PUBLIC"), &["pkcs1-label"], true),
        case(certificate.pem().trim_end(), &["certificate"], false),
        case(armoured(certificate.der()), &["certificate"], false),
        case("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 ann@laptop", &["openssh-line"], false),
        case(format!("v=DKIM1; k=rsa; p={}", b64(alice.der())), &["dkim-record"], false),
        case(ec.public_key_pem().trim_end().replace('\n', ""), &["ec-key"], false),
        case(ed.public_key_pem().trim_end().replace('\n', ""), &["ed25519-key"], false),
        case(armoured(&with_other_oid(alice)), &["wrong-algorithm"], false),
        case(small.as_str(), &["weak-size"], false),
        case(odd.unwrap().one_line(), &["odd-size"], false),
        case(three, &["odd-exponent"], false),
    ]
}

/// RSASSA-PSS, 1.2.840.113549.1.1.10.
fn with_other_oid(key: &PublicKey) -> Vec<u8> {
    let mut der = key.der().to_vec();
    let at = der.windows(3).position(|window| window == [0x0d, 0x01, 0x01]).unwrap() + 3;
    der[at] = 10;
    der
}

fn secrets() -> Vec<String> {
    let pair = private("alice");
    let pkcs8 = pair.one_line().unwrap().to_string();
    let pkcs1 = pair.rsa().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    let body = pkcs8[27..pkcs8.len() - 25].to_owned();
    let small = private("small").one_line().unwrap();
    let ec = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
    let encrypted = pair.encrypted_pem("horse").unwrap().to_string();
    let naked = |pem: &str| pem.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    vec![
        pkcs8.clone(),
        pair.pem().unwrap().to_string(),
        pkcs1.clone(),
        naked(&pkcs1),
        encrypted.clone(),
        naked(&encrypted),
        ec.clone(),
        naked(&ec),
        naked(&ed),
        body.clone(),
        body[..body.len() / 2].to_owned(),
        body[body.len() / 2..].to_owned(),
        body[body.len() / 2 + 1..].to_owned(),
        body[body.len() / 2 + 2..].to_owned(),
        body[body.len() / 2 + 3..].to_owned(),
        small[small.len() / 2..small.len() - 25].to_owned(),
        format!("{BEGIN}{body}{END}"),
        b64(pkcs8.as_bytes()),
        pkcs8.replace("-----BEGIN PRIVATE KEY-----", ""),
        pkcs8[..30].to_owned(),
        format!("\"{}\" \"{}\"", &pkcs8[..255], &pkcs8[255..500]),
        json!({"private_key": pkcs8}).to_string(),
        body.replace('+', "-").replace('/', "_"),
        format!("{}{pkcs8}", key("alice").one_line()),
    ]
}

fn ids(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let mut ids: Vec<_> = diagnosis.defects.iter().map(|defect| defect.kind.id()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn every_text_is_named_and_nothing_else_is() {
    let mut failures = Vec::new();
    for (at, case) in texts().iter().enumerate() {
        let diagnosis = examine(&case.text);
        let shown = String::from_utf8_lossy(&case.text).chars().take(500).collect::<String>();
        let mut kinds = case.kinds.to_vec();
        kinds.sort_unstable();
        let expected = case.repaired.map(key);
        if ids(&diagnosis) != kinds || diagnosis.repaired != expected {
            failures.push(format!("case {at}: {shown}\nexpected {kinds:?}, {expected:?}\n{diagnosis:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

static HEALTHY: LazyLock<Vec<String>> =
    LazyLock::new(|| ["alice", "bob", "carol", "large"].map(|id| key(id).one_line()).to_vec());

#[test]
fn healthy_keys_have_no_defect() {
    for line in HEALTHY.iter() {
        let diagnosis = examine(line.as_bytes());
        assert!(diagnosis.is_good() && diagnosis.defects.is_empty(), "{diagnosis:?}");
        for max in [255, 100, 64] {
            let strings = line.as_bytes().chunks(max).map(<[u8]>::to_vec).collect();
            assert!(examine_records(&[strings]).is_good(), "{max}");
        }
    }
}

#[test]
fn a_changed_modulus_is_seen_nine_times_in_ten_without_the_key() {
    let line = key("alice").one_line();
    let mut seen = 0;
    for at in 80..380 {
        let mut text = line.clone().into_bytes();
        text[at] = if text[at] == b'Q' { b'R' } else { b'Q' };
        if String::from_utf8_lossy(&text) == line {
            continue;
        }
        seen += usize::from(ids(&examine(&text)) == ["modulus-damaged"]);
        let mut compared = examine(&text);
        let difference = compared.compare(&text, &key("alice")).unwrap();
        assert_eq!((difference.is_one_character(), difference.position()), (true, at + 1));
        assert!(ids(&compared).contains(&"one-character-changed") && compared.repaired == Some(key("alice")));
    }
    assert!(seen > 240, "{seen} of 300");
}

#[test]
fn records_are_named_with_the_order_that_makes_a_key() {
    let line = key("alice").one_line().into_bytes();
    let bob = key("bob").one_line().into_bytes();
    let one = |bytes: &[u8]| vec![bytes.to_vec()];
    let spf = one(b"v=spf1 -all");
    let unquoted: Vec<Vec<u8>> = line.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect();
    let three: Vec<Vec<u8>> = [&line[..150], &line[150..300], &line[300..]].map(<[u8]>::to_vec).into();
    type Records = Vec<Vec<Vec<u8>>>;
    let cases: Vec<(Records, &[&str], bool)> = vec![
        (vec![], &["empty"], false),
        (vec![one(&line[255..]), one(&line[..255])], &["split-records"], true),
        (vec![one(&line[..255]), one(&line[255..])], &["split-records"], true),
        (vec![one(&line[300..]), spf.clone(), one(&line[..150]), one(&line[150..300])], &["split-records"], true),
        (vec![one(&[b"\"", &line[..255], b"\""].concat()), one(&line[255..])], &["quotes-kept", "split-records"], true),
        (vec![spf.clone(), one(&line)], &["key-not-first"], true),
        (vec![one(&line), spf.clone()], &["several-records"], false),
        (vec![one(&line), one(&line)], &["several-records"], false),
        (vec![one(&line), one(&bob)], &["two-keys"], false),
        (vec![spf.clone(), one(&line[..255])], &["not-a-key", "several-records"], false),
        (vec![unquoted], &["unquoted-zone-file"], true),
        (vec![vec![three[2].clone(), three[0].clone(), three[1].clone()]], &["strings-out-of-order"], true),
        (vec![vec![three[1].clone(), three[0].clone(), three[2].clone()]], &["strings-out-of-order"], true),
    ];
    for (at, (records, kinds, repaired)) in cases.iter().enumerate() {
        let diagnosis = examine_records(records);
        assert_eq!(&ids(&diagnosis), kinds, "case {at}: {diagnosis:?}");
        assert!(!repaired || diagnosis.repaired == Some(key("alice")), "case {at}");
        assert!(!diagnosis.is_good(), "case {at}");
    }
    let description = examine_records(&cases[3].0).defects[0].what.clone();
    assert!(description.contains("joined as 3, 4, 1 they are one whole RSA-2048 key"), "{description}");
}

#[test]
fn private_keys_are_reported_and_never_shown() {
    let fedctl = Fedctl::new();
    fedctl.write("expected.pub", key("bob").one_line());
    for (at, secret) in secrets().iter().enumerate() {
        assert_eq!(ids(&examine(secret.as_bytes())), ["private-key"], "secret {at}");
        for format in ["human", "json"] {
            let args = ["key", "inspect", "--format", format, "--key", "expected.pub"];
            let ran = fedctl.run_with(&args, secret);
            assert_eq!(ran.status, 1, "secret {at}");
            assert!(ran.stdout.contains("private-key") && ran.stdout.contains("fedctl keygen"), "{}", ran.stdout);
            let description = ran.stdout + &ran.stderr;
            let shown = secret.as_bytes().windows(16).filter_map(|part| std::str::from_utf8(part).ok());
            let public = format!("{}{}", key("bob").one_line(), "-----BEGIN PRIVATE KEY-----");
            assert!(
                !shown.filter(|part| !public.contains(part)).any(|part| description.contains(part)),
                "{description}"
            );
        }
    }
}

#[test]
fn pasted_dns_text_is_read_as_records() {
    let fedctl = Fedctl::new();
    let line = key("alice").one_line();
    let (head, tail) = line.split_at(255);
    let name = "rocketchat-public-key.mydomain.com.";
    for (text, status, id) in [
        (format!("\"{head}\" \"{tail}\"\n"), 0, "one TXT record of 2 strings"),
        (format!("{name}\t3600\tIN\tTXT\t\"{head}\" \"{tail}\"\n"), 0, "one TXT record of 2 strings"),
        (format!("{name} 3600 IN TXT \"{tail}\"\n{name} 3600 IN TXT \"{head}\"\n"), 1, "split-records"),
        (format!("{name} 3600 IN TXT {line}\n"), 1, "unquoted-zone-file"),
        (format!("{name} 3600 IN TXT \"{line}\"\n"), 1, "string-too-long"),
    ] {
        let ran = fedctl.run_with(&["key", "inspect"], &text);
        assert_eq!(ran.status, status, "{}", ran.stdout);
        let description = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(description.contains("read as") && description.contains(id), "{description}");
    }
}

#[test]
fn json_names_each_defect() {
    let fedctl = Fedctl::new();
    let line = key("alice").one_line();
    let ran = fedctl.run_with(&["key", "inspect", "--format", "json"], line.replacen('-', "\u{2013}", 1));
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["key"]["defects"][0]["kind"], "typographic-dash");
    assert_eq!(json["key"]["defects"][0]["severity"], "error");
    assert_eq!(json["key"]["defects"][0]["position"], 1);
    assert_eq!(json["key"]["repaired"], line);
}

/// Node reads a TXT record as Latin-1.
const IMPORT: &str = r#"
    const NodeRSA = require('node-rsa'), texts = JSON.parse(require('fs').readFileSync(0));
    console.log(JSON.stringify(texts.map((bytes) => {
        try {
            const key = new NodeRSA(), text = Buffer.from(bytes).toString('latin1');
            key.importKey(text, 'pkcs8-public-pem');
            return { n: key.keyPair.n.toString(16) };
        } catch (error) { return { error: error.name + ': ' + error.message }; }
    })));"#;

#[test]
fn servers_read_every_defect_as_described() {
    let mut all: Vec<Vec<u8>> = texts().into_iter().map(|case| case.text).collect();
    all.extend(secrets().into_iter().map(String::into_bytes));
    let Some(theirs) = node_json("node-rsa", IMPORT, &json!(all)) else { return };
    let mut accepted = 0;
    for (text, theirs) in all.iter().zip(theirs.as_array().unwrap()) {
        let ours = node_rsa::import(text);
        accepted += usize::from(ours.is_ok());
        match (&ours, theirs["n"].as_str()) {
            (Ok(key), Some(n)) => {
                assert_eq!(
                    num_bigint::BigUint::parse_bytes(n.trim_start_matches('-').as_bytes(), 16).as_ref(),
                    Some(&key.n)
                );
            }
            (Err(line), None) => assert_eq!(theirs["error"], line.to_string()),
            _ => panic!("{ours:?} and {theirs} for {}", String::from_utf8_lossy(text)),
        }
    }
    assert!(accepted > 20 && accepted < all.len() - 20, "{accepted} of {}", all.len());
}
