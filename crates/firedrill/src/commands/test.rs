//! `firedrill test`: find tests, load the rules they name, run, report.

mod load;

use super::{complain, delayed_name_removal, features, limits, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::TestArgs;
use crate::config::Config;
use crate::deadline::Deadlines;
use crate::{files, terminal};
use firedrill_eval::Guard;
use firedrill_model::{Kind, ReadOptions};
use firedrill_regex::Regex;
use firedrill_report::{
    FileOutcome, Format, Style, plural, write_failure, write_findings, write_test_json, write_test_summary,
};
use firedrill_source::Severity;
use firedrill_unit::{CompileOptions, RunOptions, Suite, Summary, run_within as run_suite};
use load::{Loaded, Loader};
use rayon::prelude::*;
use std::time::Instant;

pub(crate) fn run(args: &TestArgs, config: &Config) -> Exit {
    set_jobs(&args.common);
    let features = match features(&args.common, config) {
        Ok(features) => features,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let limits = match limits(&args.limits, config) {
        Ok(limits) => limits,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let mut filters = Vec::new();
    for pattern in &args.run {
        match Regex::new(pattern) {
            Ok(regex) => filters.push(regex),
            Err(error) => {
                complain(&format!("--run {pattern}: {error}"));
                return Exit::Unusable;
            }
        }
    }
    let paths = match args.paths.as_slice() {
        [] => config.tests(),
        paths => Ok(paths.to_vec()),
    };
    let paths = match paths {
        Ok(paths) => paths,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let mut found = files::find(&paths, &|path| config.excludes(path));
    for problem in &found.problems {
        complain(problem);
    }
    found
        .texts
        .retain(|text| text.explicit || text.kind == Kind::TestFile);
    if found.texts.is_empty() {
        if found.problems.is_empty() {
            let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            complain(&format!("no test file found in {}", shown.join(", ")));
        }
        return Exit::Unusable;
    }
    let options = ReadOptions {
        features,
        ..ReadOptions::default()
    };
    let mut loader = Loader::new(
        options,
        CompileOptions {
            engine_features: features,
        },
    );
    let loaded = loader.load(found.texts);
    let run_options = RunOptions {
        engine_features: features,
        delayed_name_removal: delayed_name_removal(&args.common, config),
        ..RunOptions::default()
    };
    let selected = |name: &str| filters.is_empty() || filters.iter().any(|regex| regex.is_match(name));
    let deadlines = Deadlines::new(limits.timeout);
    let execute = |loaded: &Loaded| {
        let guard = Guard::with_flag(limits, deadlines.flag(false));
        execute(loaded, &run_options, &guard, &selected)
    };
    let outcomes: Vec<FileOutcome> = if loaded.len() < 2 {
        loaded.iter().map(execute).collect()
    } else {
        crate::threads::start_pool();
        loaded.par_iter().map(execute).collect()
    };
    report(args, &loader, &outcomes);

    let failed = outcomes.iter().any(|it| !it.passed())
        || loader
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
    match (failed, found.problems.is_empty()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Unusable,
    }
}

fn execute(
    loaded: &Loaded,
    options: &RunOptions,
    guard: &Guard,
    selected: &(dyn Fn(&str) -> bool + Sync),
) -> FileOutcome {
    let mut outcome = FileOutcome::new(loaded.id);
    outcome.broken = loaded.blocked;
    if loaded.blocked {
        return outcome;
    }
    let suite = Suite {
        file: &loaded.file,
        rules: loaded.rules.clone(),
    };
    let start = Instant::now();
    run_suite(&suite, options, guard, &|name| selected(name), &mut |event| {
        outcome.record(event, start.elapsed());
    });
    outcome
}

fn report(args: &TestArgs, loader: &Loader, outcomes: &[FileOutcome]) {
    let style: Style = terminal::style(args.common.color);
    let format: Format = args.common.format.into();
    let sources = &loader.sources;
    let mut total = Summary::default();
    for outcome in outcomes {
        total.merge(outcome.summary);
    }
    let broken = outcomes.iter().filter(|outcome| outcome.broken).count();
    to_stdout(|out| {
        if format == Format::Json {
            return write_test_json(out, sources, outcomes, &loader.findings, total);
        }
        let mut findings = loader.findings.clone();
        findings.retain(|finding| finding.severity > Severity::Info || args.common.verbose);
        write_findings(out, format, style, sources, &findings)?;
        for outcome in outcomes {
            for case in &outcome.cases {
                for failure in &case.failures {
                    let name = case.name.as_deref();
                    write_failure(out, format, style, sources, outcome.file, name, failure)?;
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
            write_test_summary(out, style, outcomes.len(), total, broken)?;
        }
        Ok(())
    });
}
