//! The lab left running, and a newcomer's whole path in a real terminal: init, publish, a server of Node, a green doctor.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::rocketchat::{boundary, compatibility};
use serde_json::{Value, json};

use crate::support::lab::Kept;
use crate::support::programs;
use crate::support::{Fedctl, repository};

/// A federation server with the real node-rsa, which finds its senders with Node's own resolver.
const SERVER: &str = r#"
    const http = require('http'), dns = require('dns'), NodeRSA = require('node-rsa');
    const ask = JSON.parse(require('fs').readFileSync(0));
    const me = new NodeRSA(ask.private, 'pkcs8-private-pem');
    const resolver = new dns.promises.Resolver();
    resolver.setServers([ask.resolver]);
    const open = async (request, body) => {
        const records = await resolver.resolveTxt('rocketchat-public-key.' + request.headers['x-federation-domain']);
        const peer = new NodeRSA(records[0].join(''), 'pkcs8-public-pem');
        return JSON.parse(me.decrypt(peer.decryptPublic(Buffer.from(JSON.parse(body)))).toString());
    };
    http.createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => { body += chunk; });
        request.on('end', async () => {
            const answer = (status, object) => {
                response.writeHead(status, { 'content-type': 'application/json' });
                response.end(JSON.stringify(object));
            };
            const path = request.url.split('?')[0].replace('/api/v1/federation.', '');
            if (path === '/api/info') return answer(200, { version: '4.8.3', success: true });
            if (path === 'users.search') return answer(200, { users: [], success: true });
            if (path !== 'events.dispatch') return answer(404, { success: false });
            try {
                const message = await open(request, body);
                answer(Array.isArray(message.events) ? 200 : 400, { success: Array.isArray(message.events) });
            } catch (error) {
                answer(400, { success: false, error: 'Could not decrypt payload' });
            }
        });
    }).listen(ask.port, '127.0.0.1', () => console.log('ready'));"#;

#[test]
fn a_kept_lab_can_be_used_step_by_step_and_leaves_nothing() {
    let lab = Kept::start(&Fedctl::new(), &[]);
    let neighbour = lab.neighbour();
    let doctor = neighbour.run(&["doctor"]);
    assert_eq!(doctor.status, 0, "{}{}", doctor.stdout, doctor.stderr);
    assert!(
        doctor.stdout.lines().last().unwrap().starts_with("neighbour.test is set up correctly"),
        "{}",
        doctor.stdout
    );
    let broken = neighbour.run(&["dns-check", "two-records.test"]);
    assert!(broken.status == 1 && broken.stdout.contains("key-record"), "{}", broken.stdout);
    let chain = neighbour.run(&["handshake", "chain.test"]);
    assert!(chain.status == 1 && chain.stdout.contains("stopped at tls"), "{}", chain.stdout);
    let hub = neighbour.run(&["hub", "lookup", "hub-only.test", "--format", "json"]);
    assert!(hub.stdout.contains("hub-entry"), "{}{}", hub.stdout, hub.stderr);
    let plan = neighbour.run(&["rotate", "plan"]);
    assert_eq!(plan.status, 0, "{}{}", plan.stdout, plan.stderr);
    assert_eq!(plan.stdout.matches("  ok       rotate-rehearsal  ").count(), 5, "{}", plan.stdout);
    for part in ["--ttl 60", "+2h05min", "rocketchat-public-key", "-----BEGIN PUBLIC KEY-----"] {
        assert!(plan.stdout.contains(part), "{part}: {}", plan.stdout);
    }
    let drill = neighbour.run(&["drill", "healthy.test", "--user", "bob", "--yes"]);
    assert_eq!(drill.status, 0, "{}{}", drill.stdout, drill.stderr);
    for part in ["drill.test → healthy.test", "fetched from us", "requested the withheld event", "16 of 16 steps"] {
        assert!(drill.stdout.contains(part), "{part}: {}", drill.stdout);
    }
    let old = neighbour.run(&["drill", "first.test", "--user", "bob", "--yes"]);
    assert!(old.status == 0 && old.stdout.contains("read receipt"), "{}{}", old.stdout, old.stderr);
    let secret = std::fs::read_to_string(lab.get("FEDCTL_KEY")).unwrap();
    for ran in [doctor, broken, chain, hub, plan, drill, old] {
        assert!(!ran.stdout.contains(&secret[200..240]) && !ran.stderr.contains(&secret[200..240]));
    }
    lab.stop();
}

#[test]
fn native_federation_is_checked_in_a_kept_lab() {
    let lab = Kept::start(&Fedctl::new(), &[]);
    let neighbour = lab.neighbour();
    let check = |domain: &str, more: &[&str]| neighbour.run(&[&["dns-check", domain], more].concat());
    let native = &["--release", "8.0"][..];
    let healthy = check("native.test", native);
    assert_eq!((healthy.status, healthy.stderr.as_str()), (0, ""), "{}", healthy.stdout);
    for part in [
        "native-file    names chat.native.test:443",
        "native-server  Rocket.Chat 8.0.0 at chat.native.test:443, key",
        "https://chat.native.test:443",
    ] {
        assert!(healthy.stdout.contains(part), "{part}: {}", healthy.stdout);
    }
    for (domain, id, part) in [
        ("native-srv.test", "native-tls", "not for the target"),
        ("native-url.test", "native-file", "is a URL"),
        ("native-old.test", "native-srv", "_matrix-fed._tcp.native-old.test. 3600 IN SRV 10 0 443 chat"),
        ("native-proxy.test", "native-server", "/_matrix/"),
        ("native-name.test", "native-server", "the server calls itself chat.native-name.test"),
        ("native-keys.test", "native-server", "were valid until"),
        ("closed.test", "native-server", "no server of native federation is named"),
    ] {
        let ran = check(domain, native);
        assert!(ran.stdout.contains(id) && ran.stdout.replace('\n', " ").contains(part), "{domain}: {}", ran.stdout);
    }
    // Classic records count only for releases that read them.
    let classic = check("native.test", &["--native"]);
    assert!(classic.status == 1 && classic.stdout.contains("error    dns-srv"), "{}", classic.stdout);
    let both = check("native.test", &["--release", "6.2", "--release", "8.0"]);
    assert!(both.status == 1 && both.stdout.contains("a server of release 6.2.0 cannot use"), "{}", both.stdout);
    let left = check("native-left.test", native);
    assert!(left.status == 0 && left.stdout.contains("3 records of classic federation"), "{}", left.stdout);
    // A saved run is judged again to the same report.
    let file = neighbour.path("run.json").display().to_string();
    let saved = check("native-keys.test", &["--release", "8.0", "--save", &file]);
    let again = neighbour.run(&["dns-check", "--replay", &file]);
    assert_eq!(saved.stdout, again.stdout);
    let (error, _) = neighbour.refused(&["dns-check", "native.test", "--release", "99.0"]);
    assert!(error.contains("99.0.0 is not known"), "{error}");
    lab.stop();
}

/// A terminal of 80 columns; it ends when dropped.
struct Terminal {
    tmux: PathBuf,
    socket: PathBuf,
}

impl Terminal {
    fn open(tmux: PathBuf, fedctl: &Fedctl, variables: &[(String, String)]) -> Self {
        let terminal = Self { tmux, socket: fedctl.path("terminal") };
        let bin = PathBuf::from(env!("CARGO_BIN_EXE_fedctl")).parent().unwrap().to_owned();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = terminal.command();
        command.env("PATH", path).env("HOME", fedctl.dir.path()).env("PS1", "$ ").env("TERM", "xterm");
        // tmux starts its command with this one, and bash would drop PS1.
        command.env("SHELL", "/bin/sh");
        command.env_remove("FEDCTL_DOMAIN").current_dir(fedctl.dir.path());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let started = command.args(["new-session", "-d", "-x", "80", "-y", "100", "sh"]).status().unwrap();
        assert!(started.success());
        terminal
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.tmux);
        command.arg("-S").arg(&self.socket).args(["-f", "/dev/null"]);
        command
    }

    /// Waits for a text, then types a line.
    fn type_after(&self, text: &str, line: &str) {
        self.wait_for(text);
        assert!(self.command().args(["send-keys", "-l", line]).status().unwrap().success());
        assert!(self.command().args(["send-keys", "Enter"]).status().unwrap().success());
    }

    fn wait_for(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let shown = self.command().args(["capture-pane", "-p", "-J"]).output().unwrap();
            let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
            if shown.contains(text) {
                return shown;
            }
            assert!(start.elapsed() < Duration::from_secs(90), "`{text}` never came:\n{shown}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").status();
    }
}

/// A child that is killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_newcomer_comes_from_nothing_to_a_green_doctor() {
    let Some(tmux) = programs::find("tmux") else { return };
    let Some(mut node) = programs::node("node-rsa") else { return };
    let newcomer = Fedctl::new();
    let port = programs::free_port().port();
    newcomer.write("host.zone", "chat IN A 127.0.0.1\n");
    let kept = |lab: &Kept| -> Vec<(String, String)> {
        let mine = ["FEDCTL_RESOLVERS", "FEDCTL_CONNECT_TO", "FEDCTL_CA_FILE"];
        lab.variables.iter().filter(|(name, _)| mine.contains(&name.as_str())).cloned().collect()
    };

    let lab = Kept::start(&newcomer, &["--zone", "newcomer.test=host.zone"]);
    let terminal = Terminal::open(tmux.clone(), &newcomer, &kept(&lab));
    terminal.type_after("$ ", "fedctl init >records.zone");
    terminal.type_after("the part after the @ of your users: ", "newcomer.test");
    terminal.type_after("[https://chat.newcomer.test]: ", &format!("http://chat.newcomer.test:{port}"));
    terminal.type_after("Enter when it is not known: ", "4.8.3");
    terminal.type_after("[human]: ", "zone");
    terminal.type_after("[new]: ", "");
    let mut shown = terminal.wait_for("when they are published:");
    drop(terminal);
    lab.stop();

    // Publishing is pasting into the zone.
    let zone = format!("{}{}", newcomer.read("host.zone"), newcomer.read("records.zone"));
    newcomer.write("host.zone", zone);
    let lab = Kept::start(&newcomer, &["--zone", "newcomer.test=host.zone"]);
    let private = newcomer.read("federation.key");
    let ask = json!({"private": private.trim_end(), "resolver": lab.get("FEDCTL_RESOLVERS"), "port": port});
    let mut child = node.args(["-e", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ask.to_string().as_bytes()).unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let server = Server(child);

    let terminal = Terminal::open(tmux, &newcomer, &kept(&lab));
    terminal.type_after("$ ", "fedctl doctor; echo status $?");
    shown += &terminal.wait_for("status ");
    shown += &terminal.wait_for("newcomer.test is set up correctly");
    shown += &terminal.wait_for("status 0");
    drop(terminal);
    for part in ["this machine is 127.0.0.1, and it reaches itself", "federation.key: private key, RSA-2048"] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    // What ours seals, node-rsa opens.
    let ran = lab.neighbour().run(&["handshake", "newcomer.test"]);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("newcomer.test is ready for federation"), "{}", ran.stdout);
    let neighbour = std::fs::read_to_string(lab.get("FEDCTL_KEY")).unwrap();
    for secret in [&private[200..240], &neighbour[200..240]] {
        assert!(!shown.contains(secret) && !ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
    drop(server);
    lab.stop();
}

#[test]
fn a_zone_of_ones_own_must_fit_into_the_lab() {
    let fedctl = Fedctl::new();
    fedctl.write("bad.zone", "chat IN A\n");
    for (zone, description) in [
        ("newcomer.test=missing.zone", "cannot be read"),
        ("newcomer.test=bad.zone", "cannot be loaded"),
        ("newcomer.example=bad.zone", "is not a domain below `test`"),
        ("healthy.test=bad.zone", "is in the lab already"),
        ("newcomer.test", "names no file"),
    ] {
        let (error, _) = fedctl.refused(&["lab", "--keep", "--zone", zone]);
        assert!(error.contains(description), "{zone}: {error}");
    }
}

#[test]
fn the_page_about_the_lab_can_be_followed_word_for_word() {
    let Some(tmux) = programs::find("tmux") else { return };
    let page = std::fs::read_to_string(repository("docs/lab.md")).unwrap();
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let typed = |block: &str| block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect();
    let blocks: Vec<Vec<String>> = blocks.map(typed).collect();
    let [healthy, broken] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert!(healthy.len() > 4 && broken.len() == 1, "{blocks:?}");
    let start = page.lines().find_map(|line| line.strip_prefix("fedctl lab --keep ")).unwrap();
    let args: Vec<&str> = ["lab", "--keep"].into_iter().chain(start.split(' ')).collect();

    let fedctl = Fedctl::new();
    let mut lab = fedctl.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !fedctl.path("lab.env").is_file() {
        assert!(
            begun.elapsed() < Duration::from_secs(90) && lab.try_wait().unwrap().is_none(),
            "the lab did not start"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let terminal = Terminal::open(tmux, &fedctl, &[]);
    terminal.wait_for("$ ");
    let lines = healthy.iter().map(|line| (line, 0)).chain(broken.iter().map(|line| (line, 1)));
    for (at, (line, status)) in lines.enumerate() {
        terminal.type_after("$ ", &format!("{line}; echo \"line {at} has status $?\""));
        terminal.wait_for(&format!("line {at} has status {status}"));
    }
    drop(terminal);
    let pid = lab.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(lab.wait().unwrap().code(), Some(0));
    assert!(!fedctl.path("lab.env").exists(), "the file with the variables is left");
}

#[test]
fn drills_with_every_span_of_releases_match_the_table() {
    let ran = Fedctl::new().run(&["lab", "--drill", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(super::schemas::errors("lab-drills", &found), [""; 0]);
    let drills = found["drills"].as_array().unwrap();
    let releases: Vec<&str> = drills.iter().map(|drill| drill["to"].as_str().unwrap()).collect();
    let later = compatibility::spans().into_iter().filter(|first| *first >= boundary::SECOND_PROTOCOL);
    let expected: Vec<String> = [boundary::LAST_OF_1].into_iter().chain(later).map(|it| it.to_string()).collect();
    assert_eq!(releases, expected);
    for drill in drills {
        assert_eq!(drill["differences"], json!([]), "{drill}");
    }
    // What a server of 3.6.3 does and one of 7.0.0 refuses.
    let passed = |release: &str| drills.iter().find(|drill| drill["to"] == release).unwrap()["passed"].clone();
    assert_eq!((passed("3.6.3"), passed("7.0.0")), (json!(13), json!(0)));
    assert_eq!(ran.status, 0);
}

#[test]
fn the_lab_lists_its_domains() {
    let list = Fedctl::new().ok(&["lab", "--list"]);
    assert!(list.lines().count() > 20 && list.contains("two-records.test"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}
