//! All scenarios of the lab.

use super::native_scenarios;
use super::scenarios::{SCENARIOS, Scenario};

/// Those of classic federation first.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().chain(native_scenarios::SCENARIOS)
}
