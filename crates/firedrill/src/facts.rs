//! Gathers facts about metrics from files: dumps, saved metadata, facts files, Go source and the configuration.

use crate::config::Config;
use crate::documents::{self, Quoted};
use crate::files::{self, Text};
use firedrill_facts::{Evidence, Facts, Form, Known, Tier};
use firedrill_model::Kind;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// Facts, and what could not be made out.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    /// How many names source code makes at run time.
    pub(crate) dynamic: usize,
    /// How many metrics of source code have a name but no certain type.
    pub(crate) untyped: usize,
}

/// Directories in which no code or dump of the project's own is found.
const SKIPPED: [&str; 4] = ["vendor", "testdata", "node_modules", "target"];

/// Reads what the user names and what the configuration names.
///
/// # Errors
/// If a named file cannot be read, or a facts file has mistakes.
pub(crate) fn gather(paths: &[PathBuf], config: &Config) -> Result<Gathered, String> {
    let mut gathered = Gathered::default();
    let mut sources: Vec<(String, String)> = Vec::new();
    let configured = config.metrics()?;
    for path in paths.iter().chain(&configured) {
        if path.is_dir() {
            for file in below(path, config) {
                // What was not named may be unreadable.
                if let Ok(text) = files::read(&file) {
                    let form = Form::of(text.source.text());
                    if is_meant(&file, form) {
                        gathered.take(text, form, &mut sources)?;
                    }
                }
            }
            continue;
        }
        let text = files::read(path)?;
        if let Some((offset, message)) = &text.undecodable {
            return Err(format!(
                "cannot read {}: {message} at byte {offset}",
                path.display()
            ));
        }
        if text.kind == Kind::Markdown {
            gathered.learn_quoted(&documents::facts_of(&text.source));
            continue;
        }
        let form = Form::of(text.source.text());
        let test = path.to_string_lossy().ends_with("_test.go");
        let configured_test = test && !paths.contains(path);
        if !configured_test && !is_vendored(path, paths) {
            gathered.take(text, form, &mut sources)?;
        }
    }
    gathered.scan(&sources);
    config.declare(&mut gathered.facts);
    Ok(gathered)
}

impl Gathered {
    fn take(&mut self, text: Text, form: Form, sources: &mut Vec<(String, String)>) -> Result<(), String> {
        let source = text.source;
        if form == Form::Go {
            let name = source.name().replace('\\', "/");
            sources.push((name, source.text().to_owned()));
            return Ok(());
        }
        self.facts.read(form, &source).map_err(|error| {
            let at = source.line_column(error.offset);
            format!("{}:{}:{}: {}", source.name(), at.line, at.column, error.message)
        })
    }

    /// Learns what a document quotes: the Go blocks of a document are a package of their own.
    pub(crate) fn learn_quoted(&mut self, quoted: &Quoted) {
        for exposition in &quoted.expositions {
            self.facts.read_exposition(&quoted.name, exposition);
        }
        let sources: Vec<_> = quoted
            .go
            .iter()
            .map(|text| (quoted.name.clone(), text.clone()))
            .collect();
        self.scan(&sources);
    }

    /// Learns what Go source code registers.
    fn scan(&mut self, sources: &[(String, String)]) {
        if sources.is_empty() {
            return;
        }
        crate::threads::start_pool();
        let files: Vec<_> = sources
            .par_iter()
            .map(|(name, text)| firedrill_gosource::read(name, text))
            .collect();
        let found = firedrill_gosource::scan(&files);
        self.dynamic += found.dynamic;
        self.untyped += found.untyped.len();
        for metric in found.metrics {
            let evidence = Evidence::Registered {
                file: metric.file.clone(),
                line: metric.line,
            };
            self.facts
                .learn_family(&metric.name, metric.kind.name(), Tier::Code, &evidence);
            if let Some(labels) = metric.labels {
                let labels: Vec<Arc<str>> = labels.into_iter().map(Arc::from).collect();
                for suffix in suffixes(metric.kind) {
                    let known = Known {
                        value: labels.clone(),
                        tier: Tier::Code,
                        evidence: evidence.clone(),
                    };
                    self.facts
                        .learn_labels(&format!("{}{suffix}", metric.name), known);
                }
            }
            if let Some(buckets) = metric.buckets {
                let known = Known {
                    value: buckets,
                    tier: Tier::Code,
                    evidence,
                };
                self.facts.learn_buckets(&metric.name, known);
            }
        }
    }
}

/// The series of a metric, by what follows its name.
fn suffixes(kind: firedrill_gosource::Kind) -> &'static [&'static str] {
    use firedrill_gosource::Kind::{Counter, Gauge, Histogram, Summary};
    match kind {
        Counter | Gauge => &[""],
        Histogram => &["", "_bucket", "_sum", "_count"],
        Summary => &["", "_sum", "_count"],
    }
}

fn below(root: &Path, config: &Config) -> Vec<PathBuf> {
    let entries = WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let hidden = name.len() > 1 && name.starts_with('.') && name != "..";
            entry.depth() == 0 || !(hidden || SKIPPED.contains(&&*name) || config.excludes(entry.path()))
        });
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .map(|path| path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path))
        .filter(|path| {
            let known = ["go", "prom", "om", "metrics", "txt", "json", "toml"];
            path.extension()
                .is_some_and(|it| known.iter().any(|known| it.eq_ignore_ascii_case(known)))
        })
        .collect()
}

/// Whether a file that was come upon holds facts, as its name and its content both say.
fn is_meant(path: &Path, form: Form) -> bool {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
    match form {
        Form::Go => name.ends_with(".go") && !name.ends_with("_test.go"),
        Form::Exposition => [".prom", ".om", ".metrics", ".txt"]
            .iter()
            .any(|end| name.ends_with(end)),
        Form::Metadata => name.ends_with(".json"),
        Form::FactsFile => name == "metrics.toml",
    }
}

/// Whether a file that a pattern fits is somebody else's code.
fn is_vendored(path: &Path, named: &[PathBuf]) -> bool {
    let vendored =
        |part: std::path::Component<'_>| part.as_os_str() == "vendor" || part.as_os_str() == "testdata";
    !named.iter().any(|it| it == path) && path.components().any(vendored)
}
