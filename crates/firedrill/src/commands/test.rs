//! `firedrill test`: find tests, load the rules they name, run, report.

mod coverage;
mod load;
mod progress;
mod report;
mod update;
mod watch;

use super::{complain, delayed_name_removal, features, limits, set_jobs};
use crate::Exit;
use crate::cli::TestArgs;
use crate::config::Config;
use crate::deadline::Deadlines;
use crate::files::{self, Text};
use coverage::Wanted;
use firedrill_eval::{Guard, Limits};
use firedrill_model::{Dialect, Kind, ReadOptions, codes};
use firedrill_regex::Regex;
use firedrill_report::FileOutcome;
use firedrill_source::{Diagnostic, Location, Severity, Sources, Span};
use firedrill_unit::{CompileOptions, RunOptions, Suite, Summary, Totals, run_within as run_suite};
use load::{Loaded, Loader};
use progress::Progress;
use rayon::prelude::*;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) fn run(args: &TestArgs, config: &Config) -> Exit {
    set_jobs(&args.common);
    let runner = match Runner::new(args, config) {
        Ok(runner) => runner,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    if args.watch {
        return watch::run(&runner);
    }
    let texts = match runner.find() {
        Ok(texts) => texts,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let mut run = runner.run(texts.found.clone(), &texts.rules);
    if args.update {
        let failed = run.failed();
        let rewritten = update::run(&runner, &texts, &run);
        if args.diff {
            return if failed { Exit::Findings } else { Exit::Clean };
        }
        run = runner.run(rewritten, &texts.rules);
    }
    if let Err(problem) = report::write(&runner, &run) {
        complain(&problem);
        return Exit::Unusable;
    }
    let shortfall = runner.shortfall(&run);
    if let Some(shortfall) = &shortfall {
        complain(shortfall);
    }
    match (run.failed() || shortfall.is_some(), texts.complete) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Unusable,
    }
}

/// How to run tests, as asked for.
struct Runner<'a> {
    args: &'a TestArgs,
    config: &'a Config,
    paths: Vec<PathBuf>,
    filters: Vec<Regex>,
    read: ReadOptions,
    options: RunOptions,
    limits: Limits,
    coverage: Option<Wanted>,
}

/// The test files that there are.
struct Texts {
    found: Vec<Text>,
    /// Rule files among them, where somebody asks for coverage.
    rules: Vec<PathBuf>,
    /// Whether everything could be read; what could not has been said.
    complete: bool,
}

/// What came of a run.
struct Run {
    sources: Sources,
    findings: Vec<Diagnostic>,
    outcomes: Vec<FileOutcome>,
    /// The files that each test file rests on, itself among them.
    rests_on: Vec<Vec<PathBuf>>,
    took: Duration,
    /// What the tests have seen, or why that cannot be said.
    coverage: Option<Result<Totals, String>>,
    /// Whether tests are missing that must be there.
    untested: bool,
}

impl Run {
    /// The counts of all files together.
    fn total(&self) -> Summary {
        let mut total = Summary::default();
        for outcome in &self.outcomes {
            total.merge(outcome.summary);
        }
        total
    }

    fn failed(&self) -> bool {
        let findings = self.outcomes.iter().flat_map(|outcome| &outcome.findings);
        let mut findings = self.findings.iter().chain(findings);
        self.outcomes.iter().any(|outcome| !outcome.passed())
            || self.untested
            || findings.any(|finding| finding.severity == Severity::Error)
    }
}

impl<'a> Runner<'a> {
    fn new(args: &'a TestArgs, config: &'a Config) -> Result<Self, String> {
        let features = features(&args.common, config)?;
        let mut filters = Vec::new();
        for pattern in &args.run {
            filters.push(Regex::new(pattern).map_err(|error| format!("--run {pattern}: {error}"))?);
        }
        let coverage = Wanted::new(&args.coverage, config)?;
        Ok(Runner {
            args,
            config,
            paths: match args.paths.as_slice() {
                [] => config.tests()?,
                paths => paths.to_vec(),
            },
            filters,
            read: ReadOptions {
                features,
                extensions: args.compat.is_none(),
                dialect: match args.compat {
                    None => config.dialect(),
                    Some(_) => Dialect::Prometheus,
                },
                ..ReadOptions::default()
            },
            options: RunOptions {
                engine_features: features,
                delayed_name_removal: delayed_name_removal(&args.common, config),
                tell_passed: args.common.verbose || args.html.is_some(),
                notice: true,
                group_intervals: args.group_intervals,
                strict: args.strict || config.strict(),
                coverage: coverage.is_some(),
                ..RunOptions::default()
            },
            limits: limits(&args.limits, config)?,
            coverage,
        })
    }

    /// Reads the test files; says what cannot be read.
    ///
    /// # Errors
    /// If there is none.
    fn find(&self) -> Result<Texts, String> {
        let mut found = files::find(&self.paths, &|path| self.config.excludes(path));
        for problem in &found.problems {
            complain(problem);
        }
        let mut rules = Vec::new();
        if self.coverage.is_some() {
            found.texts.retain(|text| {
                let is_rules = matches!(text.kind, Kind::RuleFile | Kind::Manifest);
                rules.extend(text.path.clone().filter(|_| is_rules));
                !(is_rules && text.path.is_some())
            });
        }
        found
            .texts
            .retain(|text| text.explicit || text.kind == Kind::TestFile);
        if found.texts.is_empty() && found.problems.is_empty() {
            let shown: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
            return Err(format!("no test file found in {}", shown.join(", ")));
        }
        Ok(Texts {
            found: found.texts,
            rules,
            complete: found.problems.is_empty(),
        })
    }

    /// Loads what the tests need, and runs them.
    fn run(&self, texts: Vec<Text>, rules: &[PathBuf]) -> Run {
        let start = Instant::now();
        let compile = CompileOptions {
            engine_features: self.options.engine_features,
        };
        let mut loader = Loader::new(self.read.clone(), compile);
        let loaded = loader.load(texts);
        let deadlines = Deadlines::new(self.limits.timeout);
        let progress = Progress::start(loaded.len());
        let execute = |loaded: &Loaded| {
            let guard = Guard::with_flag(self.limits, deadlines.flag(false));
            let outcome = self.execute(loaded, &guard);
            progress.done();
            outcome
        };
        let outcomes: Vec<FileOutcome> = if loaded.len() < 2 {
            loaded.iter().map(execute).collect()
        } else {
            crate::threads::start_pool();
            loaded.par_iter().map(execute).collect()
        };
        progress.end();
        let coverage = self
            .coverage
            .as_ref()
            .map(|wanted| wanted.collect(&mut loader, &outcomes, rules));
        let mut findings = loader.findings;
        if self.options.strict {
            for finding in &mut findings {
                finding.severity = Severity::Error;
            }
        }
        let mut untested = false;
        if let (Some(wanted), Some(Ok(totals))) = (&self.coverage, &coverage) {
            let found = wanted.findings(&loader.sources, totals);
            untested = found.iter().any(|finding| finding.code == codes::RULE_UNTESTED);
            findings.extend(found);
        }
        let ran = outcomes.iter().any(|outcome| !outcome.cases.is_empty());
        let first = loaded.iter().find(|it| !it.blocked && !it.file.tests.is_empty());
        if let Some(first) = first.filter(|_| !ran && !self.args.run.is_empty()) {
            findings.push(nothing_selected(first, &self.args.run));
        }
        Run {
            outcomes,
            rests_on: loaded.into_iter().map(|loaded| loaded.rests_on).collect(),
            sources: loader.sources,
            findings,
            coverage,
            untested,
            took: start.elapsed(),
        }
    }

    /// What is covered less than was asked for, in words.
    fn shortfall(&self, run: &Run) -> Option<String> {
        match (&self.coverage, &run.coverage) {
            (Some(wanted), Some(Ok(totals))) => wanted.shortfall(totals),
            _ => None,
        }
    }

    fn execute(&self, loaded: &Loaded, guard: &Guard) -> FileOutcome {
        let mut outcome = FileOutcome::new(loaded.id);
        outcome.broken = loaded.blocked;
        outcome.blocked_by.clone_from(&loaded.blocked_by);
        if loaded.blocked {
            return outcome;
        }
        let suite = Suite {
            file: &loaded.file,
            rules: loaded.rules.clone(),
        };
        let selected =
            |name: &str| self.filters.is_empty() || self.filters.iter().any(|regex| regex.is_match(name));
        let start = Instant::now();
        run_suite(&suite, &self.options, guard, &selected, &mut |event| {
            outcome.record(event, start.elapsed());
        });
        outcome
    }
}

/// What to say if `--run` fits no test at all; names are taken from the first file.
fn nothing_selected(first: &Loaded, patterns: &[String]) -> Diagnostic {
    let names = || first.file.tests.iter().filter_map(|test| test.name.as_ref());
    let at = names().next().map_or(Span::default(), |name| name.used_at);
    let known: Vec<&str> = names().map(|name| &*name.text).take(5).collect();
    let help = if known.is_empty() {
        "the tests have no `name`, and `--run` looks for nothing else".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Diagnostic::new(
        codes::NOTHING_TESTED,
        Severity::Error,
        Location::new(first.id, at),
        format!("no test has a name that fits --run {}", patterns.join(" --run ")),
    )
    .note("nothing was tested")
    .help(help)
}
