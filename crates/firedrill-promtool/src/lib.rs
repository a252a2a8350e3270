//! promtool's own words: the verdicts and texts of check rules and test rules.

pub mod check;
mod diff;
mod junit;
mod unit_tests;

pub use junit::{Junit, JunitCase, JunitSuite};
pub use unit_tests::{dump_text, failure_texts};
