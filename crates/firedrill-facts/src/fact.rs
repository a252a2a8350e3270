//! A fact: a metric's type, and what says so.

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
    /// The facts that come with firedrill.
    BuiltIn {
        /// The project that exposes the metric.
        project: Arc<str>,
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
            Evidence::BuiltIn { project } => write!(f, "built-in facts, {project}"),
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
    /// The fact in words: "`q_depth` is a gauge (TYPE line, dumps/api.prom:88)".
    pub fn sentence(&self, metric: &str) -> String {
        let verb = if self.tier == Tier::Name {
            "looks like"
        } else {
            "is"
        };
        format!(
            "`{metric}` {verb} {} ({})",
            self.metric_type.with_article(),
            self.evidence
        )
    }
}
