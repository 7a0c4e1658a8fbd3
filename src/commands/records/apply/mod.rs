//! `fedctl records apply`

pub mod credentials;
pub mod place;
pub mod verify;
pub mod via;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use self::credentials::ProviderArgs;
use self::place::{Hosted, Place, Unwritten, provider_of};
use self::verify::Verification;
use self::via::ViaArgs;
use super::options::RecordArgs;
use crate::commands::Context;
use crate::commands::confirm::{confirm, show_plan};
use crate::commands::key_file::{PassphraseArgs, save_state, warn_when_exposed};
use crate::commands::network::{NetworkArgs, now};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Query};
use crate::endpoint;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::facts::dns::ZoneCut;
use crate::file::read;
use crate::net::resolvers::Resolver;
use crate::net::{Net, delegation};
use crate::publish::state::{self, SCHEMA, SavedState};
use crate::publish::tsig::Tsig;
use crate::range::Times;
use crate::render::records::changes::{self, Planned};
use crate::rocketchat::change::{Change, compare, in_the_way};
use crate::rocketchat::records::{Plan, RecordSet};

/// Publish the records at the DNS provider or name server
///
/// Reads the records of the zone, prints a plan (+ added, - removed, = right already, ! left alone) and asks. Then it writes the
/// old state to a file for `fedctl records undo`, makes the changes, waits until all authoritative servers serve them, and ends
/// with the report of dns-check. No other record is changed, and nothing is changed if the records have changed since the plan
/// was made. The provider is recognised from the delegation; the token comes from the variables of the provider's own tools,
/// --token-file or --token-command (docs/publish.md). With --server and --tsig-file it is a dynamic update (RFC 2136).
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl records apply\n  fedctl records apply --token-command 'pass show \
     cloudflare' --yes --wait\n  fedctl records apply --server 192.0.2.53 --tsig-file update.key")]
pub struct Apply {
    #[command(flatten)]
    options: RecordArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    via: ViaArgs,
    /// Apply the plan without a question
    #[arg(long)]
    yes: bool,
    /// File for the old state [default: undo-DOMAIN-TIME.json]
    #[arg(long, value_name = "FILE")]
    undo: Option<PathBuf>,
    #[command(flatten)]
    after: AfterArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Where to change the records.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Update this name server, ADDR or ADDR:PORT
    #[arg(long, value_name = "ADDR", value_parser = server, requires = "tsig_file", conflicts_with = "provider")]
    pub server: Option<SocketAddr>,
    /// File with the TSIG key, as tsig-keygen or keymgr writes it
    #[arg(long, value_name = "FILE", requires = "server")]
    pub tsig_file: Option<PathBuf>,
}

/// What to do after the change.
#[derive(Debug, Clone, Args)]
pub struct AfterArgs {
    /// How long the authoritative servers may take to serve the change
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = |text: &str| Times::CHANGE.read(text))]
    pub settle: Duration,
    /// Wait for the resolvers too, for at most this time; 10m when no time is given
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "10m")]
    #[arg(value_parser = |text: &str| Times::CHANGE.read(text))]
    pub wait: Option<Duration>,
    /// Do not query any name server afterwards
    #[arg(long, conflicts_with = "wait")]
    pub no_verify: bool,
}

/// Reads the address of a name server.
pub fn server(text: &str) -> Result<SocketAddr, Hinted> {
    endpoint::resolver(text)
}

impl PlaceArgs {
    /// The way to the zone: its resolver is the server that will be updated, when there is one.
    pub fn net(&self, cx: &Context, network: &NetworkArgs) -> anyhow::Result<Net> {
        let ca_file = self.provider.ca_file.as_deref();
        match self.server {
            Some(addr) => network.net_with(cx, ca_file, vec![Resolver::at(addr)]),
            None => network.net(cx, ca_file),
        }
    }

    /// The TSIG key of `--tsig-file`.
    pub fn key(&self, cx: &Context) -> anyhow::Result<Option<Tsig>> {
        let Some(path) = &self.tsig_file else { return Ok(None) };
        let text = read::text(path, &read::TSIG)?;
        let key = Tsig::parse(&text).with_context(|| format!("`{}`", path.display()))?;
        warn_when_exposed(path, "a TSIG key", &cx.term);
        Ok(Some(key))
    }

    /// Where the zone is changed.
    pub async fn open(&self, cx: &Context, net: &Net, zone: &ZoneCut, key: Option<Tsig>) -> anyhow::Result<Place> {
        if let (Some(addr), Some(key)) = (self.server, key) {
            return Ok(Place::Server { addr, key, net: net.clone() });
        }
        let provider = provider_of(&self.provider, zone)?;
        let hosted = Hosted { provider, apex: &zone.apex, id: self.provider.zone_id.as_deref() };
        Place::open(cx, &self.provider, net, hosted).await
    }
}

/// How publishing ended.
pub enum Published {
    Declined,
    /// The name servers serve the plan, or nobody was queried.
    AsPlanned(Box<NewRecords>),
}

/// What was published, and how to look at it.
pub struct NewRecords {
    net: Net,
    domain: Domain,
    set: RecordSet,
    after: AfterArgs,
}

impl NewRecords {
    fn verification<'a>(&'a self, cx: &'a Context) -> Verification<'a> {
        Verification { cx, net: &self.net, domain: &self.domain, settle: self.after.settle, wait: self.after.wait }
    }

    /// Waits until the resolvers have what was published.
    pub async fn wait_for_resolvers(&self, cx: &Context) -> anyhow::Result<()> {
        self.verification(cx).facts(&self.set).await.map(|_| ())
    }
}

impl Apply {
    /// What fedctl.yaml says, to this place.
    pub fn of_settings(
        place: PlaceArgs,
        passphrase: &PassphraseArgs,
        yes: bool,
        after: AfterArgs,
        network: &NetworkArgs,
    ) -> Self {
        Self {
            options: RecordArgs::of_settings(passphrase.clone()),
            place,
            via: ViaArgs::default(),
            yes,
            undo: None,
            after,
            network: network.clone(),
        }
    }

    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if let Some(tool) = self.via.via {
            self.options.plan(cx, None)?;
            return self.via.apply(cx, self, tool);
        }
        match self.publish(cx)? {
            Published::AsPlanned(published) if !self.after.no_verify => {
                cx.block_on(published.verification(cx).report(&published.set))
            }
            Published::AsPlanned(_) | Published::Declined => Ok(ExitStatus::Clean),
        }
    }

    /// Plans, asks, changes, and waits for the name servers.
    pub fn publish(&self, cx: &Context) -> anyhow::Result<Published> {
        // What is wrong with the options is reported before any request.
        self.options.plan(cx, None)?;
        let key = self.place.key(cx)?;
        let net = self.place.net(cx, &self.network)?;
        cx.block_on(self.apply(cx, &net, key))
    }

    async fn apply(&self, cx: &Context, net: &Net, key: Option<Tsig>) -> anyhow::Result<Published> {
        let domain = self.options.domain(cx)?;
        let zone = delegation::find(net, &net.resolver_addrs(), &domain).await.map_err(|why| {
            hinted(format!("the zone of `{domain}` was not found: {why}"), "name another resolver with --resolver")
        })?;
        let place = self.place.open(cx, net, &zone, key).await?;
        let mut plan = self.options.plan(cx, Some(&zone.apex))?;
        raise_ttl(cx, &mut plan, &place);
        plan.warnings.iter().for_each(|warning| cx.term.warn(warning));
        let (seen, others) = place.look(&plan.set).await?;
        let answer = |question: &Query| outcome_of(&seen, question);
        in_the_way(&plan.set, answer).iter().for_each(|line| cx.term.warn(line));
        let mut all = compare(&plan.set, answer).map_err(|(question, outcome)| {
            let what = format!("{} answers {outcome} for {} {}", place.name(), question.kind, question.name);
            hinted(what, "fix the server first; nothing was changed")
        })?;
        let foreign: Vec<_> = all.iter_mut().flat_map(Change::keep_foreign).collect();
        let heading = format!("zone {} at {}, serial {}", zone.apex, place.name(), zone.serial());
        let planned = Planned { set: &plan.set, changes: &all, foreign: &foreign, rest: &others };
        let shown = changes::plan(&heading, &planned, cx.term.width);
        let needed: Vec<Change> = all.into_iter().filter(Change::is_needed).collect();
        show_plan(&cx.term, &shown, !self.yes && !needed.is_empty());
        if needed.is_empty() {
            self.finish(cx, &place).await?;
        } else if !self.yes && !confirm(&cx.term, "Apply this plan?")? {
            cx.term.status("nothing was changed; --yes applies the plan without a question");
            return Ok(Published::Declined);
        } else {
            let saved = self.save(place.saved(), &plan, &needed)?;
            write(cx, &place, &plan, &needed, &saved).await?;
            cx.term.status(format_args!("applied; to undo it: fedctl records undo {}", read::in_command(&saved)));
        }
        let published = NewRecords { net: net.clone(), domain, set: plan.set, after: self.after.clone() };
        if !self.after.no_verify {
            published.verification(cx).settle(&needed).await?;
        }
        Ok(Published::AsPlanned(Box::new(published)))
    }

    /// The records are right; what an earlier run has recorded and not deployed is deployed.
    async fn finish(&self, cx: &Context, place: &Place) -> anyhow::Result<()> {
        if place.is_deployed().await? {
            cx.term.status("there is nothing to do, and nothing was sent");
        } else if self.yes || confirm(&cx.term, "The zone has changes that are not served. Serve them?")? {
            place.deploy().await?;
            cx.term.status("the zone is served as it is recorded");
        }
        Ok(())
    }

    /// Writes the state before; only its owner may read it.
    fn save(&self, place: state::Place, plan: &Plan, needed: &[Change]) -> anyhow::Result<PathBuf> {
        let state = SavedState {
            schema: SCHEMA,
            program: concat!("fedctl ", env!("CARGO_PKG_VERSION")).into(),
            time: now(),
            domain: plan.set.domain.clone(),
            zone: plan.set.zone.clone(),
            place,
            changes: needed.to_vec(),
        };
        save_state(self.undo.as_deref(), plan.set.domain.as_str(), &state)
    }
}

/// Providers refuse or silently raise a TTL below their minimum.
fn raise_ttl(cx: &Context, plan: &mut Plan, place: &Place) {
    let least = place.ttl_min();
    let mut raised = false;
    for record in plan.set.records.iter_mut().filter(|record| record.ttl < least) {
        record.ttl = least;
        raised = true;
    }
    if raised {
        cx.term.warn(format_args!("{} takes no TTL below {least} s: the records get {least} s", place.name()));
    }
}

/// Makes the changes, or says in which state the zone is.
async fn write(cx: &Context, place: &Place, plan: &Plan, needed: &[Change], saved: &Path) -> anyhow::Result<()> {
    let progress = cx.term.progress(format!("changing {}", counted(needed.len(), "record set")));
    let written = place.write(&plan.set.zone, needed).await;
    progress.end();
    let unchanged = |what: String, hint: &str| {
        // There is nothing to undo.
        let _ = std::fs::remove_file(saved);
        Err(hinted(what, hint))
    };
    match written {
        Ok(()) => Ok(()),
        Err(Unwritten::Overtaken) => unchanged(
            format!("the records at {} have changed since the plan was made; nothing was changed", place.name()),
            "run the same command again for a new plan",
        ),
        Err(Unwritten::Refused(why)) => unchanged(
            format!("{} has refused the change: {why}", place.name()),
            "nothing was changed; check what the credentials may do, and run the same command again",
        ),
        Err(Unwritten::Unknown(why)) => {
            let what = format!("the change at {} was not completed: {why}", place.name());
            let hint = format!(
                "run the same command again: it does what is left; `fedctl records undo {}` restores the old state",
                read::in_command(saved)
            );
            Err(hinted(what, hint))
        }
    }
}

/// The outcome of a query; one that was not sent counts as a timeout.
pub fn outcome_of(seen: &[(Query, Outcome)], question: &Query) -> Outcome {
    seen.iter().find(|(asked, _)| asked == question).map_or(Outcome::Timeout, |(_, outcome)| outcome.clone())
}
