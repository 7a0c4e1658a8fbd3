//! How long `dns-check` takes for 5,000 domains with keys on two real named and a real unbound on this machine, beside dnsperf
//! asking the same questions of the same servers in the same run; and 2,000 domains on servers that need 50 ms for each answer.
//!
//! cargo bench --bench fleet [DOMAINS]

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fedctl::net::tcp::stream;
use fedctl::serve::dns::{Config, Zone, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DELAY: Duration = Duration::from_millis(50);
const DELAYED: usize = 2000;
const ROUNDS: usize = 5;

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
    let servers = [first.addr, second.addr, resolver.addr];
    // The first run warms the resolver's cache for both sides, and its queries are what dnsperf sends.
    let recorders = runtime.block_on(async {
        let [first, second, resolver] = servers.map(Recorder::start);
        Ok::<_, io::Error>([first.await?, second.await?, resolver.await?])
    })?;
    check(dir.path(), names, recorders.each_ref().map(|recorder| recorder.addr))?;
    let queries = recorders.each_ref().map(|recorder| held(&recorder.queries).clone());
    drop(recorders);
    let ids = [first.child.id(), second.child.id(), resolver.child.id()];
    let (mut ours, mut theirs, mut lost, mut work) = (Vec::new(), Vec::new(), 0, [[0; 2]; 2]);
    for round in 0..ROUNDS {
        let begin = processor(&ids);
        ours.push(check(dir.path(), names, servers)?);
        let between = processor(&ids);
        let (time, without_answer) = dnsperf(dir.path(), round, servers, &queries)?;
        theirs.push(time);
        lost += without_answer;
        let end = processor(&ids);
        for part in 0..2 {
            work[0][part] += between[part] - begin[part];
            work[1][part] += end[part] - between[part];
        }
    }
    let ratios: Vec<String> = std::iter::zip(&ours, &theirs)
        .map(|(ours, theirs)| format!("{:.2}", ours.time.as_secs_f64() / theirs.as_secs_f64()))
        .collect();
    let (fedctl, dnsperf) = (median(ours.iter().map(|run| run.time)), median(theirs.iter().copied()));
    let total: usize = queries.iter().flatten().map(Vec::len).sum();
    out(&format!("{} domains, {total} queries to two named and one unbound, {ROUNDS} rounds", names.len()));
    out(&format!(
        "fedctl    {fedctl:.2?}, {:.0} domains a second, at most {} MB",
        names.len() as f64 / fedctl.as_secs_f64(),
        ours.iter().map(|run| run.memory).max().unwrap_or_default() / 1024
    ));
    let [ours, theirs] =
        work.map(|[client, servers]| [client, servers].map(|ticks| ticks as f64 / 100.0 / ROUNDS as f64));
    out(&format!("CPU       fedctl {:.2} s and its servers {:.2} s a round", ours[0], ours[1]));
    out(&format!("CPU       dnsperf {:.2} s and its servers {:.2} s a round", theirs[0], theirs[1]));
    out(&format!("CPU       all together {:.2} times as much", (ours[0] + ours[1]) / (theirs[0] + theirs[1])));
    out(&format!(
        "dnsperf   {dnsperf:.2?}, {lost} queries of all rounds without an answer, for each of which it waits 5 s"
    ));
    out(&format!("fedctl takes {} times as long (limit 1.5)", ratios.join(", ")));
    Ok(())
}

/// The processor time of the programs that have ended and of the servers, in hundredths of a second.
fn processor(servers: &[u32]) -> [u64; 2] {
    // utime and stime, cutime and cstime of proc_pid_stat(5).
    let ticks = |id: &str, fields: [usize; 2]| -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let all: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        fields.iter().filter_map(|field| all.get(field - 3)?.parse::<u64>().ok()).sum()
    };
    [ticks("self", [16, 17]), servers.iter().map(|id| ticks(&id.to_string(), [14, 15])).sum()]
}

/// What one run of `fedctl dns-check --list` took.
struct Checked {
    time: Duration,
    /// Kilobytes at the most.
    memory: u64,
}

/// Checks all domains with the default options; none of them fails. A machine that is busy with other things loses datagrams, which
/// shows as warnings.
fn check(dir: &Path, names: &[String], [first, second, resolver]: [SocketAddr; 3]) -> Result<Checked, Failure> {
    let list = dir.join("list.txt");
    std::fs::write(&list, names.join("\n") + "\n")?;
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_fedctl"))
        .args(["dns-check", "--quiet", "--resolver", &resolver.to_string(), "--list"])
        .arg(&list)
        .args(["--connect-to", &format!("ns1.fleet.test:53={first}")])
        .args(["--connect-to", &format!("ns2.fleet.test:53={second}")])
        .env_clear()
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut memory, status) = (0, format!("/proc/{}/status", child.id()));
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches(" kB").parse().ok());
        memory = memory.max(peak.unwrap_or_default());
        std::thread::sleep(Duration::from_millis(10));
    }
    let (time, output) = (begun.elapsed(), child.wait_with_output()?);
    let summary = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !summary.contains(", 0 failed") {
        return Err(format!("the domains are not healthy: {summary}").into());
    }
    Ok(Checked { time, memory })
}

/// The queries of a run to one server, over UDP and over TCP, as dnsperf reads them.
type Queries = [Vec<String>; 2];

/// Forwards to a server and keeps the queries; ends with the runtime.
struct Recorder {
    addr: SocketAddr,
    queries: Arc<Mutex<Queries>>,
}

impl Recorder {
    async fn start(server: SocketAddr) -> io::Result<Self> {
        let addr = free_port()?;
        let (udp, tcp) =
            (Arc::new(tokio::net::UdpSocket::bind(addr).await?), tokio::net::TcpListener::bind(addr).await?);
        let queries = Arc::new(Mutex::new(Queries::default()));
        let kept = queries.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                let (udp, query) = (udp.clone(), buffer[..length].to_vec());
                held(&kept)[0].push(line(&query));
                tokio::spawn(async move {
                    let up = tokio::net::UdpSocket::bind((HERE, 0)).await?;
                    up.connect(server).await?;
                    up.send(&query).await?;
                    let mut buffer = [0; 4096];
                    let length = up.recv(&mut buffer).await?;
                    udp.send_to(&buffer[..length], from).await
                });
            }
        });
        let kept = queries.clone();
        tokio::spawn(async move {
            while let Ok((mut down, _)) = tcp.accept().await {
                let kept = kept.clone();
                tokio::spawn(async move {
                    let mut query = vec![0; usize::from(down.read_u16().await?)];
                    down.read_exact(&mut query).await?;
                    held(&kept)[1].push(line(&query));
                    let answer = stream(server, &query).await?;
                    down.write_all(&[&(answer.len() as u16).to_be_bytes()[..], &answer].concat()).await
                });
            }
        });
        Ok(Self { addr, queries })
    }
}

/// `NAME TYPE` of a query.
fn line(query: &[u8]) -> String {
    let message = hickory_proto::op::Message::from_vec(query).ok();
    let question = message.as_ref().and_then(|message| message.queries.first());
    question.map(|question| format!("{} {}", question.name(), question.query_type())).unwrap_or_default()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same queries, one dnsperf for each server and transport, all at the same time: how long they took, and how many had no answer.
/// With more than 50 queries of each at a time, the servers lose some.
fn dnsperf(
    dir: &Path,
    round: usize,
    servers: [SocketAddr; 3],
    queries: &[Queries; 3],
) -> Result<(Duration, u64), Failure> {
    let mut commands = Vec::new();
    for (server, queries) in std::iter::zip(servers, queries) {
        for (mode, lines) in std::iter::zip(["udp", "tcp"], queries).filter(|(_, lines)| !lines.is_empty()) {
            // As fedctl, each run asks for names that the resolver has not cached.
            let text = lines.join("\n").replace("fedctl-", &format!("fedctl-{round}")) + "\n";
            let file = dir.join(format!("queries-{}-{mode}", server.port()));
            std::fs::write(&file, text)?;
            let mut command = Command::new("dnsperf");
            command.args(["-s", &server.ip().to_string(), "-p", &server.port().to_string(), "-m", mode]);
            command.args(["-n", "1", "-e", "-q", "50", "-c", "5", "-d"]).arg(file);
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            commands.push(command);
        }
    }
    let begun = Instant::now();
    let running = commands.iter_mut().map(Command::spawn).collect::<Result<Vec<Child>, _>>()?;
    let mut lost = 0;
    for child in running {
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let count = text.lines().find_map(|line| line.trim().strip_prefix("Queries lost:")?.split_whitespace().next());
        match count.and_then(|count| count.parse::<u64>().ok()) {
            Some(count) if output.status.success() => lost += count,
            _ => return Err("dnsperf failed".into()),
        }
    }
    Ok((begun.elapsed(), lost))
}

async fn delayed(names: &[String], zones: &[(String, String)]) -> Result<(), Failure> {
    let names = names[..DELAYED.min(names.len())].to_vec();
    let zones: Vec<Zone> = zones
        .iter()
        .filter(|(origin, _)| names.contains(origin) || origin == "fleet.test" || origin == "test")
        .map(|(origin, text)| Zone::parse(text, Some(origin), HERE))
        .collect::<Result<_, _>>()?;
    let serve = || async {
        let faults = vec![format!("delay={}ms", DELAY.as_millis()).parse()?];
        Ok::<_, Failure>(start(Config { listen: SocketAddr::new(HERE, 0), zones: zones.clone(), faults }).await?)
    };
    let (first, second, resolver) = (serve().await?, serve().await?, serve().await?);
    let (dir, servers) = (tempfile::tempdir()?, [first.addr, second.addr, resolver.addr]);
    let count = names.len();
    let run = move || check(dir.path(), &names, servers).map_err(|failure| failure.to_string());
    let checked = tokio::task::spawn_blocking(run).await??;
    out(&format!("{count} domains, each answer {DELAY:?} late: {:.2?} (limit 10 s)", checked.time));
    Ok(())
}

fn free_port() -> io::Result<SocketAddr> {
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

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark reports its result")]
fn out(line: &str) {
    println!("{line}");
}
