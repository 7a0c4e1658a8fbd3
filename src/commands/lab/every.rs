//! All scenarios of the lab.

use super::scenarios::{SCENARIOS, Scenario};
use super::native_scenarios;

/// Those of classic federation first.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().chain(native_scenarios::SCENARIOS)
}
