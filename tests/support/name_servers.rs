//! Real name servers and resolvers on loopback, each on its own port and in its own directory.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::programs;

/// A running program; it is killed when dropped.
pub struct Server {
    pub addr: SocketAddr,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// BIND as authority for zones of `(origin, text)`.
pub fn named(zones: &[(&str, &str)]) -> Option<Server> {
    named_with(zones, "", "")
}

/// BIND with more configuration: `keys` for the whole, `policy` for each zone, as in `allow-update { key "k"; };`.
pub fn named_with(zones: &[(&str, &str)], keys: &str, policy: &str) -> Option<Server> {
    let program = programs::find("named")?;
    let dir = tempfile::tempdir().unwrap();
    let addr = programs::free_port();
    let mut config = format!(
        "options {{ directory \"{}\"; listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;\n\
         pid-file none; session-keyfile none; dnssec-validation no; notify no; rrset-order {{ order none; }}; }};\ncontrols {{ }};\n{keys}\n",
        dir.path().display(),
        addr.port()
    );
    for (origin, text) in zones {
        std::fs::write(dir.path().join(format!("{origin}zone")), text).unwrap();
        config += &format!("zone \"{origin}\" {{ type primary; file \"{origin}zone\"; {policy} }};\n");
    }
    std::fs::write(dir.path().join("named.conf"), config).unwrap();
    let mut command = Command::new(program);
    command.args(["-g", "-c"]).arg(dir.path().join("named.conf"));
    Some(start(command, addr, dir))
}

/// Unbound, which finds each zone at the given server.
pub fn unbound(stubs: &[(&str, SocketAddr)]) -> Option<Server> {
    unbound_with(stubs, "module-config: \"iterator\"")
}

/// Unbound with more configuration of its server, a line each.
pub fn unbound_with(stubs: &[(&str, SocketAddr)], more: &str) -> Option<Server> {
    let program = programs::find("unbound")?;
    let dir = tempfile::tempdir().unwrap();
    let addr = programs::free_port();
    let mut config = format!(
        "server:\n interface: 127.0.0.1@{}\n do-daemonize: no\n username: \"\"\n chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n \
         directory: \"{}\"\n do-not-query-localhost: no\n local-zone: \"test.\" nodefault\n {more}\n",
        addr.port(),
        dir.path().display()
    );
    for (zone, server) in stubs {
        config += &format!("stub-zone:\n name: \"{zone}\"\n stub-addr: 127.0.0.1@{}\n", server.port());
    }
    std::fs::write(dir.path().join("unbound.conf"), config).unwrap();
    let mut command = Command::new(program);
    command.args(["-d", "-c"]).arg(dir.path().join("unbound.conf"));
    Some(start(command, addr, dir))
}

/// NSD with one zone.
pub fn nsd(origin: &str, text: &str) -> Option<Server> {
    nsd_with(&[(origin, text)])
}

/// NSD with zones of `(origin, text)`.
pub fn nsd_with(zones: &[(&str, &str)]) -> Option<Server> {
    let program = programs::find("nsd")?;
    let dir = tempfile::tempdir().unwrap();
    let addr = programs::free_port();
    let mut config = format!(
        "server:\n ip-address: 127.0.0.1\n port: {1}\n username: \"\"\n chroot: \"\"\n zonesdir: \"{0}\"\n database: \"\"\n \
         pidfile: \"\"\n xfrdfile: \"{0}/xfrd\"\n zonelistfile: \"{0}/zones\"\n server-count: 1\n\
         remote-control:\n control-enable: no\n",
        dir.path().display(),
        addr.port()
    );
    for (origin, text) in zones {
        std::fs::write(dir.path().join(format!("{origin}.zone")), text).unwrap();
        config += &format!("zone:\n name: \"{origin}\"\n zonefile: \"{origin}.zone\"\n");
    }
    std::fs::write(dir.path().join("nsd.conf"), config).unwrap();
    let mut command = Command::new(program);
    command.args(["-d", "-c"]).arg(dir.path().join("nsd.conf"));
    Some(start(command, addr, dir))
}

/// Knot DNS with one zone.
pub fn knotd(origin: &str, text: &str) -> Option<Server> {
    knotd_with(&[(origin, text)])
}

/// Knot DNS with zones of `(origin, text)`.
pub fn knotd_with(zones: &[(&str, &str)]) -> Option<Server> {
    let program = programs::find("knotd")?;
    let dir = tempfile::tempdir().unwrap();
    let addr = programs::free_port();
    let mut config = format!(
        "server:\n    rundir: \"{0}\"\n    listen: 127.0.0.1@{1}\ndatabase:\n    storage: \"{0}\"\nlog:\n  - target: stderr\n    \
         any: info\nzone:\n",
        dir.path().display(),
        addr.port()
    );
    for (origin, text) in zones {
        std::fs::write(dir.path().join(format!("{origin}.zone")), text).unwrap();
        config +=
            &format!("  - domain: {origin}\n    storage: \"{}\"\n    file: {origin}.zone\n", dir.path().display());
    }
    std::fs::write(dir.path().join("knot.conf"), config).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(dir.path().join("knot.conf"));
    Some(start(command, addr, dir))
}

/// PowerDNS with zones of `(origin, text)`, loaded by `pdnsutil` into SQLite.
pub fn power_dns_with(zones: &[(&str, &str)]) -> Option<Server> {
    let (program, util) = (programs::find("pdns_server")?, programs::find("pdnsutil")?);
    let dir = tempfile::tempdir().unwrap();
    let addr = programs::free_port();
    programs::power_dns_database(&dir.path().join("pdns.db"))?;
    let config = format!(
        "launch=gsqlite3\ngsqlite3-database={0}/pdns.db\nlocal-address=127.0.0.1\nlocal-port={1}\nsocket-dir={0}\n",
        dir.path().display(),
        addr.port()
    );
    std::fs::write(dir.path().join("pdns.conf"), config).unwrap();
    let at = format!("--config-dir={}", dir.path().display());
    for (origin, text) in zones {
        let file = dir.path().join(format!("{origin}.zone"));
        std::fs::write(&file, text).unwrap();
        let loaded = Command::new(&util).arg(&at).args(["load-zone", origin]).arg(&file).output().unwrap();
        assert!(loaded.status.success(), "{origin}: {}", String::from_utf8_lossy(&loaded.stderr));
    }
    let mut command = Command::new(program);
    command.arg(at).arg("--guardian=no").arg("--daemon=no");
    Some(start(command, addr, dir))
}

fn start(mut command: Command, addr: SocketAddr, dir: tempfile::TempDir) -> Server {
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::from(log));
    let child = command.spawn().unwrap();
    let server = Server { addr, child, _dir: dir };
    server.wait_until_it_answers();
    server
}

impl Server {
    fn wait_until_it_answers(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        // A question for the root's SOA; any answer will do.
        let question = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            let sent = socket.send_to(&question, self.addr);
            if sent.is_ok() && socket.recv(&mut [0; 512]).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not answer: {}", log(self._dir.path()));
    }
}

fn log(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap_or_default()
}
