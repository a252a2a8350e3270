//! Writes what came of a run, in the form that was asked for.

use super::{Run, Runner};
use crate::cli::TestArgs;
use crate::commands::to_stdout;
use crate::files::write_atomically;
use crate::terminal;
use crate::threads::spread;
use firedrill_report::{
    Format, plural, write_coverage, write_durations, write_failure, write_findings, write_junit,
    write_passed, write_test_github, write_test_html, write_test_json, write_test_json_lines,
    write_test_summary,
};
use firedrill_source::{Diagnostic, Severity};
use std::io::{self, IsTerminal as _, Write};

/// Writes to standard output and to the files that were named.
///
/// # Errors
/// If a file cannot be written.
pub(super) fn write(runner: &Runner<'_>, run: &Run) -> Result<(), String> {
    let args = runner.args;
    to_stdout(|out| {
        write_to(out, args, run)?;
        match (&runner.coverage, &run.coverage) {
            (Some(wanted), Some(Ok(totals))) if wanted.summary && args.format.is_for_people() => {
                write_coverage(out, terminal::style(args.common.color), &run.sources, totals)
            }
            _ => Ok(()),
        }
    });
    if let Some(path) = &args.junit {
        let mut bytes = Vec::new();
        // Memory takes everything.
        let _ = write_junit(&mut bytes, &run.sources, &run.outcomes, &run.findings);
        write_atomically(path, &bytes)?;
    }
    if let Some(path) = &args.html {
        let mut bytes = Vec::new();
        let _ = write_test_html(
            &mut bytes,
            &run.sources,
            &run.outcomes,
            &run.findings,
            run.total(),
        );
        write_atomically(path, &bytes)?;
    }
    match (&runner.coverage, &run.coverage) {
        (Some(wanted), Some(Ok(totals))) => wanted.write(&run.sources, totals),
        (_, Some(Err(problem))) => Err(problem.clone()),
        _ => Ok(()),
    }
}

fn write_to(out: &mut dyn Write, args: &TestArgs, run: &Run) -> io::Result<()> {
    let style = terminal::style(args.common.color);
    let format: Format = args.format.into();
    let sources = &run.sources;
    let total = run.total();
    let broken = run.outcomes.iter().filter(|outcome| outcome.broken).count();
    let shown = |findings: &[Diagnostic]| -> Vec<Diagnostic> {
        let loud = findings
            .iter()
            .filter(|finding| finding.severity > Severity::Info || args.common.verbose);
        loud.cloned().collect()
    };
    match format {
        Format::Json => return write_test_json(out, sources, &run.outcomes, &run.findings, total),
        Format::JsonLines => return write_test_json_lines(out, sources, &run.outcomes, &run.findings, total),
        Format::Github => {
            let mut outcomes = run.outcomes.clone();
            for outcome in &mut outcomes {
                outcome.findings = shown(&outcome.findings);
            }
            return write_test_github(out, sources, &outcomes, &shown(&run.findings));
        }
        Format::Text | Format::Short => {}
    }
    write_findings(out, format, style, sources, &shown(&run.findings), &spread)?;
    for outcome in &run.outcomes {
        write_findings(out, format, style, sources, &shown(&outcome.findings), &spread)?;
        for case in &outcome.cases {
            for failure in &case.failures {
                let name = case.name.as_deref();
                write_failure(out, format, style, sources, outcome.file, name, failure)?;
            }
            let told = case
                .passed
                .iter()
                .filter(|_| args.common.verbose && format == Format::Text);
            for passed in told {
                write_passed(out, style, sources, outcome.file, case.name.as_deref(), passed)?;
            }
        }
        if args.common.verbose && format == Format::Text {
            let name = sources.get(outcome.file).name();
            let verdict = if outcome.passed() { "ok  " } else { "FAIL" };
            writeln!(
                out,
                "{verdict} {name} ({})",
                plural(outcome.summary.cases, "test")
            )?;
        }
    }
    if format == Format::Text && !(args.common.quiet && broken == 0 && total.failures == 0) {
        // Who looks at a terminal wants to know; who keeps the bytes wants them to be the same.
        let took = (io::stdout().is_terminal() || args.durations.is_some()).then_some(run.took);
        write_test_summary(out, style, run.outcomes.len(), total, broken, took)?;
    }
    if let Some(count) = args.durations {
        write_durations(out, style, sources, &run.outcomes, count)?;
    }
    Ok(())
}
