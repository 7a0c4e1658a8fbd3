//! Keys against the real node-rsa, in both directions, and the importer against its real verdict on thousands of texts.

use fedctl::key::node_rsa;
use fedctl::key::{PrivateKey, PublicKey};
use num_bigint::BigUint;
use serde_json::json;

use crate::support::programs::node_json;

#[test]
fn node_rsa_reads_our_keys_and_we_read_its() {
    let ours = PrivateKey::generate(2048).unwrap();
    let script = r#"
        const NodeRSA = require('node-rsa'), ours = JSON.parse(require('fs').readFileSync(0));
        const line = (key, format) => key.exportKey(format).replace(/[\r\n]/g, '');
        const again = new NodeRSA(ours.private, 'pkcs8-private-pem'), theirs = new NodeRSA({ b: 1024 });
        console.log(JSON.stringify({
            public: line(new NodeRSA(ours.public, 'pkcs8-public-pem'), 'pkcs8-public-pem'),
            private: line(again, 'pkcs8-private-pem'), derived: line(again, 'pkcs8-public-pem'),
            opened: new NodeRSA(ours.private, 'pkcs8-private-pem').decryptPublic ? 'yes' : 'no',
            theirs: { public: line(theirs, 'pkcs8-public-pem'), private: theirs.exportKey('pkcs8-private-pem') } }));"#;
    let input = json!({"private": ours.one_line().unwrap().as_str(), "public": ours.public().one_line()});
    let Some(node) = node_json("node-rsa", script, &input) else { return };
    assert_eq!(node["public"], input["public"]);
    assert_eq!(node["derived"], input["public"]);
    assert_eq!(node["private"], input["private"]);
    let theirs = node["theirs"]["private"].as_str().unwrap();
    let theirs = PrivateKey::from_text(theirs, || anyhow::bail!("not encrypted")).unwrap();
    assert_eq!(theirs.public().one_line(), node["theirs"]["public"].as_str().unwrap());
}

/// The key hurt in every way that random edits find, with a fixed seed.
fn damaged(line: &str) -> Vec<Vec<u8>> {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand::rngs::StdRng::seed_from_u64(20);
    let mut texts: Vec<Vec<u8>> = [&line[..255], &line[255..], &line[26..], "", "x", &line.replace('-', "\u{2013}")]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    for _ in 0..4000 {
        let mut text = line.as_bytes().to_vec();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..text.len());
            match rng.random_range(0..6) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, rng.random()),
                2 => text[at] = rng.random(),
                3 => text.truncate(at.max(1)),
                4 => drop(text.drain(..at.min(60))),
                _ => text.rotate_left(at),
            }
        }
        texts.push(text);
    }
    texts
}

#[test]
fn the_importer_agrees_with_node_rsa() {
    let line = PrivateKey::generate(2048).unwrap().public().one_line();
    let texts = damaged(&line);
    let script = r#"
        const NodeRSA = require('node-rsa'), texts = JSON.parse(require('fs').readFileSync(0));
        console.log(JSON.stringify(texts.map((bytes) => {
            try {
                const key = new NodeRSA(), text = Buffer.from(bytes).toString('latin1');
                key.importKey(text, 'pkcs8-public-pem');
                return { n: key.keyPair.n.toString(16) };
            } catch (error) { return { error: error.name + ': ' + error.message }; }
        })));"#;
    let Some(node) = node_json("node-rsa", script, &json!(texts)) else { return };
    let mut accepted = 0;
    for (text, theirs) in texts.iter().zip(node.as_array().unwrap()) {
        let shown = String::from_utf8_lossy(text);
        match node_rsa::import(text) {
            Ok(ours) => {
                let n = theirs["n"].as_str().unwrap_or_else(|| panic!("{theirs} for {shown}"));
                assert_eq!(BigUint::parse_bytes(n.trim_start_matches('-').as_bytes(), 16), Some(ours.n), "{shown}");
                accepted += 1;
            }
            Err(line) => assert_eq!(theirs["error"].as_str(), Some(line.to_string().as_str()), "{shown}"),
        }
    }
    assert!(accepted > 100 && accepted < texts.len() - 100, "{accepted} accepted");
    assert!(PublicKey::from_pem(&line).is_ok());
}
