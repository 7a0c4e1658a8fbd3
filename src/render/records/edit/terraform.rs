//! Terraform: the resource blocks of one DNS provider in a .tf file.

use super::super::hcl::{self, Located};
use super::super::{Format, Place};
use super::{Edit, Edits, File, Piece, mentions, part, unclear};
use crate::error::Hinted;
use crate::position::Position;
use crate::rocketchat::change::{Change, questions};

/// The resources of a DNS provider.
struct Family {
    /// The provider's id, as `--provider` takes it.
    provider: &'static str,
    /// The form of the records.
    format: &'static str,
    kinds: &'static [&'static str],
    /// The arguments that name the zone, which differ from file to file.
    zone: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family { provider: "route53", format: "terraform-aws", kinds: &["aws_route53_record"], zone: &["zone_id"] },
    Family {
        provider: "cloudflare",
        format: "terraform-cloudflare",
        kinds: &["cloudflare_dns_record"],
        zone: &["zone_id"],
    },
    Family {
        provider: "google",
        format: "terraform-google",
        kinds: &["google_dns_record_set"],
        zone: &["managed_zone"],
    },
    Family {
        provider: "azure",
        format: "terraform-azurerm",
        kinds: &["azurerm_dns_srv_record", "azurerm_dns_txt_record"],
        zone: &["zone_name", "resource_group_name"],
    },
    Family { provider: "hetzner", format: "terraform-hetzner", kinds: &["hcloud_zone_rrset"], zone: &["zone"] },
];

/// The resource blocks for our names.
pub fn find(file: &File) -> Result<Vec<Piece>, Hinted> {
    let all = all(file)?;
    let Some(family) = family(file, &all)? else { return Ok(Vec::new()) };
    let format = format(family)?;
    let names: Vec<String> = questions(&file.plan.set).into_iter().map(|question| question.name).collect();
    let mut pieces = Vec::new();
    for block in &all {
        let text = &file.text[block.range.clone()];
        let records = match is_of(family, block) {
            true => (format.read)(text, &Place::of(&file.plan.set)),
            false => Ok(Vec::new()),
        };
        let here: Vec<_> = records.iter().flatten().filter(|rr| names.contains(&rr.name)).cloned().collect();
        if !here.is_empty() {
            pieces.push(Piece { range: block.range.clone(), records: here });
        } else if mentions(text) {
            let why = records.err().unwrap_or_else(|| unclear("what this block does with a record of the set"));
            return Err(why.within(Position::of(file.text, block.range.start)));
        }
    }
    Ok(pieces)
}

fn all(file: &File) -> Result<Vec<Located>, Hinted> {
    hcl::locate(file.text)
}

fn is_of(family: &Family, block: &Located) -> bool {
    block.word == "resource" && block.labels.first().is_some_and(|kind| family.kinds.contains(&kind.as_str()))
}

/// The family whose resources the file has; without any, that of the provider.
fn family(file: &File, all: &[Located]) -> Result<Option<&'static Family>, Hinted> {
    if all.iter().any(|block| block.labels.first().is_some_and(|kind| kind == "cloudflare_record")) {
        let what = "the file has resources of version 4 of the Cloudflare provider (cloudflare_record)";
        return Err(Hinted::new(what, "change the file manually: fedctl records --format terraform-cloudflare"));
    }
    let used: Vec<&Family> = FAMILIES.iter().filter(|family| all.iter().any(|block| is_of(family, block))).collect();
    match used.as_slice() {
        [one] => Ok(Some(one)),
        [] => Ok(FAMILIES.iter().find(|family| Some(family.provider) == file.provider)),
        _ => Err(unclear("which of several DNS providers the records belong to")),
    }
}

fn format(family: &Family) -> Result<&'static Format, Hinted> {
    super::super::find(family.format).ok_or_else(|| unclear("the provider's resources"))
}

pub fn edit(file: &File, pieces: &[Piece], changes: &[Change]) -> Edits {
    let all = all(file)?;
    let family = family(file, &all)?.ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().map(|family| family.provider).collect();
        let hint = format!("name the DNS provider: --provider {}", known.join(", "));
        Hinted::new("the file has no DNS resource that fedctl knows", hint)
    })?;
    let (mut edits, mut added) = (Vec::new(), String::new());
    for change in changes {
        let ours = super::super::write(format(family)?, &part(file.plan, &change.question))?;
        let here: Vec<&Piece> = pieces.iter().filter(|piece| piece.is_of(&change.question)).collect();
        let Some((first, rest)) = here.split_first() else {
            let ours = with_zone(file, family, &all, &ours, None)?;
            let taken = hcl::locate(&ours)?;
            if taken.iter().any(|new| all.iter().any(|old| old.labels == new.labels)) {
                return Err(unclear("how to name a new resource"));
            }
            added += &format!("\n{ours}");
            continue;
        };
        if change.after.len() > ours.matches("resource ").count() {
            return Err(unclear("how to keep the other values of the resource"));
        }
        let old = &file.text[first.range.clone()];
        let new = with_zone(file, family, &all, &ours, Some(old))?;
        refuse_losses(old, &new, family).map_err(|why| why.within(Position::of(file.text, first.range.start)))?;
        let head = old.split_inclusive('{').next().unwrap_or_default();
        let body = new.split_once('{').map_or(new.as_str(), |(_, body)| body);
        edits.push(Edit { range: first.range.clone(), text: format!("{head}{}", body.trim_end()) });
        edits.extend(rest.iter().map(|piece| Edit { range: removal(file.text, piece), text: String::new() }));
    }
    if !added.is_empty() {
        let gap = if file.text.is_empty() || file.text.ends_with('\n') { "" } else { "\n" };
        edits.push(Edit { range: file.text.len()..file.text.len(), text: format!("{gap}{added}") });
    }
    Ok(edits)
}

/// The block with the lines and the empty line before it.
fn removal(text: &str, piece: &Piece) -> std::ops::Range<usize> {
    let before = text[..piece.range.start].strip_suffix("\n\n").map_or(piece.range.start, |before| before.len() + 1);
    let end = piece.range.end;
    before..end + usize::from(text[end..].starts_with('\n'))
}

/// Our block with the zone as this file names it: in the block that it replaces, else in all records of the file.
fn with_zone(file: &File, family: &Family, all: &[Located], ours: &str, old: Option<&str>) -> Result<String, Hinted> {
    let mut out = ours.to_owned();
    for name in family.zone {
        let Some(own) = argument(ours, name) else { continue };
        let records = all.iter().filter(|block| is_of(family, block)).map(|block| &file.text[block.range.clone()]);
        let mut found: Vec<&str> = match old {
            Some(old) => argument(old, name).into_iter().collect(),
            None => records.filter_map(|text| argument(text, name)).collect(),
        };
        found.sort_unstable();
        found.dedup();
        let declared = own.strip_prefix("var.").is_none_or(|variable| {
            all.iter()
                .any(|block| block.word == "variable" && block.labels.first().is_some_and(|label| label == variable))
        });
        match found.as_slice() {
            [one] => out = out.replacen(own, one, 1),
            [] if declared => {}
            [] => {
                let hint =
                    format!("add `variable \"{}\" {{}}`, or give the file with other records of the zone", &own[4..]);
                return Err(Hinted::new(format!("nothing in the file tells the {name} of the zone"), hint));
            }
            _ => return Err(unclear(&format!("which {name} is that of the zone"))),
        }
    }
    Ok(out)
}

/// The value of a line `name = value`.
fn argument<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    block.lines().find_map(|line| {
        let value = line.trim().strip_prefix(name)?.trim_start().strip_prefix('=')?;
        let value = value.split(" #").next().unwrap_or(value).split(" //").next().unwrap_or(value);
        Some(value.trim())
    })
}

/// Arguments of the old block that the new one does not have would be lost.
fn refuse_losses(old: &str, new: &str, family: &Family) -> Result<(), Hinted> {
    let names = |text: &str| -> Result<Vec<String>, Hinted> {
        let file = hcl::resources(text, family.kinds)?;
        let names = hcl::bodies(&file).into_iter().filter_map(|body| body.members()).flatten();
        Ok(names.map(|(name, _)| name.to_owned()).collect())
    };
    let known = names(new)?;
    match names(old)?.into_iter().find(|name| !known.contains(name)) {
        Some(name) => {
            let hint = format!("change the block manually: fedctl records --format {}", family.format);
            Err(Hinted::new(format!("the resource has `{name}`, which fedctl does not write"), hint))
        }
        None if old.contains('#') || old.contains("//") => Err(unclear("what to do with the comments in a resource")),
        None => Ok(()),
    }
}
