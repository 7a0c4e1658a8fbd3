//! A federation server as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use crate::support::Fedctl;

/// Killed when dropped.
pub struct Peer {
    child: Child,
    pub addr: SocketAddr,
}

impl Peer {
    /// Speaks plain HTTP for a domain, with the key in federation.key.
    pub fn start(fedctl: &Fedctl, domain: &str) -> Self {
        Self::start_with(fedctl, domain, &["--plain"])
    }

    pub fn start_with(fedctl: &Fedctl, domain: &str, more: &[&str]) -> Self {
        let args = ["serve", "peer", "--domain", domain, "--key", "federation.key", "--resolver", "127.0.0.1:9"];
        let mut child =
            fedctl.command(&[&args, more].concat()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().rsplit(['/', ' ']).next().unwrap().parse().unwrap_or_else(|_| panic!("{line}"));
        Self { child, addr }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
