//! `fedctl records apply`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use zeroize::Zeroizing;

use super::options::WishArgs;
use super::read;
use crate::commands::Context;
use crate::commands::answer::ReportArgs;
use crate::commands::dns_check::report;
use crate::commands::key_file::{Access, Pending, refuse_existing, warn_when_exposed};
use crate::commands::network::{NetworkArgs, now};
use crate::dns::codec::Flags;
use crate::dns::record::{Query, Response};
use crate::endpoint;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::dns::Expected;
use crate::key::PublicKey;
use crate::net::ask::ask;
use crate::net::dns::{Resolver, Scope, observe};
use crate::net::tsig::Tsig;
use crate::net::update::{Updated, send};
use crate::net::{Route, delegation};
use crate::render::records::changes;
use crate::rocketchat::change::{Change, compare, in_the_way, questions};
use crate::rocketchat::records::{Plan, RecordSet};

/// How long a server may take to answer with what it has accepted.
const SETTLE: Duration = Duration::from_secs(10);

/// Change a name server by dynamic update (RFC 2136 with TSIG)
///
/// Looks at the server, prints the changes as an nsupdate script, and stops there; --yes sends them in one message, which the
/// server does wholly or not at all, and only if nobody has changed these records meanwhile. Before that the way back is
/// written to a file, and afterwards dns-check looks at the result. No other record is touched.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl records apply --server 192.0.2.53 --tsig-file update.key\n  fedctl records apply --server 192.0.2.53 --tsig-file update.key --yes"
)]
pub struct Apply {
    #[command(flatten)]
    options: WishArgs,
    /// The primary name server, ADDR or ADDR:PORT
    #[arg(long, value_name = "ADDR", value_parser = server)]
    server: SocketAddr,
    /// File with the TSIG key, as tsig-keygen or keymgr writes it
    #[arg(long, value_name = "FILE")]
    tsig_file: PathBuf,
    /// Send the changes; without it nothing is changed
    #[arg(long)]
    yes: bool,
    /// File for the nsupdate script that undoes the changes [default: undo-DOMAIN-SERIAL.nsupdate]
    #[arg(long, value_name = "FILE")]
    undo: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

fn server(text: &str) -> Result<SocketAddr, Hinted> {
    endpoint::resolver(text)
}

impl Apply {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        // What is wrong with the flags is told before anybody is asked.
        self.options.plan(cx, None)?;
        let key = self.key(cx)?;
        let route = self.network.route(cx);
        cx.block_on(self.apply(cx, &route, &key))
    }

    fn key(&self, cx: &Context) -> anyhow::Result<Tsig> {
        let path = &self.tsig_file;
        let text = Zeroizing::new(read(path, "make a key with `tsig-keygen NAME > FILE`")?);
        let key = Tsig::parse(&text).with_context(|| format!("`{}`", path.display()))?;
        warn_when_exposed(path, "a TSIG key", &cx.term);
        Ok(key)
    }

    async fn apply(&self, cx: &Context, route: &Route, key: &Tsig) -> anyhow::Result<ExitStatus> {
        let domain = self.options.domain(cx)?;
        let zone = delegation::find(route, &[self.server], &domain).await.map_err(|why| {
            hinted(
                format!("{} holds no zone for `{domain}`: {why}", self.server),
                "name the primary server of the zone",
            )
        })?;
        let plan = self.options.plan(cx, Some(&zone.apex))?;
        plan.warnings.iter().for_each(|warning| cx.term.warn(warning));
        let replies = self.look(route, &plan.set).await?;
        let answer = |question: &Query| outcome(&replies, question);
        in_the_way(&plan.set, answer).iter().for_each(|line| cx.term.warn(line));
        let mut needed = compare(&plan.set, answer).map_err(|(question, outcome)| {
            let what = format!("{} answers {outcome} for {} {}", self.server, question.kind, question.name);
            hinted(what, "mend the server first; nothing was changed")
        })?;
        needed.retain(Change::is_needed);
        if needed.is_empty() {
            cx.term.status("nothing is missing or wrong; nothing is sent");
            return self.verify(cx, route, &plan).await;
        }
        if !self.yes {
            cx.term.answer(changes::script(self.server, &plan.set.zone, &needed))?;
            cx.term.status("this was a dry run, and nothing was sent: --yes sends it");
            return Ok(ExitStatus::Clean);
        }
        let undo = self.undo_file(&plan, zone.soa.serial);
        refuse_existing(&undo, false)?;
        Pending::write(&undo, &changes::undo(self.server, &plan.set.zone, &needed), Access::Everybody, false)?
            .commit()?;
        self.send(cx, &plan, &needed, key, &undo).await?;
        self.verify(cx, route, &plan).await
    }

    /// What the server itself says about each name of the set, and about those that could be in the way.
    async fn look(&self, route: &Route, set: &RecordSet) -> anyhow::Result<Vec<(Query, Response)>> {
        let mut asked = questions(set);
        asked.extend(crate::rocketchat::generation::questions(&set.domain));
        asked.dedup();
        let mut replies = Vec::new();
        for question in asked {
            let reply = ask(self.server, &question, Flags::AUTHORITY, route.timeout).await;
            let own = questions(set).contains(&question);
            if own && reply.outcome.is_answer() && !reply.authoritative {
                let what =
                    format!("{} does not speak for `{}`: its answer is not authoritative", self.server, set.zone);
                return Err(hinted(what, "name the primary server of the zone with --server"));
            }
            if own && !reply.aliases.is_empty() {
                let what = format!(
                    "`{}` is an alias (CNAME) on this server, and no record can stand beside it",
                    question.name
                );
                return Err(hinted(what, "delete the alias, or publish in the zone that it leads to"));
            }
            replies.push((question, reply));
        }
        Ok(replies)
    }

    async fn send(&self, cx: &Context, plan: &Plan, needed: &[Change], key: &Tsig, undo: &Path) -> anyhow::Result<()> {
        let time = u64::try_from(now()).unwrap_or_default();
        let sent = send(self.server, &plan.set.zone, needed, key, time, cx.timeout).await;
        let refuse = |what: String, hint: &str| {
            // Nothing was changed, so there is nothing to undo.
            let _ = std::fs::remove_file(undo);
            Err(hinted(format!("{} has refused the update: {what}", self.server), hint))
        };
        match sent.map_err(|why| anyhow::anyhow!("the update cannot be written: {why}"))? {
            Updated::Done => {
                cx.term.status(format_args!("{} has replaced {} record sets", self.server, needed.len()));
                cx.term.status(format_args!(
                    "the way back: nsupdate -k {} {}",
                    self.tsig_file.display(),
                    undo.display()
                ));
                Ok(())
            }
            Updated::Overtaken => refuse(
                "the records were changed by somebody else just now".into(),
                "run the same command again and look at what is there",
            ),
            Updated::Rejected(why) => {
                refuse(why, "check the key's name and secret, the clock, and the server's update policy")
            }
            Updated::Unknown(why) => Err(hinted(
                format!("it is not known whether {} has done the update: {why}", self.server),
                format!("look with `fedctl records diff {}`; the way back is in {}", plan.set.domain, undo.display()),
            )),
        }
    }

    /// The server must answer with the set, byte for byte; then dns-check judges it.
    async fn verify(&self, cx: &Context, route: &Route, plan: &Plan) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            let replies = self.look(route, &plan.set).await?;
            let changes = compare(&plan.set, |question| outcome(&replies, question));
            if changes.is_ok_and(|changes| !changes.iter().any(Change::is_needed)) {
                break;
            }
            if start.elapsed() > SETTLE {
                let what = format!("{} does not answer with what it has accepted", self.server);
                return Err(hinted(
                    what,
                    format!("fedctl records diff {} --resolver {}", plan.set.domain, self.server),
                ));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let start = Instant::now();
        let resolvers = [Resolver { name: self.server.to_string(), addr: self.server }];
        let dns = observe(route, &resolvers, &plan.set.domain, None, Scope::Everybody, now()).await;
        let key = plan.set.key().map(String::from_utf8_lossy).and_then(|text| PublicKey::from_pem(&text).ok());
        let expected = Expected { key, key_source: "the key that was published".into(), ..Expected::default() };
        let report = report(&dns, &expected, start);
        ReportArgs::human().answer(cx, Ok(vec![report]))
    }

    fn undo_file(&self, plan: &Plan, serial: u32) -> PathBuf {
        self.undo.clone().unwrap_or_else(|| PathBuf::from(format!("undo-{}-{serial}.nsupdate", plan.set.domain)))
    }
}

fn outcome(replies: &[(Query, Response)], question: &Query) -> crate::dns::record::Outcome {
    let reply = replies.iter().find(|(asked, _)| asked == question).map(|(_, reply)| reply.outcome.clone());
    reply.unwrap_or(crate::dns::record::Outcome::Timeout)
}
