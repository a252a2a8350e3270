//! `firedrill test --coverage`: which ways through the rules no test has seen.

use super::load::Loader;
use crate::changes::Changes;
use crate::cli::{CoverageArgs, CoverageFormat};
use crate::config::Config;
use crate::files::write_atomically;
use firedrill_model::codes;
use firedrill_report::{FileOutcome, write_cobertura, write_coverage_html, write_coverage_json, write_lcov};
use firedrill_source::{Diagnostic, FileId, Location, Severity, Sources, Span};
use firedrill_unit::{CompiledFile, RuleCoverage, Totals};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wanted of coverage.
pub(super) struct Wanted {
    /// A summary after that of the tests.
    pub(super) summary: bool,
    pub(super) require_tests: bool,
    at_least: Option<f64>,
    out: Option<(PathBuf, CoverageFormat)>,
    changes: Option<Changes>,
}

impl Wanted {
    /// What was asked for; `None` if nothing was, and then nothing is recorded.
    ///
    /// # Errors
    /// In words, if it cannot be done.
    pub(super) fn new(args: &CoverageArgs, config: &Config) -> Result<Option<Wanted>, String> {
        let asked = args.coverage
            || args.require_tests
            || args.min_coverage.is_some()
            || args.coverage_out.is_some()
            || args.changed_since.is_some();
        if !asked {
            return Ok(None);
        }
        let at_least = args.min_coverage.or(config.min_coverage());
        if let Some(percent) = at_least.filter(|percent| !(0.0..=100.0).contains(percent)) {
            return Err(format!("--min-coverage {percent}: a percentage is from 0 to 100"));
        }
        let out = match &args.coverage_out {
            None => None,
            Some(path) => {
                let format = args.coverage_format.or_else(|| format_of(path)).ok_or_else(|| {
                    format!(
                        "--coverage-out {}: the name does not tell the format; give --coverage-format",
                        path.display()
                    )
                })?;
                Some((path.clone(), format))
            }
        };
        let changes = args.changed_since.as_deref().map(Changes::since).transpose()?;
        Ok(Some(Wanted {
            summary: args.coverage || args.min_coverage.is_some() || args.changed_since.is_some(),
            require_tests: args.require_tests,
            at_least,
            out,
            changes,
        }))
    }

    /// Puts together what all tests have seen. `rules` are rule files that were found beside the tests.
    ///
    /// # Errors
    /// If git cannot say what has changed.
    pub(super) fn collect(
        &self,
        loader: &mut Loader,
        outcomes: &[FileOutcome],
        rules: &[PathBuf],
    ) -> Result<Totals, String> {
        let loaded = loader.compiled();
        loader.load_rules(rules);
        // One file under two names is one; it is called by the first of them.
        let mut named: BTreeMap<PathBuf, (PathBuf, FileId, Arc<CompiledFile>)> = BTreeMap::new();
        let mut known_as: FxHashMap<FileId, PathBuf> = FxHashMap::default();
        let mut tested: Vec<PathBuf> = Vec::new();
        for (path, id, file) in loader.compiled() {
            let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if loaded.iter().any(|(_, known, _)| *known == id) {
                tested.push(real.clone());
            }
            known_as.insert(id, real.clone());
            let entry = (path, id, file);
            match named.get_mut(&real) {
                Some(known) if shorter(&entry.0, &known.0) => *known = entry,
                Some(_) => {}
                None => {
                    named.insert(real, entry);
                }
            }
        }
        let mut files: Vec<_> = named.iter().collect();
        files.sort_by(|a, b| a.1.0.cmp(&b.1.0));
        let mut totals = Totals::new(
            files
                .iter()
                .map(|(real, (_, id, file))| (*id, tested.contains(real), &**file)),
        );
        let stands_for = |id: FileId| {
            let real = known_as.get(&id);
            real.and_then(|real| named.get(real)).map_or(id, |known| known.1)
        };
        totals.add(outcomes.iter().flat_map(|outcome| &outcome.coverage), &stands_for);
        if let Some(changes) = &self.changes {
            for (real, (_, id, _)) in &files {
                let changed = changes.of(real)?;
                let source = loader.sources.get(*id);
                for file in totals.files.iter_mut().filter(|file| file.file == *id) {
                    file.rules.retain(|rule| {
                        let last = (rule.span.end as usize).saturating_sub(1);
                        let lines =
                            source.line_index(rule.span.start as usize) + 1..=source.line_index(last) + 1;
                        changed.touches(&lines)
                    });
                }
            }
            totals.files.retain(|file| !file.rules.is_empty());
        }
        Ok(totals)
    }

    /// Writes the file that was asked for.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, sources: &Sources, totals: &Totals) -> Result<(), String> {
        let Some((path, format)) = &self.out else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        let write = match format {
            CoverageFormat::Json => write_coverage_json,
            CoverageFormat::Lcov => write_lcov,
            CoverageFormat::Cobertura => write_cobertura,
            CoverageFormat::Html => write_coverage_html,
        };
        // Memory takes everything.
        let _ = write(&mut bytes, sources, totals);
        write_atomically(path, &bytes)
    }

    /// What is less than was asked for.
    pub(super) fn shortfall(&self, totals: &Totals) -> Option<String> {
        let tally = totals.tally();
        let least = self.at_least.filter(|least| tally.percent() < *least)?;
        let missing = tally.points - tally.seen;
        let untested = tally.rules - tally.tested;
        Some(format!(
            "coverage is {}, less than {least}%: {missing} of {} ways were not seen, {untested} of {} rules are not \
             tested",
            tally.percent_text(),
            tally.points,
            tally.rules
        ))
    }

    /// Rules without tests, if that is to be said.
    pub(super) fn findings(&self, sources: &Sources, totals: &Totals) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        if !self.require_tests {
            return findings;
        }
        for file in &totals.files {
            for rule in file.rules.iter().filter(|rule| rule.tests == 0) {
                let source = sources.get(file.file);
                let line = source.line_text(source.line_index(rule.span.start as usize));
                let column = source.line_column(rule.span.start as usize).column - 1;
                let rest: String = line.chars().skip(column).collect();
                let end = rule.span.start + u32::try_from(rest.trim_end().len()).unwrap_or(0);
                let at = Location::new(
                    file.file,
                    Span {
                        start: rule.span.start,
                        end,
                    },
                );
                findings.push(untested(rule, at, file.loaded));
            }
        }
        findings
    }
}

fn untested(rule: &RuleCoverage, at: Location, loaded: bool) -> Diagnostic {
    let why = match (loaded, rule.evaluated) {
        (false, _) => "no test file loads the file that it is in",
        (true, 0) => "the tests that load it could not run, or were left out",
        (true, _) => "tests evaluate it, but none of their assertions depends on it",
    };
    Diagnostic::new(
        codes::RULE_UNTESTED,
        Severity::Warning,
        at,
        format!("no test looks at `{}`", rule.name),
    )
    .label("not tested")
    .note(why)
    .help("name it in an alert_rule_test, or read it in a promql_expr_test")
}

/// Which of two names of a file people would rather read.
fn shorter(a: &Path, b: &Path) -> bool {
    (a.components().count(), a) < (b.components().count(), b)
}

fn format_of(path: &Path) -> Option<CoverageFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "json" => Some(CoverageFormat::Json),
        "info" | "lcov" => Some(CoverageFormat::Lcov),
        "xml" => Some(CoverageFormat::Cobertura),
        "html" | "htm" => Some(CoverageFormat::Html),
        _ => None,
    }
}
