//! The metrics that Go source code registers with Prometheus' client library.
//!
//! [`read`] turns one file into what matters of it; [`scan`] puts the files of a project together, folds constants across
//! the files of a package and across packages, and lists the metrics whose names and types are certain. Names that are
//! made at run time are counted, never guessed. Only here is tree-sitter named.

mod buckets;
mod constants;
mod convert;
mod resolve;
mod sites;
mod syntax;

pub use convert::read;
pub use syntax::File;

use std::sync::Arc;

/// What source code registers a metric as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A counter.
    Counter,
    /// A gauge.
    Gauge,
    /// A histogram.
    Histogram,
    /// A summary.
    Summary,
}

impl Kind {
    /// As metadata spells it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        }
    }
}

/// A metric as one place of the source registers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Names of its labels, sorted; `None` where they are made at run time.
    pub labels: Option<Vec<String>>,
    /// Finite upper bounds of a histogram's buckets, rising; `None` where they are not known.
    pub buckets: Option<Vec<f64>>,
    /// Name of the file.
    pub file: Arc<str>,
    /// Line of its name's definition, from 1.
    pub line: u32,
}

/// What a project registers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// The metrics, by file and line. A name may be there twice, even with two types.
    pub metrics: Vec<Metric>,
    /// How many metrics have names that are made at run time.
    pub dynamic: usize,
    /// Names of descriptions that are constant, but without a certain type.
    pub untyped: Vec<String>,
}

/// Lists the metrics of a set of files; each folder is a package.
pub fn scan(files: &[File<'_>]) -> Scan {
    sites::scan(&resolve::Project::new(files))
}

/// The metrics of a piece of Go that stands by itself in another file, from the line `first_line` (from 1) on.
pub fn scan_fragment(name: &str, text: &str, first_line: u32) -> Scan {
    let mut found = scan(&[read(name, text)]);
    for metric in &mut found.metrics {
        metric.line += first_line.saturating_sub(1);
    }
    found
}
