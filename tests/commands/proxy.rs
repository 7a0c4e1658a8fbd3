//! The rules of `fedctl proxy` in the real proxies, in front of `serve peer`.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::serve::peer::fault::Fault;

use crate::support::peers::{Peer, Peers, all_findings};
use crate::support::programs::free_port;
use crate::support::{Fedctl, programs};

/// A running proxy; it is stopped when dropped.
struct Proxy {
    addr: SocketAddr,
    child: Child,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Some have workers, which end with their parent only when it ends in order.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(command: Command, addr: SocketAddr, fedctl: &Fedctl) -> Proxy {
    start_with(command, addr, fedctl, false)
}

/// `log`: stdout is a log too.
fn start_with(mut command: Command, addr: SocketAddr, fedctl: &Fedctl, log: bool) -> Proxy {
    let file = std::fs::File::create(fedctl.path("proxy.log")).unwrap();
    let stdout = if log { Stdio::from(file.try_clone().unwrap()) } else { Stdio::null() };
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(file).spawn().unwrap();
    let (begin, proxy) = (Instant::now(), Proxy { addr, child });
    while TcpStream::connect(addr).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the proxy does not listen: {}", fedctl.read("proxy.log"));
        std::thread::sleep(Duration::from_millis(50));
    }
    proxy
}

/// The rules as fedctl prints them: the server's own requests come from 127.0.0.2 here.
fn rules(fedctl: &Fedctl, proxy: &str, upstream: SocketAddr, more: &[&str]) -> String {
    let upstream = upstream.to_string();
    let mut args = vec!["proxy", proxy, "--domain", "b.example", "--upstream", &upstream, "--own-address", "127.0.0.2"];
    args.extend(more);
    let ran = fedctl.run(&args);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("next: "), "{}", ran.stderr);
    ran.stdout
}

fn checked(mut command: Command, what: &str) {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {text}");
}

fn nginx(fedctl: &Fedctl, upstream: SocketAddr, more: &[&str]) -> Option<Proxy> {
    let program = programs::find("nginx")?;
    let (addr, dir) = (free_port(), fedctl.dir.path().display().to_string());
    fedctl.write("rules.conf", rules(fedctl, "nginx", upstream, more));
    let temp =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {dir}/{name};"));
    let config = format!(
        "daemon off;\nuser root;\nworker_processes 1;\npid {dir}/pid;\nerror_log {dir}/error.log;\nevents {{ }}\nhttp {{\naccess_log off;\n\
         {}\nserver {{\nlisten {addr};\ninclude {dir}/rules.conf;\nlocation / {{ proxy_pass http://{upstream}; }}\n}}\n}}\n",
        temp.join("\n")
    );
    let file = fedctl.write("nginx.conf", config);
    let mut check = Command::new(&program);
    check.args(["-t", "-e", "stderr", "-c"]).arg(&file);
    checked(check, "nginx -t");
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-c"]).arg(file);
    Some(start(command, addr, fedctl))
}

fn apache(fedctl: &Fedctl, upstream: SocketAddr, more: &[&str]) -> Option<Proxy> {
    let program = programs::find("apache2")?;
    let (addr, dir) = (free_port(), fedctl.dir.path().display().to_string());
    fedctl.write("rules.conf", rules(fedctl, "apache", upstream, more));
    let modules = ["mpm_event", "authz_core", "rewrite", "proxy", "proxy_http"]
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
    let config = format!(
        "ServerRoot {dir}\nServerName localhost\nPidFile {dir}/pid\nErrorLog {dir}/error.log\nListen {addr}\n{}User www-data\nGroup www-data\n\
         <VirtualHost {addr}>\nInclude {dir}/rules.conf\nProxyPass / http://{upstream}/\n</VirtualHost>\n",
        modules.concat()
    );
    let file = fedctl.write("apache.conf", config);
    let mut check = Command::new(&program);
    check.args(["-t", "-f"]).arg(&file);
    checked(check, "apache2 -t");
    let mut command = Command::new(program);
    command.args(["-DFOREGROUND", "-f"]).arg(file);
    Some(start(command, addr, fedctl))
}

fn haproxy(fedctl: &Fedctl, upstream: SocketAddr, more: &[&str]) -> Option<Proxy> {
    let program = programs::find("haproxy")?;
    let addr = free_port();
    let text = rules(fedctl, "haproxy", upstream, more);
    let (frontend, backend) = text.split_at(text.find("\nbackend ").unwrap());
    let config = format!(
        "defaults\n    mode http\n    timeout client 60s\n    timeout connect 5s\n    timeout server 60s\nfrontend in\n    bind {addr}\n{frontend}\n    \
         default_backend site\nbackend site\n    server site {upstream}\n{backend}"
    );
    let file = fedctl.write("haproxy.cfg", config);
    let mut check = Command::new(&program);
    check.args(["-c", "-f"]).arg(&file);
    checked(check, "haproxy -c");
    let mut command = Command::new(program);
    command.args(["-db", "-f"]).arg(file);
    Some(start(command, addr, fedctl))
}

fn caddy(fedctl: &Fedctl, upstream: SocketAddr, more: &[&str]) -> Option<Proxy> {
    let program = programs::find("caddy")?;
    let addr = free_port();
    let site = format!(
        "http://:{} {{\n\tbind {}\n\timport rocketchat_federation\n\treverse_proxy {upstream}\n}}\n",
        addr.port(),
        addr.ip()
    );
    let config = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{}\n{site}", rules(fedctl, "caddy", upstream, more));
    let file = fedctl.write("Caddyfile", config);
    let caddy = |action: &str| {
        let mut command = Command::new(&program);
        command.args([action, "--adapter", "caddyfile", "--config"]).arg(&file);
        command
            .env("HOME", fedctl.dir.path())
            .env("XDG_CONFIG_HOME", fedctl.dir.path())
            .env("XDG_DATA_HOME", fedctl.dir.path());
        command
    };
    checked(caddy("validate"), "caddy validate");
    Some(start(caddy("run"), addr, fedctl))
}

/// Traefik with the rules beside a router for the whole host. It checks a file when it loads it, and has no command for that.
fn traefik(fedctl: &Fedctl, upstream: SocketAddr, more: &[&str]) -> Option<Proxy> {
    let program = programs::pip_program("traefik")?;
    let addr = free_port();
    std::fs::create_dir_all(fedctl.path("dynamic")).unwrap();
    fedctl.write("dynamic/rules.yml", rules(fedctl, "traefik", upstream, more));
    let site = format!(
        "http:\n  routers:\n    site:\n      rule: \"Host(`chat.b.example`)\"\n      service: site\n  services:\n    site:\n      \
         loadBalancer:\n        servers:\n          - url: \"http://{upstream}\"\n"
    );
    fedctl.write("dynamic/site.yml", site);
    let mut command = Command::new(program);
    command.args(["--global.checknewversion=false", "--global.sendanonymoususage=false", "--log.level=WARN"]);
    command.arg(format!("--entrypoints.web.address={addr}"));
    command.arg(format!("--providers.file.directory={}", fedctl.path("dynamic").display()));
    let proxy = start_with(command, addr, fedctl, true);
    let begin = Instant::now();
    // It listens before it has read the files.
    while status(addr, "127.0.0.1", ("GET", "/api/info"), None, b"") == 404 {
        assert!(begin.elapsed() < Duration::from_secs(30), "no rules: {}", fedctl.read("proxy.log"));
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = fedctl.read("proxy.log");
    assert!(!log.contains("ERR"), "traefik: {log}");
    Some(proxy)
}

/// The status of a request from a given address of this machine.
fn status(addr: SocketAddr, from: &str, (method, path): (&str, &str), sender: Option<&str>, body: &[u8]) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from.parse::<IpAddr>().unwrap(), 0)).unwrap();
        socket.connect(addr).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let header = sender.map(|sender| format!("X-Federation-Domain: {sender}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: chat.b.example\r\n{header}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).unwrap();
    // A proxy that refuses by the head alone may close early.
    let _ = stream.write_all(body);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    let text = String::from_utf8_lossy(&response);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no response: {text}"))
}

const DISPATCH: &str = "/api/v1/federation.events.dispatch";
const SEARCH: &str = "/api/v1/federation.users.search?username=fedctl%40b.example&domain=b.example";
const UPLOAD: &str = "/api/v1/federation.uploads?upload_id=abc";
const PING: &[u8] = br#"{"events":[{"type":"ping"}]}"#;

type Start = fn(&Fedctl, SocketAddr, &[&str]) -> Option<Proxy>;

/// What every proxy must do with the rules.
fn keeps_the_rules(name: &str, run: Start) {
    let server = Peers::start(&Peer { https: false, faults: &[Fault::Bypass], ..Peer::default() });
    let open = |from, sender| status(server.addr, from, ("POST", DISPATCH), sender, PING);
    assert_eq!(open("127.0.0.1", Some("b.example")), 200, "without a proxy the server takes the forged message");
    let fedctl = Fedctl::new();
    let Some(proxy) = run(&fedctl, server.addr, &["--allow", "a.example"]) else { return };

    let post = |from, sender, path| status(proxy.addr, from, ("POST", path), sender, PING);
    for sender in ["b.example", "B.Example", "@b.example", "b.example."] {
        assert_eq!(post("127.0.0.1", Some(sender), DISPATCH), 403, "{name}: {sender}");
    }
    assert_eq!(post("127.0.0.1", Some("b.example"), "/"), 403, "{name}: on any path");
    assert_eq!(post("127.0.0.2", Some("b.example"), DISPATCH), 200, "{name}: the server itself");
    assert_eq!(post("127.0.0.1", Some("c.example"), DISPATCH), 403, "{name}: not listed");
    assert_eq!(post("127.0.0.1", Some("xa.example"), DISPATCH), 403, "{name}: a part of a name");
    assert_eq!(post("127.0.0.1", Some("aXexample"), DISPATCH), 403, "{name}: a dot is a dot");
    for path in [
        "//api/v1/federation.events.dispatch",
        "/api/v1/%66ederation.events.dispatch",
        "/API/v1/federation.events.dispatch",
    ] {
        assert_eq!(post("127.0.0.1", Some("c.example"), path), 403, "{name}: {path}");
    }
    // The listed domain passes the proxy; this body is not encrypted, so the server refuses it.
    assert_eq!(post("127.0.0.1", Some("A.example"), DISPATCH), 400, "{name}: listed");

    let get = |sender| status(proxy.addr, "127.0.0.1", ("GET", SEARCH), sender, b"");
    assert_eq!((get(None), get(Some("c.example")), get(Some("a.example"))), (403, 403, 200), "{name}");
    let file = |sender| status(proxy.addr, "127.0.0.1", ("GET", UPLOAD), sender, b"");
    assert_eq!((file(None), file(Some("c.example"))), (403, 403), "{name}: files are hidden");
    assert_ne!(file(Some("a.example")), 403, "{name}: the server answers a listed domain");
    assert_eq!(status(proxy.addr, "127.0.0.1", ("GET", "/api/info"), None, b""), 200, "{name}: other routes are open");
    let large = vec![b' '; 40_000_000];
    assert_eq!(
        status(proxy.addr, "127.0.0.1", ("POST", DISPATCH), Some("a.example"), &large),
        400,
        "{name}: 40 MB reach the server"
    );
    assert_eq!(status(proxy.addr, "127.0.0.1", ("POST", DISPATCH), Some("c.example"), b"{}"), 403, "{name}");

    let world = Peers::around(proxy.addr);
    let report = world.report(&["--probe-bypass"]);
    let found = all_findings(&report);
    assert!(
        !found.iter().any(|line| line.contains("peer-bypass") || line.contains("peer-exposure")),
        "{name}: {found:?}"
    );
    assert!(!found.iter().any(|line| line.starts_with("error")), "{name}: a.example is listed: {found:?}");
}

#[test]
fn nginx_keeps_the_rules() {
    keeps_the_rules("nginx", nginx);
}

#[test]
fn apache_keeps_the_rules() {
    keeps_the_rules("apache", apache);
}

#[test]
fn haproxy_keeps_the_rules() {
    keeps_the_rules("haproxy", haproxy);
}

#[test]
fn caddy_keeps_the_rules() {
    keeps_the_rules("caddy", caddy);
}

#[test]
fn traefik_keeps_the_rules() {
    keeps_the_rules("traefik", traefik);
}

/// What `doctor` finds at the server of b.example.
fn examined(world: &Peers) -> Vec<String> {
    let mut args: Vec<String> = ["doctor", "b.example", "--format", "json"].map(str::to_owned).to_vec();
    args.extend(world.flags());
    let ran = world.fedctl.run(&args);
    all_findings(&serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}")))
}

#[test]
fn doctor_reports_the_exposure_and_is_quiet_behind_the_rules() {
    let server = Peers::start(&Peer { https: false, ..Peer::default() });
    let exposed = |found: &[String]| found.iter().any(|line| line.ends_with("peer-exposure"));
    let open = examined(&server);
    assert!(exposed(&open), "{open:?}");
    for (name, run) in
        [("nginx", nginx as Start), ("apache", apache), ("haproxy", haproxy), ("caddy", caddy), ("traefik", traefik)]
    {
        let fedctl = Fedctl::new();
        let Some(proxy) = run(&fedctl, server.addr, &["--allow", "a.example"]) else { continue };
        let closed = examined(&Peers::around(proxy.addr));
        assert!(!exposed(&closed), "{name}: {closed:?}");
    }
}

#[test]
fn without_a_list_every_domain_may_federate_but_nobody_without_a_name() {
    let server = Peers::start(&Peer { https: false, faults: &[Fault::Bypass], ..Peer::default() });
    for (name, run) in
        [("nginx", nginx as Start), ("haproxy", haproxy), ("apache", apache), ("caddy", caddy), ("traefik", traefik)]
    {
        let fedctl = Fedctl::new();
        let Some(proxy) = run(&fedctl, server.addr, &[]) else { return };
        let get = |sender| status(proxy.addr, "127.0.0.1", ("GET", SEARCH), sender, b"");
        assert_eq!((get(None), get(Some("c.example")), get(Some("b.example"))), (403, 200, 403), "{name}");
    }
}

#[test]
fn an_open_server_is_reported_and_an_unlisted_domain_is_reported_why() {
    let server = Peers::start(&Peer { https: false, faults: &[Fault::Bypass], ..Peer::default() });
    let found = all_findings(&server.report(&["--probe-bypass"]));
    assert!(found.contains(&"notice peer-exposure".to_owned()), "{found:?}");
    assert!(found.contains(&"warning peer-bypass".to_owned()), "{found:?}");
    let fedctl = Fedctl::new();
    let Some(proxy) = nginx(&fedctl, server.addr, &["--allow", "c.example"]) else { return };
    let world = Peers::around(proxy.addr);
    let ran = world.handshake(&[]);
    assert!(ran.status == 1 && ran.stdout.contains("does not let a.example federate"), "{}", ran.stdout);
    let stranger = world.anonymous(&[]);
    assert_eq!(stranger.status, 0, "{}", stranger.stdout);
}

#[test]
fn traefik_gets_yaml_with_the_three_routers_in_order() {
    let fedctl = Fedctl::new();
    let text = rules(&fedctl, "traefik", "127.0.0.1:3000".parse().unwrap(), &["--allow", "a.example"]);
    let yaml: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let routers = yaml["http"]["routers"].as_mapping().unwrap();
    let priority = |name: &str| routers[name]["priority"].as_u64().unwrap();
    assert!(priority("federation-own") > priority("federation-listed"));
    assert!(priority("federation-listed") > priority("federation-closed"));
    let rule = routers["federation-listed"]["rule"].as_str().unwrap();
    assert!(rule.contains(r"HeaderRegexp(`X-Federation-Domain`, `(?i)^(a\.example|b\.example)$`)"), "{rule}");
    let own = &yaml["http"]["middlewares"]["federation-server"]["ipAllowList"]["sourceRange"];
    assert_eq!(own[0].as_str(), Some("127.0.0.2"));
}

#[test]
fn what_no_rules_can_be_written_for_is_refused() {
    let fedctl = Fedctl::new();
    assert!(fedctl.refused(&["proxy", "nginx"]).0.contains("no domain is given"));
    let own = fedctl.refused(&["proxy", "nginx", "--domain", "b.example", "--allow", "b.example"]);
    assert!(own.0.contains("is your own domain"), "{}", own.0);
    let upstream = fedctl.refused(&["proxy", "nginx", "--domain", "b.example", "--upstream", "a;b:1"]);
    assert!(upstream.0.contains("is not HOST:PORT"), "{}", upstream.0);
}
