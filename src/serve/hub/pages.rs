//! The pages for people: they work without scripts, and everything that came from outside is escaped.

use std::sync::LazyLock;

use maud::{Markup, html};

use crate::dns::name::Domain;
use crate::key::PublicKey;
use crate::page::{self, Forms};
use crate::rocketchat::hub::ledger::{Action, Closed, Dead, Peer, Proposal};
use crate::rocketchat::hub::registration::Entry;
use crate::text::Filtered;

const STYLE: &str = concat!(include_str!("../../page.css"), include_str!("pages.css"));

pub static POLICY: LazyLock<String> = LazyLock::new(|| page::policy(STYLE, Forms::Own));

fn page(title: &str, body: &Markup) -> String {
    let page = page::frame(title, STYLE, &page::served(None), &html! { h1 { (title) } (body) });
    Filtered::answer(&page).as_str().to_owned()
}

fn entry(entry: &Entry) -> Markup {
    let key = PublicKey::from_pem(&entry.public_key).map(|key| key.fingerprint().to_string()).unwrap_or_default();
    html! {
        dl {
            dt { "URL of the server" } dd { code { (entry.url) } }
            dt { "SHA-256 of its public key" } dd { code { (key) } }
            dt { "Public key" } dd { code { (entry.public_key) } }
        }
    }
}

/// What a link is about, with the two buttons. Opening it changes nothing.
pub fn question(proposal: &Proposal, served: Option<&Peer>, token: &str) -> String {
    let domain = &proposal.domain;
    let title = match (&proposal.request, served) {
        (Action::Remove, _) => format!("Remove {domain}?"),
        (Action::Serve(_), None) => format!("Confirm {domain}"),
        (Action::Serve(_), Some(_)) => format!("Confirm the change of {domain}"),
    };
    let body = html! {
        @match (&proposal.request, served) {
            (Action::Remove, _) => p { "This hub would no longer give servers the URL and the key of " (domain) "." },
            (Action::Serve(requested), None) => {
                p { "This hub would give servers this URL and this key for " (domain) ":" }
                (entry(requested))
            },
            (Action::Serve(requested), Some(peer)) => {
                p { "From now on this hub would give servers this URL and this key for " (domain) ":" }
                (entry(requested))
                p { "Until then it gives:" }
                (entry(&peer.entry))
            },
        }
        form method="post" action="/confirm" {
            input type="hidden" name="token" value=(token);
            button name="answer" value="yes" { "Yes, this is right" }
            " "
            button name="answer" value="no" { "No, I did not request this" }
        }
        p { "Compare the SHA-256 with " code { "fedctl key inspect" } " on your key. Closing this page changes nothing." }
    };
    page(&title, &body)
}

/// What the reader has decided.
pub fn decided(proposal: &Proposal, accept: bool) -> String {
    let domain = &proposal.domain;
    let (title, body) = match (accept, &proposal.request) {
        (false, _) => (
            "Nothing was changed",
            html! {
                p {
                    "The request about " (domain) " is refused. It no longer counts among the mails of today: you can register "
                    (domain) " now."
                }
            },
        ),
        (true, Action::Remove) => {
            ("Removed", html! { p { "This hub no longer gives servers the URL and the key of " (domain) "." } })
        }
        (true, Action::Serve(_)) => {
            ("Confirmed", html! { p { "Servers that query this hub can find " strong { (domain) } " now." } })
        }
    };
    page(title, &body)
}

/// A link that does nothing.
pub fn dead(dead: Dead) -> String {
    let (title, text) = match dead {
        Dead::Unknown => (
            "This link is not known",
            "Open the link of the newest mail of this hub, and make sure that it was copied as a whole.",
        ),
        Dead::Expired => ("This link has expired", "Register again: the hub then sends another mail."),
        Dead::Used(Closed::Confirmed) => {
            ("This link was used", "The request was confirmed already. There is nothing more to do.")
        }
        Dead::Used(Closed::Refused) => ("This link was used", "The request was refused. Nothing was changed."),
        Dead::Used(Closed::Void) => {
            ("This link was replaced", "A later decision counts. Register again if it was the wrong one.")
        }
    };
    message(title, text)
}

/// Any other message.
pub fn message(title: &str, text: &str) -> String {
    page(title, &html! { p { (text) } })
}

/// The form that requests a mail with the link for a removal.
pub fn removal() -> String {
    let body = html! {
        p {
            "The hub sends a link to " code { "webmaster@" } " the domain. Only a person who opens that link can \
             remove the entry."
        }
        form method="post" action="/remove" {
            label { "Domain " input name="domain" required maxlength="253" placeholder="mydomain.com"; }
            " "
            button { "Send the mail" }
        }
    };
    page("Remove an entry", &body)
}

/// A removal mail is on its way.
pub fn removal_mailed(domain: &Domain) -> String {
    message("Check your mail", &format!("A link was sent to webmaster@{domain}."))
}

/// What this server is.
pub fn front(public_url: &str) -> String {
    let command = format!(
        "fedctl register mydomain.com --url https://chat.mydomain.com --key federation.pub --hub-url {public_url}"
    );
    let body = html! {
        p { "This server gives Rocket.Chat servers (1.0 to 4.1) the URL and the key of domains without DNS records." }
        p { "Register:" }
        (page::command(&command))
        (page::copy_script())
        p { a href="/remove" { "Remove an entry" } }
    };
    page("Federation hub", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let hostile = "\"><script>alert('x')</script>&";
        let proposal = Proposal {
            id: "id".into(),
            domain: "mydomain.com".parse().unwrap(),
            request: Action::Serve(Entry { url: hostile.into(), public_key: hostile.into() }),
            token: None,
            created: 0,
            expires: 1,
            mail_due: None,
            attempts: 0,
            closed: None,
        };
        for html in [question(&proposal, None, hostile), message(hostile, hostile), front(hostile)] {
            assert!(!html.contains("<script>alert") && html.contains("&quot;&gt;&lt;script&gt;"), "{html}");
        }
    }
}
