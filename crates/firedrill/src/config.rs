//! `firedrill.toml`: what a project wants every run to know. All of it is optional.

mod policy;

use crate::files::reason;
use firedrill_eval::Limits;
use firedrill_facts::Facts;
use firedrill_model::Dialect;
use firedrill_source::{SourceFile, nearest};
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use policy::{LintTable, OverrideTable};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::Spanned;

pub(crate) use policy::ProjectPolicy;

/// The name by which it is found.
const FILE_NAME: &str = "firedrill.toml";

/// A project's configuration, or the defaults where there is no file.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The directory of the file, to which its paths are relative.
    directory: PathBuf,
    tables: Tables,
    exclude: GlobSet,
    policy: ProjectPolicy,
    dialect: Dialect,
    /// The file itself, which may declare facts about metrics.
    source: Option<SourceFile>,
}

/// Keys of `[metrics]` that are no metrics.
const METRICS_KEYS: [&str; 3] = ["sources", "dumps", "facts"];

/// The tables of the file. Unknown keys are errors: a misspelt key would be silently without effect.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Tables {
    project: Project,
    prometheus: Prometheus,
    limits: LimitTable,
    test: Test,
    lints: LintTable,
    #[serde(rename = "override")]
    overrides: Vec<OverrideTable>,
    /// Patterns of files that others maintain: only errors count there.
    vendored: Vec<Spanned<String>>,
    metrics: Metrics,
}

/// `[metrics]`: where facts about metrics come from. Every other key is the table of a metric, read by the facts' own
/// reader.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Metrics {
    /// Go source code: files, directories and patterns.
    sources: Vec<String>,
    /// Dumps of what targets expose, and saved metadata.
    dumps: Vec<String>,
    /// A facts file.
    facts: Option<PathBuf>,
}

/// `[project]`: where things are.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Project {
    /// Files, directories and glob patterns that `firedrill check` reads if no path is given.
    rules: Vec<String>,
    /// The same for `firedrill test`.
    tests: Vec<String>,
    /// Patterns of files and directories that are passed over wherever a directory is searched.
    exclude: Vec<Spanned<String>>,
}

/// `[prometheus]`: the server that will run the rules.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Prometheus {
    /// Its `prometheus.yml`.
    config: Option<PathBuf>,
    /// Features as in its `--enable-feature`.
    features: Vec<Spanned<String>>,
    /// Whose keys plain rule files may have.
    dialect: Option<Spanned<String>>,
}

/// `[test]`: how `firedrill test` judges.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Test {
    /// Whether every finding about a test is an error.
    strict: bool,
    /// Percentage of coverage below which `firedrill test --coverage` fails.
    min_coverage: Option<Spanned<f64>>,
}

/// `[limits]`: see [`Limits`].
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct LimitTable {
    samples: Option<usize>,
    series: Option<usize>,
    output: Option<usize>,
    timeout: Option<Spanned<String>>,
}

impl Config {
    /// Reads the named file, or the nearest `firedrill.toml` in the working directory and those above it, up to the root
    /// of the repository.
    ///
    /// # Errors
    /// In words, with the position, if the file cannot be read or does not fit.
    pub(crate) fn load(named: Option<&Path>) -> Result<Config, String> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => match find() {
                Some(path) => path,
                None => return Ok(Config::default()),
            },
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {}", path.display(), reason(&error)))?;
        Config::parse(&path, text)
    }

    fn parse(path: &Path, text: String) -> Result<Config, String> {
        let source = SourceFile::new(path.display().to_string(), text);
        let at = |offset: usize, message: &str| {
            let at = source.line_column(offset);
            format!("{}:{}:{}: {message}", source.name(), at.line, at.column)
        };
        let tables: Tables = toml::from_str(source.text()).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            at(offset, &with_suggestion(error.message()))
        })?;
        for feature in &tables.prometheus.features {
            super::commands::known_feature(feature.get_ref())
                .map_err(|error| at(feature.span().start, &error))?;
        }
        let mut exclude = GlobSetBuilder::new();
        for pattern in &tables.project.exclude {
            let bad = |error: globset::Error| at(pattern.span().start, &error.kind().to_string());
            // A directory is passed over with all that is in it.
            let text = pattern.get_ref().trim_end_matches('/');
            exclude.add(glob(text).map_err(bad)?);
            exclude.add(glob(&format!("{text}/**")).map_err(bad)?);
        }
        if let Some(timeout) = &tables.limits.timeout {
            super::commands::duration("timeout", timeout.get_ref())
                .map_err(|error| at(timeout.span().start, &error))?;
        }
        if let Some(percent) = &tables.test.min_coverage
            && !(0.0..=100.0).contains(percent.get_ref())
        {
            let message = "min-coverage: a percentage is from 0 to 100";
            return Err(at(percent.span().start, message));
        }
        let policy = ProjectPolicy::read(&tables.lints, &tables.overrides, &tables.vendored, &at)?;
        let dialect = match &tables.prometheus.dialect {
            None => Dialect::Prometheus,
            Some(name) => dialect(name.get_ref()).map_err(|error| at(name.span().start, &error))?,
        };
        Facts::without_catalogue()
            .read_configuration(&source, &METRICS_KEYS)
            .map_err(|error| at(error.offset, &error.message))?;
        let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Config {
            directory,
            exclude: exclude.build().map_err(|error| at(0, &error.to_string()))?,
            tables,
            policy,
            dialect,
            source: Some(source),
        })
    }

    /// The directory to which its patterns are relative.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What it says of findings.
    pub(crate) fn policy(&self) -> &ProjectPolicy {
        &self.policy
    }

    /// Whose keys plain rule files may have.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Features that are switched on.
    pub(crate) fn features(&self) -> impl Iterator<Item = &str> {
        self.tables
            .prometheus
            .features
            .iter()
            .map(|it| it.get_ref().as_str())
    }

    /// The server's own configuration.
    pub(crate) fn prometheus_config(&self) -> Option<PathBuf> {
        let path = self.tables.prometheus.config.as_ref()?;
        Some(self.directory.join(path))
    }

    /// Files and directories with facts about metrics.
    ///
    /// # Errors
    /// If a pattern is malformed, or nothing fits it.
    pub(crate) fn metrics(&self) -> Result<Vec<PathBuf>, String> {
        let table = &self.tables.metrics;
        let mut paths = Vec::new();
        for (key, patterns) in [("sources", &table.sources), ("dumps", &table.dumps)] {
            if !patterns.is_empty() {
                paths.extend(self.paths("metrics", key, patterns)?);
            }
        }
        paths.extend(table.facts.iter().map(|path| self.directory.join(path)));
        Ok(paths)
    }

    /// Adds what the file itself declares.
    pub(crate) fn declare(&self, facts: &mut Facts) {
        if let Some(source) = &self.source {
            // Mistakes were found when the file was read.
            let _ = facts.read_configuration(source, &METRICS_KEYS);
        }
    }

    /// Whether the project says where its rules are.
    pub(crate) fn names_rules(&self) -> bool {
        !self.tables.project.rules.is_empty()
    }

    /// Whether every finding about a test is an error.
    pub(crate) fn strict(&self) -> bool {
        self.tables.test.strict
    }

    /// The percentage of coverage that is asked for.
    pub(crate) fn min_coverage(&self) -> Option<f64> {
        self.tables.test.min_coverage.as_ref().map(|it| *it.get_ref())
    }

    /// The limits of this project.
    pub(crate) fn limits(&self) -> Limits {
        let table = &self.tables.limits;
        let defaults = Limits::default();
        let timeout = table.timeout.as_ref().and_then(|text| {
            // Checked when the file was read.
            super::commands::duration("timeout", text.get_ref()).ok()
        });
        Limits {
            max_samples: table.samples.unwrap_or(defaults.max_samples),
            max_series: table.series.unwrap_or(defaults.max_series),
            max_output: table.output.unwrap_or(defaults.max_output),
            timeout: match timeout {
                Some(millis) if millis > 0 => Some(std::time::Duration::from_millis(millis.unsigned_abs())),
                Some(_) => None,
                None => defaults.timeout,
            },
        }
    }

    /// What `firedrill check` reads if no path is given.
    ///
    /// # Errors
    /// If a pattern is malformed, or nothing fits it.
    pub(crate) fn rules(&self) -> Result<Vec<PathBuf>, String> {
        self.paths("project", "rules", &self.tables.project.rules)
    }

    /// What `firedrill test` reads if no path is given.
    ///
    /// # Errors
    /// If a pattern is malformed, or nothing fits it.
    pub(crate) fn tests(&self) -> Result<Vec<PathBuf>, String> {
        self.paths("project", "tests", &self.tables.project.tests)
    }

    fn paths(&self, table: &str, key: &str, patterns: &[String]) -> Result<Vec<PathBuf>, String> {
        let here = if self.directory.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            self.directory.clone()
        };
        if patterns.is_empty() {
            return Ok(vec![here]);
        }
        let mut found = Vec::new();
        for pattern in patterns {
            if !pattern.contains(['*', '?', '[', '{']) {
                found.push(self.directory.join(pattern));
                continue;
            }
            let glob = glob(pattern.trim_start_matches("./"))
                .map_err(|error| format!("[{table}] {key}: {pattern}: {}", error.kind()))?
                .compile_matcher();
            let before = found.len();
            let entries = walkdir::WalkDir::new(&here).sort_by_file_name().into_iter();
            for entry in entries.flatten().filter(|entry| entry.file_type().is_file()) {
                let path = entry.path();
                if glob.is_match(path.strip_prefix(&here).unwrap_or(path)) && !self.excludes(path) {
                    found.push(path.strip_prefix("./").unwrap_or(path).to_path_buf());
                }
            }
            if found.len() == before {
                return Err(format!("[{table}] {key}: no file fits {pattern}"));
            }
        }
        Ok(found)
    }

    /// Whether a path that a search came upon is to be passed over.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        if self.exclude.is_empty() {
            return false;
        }
        let relative = path
            .strip_prefix(&self.directory)
            .or_else(|_| path.strip_prefix("."))
            .unwrap_or(path);
        self.exclude.is_match(relative)
    }
}

/// The server by its name.
fn dialect(name: &str) -> Result<Dialect, String> {
    match name {
        "prometheus" => Ok(Dialect::Prometheus),
        "thanos" => Ok(Dialect::Thanos),
        "mimir" => Ok(Dialect::Mimir),
        _ => Err(match nearest(name, ["prometheus", "thanos", "mimir"]) {
            Some(near) => format!("unknown dialect {name}; did you mean {near}?"),
            None => format!("unknown dialect {name}; there are prometheus, thanos, mimir"),
        }),
    }
}

/// A pattern in which `*` stays within a directory and `**` does not.
fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).build()
}

/// The nearest file from the working directory upwards.
fn find() -> Option<PathBuf> {
    let working = std::env::current_dir().ok()?;
    for (depth, directory) in working.ancestors().enumerate() {
        if directory.join(FILE_NAME).is_file() {
            // Paths in messages stay as short as the user would write them.
            let up: PathBuf = std::iter::repeat_n("..", depth).collect();
            return Some(up.join(FILE_NAME));
        }
        if directory.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The parser's message in our words; an unknown key with the key that was probably meant.
fn with_suggestion(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown field"), quoted.split_first()) {
        (true, Some((key, known))) => match nearest(key, known.iter().copied()) {
            Some(near) => format!("unknown key {key}; did you mean {near}?"),
            None => format!("unknown key {key}; there are {}", known.join(", ")),
        },
        _ => message.trim_end().replace('\n', "; "),
    }
}
