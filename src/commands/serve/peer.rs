//! `fedctl serve peer`

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::Args;
use futures_util::FutureExt;

use super::peer_log::{Refusals, log, write};
use super::sandbox::SandboxArgs;
use crate::commands::Context;
use crate::commands::callback::given;
use crate::commands::key_file::{Access, PassphraseArgs, Pending, read_private};
use crate::commands::log::LogFormat;
use crate::commands::network::NetworkArgs;
use crate::dns::name::{Domain, Host};
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::call::{Call, Discover};
use crate::key::PrivateKey;
use crate::net::Net;
use crate::net::call::Peers;
use crate::rocketchat::body::Wire;
use crate::rocketchat::boundary;
use crate::rocketchat::events::echo::can_send;
use crate::rocketchat::life::parse_classic;
use crate::rocketchat::release::Release;
use crate::serve::peer::certificate::Tls;
use crate::serve::peer::fault::Fault;
use crate::serve::peer::metrics::Metrics;
use crate::serve::peer::{Config, USER, start};
use crate::term::signals::Stop;
use crate::text::Filtered;

/// Run a test federation server, which reports why a message cannot be decrypted; with faults on request
///
/// Answers as the chosen release does, finds its senders by DNS and decrypts what they send. Without --sandbox it keeps events in
/// memory only. With --sandbox real servers can talk to it: their users invite echo@DOMAIN, which answers messages, reacts,
/// follows edits, sends files back and leaves on the message `leave`; every event is checked. The first line of output is the
/// address that it listens on, with --page the second one is the address of the page and of the metrics; the log goes to stderr.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl serve peer --domain mydomain.test --key federation.key\n  fedctl serve peer --domain mydomain.test --key federation.key --release 3.18.3 --fault slow\n  fedctl serve peer --domain mydomain.test --key federation.key --sandbox --page 127.0.0.1:8081"
)]
pub struct ServePeer {
    /// The federation domain of this peer [default: the one in fedctl.yaml]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// Its private key [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Answer as this release does [default: 6.2.0, or 1.3.5 with --speaks 1.x]
    #[arg(long, alias = "as", value_name = "RELEASE", value_parser = parse_classic)]
    release: Option<Release>,
    /// Open the routes of a 7.x release, as ENABLE_INSECURE_LEGACY_FEDERATION does for a server
    #[arg(long)]
    gate_open: bool,
    /// The protocol to speak, 2.x or 1.x [default: that of the release]
    #[arg(long, value_enum, value_name = "PROTOCOL", hide_possible_values = true, value_parser = protocol)]
    speaks: Option<Wire>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Speak plain HTTP
    #[arg(long, conflicts_with_all = ["cert", "names", "ca_out"])]
    plain: bool,
    /// Certificate chain in PEM, the server's own first [default: one that is made at the start]
    #[arg(long, value_name = "FILE", requires = "cert_key", conflicts_with_all = ["names", "ca_out"])]
    cert: Option<PathBuf>,
    /// Private key of the certificate
    #[arg(long, value_name = "FILE", requires = "cert")]
    cert_key: Option<PathBuf>,
    /// Host name for the certificate that is made, the SRV target; may be repeated [default: the domain and chat.DOMAIN]
    #[arg(long = "name", value_name = "HOST", value_parser = host)]
    names: Vec<String>,
    /// Write the authority of the certificate that is made to this file, for --ca-file
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// Trust the authorities in this PEM file too, when answering a request for events
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Answer with this fault; may be repeated
    #[arg(long = "fault", value_enum, value_name = "FAULT")]
    faults: Vec<Fault>,
    /// A user that this peer has beside `fedctl`; may be repeated
    #[arg(long = "user", value_name = "NAME")]
    users: Vec<String>,
    /// Apply the rate limits of the release: 10 requests a minute and route, and from 3.6.3 on 30 events a second
    #[arg(long)]
    rate_limits: bool,
    /// Accept a message in the peer's own name without decrypting it, as every server from 2.0 on does; on loopback only
    #[arg(long)]
    faithful_bypass: bool,
    #[command(flatten)]
    sandbox: SandboxArgs,
    /// How to write the log: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
    #[command(flatten)]
    network: NetworkArgs,
}

fn protocol(text: &str) -> Result<Wire, String> {
    match text {
        "2.x" => Ok(Wire::Two),
        "1.x" => Ok(Wire::One),
        _ => Err("the protocols are 2.x and 1.x".into()),
    }
}

/// A name or an address, as certificates take them.
fn host(text: &str) -> Result<String, Hinted> {
    match text.parse::<Host>().is_ok() || text.parse::<IpAddr>().is_ok() || text == "localhost" {
        true => Ok(text.to_owned()),
        false => Err(Hinted::new(format!("`{text}` is not a host name"), "--name chat.mydomain.com")),
    }
}

impl ServePeer {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let missing = |what: &str, hint: &str| hinted(format!("a peer needs a {what}"), hint);
        let domain = self.domain.clone().or_else(|| cx.settings.domain.clone());
        let domain = domain.ok_or_else(|| missing("domain", "use --domain mydomain.com"))?;
        let path = self.key.clone().or_else(|| cx.settings.key.clone());
        let path = path.ok_or_else(|| missing("private key", "use --key FILE; `fedctl keygen` makes one"))?;
        let release = self.release()?;
        self.refuse_contradictions()?;
        let key = read_private(&path, &self.passphrase, &cx.term)?;
        let tls = self.tls(&domain)?;
        let asked = PeerOptions {
            net: self.network.net(cx, self.ca_file.as_deref())?,
            identity: (domain.clone(), key.clone()),
        };
        let mut faults = self.faults.clone();
        faults.extend(self.faithful_bypass.then_some(Fault::Bypass));
        let (refusals, metrics) = (Refusals::default(), Arc::new(Metrics::default()));
        let log = log(cx.term.clone(), self.log_format, refusals.clone(), metrics.clone());
        let mut config = Config {
            listen: self.listen,
            tls,
            faults,
            users: self.users(),
            rate_limits: self.rate_limits,
            gate_open: self.gate_open,
            ..Config::new((domain, key), release, peers(&asked, release), log)
        };
        cx.block_on(async {
            let mut stop = Stop::catch()?;
            let state = self.sandbox.open(&mut config).await?;
            let running = start(config.clone()).await?;
            let page = self.sandbox.serve_page(&running.handler, refusals, metrics).await?;
            cx.term.answer(format!("{}\n", running.addr))?;
            if let Some(page) = &page {
                cx.term.answer(format!("{}\n", page.addr))?;
            }
            for line in greeting(&config, running.addr, state.as_deref(), page.as_ref().map(|page| page.addr)) {
                write(&cx.term, self.log_format, &line, None);
            }
            stop.requested().await;
            Ok(ExitStatus::Clean)
        })
    }

    /// The release and the protocol belong together.
    fn release(&self) -> anyhow::Result<Release> {
        match (self.release, self.speaks) {
            (Some(release), Some(speaks)) if Wire::of(release) != speaks => {
                let what = format!("a {release} server does not speak the protocol that --speaks names");
                Err(hinted(what, "leave --speaks out: the release decides it"))
            }
            (Some(release), _) => Ok(release),
            (None, Some(Wire::One)) => Ok(boundary::LAST_OF_1),
            (None, _) => Ok(boundary::LAST_SENDER),
        }
    }

    fn users(&self) -> Vec<String> {
        let given = self.users.iter().map(String::as_str);
        let mut users: Vec<String> = Vec::new();
        for user in [USER].into_iter().chain(self.sandbox.users().iter().copied()).chain(given) {
            if !users.iter().any(|known| known == user) {
                users.push(user.to_owned());
            }
        }
        users
    }

    fn refuse_contradictions(&self) -> anyhow::Result<()> {
        self.sandbox.refuse_contradictions()?;
        if self.faithful_bypass && !self.listen.ip().is_loopback() {
            let what = format!(
                "--faithful-bypass lets any client speak in the name of this peer, and `{}` is not a loopback address",
                self.listen
            );
            return Err(hinted(what, "listen on 127.0.0.1"));
        }
        let tls = self.faults.iter().find(|fault| fault.is_of_tls());
        if let (true, Some(fault)) = (self.plain, tls) {
            return Err(hinted(
                format!("--plain leaves no certificate for --fault {}", fault.name()),
                "leave --plain out",
            ));
        }
        if let (Some(_), Some(fault)) = (&self.cert, tls) {
            let what = format!("--fault {} needs the certificate that fedctl makes, not a given one", fault.name());
            return Err(hinted(what, "leave --cert and --cert-key out"));
        }
        Ok(())
    }

    fn tls(&self, domain: &Domain) -> anyhow::Result<Option<Tls>> {
        if self.plain {
            return Ok(None);
        }
        if let (Some(chain), Some(key)) = (&self.cert, &self.cert_key) {
            return given(chain, key).map(Some);
        }
        let default = || vec![domain.to_string(), format!("chat.{domain}"), "localhost".to_owned()];
        let names = if self.names.is_empty() { default() } else { self.names.clone() };
        let tls = Tls::made(&names, &self.faults)?;
        if let (Some(path), Some(authority)) = (&self.ca_out, &tls.authority) {
            // The authority is new at every start, so an older file of it is worth nothing.
            Pending::write(path, &Filtered::own(authority), Access::Everybody, true)?.commit()?;
        }
        Ok(Some(tls))
    }
}

/// What the log begins with.
fn greeting(config: &Config, addr: SocketAddr, state: Option<&Path>, page: Option<SocketAddr>) -> Vec<String> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let (domain, release) = (&config.domain, config.release);
    let mut lines = vec![format!("{domain} listens on {scheme}://{addr}, as a {release} server; Ctrl-C stops")];
    lines.extend(page.map(|page| format!("the metrics are on http://{page}/metrics")));
    let Some(state) = state else { return lines };
    lines.push(format!("the state is in {}", state.display()));
    lines.extend(page.map(|page| format!("the conversations are on http://{page}/")));
    lines.push(match config.speaks {
        Wire::One => "not federated in 1.x: encrypted rooms".to_owned(),
        _ => "not federated since 2.0: read receipts, broadcast rooms, public channels, encrypted rooms".to_owned(),
    });
    lines.extend(
        can_send(release).err().map(|why| format!("{why}, so the answers of `echo` are not sent: use --release 6.2.0")),
    );
    lines
}

/// How a listening peer reaches the world.
#[derive(Clone)]
pub struct PeerOptions {
    pub net: Net,
    pub identity: (Domain, PrivateKey),
}

/// How a listening peer finds its senders and calls others, as a server of this release.
pub fn peers(asked: &PeerOptions, release: Release) -> (Discover, Call) {
    let PeerOptions { net, identity } = asked.clone();
    network(&Arc::new(Peers { net, identity, release, known: Mutex::default() }))
}

/// The same for peers that others use too.
pub fn network(peers: &Arc<Peers>) -> (Discover, Call) {
    let (senders, callers) = (peers.clone(), peers.clone());
    let discover: Discover = Arc::new(move |sender| {
        let peers = senders.clone();
        async move { peers.key(&sender).await }.boxed()
    });
    let call: Call = Arc::new(move |peer, request| {
        let peers = callers.clone();
        async move { peers.call(&peer, request).await }.boxed()
    });
    (discover, call)
}
