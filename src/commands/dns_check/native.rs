//! Native federation beside or instead of the classic one: which releases ask for it, and what it finds.

use crate::commands::network::now;
use crate::dns::name::Domain;
use crate::facts::dns::{Expected, Kinds};
use crate::facts::native::NativeFacts;
use crate::net::Net;
use crate::net::native::observe;
use crate::rocketchat::life::with_classic;
use crate::rocketchat::release::Release;

/// The expectation with the named releases: those with classic federation by number, the others by their kind.
pub fn with_releases(expected: Expected, releases: &[Release], native: bool) -> Expected {
    Expected { releases: with_classic(releases), kinds: Kinds::of(releases, native), ..expected }
}

/// Looks at a domain as native federation does, when that counts.
pub async fn look(net: &Net, domain: &Domain, expected: &Expected) -> Option<NativeFacts> {
    if expected.kinds.native() { Some(observe(net, domain, now()).await) } else { None }
}
