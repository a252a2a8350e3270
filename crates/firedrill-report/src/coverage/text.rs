//! Coverage for people: files, worst first, and what is missing in them.

use crate::style::{Style, plural};
use firedrill_source::Sources;
use firedrill_unit::{FileCoverage, Tally, Totals};
use std::io::{self, Write};

/// Writes a line a file and one for each way that no test has seen.
///
/// # Errors
/// When the writer fails.
pub fn write_coverage(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    totals: &Totals,
) -> io::Result<()> {
    let tally = totals.tally();
    writeln!(out, "{}", style.bold(&format!("coverage {}", in_words(tally))))?;
    let mut files: Vec<(Tally, &FileCoverage)> =
        totals.files.iter().map(|file| (file.tally(), file)).collect();
    files.sort_by(|(a, one), (b, other)| {
        let names = || sources.get(one.file).name().cmp(sources.get(other.file).name());
        a.percent().total_cmp(&b.percent()).then_with(names)
    });
    for (tally, file) in files {
        let name = sources.get(file.file).name();
        let complete = tally.seen == tally.points;
        let line = format!("  {name} {}", in_words(tally));
        let line = if complete {
            style.green(&line)
        } else {
            style.yellow(&line)
        };
        let why = if file.loaded { "" } else { ", no test loads it" };
        writeln!(out, "{line}{why}")?;
        write_missing(out, sources, file)?;
    }
    Ok(())
}

fn write_missing(out: &mut dyn Write, sources: &Sources, file: &FileCoverage) -> io::Result<()> {
    let source = sources.get(file.file);
    for rule in &file.rules {
        let mut missing: Vec<(u32, String)> = Vec::new();
        if rule.tests == 0 {
            missing.push((rule.span.start, "no test looks at it".to_owned()));
        } else {
            missing.extend(
                rule.missed()
                    .map(|point| (point.span(source.text()).start, point.missing())),
            );
        }
        for (offset, what) in missing {
            let at = source.line_column(offset as usize);
            let place = format!("{}:{}:{}", source.name(), at.line, at.column);
            writeln!(out, "    {place}: {}: {what}", rule.name)?;
        }
    }
    Ok(())
}

fn in_words(tally: Tally) -> String {
    format!(
        "{} ({} of {}, {} of {} tested)",
        tally.percent_text(),
        tally.seen,
        plural(tally.points, "way"),
        tally.tested,
        plural(tally.rules, "rule")
    )
}
