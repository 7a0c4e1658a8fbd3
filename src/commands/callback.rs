//! Listening for what a peer sends back, in the name of your domain.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::key_file::read_bytes;
use crate::file::read::shown;
use crate::serve::peer::Config;
use crate::serve::peer::certificate::{self, Tls};

/// Reads a certificate chain and its key.
pub fn given(chain: &Path, key: &Path) -> anyhow::Result<Tls> {
    let certificates = certificate::chain(&read_bytes(chain)?).with_context(|| shown(chain))?;
    let key = certificate::private_key(&read_bytes(key)?).with_context(|| shown(key))?;
    Tls::given(certificates, key).with_context(|| shown(chain))
}

/// How the listener speaks TLS.
#[derive(Debug, Clone, Default, Args)]
pub struct CallbackArgs {
    /// Certificate chain for what the peer sends back, in PEM, when no proxy speaks TLS for it
    #[arg(long, value_name = "FILE", requires = "callback_cert_key")]
    callback_cert: Option<PathBuf>,
    /// Private key of that certificate
    #[arg(long, value_name = "FILE", requires = "callback_cert")]
    callback_cert_key: Option<PathBuf>,
}

impl CallbackArgs {
    /// True when the listener has a certificate.
    pub fn speaks_tls(&self) -> bool {
        self.callback_cert.is_some()
    }

    /// The same listener at an address, with the certificate that was given.
    pub fn at(&self, listen: SocketAddr, config: Config) -> anyhow::Result<Config> {
        let tls = match (&self.callback_cert, &self.callback_cert_key) {
            (Some(chain), Some(key)) => Some(given(chain, key)?),
            _ => None,
        };
        Ok(Config { listen, tls, ..config })
    }
}
