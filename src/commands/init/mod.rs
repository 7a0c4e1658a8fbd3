//! `fedctl init`: asks what cannot be found out, finds out the rest, and writes fedctl.yaml and the key beside it.

mod apply;
mod ask;
mod file;
mod find;
mod key;

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use url::Url;

use self::apply::{ApplyArgs, Run};
use self::ask::{Asker, Question};
use self::file::Answers;
use self::find::{Finder, InDns};
use self::key::KeyChoice;
use super::Context;
use super::key_file::{Access, PassphraseArgs, Pending, refuse_existing};
use super::network::NetworkArgs;
use super::records::options::{publishable, zone_of};
use super::records::{format, write as write_records};
use crate::dns::name::{Domain, Host};
use crate::endpoint::Endpoint;
use crate::error::{ExitStatus, Hinted, hinted};
use crate::file::read::in_command;
use crate::key::{PrivateKey, PublicKey};
use crate::render::records::{Format, write};
use crate::rocketchat::generation::Protocol;
use crate::rocketchat::records::{self, Audience, DEFAULT_TTL, RecordOptions};
use crate::rocketchat::release::Release;
use crate::rocketchat::settings::Method;
use crate::settings::FILE_NAME;
use crate::text::Filtered;

const PRIVATE: &str = "federation.key";
const PUBLIC: &str = "federation.pub";

/// Create settings, a key and the records to publish
///
/// Asks only for what DNS and the server do not show, such as the DNS provider and the release. Nothing is
/// written before the last question is answered, and existing files are kept unless --force is given.
///
/// With --apply it goes on from there: it publishes the records (as records apply does), sets up the server (as configure does),
/// writes rules for the proxy, and ends with the report of doctor. Each step can be declined; the same command continues a run
/// that was interrupted. The exit status is then that of doctor.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  fedctl init\n  fedctl init mydomain.com --server https://chat.mydomain.com \
     --yes\n  fedctl init --apply --token-file admin.token --proxy nginx")]
pub struct Init {
    /// The Domain of the server's federation settings: the part after the `@` of its users
    #[arg(value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// Address of the server as in its Site URL, `https://chat.mydomain.com`; also without `https://`
    #[arg(long, value_name = "URL", value_parser = site)]
    server: Option<Url>,
    /// The server's release, if it does not report one
    #[arg(long, value_name = "RELEASE")]
    release: Option<Release>,
    /// Form of the records, by DNS provider (`fedctl records formats`) [default: from the delegation, else human]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    provider: Option<&'static Format>,
    /// Key file to use, private or public, such as the Public Key of the server's settings; `new` makes a pair
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// How peers find the server: dns or hub
    #[arg(long, value_enum, value_name = "METHOD", default_value = "dns", hide_possible_values = true)]
    method: Method,
    /// The hub, for --method hub
    #[arg(long, value_name = "URL", required_if_eq("method", "hub"), hide_short_help = true)]
    hub_url: Option<Url>,
    /// Trust the authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Where to write the settings
    #[arg(long = "output", short = 'o', alias = "file", value_name = "FILE", default_value = FILE_NAME)]
    file: PathBuf,
    /// Never ask: use what was found, or the default
    #[arg(long, short)]
    yes: bool,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    apply: ApplyArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

/// A Site URL: http or https, a host that is a name; https when nothing is said.
fn site(text: &str) -> Result<Url, Hinted> {
    let refuse = |why: &str| {
        Hinted::new(
            format!("`{text}` is not the address of a server: {why}"),
            "write it as in https://chat.mydomain.com",
        )
    };
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(full.trim()).map_err(|error| refuse(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("peers call http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user name"));
    }
    let _: Host = url.host_str().unwrap_or_default().parse()?;
    Ok(url)
}

/// The key that was chosen.
enum Key {
    /// The file, as it goes into fedctl.yaml.
    Known(String, PublicKey),
    /// The one that the server shows.
    Shown(PublicKey),
    New(Box<PrivateKey>),
}

impl Init {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let apply = self.apply.apply;
        if apply {
            cx.term.status(format_args!("step 1 of 6: {}", self.file.display()));
        }
        if apply && self.file.is_file() && !self.force {
            cx.term.status("  it exists and is used; --force makes a new one");
        } else {
            let status = self.create(cx)?;
            if !apply || status != ExitStatus::Clean {
                return Ok(status);
            }
        }
        let cx = cx.with_settings(&self.file)?;
        if let (Some(asked), Some(domain)) = (&self.domain, &cx.settings.domain)
            && asked != domain
        {
            let what = format!("`{}` is for {domain}, not for {asked}", self.file.display());
            return Err(hinted(what, "name another file with --output, or replace it with --force"));
        }
        let (yes, file, passphrase, network) = (self.yes, self.file.as_path(), &self.passphrase, &self.network);
        Run { args: &self.apply, cx, yes, file, passphrase, network }.run()
    }

    fn create(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        refuse_existing(&self.file, self.force)?;
        let asker = Asker { term: &cx.term, silent: self.yes };
        let finder = Finder { net: self.network.net(cx, self.ca_file.as_deref())? };
        if !self.yes {
            cx.term.status(
                "A few questions; Enter accepts the value in brackets. Nothing is written before the last one is answered.\n",
            );
        }
        let domain = self.domain(&asker)?;
        let seen = self.look(cx, &finder, &domain)?;
        let server = self.server(&asker, &domain, &seen)?;
        let base = Endpoint::of(&server)?;
        let release = self.release(cx, &asker, &finder, &base)?;
        let provider = self.provider(&asker, &seen)?;
        let choice = KeyChoice { cx, asker: &asker, base: &base, domain: &domain, published: seen.key.as_ref() };
        let key = self.key(&choice)?;
        let answers = Answers {
            target: base.host.parse()?,
            port: base.port,
            protocol: if base.https { Protocol::Https } else { Protocol::Http },
            server: server.as_str().trim_end_matches('/').to_owned(),
            release,
            provider: provider.id,
            key: match &key {
                Key::Known(file, _) => file.clone(),
                Key::Shown(_) => PUBLIC.into(),
                Key::New(_) => PRIVATE.into(),
            },
            method: self.method,
            hub_url: self.hub_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
            ca_file: self.ca_file.as_ref().map(|file| self.beside_file(file)).transpose()?,
            token_file: self.apply.token_file.as_ref().map(|file| self.beside_file(file)).transpose()?,
            domain,
        };
        let public = match &key {
            Key::Known(_, public) | Key::Shown(public) => public.clone(),
            Key::New(pair) => pair.public().clone(),
        };
        let records = self.records(&answers, public, provider, &seen)?;
        self.write(cx, &answers, &key)?;
        if !self.apply.apply {
            if let Key::New(_) = key {
                use_of_new_key(cx, &self.file);
            }
            next_steps(cx, &self.file, answers.method, provider, &records)?;
        }
        if let Some(why) = seen.unchecked() {
            cx.term.warn(format_args!("{} could not be checked: {why}", answers.domain));
            return Ok(ExitStatus::Failed);
        }
        Ok(ExitStatus::Clean)
    }

    fn domain(&self, asker: &Asker) -> anyhow::Result<Domain> {
        if let Some(domain) = &self.domain {
            return Ok(domain.clone());
        }
        let text = "Federation domain: the part after the @ of your users";
        asker.ask(&Question { text, default: None, flag: "DOMAIN" }, |answer| Ok(answer.parse::<Domain>()?))
    }

    fn look(&self, cx: &Context, finder: &Finder, domain: &Domain) -> anyhow::Result<InDns> {
        let progress = cx.term.progress(format!("querying DNS for {domain}"));
        let seen = cx.block_on(async { Ok(finder.in_dns(domain).await) });
        progress.end();
        let seen = seen?;
        cx.term.status(format_args!("  {}", seen.description()));
        Ok(seen)
    }

    fn server(&self, asker: &Asker, domain: &Domain, seen: &InDns) -> anyhow::Result<Url> {
        if let Some(url) = &self.server {
            return Ok(url.clone());
        }
        let published = seen.base.as_ref().map(|base| base.to_string());
        // A guess may be a question's default, but not an answer that no person reads.
        let guess = (!asker.silent).then(|| format!("https://chat.{domain}"));
        let text = "Address of the server, as in its Site URL";
        asker.ask(&Question { text, default: published.or(guess), flag: "--server URL" }, |answer| Ok(site(answer)?))
    }

    fn release(
        &self,
        cx: &Context,
        asker: &Asker,
        finder: &Finder,
        base: &Endpoint,
    ) -> anyhow::Result<Option<Release>> {
        if self.release.is_some() {
            return Ok(self.release);
        }
        let progress = cx.term.progress(format!("requesting the release from {base}"));
        let description = cx.block_on(async { Ok(finder.release(base).await) });
        progress.end();
        match description? {
            Ok(release) => {
                cx.term.status(format_args!("  {base} runs {release}"));
                return Ok(Some(release));
            }
            Err(why) => cx.term.status(format_args!("  the server does not report its release: {why}")),
        }
        let text = "Release of the server, as in Administration > Info; Enter when it is not known";
        let read = |answer: &str| Ok(if answer.is_empty() { None } else { Some(answer.parse::<Release>()?) });
        asker.ask(&Question { text, default: Some(String::new()), flag: "--release RELEASE" }, read)
    }

    fn provider(&self, asker: &Asker, seen: &InDns) -> anyhow::Result<&'static Format> {
        if let Some(format) = self.provider {
            return Ok(format);
        }
        if let Some(host) = seen.host() {
            return Ok(format(host.format)?);
        }
        let text = "Where is the zone hosted? A form of `fedctl records formats`, such as zone, route53, fields";
        let question = Question { text, default: Some("human".into()), flag: "--provider FORMAT" };
        asker.ask(&question, |answer| Ok(format(answer)?))
    }

    /// What to publish, tried before anything is written, so that what cannot be published is refused in time.
    fn records(
        &self,
        answers: &Answers,
        key: PublicKey,
        format: &Format,
        seen: &InDns,
    ) -> anyhow::Result<records::Plan> {
        let plan = records::plan(&RecordOptions {
            domain: answers.domain.clone(),
            zone: match &seen.zone {
                Ok(zone) => zone.apex.clone(),
                Err(_) => zone_of(&answers.domain)?,
            },
            target: answers.target.clone(),
            port: answers.port,
            protocol: answers.protocol,
            is_protocol_given: true,
            key: publishable(key, &answers.key)?,
            ttl: DEFAULT_TTL,
            audience: vec![Audience::All],
        })?;
        write(format, &plan)?;
        Ok(plan)
    }

    /// All files or none: each is complete beside its place before the first is moved there.
    fn write(&self, cx: &Context, answers: &Answers, key: &Key) -> anyhow::Result<()> {
        let mut pending = Vec::new();
        if let Key::New(pair) = key {
            let public = format!("{}\n", pair.public().one_line());
            let private = zeroize::Zeroizing::new(format!("{}\n", *pair.one_line()?));
            pending.push(Pending::write(
                &self.file.with_file_name(PUBLIC),
                &Filtered::own(&public),
                Access::Everybody,
                self.force,
            )?);
            pending.push(Pending::write(
                &self.file.with_file_name(PRIVATE),
                &Filtered::own(&private),
                Access::OwnerOnly,
                self.force,
            )?);
            cx.term.status(format_args!("\nwriting {PRIVATE} (never publish it), {PUBLIC}, {}", self.file.display()));
        } else if let Key::Shown(public) = key {
            let public = format!("{}\n", public.one_line());
            pending.push(Pending::write(
                &self.file.with_file_name(PUBLIC),
                &Filtered::own(&public),
                Access::Everybody,
                self.force,
            )?);
            cx.term.status(format_args!("\nwriting {PUBLIC}, {}", self.file.display()));
        } else {
            cx.term.status(format_args!("\nwriting {}", self.file.display()));
        }
        let text = file::text(answers, &self.file)?;
        pending.push(Pending::write(&self.file, &Filtered::answer(&text), Access::Everybody, self.force)?);
        Pending::commit_all(pending)
    }
}

/// The server must have the pair that was made.
fn use_of_new_key(cx: &Context, file: &Path) {
    cx.term.status(format_args!(
        "the server must use this key: fedctl keygen --from-private {} --form mongosh --private server-key.js --public {} --force",
        in_command(&file.with_file_name(PRIVATE)),
        in_command(&file.with_file_name(PUBLIC))
    ));
}

/// What is to be done next, with the records to publish.
fn next_steps(cx: &Context, file: &Path, method: Method, format: &Format, plan: &records::Plan) -> anyhow::Result<()> {
    // The file with the usual name in this directory is found without its name.
    let doctor = match file == Path::new(FILE_NAME) {
        true => "fedctl doctor".to_owned(),
        false => format!("fedctl doctor --config {}", in_command(file)),
    };
    if method == Method::Hub {
        cx.term.status(format_args!("next: enable federation with the discovery method Hub, then: {doctor}"));
        return Ok(());
    }
    cx.term.status("publish these records:\n");
    write_records(format, plan, cx)?;
    cx.term.status(format_args!("when they are published: {doctor}"));
    Ok(())
}
