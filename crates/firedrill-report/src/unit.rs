//! Reports of unit tests: a run's events are folded into outcomes, and each reporter writes outcomes in its own format.

mod json;
mod outcome;
mod text;
mod timeline;

pub use json::write_test_json;
pub use outcome::{CaseOutcome, FileOutcome};
pub use text::{write_failure, write_test_summary};
