//! The options of every command that speaks to peers in the name of your domain.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::key_file::{PassphraseArgs, read_bytes, read_private};
use crate::dns::name::Domain;
use crate::error::hinted;
use crate::key::PrivateKey;

/// Your domain and its private key.
#[derive(Debug, Clone, Args)]
pub struct IdentityArgs {
    /// Your own federation domain [default: the one in fedctl.yaml]
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<Domain>,
    /// Your private key [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

impl IdentityArgs {
    /// Who asks; without a word about it nobody does.
    pub fn read(&self, cx: &Context) -> anyhow::Result<Option<(Domain, PrivateKey)>> {
        self.read_as(cx, cx.settings.domain.clone())
    }

    /// The same with another domain as the default.
    pub fn read_as(&self, cx: &Context, default: Option<Domain>) -> anyhow::Result<Option<(Domain, PrivateKey)>> {
        let given = self.domain.is_some() || self.key.is_some();
        let domain = self.domain.clone().or(default);
        let path = self.key.clone().or_else(|| cx.settings.key.clone());
        let (domain, path) = match (domain, path) {
            (Some(domain), Some(path)) => (domain, path),
            (None, Some(_)) if given => return Err(hinted("--key needs --domain", "add --domain mydomain.com")),
            (Some(_), None) if given => return Err(hinted("--domain needs --key", "add --key federation.key")),
            _ => return Ok(None),
        };
        if !given && read_bytes(&path).is_ok_and(|text| !String::from_utf8_lossy(&text).contains("PRIVATE KEY")) {
            cx.term.warn(format_args!(
                "`{}` is a public key: without the private one nothing can be sent",
                path.display()
            ));
            return Ok(None);
        }
        Ok(Some((domain, read_private(&path, &self.passphrase, &cx.term)?)))
    }
}
