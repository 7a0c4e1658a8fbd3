//! The records as a table for people, with the reason for each and the key in both spellings.

use super::{Facts, Format, Place, Proof, rdata};
use crate::count::counted;
use crate::dns::record::{Rr, STRING_MAX};
use crate::error::Hinted;
use crate::key::diagnosis;
use crate::position::Position;
use crate::render::fill::{hang, title};
use crate::rocketchat::records::{Data, Plan, Record};

pub const FORMAT: Format = Format {
    id: "human",
    title: "table for people",
    next: "",
    prints_sizes: true,
    write,
    read,
    facts: Facts {
        txt: "in one piece and as strings",
        owner: "absolute with a final dot",
        target: "with a final dot",
        ttl: "seconds",
        limits: &[],
        proof: Proof::Ran("2026-11-23"),
        source: "fedctl itself",
    },
};

/// The heading of the spelling that is read back.
const CUT: &str = "cut, for forms and files that do not (one line, one record):";
/// Columns, where nobody says how many the terminal has.
const WIDTH: usize = 80;

fn write(plan: &Plan) -> Result<String, Hinted> {
    Ok(table(plan, WIDTH))
}

/// The table for a terminal; only records and keys, which are there to be copied, may stand out.
pub fn table(plan: &Plan, columns: usize) -> String {
    let set = &plan.set;
    // The usual table is read back, by its headings.
    let note = |text: &str| if columns < WIDTH { hang(text, columns, 2) } else { format!("{text}\n") };
    let about = format!("zone {} · {}", set.zone, counted(set.records.len(), "record"));
    let mut out = title(&set.domain.to_string(), &about, columns);
    let width = set.records.iter().map(|record| record.owner.len() + 1).max().unwrap_or_default();
    let head = format!("  {:<width$}  {:>6}  type  value\n", "name", "TTL");
    let row = |record: &Record| {
        let owner = format!("{}.", record.owner);
        format!("  {owner:<width$}  {:>6}  {:<4}  {}\n", record.ttl, record.data.kind(), value(&record.data))
    };
    // One line for all columns, or a line for the name and one for the rest.
    let is_narrow = set.records.iter().map(row).chain([head.clone()]).any(|line| line.trim_end().len() > columns);
    out += if is_narrow { "" } else { &head };
    for record in &set.records {
        out += &match is_narrow {
            true => {
                format!("  {}.\n    {}  {:<4}  {}\n", record.owner, record.ttl, record.data.kind(), value(&record.data))
            }
            false => row(record),
        };
        out += &hang(&format!("      {}; read by {}", record.reason, record.read_by), columns, 6);
    }
    for record in set.records.iter().filter(|record| !is_short(&record.data)) {
        out += "\n";
        out += &note(&format!("TXT value of {}.", record.owner));
        out += &format!("{}\n", size(&record.data).replace(", sha256", "\nsha256"));
        if let Ok(whole) = rdata::plain(&record.data) {
            out += &format!("{}{whole}\n", note("in one piece, for forms that cut it themselves:"));
        }
        out += &format!("{}{}\n", note(CUT), rdata::quoted(&record.data));
    }
    out + "\n" + &hang("for your DNS provider: --format FORMAT; `fedctl records formats` lists them", columns, 0)
}

/// The value in the table.
fn value(data: &Data) -> String {
    match rdata::srv(data, ".") {
        Some(srv) => srv,
        None if is_short(data) => rdata::quoted(data),
        None => "below".into(),
    }
}

/// Fits into a table.
fn is_short(data: &Data) -> bool {
    match data {
        Data::Srv { .. } => true,
        Data::Txt(value) => value.len() <= 20,
    }
}

/// `442 bytes in strings of 255 + 187, sha256 ...`; the fingerprint only of a key.
pub fn size(data: &Data) -> String {
    let Data::Txt(value) = data else { return String::new() };
    let lengths: Vec<String> = data.chunks(STRING_MAX).iter().map(|chunk| chunk.len().to_string()).collect();
    let strings =
        if lengths.len() == 1 { "in one string".into() } else { format!("in strings of {}", lengths.join(" + ")) };
    let print = diagnosis::examine(value).verified.map(|key| format!(", sha256 {}", key.fingerprint()));
    format!("{} {strings}{}", counted(value.len(), "byte"), print.unwrap_or_default())
}

/// Reads the table, and the cut spelling below it.
fn read(text: &str, place: &Place) -> Result<Vec<Rr>, Hinted> {
    let lines: Vec<&str> = text.lines().collect();
    let mut records = Vec::new();
    let is_row = |line: &str| line.starts_with("  ") && !line.starts_with("   ");
    for (at, row) in lines.iter().enumerate().filter(|(_, line)| is_row(line)) {
        // What follows the name may be on the next line.
        let below = lines.get(at + 1).copied().filter(|_| row.split_whitespace().count() == 1);
        let words: Vec<&str> =
            row.split_whitespace().chain(below.into_iter().flat_map(str::split_whitespace)).collect();
        let row = below.unwrap_or(row);
        let [owner, ttl, kind @ ("SRV" | "TXT"), value, ..] = words.as_slice() else { continue };
        let below = || {
            let heading = format!("TXT value of {owner}");
            let at = lines.iter().position(|line| *line == heading)?;
            lines[at..].iter().skip_while(|line| **line != CUT).nth(1).copied()
        };
        let value = if *value == "below" { below() } else { after(row, kind) };
        let entry = format!("{owner} {ttl} IN {kind} {}", value.unwrap_or_default());
        let at = |why: Hinted| why.at(Position::of_part(text, value.unwrap_or(owner)));
        records.extend(rdata::read_entries(&entry, place).map_err(at)?);
    }
    Ok(records)
}

/// What stands after the column of the type.
fn after<'a>(row: &'a str, kind: &str) -> Option<&'a str> {
    row.split_once(&format!("  {kind}   ")).map(|(_, value)| value.trim())
}
