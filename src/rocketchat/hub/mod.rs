//! The hub's rules: what may be registered, who decides about an entry, and how often one may ask.
//!
//! A hub tells servers the URL and the key of a domain that publishes no DNS records. It trusts nobody: an entry, a change
//! and a removal each count only after somebody who reads mail for `webmaster@` the domain has said so.

pub mod ledger;
pub mod registration;
pub mod token;
pub mod transfer;
