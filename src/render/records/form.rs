//! Forms that people type into: a block for each record, a line for each box. The same reader serves all of them.

use super::field::{self, Placed};
use super::{Place, human, rdata};
use crate::count::counted;
use crate::dns::record::{RData, Rr};
use crate::error::Hinted;
use crate::position::Position;
use crate::render::fill::hang;
use crate::rocketchat::generation::KEY_LABEL;
use crate::rocketchat::records::{DEFAULT_TTL, Data, Record};

/// The box that holds a value in one piece.
pub const WHOLE: &str = "Value";

/// Columns; only values may stand out.
const WIDTH: usize = 80;

/// The lines of one block, to be written with their values in one column.
#[derive(Debug, Default)]
pub struct Block {
    rows: Vec<(&'static str, String)>,
}

impl Block {
    /// Adds a box.
    pub fn row(mut self, label: &'static str, value: impl ToString) -> Self {
        self.rows.push((label, value.to_string()));
        self
    }

    /// `  Label      value`, and an empty line after the block.
    pub fn text(&self) -> String {
        let width = self.rows.iter().map(|(label, _)| label.len()).max().unwrap_or_default() + 2;
        let lines = self.rows.iter().map(|(label, value)| format!("  {label:<width$}{value}\n"));
        lines.collect::<String>() + "\n"
    }
}

/// Adds the size of a value, the reason, and who reads it.
pub fn about(block: Block, record: &Record) -> Block {
    let block = match record.data {
        Data::Srv { .. } => block,
        Data::Txt(_) => {
            let size = human::size(&record.data);
            let (size, hash) = size.split_once(", sha256 ").map_or((&*size, None), |(size, hash)| (size, Some(hash)));
            let block = block.row("Size", size);
            match hash {
                Some(hash) => block.row("SHA-256", hash),
                None => block,
            }
        }
    };
    block.row("Why", record.reason).row("Read by", record.read_by)
}

/// What to know about the whole form, below its blocks.
pub fn note(text: &str) -> String {
    hang(text, WIDTH, 0)
}

/// How a form's boxes are named and filled.
#[derive(Debug, Clone, Copy)]
pub struct Boxes {
    pub kind: &'static str,
    /// The box for the owner name; in forms with boxes for service and protocol, what is left of the name.
    pub name: &'static str,
    /// The box for a value; SRV records of forms without separate boxes go there too.
    pub value: &'static str,
    /// How the value of a TXT record becomes strings.
    pub strings: fn(&str) -> Result<RData, Hinted>,
    /// Reads a TTL.
    pub ttl: fn(&str) -> Result<u32, Hinted>,
}

/// Reads blocks of boxes. A text without any box is read as the value of the key, a record a line, as in the box itself.
pub fn read(text: &str, place: &Place, boxes: &Boxes) -> Result<Vec<Rr>, Hinted> {
    let lines = text.lines().enumerate().map(|(number, line)| Placed {
        text: line.trim().to_owned(),
        at: Position { line: number + 1, column: Position::of_part(line, line.trim()).column },
    });
    let lines: Vec<Placed> = lines.collect();
    let blocks = lines.split(|line| line.text.is_empty()).map(Filled::of);
    let filled = blocks.filter(|block| block.get(boxes.kind).is_some());
    let records: Vec<Rr> = filled.map(|block| record(&block, place, boxes)).collect::<Result<_, _>>()?;
    if !records.is_empty() {
        return Ok(records);
    }
    let name = format!("{KEY_LABEL}.{}", place.domain);
    let lines = lines.iter().filter(|line| !line.text.is_empty());
    lines.map(|line| Ok(Rr { name: name.clone(), ttl: DEFAULT_TTL, data: line.read(boxes.strings)? })).collect()
}

/// A block of boxes that were filled in.
struct Filled<'a> {
    at: Position,
    boxes: Vec<(&'a str, Placed)>,
}

impl<'a> Filled<'a> {
    fn of(lines: &'a [Placed]) -> Self {
        let filled = |line: &'a Placed| {
            // A box that was left empty has a label only.
            let (label, value) = line.text.split_once("  ").unwrap_or((&line.text, ""));
            let value = value.trim();
            let column = line.at.column + line.text.chars().count() - value.chars().count();
            (label, Placed { text: value.to_owned(), at: Position { column, ..line.at } })
        };
        Self { at: lines.first().map(|line| line.at).unwrap_or_default(), boxes: lines.iter().map(filled).collect() }
    }

    fn get(&self, label: &str) -> Option<&Placed> {
        self.boxes.iter().find(|(name, _)| *name == label).map(|(_, value)| value)
    }

    fn needed(&self, label: &str) -> Result<&Placed, Hinted> {
        self.get(label).ok_or_else(|| {
            let hint = "`fedctl records` prints every box with its value";
            Hinted::new(format!("a record has no `{label}`"), hint).at(self.at)
        })
    }
}

fn record(block: &Filled, place: &Place, boxes: &Boxes) -> Result<Rr, Hinted> {
    let ttl = block.needed("TTL")?.read(boxes.ttl)?;
    let owner = match (block.get("Service"), block.get("Protocol")) {
        (Some(service), Some(protocol)) => {
            let rest = block.get(boxes.name).map_or("@", |rest| &rest.text);
            place.relative(format!("{}.{}.{rest}", service.text, protocol.text).trim_end_matches(".@"))
        }
        _ => place.relative(&block.needed(boxes.name)?.text),
    };
    let data = match (&*block.needed(boxes.kind)?.text, block.get("Target")) {
        ("SRV", Some(target)) => RData::Srv {
            priority: block.needed("Priority")?.number("priority")?,
            weight: block.needed("Weight")?.number("weight")?,
            port: block.needed("Port")?.number("port")?,
            target: rdata::host(&target.text),
        },
        ("SRV", None) => block.needed(boxes.value)?.read(rdata::read_srv)?,
        // Of two boxes for one value people fill either.
        ("TXT", _) => match block.get(WHOLE).filter(|_| block.get(boxes.value).is_none()) {
            Some(value) => value.read(whole)?,
            None => block.needed(boxes.value)?.read(boxes.strings)?,
        },
        (other, _) => RData::Other(other.to_owned()),
    };
    Ok(Rr { name: owner, ttl, data })
}

/// A value in one piece that the provider cuts.
pub fn whole(value: &str) -> Result<RData, Hinted> {
    Ok(rdata::cut(value.as_bytes()))
}

/// Strings in quotation marks, else a value in one piece.
pub fn strings_or_whole(value: &str) -> Result<RData, Hinted> {
    if value.contains('"') { rdata::read_txt(value) } else { whole(value) }
}

/// The first word as seconds: `3600 (1 hour)`.
pub fn leading_seconds(value: &str) -> Result<u32, Hinted> {
    field::seconds(value.split(' ').next().unwrap_or_default())
}

/// `3600 (1 hour)`.
pub fn ttl(seconds: u32) -> String {
    let description = |count: u32, unit: &str| format!("{seconds} ({})", counted(count, unit));
    match seconds {
        0 => "0".into(),
        _ if seconds.is_multiple_of(86400) => description(seconds / 86400, "day"),
        _ if seconds.is_multiple_of(3600) => description(seconds / 3600, "hour"),
        _ if seconds.is_multiple_of(60) => description(seconds / 60, "minute"),
        _ => description(seconds, "second"),
    }
}
