//! Series notation, a line per series.

use crate::LoadError;
use crate::loader::Written;
use firedrill_promql::parse_series;
use firedrill_promql::series::SeriesError;
use firedrill_source::{FileId, Span};
use firedrill_value::quote;

/// The series of a text; blank lines and those that start with `#` are passed over.
pub(crate) fn read(file: FileId, text: &str) -> Result<Vec<Written>, LoadError> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let trimmed = line.trim();
        let at = start + line.len() - line.trim_start().len();
        start += line.len() + 1;
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let series = parse_series(trimmed, "").map_err(|error| refused(file, at, trimmed, &error))?;
        let span = Span::new(at, at + trimmed.len());
        if let Some(label) = &series.duplicate {
            return Err(LoadError::new(
                file,
                span,
                format!("label {} is given twice", quote(label)),
            ));
        }
        if series.labels.is_empty() {
            return Err(LoadError::new(file, span, "the series has no labels"));
        }
        if series.items.is_empty() {
            return Err(LoadError::new(file, span, "the series has no values")
                .help("values follow the labels: `up{job=\"api\"} 1 1 0`, or `1+1x10` for eleven of them"));
        }
        found.push(Written { series, span });
    }
    Ok(found)
}

fn refused(file: FileId, at: usize, line: &str, error: &SeriesError) -> LoadError {
    let (start, end) = (error.error.span.start as usize, error.error.span.end as usize);
    let start = start.min(line.len());
    let span = Span::new(at + start, at + end.clamp(start, line.len()));
    LoadError::new(file, span, error.error.message.clone()).help(
        "a series is a line such as `up{job=\"api\"} 1 1 0`; `1+2x3` counts, `_` is a gap, `stale` ends it",
    )
}
