//! Reads test files and the rule files that they name, each once.

use crate::commands::complain;
use crate::documents;
use crate::files::{self, Text};
use crate::glob::{BadPattern, rule_paths};
use firedrill_model::{Read, ReadOptions, RuleFile, TestFile, codes, read_rule_file};
use firedrill_source::{Diagnostic, FileId, Location, Severity, Sources};
use firedrill_unit::{CompileOptions, CompiledFile};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A test file and everything it needs.
pub(super) struct Loaded {
    pub(super) id: FileId,
    pub(super) file: TestFile,
    pub(super) rules: Vec<Arc<CompiledFile>>,
    /// Whether something keeps it from running.
    pub(super) blocked: bool,
    /// The files with the errors that do.
    pub(super) blocked_by: Vec<FileId>,
    /// The files that it rests on, itself among them.
    pub(super) rests_on: Vec<PathBuf>,
}

/// A rule file, read once however many tests name it.
enum RuleSource {
    Ready(FileId, Arc<CompiledFile>),
    /// It has errors, which have been reported; no file if it could not even be read.
    Broken(Option<FileId>),
}

/// Reads test files and the rule files that they name.
pub(super) struct Loader {
    pub(super) sources: Sources,
    pub(super) findings: Vec<Diagnostic>,
    rule_files: FxHashMap<PathBuf, RuleSource>,
    options: ReadOptions,
    compile: CompileOptions,
}

impl Loader {
    pub(super) fn new(options: ReadOptions, compile: CompileOptions) -> Self {
        Loader {
            sources: Sources::new(),
            findings: Vec::new(),
            rule_files: FxHashMap::default(),
            options,
            compile,
        }
    }

    pub(super) fn load(&mut self, texts: Vec<Text>) -> Vec<Loaded> {
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
        for (((id, text), test), paths) in texts.iter().zip(tests).zip(wanted) {
            let mut blocked = !test.accepted;
            let mut blocked_by: Vec<FileId> = blocked.then_some(*id).into_iter().collect();
            self.findings.extend(test.diagnostics);
            let mut rules = Vec::new();
            for path in &paths {
                match self.rule_files.get(path) {
                    Some(RuleSource::Ready(_, compiled)) => rules.push(compiled.clone()),
                    Some(RuleSource::Broken(file)) => {
                        blocked = true;
                        blocked_by.extend(file);
                    }
                    None => blocked = true,
                }
            }
            loaded.push(Loaded {
                id: *id,
                file: test.file,
                rules,
                blocked,
                blocked_by,
                rests_on: text.path.iter().cloned().chain(paths).collect(),
            });
        }
        self.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        loaded
    }

    /// The rule files that a test file names, in order.
    fn resolve(&mut self, text: &Text, test: &TestFile) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for pattern in &test.rule_files {
            let at = Location::new(test.file, pattern.used_at);
            match rule_paths(text.path.as_deref(), &pattern.text) {
                Ok(found) if found.is_empty() => {
                    let finding = Diagnostic::new(
                        codes::NO_RULE_FILE,
                        Severity::Warning,
                        at,
                        format!("no file matches {}", pattern.text),
                    )
                    .note("the test runs without these rules, and whatever expects nothing of them passes")
                    .help("rule_files are relative to the directory of the test file");
                    if !test.silences.covers(&finding) {
                        self.findings.push(finding);
                    }
                }
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

    /// Reads rule files that no test may name.
    pub(super) fn load_rules(&mut self, paths: &[PathBuf]) {
        self.read_rule_files(paths.iter());
    }

    /// All rule files without errors, by the paths under which they were read, sorted.
    pub(super) fn compiled(&self) -> Vec<(PathBuf, FileId, Arc<CompiledFile>)> {
        let files = self.rule_files.iter().filter_map(|(path, source)| match source {
            RuleSource::Ready(id, file) => Some((path.clone(), *id, file.clone())),
            RuleSource::Broken(_) => None,
        });
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
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
                    self.rule_files.insert(path, RuleSource::Broken(None));
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
        for ((path, id, _), (diagnostics, compiled)) in ready.into_iter().zip(results) {
            self.findings.extend(
                diagnostics
                    .into_iter()
                    .filter(|finding| finding.severity == Severity::Error),
            );
            self.rule_files.insert(
                path,
                compiled.map_or(RuleSource::Broken(Some(id)), |file| RuleSource::Ready(id, file)),
            );
        }
    }
}

fn read_tests(id: FileId, text: &Text, options: &ReadOptions) -> Read<TestFile> {
    let mut read = documents::read_tests(id, text, options);
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
