//! The drop-in for promtool: `check rules` and `test rules` with promtool's flags, texts and exit codes.

use crate::Exit;
use crate::files::reason;
use crate::glob::rule_paths;
use firedrill_model::{ReadOptions, TestFile, TestGroup, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_promtool::check::{CheckedRules, Options, check_rules, test_file_error};
use firedrill_promtool::failure_texts;
use firedrill_regex::Regex;
use firedrill_source::FileId;
use firedrill_unit::{CompileOptions, CompiledFile, Event, RunOptions, Suite, run as run_suite};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ffi::OsString;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Most samples of a query in promtool's unit tests.
const MAX_SAMPLES: usize = 10_000;

const USAGE: &str = "usage: promtool [--enable-feature=NAME ...] check rules [--lint=duplicate-rules] [--lint-fatal] \
                     [--ignore-unknown-fields] [<rule-files>...]\n       \
                     promtool [--enable-feature=NAME ...] test rules [--run=REGEX ...] [--ignore-unknown-fields] \
                     <test-rule-file>...\n\nThis is firedrill standing in for promtool 3.14; `firedrill --help` shows \
                     what else it does.";

/// Why a command line is refused, in the words of promtool's flag parser.
struct UsageError(String);

/// A parsed command line.
#[derive(Default)]
struct Line {
    command: Vec<String>,
    files: Vec<PathBuf>,
    features: Vec<String>,
    lint: Option<String>,
    lint_fatal: bool,
    ignore_unknown_fields: bool,
    run: Vec<String>,
    help: bool,
    version: bool,
}

pub(crate) fn run(args: &[OsString]) -> Exit {
    let args: Vec<String> = args
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let line = match parse(&args) {
        Ok(line) => line,
        Err(UsageError(message)) => {
            say_error(&format!("promtool: error: {message}, try --help"));
            return Exit::Findings;
        }
    };
    if line.version {
        say(&format!(
            "promtool, version 3.14.0 (firedrill {})",
            env!("CARGO_PKG_VERSION")
        ));
        return Exit::Clean;
    }
    if line.help {
        say(USAGE);
        return Exit::Clean;
    }
    for feature in unknown_features(&line) {
        // promtool leaves out the line break, too.
        let _ = write!(
            io::stderr(),
            "  WARNING: Unknown feature passed to --enable-feature: {feature}"
        );
    }
    if line.command[0] == "check" {
        check(&line)
    } else {
        test(&line)
    }
}

fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn say_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn parse(args: &[String]) -> Result<Line, UsageError> {
    let mut line = Line::default();
    let mut rest = args.iter();
    let mut only_files = false;
    while let Some(arg) = rest.next() {
        if arg == "--" && !only_files {
            only_files = true;
        } else if arg.starts_with("--") && !only_files {
            let (name, value) = match arg[2..].split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&arg[2..], None),
            };
            let mut argument = || {
                value
                    .clone()
                    .or_else(|| rest.next().cloned())
                    .ok_or(UsageError(format!("expected argument for flag '--{name}'")))
            };
            match (name, line.command.first().map(String::as_str)) {
                ("help", _) => line.help = true,
                ("version", _) => line.version = true,
                ("enable-feature", _) => line.features.extend(argument()?.split(',').map(str::to_owned)),
                ("lint", Some("check")) => {
                    if line.lint.replace(argument()?).is_some() {
                        return Err(UsageError("flag 'lint' cannot be repeated".to_owned()));
                    }
                }
                ("lint-fatal", Some("check")) => line.lint_fatal = true,
                ("no-lint-fatal", Some("check")) => line.lint_fatal = false,
                ("ignore-unknown-fields", Some(_)) => line.ignore_unknown_fields = true,
                ("no-ignore-unknown-fields", Some(_)) => line.ignore_unknown_fields = false,
                ("run", Some("test")) => line.run.push(argument()?),
                ("junit" | "diff" | "debug", Some("test")) => {
                    return Err(UsageError(format!(
                        "firedrill does not have promtool's flag '--{name}' yet"
                    )));
                }
                _ => return Err(UsageError(format!("unknown long flag '--{name}'"))),
            }
        } else if arg == "-h" && !only_files {
            line.help = true;
        } else if arg.starts_with('-') && arg.len() > 1 && !only_files {
            let flag: String = arg.chars().take(2).collect();
            return Err(UsageError(format!("unknown short flag '{flag}'")));
        } else if line.command.len() < 2 {
            let known: &[&str] = if line.command.is_empty() {
                &["check", "test"]
            } else {
                &["rules"]
            };
            if !known.contains(&arg.as_str()) {
                return Err(UsageError(format!(
                    "expected command but got {}",
                    firedrill_value::quote(arg)
                )));
            }
            line.command.push(arg.clone());
        } else {
            line.files.push(PathBuf::from(arg));
        }
    }
    if line.help || line.version {
        return Ok(line);
    }
    if line.command.len() < 2 {
        line.help = true;
        return Ok(line);
    }
    for file in &line.files {
        if file.is_dir() {
            return Err(UsageError(format!("'{}' is a directory", file.display())));
        }
        if file.as_os_str() == "-" || !file.exists() {
            let shown = if file.as_os_str() == "-" {
                String::new()
            } else {
                file.display().to_string()
            };
            return Err(UsageError(format!("path '{shown}' does not exist")));
        }
    }
    if line.command[0] == "test" && line.files.is_empty() {
        return Err(UsageError(
            "required argument 'test-rule-file' not provided".to_owned(),
        ));
    }
    Ok(line)
}

fn unknown_features(line: &Line) -> Vec<&str> {
    let known = |name: &str| {
        matches!(name, "promql-delayed-name-removal" | "promql-duration-expr" | "")
            || Features::default().enable(name)
    };
    line.features
        .iter()
        .map(String::as_str)
        .filter(|name| !known(name))
        .collect()
}

fn features(line: &Line) -> Features {
    Features::from_flags(line.features.iter().map(String::as_str))
}

fn check(line: &Line) -> Exit {
    let options = Options {
        ignore_unknown_fields: line.ignore_unknown_fields,
        features: features(line),
    };
    let mut wants_duplicates = false;
    for option in line.lint.as_deref().unwrap_or("duplicate-rules").split(',') {
        match option {
            "all" | "duplicate-rules" => wants_duplicates = true,
            "none" => {
                wants_duplicates = false;
                break;
            }
            "" => {}
            other => say(&format!(
                "WARNING: unknown lint option: {}",
                firedrill_value::quote(other)
            )),
        }
    }
    let mut verdict = Verdict::default();
    if line.files.is_empty() {
        let mut bytes = Vec::new();
        say("Checking standard input");
        match io::stdin().read_to_end(&mut bytes) {
            Ok(_) => verdict.print(&check_rules("", &bytes, &options), wants_duplicates),
            Err(error) => verdict.fail(&[error.to_string()]),
        }
        verdict.out.flush();
        return verdict.exit(line.lint_fatal);
    }
    let read = |path: &PathBuf| {
        let prefix = format!("{}: ", path.display());
        match std::fs::read(path) {
            Ok(bytes) => check_rules(&prefix, &bytes, &options),
            Err(error) => CheckedRules {
                result: Err(vec![format!(
                    "{prefix}open {}: {}",
                    path.display(),
                    reason(&error)
                )]),
                multiple_documents: false,
                duplicates: None,
            },
        }
    };
    let show = |index: usize, checked: &CheckedRules| {
        verdict
            .out
            .line(&format!("Checking {}", line.files[index].display()));
        verdict.print(checked, wants_duplicates);
    };
    in_order(line.files.len(), |index| read(&line.files[index]), show);
    verdict.out.flush();
    verdict.exit(line.lint_fatal)
}

/// Does `count` jobs on all cores and shows what they come to, in order and as soon as may be.
fn in_order<T: Send + Sync>(count: usize, job: impl Fn(usize) -> T + Sync, mut show: impl FnMut(usize, &T)) {
    /// Threads cost more than a handful of jobs.
    const FEW: usize = 4;
    let cores = if count < FEW {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let done: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        done.get(index)
            .map(|slot| slot.get_or_init(|| job(index)))
            .is_some()
    };
    let mut shown = 0;
    let mut show_done = || {
        while let Some(outcome) = done.get(shown).and_then(OnceLock::get) {
            show(shown, outcome);
            shown += 1;
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..cores.min(count) {
            scope.spawn(|| while work() {});
        }
        while work() {
            show_done();
        }
    });
    show_done();
}

/// Standard output in large pieces, each before what follows it on standard error.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    const LARGE: usize = 1 << 14;

    fn line(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'\n');
        if self.0.len() > Self::LARGE {
            self.flush();
        }
    }

    fn error(&mut self, text: &str) {
        self.flush();
        say_error(text);
    }

    fn flush(&mut self) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(&self.0).and_then(|()| out.flush());
        self.0.clear();
    }
}

/// What all files come to.
#[derive(Default)]
struct Verdict {
    out: Out,
    failed: bool,
    linted: bool,
}

impl Verdict {
    fn print(&mut self, checked: &CheckedRules, wants_duplicates: bool) {
        if checked.multiple_documents {
            self.out.error(
                "level=WARN source=rulefmt.go:369 msg=\"Multiple document yaml rules files are not supported, only the \
                 first document is processed\"",
            );
        }
        match (
            &checked.result,
            checked.duplicates.as_ref().filter(|_| wants_duplicates),
        ) {
            (Err(errors), _) => self.fail(errors),
            (Ok(_), Some(duplicates)) => {
                self.linted = true;
                self.out.error("  FAILED:");
                self.out.error(&format!("lint error {duplicates}"));
                self.out.line("");
            }
            (Ok(rules), None) => self.out.line(&format!("  SUCCESS: {rules} rules found\n")),
        }
    }

    fn fail(&mut self, errors: &[String]) {
        self.failed = true;
        self.out.error("  FAILED:");
        for error in errors {
            self.out.error(error);
        }
    }

    fn exit(&self, lint_fatal: bool) -> Exit {
        match (self.failed, self.linted && lint_fatal) {
            (true, _) => Exit::Findings,
            (false, true) => Exit::PromtoolLint,
            (false, false) => Exit::Clean,
        }
    }
}

fn test(line: &Line) -> Exit {
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
            ..RunOptions::default()
        },
        filters,
        rule_files: Mutex::default(),
    };
    let mut failed = false;
    for slice in line.files.chunks(64) {
        let outcomes: Vec<Outcome> = if slice.len() < 2 {
            slice.iter().map(|path| tester.file(path)).collect()
        } else {
            crate::threads::start_pool();
            slice.par_iter().map(|path| tester.file(path)).collect()
        };
        for outcome in outcomes {
            for warning in &outcome.warnings {
                say_error(warning);
            }
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
    if failed { Exit::Findings } else { Exit::Clean }
}

/// What a test file comes to.
#[derive(Default)]
struct Outcome {
    warnings: Vec<String>,
    errors: Vec<String>,
}

type Loaded = Result<Arc<CompiledFile>, Arc<Vec<String>>>;

struct Tester {
    options: Options,
    run: RunOptions,
    filters: Vec<Regex>,
    /// Every rule file is read once, however many tests name it.
    rule_files: Mutex<FxHashMap<PathBuf, Loaded>>,
}

impl Tester {
    fn file(&self, path: &Path) -> Outcome {
        let mut outcome = Outcome::default();
        if let Err(errors) = self.try_file(path, &mut outcome) {
            outcome.errors = errors;
        }
        outcome
    }

    fn try_file(&self, path: &Path, outcome: &mut Outcome) -> Result<(), Vec<String>> {
        let bytes = std::fs::read(path)
            .map_err(|error| vec![format!("open {}: {}", path.display(), reason(&error))])?;
        if let Some(error) = test_file_error(&bytes) {
            return Err(vec![error]);
        }
        let text = firedrill_yaml::decode(&bytes).map_err(|error| vec![error.to_string()])?;
        let options = ReadOptions {
            features: Features::all(),
            ignore_unknown_fields: self.options.ignore_unknown_fields,
        };
        let test = read_test_file(FileId::default(), &text, &options).file;
        let mut paths = Vec::new();
        for pattern in &test.rule_files {
            let found = rule_paths(Some(path), &pattern.text)
                .map_err(|_| vec!["syntax error in pattern".to_owned()])?;
            if found.is_empty() {
                outcome.warnings.push(format!(
                    "  WARNING: no file match pattern {}",
                    shown_pattern(path, &pattern.text)
                ));
            }
            paths.extend(found);
        }
        for (at, name) in test.group_eval_order.iter().enumerate() {
            if test.group_eval_order[..at]
                .iter()
                .any(|earlier| earlier.text == name.text)
            {
                return Err(vec![format!(
                    "group name repeated in evaluation order: {}",
                    name.text
                )]);
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
        if !broken.is_empty() {
            // promtool reads the rules anew for every test, and fails anew.
            for group in &test.tests {
                if selected(group.name.as_ref().map_or("", |name| &name.text)) {
                    outcome.errors.extend_from_slice(broken);
                }
            }
            return;
        }
        let suite = Suite { file: test, rules };
        run_suite(&suite, &self.run, selected, &mut |event| {
            if let Event::Failed { failure, .. } = event {
                outcome.errors.extend(failure_texts(&failure));
            }
        });
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
