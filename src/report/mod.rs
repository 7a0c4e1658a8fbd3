//! What was found: the result of every command that judges something.

pub mod comparison;
pub mod matrix;
pub mod mesh;
pub mod propagation;
pub mod rotation;
pub mod summary;
pub mod watch;
pub mod wording;

use serde::Serialize;

use crate::error::Hinted;
use crate::facts::peer::PeerFacts;
use crate::report::propagation::Arrival;
use crate::rocketchat::discovery::DiscoveryResult;
use crate::severity::Severity;

/// The answer of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is well; `note` says what was seen.
    Pass {
        note: String,
    },
    Problem(Problem),
    /// It could not be judged.
    Skip {
        why: String,
    },
}

impl Verdict {
    /// All is well.
    pub fn pass(note: impl Into<String>) -> Vec<Verdict> {
        vec![Self::Pass { note: note.into() }]
    }

    /// It could not be judged.
    pub fn skip(why: impl Into<String>) -> Vec<Verdict> {
        vec![Self::Skip { why: why.into() }]
    }
}

/// Something that a check does not like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    /// What was seen and what was expected: a fragment, in the form of [`wording`].
    pub what: String,
    /// What it means for peers: a fragment too.
    pub means: String,
    /// What to do, in whole sentences. A line that begins with two spaces is to be copied as it is: a command, or a value to publish.
    pub fix: String,
    /// The observation behind it, a line each; never a secret.
    pub evidence: Vec<String>,
}

impl Problem {
    /// A problem without evidence.
    pub fn new(severity: Severity, what: impl Into<String>, means: impl Into<String>, fix: impl Into<String>) -> Self {
        let problem = Self { severity, what: what.into(), means: means.into(), fix: fix.into(), evidence: Vec::new() };
        debug_assert_eq!(wording::fix_fault(&problem.fix), None, "{}", problem.fix);
        // Elsewhere both may hold words of a server, in any form.
        for text in [&problem.what, &problem.means].into_iter().filter(|_| cfg!(test)) {
            debug_assert_eq!(wording::fragment_fault(text), None, "{text}");
        }
        problem
    }

    /// The fix in its parts: sentences to wrap, and lines to copy.
    pub fn fix_parts(&self) -> impl Iterator<Item = FixPart<'_>> {
        fix_parts(&self.fix)
    }

    /// Adds the lines that prove it.
    pub fn seen(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// One line of a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixPart<'a> {
    /// A sentence.
    Text(&'a str),
    /// A command or a value, to be copied whole.
    Copy(&'a str),
}

/// What begins a line of a fix that is to be copied.
const COPY: &str = "  ";

/// A sentence, and below it a line to copy.
pub fn with_line(sentence: &str, line: &str) -> String {
    format!("{sentence}\n{COPY}{line}")
}

/// The parts of a fix.
pub fn fix_parts(fix: &str) -> impl Iterator<Item = FixPart<'_>> {
    fix.lines().filter(|line| !line.trim().is_empty()).map(|line| match line.strip_prefix(COPY) {
        Some(line) => FixPart::Copy(line),
        None => FixPart::Text(line),
    })
}

impl From<Problem> for Verdict {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The check's id.
    pub id: &'static str,
    /// Nobody needs to hear of it when it passes.
    pub minor: bool,
    pub verdict: Verdict,
}

/// A request not to count the findings of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The check's id, as it was typed.
    pub id: String,
    /// Why, for everybody who reads the report.
    pub reason: String,
}

impl std::str::FromStr for Suppression {
    type Err = Hinted;

    fn from_str(text: &str) -> Result<Self, Hinted> {
        let hint = "write the check and why it does not matter, as in `dns-ttl=\"moving to a new provider\"`";
        match text.split_once('=').map(|(id, reason)| (id.trim(), reason.trim())) {
            None => Err(Hinted::new(format!("`{}` has no reason", text.escape_debug()), hint)),
            Some((_, "")) => Err(Hinted::new(format!("`{}` has an empty reason", text.escape_debug()), hint)),
            Some((id, reason)) => Ok(Self { id: id.to_owned(), reason: reason.to_owned() }),
        }
    }
}

/// A finding that is listed but does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    pub id: &'static str,
    pub problem: Problem,
    pub reason: String,
}

/// What each server answered to each question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The questions.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// The answers of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The server, and whether it is a name server or a resolver.
    pub observer: String,
    pub role: &'static str,
    /// One a column.
    pub cells: Vec<Cell>,
}

/// One answer in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub text: String,
    /// It differs from what is published.
    pub differs: bool,
    /// The failure in one or two words; `None` when there are records.
    #[serde(skip)]
    pub failure: Option<String>,
}

/// One stage of a handshake, or one step of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub name: String,
    /// Milliseconds since the beginning.
    pub start: u32,
    /// Milliseconds.
    pub took: u32,
    pub outcome: StageOutcome,
    pub note: String,
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOutcome {
    Done,
    Failed,
    /// An earlier failure made it impossible.
    Skipped,
    /// No stage: something that a drill leaves behind.
    Left,
}

/// How a report came about, for those who ask for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// What was looked at and how it was found, a line each; -v shows it. A line that begins with spaces belongs to the one above.
    pub basis: Vec<String>,
    /// Every query, request or text behind it, with its response and its time; -vv shows it.
    pub evidence: Vec<String>,
}

impl Details {
    /// Adds those of another part.
    pub fn add(&mut self, other: Self) {
        self.basis.extend(other.basis);
        self.evidence.extend(other.evidence);
    }
}

/// Everything that one subject was judged by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The domain, peer or file.
    pub subject: String,
    /// A few words beside the subject: the zone and its servers.
    pub about: String,
    /// What the verdict says of the subject when all is well, as in "can be found by every server".
    pub pass_summary: String,
    /// What the verdict says of the subject when it is not, as in "is not ready for federation".
    pub fail_summary: String,
    /// When it was observed: seconds since 1970-01-01T00:00:00Z, where that is known.
    pub time: Option<i64>,
    /// In the order of the checks.
    pub lines: Vec<Line>,
    /// The discovery result of each server generation; empty for other subjects.
    pub generations: Vec<DiscoveryResult>,
    /// Why nothing could be found out about the subject, when that is not its fault.
    pub unchecked: Option<Unchecked>,
    /// When a change will be seen; for a domain.
    pub arrivals: Vec<Arrival>,
    /// What each server answered; for a domain.
    pub matrix: Option<Matrix>,
    /// The timeline; for a handshake.
    pub stages: Vec<Stage>,
    /// Findings that do not count, because somebody said so.
    pub suppressed: Vec<Suppressed>,
    /// Milliseconds that observing took.
    pub elapsed: u64,
    /// How it came about.
    pub details: Details,
}

/// Why nothing is known about a subject, and what to do, in the form of an error and its hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    pub why: String,
    pub fix: String,
}

impl Unchecked {
    /// No resolver and no name server could be reached.
    pub fn network(why: String) -> Self {
        Self { why, fix: "check the network of this machine, or name another resolver with --resolver ADDR".into() }
    }

    /// Why nothing is known about a peer, when that is not its fault: no resolver answers, or there is no route to it.
    pub fn of(peer: &PeerFacts) -> Option<Self> {
        let route = |why| Self { why, fix: "run fedctl on a machine that has such a route".into() };
        let network = peer.unchecked.as_ref().map(|why| Self::network(why.to_string()));
        network.or_else(|| peer.unreachable_from_here().map(route))
    }
}

impl Report {
    /// Takes findings out of the count; they stay in the report, with the reason.
    pub fn suppress(&mut self, options: &[Suppression]) {
        if options.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        for line in lines {
            let options = options.iter().find(|options| options.id == line.id);
            match (options, line.verdict) {
                (Some(options), Verdict::Problem(problem)) => {
                    self.suppressed.push(Suppressed { id: line.id, problem, reason: options.reason.clone() });
                }
                (_, verdict) => self.lines.push(Line { id: line.id, minor: line.minor, verdict }),
            }
        }
    }

    /// The problems, worst first; equals stay in the order of the checks.
    pub fn problems(&self) -> Vec<(&'static str, &Problem)> {
        let mut problems: Vec<_> = self
            .lines
            .iter()
            .filter_map(|line| match &line.verdict {
                Verdict::Problem(problem) => Some((line.id, problem)),
                _ => None,
            })
            .collect();
        problems.sort_by_key(|(_, problem)| std::cmp::Reverse(problem.severity));
        problems
    }

    /// The checks that could not be judged.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.lines.iter().filter_map(|line| match &line.verdict {
            Verdict::Skip { why } => Some((line.id, why.as_str())),
            _ => None,
        })
    }

    /// The worst severity, if there is a problem at all.
    pub fn worst(&self) -> Option<Severity> {
        self.problems().first().map(|(_, problem)| problem.severity)
    }

    /// True when nothing reaches `fail_on`, and the subject could be checked.
    pub fn is_clean(&self, fail_on: Severity) -> bool {
        self.unchecked.is_none() && self.worst().is_none_or(|worst| worst < fail_on)
    }

    /// True when the subject could not be checked and nothing else was found that reaches `fail_on`.
    pub fn is_unknown(&self, fail_on: Severity) -> bool {
        self.unchecked.is_some() && self.worst().is_none_or(|worst| worst < fail_on)
    }

    /// How many problems have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems().iter().filter(|(_, problem)| problem.severity == severity).count()
    }
}
