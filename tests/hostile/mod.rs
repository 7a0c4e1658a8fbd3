//! What hostile files, names and arguments must not do (docs/security.md): each test failed on the code before it.

mod formats;
mod inputs;
mod outputs;
mod secrets;
mod servers;
mod tokens;
mod words;

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Fedctl, Ran};

/// Far above what a loaded machine needs; a program that hangs is stopped here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs with `input` on stdin; `None` when the program had to be stopped.
fn bounded(fedctl: &Fedctl, args: &[&str], input: &[u8]) -> Option<Ran> {
    let mut command = fedctl.command(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let reader = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.unwrap().read_to_end(&mut bytes);
            String::from_utf8(bytes).unwrap()
        })
    };
    let stdout = reader(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let stderr = reader(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let status = wait(&mut child);
    let _ = writer.join();
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    status.map(|status| Ran { status, stdout, stderr })
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// A directory with a zone file of a small domain.
fn with_zone() -> Fedctl {
    let fedctl = Fedctl::new();
    fedctl.write(
        "zone.txt",
        "$ORIGIN b.example.\n_rocketchat._https 3600 IN SRV 1 0 443 chat\nchat 3600 IN A 192.0.2.1\n",
    );
    fedctl
}
