//! The records in every form that a DNS provider takes: one file for each form or family, with its own reader.
//!
//! A reader turns a text back into what a name server would publish. [`write()`] reads every text back before anyone sees it,
//! and `records lint` gives the same readers what somebody else has written.

mod azure;
pub mod changes;
mod cloudflare;
mod digitalocean;
mod dnscontrol;
pub mod edit;
mod external_dns;
mod facts;
mod fields;
mod form;
mod google;
mod hcl;
mod human;
mod json;
mod octodns;
mod panels;
mod powerdns;
mod rdata;
mod route53;
mod shell;
mod unbound;
mod update;
mod windows;
mod zone;

pub use facts::{Facts, Limit, Measure, Proof};
pub use human::{size, table};

use crate::dns::field;
use crate::dns::name::{Domain, Host};
use crate::dns::record::{CharacterString, RData, Rr, STRING_MAX};
use crate::error::Hinted;
use crate::render::fill::beside;
use crate::rocketchat::change;
use crate::rocketchat::records::{Plan, RecordSet};

/// One form.
#[derive(Debug)]
pub struct Format {
    /// What `--format` takes; never renamed.
    pub id: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Where the text goes and what to type there; empty when the text contains that.
    pub next: &'static str,
    /// The text tells lengths and fingerprints itself; else they stand beside it, on stderr.
    pub prints_sizes: bool,
    pub write: fn(&Plan) -> Result<String, Hinted>,
    /// Reads any text in this form, not only our own.
    pub read: fn(&str, &Place) -> Result<Vec<Rr>, Hinted>,
    pub facts: Facts,
}

/// Where a text is read: relative names end with the zone, a bare value is the key of the domain.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub domain: &'a Domain,
    pub zone: &'a Host,
}

impl<'a> Place<'a> {
    /// The place of a set.
    pub fn of(set: &'a RecordSet) -> Self {
        Self { domain: &set.domain, zone: &set.zone }
    }
}

/// Every form, the default first.
pub const FORMATS: &[Format] = &[
    human::FORMAT,
    fields::FORMAT,
    zone::FORMAT,
    zone::BIND,
    zone::KNOT,
    zone::NSD,
    unbound::FORMAT,
    update::NSUPDATE,
    update::KNSUPDATE,
    powerdns::PDNSUTIL,
    powerdns::API,
    windows::FORMAT,
    route53::CONSOLE,
    route53::BATCH,
    route53::AWS_CLI,
    cloudflare::FIELDS,
    cloudflare::API,
    google::GCLOUD,
    azure::AZ,
    azure::ARM,
    digitalocean::API,
    digitalocean::DOCTL,
    panels::HETZNER,
    panels::GODADDY,
    panels::NAMECHEAP,
    route53::TERRAFORM,
    cloudflare::TERRAFORM,
    google::TERRAFORM,
    azure::TERRAFORM,
    panels::TERRAFORM_HETZNER,
    octodns::FORMAT,
    dnscontrol::FORMAT,
    external_dns::FORMAT,
    json::JSON,
    json::YAML,
];

/// The list of all forms, for people.
pub fn list(width: usize) -> String {
    let column = FORMATS.iter().map(|format| format.id.len()).max().unwrap_or_default();
    let row = |format: &Format| beside(&format!("{:<column$}  ", format.id), format.title, column + 2, width);
    FORMATS.iter().map(row).collect()
}

/// What is known about each form, as a table in Markdown (docs/providers.md).
pub fn markdown() -> String {
    let mut out = String::from(
        "# The forms of `fedctl records`\n\nGenerated from the source; `fedctl records formats` lists the ids. *run*: \
         the tests run \
         the real program. *read*: somebody has read the source named on that day. *unverified*: general knowledge only.\n\n\
         | id | form | TXT value | name | SRV target | TTL | known | source |\n|---|---|---|---|---|---|---|---|\n",
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for Format { id, title, facts, .. } in FORMATS {
        let cells = [title, facts.txt, facts.owner, facts.target, facts.ttl, &facts.proof.to_string(), facts.source];
        out += &format!("| `{id}` | {} |\n", cells.map(cell).join(" | "));
    }
    out += "\n## Limits\n\nExceeding one is a warning of `records` and of `records lint`.\n\n\
            | id | what | limit | known | source |\n|---|---|---|---|---|\n";
    for Format { id, facts, .. } in FORMATS {
        for limit in facts.limits {
            out +=
                &format!("| `{id}` | {} | {} | {} | {} |\n", limit.measure, limit.max, limit.proof, cell(limit.source));
        }
    }
    out
}

/// The form with this id.
pub fn find(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id == id)
}

/// Writes the records, reads them back with the form's own reader, and refuses when not every byte came back.
pub fn write(format: &Format, plan: &Plan) -> Result<String, Hinted> {
    let text = (format.write)(plan)?;
    let place = Place::of(&plan.set);
    let mut back: Vec<Seen> = (format.read)(&text, &place)?.into_iter().map(Seen::from).collect();
    let mut wanted: Vec<Seen> = published(&plan.set).into_iter().map(Seen::from).collect();
    back.sort();
    wanted.sort();
    if back == wanted {
        return Ok(text);
    }
    let lost = wanted.iter().find(|seen| !back.contains(seen)).or(back.first());
    Err(Hinted::new(
        format!(
            "the form `{}` does not give back what was put into it{}, so nothing is printed",
            format.id,
            lost.map(|seen| format!(" (at `{}`)", seen.0)).unwrap_or_default()
        ),
        "use another form, as in --format zone, and report this as a bug",
    ))
}

/// What the provider cannot hold, with the numbers and the way out.
pub fn too_long(format: &Format, records: &[Rr], place: &Place) -> Vec<String> {
    format.facts.limits.iter().flat_map(|limit| limit.exceeded(records, place, format.title)).collect()
}

/// What a name server would publish for the set.
pub fn published(set: &RecordSet) -> Vec<Rr> {
    set.records.iter().map(change::rr).collect()
}

/// A record as peers see it: owner, TTL and data, with the strings of a TXT record joined. A string that DNS could not carry
/// is kept apart, so that it never compares as equal.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen(String, u32, RData);

impl From<Rr> for Seen {
    fn from(rr: Rr) -> Self {
        let data = match rr.data {
            RData::Txt(strings) if strings.iter().all(|string| string.0.len() <= STRING_MAX) => {
                RData::Txt(vec![CharacterString(strings.into_iter().flat_map(|string| string.0).collect())])
            }
            RData::Txt(mut strings) => {
                strings.push(CharacterString(b"a string above 255 bytes".to_vec()));
                RData::Txt(strings)
            }
            data => data,
        };
        Self(rr.name, rr.ttl, data)
    }
}

#[cfg(test)]
mod tests;
