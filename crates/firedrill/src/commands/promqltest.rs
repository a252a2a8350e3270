//! `firedrill promqltest`: runs Prometheus' scripts of loads and evaluations.

use super::{complain, limits, to_stdout};
use crate::Exit;
use crate::cli::PromqltestArgs;
use crate::config::Config;
use crate::deadline::Deadlines;
use crate::files::reason;
use firedrill_eval::{Guard, Limits};
use firedrill_promqltest::{Failure, Report};
use firedrill_report::Format;
use rayon::prelude::*;
use serde_json::json;
use std::path::Path;

/// Runs the scripts and tells what did not go as expected.
pub(crate) fn run(args: &PromqltestArgs, config: &Config) -> Exit {
    let format: Format = args.format.into();
    let limits = match limits(&args.limits, config) {
        Ok(limits) => limits,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let deadlines = Deadlines::new(limits.timeout);
    let run_file = |path: &Path| run_file(path, &limits, &deadlines);
    let reports: Vec<Result<Report, String>> = if args.files.len() < 2 {
        args.files.iter().map(|path| run_file(path)).collect()
    } else {
        crate::threads::start_pool();
        args.files.par_iter().map(|path| run_file(path)).collect()
    };
    let unreadable: Vec<&String> = reports
        .iter()
        .filter_map(|report| report.as_ref().err())
        .collect();
    for problem in &unreadable {
        complain(problem);
    }
    let found = args.files.iter().zip(&reports);
    let found: Vec<(&Path, &Report)> = found
        .filter_map(|(path, report)| Some((path.as_path(), report.as_ref().ok()?)))
        .collect();
    let passed: usize = found.iter().map(|(_, report)| report.passed).sum();
    let failures: Vec<(&Path, &Failure)> = found
        .iter()
        .flat_map(|(path, report)| report.failures.iter().map(move |failure| (*path, failure)))
        .collect();
    to_stdout(|out| {
        if format == Format::Json {
            let list: Vec<_> = failures
                .iter()
                .map(|(path, failure)| {
                    json!({
                        "expr": failure.expr,
                        "file": path.display().to_string(),
                        "line": failure.line,
                        "message": failure.message,
                    })
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &json!({ "failures": list, "passed": passed }))?;
            return writeln!(out);
        }
        for (path, failure) in &failures {
            match format {
                Format::Short => {
                    writeln!(out, "{}:{}: {}", path.display(), failure.line, failure.message)?;
                }
                _ => {
                    writeln!(out, "{}:{}: {}", path.display(), failure.line, failure.expr)?;
                    writeln!(out, "    {}", failure.message)?;
                }
            }
        }
        let files = found.len();
        if files == 0 {
            return Ok(());
        }
        writeln!(
            out,
            "{passed} evaluations as expected, {} not ({files} {})",
            failures.len(),
            if files == 1 { "file" } else { "files" }
        )
    });
    match (unreadable.is_empty(), failures.is_empty()) {
        (false, _) => Exit::Unusable,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Clean,
    }
}

fn run_file(path: &Path, limits: &Limits, deadlines: &Deadlines) -> Result<Report, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {}", path.display(), reason(&error)))?;
    let script = firedrill_promqltest::parse_within(&text, limits);
    let script = script.map_err(|error| format!("{}:{}: {}", path.display(), error.line, error.message))?;
    Ok(script.run_within(&Guard::with_flag(*limits, deadlines.flag(false))))
}
