//! Reports of unit tests: a run's events are folded into outcomes, and each reporter writes outcomes in its own format.

mod durations;
mod github;
mod html;
mod json;
mod json_lines;
mod junit;
mod marks;
mod mismatch_html;
mod mismatch_text;
mod outcome;
mod phases;
mod strip;
mod text;
mod timeline;

pub use durations::write_durations;
pub use github::write_test_github;
pub use html::write_test_html;
pub use json::write_test_json;
pub use json_lines::write_test_json_lines;
pub use junit::write_junit;
pub use outcome::{CaseOutcome, FileOutcome};
pub use text::{write_failure, write_passed, write_test_summary};
