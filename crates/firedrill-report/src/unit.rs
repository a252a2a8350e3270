//! Reports of unit tests: a run's events are folded into outcomes, and each reporter writes outcomes in its own format.

mod durations;
mod github;
mod json;
mod json_lines;
mod junit;
mod outcome;
mod text;
mod timeline;

pub use durations::write_durations;
pub use github::write_test_github;
pub use json::write_test_json;
pub use json_lines::write_test_json_lines;
pub use junit::write_junit;
pub use outcome::{CaseOutcome, FileOutcome};
pub use text::{write_failure, write_test_summary};
