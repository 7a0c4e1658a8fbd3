//! The texts of findings as HTML: code is marked up, a fix is prose, and each command is a box with a copy button.

use maud::{Markup, html};

use super::fill::{harmless, spans};
use crate::page::command;
use crate::report::{FixPart, fix_parts};

/// A sentence, with what is between backticks as code.
pub fn prose(text: &str) -> Markup {
    let text = harmless(text);
    html! {
        @for (is_code, piece) in spans(&text) {
            @if is_code { code { (piece) } } @else { (piece) }
        }
    }
}

/// Sentences as paragraphs, each line to copy in its own box.
pub fn fix(text: &str) -> Markup {
    html! {
        @for part in fix_parts(text) {
            @match part {
                FixPart::Text(text) => p { (prose(text)) },
                FixPart::Copy(line) => (command(&harmless(line))),
            }
        }
    }
}
