//! How many round trips `dns-check` takes for a healthy domain whose servers need 50 ms for each answer, next to a script that
//! asks the same questions with dig, one after the other.
//!
//! cargo bench --bench dns_check

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fedctl::endpoint::ConnectTo;
use fedctl::facts::dns::DnsFacts;
use fedctl::key::PrivateKey;
use fedctl::net::Net;
use fedctl::net::dns::{Scope, observe};
use fedctl::net::resolvers::Resolver;
use fedctl::serve::dns::{Config, Running, Zone, start};
use fedctl::x509::trust::Roots;

const DELAY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 7;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    let (first, second) = (server().await?, server().await?);
    let override_to =
        |host: &str, to: &Running| ConnectTo { host: format!("{host}.mydomain.com"), port: 53, to: to.addr };
    let net = Net {
        timeout: Duration::from_secs(5),
        deadline: fedctl::net::DEADLINE,
        connect_to: vec![override_to("ns1", &first), override_to("ns2", &second)],
        resolvers: vec![Resolver::at(first.addr)],
        roots: Roots::new(None)?,
        sockets: fedctl::net::ask::Sockets::default(),
        cache: None,
    };
    let domain = "mydomain.com".parse()?;
    let mut ours = Vec::new();
    let mut facts = None;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        facts = Some(observe(&net, &domain, None, Scope::Everybody, 0).await);
        ours.push(begun.elapsed());
    }
    let facts = facts.ok_or("nothing was measured")?;
    let ours = median(ours);
    let trips = ours.as_secs_f64() / DELAY.as_secs_f64();
    out(&format!("delay of each answer      {DELAY:?}"));
    out(&format!("fedctl dns-check          {ours:?}, {trips:.1} times the delay (limit 4 round trips)"));
    match with_dig(&facts, first.addr) {
        Some((dig, questions)) => {
            let ratio = dig.as_secs_f64() / ours.as_secs_f64();
            out(&format!("dig, {questions} questions        {dig:?}, {ratio:.1} times as long as fedctl"));
        }
        None => out("dig                       not installed, not measured"),
    }
    Ok(())
}

/// A healthy domain on a server that takes its time.
async fn server() -> Result<Running, Failure> {
    let key = PrivateKey::generate(2048)?.public().one_line();
    let zone = format!(
        "$TTL 3600\n@ IN SOA ns1 hostmaster 2 3600 600 86400 300\n@ IN NS ns1\n@ IN NS ns2\nns1 IN A {HERE}\nns2 IN A {HERE}\n\
         chat IN A {HERE}\n_rocketchat._https IN SRV 1 1 443 chat\n_rocketchat._tcp IN SRV 1 1 443 chat\n\
         rocketchat-public-key IN TXT \"{}\" \"{}\"\n",
        &key[..255],
        &key[255..]
    );
    let zones = vec![Zone::parse(&zone, Some("mydomain.com"), HERE)?];
    let faults = vec![format!("delay={}ms", DELAY.as_millis()).parse()?];
    Ok(start(Config { listen: SocketAddr::new(HERE, 0), zones, faults }).await?)
}

/// The same questions, one process each, as a script would ask them.
fn with_dig(facts: &DnsFacts, server: SocketAddr) -> Option<(Duration, usize)> {
    let begun = Instant::now();
    for seen in &facts.observations {
        let mut dig = Command::new("dig");
        dig.args([&format!("@{}", server.ip()), "-p", &server.port().to_string(), "+short"]);
        dig.args([&seen.question.name, &seen.question.kind.to_string()]);
        dig.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    }
    Some((begun.elapsed(), facts.observations.len()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its result")]
fn out(line: &str) {
    println!("{line}");
}
