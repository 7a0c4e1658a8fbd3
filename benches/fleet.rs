//! How long `dns-check` takes for 5,000 domains with keys on two real named and a real unbound on this machine, beside dnsperf
//! asking the same questions of the same servers in the same run; and 2,000 domains on servers that need 50 ms for each answer.
//!
//! cargo bench --bench fleet [DOMAINS]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::check::judge_dns;
use fedctl::dns::name::Domain;
use fedctl::endpoint::ConnectTo;
use fedctl::facts::dns::{DnsFacts, Expected};
use fedctl::net::Net;
use fedctl::net::dns::{Scope, observe};
use fedctl::net::resolvers::Resolver;
use fedctl::net::udp::Udp;
use fedctl::serve::dns::{Config, Zone, start};
use fedctl::x509::trust::Roots;
use futures_util::stream::{self, StreamExt};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DELAY: Duration = Duration::from_millis(50);
const DELAYED: usize = 2000;

type Failure = Box<dyn std::error::Error>;

/// A program that is killed when it is no longer needed.
struct Server {
    addr: SocketAddr,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> Result<(), Failure> {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let names: Vec<String> = (0..count).map(|at| format!("d{at}.fleet.test")).collect();
    let zones: Vec<(String, String)> = zones(&names);
    real(&runtime, &names, &zones)?;
    runtime.block_on(delayed(&names, &zones))
}

/// A parent zone, and a zone for each domain.
fn zones(names: &[String]) -> Vec<(String, String)> {
    let head = "$TTL 3600\n@ IN SOA ns1.fleet.test. hostmaster.fleet.test. 7 3600 600 86400 300\n\
                @ IN NS ns1.fleet.test.\n@ IN NS ns2.fleet.test.\n";
    let mut parent = format!("{head}ns1 IN A 127.0.0.1\nns2 IN A 127.0.0.1\n");
    let mut zones = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let _ = write!(parent, "{name}. IN NS ns1.fleet.test.\n{name}. IN NS ns2.fleet.test.\n");
        let key = key(at);
        zones.push((
            name.clone(),
            format!(
                "{head}chat IN A 192.0.2.7\n_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n\
                 rocketchat-public-key IN TXT \"{}\" \"{}\"\n",
                &key[..255],
                &key[255..]
            ),
        ));
    }
    zones.push(("fleet.test".into(), parent));
    zones.push(("test".into(), format!("{head}fleet IN NS ns1.fleet.test.\nfleet IN NS ns2.fleet.test.\n")));
    zones
}

/// A public key whose modulus nobody has factored: random, odd, without a small factor, of 2048 bits.
fn key(seed: usize) -> String {
    use num_bigint::BigUint;
    use rand::{Rng, SeedableRng};
    let mut random = rand::rngs::StdRng::seed_from_u64(seed as u64);
    loop {
        let mut bytes = [0; 256];
        random.fill_bytes(&mut bytes);
        bytes[0] |= 0x80;
        bytes[255] |= 1;
        let n = BigUint::from_bytes_be(&bytes);
        if fedctl::key::diagnosis::is_plausible_modulus(&n)
            && let Ok(key) = fedctl::key::PublicKey::from_numbers(n, BigUint::from(65537u32))
        {
            return key.one_line();
        }
    }
}

fn real(runtime: &tokio::runtime::Runtime, names: &[String], zones: &[(String, String)]) -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let (first, second) = (named(dir.path(), "one", zones)?, named(dir.path(), "two", zones)?);
    let resolver = unbound(dir.path(), first.addr)?;
    let net = net(&[("ns1", first.addr), ("ns2", second.addr)], resolver.addr)?;
    // Both sides find the resolver's cache warm.
    let (_, facts) = runtime.block_on(check(&net, names));
    let questions = questions(&facts, resolver.addr);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(runtime.block_on(check(&net, names)).0);
        theirs.push(dnsperf(dir.path(), &questions)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let total: usize = questions.values().map(Vec::len).sum();
    out(&format!("{} domains, {total} questions to two named and one unbound", names.len()));
    out(&format!("fedctl    {ours:?}, {:.0} domains a second", names.len() as f64 / ours.as_secs_f64()));
    out(&format!(
        "dnsperf   {theirs:?}, fedctl takes {:.2} times as long (limit 1.5)",
        ours.as_secs_f64() / theirs.as_secs_f64()
    ));
    Ok(())
}

/// Observes and judges all, and gives the time and what was asked.
async fn check(net: &Net, names: &[String]) -> (Duration, Vec<DnsFacts>) {
    let begun = Instant::now();
    let domains: Vec<Domain> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let one = |domain: Domain| {
        let net = net.clone();
        tokio::spawn(async move {
            let facts = observe(&net, &domain, None, Scope::Everybody, 0).await;
            let lines = judge_dns(&facts, &Expected::default(), None);
            (facts, lines.len())
        })
    };
    let judged: Vec<_> = stream::iter(domains).map(one).buffer_unordered(64).collect().await;
    let facts = judged.into_iter().filter_map(Result::ok).map(|(facts, _)| facts).collect();
    (begun.elapsed(), facts)
}

/// Every question that was asked, by server.
fn questions(facts: &[DnsFacts], resolver: SocketAddr) -> HashMap<SocketAddr, Vec<String>> {
    let mut asked: HashMap<SocketAddr, Vec<String>> = HashMap::new();
    for dns in facts {
        let observed = dns.observations.iter().map(|seen| (seen.observer, &seen.question));
        for (observer, question) in observed.chain(dns.probes.iter().map(|probe| (probe.observer, &probe.question))) {
            let line = format!("{} {}", question.name, question.kind);
            asked.entry(dns.observers[observer].addr).or_default().push(line);
        }
        // The zone cut: the SOA and the name servers of each name above; the addresses of the servers are given.
        let zone = asked.entry(resolver).or_default();
        zone.push(format!("{} SOA", dns.domain));
        let labels: Vec<&str> = dns.domain.as_str().split('.').collect();
        zone.extend((0..labels.len()).map(|at| format!("{} NS", labels[at..].join("."))));
    }
    asked
}

/// The same questions, one dnsperf for each server at the same time.
fn dnsperf(dir: &Path, questions: &HashMap<SocketAddr, Vec<String>>) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let mut running = Vec::new();
    for (server, lines) in questions {
        let file = dir.join(format!("questions-{}", server.port()));
        std::fs::write(&file, lines.join("\n") + "\n")?;
        let mut command = Command::new("dnsperf");
        command.args([
            "-s",
            &server.ip().to_string(),
            "-p",
            &server.port().to_string(),
            "-n",
            "1",
            "-e",
            "-q",
            "100",
            "-d",
        ]);
        running.push(command.arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    }
    for mut child in running {
        child.wait()?;
    }
    Ok(begun.elapsed())
}

fn net(servers: &[(&str, SocketAddr)], resolver: SocketAddr) -> Result<Net, Failure> {
    let connect_to =
        servers.iter().map(|(host, to)| ConnectTo { host: format!("{host}.fleet.test"), port: 53, to: *to }).collect();
    let resolvers = vec![Resolver::at(resolver)];
    Ok(Net {
        timeout: Duration::from_secs(5),
        deadline: Duration::from_secs(60),
        connect_to,
        resolvers,
        roots: Roots::new(None)?,
        udp: Udp::default(),
    })
}

async fn delayed(names: &[String], zones: &[(String, String)]) -> Result<(), Failure> {
    let names = &names[..DELAYED.min(names.len())];
    let zones: Vec<Zone> = zones
        .iter()
        .filter(|(origin, _)| names.contains(origin) || origin == "fleet.test" || origin == "test")
        .map(|(origin, text)| Zone::parse(text, Some(origin), HERE))
        .collect::<Result<_, _>>()?;
    let serve = || async {
        let faults = vec![format!("delay={}ms", DELAY.as_millis()).parse()?];
        Ok::<_, Failure>(start(Config { listen: SocketAddr::new(HERE, 0), zones: zones.clone(), faults }).await?)
    };
    let (first, second) = (serve().await?, serve().await?);
    let net = net(&[("ns1", first.addr), ("ns2", second.addr)], first.addr)?;
    let (time, _) = check(&net, names).await;
    out(&format!("{} domains, each answer {DELAY:?} late: {time:?} (limit 10 s)", names.len()));
    Ok(())
}

fn free_port() -> Result<SocketAddr, Failure> {
    loop {
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        if UdpSocket::bind(addr).is_ok() {
            return Ok(addr);
        }
    }
}

fn named(dir: &Path, name: &str, zones: &[(String, String)]) -> Result<Server, Failure> {
    let (dir, addr) = (dir.join(name), free_port()?);
    std::fs::create_dir(&dir)?;
    let mut config = format!(
        "options {{ directory \"{}\"; listen-on port {} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;\n\
         pid-file none; session-keyfile none; dnssec-validation no; notify no; }};\ncontrols {{ }};\n",
        dir.display(),
        addr.port()
    );
    for (origin, text) in zones {
        std::fs::write(dir.join(format!("{origin}.zone")), text)?;
        let _ = writeln!(config, "zone \"{origin}\" {{ type primary; file \"{origin}.zone\"; }};");
    }
    std::fs::write(dir.join("named.conf"), config)?;
    let mut command = Command::new("/usr/sbin/named");
    command.args(["-g", "-n", "1", "-c"]).arg(dir.join("named.conf"));
    run(command, addr)
}

fn unbound(dir: &Path, server: SocketAddr) -> Result<Server, Failure> {
    let addr = free_port()?;
    let config = format!(
        "server:\n interface: 127.0.0.1@{}\n do-daemonize: no\n username: \"\"\n chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n \
         directory: \"{}\"\n do-not-query-localhost: no\n local-zone: \"test.\" nodefault\n module-config: \"iterator\"\n \
         so-rcvbuf: 0\nforward-zone:\n name: \"test\"\n forward-addr: 127.0.0.1@{}\n",
        addr.port(),
        dir.display(),
        server.port()
    );
    std::fs::write(dir.join("unbound.conf"), config)?;
    let mut command = Command::new("/usr/sbin/unbound");
    command.args(["-d", "-c"]).arg(dir.join("unbound.conf"));
    run(command, addr)
}

fn run(mut command: Command, addr: SocketAddr) -> Result<Server, Failure> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let server = Server { addr, child };
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    let question = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
    for _ in 0..300 {
        if socket.send_to(&question, addr).is_ok() && socket.recv(&mut [0; 512]).is_ok() {
            return Ok(server);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("a server does not answer".into())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark reports its result")]
fn out(line: &str) {
    println!("{line}");
}
