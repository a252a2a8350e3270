//! What `firedrill.toml` says of findings: `[lints]`, `[[override]]`, `vendored`.

use super::glob;
use crate::cli::FailOn;
use crate::files::relative_to;
use clap::ValueEnum as _;
use firedrill_lint::{CodeSet, FilePolicy, Level, Options, Override, Policy, find, lints};
use firedrill_regex::Regex;
use firedrill_source::nearest;
use globset::{GlobSet, GlobSetBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Spanned, Value};

/// `[lints]`: codes and names with levels, and keys of other kinds.
pub(super) type LintTable = BTreeMap<Spanned<String>, Spanned<Value>>;

/// `[[override]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OverrideTable {
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    rules: Vec<Spanned<String>>,
    #[serde(default)]
    groups: Vec<Spanned<String>>,
    #[serde(default)]
    codes: Vec<Spanned<String>>,
    severity: Option<Spanned<String>>,
    reason: Spanned<String>,
    #[serde(default)]
    locked: bool,
}

/// What a project wants of findings.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProjectPolicy {
    /// Levels, overrides and, from the command line, what is selected.
    pub(crate) policy: Policy,
    /// What the lints are told.
    pub(crate) options: Options,
    /// From which severity on a run fails.
    pub(crate) fail_on: Option<FailOn>,
    /// The file of known findings, relative to the configuration.
    pub(crate) baseline: Option<PathBuf>,
    /// Where each override counts; an empty set is everywhere.
    paths: Vec<GlobSet>,
    vendored: GlobSet,
}

/// Makes a message of an offset and a text.
type At<'a> = &'a dyn Fn(usize, &str) -> String;

impl ProjectPolicy {
    /// Reads the tables.
    ///
    /// # Errors
    /// In words with the position.
    pub(super) fn read(
        table: &LintTable,
        overrides: &[OverrideTable],
        vendored: &[Spanned<String>],
        at: At<'_>,
    ) -> Result<ProjectPolicy, String> {
        let mut read = ProjectPolicy {
            vendored: globs(vendored, at)?,
            ..ProjectPolicy::default()
        };
        let mut options = toml::Table::new();
        for (key, value) in table {
            read.key(key, value, &mut options, at)?;
        }
        // Each key was read alone before, so this cannot fail.
        read.options = options.try_into().unwrap_or_default();
        for table in overrides {
            read.paths.push(globs(&table.paths, at)?);
            read.policy.overrides.push(override_of(table, at)?);
        }
        Ok(read)
    }

    fn key(
        &mut self,
        key: &Spanned<String>,
        value: &Spanned<Value>,
        options: &mut toml::Table,
        at: At<'_>,
    ) -> Result<(), String> {
        let name = key.get_ref().as_str();
        let place = value.span().start;
        let text = || {
            let text = value.get_ref().as_str();
            text.ok_or_else(|| at(place, &format!("{name}: a text is expected")))
        };
        if let Some(lint) = find(name) {
            let level = Level::parse(text()?).map_err(|error| at(place, &error))?;
            self.policy.levels.push((lint.code, level));
            return Ok(());
        }
        match name {
            "fail-on" => {
                let fail_on = FailOn::from_str(text()?, false);
                let message = "fail-on is one of info, warning, error, never";
                self.fail_on = Some(fail_on.map_err(|_| at(place, message))?);
                return Ok(());
            }
            "baseline" => {
                self.baseline = Some(PathBuf::from(text()?));
                return Ok(());
            }
            _ => {}
        }
        let mut alone = toml::Table::new();
        alone.insert(name.to_owned(), value.get_ref().clone());
        match alone.try_into::<Options>() {
            Ok(_) => {
                options.insert(name.to_owned(), value.get_ref().clone());
                Ok(())
            }
            Err(error) if error.message().starts_with("unknown field") => {
                Err(at(key.span().start, &unknown_key(name, error.message())))
            }
            Err(error) => {
                let message = error.message().lines().next().unwrap_or_default().to_owned();
                Err(at(place, &format!("{name}: {message}")))
            }
        }
    }

    /// What is wanted of a file; `path` is `None` for standard input.
    pub(crate) fn for_file(&self, directory: &Path, path: Option<&Path>) -> FilePolicy<'_> {
        let asks_paths = !self.vendored.is_empty() || self.paths.iter().any(|set| !set.is_empty());
        let relative = path
            .filter(|_| asks_paths)
            .map(|path| relative_to(directory, path));
        let within = |set: &GlobSet| relative.as_ref().is_some_and(|path| set.is_match(path));
        let here = |index: usize| {
            self.paths
                .get(index)
                .is_none_or(|set| set.is_empty() || within(set))
        };
        self.policy.for_file(here, within(&self.vendored))
    }
}

fn unknown_key(name: &str, message: &str) -> String {
    let options = message.split('`').skip(3).step_by(2);
    let known: Vec<&str> = options.chain(["fail-on", "baseline"]).collect();
    let codes = lints().iter().map(|lint| lint.code.0);
    let names = lints().iter().map(|lint| lint.name);
    let like_a_code = name
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("fd"));
    let near = if like_a_code {
        nearest(name, codes)
    } else {
        nearest(name, known.iter().copied().chain(names))
    };
    match near {
        Some(near) => format!("unknown key {name}; did you mean {near}?"),
        None => format!(
            "unknown key {name}; there are codes and names of lints, {}",
            known.join(", ")
        ),
    }
}

fn override_of(table: &OverrideTable, at: At<'_>) -> Result<Override, String> {
    let patterns = |list: &[Spanned<String>]| -> Result<Vec<Regex>, String> {
        let compiled = list.iter().map(|text| {
            Regex::anchored(text.get_ref()).map_err(|error| at(text.span().start, &error.to_string()))
        });
        compiled.collect()
    };
    let codes = table
        .codes
        .iter()
        .map(|text| CodeSet::parse(text.get_ref()).map_err(|error| at(text.span().start, &error)));
    let level = table
        .severity
        .as_ref()
        .map(|text| Level::parse(text.get_ref()).map_err(|error| at(text.span().start, &error)));
    if table.reason.get_ref().trim().is_empty() {
        return Err(at(table.reason.span().start, "an override needs a reason"));
    }
    if table.severity.is_none() && !table.locked {
        let message = "this override changes nothing; give it a severity, or locked = true";
        return Err(at(table.reason.span().start, message));
    }
    Ok(Override {
        rules: patterns(&table.rules)?,
        groups: patterns(&table.groups)?,
        codes: codes.collect::<Result<_, _>>()?,
        level: level.transpose()?,
        reason: table.reason.get_ref().trim().to_owned(),
        locked: table.locked,
    })
}

fn globs(patterns: &[Spanned<String>], at: At<'_>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let bad = |error: globset::Error| at(pattern.span().start, &error.kind().to_string());
        // A directory stands for all that is in it.
        let text = pattern.get_ref().trim_end_matches('/');
        set.add(glob(text).map_err(bad)?);
        set.add(glob(&format!("{text}/**")).map_err(bad)?);
    }
    set.build().map_err(|error| at(0, &error.to_string()))
}
