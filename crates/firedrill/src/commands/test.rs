//! `firedrill test`: find tests, load the rules they name, run, report.

use super::{complain, delayed_name_removal, features, limits, set_jobs, to_stdout};
use crate::Exit;
use crate::cli::TestArgs;
use crate::deadline::Deadlines;
use crate::files::{self, Text};
use crate::glob::{BadPattern, rule_paths};
use crate::terminal;
use firedrill_eval::Guard;
use firedrill_model::{Kind, Read, ReadOptions, RuleFile, TestFile, codes, read_rule_file, read_test_file};
use firedrill_regex::Regex;
use firedrill_report::{
    FileOutcome, Format, Style, plural, write_failure, write_findings, write_test_json, write_test_summary,
};
use firedrill_source::{Diagnostic, FileId, Location, Severity, Sources};
use firedrill_unit::{
    CompileOptions, CompiledFile, Event, RunOptions, Suite, Summary, run_within as run_suite,
};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A test file and everything it needs.
struct Loaded {
    id: FileId,
    file: TestFile,
    rules: Vec<Arc<CompiledFile>>,
    /// What keeps it from running.
    blocked: bool,
}

/// A rule file, read once however many tests name it.
enum RuleSource {
    Ready(Arc<CompiledFile>),
    /// It has errors, which have been reported.
    Broken,
}

pub(crate) fn run(args: &TestArgs) -> Exit {
    set_jobs(&args.common);
    let features = match features(&args.common) {
        Ok(features) => features,
        Err(problem) => {
            complain(&problem);
            return Exit::Unusable;
        }
    };
    let limits = match limits(&args.limits) {
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
    let mut found = files::find(&args.paths);
    for problem in &found.problems {
        complain(problem);
    }
    found
        .texts
        .retain(|text| text.explicit || text.kind == Kind::TestFile);
    if found.texts.is_empty() {
        if found.problems.is_empty() {
            let shown: Vec<String> = args.paths.iter().map(|path| path.display().to_string()).collect();
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
        delayed_name_removal: delayed_name_removal(&args.common),
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

    let failed = outcomes.iter().any(|it| it.broken || it.summary.failures > 0)
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
    let mut outcome = FileOutcome {
        file: loaded.id,
        failures: Vec::new(),
        summary: Summary::default(),
        broken: loaded.blocked,
    };
    if loaded.blocked {
        return outcome;
    }
    let suite = Suite {
        file: &loaded.file,
        rules: loaded.rules.clone(),
    };
    let names: Vec<Option<String>> = loaded
        .file
        .tests
        .iter()
        .map(|test| test.name.as_ref().map(|name| name.text.to_string()))
        .collect();
    let mut failures = Vec::new();
    outcome.summary = run_suite(&suite, options, guard, &|name| selected(name), &mut |event| {
        if let Event::Failed { index, failure } = event {
            failures.push((index, names.get(index).cloned().flatten(), *failure));
        }
    });
    outcome.failures = failures;
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
            for (_, name, failure) in &outcome.failures {
                write_failure(
                    out,
                    format,
                    style,
                    sources,
                    outcome.file,
                    name.as_deref(),
                    failure,
                )?;
            }
            if args.common.verbose && format == Format::Text {
                let name = sources.get(outcome.file).name();
                let verdict = if outcome.broken || outcome.summary.failures > 0 {
                    "FAIL"
                } else {
                    "ok  "
                };
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

/// Reads test files and the rule files that they name.
struct Loader {
    sources: Sources,
    findings: Vec<Diagnostic>,
    rule_files: FxHashMap<PathBuf, RuleSource>,
    options: ReadOptions,
    compile: CompileOptions,
}

impl Loader {
    fn new(options: ReadOptions, compile: CompileOptions) -> Self {
        Loader {
            sources: Sources::new(),
            findings: Vec::new(),
            rule_files: FxHashMap::default(),
            options,
            compile,
        }
    }

    fn load(&mut self, texts: Vec<Text>) -> Vec<Loaded> {
        let texts: Vec<(FileId, Text)> = texts
            .into_iter()
            .map(|text| (self.sources.add(text.source.clone()), text))
            .collect();
        let options = &self.options;
        let read = |(id, text): &(FileId, Text)| read_tests(*id, text, options);
        let tests: Vec<Read<TestFile>> = if texts.len() < 4 {
            texts.iter().map(read).collect()
        } else {
            crate::threads::start_pool();
            texts.par_iter().map(read).collect()
        };
        // Which rule files are needed, then all of them at once.
        let mut wanted: Vec<Vec<PathBuf>> = Vec::with_capacity(tests.len());
        for ((_, text), test) in texts.iter().zip(&tests) {
            // Where nothing is tested, promtool does not even look at the rules.
            let needed = !test.file.tests.is_empty();
            wanted.push(if needed {
                self.resolve(text, &test.file)
            } else {
                Vec::new()
            });
        }
        self.read_rule_files(wanted.iter().flatten());
        let mut loaded = Vec::with_capacity(tests.len());
        for (((id, _), test), paths) in texts.iter().zip(tests).zip(wanted) {
            let mut blocked = !test.accepted;
            self.findings.extend(test.diagnostics);
            let mut rules = Vec::new();
            for path in paths {
                match self.rule_files.get(&path) {
                    Some(RuleSource::Ready(compiled)) => rules.push(compiled.clone()),
                    Some(RuleSource::Broken) | None => blocked = true,
                }
            }
            loaded.push(Loaded {
                id: *id,
                file: test.file,
                rules,
                blocked,
            });
        }
        self.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        loaded
    }

    /// The rule files that a test file names, in order.
    fn resolve(&mut self, text: &Text, test: &TestFile) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for pattern in &test.rule_files {
            let at = Location::new(test.file, pattern.span);
            match rule_paths(text.path.as_deref(), &pattern.text) {
                Ok(found) if found.is_empty() => self.findings.push(
                    Diagnostic::new(
                        codes::NO_RULE_FILE,
                        Severity::Warning,
                        at,
                        format!("no file matches {}", pattern.text),
                    )
                    .note("the test runs without these rules, and whatever expects nothing of them passes")
                    .help("rule_files are relative to the directory of the test file"),
                ),
                Ok(found) => paths.extend(found),
                Err(BadPattern) => self.findings.push(Diagnostic::new(
                    codes::NO_RULE_FILE,
                    Severity::Error,
                    at,
                    format!("{}: syntax error in pattern", pattern.text),
                )),
            }
        }
        paths
    }

    fn read_rule_files<'p>(&mut self, paths: impl Iterator<Item = &'p PathBuf>) {
        let mut missing: Vec<PathBuf> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        for path in paths {
            if !self.rule_files.contains_key(path) && seen.insert(path.clone()) {
                missing.push(path.clone());
            }
        }
        let texts: Vec<Result<Text, String>> = missing.iter().map(|path| files::read(path)).collect();
        let mut ready: Vec<(PathBuf, FileId, Text)> = Vec::new();
        for (path, text) in missing.into_iter().zip(texts) {
            match text {
                Ok(text) => ready.push((path, self.sources.add(text.source.clone()), text)),
                Err(problem) => {
                    complain(&problem);
                    self.rule_files.insert(path, RuleSource::Broken);
                }
            }
        }
        let (options, compile) = (&self.options, &self.compile);
        let read = |(path, id, text): &(PathBuf, FileId, Text)| {
            let read = read_rules(*id, text, options);
            let compiled = read.accepted.then(|| {
                Arc::new(CompiledFile::compile(
                    &read.file,
                    &path.to_string_lossy(),
                    compile,
                ))
            });
            (read.diagnostics, compiled)
        };
        let results: Vec<_> = if ready.len() < 4 {
            ready.iter().map(read).collect()
        } else {
            crate::threads::start_pool();
            ready.par_iter().map(read).collect()
        };
        for ((path, ..), (diagnostics, compiled)) in ready.into_iter().zip(results) {
            self.findings.extend(
                diagnostics
                    .into_iter()
                    .filter(|finding| finding.severity == Severity::Error),
            );
            self.rule_files
                .insert(path, compiled.map_or(RuleSource::Broken, RuleSource::Ready));
        }
    }
}

fn read_tests(id: FileId, text: &Text, options: &ReadOptions) -> Read<TestFile> {
    let mut read = read_test_file(id, text.source.text(), options);
    if let Some(finding) = text.no_text(id) {
        read.accepted = false;
        read.diagnostics = vec![finding];
    }
    read
}

fn read_rules(id: FileId, text: &Text, options: &ReadOptions) -> Read<RuleFile> {
    let mut read = read_rule_file(id, text.source.text(), options);
    if let Some(finding) = text.no_text(id) {
        read.accepted = false;
        read.diagnostics = vec![finding];
    }
    read
}
