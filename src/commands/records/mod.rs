//! `fedctl records`

pub mod apply;
mod diff;
mod lint;
pub mod options;
mod undo;

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, Subcommand};

use self::options::RecordArgs;
use super::Context;
use super::network::NetworkArgs;
use crate::dns::provider;
use crate::error::{ExitStatus, Hinted, hinted, meant};
use crate::facts::dns::ZoneCut;
use crate::net::delegation;
use crate::render::records::{self as render, FORMATS, Format, Place};
use crate::rocketchat::records::{Data, Plan};

/// Print the DNS records to publish, for your DNS provider
///
/// The default is the smallest set that every server generation can use; --release narrows it to releases or to the admin guide.
/// The text to paste goes to stdout; lengths, the key's fingerprint and warnings go to stderr.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_long_help = "Examples:\n  fedctl records mydomain.com --target chat.mydomain.com --key federation.pub\n  \
     fedctl records --format route53\n  fedctl records --provider auto"
)]
pub struct Records {
    #[command(subcommand)]
    command: Option<RecordsCommand>,
    #[command(flatten)]
    options: RecordArgs,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Debug, Subcommand)]
enum RecordsCommand {
    /// List the forms that --format takes
    #[command(after_long_help = "Examples:\n  fedctl records formats\n  fedctl records formats | grep terraform")]
    Formats,
    Lint(lint::Lint),
    Diff(Box<diff::Diff>),
    Apply(Box<apply::Apply>),
    Undo(Box<undo::Undo>),
}

/// In which form to print.
#[derive(Debug, Args)]
pub struct FormArgs {
    /// The form to print [default: that of fedctl.yaml, else human]; `fedctl records formats` lists them
    #[arg(long, value_name = "FORMAT", value_parser = FormatParser, hide_possible_values = true)]
    format: Option<&'static Format>,
    /// The form of this provider; `auto` recognises it by the name servers of the zone
    #[arg(long = "provider", alias = "for-provider", value_name = "PROVIDER", value_parser = provider, conflicts_with = "format")]
    for_provider: Option<Provider>,
}

/// `--provider`.
#[derive(Debug, Clone, Copy)]
enum Provider {
    Auto,
    Named(&'static Format),
}

/// Reads the id of a form, and tells completions which there are.
#[derive(Debug, Clone)]
pub struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = &'static Format;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, clap::Error> {
        TypedValueParser::parse_ref(&(format as fn(&str) -> Result<&'static Format, Hinted>), command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FORMATS.iter().map(|format| PossibleValue::new(format.id).help(format.title))))
    }
}

/// The form named `id`, or an error with the nearest name.
pub fn format(id: &str) -> Result<&'static Format, Hinted> {
    render::find(id).ok_or_else(|| {
        let nearest = meant(id, FORMATS.iter().map(|format| format.id));
        let nearest = nearest.map(|nearest| format!("did you mean `{nearest}`? ")).unwrap_or_default();
        let hint = format!("{nearest}`fedctl records formats` lists all of them");
        Hinted::new(format!("there is no format `{}`", id.escape_debug()), hint)
    })
}

fn provider(id: &str) -> Result<Provider, Hinted> {
    if id == "auto" { Ok(Provider::Auto) } else { format(id).map(Provider::Named) }
}

impl FormArgs {
    /// True when the form depends on the DNS provider of the zone.
    pub fn queries_dns(&self) -> bool {
        matches!(self.for_provider, Some(Provider::Auto))
    }

    /// True when no form was requested.
    pub fn is_default(&self) -> bool {
        self.format.is_none_or(|format| format.id == FORMATS[0].id) && self.for_provider.is_none()
    }

    /// The form, given the zone that was found.
    pub fn choose(&self, zone: Option<&ZoneCut>, cx: &Context) -> &'static Format {
        match (self.format, self.for_provider) {
            (Some(format), _) | (None, Some(Provider::Named(format))) => format,
            (None, Some(Provider::Auto)) => hosted_by(zone, cx),
            (None, None) => cx.record_format.unwrap_or(&FORMATS[0]),
        }
    }
}

/// The form of the DNS provider that the name servers belong to.
fn hosted_by(zone: Option<&ZoneCut>, cx: &Context) -> &'static Format {
    let servers: Vec<&str> = zone.iter().flat_map(|zone| &zone.servers).map(|(name, _)| name.as_str()).collect();
    match provider::recognise(zone.iter().flat_map(|zone| zone.server_names())) {
        Some(host) => {
            cx.term.status(format_args!("this zone is hosted at {}: {}", host.name, host.trap));
            render::find(host.format).unwrap_or(&FORMATS[0])
        }
        None => {
            let names = if servers.is_empty() { "no name servers".to_owned() } else { servers.join(", ") };
            cx.term.warn(format_args!(
                "the DNS provider cannot be recognised by {names}; these are the fields of most forms"
            ));
            render::find("fields").unwrap_or(&FORMATS[0])
        }
    }
}

impl Records {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        match &self.command {
            Some(RecordsCommand::Formats) => cx.term.answer(render::list(cx.term.width)).map(|()| ExitStatus::Clean),
            Some(RecordsCommand::Lint(args)) => args.run(cx),
            Some(RecordsCommand::Diff(args)) => args.run(cx),
            Some(RecordsCommand::Apply(args)) => args.run(cx),
            Some(RecordsCommand::Undo(args)) => args.run(cx),
            None => self.print(cx).map(|()| ExitStatus::Clean),
        }
    }

    fn print(&self, cx: &Context) -> anyhow::Result<()> {
        let zone = if self.form.queries_dns() { Some(self.zone(cx)?) } else { None };
        let plan = self.options.plan(cx, zone.as_ref().map(|zone| &zone.apex))?;
        write(self.form.choose(zone.as_ref(), cx), &plan, cx)
    }

    /// Who holds the zone, as DNS says.
    fn zone(&self, cx: &Context) -> anyhow::Result<ZoneCut> {
        let domain = self.options.domain(cx)?;
        let net = self.network.net(cx, None)?;
        let found = cx.block_on(async { Ok(delegation::find(&net, &net.resolver_addrs(), &domain).await) })?;
        let hint = "name the form with --format; `fedctl records formats` lists them";
        found.map_err(|why| hinted(format!("the DNS provider of `{domain}` cannot be determined: {why}"), hint))
    }
}

/// Prints the plan in a form: the text on stdout, and on stderr what an admin should know.
pub fn write(format: &Format, plan: &Plan, cx: &Context) -> anyhow::Result<()> {
    let text = match format.id == FORMATS[0].id {
        true => render::table(plan, cx.term.width),
        false => render::write(format, plan)?,
    };
    let over = render::too_long(format, &render::published(&plan.set), &Place::of(&plan.set));
    for warning in plan.warnings.iter().chain(&over) {
        cx.term.warn(warning);
    }
    cx.term.answer(text)?;
    if !format.prints_sizes {
        for record in plan.set.records.iter().filter(|record| matches!(record.data, Data::Txt(_))) {
            cx.term.status(format_args!("{}: {}", record.owner, render::size(&record.data)));
        }
    }
    if !format.next.is_empty() {
        cx.term.status(format_args!("next: {}", format.next));
    }
    Ok(())
}
