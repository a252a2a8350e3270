//! Findings, test results and results of queries as text, short lines and JSON.
//!
//! Reporters fold plain data into bytes on a writer that the caller opened. None of them runs anything, and none decides
//! on an exit code.

mod check;
mod clock;
mod coverage;
mod excerpt;
mod explain_text;
mod findings_json;
mod github;
mod graphical;
mod markup;
mod plot;
mod query_json;
mod query_text;
mod report;
mod series_text;
mod source_window;
mod style;
mod text;
mod types;
mod unit;

pub use check::{CheckSummary, write_check, write_findings, write_summary};
pub use clock::Clock;
pub use coverage::{write_cobertura, write_coverage, write_coverage_html, write_coverage_json, write_lcov};
pub use excerpt::{Excerpt, write_excerpt};
pub use explain_text::write_explanation;
pub use query_json::{write_query_error_json, write_query_json};
pub use query_text::{QueryView, write_query};
pub use style::{Style, plural};
pub use text::Spread;
pub use types::{write_types, write_types_json};
pub use unit::{
    CaseOutcome, FileOutcome, write_durations, write_failure, write_junit, write_passed, write_test_github,
    write_test_html, write_test_json, write_test_json_lines, write_test_summary,
};

/// How to write results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: excerpts with carets.
    #[default]
    Text,
    /// One line a finding, for problem matchers.
    Short,
    /// One JSON document.
    Json,
    /// One JSON object a line, as it comes.
    JsonLines,
    /// Workflow commands that GitHub shows beside the changed lines.
    Github,
}
