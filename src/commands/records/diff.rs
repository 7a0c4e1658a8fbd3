//! `fedctl records diff`

use clap::Args;

use super::options::RecordArgs;
use super::{FormArgs, write};
use crate::check::details;
use crate::check::records_published::{self, Partial};
use crate::commands::answer::{ReportArgs, ReportFormatParser, format_help};
use crate::commands::network::{NetworkArgs, now};
use crate::commands::{Context, status};
use crate::dns::name::Domain;
use crate::dns::record::{Outcome, Response, Rr};
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::{DnsFacts, Observation, Observer, Role};
use crate::net::dns::{Scope, observe};
use crate::render::report::{HUMAN, ReportFormat};
use crate::report::{Details, Line, Report};
use crate::rocketchat::change::{Change, compare, in_the_way, question, same_data};
use crate::rocketchat::records::{Plan, RecordSet};

/// Print only what is missing or wrong in DNS
///
/// Compares the records with what DNS answers and prints those that differ, in the form that your DNS provider takes. TTLs and
/// the division of a value into strings are not compared. Every name server of the zone is compared. Exit 1 when anything
/// differs.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl records diff\n  fedctl records diff mydomain.com --target \
     chat.mydomain.com --key federation.pub --format nsupdate")]
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
        // Wrong options are reported before anything is queried.
        self.options.plan(cx, None)?;
        let net = self.network.net(cx, None)?;
        let progress = cx.term.progress(format!("querying {domain}"));
        // A resolver that is queried for a record that is not there yet answers so from its cache after it is published.
        let observed = observe(&net, &domain, None, Scope::Authorities, now());
        let dns = cx.block_on(async { Ok(observed.await) })?;
        progress.end();
        let zone = dns.zone.as_ref().map_err(|why| {
            let hint = format!("`fedctl dns-check {domain}` shows more; name another resolver with --resolver");
            hinted(format!("the zone of `{domain}` cannot be found, so there is nothing to compare with: {why}"), hint)
        })?;
        for server in silent(&dns) {
            let why = "it does not answer for the zone";
            cx.term.warn(format_args!("{server} ({}) is not compared: {why}", server.addr.ip()));
        }
        let plan = self.options.plan(cx, Some(&zone.apex))?;
        let changes = compared(&plan.set, &dns)?;
        let way = in_the_way(&plan.set, |question| dns.anywhere(question).clone());
        let partial = partial(&changes, &dns);
        let is_partial = |change: &Change| partial.iter().any(|partial| partial.question == change.question);
        let needed: Vec<&Change> = changes.iter().filter(|change| change.is_needed() || is_partial(change)).collect();
        if self.form.is_default() {
            let details = cx.details(|| compared_with(&changes, &dns));
            let report = Report { details, ..report(&domain, &changes, &partial, &way) };
            return ReportArgs::new(self.report).answer(cx, Ok(vec![report]));
        }
        way.iter().for_each(|line| cx.term.warn(line));
        for Partial { question, others, .. } in &partial {
            let others = others.join("; ");
            cx.term.warn(format_args!("not every name server has {} {}: {others}", question.kind, question.name));
        }
        match needed.is_empty() {
            true => cx.term.status("nothing is missing or wrong"),
            false => write(self.form.choose(Some(zone), cx), &only(&plan, &needed), cx)?,
        }
        Ok(status(needed.is_empty() && way.is_empty()))
    }
}

/// The name servers without any answer to compare.
fn silent(dns: &DnsFacts) -> Vec<&Observer> {
    let speaks = |server: &Observer| {
        let of_server = |seen: &&Observation| dns.observers.get(seen.observer) == Some(server);
        dns.observations.iter().filter(of_server).any(|seen| seen.reply.speaks())
    };
    dns.in_role(Role::Authority).filter(|server| !speaks(server)).collect()
}

/// Records that some name servers have as planned and others do not.
fn partial(changes: &[Change], dns: &DnsFacts) -> Vec<Partial> {
    let of = |change: &Change| {
        let question = change.question.clone();
        let has = |reply: &Response| reply.speaks() && same_data(reply.outcome.records(), &change.after);
        // A server that fails is passed over by resolvers, and the end of an alias may be in another zone.
        let counted = |reply: &Response| reply.speaks() && (has(reply) || reply.aliases.is_empty());
        let replies: Vec<_> = dns.answers(&question).filter(|(_, reply)| counted(reply)).collect();
        let line = |observer: &Observer, reply: &Response| match reply.outcome.records() {
            [] => format!("{observer} ({}): {}", observer.addr.ip(), reply.outcome),
            _ => format!("{observer} ({}): other records", observer.addr.ip()),
        };
        let (good, bad): (Vec<_>, Vec<_>) = replies.into_iter().partition(|(_, reply)| has(reply));
        let others = bad.into_iter().map(|(observer, reply)| line(observer, reply)).collect();
        let servers = good.into_iter().map(|(observer, _)| observer.to_string()).collect();
        Partial { servers, others, question }
    };
    let is_partial = |found: &Partial| !found.servers.is_empty() && !found.others.is_empty();
    changes.iter().map(of).filter(is_partial).collect()
}

/// Every record of the plan beside what is published, and every query.
fn compared_with(changes: &[Change], dns: &DnsFacts) -> Details {
    let sides = |change: &Change| {
        let line = |side: &str, records: &[Rr]| {
            let outcome = if records.is_empty() { Outcome::NoData } else { Outcome::Found(records.to_vec()) };
            format!("{side} {}", details::answer(&change.question, &outcome))
        };
        [line("planned", &change.after), line("published", &change.before)]
    };
    let details = details::dns(dns);
    Details { basis: changes.iter().flat_map(sides).chain(details.basis).collect(), ..details }
}

fn report(domain: &Domain, changes: &[Change], partial: &[Partial], way: &[String]) -> Report {
    let line = |verdict| Line { id: records_published::CHECK.id, minor: false, verdict };
    Report {
        subject: domain.to_string(),
        about: "compared with DNS".into(),
        pass_summary: "has its records published".into(),
        fail_summary: "does not have its records published".into(),
        lines: records_published::judge(domain.as_str(), changes, partial, way).into_iter().map(line).collect(),
        ..Report::default()
    }
}

/// The comparison, or why there is none.
fn compared(set: &RecordSet, dns: &DnsFacts) -> anyhow::Result<Vec<Change>> {
    compare(set, |question| dns.outcome(question).clone()).map_err(|(question, outcome)| {
        let hint = format!(
            "`fedctl dns-check {}` shows which server fails; name another resolver with --resolver",
            set.domain
        );
        hinted(format!("{} {} cannot be compared: {outcome}", question.kind, question.name), hint)
    })
}

/// The part of the plan that the changes are about.
fn only(plan: &Plan, needed: &[&Change]) -> Plan {
    let mut part = plan.clone();
    part.set.records.retain(|record| needed.iter().any(|change| change.question == question(record)));
    part
}
