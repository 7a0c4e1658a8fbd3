//! -q prints the verdict, -v more than nothing, -vv more than -v; and the verdict is the last line, whole in every terminal.

use serde_json::Value;

use super::{GROUPS, Group};
use crate::commands::snapshots::places::{Place, Shared};
use crate::commands::snapshots::run;
use crate::support::Ran;
use crate::support::counts::plural_of_one;

/// What two runs would differ in on a busy machine: how long a peer takes is a finding, and so is a response that comes too late.
pub const STEADY: &str = "--timeout 60s --deadline 10m --suppress peer-latency=busy --suppress peer-body=busy";

impl Group {
    /// Calls `look` for each line; what it finds.
    pub fn wrong(
        &self,
        shared: &Shared,
        look: impl Fn(&dyn Fn(&str) -> Ran, &str, i32) -> Option<String>,
    ) -> Vec<String> {
        let place = (self.place)(shared);
        let run_in = |place: &Place, line: &str| {
            let (line, columns) = line.rsplit_once(" @").map_or((line, 80), |(line, at)| (line, at.parse().unwrap()));
            run(&place.fedctl, &with(line, STEADY), columns)
        };
        let run = |line: &str| match self.is_fresh {
            true => run_in(&(self.place)(shared), line),
            false => run_in(&place, line),
        };
        self.lines.iter().filter_map(|(line, status)| look(&run, line, *status)).collect()
    }
}

/// A line with options before its input.
pub fn with(line: &str, options: &str) -> String {
    match line.split_once(" < ") {
        Some((command, file)) => format!("{command} {options} < {file}"),
        None => format!("{line} {options}"),
    }
}

#[test]
fn quiet_prints_the_verdict_and_each_v_prints_more() {
    let shared = Shared::start();
    let wrong: Vec<String> = GROUPS.iter().flat_map(|group| group.wrong(&shared, levels)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn levels(run: &dyn Fn(&str) -> Ran, line: &str, status: i32) -> Option<String> {
    let [quiet, plain, more, most] = ["-q", "--fail-on error", "-v", "-vv"].map(|options| run(&with(line, options)));
    let all = [&quiet, &plain, &more, &most];
    if let Some(plural) = all.iter().find_map(|ran| plural_of_one(&ran.stdout).or(plural_of_one(&ran.stderr))) {
        return Some(format!("{line} prints `{plural}`"));
    }
    if let Some(gap) = all.iter().find(|ran| ran.stdout.contains("\n\n\n")) {
        return Some(format!("{line} prints two empty lines:\n{}", gap.stdout));
    }
    if let Some(other) = all.iter().find(|ran| ran.status != status) {
        return Some(format!("{line}: status {} and not {status}: {}{}", other.status, other.stdout, other.stderr));
    }
    if quiet.stdout.lines().count() != 1 || !quiet.stdout.ends_with('\n') {
        return Some(format!("{line} -q prints more than a line:\n{}", quiet.stdout));
    }
    let verdict = untimed(quiet.stdout.trim_end());
    if let Some(other) = all.iter().find(|ran| !ran.stdout.lines().next_back().unwrap_or_default().starts_with(verdict))
    {
        return Some(format!("{line}: the last line is not `{verdict}`:\n{}", other.stdout));
    }
    let counts = [&plain, &more, &most].map(|ran| ran.stdout.lines().count());
    let [plain_lines, more_lines, most_lines] = counts;
    if 1 < plain_lines && plain_lines < more_lines && more_lines < most_lines {
        return None;
    }
    Some(format!("{line}: -q, plain, -v and -vv print 1, {counts:?} lines:\n{}\n{}", more.stdout, most.stdout))
}

/// The verdict without the time that stands at the right margin.
fn untimed(verdict: &str) -> &str {
    verdict.split_once("   ").map_or(verdict, |(verdict, _)| verdict)
}

#[test]
fn the_verdict_is_whole_in_every_terminal_and_counts_what_was_found() {
    let shared = Shared::start();
    let wrong: Vec<String> = GROUPS.iter().flat_map(|group| group.wrong(&shared, verdicts)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn verdicts(run: &dyn Fn(&str) -> Ran, line: &str, _: i32) -> Option<String> {
    let found = run(&with(line, "--format json")).stdout;
    let found = serde_json::from_str::<Value>(&found).ok();
    // 80 columns are those of the test above.
    for columns in [40, 200] {
        let ran = run(&format!("{} @{columns}", with(line, "--color never")));
        let verdict = untimed(ran.stdout.lines().next_back().unwrap_or_default());
        if verdict.chars().count() > columns || verdict.starts_with(' ') {
            return Some(format!("{line} at {columns} columns: the last line is `{verdict}`"));
        }
        let counted = |severity: &str| {
            let count = found.as_ref().map_or(0, |found| count(found, severity));
            let noun = if count == 1 { severity.to_owned() } else { format!("{severity}s") };
            count == 0 || verdict.contains(&format!("{count} {noun}"))
        };
        if !counted("error") || !counted("warning") {
            return Some(format!("{line} at {columns} columns: `{verdict}` does not count what was found: {found:#?}"));
        }
    }
    None
}

/// How many findings of one report have this severity.
pub fn count(report: &Value, severity: &str) -> usize {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter(|finding| finding["severity"] == severity).count()
}
