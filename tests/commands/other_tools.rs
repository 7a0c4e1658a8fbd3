//! What docs/other-tools.md says about dig, openssl, curl and Node, shown with the programs themselves in the lab.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::lab::Kept;
use crate::support::{Fedctl, Ran, programs};

/// The lab, and a fedctl in it.
struct Bench {
    lab: Kept,
    fedctl: Fedctl,
}

impl Bench {
    fn start() -> Self {
        let lab = Kept::start(&Fedctl::new(), &[]);
        let fedctl = lab.neighbour();
        Self { lab, fedctl }
    }

    fn authorities(&self) -> &str {
        self.lab.get("FEDCTL_CA_FILE")
    }

    /// Where the server of a domain really listens.
    fn addr(&self, domain: &str) -> String {
        let start = format!("chat.{domain}:443=");
        let mut overrides = self.lab.get("FEDCTL_CONNECT_TO").split(',');
        overrides.find_map(|text| text.strip_prefix(&start)).unwrap().to_owned()
    }

    fn run(&self, program: &Path, args: &[&str]) -> Ran {
        self.run_in(program, args, &[])
    }

    fn run_in(&self, program: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(variables.iter().copied()).current_dir(self.fedctl.dir.path());
        Ran::from(command.stdin(Stdio::null()).output().unwrap())
    }

    /// One query to the resolver of the lab.
    fn dig(&self, dig: &Path, args: &[&str]) -> String {
        let (addr, port) = self.lab.get("FEDCTL_RESOLVERS").rsplit_once(':').unwrap();
        let server = format!("@{addr}");
        let ran = self.run(dig, &[&["-p", port, server.as_str()], args].concat());
        assert_eq!(ran.status, 0, "{args:?}: {}", ran.stderr);
        ran.stdout
    }

    /// `openssl s_client` to the server of a domain: its status, and the code that it prints.
    fn s_client(&self, openssl: &Path, domain: &str, more: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let (addr, name) = (self.addr(domain), format!("chat.{domain}"));
        let args = [&["s_client", "-connect", &addr, "-servername", &name], more].concat();
        let ran = self.run_in(openssl, &args, variables);
        let code = ran.stdout.lines().find_map(|line| line.trim().strip_prefix("Verify return code: "));
        (ran.status, code.unwrap_or_default().to_owned())
    }

    /// Whether fedctl finds an error by this check.
    fn is_error(&self, args: &[&str], check: &str) -> bool {
        let ran = self.fedctl.run(&[args, &["--format", "csv"]].concat());
        ran.stdout.contains(&format!("\"{check}\",\"error\""))
    }
}

#[test]
fn openssl_reads_a_file_and_servers_read_one_line() {
    let (bench, Some(dig), Some(openssl)) = (Bench::start(), programs::find("dig"), programs::find("openssl")) else {
        return;
    };
    let reads =
        |file: &PathBuf| bench.run(&openssl, &["rsa", "-pubin", "-noout", "-in", file.to_str().unwrap()]).status;
    let inspect = |file: &PathBuf| bench.fedctl.run(&["key", "inspect", file.to_str().unwrap()]).status;

    let shown = bench.dig(&dig, &["+short", "TXT", "rocketchat-public-key.healthy.test"]);
    let bare: String = shown.chars().filter(|c| !"\" \n".contains(*c)).collect();
    assert!(bare.starts_with("-----BEGINPUBLICKEY-----"), "{bare}");
    assert_ne!(reads(&bench.fedctl.write("published.txt", &bare)), 0, "openssl reads it");
    // With its spaces back it is what servers read, and openssl still does not.
    let line = bare.replace("BEGINPUBLICKEY", "BEGIN PUBLIC KEY").replace("ENDPUBLICKEY", "END PUBLIC KEY");
    let file = bench.fedctl.write("line.txt", &line);
    assert_eq!((inspect(&file), reads(&file) == 0), (0, false));
    // With line breaks openssl reads it too.
    let lines = line.replace("KEY-----MII", "KEY-----\nMII").replace("-----END", "\n-----END");
    let file = bench.fedctl.write("lines.pem", &lines);
    assert_eq!((inspect(&file), reads(&file)), (0, 0));
    // PKCS#1 is a key for openssl, and none for servers.
    let args = ["rsa", "-pubin", "-in", "lines.pem", "-RSAPublicKey_out", "-out", "pkcs1.pem"];
    assert_eq!(bench.run(&openssl, &args).status, 0);
    let file = bench.fedctl.path("pkcs1.pem");
    assert_eq!((inspect(&file), reads(&file)), (1, 0));
}

#[test]
fn dig_shows_one_response() {
    let (bench, Some(dig)) = (Bench::start(), programs::find("dig")) else { return };
    // Two records come out joined in the order of the response.
    let shown = bench.dig(&dig, &["+short", "TXT", "rocketchat-public-key.two-records.test"]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(shown.lines().nth(1).unwrap().starts_with("\"-----BEGIN"), "{shown}");
    assert!(bench.is_error(&["dns-check", "two-records.test"], "key-record"));
    // An answer for a name that some releases do not query.
    let shown = bench.dig(&dig, &["+short", "SRV", "_rocketchat._tcp.guide.test"]);
    assert!(shown.contains("chat.guide.test."), "{shown}");
    assert!(bench.is_error(&["dns-check", "guide.test", "--release", "3.3.0"], "dns-generations"));
    // The resolver has an answer, and the name servers of the zone do not agree.
    let shown = bench.dig(&dig, &["+short", "SRV", "_rocketchat._https.stale.test"]);
    assert!(shown.lines().count() <= 1, "{shown}");
    assert!(bench.is_error(&["dns-check", "stale.test"], "dns-servers"));
}

#[test]
fn openssl_prints_whether_a_chain_is_trusted_and_does_not_look_at_the_name() {
    let (bench, Some(openssl)) = (Bench::start(), programs::find("openssl")) else { return };
    let trusted = ["-CAfile", bench.authorities()];
    let strict = [&trusted[..], &["-verify_return_error"]].concat();
    let ok = (0, "0 (ok)".to_owned());
    assert_eq!(bench.s_client(&openssl, "healthy.test", &strict, &[]), ok);
    // The chain lacks its intermediate certificate: printed, and with the option also the status.
    let (status, code) = bench.s_client(&openssl, "chain.test", &trusted, &[]);
    assert!(status == 0 && code.starts_with("21 "), "{status} {code}");
    assert_ne!(bench.s_client(&openssl, "chain.test", &strict, &[]).0, 0);
    assert!(bench.is_error(&["handshake", "chain.test"], "tls-chain"));
    // A certificate for another host.
    assert_eq!(bench.s_client(&openssl, "wrong-host.test", &strict, &[]), ok);
    let named = [&strict[..], &["-verify_hostname", "chat.wrong-host.test"]].concat();
    assert_ne!(bench.s_client(&openssl, "wrong-host.test", &named, &[]).0, 0);
    assert!(bench.is_error(&["handshake", "wrong-host.test"], "tls-name"));
}

#[test]
fn node_does_not_use_the_trust_store_of_the_system() {
    let (bench, Some(openssl), Some(node)) = (Bench::start(), programs::find("openssl"), programs::find("node")) else {
        return;
    };
    let addr = bench.addr("healthy.test");
    let (host, port) = addr.rsplit_once(':').unwrap();
    let script = format!(
        "const socket = require('tls').connect({{ host: '{host}', port: {port}, servername: 'chat.healthy.test' }}); \
         socket.on('secureConnect', () => {{ console.log('ok'); socket.destroy(); }}); \
         socket.on('error', (error) => console.log(error.code));"
    );
    let connects = |variable: &str| {
        bench.run_in(&node, &["-e", &script], &[(variable, bench.authorities())]).stdout.trim().to_owned()
    };
    // SSL_CERT_FILE names the trust store of the system to openssl.
    let store = [("SSL_CERT_FILE", bench.authorities())];
    assert_eq!(bench.s_client(&openssl, "healthy.test", &[], &store).1, "0 (ok)");
    assert_eq!(connects("SSL_CERT_FILE"), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    assert_eq!(connects("NODE_EXTRA_CA_CERTS"), "ok");
}

#[test]
fn curl_shows_that_a_url_responds() {
    let (bench, Some(curl)) = (Bench::start(), programs::find("curl")) else { return };
    let to = format!("chat.wrong-key.test:443:{}", bench.addr("wrong-key.test"));
    let args = ["-sf", "--cacert", bench.authorities(), "--connect-to", &to, "https://chat.wrong-key.test/api/info"];
    let ran = bench.run(&curl, &args);
    assert!(ran.status == 0 && ran.stdout.contains("version"), "{} {}", ran.status, ran.stderr);
    assert!(bench.is_error(&["handshake", "wrong-key.test"], "peer-ping"));
}
