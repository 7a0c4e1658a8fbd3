//! `fedctl register`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::answer::ReportArgs;
use super::hub_client::{HubArgs, domain, report};
use super::key_file::{PassphraseArgs, read_key, read_public, warn_when_exposed};
use super::network::now;
use super::{Context, status};
use crate::check::details;
use crate::dns::name::Domain;
use crate::endpoint::Endpoint;
use crate::error::{ExitStatus, hinted};
use crate::facts::hub::{Call, HubFacts};
use crate::file::read;
use crate::net::http::Bearer;
use crate::net::hub::{HubClient, PATIENCE};
use crate::position::Position;
use crate::range::Times;
use crate::render::key::pretty;
use crate::render::list::clock;
use crate::render::report::{HUMAN, JSON, write};
use crate::report::Report;
use crate::rocketchat::hub::registration::{Entry, Request, key, origin};
use crate::settings::HubUrl;
use crate::severity::Severity;

/// Between two looks at the hub: short at first, then longer.
const LOOK_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Register a server at a hub
///
/// First checks for what would make the registration useless: a URL that servers cannot use, a server that does not answer, a
/// domain that gets no mail. Then sends the request that a server would send, and explains the response. The entry counts after
/// somebody has followed the link in the mail to webmaster@ the domain. Servers of 4.2 and later cannot use a hub at all: DNS
/// records reach every release.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl register mydomain.com --url https://chat.mydomain.com --dry-run\n  fedctl \
     register mydomain.com --url https://chat.mydomain.com --hub-url https://hub.mydomain.com --wait"
)]
pub struct Register {
    /// Federation domain [default: the one in fedctl.yaml]
    #[arg(value_name = "DOMAIN")]
    domain: Option<Domain>,
    /// URL of the server, without path, as in `https://chat.mydomain.com`
    #[arg(long, value_name = "URL", required_unless_present = "remove")]
    url: Option<String>,
    /// Key of the server: key file, public or private; only the public half is sent [default: the one in fedctl.yaml]
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// File with the cloud token of the workspace, which the public hub may require
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Send the token to a host that is not this machine without TLS
    #[arg(long, requires = "token_file")]
    allow_plain_http: bool,
    /// Wait until the hub shows the entry, for at most this time [default: 15m]
    ///
    /// From 1ms to 168h.
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "15m")]
    #[arg(value_parser = |text: &str| Times::CHANGE.read(text))]
    wait: Option<Duration>,
    /// Check everything, show what would be sent, and send nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Send although something is wrong
    #[arg(long)]
    force: bool,
    /// Request from a hub of fedctl a mail with a link that removes the entry
    #[arg(long, conflicts_with_all = ["url", "token_file", "wait", "force"])]
    remove: bool,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    hub: HubArgs,
}

impl Register {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let domain = domain(self.domain.as_ref(), cx, "fedctl register mydomain.com --url https://chat.mydomain.com")?;
        let hub = self.hub.hub(cx)?;
        let client = self.hub.client(cx, &domain)?;
        let work = Work { args: self, cx, client, hub, start: Instant::now() };
        match &self.url {
            Some(url) => {
                whole(url)?;
                let key = self.public_key(cx)?;
                let request = Request { domain: domain.to_string(), url: url.clone(), public_key: key };
                work.register(&domain, request, self.token(cx)?)
            }
            None => work.remove(&domain),
        }
    }

    /// The key on one line. A key that servers could not use is no reason to ask the network anything.
    fn public_key(&self, cx: &Context) -> anyhow::Result<String> {
        let hint = "--key FILE; `fedctl keygen` makes one, or save the Public Key of the server's screen";
        let path =
            self.key.clone().or_else(|| cx.settings.key.clone()).ok_or_else(|| hinted("no key was given", hint))?;
        let public = read_public(&path, &self.passphrase, &cx.term)?;
        if read_key(&path)?.contains("PRIVATE KEY") {
            let shown = path.display();
            cx.term.status(format_args!("`{shown}` contains the private key; only its public half is sent"));
        }
        key(&public.one_line()).with_context(|| format!("`{}`", path.display()))
    }

    fn token(&self, cx: &Context) -> anyhow::Result<Option<Bearer>> {
        let Some(path) = &self.token_file else { return Ok(None) };
        warn_when_exposed(path, "a token", &cx.term);
        Ok(Some(Bearer { value: bearer(path)?, allow_plain_http: self.allow_plain_http }))
    }
}

/// What is no URL at all is refused at once; one that servers could not use is a finding.
fn whole(url: &str) -> anyhow::Result<()> {
    let shown: String = url.chars().take(80).flat_map(char::escape_debug).collect();
    let healthy =
        url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.port() != Some(0));
    match healthy {
        true => Ok(()),
        false => Err(hinted(format!("--url: `{shown}` is not the URL of a server"), "--url https://chat.mydomain.com")),
    }
}

/// The first line of the file, as a header that is never shown.
fn bearer(path: &Path) -> anyhow::Result<HeaderValue> {
    let text = read::text(path, &read::TOKEN)?;
    let token = text.lines().next().unwrap_or_default().trim();
    let hint = "the file holds the token on its first line, and nothing else";
    let wrong = |what: String| hinted(format!("{}: {what}", read::shown(path)), hint);
    if token.is_empty() {
        return Err(wrong("line 1 column 1: the token is expected there".into()));
    }
    if let Some(at) = token.find(|c: char| !c.is_ascii_graphic()) {
        let at = Position::of_part(&text, &token[at..]);
        return Err(wrong(format!("{at}: a character that no token has")));
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// One run.
struct Work<'a> {
    args: &'a Register,
    cx: &'a Context,
    client: HubClient,
    hub: HubUrl,
    start: Instant,
}

impl Work<'_> {
    fn register(&self, domain: &Domain, request: Request, token: Option<Bearer>) -> anyhow::Result<ExitStatus> {
        let progress = self.cx.term.progress("checking the server, the mail and the records");
        let mut facts = self.cx.block_on(self.look(domain, &request))?;
        progress.end();
        let before = self.report(&facts);
        let useless = before.worst() == Some(Severity::Error) && !self.args.force;
        if self.args.dry_run || useless {
            if useless && !self.args.dry_run {
                self.cx
                    .term
                    .warn("nothing was sent, because servers could not use the entry; --force sends it all the same");
            }
            return self.answer(&before, &request, token.is_some());
        }
        self.cx.term.status(format_args!(
            "sending to {}\n{}\n",
            self.hub.origin,
            shown(&self.request_json(&request, false))
        ));
        let call = self.cx.block_on(async { Ok(self.client.register(&self.hub.endpoint, &request, token).await) })?;
        facts.hub = Some(call);
        let report = self.report(&facts);
        let answered = self.answer(&report, &request, false)?;
        let taken = facts.hub.as_ref().and_then(Call::answer).is_some_and(|answer| answer.status < 300);
        if !taken {
            return Ok(answered);
        }
        match self.args.wait {
            Some(time) => self.wait(domain, &request, time),
            None => {
                self.next(domain);
                Ok(answered)
            }
        }
    }

    async fn look(&self, domain: &Domain, request: &Request) -> anyhow::Result<HubFacts> {
        let server: Option<Endpoint> = match origin(&request.url, true) {
            Ok(url) => Some(url.parse()?),
            Err(_) => None,
        };
        let visit = async {
            match &server {
                Some(base) => Some(self.client.server(base).await),
                None => None,
            }
        };
        let (server, records, mail) = tokio::join!(visit, self.client.records(), self.client.mail());
        Ok(HubFacts {
            time: now(),
            domain: domain.clone(),
            request: Some(request.clone()),
            records,
            mail,
            server,
            hub: None,
            expected_key: None,
        })
    }

    fn report(&self, facts: &HubFacts) -> Report {
        let pass_summary = if facts.hub.is_some() { "is sent to the hub" } else { "can be sent to the hub" };
        let mut report = report(facts, &self.hub.origin, pass_summary, "is not registered", self.start);
        report.details = self.cx.details(|| details::hub(facts));
        report.suppress(&self.cx.suppress);
        report
    }

    /// The report; in a dry run also what would be sent.
    fn answer(&self, report: &Report, request: &Request, has_token: bool) -> anyhow::Result<ExitStatus> {
        let would_send = self.args.dry_run.then(|| self.request_json(request, has_token));
        self.args.report.answer_with(self.cx, Ok(vec![report.clone()]), |format, reports, style| {
            let text = write(format, reports, style)?;
            match would_send {
                Some(would_send) if format == JSON => {
                    let mut document: Value = serde_json::from_str(&text)?;
                    document["request"] = would_send;
                    pretty(&document)
                }
                Some(would_send) if format == HUMAN => Ok(format!("would send\n{}\n\n{text}", shown(&would_send))),
                _ => Ok(text),
            }
        })
    }

    fn request_json(&self, request: &Request, has_token: bool) -> Value {
        let mut headers = json!({"content-type": "application/json", "x-federation-domain": request.domain});
        if has_token {
            headers["authorization"] = "Bearer (from --token-file)".into();
        }
        let url = format!("{}/api/v1/peers", self.hub.origin);
        let wait = PATIENCE.as_secs();
        json!({"method": "POST", "url": url, "headers": headers, "body": request, "timeout_seconds": wait})
    }

    fn next(&self, domain: &Domain) {
        self.cx.term.status(format_args!(
            "next: follow the link in the mail to webmaster@{domain}; then\n  fedctl hub lookup {domain} --hub-url {}",
            self.hub.origin
        ));
    }

    /// Looks at the hub until it shows what was registered.
    fn wait(&self, domain: &Domain, request: &Request, time: Duration) -> anyhow::Result<ExitStatus> {
        let wanted = Entry { url: origin(&request.url, true)?, public_key: request.public_key.clone() };
        let same = |entry: &Entry| {
            origin(&entry.url, true).is_ok_and(|url| url == wanted.url)
                && key(&entry.public_key).is_ok_and(|key| key == wanted.public_key)
        };
        self.cx.term.status(format_args!("\nwaiting until somebody confirms the mail to webmaster@{domain}"));
        let progress = self.cx.term.progress(format!("waiting for {}", self.hub.origin));
        let found = self.cx.block_on(async {
            let end = Instant::now() + time;
            let mut pause = LOOK_EVERY.0;
            loop {
                let call = self.client.search(&self.hub.endpoint).await;
                if entry_in(&call).is_some_and(|entry| same(&entry)) {
                    return Ok(true);
                }
                if Instant::now() + pause > end {
                    return Ok(false);
                }
                let left = || clock(end.saturating_duration_since(Instant::now()).as_secs());
                let text = || format!("waiting for {}; {} left", self.hub.origin, left());
                progress.during(text, tokio::time::sleep(pause)).await;
                pause = (pause * 3 / 2).min(LOOK_EVERY.1);
            }
        })?;
        progress.end();
        match found {
            true => self.cx.term.status(format_args!("confirmed: {} serves the entry of {domain}", self.hub.origin)),
            false => self.cx.term.warn(format_args!(
                "{} does not show the entry yet: nobody has followed the link in the mail to webmaster@{domain}",
                self.hub.origin
            )),
        }
        Ok(status(found))
    }

    fn remove(&self, domain: &Domain) -> anyhow::Result<ExitStatus> {
        if self.args.dry_run {
            let url = format!("{}/api/v1/peers/removal", self.hub.origin);
            let request = json!({"method": "POST", "url": url, "body": {"domain": domain}});
            self.cx.term.answer(format!("would send\n{}\n", shown(&request)))?;
            return Ok(ExitStatus::Clean);
        }
        let call = self.cx.block_on(async { Ok(self.client.remove(&self.hub.endpoint).await) })?;
        if let Some(why) = call.failure() {
            return Err(hinted(format!("{} cannot be reached: {why}", self.hub.origin), "check --hub-url"));
        }
        let answer = call.answer();
        if answer.is_some_and(|answer| answer.status == 200 && answer.success() == Some(true)) {
            self.cx
                .term
                .answer(format!("the hub mails a link to webmaster@{domain}; following it removes the entry\n"))?;
            return Ok(ExitStatus::Clean);
        }
        let reason = answer.map(|answer| answer.error().map_or(answer.shown(), str::to_owned)).unwrap_or_default();
        let hint = "only hubs of `fedctl serve hub` support this; for another hub, ask its operator";
        Err(hinted(format!("{} does not remove {domain}: {reason}", self.hub.origin), hint))
    }
}

fn entry_in(call: &Call) -> Option<Entry> {
    let peer = call.answer().filter(|answer| answer.status == 200)?.json.as_ref()?.get("peer")?.clone();
    serde_json::from_value(peer).ok()
}

/// The request as people read it.
fn shown(request: &Value) -> String {
    serde_json::to_string_pretty(request).unwrap_or_default()
}
