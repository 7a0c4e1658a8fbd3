//! `fedctl records lint`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use super::FormatParser;
use super::options::zone_of;
use crate::check::{self, Needs, details};
use crate::commands::Context;
use crate::commands::answer::{ReportArgs, ReportFormatParser, format_help};
use crate::commands::key_file::{PassphraseArgs, read_public};
use crate::dns::name::{Domain, Host};
use crate::dns::record::{Query, Response, Rr, Transport};
use crate::error::ExitStatus;
use crate::facts::dns::{DnsFacts, Expected, Observation, Observer, Role, ZoneFailure};
use crate::facts::published::{Published, Refusal};
use crate::file::read;
use crate::render::records::{Format, Place, too_long};
use crate::render::report::{HUMAN, ReportFormat};
use crate::report::{Details, Line, Report};
use crate::rocketchat::generation::{KEY_LABEL, key_question, questions};
use crate::rocketchat::life::parse_classic;
use crate::rocketchat::release::Release;

/// Check a text in a provider's form before it is saved
///
/// Reads what you are about to save in a provider's form, or have exported from it, as the provider reads it. For forms with
/// boxes the content of the value box alone will do. Exit 1 when peers could not use it.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl records lint zone.txt --format bind\n  pbpaste | fedctl records lint \
     --format cloudflare --domain mydomain.com"
)]
pub struct Lint {
    /// File to read; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// The form that the text is in (`fedctl records formats` lists them)
    #[arg(long, value_name = "FORMAT", value_parser = FormatParser, hide_possible_values = true)]
    format: &'static Format,
    /// The federation domain; else the one in fedctl.yaml, else the one that the records name
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// The zone that relative names end with; by default the registrable domain
    #[arg(long, value_name = "ZONE")]
    zone: Option<Host>,
    /// The key must be this one: key file, private or public
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// This release must be able to use the records; may be repeated
    #[arg(long = "release", alias = "for", value_name = "RELEASE", value_parser = parse_classic)]
    releases: Vec<Release>,
    #[arg(long, value_name = "REPORT", default_value = HUMAN.id, value_parser = ReportFormatParser, help = format_help())]
    #[arg(hide_possible_values = true)]
    report: &'static ReportFormat,
}

impl Lint {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let expected = Expected {
            key: match &self.key {
                Some(path) => Some(read_public(path, &self.passphrase, &cx.term)?),
                None => None,
            },
            key_source: self.key.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            releases: self.releases.clone(),
            ..Expected::default()
        };
        let text = read::text(&self.file, &read::ZONE)?;
        let published = self.read(&text, cx)?;
        let value_only = !text.contains(KEY_LABEL)
            && published.records().iter().all(|rr| *rr.name == key_question(&published.domain).name);
        let details = cx.details(|| read_as(&published));
        let about = format!("{}, read as {}", self.file.display(), published.form);
        let about = if self.file.as_os_str() == "-" { format!("read as {}", published.form) } else { about };
        let report = Report { details, about, ..report(&published, &expected, value_only) };
        ReportArgs::new(self.report).answer(cx, Ok(vec![report]))
    }

    fn read(&self, text: &str, cx: &Context) -> anyhow::Result<Published> {
        let given = self.domain.clone().or_else(|| cx.settings.domain.clone());
        // A text with absolute names tells the domain itself.
        let trial: Domain = "mydomain.com".parse()?;
        let domain = match given {
            Some(domain) => domain,
            None => {
                let zone = self.zone.clone().map_or_else(|| zone_of(&trial), Ok)?;
                let trial = zone.to_string().parse().unwrap_or(trial);
                let records = (self.format.read)(text, &Place { domain: &trial, zone: &zone }).unwrap_or_default();
                named(&records, &zone).unwrap_or(trial)
            }
        };
        let zone = self.zone.clone().map_or_else(|| zone_of(&domain), Ok)?;
        let place = Place { domain: &domain, zone: &zone };
        let records = (self.format.read)(text, &place);
        let over = records.as_deref().map(|records| too_long(self.format, records, &place)).unwrap_or_default();
        let records = records.map_err(|error| Refusal { what: error.to_string(), fix: error.hint });
        Ok(Published { form: self.format.title.to_owned(), records, over, domain, zone })
    }
}

/// The domain that the owner names speak of. A zone that is in a name twice was appended once too often.
fn named(records: &[Rr], zone: &Host) -> Option<Domain> {
    records.iter().find_map(|rr| {
        let own = rr.name.strip_prefix(KEY_LABEL).and_then(|rest| rest.strip_prefix('.'));
        let srv = || rr.name.strip_prefix("_rocketchat.").and_then(|rest| rest.split_once('.')).map(|(_, rest)| rest);
        let domain = own.or_else(srv)?;
        let duplicated = domain.strip_suffix(zone.as_str()).and_then(|rest| rest.strip_suffix('.'));
        let within = |rest: &&str| *rest == zone.as_str() || rest.ends_with(&format!(".{zone}"));
        duplicated.filter(within).unwrap_or(domain).parse().ok()
    })
}

/// Every record of the text, and what a name server with this text would answer.
fn read_as(text: &Published) -> Details {
    let answer = |question: Query| details::answer(&question, &text.answer(&question));
    Details {
        basis: text.records().iter().map(details::record).collect(),
        evidence: questions(&text.domain).into_iter().map(answer).collect(),
    }
}

/// `value_only`: the text is the content of one value box, so it says nothing about other records.
fn report(text: &Published, expected: &Expected, value_only: bool) -> Report {
    let dns = facts(text);
    let mut lines = check::judge_text(text);
    if text.records.is_ok() {
        let enough = |needs: Needs| needs == Needs::KeyValue || needs == Needs::Records && !value_only;
        let asked = |line: &Line| check::find(line.id).is_some_and(|check| enough(check.needs));
        lines.extend(check::judge_dns(&dns, expected, None).into_iter().filter(asked));
    }
    Report {
        subject: text.domain.to_string(),
        pass_summary: "could be found with this text".into(),
        fail_summary: "would not be ready for federation".into(),
        lines,
        generations: if text.records.is_ok() && !value_only { dns.discoveries() } else { Vec::new() },
        ..Report::default()
    }
}

/// The text as one name server that holds nothing else.
fn facts(text: &Published) -> DnsFacts {
    let addr = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let observer = Observer { role: Role::Authority, name: text.form.clone(), addr };
    let observe = |question: Query| Observation {
        observer: 0,
        reply: Response { authoritative: true, ..Response::bare(text.answer(&question), Transport::Tcp) },
        question,
    };
    DnsFacts {
        domain: text.domain.clone(),
        time: 0,
        zone: Err(ZoneFailure::NotAsked),
        observers: vec![observer],
        observations: questions(&text.domain).into_iter().map(observe).collect(),
        probes: Vec::new(),
        elsewhere: Vec::new(),
        left_out: Vec::new(),
    }
}
