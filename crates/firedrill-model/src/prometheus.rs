//! What of a `prometheus.yml` bears on rules: intervals, external labels, relabelling, rule files.

use crate::Entry;
use firedrill_source::{FileId, Span, Spanned};
use firedrill_value::Duration;
use firedrill_yaml::Scalar;

/// A server's configuration, as far as rules are concerned.
#[derive(Clone, Debug)]
pub struct PrometheusConfig {
    /// The file.
    pub file: FileId,
    /// `global.scrape_interval`; Prometheus takes a minute where it is missing.
    pub scrape_interval: Option<Spanned<Duration>>,
    /// `global.evaluation_interval`; Prometheus takes a minute where it is missing.
    pub evaluation_interval: Option<Spanned<Duration>>,
    /// `global.external_labels`, which rules never see on series.
    pub external_labels: Vec<Entry>,
    /// `rule_files`: patterns, relative to the file.
    pub rule_files: Vec<Scalar>,
    /// `scrape_configs`.
    pub scrape_configs: Vec<ScrapeConfig>,
}

/// One entry of `scrape_configs`.
#[derive(Clone, Debug)]
pub struct ScrapeConfig {
    /// The whole mapping.
    pub span: Span,
    /// `job_name`, the value of the label `job` unless relabelling changes it.
    pub job_name: Option<Scalar>,
    /// `scrape_interval`, where it differs from the global one.
    pub scrape_interval: Option<Spanned<Duration>>,
    /// Whether relabelling may write the label `job`.
    pub rewrites_job: bool,
    /// Names of labels that `relabel_configs`, `metric_relabel_configs` and `static_configs` may write, sorted; `None`
    /// where a rule may write any (`labelmap`, a computed target).
    pub written_labels: Option<Vec<std::sync::Arc<str>>>,
    /// Names of labels that `metric_relabel_configs` always drop (`labeldrop` of a literal name), sorted.
    pub dropped_labels: Vec<std::sync::Arc<str>>,
}

impl PrometheusConfig {
    /// The scrape interval of the series that carry `job="…"`, or the global one where no job is given; where it is
    /// written. `None` where relabelling leaves it open.
    pub fn interval_of(&self, job: Option<&str>) -> Option<ScrapeInterval> {
        let default = ScrapeInterval {
            millis: self
                .scrape_interval
                .as_ref()
                .map_or(DEFAULT_INTERVAL, |it| it.value.millis()),
            span: self.scrape_interval.as_ref().map(|it| it.span),
        };
        let of = |config: &ScrapeConfig| match &config.scrape_interval {
            Some(own) => ScrapeInterval {
                millis: own.value.millis(),
                span: Some(own.span),
            },
            None => default,
        };
        if let Some(job) = job
            && !self.scrape_configs.iter().any(|config| config.rewrites_job)
        {
            let named =
                |config: &&ScrapeConfig| config.job_name.as_ref().is_some_and(|name| *name.text == *job);
            return self.scrape_configs.iter().find(named).map(of);
        }
        // Any job may be meant: the shortest interval proves least, so only agreement counts.
        let mut all = self.scrape_configs.iter().map(of);
        let Some(first) = all.next() else {
            return Some(default);
        };
        all.all(|it| it.millis == first.millis).then_some(first)
    }

    /// How often groups without an interval of their own are evaluated, in milliseconds.
    pub fn evaluation_millis(&self) -> i64 {
        self.evaluation_interval
            .as_ref()
            .map_or(DEFAULT_INTERVAL, |it| it.value.millis())
    }
}

/// How often some series are scraped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScrapeInterval {
    /// In milliseconds.
    pub millis: i64,
    /// Where it is written; `None` is Prometheus' default.
    pub span: Option<Span>,
}

/// What Prometheus takes where nothing is written, in milliseconds.
const DEFAULT_INTERVAL: i64 = 60_000;
