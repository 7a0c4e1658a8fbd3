//! The hub, as its clients, its operator and its attackers see it.

pub mod admin;
mod attack;
mod browser;
mod crash;
mod life;
mod shared;
mod store;

use std::sync::LazyLock;

use fedctl::key::PrivateKey;

/// Two public keys on one line each; making them takes long, so the tests share them.
pub static KEYS: LazyLock<[String; 2]> =
    LazyLock::new(|| [(); 2].map(|()| PrivateKey::generate(2048).unwrap().public().one_line()));
