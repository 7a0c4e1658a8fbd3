//! The frame of every HTML page, written to a file or served: one style sheet inside it, nothing loaded from anywhere.

use base64::Engine;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// Where the forms of a page may lead (`form-action` of its policy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// The page has none.
    None,
    /// To the server that the page came from.
    Own,
}

/// The `Content-Security-Policy` of a page. It names the hash of the style sheet, so that nothing else runs or loads, whatever
/// slips into the page.
pub fn policy(css: &str, forms: Forms) -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(css));
    let forms = match forms {
        Forms::None => "none",
        Forms::Own => "self",
    };
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action '{forms}'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// What a served page has in its head: search engines leave it out, and a browser loads it again after `refresh` seconds.
pub fn served(refresh: Option<u32>) -> Markup {
    html! {
        meta name="robots" content="noindex";
        @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
    }
}

/// A whole page. `head` is what its head has besides.
pub fn frame(title: &str, css: &str, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (head)
                title { (title) }
                style { (PreEscaped(css)) }
            }
            body { (body) }
        }
    };
    page.into_string()
}
