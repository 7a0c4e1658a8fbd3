//! `fedctl lab`: federation on this machine, and whether fedctl finds every mistake in it.

mod drills;
pub mod every;
mod guest;
mod native_scenarios;
mod scenarios;
mod site;
mod world;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::key_file::{Access, Pending};
use super::log::LogFormat;
use super::{Context, Format, status};
use crate::check::{peer_body, peer_exposure, peer_latency};
use crate::count::counted;
use crate::error::{ExitStatus, hinted};
use crate::render::lab as render;
use crate::render::report::{HUMAN, write};
use crate::report::{Report, Verdict};
use crate::term::signals::Stop;
use crate::text::Filtered;
use guest::Guest;
use scenarios::{DRILL, NEIGHBOUR, Scenario};
use world::World;

/// Try everything on this machine, without the internet
///
/// Starts name servers from the root down, federation servers with TLS and a hub on loopback: two healthy domains and many
/// with one mistake each. Then runs fedctl on each of them. Needs no privileges and no internet. Exit 0 only if every
/// diagnosis is right. With --keep it keeps running, and every other command can be tried against it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl lab\n  fedctl lab --only two-records.test\n  fedctl lab --keep --output lab.env"
)]
pub struct Lab {
    /// Show the full report of this domain only; may be repeated
    #[arg(long, value_name = "DOMAIN", conflicts_with = "keep")]
    only: Vec<String>,
    /// Leave it running, and print the variables with which every other command uses it; Ctrl-C ends it and removes its files
    #[arg(long)]
    keep: bool,
    /// List the domains and what is wrong with each
    #[arg(long, conflicts_with_all = ["keep", "only", "format"])]
    list: bool,
    /// Write the variables to this file instead of stdout; another shell reads it with `. FILE`, and the end of the lab removes it
    #[arg(long, short, value_name = "FILE", requires = "keep")]
    output: Option<PathBuf>,
    /// Serve this zone file too, for your own domain below `test`; may be repeated
    #[arg(long = "zone", value_name = "ORIGIN=FILE", requires = "keep")]
    zones: Vec<Guest>,
    /// Run a drill against a server of each span of releases, and compare it with `fedctl compatibility`
    #[arg(long, conflicts_with_all = ["keep", "only", "list"])]
    drill: bool,
    /// How to print the diagnoses: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

/// Domains that are looked at side by side; those with slow servers wait most of the time.
const AT_A_TIME: usize = 8;
/// The log of a lab that is left running: the mails of the hub, whose links confirm a registration.
const MAILS: &str = "off,fedctl::serve::hub::mail=info";
/// The scenarios whose full reports are shown without -v.
const SHOWN: usize = 2;

impl Lab {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        if self.list {
            let domains: Vec<(&str, &str)> =
                every::scenarios().map(|scenario| (scenario.domain, scenario.description)).collect();
            cx.term.answer(render::list_domains(&domains, cx.term.width))?;
            return Ok(ExitStatus::Clean);
        }
        if self.keep {
            return self.keep_running(cx);
        }
        if self.drill {
            return self.hold_drills(cx);
        }
        let scenarios = self.scenarios()?;
        let progress = cx.term.progress("starting the lab");
        let look = async {
            let world = World::start(cx.timeout, &[]).await?;
            progress.set(format!("checking {}", counted(scenarios.len(), "domain")));
            let looks = scenarios.iter().map(|scenario| world.diagnose(scenario));
            stream::iter(looks).buffered(AT_A_TIME).try_collect::<Vec<Report>>().await
        };
        // Whatever was built so far goes with the future, its directory too.
        let reports = cx.block_on(async {
            let mut stop = Stop::catch()?;
            tokio::select! {
                reports = look => reports,
                () = stop.requested() => {
                    Err(hinted("the lab was stopped before it had checked every domain", "fedctl lab"))
                }
            }
        })?;
        progress.end();
        let style = cx.style();
        let rows: Vec<render::Row> =
            scenarios.iter().zip(&reports).map(|(scenario, report)| row(scenario, report)).collect();
        let right = rows.iter().all(|row| row.right);
        match self.format {
            Format::Json => cx.term.answer(render::json(&rows)?)?,
            Format::Human => {
                let is_whole = !self.only.is_empty() || cx.term.is_verbose();
                let shown = if is_whole { &reports[..] } else { &reports[..SHOWN.min(reports.len())] };
                // Each has its verdict; that of the lab counts the diagnoses.
                let shown = shown.iter().map(|report| write(HUMAN, std::slice::from_ref(report), style));
                let shown = shown.collect::<anyhow::Result<Vec<String>>>()?.join("\n");
                cx.term.answer_with_verdict(&format!("{shown}\n{}", render::table(&rows, cx.term.width)))?;
            }
        }
        Ok(status(right))
    }

    fn hold_drills(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let progress = cx.term.progress("starting the lab");
        let rows = cx.block_on(async {
            let world = World::start(cx.timeout, &[]).await?;
            let releases = drills::releases();
            let mut rows = Vec::new();
            for (at, release) in releases.iter().enumerate() {
                progress.set(format!("drill {} of {}: {release}", at + 1, releases.len()));
                rows.push(world.drill(*release).await?);
            }
            Ok(rows)
        })?;
        progress.end();
        match self.format {
            Format::Json => cx.term.answer(render::drills_json(&rows)?)?,
            Format::Human => cx.term.answer_with_verdict(&render::drills(&rows, cx.term.width))?,
        }
        Ok(status(rows.iter().all(|row| row.differences.is_empty())))
    }

    fn keep_running(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let progress = cx.term.progress("starting the lab");
        cx.block_on(async {
            let mut stop = Stop::catch()?;
            let world = tokio::select! {
                world = World::start(cx.timeout, &self.zones) => world?,
                () = stop.requested() => return Ok(ExitStatus::Clean),
            };
            progress.end();
            LogFormat::Text.start_with(MAILS)?;
            let text = render::environment(&variables(&world));
            match &self.output {
                Some(path) => Pending::write(path, &Filtered::answer(&text), Access::OwnerOnly, true)?.commit()?,
                None => cx.term.answer(text)?,
            }
            let domains: Vec<&str> = every::scenarios().map(|scenario| scenario.domain).collect();
            cx.term.status(render::invitation(&domains, self.output.as_deref(), cx.term.width));
            stop.requested().await;
            if let Some(path) = &self.output {
                std::fs::remove_file(path).with_context(|| format!("`{}` cannot be removed", path.display()))?;
            }
            let (hub, dir) = (world.hub, world.dir.path().to_owned());
            drop(world);
            cx.term.detail(format_args!(
                "the hub at {hub} and all other servers have stopped, and {} is removed",
                dir.display()
            ));
            Ok(ExitStatus::Clean)
        })
    }

    fn scenarios(&self) -> anyhow::Result<Vec<&'static Scenario>> {
        if self.only.is_empty() {
            return Ok(every::scenarios().collect());
        }
        let find = |name: &String| {
            every::scenarios()
                .find(|scenario| scenario.domain == name || scenario.domain.trim_end_matches(".test") == name)
                .ok_or_else(|| {
                    let names: Vec<&str> = every::scenarios().map(|scenario| scenario.domain).collect();
                    hinted(format!("there is no `{name}` in the lab"), format!("the domains are {}", names.join(", ")))
                })
        };
        self.only.iter().map(find).collect()
    }
}

/// What leads every other command into the lab: in the place of the neighbour.
fn variables(world: &World) -> Vec<(&'static str, String)> {
    let overrides: Vec<String> = world.net.connect_to.iter().map(ToString::to_string).collect();
    vec![
        ("FEDCTL_DOMAIN", NEIGHBOUR.into()),
        ("FEDCTL_KEY", world.file("federation.key").display().to_string()),
        ("FEDCTL_RESOLVERS", world.resolver.to_string()),
        ("FEDCTL_CA_FILE", world.file("ca.pem").display().to_string()),
        ("FEDCTL_HUB_URL", format!("http://{}", world.hub)),
        ("FEDCTL_DRILL_DOMAIN", DRILL.into()),
        ("FEDCTL_CONNECT_TO", overrides.join(",")),
    ]
}

/// A diagnosis is right when exactly the expected checks found something.
fn row(scenario: &Scenario, report: &Report) -> render::Row {
    // The servers share this machine with the doctor, so one that is slow says nothing unless it is meant to be.
    let counts = |id: &&str| {
        let uncertain = [peer_latency::CHECK.id, peer_body::CHECK.id].contains(id);
        // No server of the lab has a proxy in front of it.
        if *id == peer_exposure::CHECK.id {
            return false;
        }
        !uncertain || scenario.expect.iter().any(|check| check.id == *id)
    };
    let mut found: Vec<&str> = report.problems().into_iter().map(|(id, _)| id).filter(counts).collect();
    let first =
        report.problems().into_iter().find(|(id, _)| counts(id)).map(|(id, problem)| format!("{id}: {}", problem.what));
    let mut wanted: Vec<&str> = scenario.expect.iter().map(|check| check.id).collect();
    for ids in [&mut found, &mut wanted] {
        ids.sort_unstable();
        ids.dedup();
    }
    let passed = report.lines.iter().filter(|line| matches!(line.verdict, Verdict::Pass { .. })).count();
    render::Row {
        domain: scenario.domain,
        description: scenario.description,
        found: first.unwrap_or_else(|| format!("nothing wrong, {} passed", counted(passed, "check"))),
        right: found == wanted,
        ids: found.into_iter().map(str::to_owned).collect(),
        expected: wanted,
    }
}
