//! `fedctl serve hub`

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::commands::Context;
use crate::commands::hub::StoreArgs;
use crate::commands::log::LogFormat;
use crate::commands::network::authorities;
use crate::dns::name::Host;
use crate::error::{ExitStatus, hinted};
use crate::range::{Counts, Times};
use crate::rocketchat::hub::ledger::Terms;
use crate::rocketchat::hub::registration::{Admission, origin};
use crate::serve::hub::{Config, Limits, Mail, Smtp, sender, start};
use crate::term::signals::Stop;

/// Shorter and nobody has read the mail; longer and old mails can still change something.
const LINK_LIFETIME: Times = Times::new(Duration::from_secs(60), Duration::from_secs(30 * 86_400));
/// What one client may do, in an hour or a minute.
const REQUESTS: Counts = Counts::new(1, 1_000_000);
const MAILS: Counts = Counts::new(1, 10_000);
const CONNECTIONS: Counts = Counts::new(1, 65_535);

/// Run your own hub: a directory of servers for domains without DNS records
///
/// Speaks the API of the public hub. An entry, a change and a removal each count only after somebody who reads the mail for
/// webmaster@ the domain has confirmed it. Speaks plain HTTP: put a reverse proxy with a certificate in front of it
/// (docs/hub.md). The first line of output is the address that it listens on; the log goes to stderr.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  fedctl serve hub --public-url https://hub.mydomain.com --data /var/lib/fedctl-hub --smtp smtps://mail.mydomain.com\n  fedctl serve hub --public-url http://127.0.0.1:8080 --data hub --mail-to-log"
)]
pub struct ServeHub {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The URL at which servers and people reach this hub; links in mails start with it
    #[arg(long, value_name = "URL")]
    public_url: String,
    #[command(flatten)]
    store: StoreArgs,
    /// The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST[:PORT][?tls=required]
    #[arg(long, value_name = "URL", env = "FEDCTL_HUB_SMTP", hide_env_values = true)]
    smtp: Option<String>,
    /// Trust the certificates in this PEM file when talking to the mail server
    #[arg(long, value_name = "FILE", requires = "smtp")]
    smtp_ca: Option<PathBuf>,
    /// For trials: write the links to the log and send no mail
    #[arg(long, conflicts_with = "smtp")]
    mail_to_log: bool,
    /// Sender of the mails [default: hub@ the host of --public-url]
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Accept only this domain and those below it; may be repeated
    #[arg(long = "allow-domain", value_name = "DOMAIN")]
    allow_domains: Vec<Host>,
    /// Accept URLs in private networks
    #[arg(long)]
    allow_private: bool,
    /// Trust the X-Forwarded-For of this reverse proxy; may be repeated
    #[arg(long = "trusted-proxy", value_name = "ADDR")]
    trusted_proxies: Vec<IpAddr>,
    /// How long the link of a mail works
    ///
    /// From 1m to 720h.
    #[arg(long, value_name = "TIME", default_value = "48h", value_parser = |text: &str| LINK_LIFETIME.read(text))]
    link_lifetime: Duration,
    /// Mails to one domain in 24 hours
    ///
    /// From 1 to 10000.
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = |text: &str| MAILS.read::<usize>(text))]
    mails_per_day: usize,
    /// Registrations and removals of one address in an hour
    ///
    /// From 1 to 1000000.
    #[arg(long, value_name = "COUNT", default_value = "30", value_parser = |text: &str| REQUESTS.read::<u32>(text))]
    registrations_per_hour: u32,
    /// Searches and pages of one address in a minute
    ///
    /// From 1 to 1000000.
    #[arg(long, value_name = "COUNT", default_value = "300", value_parser = |text: &str| REQUESTS.read::<u32>(text))]
    searches_per_minute: u32,
    /// Connections at the same time
    ///
    /// From 1 to 65535.
    #[arg(long, value_name = "COUNT", default_value = "1024", value_parser = |text: &str| CONNECTIONS.read::<usize>(text))]
    connections: usize,
    /// How to write the log: text or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    log_format: LogFormat,
}

impl ServeHub {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let public_url = self.public_url()?;
        let mail = self.mail()?;
        let mail_from = self.mail_from(&public_url)?;
        let link_lifetime = i64::try_from(self.link_lifetime.as_secs())?;
        self.log_format.start(&cx.term)?;
        cx.block_on(async {
            let mut stop = Stop::catch()?;
            let config = Config {
                listen: self.listen,
                public_url: Some(public_url.clone()),
                store: self.store.create().await?,
                mail,
                mail_from,
                admission: Admission { allow_domains: self.allow_domains.clone(), allow_private: self.allow_private },
                terms: Terms { link_lifetime, mails_per_day: self.mails_per_day, ..Terms::default() },
                limits: Limits {
                    registrations: self.registrations_per_hour,
                    searches: self.searches_per_minute,
                    connections: self.connections,
                },
                trusted_proxies: self.trusted_proxies.clone(),
            };
            let running = start(config).await.map_err(|error| {
                hinted(format!("cannot listen on {}: {error}", self.listen), "choose a free port, or port 0")
            })?;
            cx.term.answer(format!("{}\n", running.addr))?;
            tracing::info!(addr = %running.addr, public_url, "the hub is open");
            if public_url.starts_with("http:") && !running.addr.ip().is_loopback() {
                tracing::warn!(
                    "links and entries are sent without encryption: put a reverse proxy with a certificate in front of the hub"
                );
            }
            stop.requested().await;
            tracing::info!("stopping");
            running.stop().await;
            Ok(ExitStatus::Clean)
        })
    }

    fn public_url(&self) -> anyhow::Result<String> {
        origin(&self.public_url, true).context("--public-url")
    }

    fn mail(&self) -> anyhow::Result<Mail> {
        let ca = self.smtp_ca.as_deref().map(authorities).transpose()?;
        match &self.smtp {
            Some(url) => Ok(Mail::Smtp(Smtp::new(url, ca.as_ref().map(|pem| pem.as_slice())).context("--smtp")?)),
            None if self.mail_to_log => Ok(Mail::Log),
            None => {
                let hint = "--smtp smtp://localhost:25, or --mail-to-log for a trial";
                Err(hinted("a hub that sends no mail cannot prove who owns a domain", hint))
            }
        }
    }

    fn mail_from(&self, public_url: &str) -> anyhow::Result<String> {
        let host = url::Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let text = self.mail_from.clone().unwrap_or_else(|| format!("hub@{}", host.unwrap_or_default()));
        sender(&text)?;
        Ok(text)
    }
}
