//! `# TYPE` lines of the text format and of OpenMetrics.

use crate::{Evidence, Fact, MetricType, Tier};
use std::sync::Arc;

/// Hands every metric with a known type to `learn`.
pub(crate) fn read(name: &str, text: &str, mut learn: impl FnMut(&str, Fact)) {
    let file: Arc<str> = name.into();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split_ascii_whitespace();
        if (words.next(), words.next()) != (Some("#"), Some("TYPE")) {
            continue;
        }
        let (Some(family), Some(kind), None) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let family = family.trim_matches('"');
        let evidence = Evidence::TypeLine {
            file: file.clone(),
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
        };
        for &(suffix, metric_type) in members(kind) {
            // OpenMetrics names the family, the text format the series: both carry the type.
            if suffix == "_total" && family.ends_with(suffix) {
                continue;
            }
            let fact = Fact {
                metric_type,
                tier: Tier::Exposed,
                evidence: evidence.clone(),
            };
            learn(&format!("{family}{suffix}"), fact);
        }
    }
}

/// The series of a family of that type.
fn members(kind: &str) -> &'static [(&'static str, MetricType)] {
    use MetricType::{Counter, Gauge, Histogram, Summary};
    match kind {
        "counter" => &[("", Counter), ("_total", Counter), ("_created", Gauge)],
        "gauge" | "stateset" => &[("", Gauge)],
        "info" => &[("", Gauge), ("_info", Gauge)],
        "histogram" => &[
            ("", Histogram),
            ("_bucket", Counter),
            ("_sum", Counter),
            ("_count", Counter),
            ("_created", Gauge),
        ],
        "gaugehistogram" => &[
            ("", Histogram),
            ("_bucket", Gauge),
            ("_gsum", Gauge),
            ("_gcount", Gauge),
        ],
        "summary" => &[
            ("", Summary),
            ("_sum", Counter),
            ("_count", Counter),
            ("_created", Gauge),
        ],
        _ => &[],
    }
}
