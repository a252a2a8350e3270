//! The slowest tests.

use super::outcome::{CaseOutcome, FileOutcome};
use crate::style::Style;
use firedrill_source::Sources;
use std::io::{self, Write};

/// Writes the `count` tests that took longest, slowest first.
///
/// # Errors
/// When the writer fails.
pub fn write_durations(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    outcomes: &[FileOutcome],
    count: usize,
) -> io::Result<()> {
    let mut cases: Vec<(&FileOutcome, &CaseOutcome)> = outcomes
        .iter()
        .flat_map(|outcome| outcome.cases.iter().map(move |case| (outcome, case)))
        .collect();
    cases.sort_by_key(|(_, case)| std::cmp::Reverse(case.took));
    for (outcome, case) in cases.into_iter().take(count) {
        let file = sources.get(outcome.file);
        let line = file.line_column(case.span.start as usize).line;
        let took = format!("{:9.3} ms", case.took.as_secs_f64() * 1000.0);
        writeln!(
            out,
            "{}  {}:{line}  {}",
            style.bold(&took),
            file.name(),
            case.title()
        )?;
    }
    Ok(())
}
