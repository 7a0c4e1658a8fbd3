//! The options that say where messages go, and when not.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::channel::{Channel, Post};
use crate::commands::network::authorities;
use crate::error::{Hinted, hinted};
use crate::net::notify::Notifier;
use crate::range::Counts;
use crate::report::watch::domain_state::Rules;
use crate::report::watch::silence::Silence;
use crate::serve::hub::{Smtp, sender};
use crate::severity::Severity;

const CONFIRMATIONS: Counts = Counts::new(1, 10);
const DAYS: Counts = Counts::new(0, 36_500);
/// The sender of mails when none is named.
const SENDER: &str = "fedctl@localhost";

fn days(text: &str) -> Result<i64, Hinted> {
    DAYS.read(text)
}

/// Where messages go, and when not.
#[derive(Debug, Args)]
pub struct AlertArgs {
    /// Send messages there; command:PROGRAM, mailto:ADDRESS, webhook:URL, rocketchat:URL or alertmanager:URL; may be repeated, or separated by spaces in the variable
    #[arg(long = "alert", value_name = "CHANNEL", env = "FEDCTL_WATCH_ALERTS", hide_env_values = true)]
    #[arg(value_delimiter = ' ')]
    alerts: Vec<String>,
    /// The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST[:PORT][?tls=required]
    #[arg(long, value_name = "URL", env = "FEDCTL_WATCH_SMTP", hide_env_values = true, hide_short_help = true)]
    smtp: Option<String>,
    /// Trust the certificates in this PEM file when talking to the mail server
    #[arg(long, value_name = "FILE", requires = "smtp")]
    smtp_ca: Option<PathBuf>,
    /// Sender of the mails
    #[arg(long, value_name = "ADDRESS", default_value = SENDER)]
    mail_from: String,
    /// Send no messages in this time; `22:00-06:00` every day, `START/END` once, `DOMAIN=TIME` for one domain, in UTC; may be repeated
    #[arg(long = "silence", value_name = "TIME")]
    pub silences: Vec<Silence>,
    /// Checks in a row that must agree before a change counts
    ///
    /// From 1 to 10.
    #[arg(long, value_name = "COUNT", default_value = "2", value_parser = |text: &str| CONFIRMATIONS.read::<u32>(text))]
    confirm: u32,
    /// Findings below this severity do not lead to messages
    #[arg(long, value_name = "SEVERITY", default_value = "error", hide_possible_values = true)]
    alert_severity: Severity,
    /// Send a reminder this many days before a certificate expires, separated by commas
    ///
    /// Each from 0 to 36500.
    #[arg(long, value_name = "DAYS", default_value = "14,7,3,1", value_delimiter = ',', value_parser = days)]
    certificate_days: Vec<i64>,
    /// Send a reminder when a key has been in use for this many days
    ///
    /// From 0 to 36500.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    key_days: Option<i64>,
}

impl AlertArgs {
    /// The channels, each once.
    pub fn channels(&self) -> anyhow::Result<Vec<Channel>> {
        let mut channels: Vec<Channel> = Vec::new();
        for text in self.alerts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let channel = Channel::parse(text)?;
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        if channels.iter().any(|channel| matches!(channel, Channel::Mail(_))) && self.smtp.is_none() {
            return Err(hinted("mail needs a mail server", "--smtp smtp://localhost:25"));
        }
        Ok(channels)
    }

    pub fn rules(&self) -> Rules {
        Rules {
            severity: self.alert_severity,
            confirm: self.confirm,
            certificate_days: self.certificate_days.clone(),
            key_days: self.key_days,
        }
    }

    /// What sending needs.
    pub fn post(&self, notifier: Notifier) -> anyhow::Result<Post> {
        let ca = self.smtp_ca.as_deref().map(authorities).transpose()?;
        let ca = ca.as_ref().map(|pem| pem.as_slice());
        let smtp = self.smtp.as_ref().map(|url| Smtp::new(url, ca).context("--smtp")).transpose()?;
        let mail_from = sender(&self.mail_from)?;
        Ok(Post { notifier, smtp, mail_from })
    }
}
