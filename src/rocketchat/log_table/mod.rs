//! The table behind `log_line`: special texts before general ones, because the first entry that fits is taken.

mod connection;
mod discovery;
mod events;
mod first;
mod handlers;
mod key;
mod rooms;

use super::boundary::Span;

/// A text that servers write.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// The releases that write it.
    pub releases: Span,
    /// All of these occur in the line, in any case; of texts with `|` between them, one. Behind `=` stands a whole line.
    pub needles: &'static [&'static str],
    /// What happened, in one sentence.
    pub means: &'static str,
    /// The likeliest first.
    pub causes: &'static [Cause],
}

/// One thing that may be behind it. `DOMAIN`, as a whole word, stands for the domain that the line names.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    pub what: &'static str,
    /// What shows whether it is this one.
    pub confirm: &'static str,
    pub fix: &'static str,
}

/// Everything that is known, in order.
pub fn all() -> impl Iterator<Item = &'static Known> {
    [key::KNOWN, first::KNOWN, discovery::KNOWN, events::KNOWN, handlers::KNOWN, connection::KNOWN, rooms::KNOWN]
        .into_iter()
        .flatten()
}

const fn known(
    releases: Span,
    needles: &'static [&'static str],
    means: &'static str,
    causes: &'static [Cause],
) -> Known {
    Known { releases, needles, means, causes }
}

const fn cause(what: &'static str, confirm: &'static str, fix: &'static str) -> Cause {
    Cause { what, confirm, fix }
}

const DNS: &str = "fedctl dns-check DOMAIN";
const TEST_DOMAIN: &str = "look at Administration > Federation > Domain";
const SHAKE: &str = "fedctl handshake DOMAIN";
const OFF: Cause =
    cause("federation is switched off there", SHAKE, "switch it on: Administration > Federation > Enabled");
const OLD_KEY: Cause = cause(
    "an old key is cached: 3.4 and later cache DNS responses for an hour, 1.x until a request fails",
    "it ends by itself within an hour of the key change, or with a restart",
    "restart the server that writes the line",
);
const NO_SRV: Cause = cause(
    "no SRV record at a name that this release queries: 1.x reads _tcp only, 2.0 to 3.3 _https and _http only",
    DNS,
    "publish what this prints: fedctl records DOMAIN --target HOST --key FILE",
);
const OWN_RESOLVER: Cause = cause(
    "the records exist, but the resolver of this server or container does not get them: split DNS, or TCP port 53 is blocked",
    "on that host: fedctl dns-check DOMAIN --system-only",
    "fix the resolver of the server; /etc/hosts does not help, because servers query DNS for SRV and TXT",
);
const HUB_GONE: Cause = cause(
    "the records were not found, and the hub, which is queried next, has no answer either",
    DNS,
    "correct DNS; do not rely on the hub, from 4.2 on its answers are not used at all",
);
const UPGRADE_TWO: &str = "upgrade to 3.6.3 or later, preferably 3.18.x, 4.8.x or 6.2.x";
const PRIVATE_CA: Cause = cause(
    "the certificate is from an authority of your own",
    SHAKE,
    "NODE_EXTRA_CA_CERTS=FILE in the environment of every server that calls it",
);
