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

/// Adds a copy button to each command. A page is complete without it.
const COPY: &str = include_str!("copy.js");

/// The `Content-Security-Policy` of a page. It names the hashes of the style sheet and of the script for the copy buttons, so that
/// nothing else runs or loads, whatever slips into the page.
pub fn policy(css: &str, forms: Forms) -> String {
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(css), hash(COPY));
    let forms = match forms {
        Forms::None => "none",
        Forms::Own => "self",
    };
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; form-action '{forms}'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// A command in a box, to which the script adds the button.
pub fn command(line: &str) -> Markup {
    html! { div class="copy" { pre { (line) } } }
}

/// The script for the copy buttons, for the end of a page with commands.
pub fn copy_script() -> Markup {
    html! { script { (PreEscaped(COPY)) } }
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
