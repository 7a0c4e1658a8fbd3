//! The pages for people: plain HTML without scripts, everything that came from outside escaped.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::dns::name::Domain;
use crate::key::{PublicKey, base64};
use crate::rocketchat::hub::ledger::{Action, Closed, Dead, Peer, Proposal};
use crate::rocketchat::hub::registration::Entry;
use crate::text::Filtered;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}\
code{overflow-wrap:anywhere}dt{font-weight:bold;margin-top:.5rem}dd{margin:0}\
button{font:inherit;padding:.5rem 1rem;margin:1rem 1rem 1rem 0}:root{color-scheme:light dark}";

/// The policy names the hash of the style, so that nothing else runs or loads, whatever slips into the page.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = base64::encode(&Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

/// Text for HTML, in an element or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// `title` is text, `body` is HTML.
fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    );
    Filtered::answer(&page).as_str().to_owned()
}

fn entry(entry: &Entry) -> String {
    let key = PublicKey::from_pem(&entry.public_key).map(|key| key.fingerprint().to_string()).unwrap_or_default();
    let url = escape(&entry.url);
    let line = escape(&entry.public_key);
    format!(
        "<dl><dt>URL of the server</dt><dd><code>{url}</code></dd>\
         <dt>SHA-256 of its public key</dt><dd><code>{key}</code></dd>\
         <dt>Public key</dt><dd><code>{line}</code></dd></dl>"
    )
}

/// What a link is about, with the two buttons. Looking at it changes nothing.
pub fn question(proposal: &Proposal, served: Option<&Peer>, token: &str) -> String {
    let domain = escape(proposal.domain.as_str());
    let (title, body) = match (&proposal.request, served) {
        (Action::Remove, _) => {
            (format!("Remove {}?", proposal.domain), format!("<p>This hub would no longer tell where {domain} is.</p>"))
        }
        (Action::Serve(wanted), None) => (
            format!("Confirm {}", proposal.domain),
            format!("<p>This hub would tell everybody that {domain} is here:</p>{}", entry(wanted)),
        ),
        (Action::Serve(wanted), Some(peer)) => (
            format!("Confirm the change of {}", proposal.domain),
            format!(
                "<p>This hub would tell everybody that {domain} is here from now on:</p>{}\
                 <p>Until then it says:</p>{}",
                entry(wanted),
                entry(&peer.entry)
            ),
        ),
    };
    let token = escape(token);
    let form = format!(
        "<form method=\"post\" action=\"/confirm\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button name=\"answer\" value=\"yes\">Yes, this is right</button>\
         <button name=\"answer\" value=\"no\">No, I did not ask for this</button></form>\
         <p>Compare the SHA-256 with <code>fedctl key inspect</code> on your own key. Closing this page changes nothing.</p>"
    );
    page(&title, &format!("{body}\n{form}"))
}

/// What the reader has decided.
pub fn decided(proposal: &Proposal, accept: bool) -> String {
    let domain = escape(proposal.domain.as_str());
    let (title, body) = match (accept, &proposal.request) {
        (false, _) => (
            "Nothing was changed",
            format!(
                "<p>The request about {domain} is refused. It no longer counts among the mails of today: you can register {domain} now.</p>"
            ),
        ),
        (true, Action::Remove) => ("Removed", format!("<p>This hub no longer tells where {domain} is.</p>")),
        (true, Action::Serve(_)) => {
            ("Confirmed", format!("<p>Servers that ask this hub can find <strong>{domain}</strong> now.</p>"))
        }
    };
    page(title, &body)
}

/// A link that does nothing.
pub fn dead(dead: Dead) -> String {
    let (title, body) = match dead {
        Dead::Unknown => (
            "This link is not known",
            "Look for the newest mail of this hub, and take care that the link in it was copied as a whole.",
        ),
        Dead::Expired => ("This link has expired", "Register again: the hub then sends another mail."),
        Dead::Used(Closed::Confirmed) => ("This link was used", "The request was confirmed already. All is well."),
        Dead::Used(Closed::Refused) => ("This link was used", "The request was refused. Nothing was changed."),
        Dead::Used(Closed::Void) => {
            ("This link was overtaken", "A later decision counts. Register again if it was the wrong one.")
        }
    };
    page(title, &format!("<p>{body}</p>"))
}

/// Any other message.
pub fn message(title: &str, text: &str) -> String {
    page(title, &format!("<p>{}</p>", escape(text)))
}

/// The form that asks for a removal mail.
pub fn removal() -> String {
    page(
        "Remove an entry",
        "<p>The hub sends a link to <code>webmaster@</code> the domain. Only who follows it can remove the entry.</p>\
         <form method=\"post\" action=\"/remove\"><label>Domain <input name=\"domain\" required maxlength=\"253\" \
         placeholder=\"mydomain.com\"></label> <button>Send the mail</button></form>",
    )
}

/// A removal mail is on its way.
pub fn removal_mailed(domain: &Domain) -> String {
    message("Look into the mail", &format!("A link was sent to webmaster@{domain}."))
}

/// What this server is.
pub fn front(public_url: &str) -> String {
    let url = escape(public_url);
    page(
        "Federation hub",
        &format!(
            "<p>This server tells Rocket.Chat servers (1.0 to 4.1) where other servers are, for domains without DNS \
             records.</p><p>Register: <code>fedctl register mydomain.com --url https://chat.mydomain.com --key \
             federation.pub --hub-url {url}</code></p><p><a href=\"/remove\">Remove an entry</a></p>"
        ),
    )
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
            assert!(!html.contains("<script") && !html.contains("'x'"), "{html}");
            assert!(html.contains("&lt;script&gt;"));
        }
    }
}
