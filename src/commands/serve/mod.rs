//! `fedctl serve`: the embedded servers.

pub mod dns;
pub mod hub;
pub mod peer;
mod peer_log;
mod sandbox;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::ExitStatus;

/// Run a test name server, a test peer, or a hub
#[derive(Debug, Args)]
pub struct Serve {
    #[command(subcommand)]
    command: ServeCommand,
}

#[derive(Debug, Subcommand)]
enum ServeCommand {
    Dns(dns::ServeDns),
    Peer(peer::ServePeer),
    Hub(hub::ServeHub),
}

impl Serve {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            ServeCommand::Dns(args) => args.run(cx),
            ServeCommand::Peer(args) => args.run(cx),
            ServeCommand::Hub(args) => args.run(cx),
        }
    }
}
