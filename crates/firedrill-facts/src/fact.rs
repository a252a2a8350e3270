//! A fact: a metric's type, and what says so.

use crate::catalogue::Project;
use firedrill_source::Severity;
use std::fmt;
use std::sync::Arc;

/// The type of a metric as it stands in queries: the series `x_bucket` of a histogram is a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Only grows; a fall is a restart.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A histogram under its own name (native; the series of a classic one are counters).
    Histogram,
    /// The quantiles of a summary.
    Summary,
}

impl MetricType {
    /// As metadata and facts files write it.
    pub fn name(self) -> &'static str {
        match self {
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
            MetricType::Histogram => "histogram",
            MetricType::Summary => "summary",
        }
    }

    /// With its article: `a counter`.
    pub fn with_article(self) -> &'static str {
        match self {
            MetricType::Counter => "a counter",
            MetricType::Gauge => "a gauge",
            MetricType::Histogram => "a histogram",
            MetricType::Summary => "a summary",
        }
    }
}

/// How much a source is trusted, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// The name alone.
    Name,
    /// Facts shipped for well-known exporters.
    Bundled,
    /// Source code that registers the metric.
    Code,
    /// What the application itself says: TYPE lines, metadata.
    Exposed,
    /// What the user declared.
    Declared,
}

impl Tier {
    /// The worst severity that a finding may have which rests on a fact of this tier.
    pub fn cap(self, severity: Severity) -> Severity {
        match self {
            Tier::Name => severity.min(Severity::Info),
            Tier::Bundled => severity.min(Severity::Warning),
            Tier::Code | Tier::Exposed | Tier::Declared => severity,
        }
    }
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A `# TYPE` line of an exposition.
    TypeLine {
        /// Name of the file.
        file: Arc<str>,
        /// Line, from 1.
        line: u32,
    },
    /// A `# UNIT` line of an exposition.
    UnitLine {
        /// Name of the file.
        file: Arc<str>,
        /// Line, from 1.
        line: u32,
    },
    /// Samples of an exposition.
    Samples {
        /// Name of the file.
        file: Arc<str>,
        /// Line of the first sample, from 1.
        line: u32,
    },
    /// A saved answer of a server's metadata API.
    Metadata {
        /// Name of the file.
        file: Arc<str>,
    },
    /// The code that registers the metric.
    Registered {
        /// Name of the file.
        file: Arc<str>,
        /// Line, from 1.
        line: u32,
    },
    /// A facts file, or a table `[metrics.NAME]` of the configuration.
    Declared {
        /// Name of the file.
        file: Arc<str>,
        /// Line, from 1.
        line: u32,
        /// What the facts file was made from, where it says so.
        source: Option<Arc<str>>,
    },
    /// The facts that come with firedrill.
    BuiltIn {
        /// The project that exposes the metric.
        project: Project,
    },
    /// The ending of the name.
    Suffix(&'static str),
    /// The unit that the name ends in.
    UnitSuffix,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::TypeLine { file, line } => write!(f, "TYPE line, {file}:{line}"),
            Evidence::UnitLine { file, line } => write!(f, "UNIT line, {file}:{line}"),
            Evidence::Samples { file, line } => write!(f, "samples, {file}:{line}"),
            Evidence::Metadata { file } => write!(f, "metadata, {file}"),
            Evidence::Registered { file, line } => write!(f, "registered at {file}:{line}"),
            Evidence::Declared { file, line, source } => {
                write!(f, "declared in {file}:{line}")?;
                match source {
                    Some(source) => write!(f, "; {source}"),
                    None => Ok(()),
                }
            }
            Evidence::BuiltIn { project } => write!(f, "built-in facts, {}", project.name()),
            Evidence::UnitSuffix => f.write_str("by its name only"),
            Evidence::Suffix(suffix) => write!(f, "by its ending `{suffix}` only"),
        }
    }
}

/// What is known about one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its type.
    pub metric_type: MetricType,
    /// How far to trust it.
    pub tier: Tier,
    /// What says so.
    pub evidence: Evidence,
}

impl Fact {
    /// The fact in words: "`q_depth` is a gauge (TYPE line, dumps/api.prom:88)", "`q_depth` is registered as a gauge at
    /// internal/q.go:41".
    pub fn sentence(&self, metric: &str) -> String {
        let kind = self.metric_type.with_article();
        match &self.evidence {
            Evidence::Registered { file, line } => {
                format!("`{metric}` is registered as {kind} at {file}:{line}")
            }
            Evidence::Declared {
                file,
                line,
                source: None,
            } => format!("`{metric}` is declared {kind} in {file}:{line}"),
            evidence => {
                let verb = if self.tier == Tier::Name {
                    "looks like"
                } else {
                    "is"
                };
                format!("`{metric}` {verb} {kind} ({evidence})")
            }
        }
    }
}
