//! A zone file: absolute names and no `$ORIGIN`, so that it can be pasted anywhere.

use super::{Facts, Format, Proof, rdata};
use crate::dns::record::STRING_MAX;
use crate::error::Hinted;
use crate::rocketchat::records::Plan;

pub const FORMAT: Format = Format {
    id: "zone",
    title: "zone file",
    next: "paste it into the zone file, raise the serial of its SOA record, and reload the zone",
    prints_sizes: false,
    write,
    read: rdata::read_entries,
    facts: Facts {
        txt: "quoted strings of at most 255 bytes; without quotes each word becomes a string",
        owner: "absolute with a final dot, or relative to the origin",
        target: "with a final dot; without one the origin is appended",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Ran("2026-11-23"),
        source: "RFC 1035 section 5.1; named-checkzone 9.18, nsd-checkzone 4.6, kzonecheck 3.2",
    },
};

pub const BIND: Format = Format {
    id: "bind",
    title: "BIND zone file",
    next: "put it into the zone file and raise the SOA serial; then: named-checkzone ZONE FILE && rndc reload ZONE",
    ..FORMAT
};

pub const KNOT: Format = Format {
    id: "knot",
    title: "Knot zone file",
    next: "put it into the zone file and raise the SOA serial; then: kzonecheck -o ZONE FILE && knotc zone-reload ZONE",
    ..FORMAT
};

pub const NSD: Format = Format {
    id: "nsd",
    title: "NSD zone file",
    next: "put it into the zone file and raise the SOA serial; then: nsd-checkzone ZONE FILE && nsd-control reload ZONE",
    ..FORMAT
};

fn write(plan: &Plan) -> Result<String, Hinted> {
    let mut out = format!("; Rocket.Chat federation for {}\n", plan.set.domain);
    for record in &plan.set.records {
        let Some(srv) = rdata::srv(&record.data, ".") else {
            let chunks = record.data.chunks(STRING_MAX);
            let pieces = rdata::joined(&chunks, "\n    ");
            let (open, close) = if chunks.len() > 1 { ("( ", " )") } else { ("", "") };
            out += &format!("; {}\n", ascii(&super::human::size(&record.data)));
            out += &format!("{}. {} IN TXT {open}{pieces}{close}\n", record.owner, record.ttl);
            continue;
        };
        out += &format!("; {} (releases {})\n", ascii(record.reason), ascii(record.read_by));
        out += &format!("{}. {} IN SRV {srv}\n", record.owner, record.ttl);
    }
    Ok(out)
}

/// Comments travel through programs that know no UTF-8.
fn ascii(text: &str) -> String {
    text.replace('–', "to").replace('…', "...")
}
