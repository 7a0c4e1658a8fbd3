//! `fedctl drill --prepare`: do the records of the drill domain lead here, and what should be published.

use std::time::Instant;

use super::Drill;
use super::site::Site;
use crate::check::drill_way_back;
use crate::commands::Context;
use crate::commands::dns_check::report as dns_report;
use crate::commands::network::now;
use crate::commands::records::options::{publishable, zone_of};
use crate::commands::records::write as write_records;
use crate::dns::name::Host;
use crate::endpoint::Endpoint;
use crate::error::ExitStatus;
use crate::facts::dns::Expected;
use crate::net::dns::{Scope, observe};
use crate::render::records::FORMATS;
use crate::render::report::HUMAN;
use crate::report::{Line, Report};
use crate::rocketchat::boundary;
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::records::{Audience, DEFAULT_TTL, Plan, RecordOptions, plan};

/// Prints the records, then the report on those that are published.
pub fn run(drill: &Drill, cx: &Context) -> anyhow::Result<ExitStatus> {
    let (report, records) = match examine(drill, cx) {
        Ok(examined) => examined,
        Err(error) => return drill.report.answer(cx, Err(error)),
    };
    if drill.report.format() == HUMAN && drill.report.output().is_none() && !cx.term.is_quiet() {
        write_records(cx.record_format.unwrap_or(&FORMATS[0]), &records, cx)?;
        cx.term.answer("\n")?;
    }
    drill.report.answer(cx, Ok(vec![report]))
}

fn examine(drill: &Drill, cx: &Context) -> anyhow::Result<(Report, Plan)> {
    let begun = Instant::now();
    let (domain, key) = drill.own(cx)?;
    let net = drill.network.net(cx, drill.ca_file.as_deref())?;
    let expected = Expected {
        key: Some(key.public().clone()),
        key_source: "the key of the drill".into(),
        target: drill.target.clone(),
        ..Expected::default()
    };
    let progress = cx.term.progress(format!("querying {domain}"));
    let (dns, way_back, base) = cx.block_on(async {
        let dns = observe(&net, &domain, drill.target.as_ref(), Scope::Everybody, now()).await;
        let release = boundary::LAST_SENDER;
        // Without an address to listen on, the records alone are examined.
        let site = Site::listen(&drill.listener(), net, (domain.clone(), key.clone()), release, release).await;
        let site = match site {
            Err(error) if drill.listen.is_some() => return Err(error),
            site => site.ok(),
        };
        let Some(site) = site else { return Ok((dns, None, None)) };
        let way_back = site.way_back().await;
        let base = site.peers.find(&domain).await.ok().map(|found| found.base);
        Ok((dns, Some((way_back, site.running.addr)), base))
    })?;
    progress.end();
    let records = records(drill, cx, base, key.public().clone())?;
    let mut report = dns_report(&dns, &expected, begun);
    report.lines.push(Line {
        id: drill_way_back::CHECK.id,
        minor: false,
        verdict: match way_back {
            Some((way_back, addr)) => drill_way_back::verdict(&way_back, &domain, &addr.to_string()),
            None => drill_way_back::unlistened(&domain),
        },
    });
    report.pass_summary = "is ready for a drill".into();
    report.fail_summary = "is not ready for a drill".into();
    Ok((report, records))
}

/// What should be published: for the address that is published, else for the domain itself.
fn records(drill: &Drill, cx: &Context, base: Option<Endpoint>, key: crate::key::PublicKey) -> anyhow::Result<Plan> {
    let (domain, _) = drill.own(cx)?;
    let named: Option<Host> = base.as_ref().and_then(|base| base.host.parse().ok());
    let protocol = match &base {
        Some(base) if !base.https => Protocol::Http,
        _ => Protocol::Https,
    };
    Ok(plan(&RecordOptions {
        zone: zone_of(&domain)?,
        target: drill.target.clone().or(named).unwrap_or_else(|| domain.host().clone()),
        port: base.map_or(443, |base| base.port),
        protocol,
        is_protocol_given: false,
        key: publishable(key, "the key of the drill")?,
        ttl: DEFAULT_TTL,
        audience: vec![Audience::All],
        domain,
    })?)
}
