//! `fedctl records diff`

use clap::Args;

use super::options::RecordArgs;
use super::{FormArgs, write};
use crate::check::records_published;
use crate::commands::answer::{ReportArgs, ReportFormatParser, format_help};
use crate::commands::network::{NetworkArgs, now};
use crate::commands::{Context, status};
use crate::dns::name::Domain;
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::DnsFacts;
use crate::net::dns::{Scope, observe};
use crate::render::report::{HUMAN, ReportFormat};
use crate::report::{Line, Report};
use crate::rocketchat::change::{Change, compare, in_the_way, question};
use crate::rocketchat::records::{Plan, RecordSet};

/// Print only what is missing or wrong in DNS
///
/// Compares the records with what DNS answers and prints those that differ, in the form that your DNS host takes. TTLs and the
/// cutting of a value into strings are no difference. Exit 1 when anything differs.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl records diff\n  fedctl records diff mydomain.com --target chat.mydomain.com --key federation.pub --format nsupdate"
)]
pub struct Diff {
    #[command(flatten)]
    options: RecordArgs,
    #[command(flatten)]
    form: FormArgs,
    #[arg(long, value_name = "REPORT", default_value = HUMAN.id, value_parser = ReportFormatParser, help = format_help())]
    #[arg(hide_possible_values = true, conflicts_with_all = ["format", "for_provider"])]
    report: &'static ReportFormat,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Diff {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let domain = self.options.domain(cx)?;
        // Wrong flags are reported before anything is queried.
        self.options.plan(cx, None)?;
        let net = self.network.net(cx, None)?;
        let progress = cx.term.progress(format!("querying {domain}"));
        // A resolver that is asked for a record that is not there yet goes on saying so after it is published.
        let observed = observe(&net, &net.resolvers, &domain, None, Scope::Authorities, now());
        let dns = cx.block_on(async { Ok(observed.await) })?;
        progress.finish_and_clear();
        let zone = dns.zone.as_ref().map_err(|why| {
            let hint = format!("`fedctl dns-check {domain}` tells more; name another resolver with --resolver");
            hinted(format!("the zone of `{domain}` cannot be found, so there is nothing to compare with: {why}"), hint)
        })?;
        let plan = self.options.plan(cx, Some(&zone.apex))?;
        let changes = compared(&plan.set, &dns)?;
        let way = in_the_way(&plan.set, |question| dns.outcome(question));
        let needed: Vec<&Change> = changes.iter().filter(|change| change.is_needed()).collect();
        if self.form.is_default() {
            return ReportArgs::new(self.report).answer(cx, Ok(vec![report(&domain, &changes, &way)]));
        }
        way.iter().for_each(|line| cx.term.warn(line));
        match needed.is_empty() {
            true => cx.term.status("nothing is missing or wrong"),
            false => write(self.form.choose(Some(zone), cx), &only(&plan, &needed), cx)?,
        }
        Ok(status(needed.is_empty() && way.is_empty()))
    }
}

fn report(domain: &Domain, changes: &[Change], way: &[String]) -> Report {
    let line = |verdict| Line { id: records_published::CHECK.id, minor: false, verdict };
    Report {
        subject: domain.to_string(),
        about: "compared with DNS".into(),
        pass_summary: "has its records published".into(),
        fail_summary: "does not have its records published".into(),
        lines: records_published::judge(domain.as_str(), changes, way).into_iter().map(line).collect(),
        ..Report::default()
    }
}

/// The comparison, or why there is none.
fn compared(set: &RecordSet, dns: &DnsFacts) -> anyhow::Result<Vec<Change>> {
    compare(set, |question| dns.outcome(question)).map_err(|(question, outcome)| {
        let hint = format!("`fedctl dns-check {}` tells who fails; name another resolver with --resolver", set.domain);
        hinted(format!("{} {} cannot be compared: {outcome}", question.kind, question.name), hint)
    })
}

/// The part of the plan that the changes are about.
fn only(plan: &Plan, needed: &[&Change]) -> Plan {
    let mut part = plan.clone();
    part.set.records.retain(|record| needed.iter().any(|change| change.question == question(record)));
    part
}
