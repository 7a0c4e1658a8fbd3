//! `fedctl handshake`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::mpsc;

use super::answer::ReportArgs;
use super::callback::CallbackArgs;
use super::identity::IdentityArgs;
use super::key_file::{read_bytes, read_public};
use super::list::{Checked, ListArgs, Work};
use super::network::{NetworkArgs, now};
use super::serve::peer::{PeerOptions, peers};
use super::{Context, handshake_limit, status};
use crate::check::{details, judge_peer, stage};
use crate::dns::name::Domain;
use crate::error::{ExitStatus, hinted};
use crate::facts::call::{Call, CallFailure};
use crate::facts::peer::{Callback, Exchange, PeerFacts, ProbeOptions};
use crate::file::read::shown;
use crate::key::PrivateKey;
use crate::net::Net;
use crate::net::peer::{ROUND_TRIP, Target, observe};
use crate::render::handshake as render;
use crate::render::report::{HUMAN, JSON, write};
use crate::report::comparison::{Half, join};
use crate::report::{Report, Unchecked};
use crate::rocketchat::boundary;
use crate::rocketchat::compatibility::Compatibility;
use crate::rocketchat::life::{classic, parse_classic};
use crate::rocketchat::release::Release;
use crate::serve::peer::log::Entry;
use crate::serve::peer::{Config, Log, Running, start};

/// How long the peer may take to send its own message; it does so within a second or never.
const CALLBACK_TIME: Duration = Duration::from_secs(10);
/// Messages of other senders that are kept while waiting.
const STRANGERS: usize = 64;

/// Test the encrypted exchange with a peer
///
/// Does what servers do: finds the peer by DNS, connects to every address, checks TLS as Node does, requests the federation
/// routes, and exchanges encrypted messages. Every stage is timed; stages that cannot run after a failure are skipped. At most
/// three requests are sent to a route. Without an identity (--domain and --key) it runs the stages that need none.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl handshake peer.example\n  fedctl handshake peer.example --domain \
     mydomain.com --key federation.key")]
pub struct Handshake {
    /// The federation domain of the peer
    #[arg(value_name = "PEER", required_unless_present_any = ["join", "list"], conflicts_with = "list")]
    peer: Option<Domain>,
    #[command(flatten)]
    identity: IdentityArgs,
    /// Your own release [default: in fedctl.yaml, else the peer's]; discovers as it does, and compares it with the peer's
    #[arg(long, alias = "as", value_name = "RELEASE", value_parser = parse_classic)]
    release: Option<Release>,
    /// Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Test whether the peer accepts an unencrypted message in its own name, a security hole of servers from 2.0 on
    #[arg(long)]
    probe_bypass: bool,
    /// Listen here for the peer's own message; your SRV record must lead to this address
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "list")]
    callback: Option<SocketAddr>,
    #[command(flatten)]
    callback_tls: CallbackArgs,
    /// Print a text that asks the other admin to run the check from the other side
    #[arg(long, conflicts_with_all = ["callback", "probe_bypass", "join", "list"])]
    invite: bool,
    /// Combine the reports of both directions
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"], conflicts_with_all = ["peer", "list"])]
    join: Vec<PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Handshake {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match (self.join.as_slice(), &self.peer) {
            ([one, other], _) => self.put_together(one, other, cx),
            _ if self.list.list.is_some() => self.check_list(cx),
            (_, Some(peer)) if self.invite => self.print_invitation(peer, cx),
            (_, Some(peer)) => match self.shake(peer, cx) {
                Ok((facts, report)) => self.report.answer_with(cx, Ok(vec![report]), |format, reports, style| {
                    let Some(report) = reports.first() else { return Ok(String::new()) };
                    let compared = self.compared(&facts, cx);
                    let seen = render::Handshake { facts: &facts, report, compatibility: compared.as_ref() };
                    match format {
                        _ if format == HUMAN => Ok(render::human(&seen, style)),
                        _ if format == JSON => render::json(&seen, style),
                        _ => write(format, reports, style),
                    }
                }),
                Err(error) => self.report.answer(cx, Err(error)),
            },
            _ => Err(hinted("no peer was given", "fedctl handshake peer.example")),
        }
    }

    /// What works between your release and the one that the peer reports.
    fn compared(&self, facts: &PeerFacts, cx: &Context) -> Option<Compatibility> {
        let own = self.release.or(cx.settings.release)?;
        let (peer, _) = facts.release()?;
        Some(Compatibility::of(classic(own).ok()?, classic(peer).ok()?))
    }

    fn shake(&self, peer: &Domain, cx: &Context) -> anyhow::Result<(PeerFacts, Report)> {
        let identity = self.asker(peer, cx)?;
        if self.callback_tls.speaks_tls() && self.callback.is_none() {
            return Err(hinted("--callback-cert needs --callback", "add --callback ADDR:PORT"));
        }
        if self.callback.is_some() && identity.is_none() {
            return Err(hinted("--callback needs an identity", "add --domain mydomain.com --key federation.key"));
        }
        let probe = self.target(cx, identity, self.network.net(cx, self.ca_file.as_deref())?)(peer.clone());
        if let Some(time) = handshake_limit::wait(peer) {
            cx.term
                .status(format_args!("waiting {} s: a server allows ten requests a minute and route", time.as_secs()));
            std::thread::sleep(time);
        }
        let begun = Instant::now();
        let progress = cx.term.progress(format!("{peer}: discover"));
        let facts = cx.block_on(self.observe(&probe, |stage| progress.set(format!("{peer}: {stage}"))))?;
        progress.end();
        note(&facts);
        let mut report = report(&facts, begun);
        report.details = cx.details(|| details::peer(&facts));
        Ok((facts, report))
    }

    /// Every peer of the list, as the same identity; a peer that was called three times within a minute waits its turn.
    fn check_list(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let net = self.network.net(cx, self.ca_file.as_deref())?.for_list(self.list.qps);
        let target = self.target(cx, self.identity.read(cx)?, net);
        let is_whole = cx.term.verbosity() > 1;
        self.list.run(cx, &self.report, Work::Computes, move |listed| {
            let target = target(listed.domain);
            async move {
                if let Some(time) = handshake_limit::wait(&target.peer) {
                    tokio::time::sleep(time).await;
                }
                let begun = Instant::now();
                let facts = observe(&target, |_| {}).await;
                note(&facts);
                let detail = facts.base.as_ref().map(ToString::to_string).unwrap_or_default();
                let release = facts.release().map(|(release, _)| format!("  {release}")).unwrap_or_default();
                let mut report = report(&facts, begun);
                if is_whole {
                    report.details = details::peer(&facts);
                }
                Checked { report, detail: detail + &release }
            }
        })
    }

    /// What makes the target of a peer; all that targets share is read once. A peer that is the identity itself is checked
    /// without one.
    fn target(
        &self,
        cx: &Context,
        identity: Option<(Domain, PrivateKey)>,
        net: Net,
    ) -> impl Fn(Domain) -> Target + use<> {
        let options = ProbeOptions {
            release: self.release.or_else(|| cx.settings.release.filter(|release| classic(*release).is_ok())),
            probe_bypass: self.probe_bypass,
            callback: self.callback.is_some(),
            public_only: false,
        };
        move |peer: Domain| Target {
            net: net.clone(),
            identity: identity.clone().filter(|(own, _)| *own != peer),
            peer,
            options: options.clone(),
            time: now(),
        }
    }

    async fn observe(&self, probe: &Target, announce: impl Fn(&str)) -> anyhow::Result<PeerFacts> {
        let (Some(addr), Some((domain, key))) = (self.callback, &probe.identity) else {
            return Ok(observe(probe, announce).await);
        };
        let (sender, mut entries) = mpsc::channel(STRANGERS);
        let running = self.listen(addr, probe, (domain.clone(), key.clone()), sender).await?;
        let asked: Mutex<Option<Instant>> = Mutex::new(None);
        let mut facts = observe(probe, |stage| {
            announce(stage);
            if let (ROUND_TRIP, Ok(mut asked)) = (stage, asked.lock()) {
                *asked = Some(Instant::now());
            }
        })
        .await;
        let asked = asked.into_inner().ok().flatten();
        if let Some(asked) = asked {
            facts.callback = Some(wait(running.addr, asked, &probe.peer, &mut entries).await);
        }
        Ok(facts)
    }

    /// Listens as your domain and passes on what comes in.
    async fn listen(
        &self,
        addr: SocketAddr,
        probe: &Target,
        (domain, key): (Domain, PrivateKey),
        sender: mpsc::Sender<(Instant, Entry)>,
    ) -> anyhow::Result<Running> {
        let asked = PeerOptions { net: probe.net.clone(), identity: (domain.clone(), key.clone()) };
        let release = boundary::LAST_SENDER;
        let (discover, _) = peers(&asked, release);
        // Nobody who asks for events while this listens is given any.
        let silent: Call = std::sync::Arc::new(|_, _| Box::pin(async { Err(CallFailure::Silent) }));
        // When too much comes in, what is lost is not what is waited for: that came first.
        let log: Log = std::sync::Arc::new(move |entry| drop(sender.try_send((Instant::now(), entry))));
        let config = Config::new((domain, key), release, (discover, silent), log);
        start(self.callback_tls.at(addr, config)?).await
    }

    /// Who asks, unless it is the peer itself.
    fn asker(&self, peer: &Domain, cx: &Context) -> anyhow::Result<Option<(Domain, PrivateKey)>> {
        let Some((domain, key)) = self.identity.read(cx)? else { return Ok(None) };
        if domain == *peer {
            cx.term.warn(format_args!(
                "`{domain}` is the identity too, and servers do not decrypt what comes in their own name: encrypted \
                 stages are left out"
            ));
            return Ok(None);
        }
        Ok(Some((domain, key)))
    }

    fn print_invitation(&self, peer: &Domain, cx: &Context) -> anyhow::Result<ExitStatus> {
        let own = self.identity.domain.clone().or_else(|| cx.settings.domain.clone());
        let own = own.ok_or_else(|| hinted("an invitation needs your own domain", "add --domain mydomain.com"))?;
        let key = match self.identity.key.clone().or_else(|| cx.settings.key.clone()) {
            Some(path) => Some(read_public(&path, &self.identity.passphrase, &cx.term)?),
            None => None,
        };
        let invitation = render::Invitation { own: &own, peer, key: key.as_ref() };
        cx.term.answer(render::invitation(&invitation, cx.term.width))?;
        Ok(ExitStatus::Clean)
    }

    fn put_together(&self, one: &Path, other: &Path, cx: &Context) -> anyhow::Result<ExitStatus> {
        let comparison = join(half(one)?, half(other)?).map_err(|why| {
            hinted(why.to_string(), "give the two files that `fedctl handshake PEER --format json` made")
        })?;
        let clean = comparison.there.stopped_at().is_none() && comparison.back.stopped_at().is_none();
        let format = self.report.format();
        match format {
            _ if format == HUMAN => cx.term.answer_with_verdict(&render::comparison(&comparison, cx.style()))?,
            _ if format == JSON => cx.term.answer(render::comparison_json(&comparison)?)?,
            _ => return Err(hinted("--join prints human or json only", "leave --format out")),
        }
        Ok(status(clean))
    }
}

fn half(path: &Path) -> anyhow::Result<Half> {
    let bytes = read_bytes(path)?;
    let refused = |why: String| {
        let what = format!("{} is not the report of a handshake: {why}", shown(path));
        hinted(what, "fedctl handshake PEER --domain mydomain.com --key FILE --format json > report.json")
    };
    match serde_json::from_slice::<Half>(&bytes) {
        Ok(half) if half.schema == 1 => Ok(half),
        Ok(half) => Err(refused(format!("its schema is {} and not 1", half.schema))),
        Err(why) => Err(refused(why.to_string())),
    }
}

/// Waits for the peer's message, and keeps what else came in.
async fn wait(
    listened: SocketAddr,
    asked: Instant,
    peer: &Domain,
    entries: &mut mpsc::Receiver<(Instant, Entry)>,
) -> Callback {
    let mut callback = Callback {
        listened,
        waited: u32::try_from(CALLBACK_TIME.as_secs()).unwrap_or(u32::MAX),
        opened: None,
        refused: Vec::new(),
    };
    let until = tokio::time::Instant::from_std(asked + CALLBACK_TIME);
    while let Ok(Some((when, entry))) = tokio::time::timeout_at(until, entries.recv()).await {
        match &entry {
            Entry::Opened { sender, is_events: true, .. } if sender == peer && when >= asked => {
                let elapsed = when.duration_since(asked).as_millis();
                callback.opened = Some(u32::try_from(elapsed).unwrap_or(u32::MAX));
                break;
            }
            Entry::Refused { .. } | Entry::NoTls { .. } => callback.refused.push(entry.to_string()),
            _ => {}
        }
    }
    callback
}

/// A server on this machine is nobody's but the user's.
fn note(facts: &PeerFacts) {
    if facts.addresses.iter().any(|address| address.connect.is_ok() && !address.addr.ip().is_loopback()) {
        handshake_limit::note(&facts.records.domain);
    }
}

/// Judges what was seen.
pub fn report(facts: &PeerFacts, begun: Instant) -> Report {
    let verified = [facts.ping.as_ref(), facts.latest.as_ref()].into_iter().flatten();
    let opened = verified.filter_map(Exchange::answer).any(|answer| answer.success() == Some(true));
    let returned = facts.callback.as_ref().is_some_and(|callback| callback.opened.is_some());
    let pass_summary = match (opened || returned, facts.ping.is_some()) {
        (true, _) => "is ready for federation",
        (false, true) => "answers; the keys are not verified",
        (false, false) => "can be reached; whether messages pass was not tried",
    };
    let about = match (facts.options.release, facts.release()) {
        (Some(own), Some((peer, exact))) => {
            format!("discovery of {own}; the peer runs {}", peer.shown(exact))
        }
        (Some(own), None) => format!("discovery of {own}"),
        (None, Some((peer, exact))) => format!("discovery of {}, the release of the peer", peer.shown(exact)),
        (None, None) => format!("discovery of {}", facts.view),
    };
    let lines = judge_peer(facts);
    Report {
        subject: facts.records.domain.to_string(),
        about,
        pass_summary: pass_summary.into(),
        fail_summary: "is not ready for federation".into(),
        time: Some(facts.time),
        stages: stage::timeline(facts, &lines),
        lines,
        unchecked: Unchecked::of(facts),
        elapsed: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}
