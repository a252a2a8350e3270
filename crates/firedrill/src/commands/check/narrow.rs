//! Which findings of `firedrill check` are reported: policy, changed rules, known findings.

use crate::baseline::{self, Baseline, Hidden};
use crate::changes::{Changed, Changes};
use crate::cli::{FailOn, PolicyArgs};
use crate::commands::complain;
use crate::config::{Config, ProjectPolicy};
use firedrill_lint::{CodeSet, FilePolicy};
use firedrill_model::RuleFile;
use firedrill_source::{Diagnostic, Location, SourceFile, Sources, Span};
use std::path::{Path, PathBuf};

/// What project and command line want.
pub(super) struct Narrow<'c> {
    project: ProjectPolicy,
    directory: &'c Path,
    baseline: Option<Baseline>,
    write: Option<PathBuf>,
    changes: Option<Changes>,
    /// Whether all that would be found is looked at.
    whole: bool,
}

impl<'c> Narrow<'c> {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// In words, if it cannot be done.
    pub(super) fn new(args: &PolicyArgs, config: &'c Config) -> Result<Narrow<'c>, String> {
        let sets = |option: &str, texts: &[String]| -> Result<Vec<CodeSet>, String> {
            let parsed = texts
                .iter()
                .map(|text| CodeSet::parse(text.trim()).map_err(|error| format!("{option}: {error}")));
            parsed.collect()
        };
        let mut project = config.policy().clone();
        project.policy.select = sets("--select", &args.select)?;
        project.policy.ignore = sets("--ignore", &args.ignore)?;
        let configured = || {
            project
                .baseline
                .as_ref()
                .map(|path| config.directory().join(path))
        };
        let baseline = match (&args.write_baseline, &args.baseline) {
            (Some(_), _) => None,
            (None, Some(path)) => Some(path.clone()),
            (None, None) => configured(),
        };
        let changes = args.changed_since.as_deref().map(Changes::since).transpose()?;
        Ok(Narrow {
            baseline: baseline.as_deref().map(Baseline::read).transpose()?,
            whole: args.select.is_empty() && args.ignore.is_empty() && changes.is_none(),
            directory: config.directory(),
            write: args.write_baseline.clone(),
            changes,
            project,
        })
    }

    /// What is wanted of a file; `path` is `None` for standard input.
    pub(super) fn for_file(&self, path: Option<&Path>) -> FilePolicy<'_> {
        self.project.for_file(self.directory, path)
    }

    /// From which severity on the run fails.
    pub(super) fn fail_on(&self, flag: Option<FailOn>) -> FailOn {
        flag.or(self.project.fail_on).unwrap_or_default()
    }

    /// Whether infos can be dropped as soon as they are counted.
    pub(super) fn may_drop_infos(&self, flag: Option<FailOn>) -> bool {
        !self.compares_texts() && self.fail_on(flag) != FailOn::Info
    }

    /// Whether findings are compared with known ones, by the texts that they stand in.
    pub(super) fn compares_texts(&self) -> bool {
        self.baseline.is_some() || self.write.is_some()
    }

    /// Whether the rules around findings have to be known.
    pub(super) fn asks_for_rules(&self) -> bool {
        self.changes.is_some()
    }

    /// Drops findings in rules and lines that have not changed. Where no rule is around a finding its line counts.
    ///
    /// # Errors
    /// If git cannot say what has changed.
    pub(super) fn keep_changed(
        &self,
        findings: &mut Vec<Diagnostic>,
        rules: Option<&RuleFile>,
        source: &SourceFile,
        path: Option<&Path>,
    ) -> Result<(), String> {
        let (Some(changes), Some(path), false) = (&self.changes, path, findings.is_empty()) else {
            return Ok(());
        };
        // git is asked in the folder of the file.
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let changed = changes.of(&real)?;
        findings.retain(|finding| concerns(&changed, finding.primary.location, rules, source));
        Ok(())
    }

    /// Hides what is known, and says what is known no more.
    pub(super) fn hide_known(&self, findings: &mut Vec<Diagnostic>, sources: &Sources) -> usize {
        let Some(baseline) = &self.baseline else { return 0 };
        let Hidden { known, gone } = baseline.hide(findings, sources, self.whole);
        if gone > 0 {
            let path = baseline.path().display();
            let (entries, occur) = if gone == 1 {
                ("finding", "is")
            } else {
                ("findings", "are")
            };
            complain(&format!(
                "note: {gone} known {entries} of {path} {occur} there no more; --write-baseline {path} writes it again"
            ));
        }
        known
    }

    /// Writes the file of known findings, if one is wanted; how many lines of what was found stand in it.
    ///
    /// # Errors
    /// In words, if the disk refuses.
    pub(super) fn write_known(
        &self,
        findings: &[Diagnostic],
        sources: &Sources,
    ) -> Result<Option<String>, String> {
        let Some(path) = &self.write else { return Ok(None) };
        baseline::write(path, findings, sources)?;
        let count = match findings.len() {
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        Ok(Some(format!("{count} written to {}", path.display())))
    }
}

/// Whether a change touches the rule around a place, or its line.
fn concerns(changed: &Changed, place: Location, rules: Option<&RuleFile>, source: &SourceFile) -> bool {
    let at = place.span.start as usize;
    let lines = |span: Span| {
        let last = (span.end as usize).saturating_sub(1).max(span.start as usize);
        source.line_index(span.start as usize) + 1..=source.line_index(last) + 1
    };
    let groups = rules.into_iter().flat_map(|rules| &rules.groups);
    let rule = groups
        .flat_map(|group| &group.items)
        .find(|span| span.contains(at));
    changed.touches(&lines(Span::at(at))) || rule.is_some_and(|rule| changed.touches(&lines(*rule)))
}
