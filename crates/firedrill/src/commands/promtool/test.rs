//! `promtool test rules`.

use super::{Line, features, say, say_error};
use crate::Exit;
use crate::files::reason;
use crate::glob::rule_paths;
use firedrill_model::{ReadOptions, TestFile, TestGroup, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_promtool::check::{Options, check_rules, test_file_error};
use firedrill_promtool::{Junit, JunitCase, JunitSuite, dump_text, failure_texts};
use firedrill_regex::Regex;
use firedrill_source::FileId;
use firedrill_unit::{CompileOptions, CompiledFile, Event, RunOptions, Suite, run as run_suite};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Most samples of a query in promtool's unit tests.
const MAX_SAMPLES: usize = 10_000;

pub(super) fn run(line: &Line) -> Exit {
    let mut filters = Vec::new();
    for pattern in &line.run {
        match Regex::new(pattern) {
            Ok(regex) => filters.push(regex),
            // promtool panics here, and a panic of Go ends with 2.
            Err(error) => {
                say_error(&format!("promtool: --run {pattern}: {error}"));
                return Exit::Unusable;
            }
        }
    }
    // promtool opens the file before it looks at any other.
    let junit_file = match &line.junit {
        None => None,
        Some(path) => match std::fs::File::create(path) {
            Ok(file) => Some(file),
            Err(error) => {
                let why = reason(&error);
                say_error(&format!(
                    "promtool: error: open {}: {why}, try --help",
                    path.display()
                ));
                return Exit::Findings;
            }
        },
    };
    let tester = Tester {
        options: Options {
            ignore_unknown_fields: line.ignore_unknown_fields,
            features: features(line),
        },
        run: RunOptions {
            // The engine of promtool's unit tests understands nothing that is experimental, whatever the flags say.
            engine_features: Features::default(),
            delayed_name_removal: line
                .features
                .iter()
                .any(|name| name == "promql-delayed-name-removal"),
            max_samples: Some(MAX_SAMPLES),
            explain: false,
            dump: line.debug,
            ..RunOptions::default()
        },
        diff: line.diff,
        debug: line.debug,
        filters,
        rule_files: Mutex::default(),
    };
    let mut failed = false;
    let mut junit = Junit::default();
    for slice in line.files.chunks(64) {
        let outcomes: Vec<Outcome> = if slice.len() < 2 {
            slice.iter().map(|path| tester.file(path)).collect()
        } else {
            crate::threads::start_pool();
            slice.par_iter().map(|path| tester.file(path)).collect()
        };
        for outcome in outcomes {
            for note in &outcome.notes {
                say_error(note);
            }
            junit.suites.push(outcome.suite);
            if outcome.errors.is_empty() {
                say("  SUCCESS\n");
                continue;
            }
            failed = true;
            say_error("  FAILED:");
            for error in &outcome.errors {
                say_error(error);
                say("");
            }
            say("");
        }
    }
    if let Some(mut file) = junit_file
        && let Err(error) = file.write_all(junit.to_xml().as_bytes())
    {
        say_error(&format!("failed to write JUnit XML: {}", reason(&error)));
    }
    if failed { Exit::Findings } else { Exit::Clean }
}

/// What a test file comes to.
#[derive(Default)]
struct Outcome {
    /// What is said of it on standard error before the verdict.
    notes: Vec<String>,
    errors: Vec<String>,
    suite: JunitSuite,
}

impl Outcome {
    fn case(&mut self, name: String) {
        self.suite.cases.push(JunitCase {
            name,
            failures: Vec::new(),
        });
    }

    fn fail(&mut self, errors: &[String]) {
        self.errors.extend_from_slice(errors);
        if let Some(case) = self.suite.cases.last_mut() {
            case.failures.extend_from_slice(errors);
        }
    }
}

type Loaded = Result<Arc<CompiledFile>, Arc<Vec<String>>>;

struct Tester {
    options: Options,
    run: RunOptions,
    diff: bool,
    debug: bool,
    filters: Vec<Regex>,
    /// Every rule file is read once, however many tests name it.
    rule_files: Mutex<FxHashMap<PathBuf, Loaded>>,
}

impl Tester {
    fn file(&self, path: &Path) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.suite.name = path.display().to_string();
        if let Err(error) = self.try_file(path, &mut outcome) {
            outcome.suite.error = Some(error.clone());
            outcome.errors = vec![error];
        }
        outcome
    }

    fn try_file(&self, path: &Path, outcome: &mut Outcome) -> Result<(), String> {
        let bytes =
            std::fs::read(path).map_err(|error| format!("open {}: {}", path.display(), reason(&error)))?;
        if let Some(error) = test_file_error(&bytes) {
            return Err(error);
        }
        let text = firedrill_yaml::decode(&bytes).map_err(|error| error.to_string())?;
        let options = ReadOptions {
            features: Features::all(),
            ignore_unknown_fields: self.options.ignore_unknown_fields,
            ..ReadOptions::default()
        };
        let test = read_test_file(FileId::default(), &text, &options).file;
        let mut paths = Vec::new();
        for pattern in &test.rule_files {
            let found =
                rule_paths(Some(path), &pattern.text).map_err(|_| "syntax error in pattern".to_owned())?;
            if found.is_empty() {
                outcome.notes.push(format!(
                    "  WARNING: no file match pattern {}",
                    shown_pattern(path, &pattern.text)
                ));
            }
            paths.extend(found);
        }
        outcome.suite.timestamp = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        for (at, name) in test.group_eval_order.iter().enumerate() {
            if test.group_eval_order[..at]
                .iter()
                .any(|earlier| earlier.text == name.text)
            {
                return Err(format!("group name repeated in evaluation order: {}", name.text));
            }
        }
        let selected =
            |name: &str| self.filters.is_empty() || self.filters.iter().any(|regex| regex.is_match(name));
        let runs = |group: &TestGroup| selected(group.name.as_ref().map_or("", |name| &name.text));
        if !test.tests.iter().any(runs) {
            return Ok(());
        }
        let mut rules = Vec::new();
        let mut broken: Vec<String> = Vec::new();
        for path in &paths {
            match self.rules(path) {
                Ok(compiled) => rules.push(compiled),
                // The first broken file ends the loading.
                Err(errors) => {
                    broken.clone_from(&errors);
                    break;
                }
            }
        }
        self.run_tests(&test, rules, &broken, &selected, outcome);
        Ok(())
    }

    fn run_tests(
        &self,
        test: &TestFile,
        rules: Vec<Arc<CompiledFile>>,
        broken: &[String],
        selected: &dyn Fn(&str) -> bool,
        outcome: &mut Outcome,
    ) {
        let shown_name = |index: usize, group: &TestGroup| match &group.name {
            Some(name) if !name.text.is_empty() => name.text.to_string(),
            _ => format!("unnamed#{index}"),
        };
        if !broken.is_empty() {
            // promtool reads the rules anew for every test, and fails anew.
            for (index, group) in test.tests.iter().enumerate() {
                if selected(group.name.as_ref().map_or("", |name| &name.text)) {
                    let (name, start) = (shown_name(index, group), Instant::now());
                    self.note_start(&name, outcome);
                    outcome.case(name.clone());
                    outcome.fail(broken);
                    self.note_end(&name, start, outcome);
                }
            }
            return;
        }
        let suite = Suite { file: test, rules };
        let mut start = Instant::now();
        run_suite(&suite, &self.run, selected, &mut |event| match event {
            Event::CaseStarted { index, .. } => {
                start = Instant::now();
                let name = test
                    .tests
                    .get(index)
                    .map_or_else(String::new, |group| shown_name(index, group));
                self.note_start(&name, outcome);
                outcome.case(name);
            }
            Event::Failed { failure, .. } => outcome.fail(&failure_texts(&failure, self.diff)),
            Event::Dumped { dump, .. } => outcome.notes.push(dump_text(&dump)),
            Event::CaseFinished { .. } => {
                let name = outcome.suite.cases.last().map(|case| case.name.clone());
                self.note_end(&name.unwrap_or_default(), start, outcome);
            }
            Event::Passed { .. } | Event::Noticed { .. } | Event::Covered { .. } => {}
        });
    }

    fn note_start(&self, name: &str, outcome: &mut Outcome) {
        if self.debug {
            outcome.notes.push(format!("DEBUG: Starting test {name}"));
        }
    }

    fn note_end(&self, name: &str, start: Instant, outcome: &mut Outcome) {
        if self.debug {
            let took = start.elapsed();
            outcome
                .notes
                .push(format!("DEBUG: Test {name} finished, took {took:?}"));
        }
    }

    fn rules(&self, path: &Path) -> Loaded {
        if let Some(known) = self
            .rule_files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(path)
        {
            return known.clone();
        }
        let loaded = self.load(path);
        let mut known = self
            .rule_files
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(path.to_path_buf(), loaded.clone());
        loaded
    }

    fn load(&self, path: &Path) -> Loaded {
        let prefix = format!("{}: ", path.display());
        let fail = |errors: Vec<String>| Err(Arc::new(errors));
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if path.is_dir() => {
                return fail(vec![format!(
                    "{prefix}read {}: {}",
                    path.display(),
                    reason(&error)
                )]);
            }
            Err(error) => {
                return fail(vec![format!(
                    "{prefix}open {}: {}",
                    path.display(),
                    reason(&error)
                )]);
            }
        };
        if let Err(errors) = check_rules(&prefix, &bytes, &self.options).result {
            return fail(errors);
        }
        let text = firedrill_yaml::decode(&bytes).unwrap_or_default();
        let options = ReadOptions {
            features: self.options.features,
            ignore_unknown_fields: self.options.ignore_unknown_fields,
            ..ReadOptions::default()
        };
        let read = read_rule_file(FileId::default(), &text, &options);
        let compile = CompileOptions {
            engine_features: self.run.engine_features,
        };
        Ok(Arc::new(CompiledFile::compile(
            &read.file,
            &path.to_string_lossy(),
            &compile,
        )))
    }
}

/// A pattern as promtool shows it: joined with the directory of the test file.
fn shown_pattern(test_file: &Path, pattern: &str) -> String {
    let directory = test_file.parent().unwrap_or(Path::new(""));
    directory.join(pattern).display().to_string()
}
