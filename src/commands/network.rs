//! The flags of every command that asks DNS.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::Context;
use crate::endpoint;
use crate::endpoint::ConnectTo;
use crate::error::{Hinted, hinted};
use crate::net::Route;
use crate::net::dns::{Resolver, public_resolvers, system_resolvers};

/// Which resolvers to ask, and how to reach hosts.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Ask this resolver, ADDR or ADDR:PORT; may be repeated [default: the system's and three public ones]
    #[arg(long = "resolver", value_name = "ADDR", value_parser = resolver)]
    resolvers: Vec<SocketAddr>,
    /// Ask only the resolvers of this machine
    #[arg(long, conflicts_with = "resolvers")]
    system_only: bool,
    /// Connect to ADDR:PORT in place of HOST:PORT, for name servers (port 53) and federation servers; may be repeated
    #[arg(long, value_name = "HOST:PORT=ADDR:PORT")]
    connect_to: Vec<ConnectTo>,
}

fn resolver(text: &str) -> Result<SocketAddr, Hinted> {
    endpoint::resolver(text)
}

impl NetworkArgs {
    /// How to reach hosts.
    pub fn route(&self, cx: &Context) -> Route {
        // The configuration was checked when it was read.
        let configured = cx.config.connect_to().unwrap_or_default();
        Route { timeout: cx.timeout, overrides: self.connect_to.iter().cloned().chain(configured).collect() }
    }

    /// The resolvers to ask: flags, then FEDCTL_RESOLVERS and fedctl.yaml, then the system's and public ones.
    pub fn resolvers(&self, cx: &Context) -> anyhow::Result<Vec<Resolver>> {
        let named = |addr: SocketAddr| Resolver { name: addr.to_string(), addr };
        if !self.resolvers.is_empty() {
            return Ok(self.resolvers.iter().copied().map(named).collect());
        }
        if !self.system_only {
            let configured = cx.config.resolvers();
            if !configured.is_empty() {
                let parse = |text: &String| Ok(named(endpoint::resolver(text)?));
                return configured.iter().map(parse).collect();
            }
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

/// Seconds since 1970; the only place that looks at the clock for facts.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
