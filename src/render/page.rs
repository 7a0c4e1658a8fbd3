//! The look of the pages of a watch and of a sandbox: no scripts, light and dark, readable on a phone.

use maud::Markup;

use crate::page::{self, Forms};

const CSS: &str = concat!(include_str!("../page.css"), include_str!("status.css"));

pub fn policy() -> String {
    page::policy(CSS, Forms::None)
}

/// A page that a browser loads again after `refresh` seconds.
pub fn page(title: &str, refresh: u32, body: &Markup) -> String {
    page::frame(title, CSS, &page::served(Some(refresh)), body)
}
