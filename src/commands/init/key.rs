//! Which key the settings name: one that is there, the one that the server shows, or a new pair.

use std::path::Path;

use super::ask::{Asker, Question};
use super::{Init, Key, PRIVATE, PUBLIC};
use crate::commands::Context;
use crate::commands::key_file::{read_public, refuse_existing};
use crate::commands::records::options::publishable;
use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::error::hinted;
use crate::key::{DEFAULT_BITS, PrivateKey, PublicKey};

/// What the choice of a key depends on.
pub(super) struct KeyChoice<'a> {
    pub cx: &'a Context,
    pub asker: &'a Asker<'a>,
    pub base: &'a Endpoint,
    pub domain: &'a Domain,
    /// The key in DNS.
    pub published: Option<&'a PublicKey>,
}

impl Init {
    /// The key file. A key that is published already is in use by peers, so another one is never chosen in silence.
    pub(super) fn key(&self, choice: &KeyChoice) -> anyhow::Result<Key> {
        let KeyChoice { cx, domain, published, .. } = *choice;
        if let Some(key) = published {
            cx.term.status(format_args!(
                "  {domain} publishes a key: RSA-{}, sha256 {}",
                key.bits(),
                key.fingerprint()
            ));
        }
        let key = self.choose_key(choice)?;
        let chosen = match &key {
            Key::Known(_, chosen) | Key::Shown(chosen) => chosen,
            Key::New(pair) => pair.public(),
        };
        if published.is_some_and(|published| published != chosen) {
            cx.term.warn(format_args!(
                "this key replaces the one that {domain} publishes: publish it and put it into the server at the same time, or \
                 peers drop every message; fedctl rotate plan prints the steps"
            ));
        }
        Ok(key)
    }

    fn choose_key(&self, choice: &KeyChoice) -> anyhow::Result<Key> {
        let KeyChoice { cx, asker, base, domain, published } = *choice;
        let here = self.file.with_file_name(PRIVATE);
        let existing = [here.clone(), self.file.with_file_name(PUBLIC)].into_iter().find(|path| path.is_file());
        let shown = match existing.is_none() && self.key.is_none() {
            true => self.apply.shown_key(cx, base, &self.network)?,
            false => None,
        };
        let default = match (existing, &shown, published) {
            (Some(path), ..) => Some(path.display().to_string()),
            (None, Some(_), _) => Some("server".to_owned()),
            (None, None, None) => Some("new".to_owned()),
            (None, None, Some(key)) if asker.silent && self.key.is_none() => {
                return Err(hinted(
                    format!(
                        "{domain} publishes a key already ({}), and --yes does not replace it",
                        key.fingerprint().short()
                    ),
                    "save the Public Key of the server's settings, or its private key, and name the file with --key FILE; --key \
                     new makes another pair",
                ));
            }
            (None, None, Some(_)) => None,
        };
        let read = |answer: &str| match answer {
            "new" => {
                refuse_existing(&here, self.force)?;
                refuse_existing(&here.with_file_name(PUBLIC), self.force)?;
                Ok(None)
            }
            "server" if shown.is_some() => Ok(shown.clone().map(Key::Shown)),
            file => {
                let public = read_public(Path::new(file), &self.passphrase, &cx.term)?;
                publishable(public.clone(), file)?;
                Ok(Some(Key::Known(self.beside_file(Path::new(file))?, public)))
            }
        };
        let text = "File with the server's Public Key (or its private key); `new` makes a pair";
        let chosen = match &self.key {
            Some(answer) => read(answer)?,
            None => asker.ask(&Question { text, default, flag: "--key FILE" }, read)?,
        };
        match chosen {
            Some(key) => Ok(key),
            None => {
                let progress = cx.term.progress(format!("making an RSA key of {DEFAULT_BITS} bits"));
                let pair = PrivateKey::generate(DEFAULT_BITS);
                progress.end();
                Ok(Key::New(Box::new(pair?)))
            }
        }
    }

    /// The path as fedctl.yaml must name it: from its own directory.
    pub(super) fn beside_file(&self, path: &Path) -> anyhow::Result<String> {
        let dir = self.file.parent().filter(|dir| !dir.as_os_str().is_empty());
        let path = match dir {
            Some(dir) if path.is_relative() => match path.strip_prefix(dir) {
                Ok(inside) => inside.to_owned(),
                Err(_) => std::path::absolute(path)?,
            },
            _ => path.to_owned(),
        };
        Ok(path.display().to_string())
    }
}
