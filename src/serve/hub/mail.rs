//! The mails: what they say, and the worker that sends them. A mail that fails is tried again, by this process or another.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::watch;

use super::{Hub, now};
use crate::count::counted;
use crate::dns::name::Domain;
use crate::error::{Hinted, hinted};
use crate::key::PublicKey;
use crate::rocketchat::hub::ledger::{Action, MailJob, mail_sent, take_mail_job};
use crate::rocketchat::hub::registration::Entry;

/// For one mail.
const SEND: Duration = Duration::from_secs(30);
/// Mails sent at the same time.
const AT_ONCE: usize = 4;
/// Mails looked up at a time.
const BATCH: i64 = 32;
/// How long to rest when nobody rings: another process may have left a mail behind.
const REST: Duration = Duration::from_secs(5);

/// How mails leave the hub.
#[derive(Debug)]
pub enum Mail {
    Smtp(Smtp),
    /// For trials: the link is written to the log, and nothing is sent.
    Log,
}

/// A mail server.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    /// Reads `smtps://user:password@host`, `smtp://host?tls=required` and the like; `ca` holds PEM certificates to trust
    /// instead of the public ones. No error repeats the URL, because it may hold a password.
    pub fn new(url: &str, ca: Option<&[u8]>) -> Result<Self, Hinted> {
        let hint = "it looks like `smtps://user:password@mail.mydomain.com` or `smtp://localhost:25`";
        let refuse = |what: &str| Hinted::new(what, hint);
        let parsed = url::Url::parse(url).map_err(|_| refuse("the mail server is not a url"))?;
        let host =
            parsed.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refuse("the url names no mail server"))?;
        let asked = parsed.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let parameters = || tls_parameters(host, ca);
        let (port, tls) = match (parsed.scheme(), asked.as_deref()) {
            ("smtps", _) => (465, Tls::Wrapper(parameters()?)),
            ("smtp", Some("required")) => (587, Tls::Required(parameters()?)),
            ("smtp", Some("opportunistic")) => (25, Tls::Opportunistic(parameters()?)),
            ("smtp", None) => (25, Tls::None),
            ("smtp", Some(_)) => return Err(refuse("`tls` is neither `required` nor `opportunistic`")),
            _ => return Err(refuse("the url of the mail server starts with neither smtp: nor smtps:")),
        };
        let has_login = !parsed.username().is_empty() || parsed.password().is_some();
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if has_login && !is_local && matches!(tls, Tls::None | Tls::Opportunistic(_)) {
            let hint = "add `?tls=required` to the url, or use smtps:";
            return Err(Hinted::new("the password for the mail server would be sent without encryption", hint));
        }
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(parsed.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(SEND));
        if has_login {
            let decode =
                |text: &str| percent_decode(text).ok_or_else(|| refuse("the login is not percent-encoded UTF-8"));
            let (user, password) = (decode(parsed.username())?, decode(parsed.password().unwrap_or_default())?);
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build() })
    }

    /// Returns when the mail server has taken the mail.
    pub async fn send(&self, message: Message) -> anyhow::Result<()> {
        // The transport's own limit is for each step of the conversation.
        tokio::time::timeout(SEND, self.transport.send(message)).await??;
        Ok(())
    }
}

fn tls_parameters(host: &str, ca: Option<&[u8]>) -> Result<TlsParameters, Hinted> {
    let hint = "give a file of PEM certificates (`-----BEGIN CERTIFICATE-----`)";
    let mut builder = TlsParameters::builder(host.trim_start_matches('[').trim_end_matches(']').to_owned());
    if let Some(pem) = ca {
        if CertificateDer::pem_slice_iter(pem).next().is_none() {
            return Err(Hinted::new("the CA file for the mail server contains no certificate", hint));
        }
        let certificate = Certificate::from_pem(pem);
        let certificate = certificate.map_err(|_| Hinted::new("the CA for the mail server cannot be read", hint))?;
        builder = builder.add_root_certificate(certificate).certificate_store(CertificateStore::None);
    }
    builder.build().map_err(|error| Hinted::new(format!("TLS to the mail server cannot be set up: {error}"), hint))
}

/// RFC 3986 section 2.1.
fn percent_decode(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// Sends what is due until it is stopped.
pub async fn work(hub: Arc<Hub>, mut stopped: watch::Receiver<bool>) {
    loop {
        let sent = match hub.store.due(now(), BATCH).await {
            Ok(due) => {
                let errands = due.into_iter().map(|proposal| run(&hub, proposal.domain, proposal.id));
                let moved = futures_util::stream::iter(errands).buffer_unordered(AT_ONCE);
                // When the database cannot be written there is no hurry to try again.
                moved.filter(|moved| std::future::ready(*moved)).count().await
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the mails that are due cannot be read");
                0
            }
        };
        if *stopped.borrow() {
            return;
        }
        if sent == 0 {
            tokio::select! {
                () = hub.bell.notified() => {}
                () = tokio::time::sleep(REST) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }
}

/// One mail, from taking it in hand to striking it off. False when it could not even be taken in hand.
async fn run(hub: &Hub, domain: Domain, id: String) -> bool {
    let (of, terms) = (id.clone(), hub.terms);
    let job = match hub.store.transact(&domain, move |ledger| take_mail_job(ledger, &of, now(), terms)).await {
        Ok(Some(job)) => job,
        Ok(None) => return true,
        Err(error) => {
            tracing::error!(%domain, error = format!("{error:#}"), "a mail cannot be prepared");
            return false;
        }
    };
    let attempt = job.proposal.attempts;
    if let Err(error) = send(hub, &job).await {
        hub.metrics.count(super::metrics::MAILS, "failed");
        tracing::warn!(%domain, attempt, error = format!("{error:#}"), "a mail failed");
        return true;
    }
    hub.metrics.count(super::metrics::MAILS, "sent");
    tracing::info!(%domain, attempt, "mail sent");
    let removed = hub.store.transact(&domain, move |ledger| (mail_sent(ledger, &id, attempt), ())).await;
    if let Err(error) = removed {
        tracing::error!(%domain, error = format!("{error:#}"), "a mail was sent and will be sent again");
    }
    true
}

async fn send(hub: &Hub, job: &MailJob) -> anyhow::Result<()> {
    let link = format!("{}/confirm?token={}", hub.public_url, job.token.reveal());
    match &hub.mail {
        Mail::Log => {
            let to = format!("webmaster@{}", job.proposal.domain);
            tracing::info!(to, link, "mail, written here and not sent");
            Ok(())
        }
        Mail::Smtp(smtp) => {
            let message = message(&hub.mail_from, &hub.public_url, job, &link)?;
            smtp.send(message).await
        }
    }
}

fn message(from: &str, hub: &str, job: &MailJob, link: &str) -> anyhow::Result<Message> {
    let from: Mailbox = sender(from)?;
    let domain = &job.proposal.domain;
    let to = Mailbox::new(None, Address::new("webmaster", domain.as_str())?);
    let subject = match job.proposal.request {
        Action::Serve(_) => format!("Confirm {domain} at the federation hub"),
        Action::Remove => format!("Remove {domain} from the federation hub"),
    };
    let mut message = Message::builder().from(from).to(to).subject(subject).message_id(None);
    // RFC 3834 section 5: keeps vacation answers away.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    message = message.raw_header(HeaderValue::new(automatic, "auto-generated".into()));
    // Left to itself the library would choose quoted-printable for the length of the link, which then cannot be copied from
    // the source of the mail. This text is ASCII, and RFC 5322 section 2.1.1 allows lines of 998 characters.
    let text = text(hub, job, link).replace('\n', "\r\n").into_bytes();
    let text = Body::dangerous_pre_encoded(text, ContentTransferEncoding::SevenBit);
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
    Ok(message.singlepart(text)?)
}

/// Reads the sender's address.
pub fn sender(text: &str) -> anyhow::Result<Mailbox> {
    text.parse().map_err(|_| {
        hinted(format!("`{}` is not an e-mail address", text.escape_debug()), "--mail-from hub@mydomain.com")
    })
}

fn entry(entry: &Entry) -> String {
    let key = PublicKey::from_pem(&entry.public_key).map(|key| key.fingerprint().to_string()).unwrap_or_default();
    format!("  url         {}\n  key sha256  {key}\n", entry.url)
}

fn text(hub: &str, job: &MailJob, link: &str) -> String {
    let domain = &job.proposal.domain;
    let asked = match &job.proposal.request {
        Action::Serve(wanted) => format!(
            "Somebody, probably you, requested that the Rocket.Chat federation hub\n{hub} gives other servers this URL and key for {domain}:\n\n{}",
            entry(wanted)
        ),
        Action::Remove => format!(
            "Somebody, probably you, requested that the Rocket.Chat federation hub\n{hub} removes its entry for {domain}.\n"
        ),
    };
    let served = match &job.served {
        Some(peer) => format!("\nUntil you confirm, it continues to give:\n\n{}", entry(&peer.entry)),
        None => "\nIt gives nothing until you confirm.\n".to_owned(),
    };
    let hours = (job.proposal.expires - now()) / 3600;
    format!(
        "{asked}{served}\nOpen this page, and confirm or refuse:\n\n{link}\n\nThe link works once, for the next {}. If you do \
         not know what this is\nabout, do nothing: then nothing changes.\n",
        counted(hours.max(1), "hour")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_sent_without_encryption() {
        for url in ["smtp://me:pw@mail.example.org", "smtp://me:pw@mail.example.org?tls=opportunistic"] {
            let error = Smtp::new(url, None).unwrap_err();
            assert!(error.to_string().contains("without encryption") && !format!("{error:?}").contains("pw"));
        }
        for url in
            ["smtps://me:p%40w@mail.example.org", "smtp://me:pw@mail.example.org?tls=required", "smtp://localhost"]
        {
            assert!(Smtp::new(url, None).is_ok(), "{url}");
        }
        for url in ["", "mail.example.org", "https://mail.example.org", "smtp://", "smtp://a?tls=no"] {
            assert!(Smtp::new(url, None).is_err(), "{url}");
        }
    }

    #[test]
    fn logins_are_percent_decoded() {
        assert_eq!(percent_decode("p%40w+").as_deref(), Some("p@w+"));
        assert_eq!(percent_decode("%4").as_deref(), Some("%4"));
        assert_eq!(percent_decode("%ff"), None);
    }
}
