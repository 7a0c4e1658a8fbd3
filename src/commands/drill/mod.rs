//! `fedctl drill`

mod listener;
mod player;
mod prepare;
mod site;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;

use self::player::{Player, call};
pub use self::site::Listener;
use self::site::Site;
use super::answer::ReportArgs;
use super::callback::CallbackArgs;
use super::confirm::confirm;
use super::identity::IdentityArgs;
use super::key_file::{Access, Pending, refuse_existing};
use super::network::{NetworkArgs, now};
use super::{Context, handshake_limit};
use crate::check::drill::{is_known_limit, is_unverified};
use crate::check::stage::drill_timeline;
use crate::check::{details, judge_drill, judge_steps};
use crate::dns::name::{Domain, Host};
use crate::error::{ExitStatus, hinted};
use crate::facts::call::Outgoing;
use crate::facts::drill::{DrillFacts, DrillOptions, SavedDrill, WayBack};
use crate::facts::peer::ProbeOptions;
use crate::file::read;
use crate::key::PrivateKey;
use crate::net::Net;
use crate::net::peer::{Target, observe};
use crate::render::drill as render;
use crate::render::report::{HUMAN, JSON, write};
use crate::report::{Line, Report, Unchecked, Verdict};
use crate::rocketchat::drill::cast::{Cast, Guest};
use crate::rocketchat::drill::step::Step;
use crate::rocketchat::life::parse_classic;
use crate::rocketchat::release::Release;
use crate::serve::peer::USER;
use crate::term::signals::Stop;
use crate::text::Filtered;

/// Steps that the verdict names.
const NAMED: usize = 2;

/// Try every type of event with a user of a peer
///
/// Runs a small federated server with its own domain, key and records: it looks up a user of the peer who has agreed to this,
/// opens a direct room, sends a message, reactions, an edit, a file and a message that the peer must request, mutes and unmutes
/// the user, and removes all of it. At the same time it listens for the requests of the peer. Each step reports what was sent,
/// what came back, and how it was verified. All identifiers are its own; nothing else at the peer is changed. At the end it lists
/// what stays at the peer. Exit 0 when every step does what the peer's release can do and no error was found.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl drill --prepare --domain drill.mydomain.com --key drill.key --listen \
     0.0.0.0:8080\n  fedctl drill peer.example --user bob --domain drill.mydomain.com --key drill.key --listen 0.0.0.0:8080\n  fedctl drill peer.example --user bob --only file --only recovery --yes"
)]
pub struct Drill {
    /// The federation domain of the peer
    #[arg(value_name = "PEER", required_unless_present_any = ["prepare", "replay"])]
    peer: Option<Domain>,
    /// A user of the peer who has agreed to this
    #[arg(long, value_name = "NAME", required_unless_present_any = ["prepare", "replay"])]
    user: Option<String>,
    #[command(flatten)]
    identity: IdentityArgs,
    /// Listen here for the requests of the peer; by default at the address in the records of your domain
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    callback_tls: CallbackArgs,
    /// Print and check the records of your domain; those that are published must lead here
    #[arg(long, conflicts_with_all = ["peer", "user", "only", "keep_room", "accept_leftovers", "save", "replay"])]
    prepare: bool,
    /// The host in the records that --prepare prints [default: the one that is published, else the domain]
    #[arg(long, value_name = "HOST", requires = "prepare")]
    target: Option<Host>,
    /// Run this step only, with those that it needs; may be repeated
    ///
    /// The steps are way-back, look-up, direct-room, same-again, message, reaction-on, reaction-off, edit, read-receipt, file,
    /// recovery, private-room, join, mute, unmute, delete-message, add-again, remove, leave, delete-room, broadcast-room,
    /// public-channel and encrypted-room.
    #[arg(long, value_enum, value_name = "STEP", hide_possible_values = true)]
    only: Vec<Step>,
    /// Leave the room and its members at the peer
    #[arg(long)]
    keep_room: bool,
    /// Drill with a 1.x peer too, where users and rooms stay and the peer keeps pinging your domain
    #[arg(long)]
    accept_leftovers: bool,
    /// Begin without a question
    #[arg(long)]
    yes: bool,
    /// Expect what this release does [default: the peer's]
    #[arg(long, value_name = "RELEASE", value_parser = parse_classic)]
    release: Option<Release>,
    /// Trust the authorities in this PEM file too, as NODE_EXTRA_CA_CERTS does for servers
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Save the run in this file: every event, answer and call-back; no secrets
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    save: Option<PathBuf>,
    /// Judge a saved run again, without any network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["peer", "user", "only", "keep_room", "accept_leftovers"])]
    replay: Option<PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Drill {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if self.prepare {
            return prepare::run(self, cx);
        }
        let begun = Instant::now();
        let facts = match self.facts(cx) {
            Ok(facts) => facts,
            Err(error) => return self.report.answer(cx, Err(error)),
        };
        let details = cx.details(|| details::peer(&facts.peer));
        let report = Report { details, ..report(&facts, begun.elapsed()) };
        let status = self.report.answer_with(cx, Ok(vec![report]), |format, reports, style| {
            let Some(report) = reports.first() else { return Ok(String::new()) };
            let seen = render::Drill { facts: &facts, report };
            match format {
                _ if format == HUMAN => Ok(render::human(&seen, style)),
                _ if format == JSON => render::json(&seen, style),
                _ => write(format, reports, style),
            }
        })?;
        Ok(if facts.stopped.is_some() && status == ExitStatus::Clean { ExitStatus::Problems } else { status })
    }

    /// What was seen, now or in a saved run.
    fn facts(&self, cx: &Context) -> anyhow::Result<DrillFacts> {
        if let Some(path) = &self.replay {
            let text = read::text(path, &read::DRILL)?;
            return SavedDrill::parse(&text).with_context(|| read::shown(path));
        }
        let (Some(peer), Some(user)) = (&self.peer, &self.user) else {
            return Err(hinted("no peer was given", "fedctl drill peer.example --user bob"));
        };
        if let Some(path) = &self.save {
            refuse_existing(path, true)?;
        }
        let identity = self.own(cx)?;
        if identity.0 == *peer {
            let what = format!("`{peer}` is the domain of the drill too: a server does not federate with itself");
            return Err(hinted(what, "give the drill a domain such as drill.mydomain.com with --domain"));
        }
        self.ask_consent(cx, peer, user, &identity.0)?;
        let facts = self.play(cx, peer, user, identity)?;
        if let Some(path) = &self.save {
            let text = SavedDrill::text(&facts)?;
            Pending::write(path, &Filtered::json(&text), Access::Everybody, true)?.commit()?;
        }
        Ok(facts)
    }

    /// The domain and the key of the drill.
    fn own(&self, cx: &Context) -> anyhow::Result<(Domain, PrivateKey)> {
        let default = cx.settings.drill_domain.clone().or_else(|| cx.settings.domain.clone());
        let missing = || {
            let hint = "add --domain drill.mydomain.com --key drill.key; `fedctl keygen` makes a key, and `fedctl \
             drill --prepare` \
                        prints the records";
            hinted("a drill needs a domain and its private key", hint)
        };
        self.identity.read_as(cx, default)?.ok_or_else(missing)
    }

    /// Someone else's server is about to be changed, so somebody must agree.
    fn ask_consent(&self, cx: &Context, peer: &Domain, user: &str, own: &Domain) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            let what = "a drill writes to the peer's database, and there is no terminal to ask for consent";
            return Err(hinted(what, "add --yes when the user and the peer's admin have agreed"));
        }
        cx.term.status(format_args!(
            "fedctl will open a direct room between {USER}@{own} and {user}@{peer}, write in it and remove it again.\n\
             {user} may be notified by the peer. The user {USER}@{own} and one small file stay at the peer.\n\
             Do this only when {user} and the admin of {peer} have agreed."
        ));
        match confirm(&cx.term, &format!("Begin the drill with {peer}?"))? {
            true => Ok(()),
            false => Err(hinted("the drill was not begun", "ask the peer's admin and the user first")),
        }
    }

    fn play(&self, cx: &Context, peer: &Domain, user: &str, own: (Domain, PrivateKey)) -> anyhow::Result<DrillFacts> {
        let progress = cx.term.progress(format!("{peer}: discover"));
        let announce = |stage: &str| progress.set(format!("{peer}: {stage}"));
        let conversation = Conversation {
            net: self.network.net(cx, self.ca_file.as_deref())?,
            peer: peer.clone(),
            user: user.to_owned(),
            own,
            options: DrillOptions { release: self.release, only: self.only.clone(), keep_room: self.keep_room },
            listener: self.listener(),
            accept_leftovers: self.accept_leftovers,
        };
        let facts = cx.block_on(conversation.hold(&announce))?;
        progress.end();
        if !is_local(&facts) {
            handshake_limit::note(peer);
        }
        Ok(facts)
    }

    fn listener(&self) -> Listener {
        Listener { addr: self.listen, tls: self.callback_tls.clone() }
    }
}

/// A drill with everything that it needs.
pub struct Conversation {
    pub net: Net,
    pub peer: Domain,
    /// The user of the peer.
    pub user: String,
    pub own: (Domain, PrivateKey),
    pub options: DrillOptions,
    pub listener: Listener,
    /// Drill with a 1.x peer too.
    pub accept_leftovers: bool,
}

impl Conversation {
    /// Looks at the peer and takes the steps, until a signal; `announce` receives the name of each part before it starts.
    pub async fn hold(self, announce: &(dyn Fn(&str) + Sync)) -> anyhow::Result<DrillFacts> {
        let secret = self.own.1.one_line()?;
        let options = ProbeOptions { release: self.options.release, ..ProbeOptions::default() };
        let target = Target { net: self.net.clone(), peer: self.peer.clone(), options, identity: None, time: now() };
        let mut facts = DrillFacts {
            time: target.time,
            user: format!("{USER}@{}", self.own.0),
            domain: self.own.0.clone(),
            username: self.user,
            options: self.options,
            listened: None,
            peer: observe(&target, announce).await,
            way_back: None,
            look_up: None,
            guest: None,
            room: None,
            requests: Vec::new(),
            arrivals: Vec::new(),
            stopped: None,
        };
        if facts.peer.is_reachable() {
            if !self.accept_leftovers {
                refuse_leftovers(&facts)?;
            }
            let site = Site::open(&self.listener, self.net, self.own, &facts.peer).await?;
            facts.listened = Some(site.running.addr);
            let mut stop = Stop::catch()?;
            converse(&site, &mut facts, &secret, announce, &mut stop).await;
        }
        Ok(facts)
    }
}

/// What a 1.x peer keeps is not forced on anyone but a peer on this machine.
fn refuse_leftovers(facts: &DrillFacts) -> anyhow::Result<()> {
    if !facts.is_first_protocol() || is_local(facts) {
        return Ok(());
    }
    let what = format!(
        "{} speaks the protocol of 1.x, which has no event that removes rooms or users: they would stay, and it would \
         keep pinging {}",
        facts.peer.records.domain, facts.domain
    );
    Err(hinted(what, "try it in `fedctl lab`, or add --accept-leftovers when the peer's admin has agreed to that"))
}

/// Way back, look-up, and all steps after them, until a signal.
async fn converse(
    site: &Site,
    facts: &mut DrillFacts,
    secret: &str,
    announce: &(dyn Fn(&str) + Sync),
    stop: &mut Stop,
) {
    let guest = tokio::select! {
        guest = look_up(site, facts, announce) => guest,
        () = stop.requested() => {
            facts.stopped = Some(site.arrivals.now());
            return;
        }
    };
    let Some(guest) = guest else { return };
    let cast = Cast::new(&facts.domain, &facts.peer.records.domain, guest, USER, secret);
    facts.room = Some(cast.room.clone());
    let is_limited = !is_local(facts);
    Player::new(site.running.handler.clone(), site.arrivals.clone(), &cast, is_limited, announce)
        .play(facts, stop)
        .await;
}

/// The user as the peer knows it, when the records of the drill lead anywhere.
async fn look_up(site: &Site, facts: &mut DrillFacts, announce: &(dyn Fn(&str) + Sync)) -> Option<Guest> {
    announce("way back");
    facts.way_back = Some(site.way_back().await);
    if matches!(facts.way_back, Some(WayBack::NoRecords { .. } | WayBack::NoKey { .. } | WayBack::OtherKey { .. })) {
        return None;
    }
    announce("look-up");
    let (peer, is_first) = (&facts.peer.records.domain, facts.is_first_protocol());
    let name = facts.username.clone();
    let looked =
        call(&site.running.handler, peer, if is_first { Outgoing::OldUser(name) } else { Outgoing::User(name) }).await;
    let json = looked.answer().and_then(|answer| answer.json.as_ref());
    let guest = match is_first {
        true => json.and_then(|json| Guest::read_old(json.pointer("/federatedUsers/0/user")?)),
        false => json.and_then(|json| Guest::read(json.get("user")?)),
    };
    (facts.look_up, facts.guest) = (Some(looked), guest.clone());
    guest
}

/// A server on this machine is nobody's but the user's.
fn is_local(facts: &DrillFacts) -> bool {
    facts.peer.addresses.iter().all(|address| address.addr.ip().is_loopback())
}

/// A few names, and how many more there are.
fn named(head: &str, names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        _ if names.is_empty() => String::new(),
        0 => format!("{head}{shown}"),
        more => format!("{head}{shown} and {more} more"),
    }
}

fn is_passed(line: &Line) -> bool {
    matches!(line.verdict, Verdict::Pass { .. })
}

/// Judges what was seen.
fn report(facts: &DrillFacts, elapsed: Duration) -> Report {
    let steps = judge_steps(facts);
    let taken = steps.iter().filter(|(_, line)| !matches!(line.verdict, Verdict::Skip { .. }));
    let (mut passed, mut failed, mut limits) = (0, Vec::new(), Vec::new());
    for (step, line) in taken {
        match &line.verdict {
            Verdict::Problem(_) if is_known_limit(facts, *step) => limits.push(step.name()),
            Verdict::Problem(_) => failed.push(step.name()),
            _ => passed += 1,
        }
    }
    let all = passed + failed.len() + limits.len();
    let open = steps.iter().filter(|(step, line)| is_passed(line) && is_unverified(facts, *step)).count();
    let verified = if open > 0 { format!(", {} verified", passed - open) } else { String::new() };
    let summary = format!(
        "passed {passed} of {all} steps{verified}{}{}{}",
        named("; not: ", &failed),
        named("; known limit: ", &limits),
        if facts.stopped.is_some() { "; stopped" } else { "" }
    );
    let release = facts.release().map_or_else(|| "release unknown".to_owned(), |release| release.to_string());
    Report {
        subject: facts.peer.records.domain.to_string(),
        about: format!("{release}, user {}, as {}", facts.username, facts.domain),
        pass_summary: summary.clone(),
        fail_summary: summary,
        time: Some(facts.time),
        lines: judge_drill(facts),
        stages: drill_timeline(facts),
        unchecked: Unchecked::of(&facts.peer),
        elapsed: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        ..Report::default()
    }
}
