//! The real programs that tests run. Without one its tests are skipped with a line on stderr, unless `FEDCTL_INTEROP` is set:
//! then it is a failure.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

/// The program's path, or `None` when it is missing and may be.
pub fn find(name: &str) -> Option<PathBuf> {
    let dirs = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let found = std::env::split_paths(&dirs).chain(system).map(|dir| dir.join(name)).find(|path| path.is_file());
    found.or_else(|| missing(name))
}

/// A port on which a program will listen later. It is below those that the system gives to connections and to everybody who asks for
/// any port, and no other test gets it: nobody takes it meanwhile.
pub fn free_port() -> SocketAddr {
    const PORTS: (u16, u16) = (10_000, 10_000);
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, count) = PORTS;
    // Another run of the tests begins elsewhere.
    let offset = std::process::id() % u32::from(count);
    loop {
        let at = (u32::from(NEXT.fetch_add(1, Ordering::Relaxed)) + offset) % u32::from(count);
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, first + at as u16));
        if TcpListener::bind(addr).is_ok() && UdpSocket::bind(addr).is_ok() {
            return addr;
        }
    }
}

/// Makes the SQLite database of PowerDNS; `None` without its schema.
pub fn power_dns_database(file: &Path) -> Option<()> {
    let schema = [
        "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
        "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
    ];
    let schema = schema.iter().map(Path::new).find(|path| path.is_file()).map(Path::to_owned);
    let schema = schema.or_else(|| find("schema.sqlite3.sql"))?;
    let database = rusqlite::Connection::open(file).unwrap();
    database.execute_batch(&std::fs::read_to_string(schema).unwrap()).unwrap();
    Some(())
}

/// node, when the npm package can be required from `FEDCTL_NODE_PATH`.
pub fn node(package: &str) -> Option<Command> {
    let mut node = Command::new(find("node")?);
    if let Some(path) = std::env::var_os("FEDCTL_NODE_PATH") {
        node.env("NODE_PATH", path);
    }
    let probe = node.args(["-e", &format!("require('{package}')")]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return missing(&format!("npm package {package}"));
    }
    let mut node = Command::new(find("node")?);
    if let Some(path) = std::env::var_os("FEDCTL_NODE_PATH") {
        node.env("NODE_PATH", path);
    }
    Some(node)
}

/// Runs a script with the JSON on stdin and gives the JSON that it prints.
pub fn node_json(package: &str, script: &str, input: &Value) -> Option<Value> {
    let mut child = node(package)?.args(["-e", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The Python of `FEDCTL_PYTHON`, when it has the modules.
pub fn python(modules: &[&str]) -> Option<PathBuf> {
    let python = std::env::var_os("FEDCTL_PYTHON").map(PathBuf::from).or_else(|| find("python3"))?;
    let probe = modules.iter().map(|module| format!("import {module}\n")).collect::<String>();
    let probe = Command::new(&python).args(["-c", &probe]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return missing(&format!("Python modules {}", modules.join(", ")));
    }
    Some(python)
}

/// A program that pip has installed beside the Python of `FEDCTL_PYTHON`.
pub fn pip_program(name: &str) -> Option<PathBuf> {
    let path = python(&[])?.with_file_name(name);
    if path.is_file() { Some(path) } else { missing(name) }
}

/// Runs a Python script with arguments and gives the JSON that it prints.
pub fn python_json(modules: &[&str], script: &str, args: &[&str]) -> Option<Value> {
    let python = python(modules)?;
    let output = Command::new(python).args(["-c", script]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A published schema in `FEDCTL_SCHEMAS`.
pub fn schema(name: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("FEDCTL_SCHEMAS").map(PathBuf::from);
    dir.map(|dir| dir.join(name)).filter(|path| path.is_file()).or_else(|| missing(&format!("schema {name}")))
}

/// A file of an npm package, in `FEDCTL_NODE_PATH`.
pub fn npm_file(path: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("FEDCTL_NODE_PATH").map(PathBuf::from);
    dir.map(|dir| dir.join(path)).filter(|path| path.is_file()).or_else(|| missing(path))
}

fn missing<T>(name: &str) -> Option<T> {
    assert!(std::env::var_os("FEDCTL_INTEROP").is_none(), "FEDCTL_INTEROP is set and `{name}` is missing");
    // Not by `eprintln!`, whose text cargo test shows of tests that fail only.
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {test}: `{name}` is not installed");
    None
}

/// Metrics that Prometheus reads without a complaint.
pub fn promtool_reads(metrics: &str) {
    let Some(promtool) = find("promtool") else { return };
    let mut child =
        Command::new(promtool).args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{metrics}", String::from_utf8_lossy(&output.stderr));
}
