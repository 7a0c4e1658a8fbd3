//! What is fuzzed, for cargo-fuzz and for the bounded run among the ordinary tests.

use std::sync::OnceLock;

use fedctl::key::PrivateKey;
use fedctl::rocketchat::body::Wire;
use fedctl::rocketchat::envelope::{diagnose, open, seal};
use fedctl::rocketchat::events::Incoming;

/// Text that claims to be a body: whatever is read as an envelope must come back when it is written and read again.
#[allow(dead_code)]
pub fn wire(bytes: &[u8]) {
    if let Ok((form, envelope)) = Wire::read(bytes)
        && form != Wire::Raw
    {
        assert_eq!(Wire::read(&form.write(&envelope)), Ok((form, envelope)));
    }
    if let Ok(Incoming::Latest(request)) = Incoming::read(bytes) {
        let again = Incoming::read(request.to_json().as_bytes());
        assert_eq!(again, Ok(Incoming::Latest(request)));
    }
}

/// Bytes that claim to be an envelope; bytes that are a message; and bytes that say how to hurt a good envelope.
#[allow(dead_code)]
pub fn envelope(bytes: &[u8]) {
    let key = key();
    // Hardly any bytes can be a good envelope, but those of the corpus are.
    let _ = diagnose(bytes, key, key.public());
    let message = &bytes[..bytes.len().min(200)];
    let sealed = seal(message, key, key.public()).expect("the key is large enough");
    assert_eq!(open(&sealed, key, key.public()).expect("it is good").as_slice(), message);
    let mut hurt = sealed.clone();
    for change in bytes.chunks_exact(3).take(4) {
        let at = (usize::from(change[0]) << 8 | usize::from(change[1])) % hurt.len();
        hurt[at] ^= change[2];
    }
    if hurt != sealed {
        assert!(diagnose(&hurt, key, key.public()).is_err(), "a hurt envelope opens");
    }
}

/// The small key of the vectors, for speed.
fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let keys: Vec<serde_json::Value> = serde_json::from_str(include_str!("../vectors/keys.json")).expect("JSON");
        let row = keys.iter().find(|row| row["id"] == "small").expect("it is there");
        PrivateKey::from_text(row["private"].as_str().expect("text"), || anyhow::bail!("not encrypted")).expect("a key")
    })
}
