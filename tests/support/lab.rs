//! A lab that is left running, with the real binary.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::Fedctl;

/// `fedctl lab --keep`, and the variables that it printed.
pub struct Kept {
    child: Child,
    pub variables: Vec<(String, String)>,
}

impl Kept {
    pub fn start(fedctl: &Fedctl, args: &[&str]) -> Self {
        let args: Vec<&str> = ["lab", "--keep"].iter().chain(args).copied().collect();
        let mut child = fedctl.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut variables = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            variables.push((name.to_owned(), value.trim_matches('\'').to_owned()));
            if name == "FEDCTL_CONNECT_TO" {
                break;
            }
        }
        assert_eq!(variables.len(), 7, "the lab did not start");
        Self { child, variables }
    }

    pub fn get(&self, name: &str) -> &str {
        &self.variables.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub fn dir(&self) -> PathBuf {
        PathBuf::from(self.get("FEDCTL_KEY")).parent().unwrap().to_owned()
    }

    /// A command in the place of the neighbour.
    pub fn neighbour(&self) -> Fedctl {
        self.variables.iter().fold(Fedctl::new(), |fedctl, (name, value)| fedctl.env(name, value))
    }

    /// Ctrl-C, and how it ended.
    fn interrupt(&mut self) -> Option<i32> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return status.code();
        }
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Everything that it made must be gone.
    pub fn stop(mut self) {
        let dir = self.dir();
        assert!(dir.join("ca.pem").is_file() && dir.join("hub").is_dir());
        assert_eq!(self.interrupt(), Some(0));
        assert!(!dir.exists(), "{} is left", dir.display());
        let resolver: SocketAddr = self.get("FEDCTL_RESOLVERS").parse().unwrap();
        assert!(std::net::TcpStream::connect(resolver).is_err(), "the resolver still listens");
    }
}

impl Drop for Kept {
    /// A test that fails leaves none behind either.
    fn drop(&mut self) {
        self.interrupt();
    }
}
