//! Where messages go: a program, mail, a webhook, Rocket.Chat, Alertmanager.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use url::Url;

use crate::endpoint::Endpoint;
use crate::error::Hinted;
use crate::net::notify::Notifier;
use crate::render::watch::message::{alertmanager, json, rocketchat, text, title};
use crate::serve::hub::{Smtp, sender};
use crate::store::watch::Outgoing;

/// For a program.
const COMMAND_TIME: Duration = Duration::from_secs(60);
/// Where Alertmanager takes alerts, below its URL.
const ALERTS: &str = "api/v2/alerts";
/// Bytes of the digest that stands for a URL.
const DIGEST: usize = 6;

/// What is written before the `:` of a channel.
pub const KINDS: [&str; 5] = ["command", "mailto", "webhook", "rocketchat", "alertmanager"];

/// A place that messages go to. Its URL may hold a secret and is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub enum Channel {
    /// A program that reads JSON on its standard input.
    Command(PathBuf),
    Mail(Mailbox),
    Webhook(Target),
    RocketChat(Target),
    Alertmanager(Target),
}

/// A URL to post to.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub base: Endpoint,
    /// With its query.
    pub path: String,
}

impl fmt::Display for Channel {
    /// A name for the database and the log, without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(path) => write!(f, "command:{}", path.display()),
            Self::Mail(to) => write!(f, "mailto:{}", to.email),
            Self::Webhook(target) => write!(f, "webhook:{target}"),
            Self::RocketChat(target) => write!(f, "rocketchat:{target}"),
            Self::Alertmanager(target) => write!(f, "alertmanager:{target}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = Sha256::digest(&self.path);
        let digest: String = digest.iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect();
        write!(f, "{}#{digest}", self.base)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What sending needs.
#[derive(Debug)]
pub struct Post {
    pub notifier: Notifier,
    pub smtp: Option<Smtp>,
    /// The sender of mails.
    pub mail_from: Mailbox,
}

impl Channel {
    /// Reads one. No error repeats a URL.
    pub fn parse(text: &str) -> Result<Self, Hinted> {
        let hint = "write command:PROGRAM, mailto:ADDRESS, webhook:URL, rocketchat:URL or alertmanager:URL";
        let refuse = |what: &str| Hinted::new(what, hint);
        let (kind, rest) = text.split_once(':').ok_or_else(|| refuse("an alert has no kind"))?;
        Ok(match kind {
            "command" if rest.is_empty() => return Err(refuse("an alert names no program")),
            "command" => Self::Command(PathBuf::from(rest)),
            "mailto" => Self::Mail(sender(rest).map_err(|_| refuse("an alert has no e-mail address"))?),
            "webhook" => {
                Self::Webhook(target(rest, None).ok_or_else(|| refuse("the address of a webhook is not a URL"))?)
            }
            "rocketchat" => {
                Self::RocketChat(target(rest, None).ok_or_else(|| refuse("the address of a webhook is not a URL"))?)
            }
            "alertmanager" => {
                let target =
                    target(rest, Some(ALERTS)).ok_or_else(|| refuse("the address of Alertmanager is not a URL"))?;
                Self::Alertmanager(target)
            }
            _ => return Err(refuse("an alert is of an unknown kind")),
        })
    }

    /// Sends a message; returns when the receiver has taken it.
    pub async fn send(&self, post: &Post, outgoing: &Outgoing) -> anyhow::Result<()> {
        let (message, number) = (&outgoing.message, outgoing.number);
        match self {
            Self::Command(path) => run(path, &json(message, number)).await,
            Self::Mail(to) => {
                let smtp = post.smtp.as_ref().ok_or_else(|| anyhow::anyhow!("no mail server is named"))?;
                smtp.send(mail(&post.mail_from, to, outgoing)?).await
            }
            Self::Webhook(target) => target.post(post, &json(message, number)).await,
            Self::RocketChat(target) => target.post(post, &rocketchat(message)).await,
            Self::Alertmanager(target) => target.post(post, &alertmanager(message)).await,
        }
    }
}

impl Target {
    pub async fn post(&self, post: &Post, value: &Value) -> anyhow::Result<()> {
        post.notifier.post(&self.base, &self.path, value.to_string().into_bytes()).await
    }
}

fn target(text: &str, below: Option<&str>) -> Option<Target> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())?;
    let mut path = url.path().to_owned();
    if let Some(below) = below {
        path = format!("{}/{below}", path.trim_end_matches('/'));
    }
    if let Some(query) = url.query() {
        path = format!("{path}?{query}");
    }
    Some(Target { base: Endpoint::of(&url).ok()?, path })
}

/// Gives the message to a program. It counts as sent when the program ends with status 0.
async fn run(path: &PathBuf, value: &Value) -> anyhow::Result<()> {
    let mut child = Command::new(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| anyhow::anyhow!("`{}` cannot be started: {error}", path.display()))?;
    let stdin = child.stdin.take();
    let talk = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input may still succeed.
            let _ = stdin.write_all(format!("{value}\n").as_bytes()).await;
        }
        child.wait().await
    };
    let status = tokio::time::timeout(COMMAND_TIME, talk).await;
    let status = status.map_err(|_| anyhow::anyhow!("`{}` took more than a minute", path.display()))??;
    anyhow::ensure!(status.success(), "`{}` ended with {status}", path.display());
    Ok(())
}

fn mail(from: &Mailbox, to: &Mailbox, outgoing: &Outgoing) -> anyhow::Result<Mail> {
    let message = &outgoing.message;
    // The same name when it comes twice, so that the mailbox can drop the second one.
    let id = format!("<{}.{}.{}@fedctl.invalid>", message.domain, outgoing.number, message.time);
    let mut mail = Mail::builder().from(from.clone()).to(to.clone()).subject(title(message)).message_id(Some(id));
    // RFC 3834 section 5: keeps vacation answers away.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    mail = mail.raw_header(HeaderValue::new(automatic, "auto-generated".into()));
    Ok(mail.header(ContentType::TEXT_PLAIN).body(text(message))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_has_a_name_without_its_secret() {
        for (text, start) in [
            ("command:/usr/local/bin/page", "command:/usr/local/bin/page"),
            ("mailto:ops@example.org", "mailto:ops@example.org"),
            ("webhook:https://hooks.example.org/s3cret?token=s3cret", "webhook:https://hooks.example.org:443#"),
            ("rocketchat:https://chat.example.org/hooks/a/s3cret", "rocketchat:https://chat.example.org:443#"),
            ("alertmanager:http://127.0.0.1:9093/am/", "alertmanager:http://127.0.0.1:9093#"),
        ] {
            assert!(KINDS.iter().any(|kind| text.starts_with(&format!("{kind}:"))), "{text}");
            let channel = Channel::parse(text).unwrap();
            assert!(channel.to_string().starts_with(start) && !format!("{channel} {channel:?}").contains("s3cret"));
        }
        let Channel::Alertmanager(target) = Channel::parse("alertmanager:http://127.0.0.1:9093/am/").unwrap() else {
            panic!("another kind");
        };
        assert_eq!(target.path, "/am/api/v2/alerts");
        for bad in ["", "ops@example.org", "https://hooks.example.org/s3cret", "webhook:s3cret", "command:", "mailto:x"]
        {
            let error = Channel::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
