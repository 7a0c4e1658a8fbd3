//! The options of every command that queries DNS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Args;
use futures_util::FutureExt;
use zeroize::Zeroizing;

use super::Context;
use crate::endpoint;
use crate::endpoint::ConnectTo;
use crate::error::{Hinted, hinted};
use crate::file::read;
use crate::net::Net;
use crate::net::ask::{self, Sockets};
use crate::net::resolvers::{Resolver, public_resolvers, system_resolvers};
use crate::serve::dns::Forward;
use crate::x509::trust::Roots;

/// Which resolvers to query, and how to reach hosts.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Query this resolver, ADDR or ADDR:PORT; may be repeated [default: the system's and three public ones]
    #[arg(long = "resolver", value_name = "ADDR", value_parser = resolver)]
    resolvers: Vec<SocketAddr>,
    /// Query only the resolvers of this machine
    #[arg(long, conflicts_with = "resolvers")]
    system_only: bool,
    /// Connect to ADDR:PORT instead of HOST:PORT, for name servers (port 53) and federation servers; may be repeated
    #[arg(long, value_name = "HOST:PORT=ADDR:PORT")]
    connect_to: Vec<ConnectTo>,
}

fn resolver(text: &str) -> Result<SocketAddr, Hinted> {
    endpoint::resolver(text)
}

impl NetworkArgs {
    /// How to reach hosts; the authorities are those of `ca_file`, else of the configuration.
    pub fn net(&self, cx: &Context, ca_file: Option<&Path>) -> anyhow::Result<Net> {
        self.net_with(cx, ca_file, self.resolvers(cx)?)
    }

    /// The same with these resolvers instead of those of the options.
    pub fn net_with(&self, cx: &Context, ca_file: Option<&Path>, resolvers: Vec<Resolver>) -> anyhow::Result<Net> {
        let ca_file = ca_file.map(Path::to_owned).or_else(|| cx.settings.ca_file.clone());
        Ok(Net {
            timeout: cx.timeout,
            deadline: cx.deadline,
            connect_to: self.connect_to.iter().cloned().chain(cx.settings.connect_to.clone()).collect(),
            resolvers,
            roots: roots(ca_file.as_deref())?,
            sockets: Sockets::default(),
            cache: None,
        })
    }

    /// The resolvers to query: options, then FEDCTL_RESOLVERS and fedctl.yaml, then the system's and public ones.
    pub fn resolvers(&self, cx: &Context) -> anyhow::Result<Vec<Resolver>> {
        if !self.resolvers.is_empty() {
            return Ok(self.resolvers.iter().copied().map(Resolver::at).collect());
        }
        if !self.system_only && !cx.settings.resolvers.is_empty() {
            return Ok(cx.settings.resolvers.iter().copied().map(Resolver::at).collect());
        }
        let system = system_resolvers();
        if self.system_only {
            return system.map_err(|why| {
                hinted(format!("the resolvers of this machine cannot be read: {why}"), "name one with --resolver ADDR")
            });
        }
        Ok(system.unwrap_or_default().into_iter().chain(public_resolvers()).collect())
    }
}

/// The built-in authorities and those of a file.
pub fn roots(file: Option<&Path>) -> anyhow::Result<Roots> {
    match file {
        Some(path) => {
            Roots::new(Some(&read::bytes(path, &read::CERTIFICATES)?)).with_context(|| format!("`{}`", path.display()))
        }
        None => Ok(Roots::new(None)?),
    }
}

/// The authorities in a file, for a mail server, after a look at what they are.
pub fn authorities(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let pem = read::bytes(path, &read::CERTIFICATES)?;
    Roots::only(&pem).with_context(|| read::shown(path))?;
    Ok(pem)
}

/// The DNS client, for embedded resolvers; `wait` is for one server.
pub fn dns_client(wait: Duration) -> Forward {
    let sockets = Sockets::default();
    Arc::new(move |server, query| {
        let sockets = sockets.clone();
        async move { ask::forward(&sockets, server, &query, wait).await }.boxed()
    })
}

/// Seconds since 1970; the only place that looks at the clock for facts.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
