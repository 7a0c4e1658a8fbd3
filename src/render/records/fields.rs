//! What to type in which box of a form, for providers without a form here.

use super::form::{Block, Boxes, WHOLE, about, leading_seconds, note, strings_or_whole, ttl};
use super::{Facts, Format, Limit, Measure, Place, Proof, rdata};
use crate::dns::record::Rr;
use crate::error::Hinted;
use crate::rocketchat::records::{Data, Plan};

pub const FORMAT: Format = Format {
    id: "fields",
    title: "form fields of any provider",
    next: "",
    prints_sizes: true,
    write,
    read,
    facts: Facts {
        txt: "in one piece, or as quoted strings on ONE line when the form refuses more than 255 characters",
        owner: "relative to the zone; most forms append the zone",
        target: "without the final dot; add it if the form appends the zone to it",
        ttl: "seconds",
        limits: &[Limit {
            measure: Measure::Txt,
            max: 450,
            proof: Proof::Read("2023-03-23"),
            source: "Loopia takes 450, Sakura 500, Alibaba, name.com and DigitalOcean about 512: dnscontrol, \
             auditrecords.go of each",
        }],
        proof: Proof::Unverified,
        source: "what most forms have in common",
    },
};

const BOXES: Boxes =
    Boxes { kind: "Type", name: "Name", value: "Strings", strings: strings_or_whole, ttl: leading_seconds };

fn write(plan: &Plan) -> Result<String, Hinted> {
    let set = &plan.set;
    let mut out = format!("Zone {}: one record for each block; names are relative to the zone.\n\n", set.zone);
    for record in &set.records {
        let name = set.relative(&record.owner);
        let block = Block::default().row("Type", record.data.kind()).row("Name", name);
        let block = match &record.data {
            Data::Srv { priority, weight, port, target } => {
                block.row("Priority", priority).row("Weight", weight).row("Port", port).row("Target", target)
            }
            data => {
                let block = match rdata::plain(data) {
                    Ok(whole) => block.row(WHOLE, whole),
                    Err(_) => block,
                };
                block.row("Strings", rdata::quoted(data))
            }
        };
        out += &about(block.row("TTL", ttl(record.ttl)), record).text();
    }
    out += &note(
        "Type the Value in one piece. If the form refuses it as too long, type what stands after Strings, all of it on \
         one line and into one record: two records are half a key each. If the form has boxes for service and protocol, \
         cut the name there: `_rocketchat` and the label after it. Never type the zone into a name: the form appends it.",
    );
    Ok(out)
}

fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    super::form::read(text, place, &BOXES)
}
