//! The envelope against the real node-rsa, both versions, in both directions, live.

use fedctl::key::PrivateKey;
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope;
use serde_json::{Value, json};

use crate::support::{programs::node_json, repository};

/// Seals what it is given from node to us, and opens what we sealed.
const SCRIPT: &str = r#"
    const loaded = require(process.env.PACKAGE), NodeRSA = loaded.default || loaded;
    const ask = JSON.parse(require('fs').readFileSync(0));
    const priv = (pem) => new NodeRSA(pem, 'pkcs8-private-pem'), pub = (pem) => new NodeRSA(pem, 'pkcs8-public-pem');
    console.log(JSON.stringify(ask.map(({ from, to, message, layer1, sealed }) => {
        const plain = Buffer.from(message), inner = pub(to.public).encrypt(plain);
        const body = JSON.stringify(Buffer.from(priv(from.private).encryptPrivate(inner)));
        const opened = priv(to.private).decrypt(pub(from.public).decryptPublic(Buffer.from(JSON.parse(sealed))));
        const signed = priv(from.private).encryptPrivate(Buffer.from(layer1));
        return { body, opened: [...opened], layer2: [...signed] };
    })));"#;

fn rows() -> Vec<Value> {
    let keys = std::fs::read(repository("tests/vectors/keys.json")).unwrap();
    serde_json::from_slice(&keys).unwrap()
}

fn exchange(package: &str, lengths: &[usize]) {
    let rows = rows();
    let key = |id: &str| {
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        (row, PrivateKey::from_text(row["private"].as_str().unwrap(), || anyhow::bail!("no")).unwrap())
    };
    let mut ask = Vec::new();
    let mut kept = Vec::new();
    for (from, to) in [("alice", "bob"), ("small", "large"), ("large", "small")] {
        for &length in lengths {
            let ((from_row, from), (to_row, to)) = (key(from), key(to));
            let message: Vec<u8> = (0..length).map(|at| (at * 7 % 256) as u8).collect();
            let layer1 = envelope::seal_secrecy(&message, to.public()).unwrap();
            let sealed = Wire::Two.write(&envelope::seal(&message, &from, to.public()).unwrap());
            ask.push(json!({"from": from_row, "to": to_row, "message": message, "layer1": layer1,
                "sealed": String::from_utf8(sealed).unwrap()}));
            kept.push((from, to, message, layer1));
        }
    }
    // `-e` scripts see no arguments of their own, so the package travels in the text.
    let script = SCRIPT.replace("process.env.PACKAGE", &format!("'{package}'"));
    let Some(description) = node_json(package, &script, &json!(ask)) else { return };
    for ((from, to, message, layer1), description) in kept.iter().zip(description.as_array().unwrap()) {
        let (_, body) = Wire::read(description["body"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(envelope::open(&body, to, from.public()).unwrap().as_slice(), message, "theirs opens here");
        assert_eq!(description["opened"], json!(message), "ours opens there");
        assert_eq!(
            description["layer2"],
            json!(envelope::seal_origin(layer1, from).unwrap()),
            "the signed bytes are the same"
        );
    }
}

#[test]
fn node_rsa_1_understands_us_and_we_understand_it() {
    exchange("node-rsa", &[0, 1, 86, 87, 214, 215, 470, 471, 2000, 10_000]);
}

#[test]
fn node_rsa_2_understands_us_and_we_understand_it() {
    // Its signing engine is slow; long messages are left to version 1.
    exchange("node-rsa2", &[0, 28, 215, 600]);
}
