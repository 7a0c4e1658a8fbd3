//! The sample facts, and what a check found wrong with them.

pub use crate::facts::sample::*;
use crate::report::{Problem, Verdict};

/// The problems among verdicts.
pub fn problems(verdicts: Vec<Verdict>) -> Vec<Problem> {
    let problem = |verdict| match verdict {
        Verdict::Problem(problem) => Some(problem),
        _ => None,
    };
    verdicts.into_iter().filter_map(problem).collect()
}
