//! The plan of an upgrade, for people and for programs.

use colored::Colorize;
use serde_json::json;

use super::fill::{fitting, hang, wrap};
use super::key::pretty;
use super::report::Style;
use crate::report::{FixPart, fix_parts};
use crate::rocketchat::generation::{GENERATIONS, Generation};
use crate::rocketchat::life::Life;
use crate::rocketchat::quirks;
use crate::rocketchat::release::Release;
use crate::rocketchat::upgrade::{Step, When};

/// Columns of the heading.
const HEADING: usize = 10;

/// The steps under their headings; a line to copy stands alone. With -v what each release on the way changes, with -vv the known
/// faults of both releases.
pub fn human(from: Release, to: Release, steps: &[Step], Style { width, verbose, .. }: Style) -> String {
    let mut out = format!("{}\n\n", format!("{from} to {to}").bold());
    for when in [When::Stops, When::Peers, When::Before, When::During, When::After, When::Lost] {
        let mut heading = heading(when);
        for step in steps.iter().filter(|step| step.when == when) {
            for part in fix_parts(&step.text) {
                match part {
                    FixPart::Copy(line) => out += &format!("{}{line}\n", " ".repeat(HEADING + 4)),
                    FixPart::Text(text) => {
                        for line in wrap(text, width.saturating_sub(HEADING + 4)) {
                            out += &format!("  {heading:<HEADING$}  {line}\n");
                            heading = "";
                        }
                    }
                }
            }
        }
    }
    if verbose > 0 {
        out += &generations(from, to, width);
    }
    if verbose > 1 {
        out += &faults(from, to, width);
    }
    let stops = steps.iter().filter(|step| step.when == When::Stops).count();
    let (whole, short) = match (Life::of(from), stops) {
        (Life::Removed, _) => ("neither release has classic federation".into(), "no classic federation".into()),
        (_, 0) => ("classic federation works as before".to_owned(), "nothing stops".to_owned()),
        (_, 1) => ("1 part of classic federation stops or fails".into(), "1 part stops".into()),
        (_, more) => (format!("{more} parts of classic federation stop or fail"), format!("{more} parts stop")),
    };
    let [whole, short] = [whole, short].map(|verdict: String| format!("{from} to {to}: {verdict}"));
    out + &format!("\n{}\n", fitting(&whole, &short, width))
}

/// How each generation of servers from one release to the other finds peers.
fn generations(from: Release, to: Release, width: usize) -> String {
    let mut out = String::from("\n  discovery of each generation\n");
    let (first, last) = (Generation::of(from), Generation::of(to));
    for generation in GENERATIONS.iter().filter(|it| (first.first..=last.first).contains(&it.first)) {
        let sends = if generation.sends { "sends and receives" } else { "cannot send to any peer" };
        out += &hang(&format!("    {}: {sends}", generation.releases), width, 6);
    }
    out + &hang(&format!("    {to}: {}", Life::of(to).sentence()), width, 6)
}

/// The known faults of both releases: which go, which stay, which come.
fn faults(from: Release, to: Release, width: usize) -> String {
    let mut out = String::from("\n  known faults\n");
    for quirk in quirks::all().filter(|quirk| quirk.is_in(from) || quirk.is_in(to)) {
        let what = match (quirk.is_in(from), quirk.is_in(to)) {
            (true, false) => "gone",
            (true, true) => "stays",
            _ => "new",
        };
        out += &hang(&format!("    {what}: {}, {}: {}", quirk.id, quirk.span(), quirk.what), width, 6);
    }
    out
}

fn heading(when: When) -> &'static str {
    match when {
        When::Stops => "stops",
        When::Peers => "peers",
        When::Before => "before",
        When::During => "during",
        When::After => "after",
        When::Lost => "lost",
    }
}

/// One JSON object.
pub fn json(from: Release, to: Release, steps: &[Step]) -> anyhow::Result<String> {
    pretty(&json!({"schema": 1, "from": from.to_string(), "to": to.to_string(), "steps": steps}))
}
