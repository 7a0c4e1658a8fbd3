//! `fedctl serve hub` as a process, and what its clients send.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Fedctl;
use super::http::{self, Answer};

/// A running hub; killed when dropped.
pub struct Hub {
    pub child: Child,
    pub addr: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Hub {
    /// Starts on a free port with these arguments besides the address, and waits until it listens.
    pub fn start(fedctl: &Fedctl, args: &[&str]) -> Self {
        let mut all = vec!["serve", "hub", "--listen", "127.0.0.1:0", "--public-url", "https://hub.example.org"];
        all.extend_from_slice(args);
        let mut child = fedctl.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, stderr) = (log.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *kept.lock().unwrap() += &format!("{line}\n");
            }
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let addr = first.trim().parse().unwrap_or_else(|_| panic!("no address but `{first}`: {}", log.lock().unwrap()));
        Self { child, addr, log }
    }

    /// Everything it has written to stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// SIGTERM, and the exit status.
    pub fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    pub fn register(&self, domain: &str, url: &str, key: &str) -> Answer {
        let body = json!({"domain": domain, "url": url, "public_key": key}).to_string();
        self.post(&body)
    }

    pub fn post(&self, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json"), ("x-federation-domain", "mydomain.com")];
        http::send(self.addr, "POST", "/api/v1/peers", &headers, body)
    }

    pub fn search(&self, domain: &str) -> Answer {
        http::get(self.addr, &format!("/api/v1/peers?search={domain}"))
    }

    /// The URL that is served, if any.
    pub fn url_of(&self, domain: &str) -> Option<String> {
        let answer = self.search(domain);
        match answer.status {
            200 => Some(answer.json()["peer"]["url"].as_str().unwrap().to_owned()),
            404 => None,
            other => panic!("{other} for {domain}: {}", answer.body),
        }
    }

    /// Presses a button on the page of a link.
    pub fn answer(&self, token: &str, button: &str) -> Answer {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        http::send(self.addr, "POST", "/confirm", &form, &format!("token={token}&answer={button}"))
    }

    /// The token of the newest link that --mail-to-log wrote for a domain, after `known` of them.
    pub fn logged_token(&self, domain: &str, known: usize) -> String {
        let to = format!("webmaster@{domain}");
        eventually(|| {
            let log = self.log();
            let links: Vec<&str> = log.lines().filter(|line| line.contains(&to) && line.contains("token=")).collect();
            links.get(known).map(|line| token_in(line))
        })
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What follows `token=`.
pub fn token_in(text: &str) -> String {
    let (_, rest) = text.split_once("token=").unwrap_or_else(|| panic!("no link in {text}"));
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
}

/// Asks until there is an answer.
#[track_caller]
pub fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(300);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "nothing happened for five minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}
