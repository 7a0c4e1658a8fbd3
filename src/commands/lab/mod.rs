//! `fedctl lab`: the whole of federation on this machine, and a doctor who has to find every fault in it.

mod street;
mod world;

use clap::Args;

use super::{Context, Format, status};
use crate::error::{ExitStatus, hinted};
use crate::federation::report::{Report, Verdict};
use crate::render::lab as render;
use crate::render::report::{ReportFormat, Style, write};
use street::{House, STREET};
use world::World;

/// Try everything on this machine
///
/// Starts name servers on loopback with one sound domain and a street of broken ones, then lets fedctl find out what is wrong
/// with each. Needs no privileges and no internet. Exit 0 only if every diagnosis is right.
#[derive(Debug, Args)]
pub struct Lab {
    /// Show the full report of this domain only; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    only: Vec<String>,
    /// How to print the diagnoses: human or json
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    format: Format,
}

/// The houses whose full reports are shown when nothing else is asked for.
const SHOWN: usize = 2;

impl Lab {
    pub fn run(&self, cx: &Context) -> anyhow::Result<ExitStatus> {
        let houses = self.houses()?;
        let progress = cx.term.progress("building the street");
        let reports = cx.block_on(async {
            let world = World::start(cx.timeout).await?;
            let mut reports = Vec::new();
            for house in &houses {
                progress.set_message(format!("looking at {}", house.domain));
                reports.push(world.diagnose(house).await?);
            }
            Ok(reports)
        })?;
        progress.finish_and_clear();
        let style = Style { width: cx.term.width, fail_on: cx.fail_on, verbose: cx.term.is_verbose() };
        let rows: Vec<render::Row> = houses.iter().zip(&reports).map(|(house, report)| row(house, report)).collect();
        let right = rows.iter().all(|row| row.right);
        cx.term.answer(match self.format {
            Format::Json => render::json(&rows)?,
            Format::Human => {
                let shown = if self.only.is_empty() { &reports[..SHOWN.min(reports.len())] } else { &reports[..] };
                format!("{}\n{}", write(ReportFormat::Human, shown, style)?, render::table(&rows, cx.term.width))
            }
        })?;
        Ok(status(right))
    }

    fn houses(&self) -> anyhow::Result<Vec<&'static House>> {
        if self.only.is_empty() {
            return Ok(STREET.iter().collect());
        }
        let find = |name: &String| {
            STREET
                .iter()
                .find(|house| house.domain == name || house.domain.trim_end_matches(".test") == name)
                .ok_or_else(|| {
                    let names: Vec<&str> = STREET.iter().map(|house| house.domain).collect();
                    hinted(format!("there is no `{name}` in the lab"), format!("the domains are {}", names.join(", ")))
                })
        };
        self.only.iter().map(find).collect()
    }
}

/// A diagnosis is right when exactly the expected checks found something.
fn row(house: &House, report: &Report) -> render::Row {
    let mut found: Vec<&str> = report.problems().into_iter().map(|(id, _)| id).collect();
    let first = report.problems().first().map(|(id, problem)| format!("{id}: {}", problem.what));
    let mut wanted = house.expect.to_vec();
    for ids in [&mut found, &mut wanted] {
        ids.sort_unstable();
        ids.dedup();
    }
    let passed = report.lines.iter().filter(|line| matches!(line.verdict, Verdict::Pass { .. })).count();
    render::Row {
        domain: house.domain,
        story: house.story,
        found: first.unwrap_or_else(|| format!("nothing wrong, {passed} checks passed")),
        right: found == wanted,
        ids: found.into_iter().map(str::to_owned).collect(),
        expected: wanted,
    }
}
