//! `fedctl rotate plan`

mod rehearsal;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::answer::ReportArgs;
use super::key_file::{PassphraseArgs, read_half};
use super::network::{NetworkArgs, now};
use super::records::format as find_format;
use crate::check::{details, rotate_rehearsal};
use crate::dns::name::Domain;
use crate::dns::record::{Query, RData, RecordType, Rr};
use crate::error::{ExitStatus, hinted};
use crate::facts::dns::DnsFacts;
use crate::file::read::in_command;
use crate::key::diagnosis;
use crate::net::dns::{Scope, observe};
use crate::range::Counts;
use crate::render::records::{Format as RecordFormat, write};
use crate::render::report::{HUMAN, JSON, write as write_report};
use crate::render::rotate as render;
use crate::report::rotation::{Clocks, LOW_TTL, Names, Rehearsed, steps};
use crate::report::{Details, Line, Report};
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::generation::{SrvLabel, key_question};
use crate::rocketchat::records::{self, Audience, RecordOptions};

/// Plan the change of a key
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(subcommand)]
    command: RotateCommand,
}

#[derive(Debug, Subcommand)]
enum RotateCommand {
    Plan(RotatePlan),
}

/// Print a timetable for a key rotation, rehearse it, and print how to go back
///
/// The protocol allows one key for each domain, and peers cache it for an hour. The times come from the TTLs in DNS. The
/// rehearsal goes through every state of the rotation with servers on loopback. Nothing is changed.
///
/// Exit status: 0 when the rehearsal goes as planned, 1 when it does not, 2 when there is nothing to plan.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl rotate plan\n  fedctl rotate plan mydomain.com --format json")]
struct RotatePlan {
    /// Federation domain [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// The key in use: key file, private or public [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// File for the next private key; its public half goes beside it
    #[arg(long, value_name = "FILE", default_value = "next.key")]
    next: PathBuf,
    /// TTL during the change, in seconds
    ///
    /// From 30 to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = LOW_TTL)]
    #[arg(value_parser = |text: &str| Counts::new(30, 86_400).read::<u32>(text))]
    low_ttl: u32,
    /// Form of the records for going back [default: the provider of fedctl.yaml, else zone]
    #[arg(long, value_name = "FORMAT", value_parser = find_format)]
    provider: Option<&'static RecordFormat>,
    /// Leave the rehearsal out
    #[arg(long)]
    no_rehearsal: bool,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

impl Rotate {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            RotateCommand::Plan(args) => args.run(cx),
        }
    }
}

impl RotatePlan {
    fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let domain = self.domain.clone().or_else(|| cx.settings.domain.clone());
        let domain = domain.ok_or_else(|| hinted("no domain was given", "fedctl rotate plan mydomain.com"))?;
        let progress = cx.term.progress(format!("querying the name servers of {domain}"));
        let net = self.network.net(cx, None)?;
        let start = now();
        let (dns, rehearsal) = cx.block_on(async {
            let dns = observe(&net, &domain, None, Scope::Authorities, start).await;
            if self.no_rehearsal {
                return Ok((dns, Vec::new()));
            }
            progress.set("rehearsing");
            Ok((dns, rehearsal::rehearse(&domain, cx.timeout).await?))
        })?;
        progress.end();
        let clocks = Clocks::of(&dns, self.low_ttl).map_err(|why| {
            hinted(format!("there is nothing to plan with: {why}"), format!("fedctl dns-check {domain}"))
        })?;
        let old = self.old_key(cx, &dns)?;
        let names = Names {
            domain: domain.to_string(),
            old,
            next: in_command(&self.next),
            next_public: in_command(&self.next.with_extension("pub")),
            place: Place::of(&dns)?.options(),
        };
        let rollback = self.rollback(cx, &dns, clocks.ttl)?;
        let steps = steps(&clocks, &names);
        let details = cx.details(|| found(&dns, &clocks, &rehearsal));
        let report = Report { details, ..judged(&domain, &rehearsal, start) };
        let rotation = render::Rotation {
            domain: domain.as_str(),
            clocks,
            steps: &steps,
            start,
            rollback: &rollback,
            rehearsal: &rehearsal,
            report: &report,
        };
        self.report.answer_with(cx, Ok(vec![report.clone()]), |format, reports, style| {
            let rotation = render::Rotation { report: reports.first().unwrap_or(&report), ..rotation };
            match format {
                _ if format == HUMAN => Ok(render::human(&rotation, style)),
                _ if format == JSON => render::json(&rotation, style),
                _ => write_report(format, reports, style),
            }
        })
    }

    /// The name of the file with the key in use; a file with another key than the published one would make a wrong plan.
    fn old_key(&self, cx: &Context, dns: &DnsFacts) -> anyhow::Result<String> {
        let Some(path) = self.key.clone().or_else(|| cx.settings.key.clone()) else {
            return Ok("federation.pub".into());
        };
        let (key, _) = read_half(&path, &self.passphrase)?;
        if published(dns).is_some_and(|text| diagnosis::examine(&text).server.as_ref() != Ok(&key)) {
            let what = format!("`{}` is not the key that {} publishes", path.display(), dns.domain);
            return Err(hinted(what, format!("fedctl dns-check {} --key {}", dns.domain, in_command(&path))));
        }
        Ok(in_command(&path))
    }

    /// What is published now, in the provider's form.
    fn rollback(&self, cx: &Context, dns: &DnsFacts, ttl: u32) -> anyhow::Result<String> {
        let key = published(dns).unwrap_or_default();
        let key = diagnosis::examine(&key)
            .verified
            .ok_or_else(|| broken(dns, format!("what {} publishes is not a key that can be restored", dns.domain)))?;
        let Place { protocol, port, target } = Place::of(dns)?;
        let zone = dns.zone.as_ref().map_err(|why| broken(dns, why.to_string()))?;
        let plan = records::plan(&RecordOptions {
            domain: dns.domain.clone(),
            zone: zone.apex.clone(),
            target: target.parse()?,
            port,
            protocol,
            is_protocol_given: true,
            key: key.one_line(),
            ttl,
            audience: vec![Audience::All],
        })?;
        let form = match self.provider.or(cx.record_format) {
            Some(form) => form,
            None => find_format("zone")?,
        };
        Ok(write(form, &plan)?)
    }
}

/// Where peers find the server now.
struct Place {
    protocol: Protocol,
    port: u16,
    target: String,
}

impl Place {
    fn of(dns: &DnsFacts) -> anyhow::Result<Self> {
        let find = |label: &SrvLabel| match srv(dns, *label)?.data {
            RData::Srv { port, target, .. } => Some((*label, port, target)),
            _ => None,
        };
        let (label, port, target) = SrvLabel::ALL
            .iter()
            .find_map(find)
            .ok_or_else(|| broken(dns, format!("{} has no SRV record", dns.domain)))?;
        let protocol = if label == SrvLabel::Http { Protocol::Http } else { Protocol::Https };
        Ok(Self { protocol, port, target })
    }

    /// The same as options of `fedctl records`.
    fn options(&self) -> String {
        let Self { protocol, port, target } = self;
        match (protocol, port) {
            (Protocol::Https, 443) => format!("--target {target}"),
            (Protocol::Https, _) => format!("--target {target} --port {port}"),
            (Protocol::Http, _) => format!("--target {target} --port {port} --protocol http"),
        }
    }
}

fn broken(dns: &DnsFacts, what: String) -> anyhow::Error {
    hinted(what, format!("fix it first: fedctl dns-check {}", dns.domain))
}

/// Where the times come from, and what was sent to find them and in the rehearsal.
fn found(dns: &DnsFacts, clocks: &Clocks, rehearsal: &[Rehearsed]) -> Details {
    let Clocks { ttl, low_ttl, refresh } = clocks;
    let mut basis = vec![
        format!("TTL {ttl} s: the record of the key, or the negative TTL of the zone when there is none"),
        format!("TTL {low_ttl} s: --low-ttl, for the time of the rotation"),
        format!("refresh {refresh} s: the SOA record of the zone"),
    ];
    let mut details = details::dns(dns);
    basis.append(&mut details.basis);
    for state in rehearsal {
        details.evidence.push(format!("rehearsal: {}", state.state));
        details.evidence.extend(state.requests.iter().map(|request| format!("  {request}")));
    }
    Details { basis, ..details }
}

/// The report: one line for each state of the rehearsal.
fn judged(domain: &Domain, rehearsal: &[Rehearsed], start: i64) -> Report {
    let line = |verdict| Line { id: rotate_rehearsal::CHECK.id, minor: false, verdict };
    Report {
        subject: domain.to_string(),
        about: "key rotation".into(),
        pass_summary: "has a plan for its key rotation".into(),
        fail_summary: "has no plan that can be relied on".into(),
        time: Some(start),
        lines: rotate_rehearsal::judge(rehearsal).into_iter().map(line).collect(),
        ..Report::default()
    }
}

/// The text of the published key.
fn published(dns: &DnsFacts) -> Option<Vec<u8>> {
    dns.outcome(&key_question(&dns.domain)).records().iter().find_map(|rr| rr.data.joined())
}

fn srv(dns: &DnsFacts, label: SrvLabel) -> Option<Rr> {
    dns.outcome(&Query::new(label.owner(&dns.domain), RecordType::Srv)).records().first().cloned()
}
