//! Tests of `key`.

use super::*;

fn no_passphrase() -> anyhow::Result<Zeroizing<String>> {
    anyhow::bail!("nobody should ask")
}

#[test]
fn a_pair_goes_through_every_form_and_comes_back() {
    let key = PrivateKey::generate(2048).unwrap();
    let one_line = key.one_line().unwrap();
    assert!(!one_line.contains('\n') && one_line.starts_with("-----BEGIN PRIVATE KEY-----M"));
    assert_eq!(key.public().one_line().len(), 442);
    let json = serde_json::json!({"private_key": one_line.as_str()}).to_string();
    for text in [one_line.as_str(), key.pem().unwrap().as_str(), json.as_str()] {
        assert_eq!(PrivateKey::from_text(text, no_passphrase).unwrap().public(), key.public());
    }
    for text in [key.public().one_line(), key.public().pem()] {
        assert_eq!(&PublicKey::from_pem(&text).unwrap(), key.public());
    }
    let locked = key.encrypted_pem("horse").unwrap();
    let open = |word: &str| PrivateKey::from_text(&locked, || Ok(Zeroizing::new(word.to_owned())));
    assert_eq!(open("horse").unwrap().public(), key.public());
    assert_eq!(open("wrong").unwrap_err().to_string(), "the passphrase does not decrypt this key");
}

#[test]
fn sizes_that_servers_cannot_use_are_refused_with_the_reason() {
    for (bits, reason) in [(1024, "too weak"), (0, "too weak"), (2049, "8k+1"), (5000, "not a size")] {
        assert!(check_size(bits).unwrap_err().to_string().contains(reason), "{bits}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let key = PrivateKey::generate(2048).unwrap();
    let secret = key.one_line().unwrap();
    assert!(!format!("{key:?}").contains(&secret[60..90]));
}
