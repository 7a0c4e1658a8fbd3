//! A PostgreSQL of the test's own, on loopback, in a temporary directory.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::hub::eventually;
use super::programs;

/// A running server; killed when dropped.
pub struct Postgres {
    child: Child,
    bin: PathBuf,
    port: u16,
    /// The authority of its certificate, which is for 127.0.0.1.
    pub ca: PathBuf,
    // Removed with everything in it when dropped.
    _dir: tempfile::TempDir,
}

/// Debian keeps the server's programs outside PATH.
fn bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let found = versions.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let mut found: Vec<PathBuf> = found.filter(|bin| bin.join("initdb").is_file()).collect();
    found.sort();
    found.pop().or_else(|| Some(programs::find("initdb")?.parent()?.to_owned()))
}

/// The server refuses to run as root.
fn as_somebody(program: &PathBuf) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// A certificate and its key in the directory, the key readable for the server only.
fn certify(dir: &Path) -> PathBuf {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (dir.join("server.pem"), dir.join("server.key"));
    std::fs::write(&cert, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let _ = Command::new("chown").arg("postgres").arg(&key).stderr(Stdio::null()).status();
    cert
}

impl Postgres {
    pub fn start() -> Option<Self> {
        let bin = bin()?;
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // Only root has to hand it over.
        let _ = Command::new("chown").arg("postgres").arg(&data).stderr(Stdio::null()).status();
        let initdb = as_somebody(&bin.join("initdb"))
            .args(["--auth=trust", "--username=fedctl", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(&data)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        let ca = certify(dir.path());
        let port = programs::free_port().port();
        let child = as_somebody(&bin.join("postgres"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"])
            .args(["-c", "ssl=on", "-c", "ssl_cert_file=../server.pem", "-c", "ssl_key_file=../server.key", "-p"])
            .arg(port.to_string())
            .arg("-D")
            .arg(&data)
            .current_dir(dir.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postgres = Self { child, bin, port, ca, _dir: dir };
        eventually(|| postgres.sql("postgres", "SELECT 1").map(drop));
        Some(postgres)
    }

    fn sql(&self, database: &str, sql: &str) -> Option<String> {
        let output = Command::new(self.bin.join("psql"))
            .args(["--no-psqlrc", "-qtAX", "-c", sql, &self.url(database)])
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// Makes an empty database and gives its URL.
    pub fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        self.url(name)
    }

    /// What psql prints for a statement.
    pub fn query(&self, database: &str, sql: &str) -> Option<String> {
        self.sql(database, sql)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://fedctl@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT stops it at once and takes its children with it.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
