//! Families of metrics and the series that they consist of.

use crate::MetricType;

/// The series of a family of that type, as metadata names both; nothing for types that say nothing.
pub(crate) fn members(family: &str, kind: &str) -> Vec<(String, MetricType)> {
    // OpenMetrics names the family, the text format the series: both carry the type.
    suffixes(kind)
        .iter()
        .filter(|(suffix, _)| !(*suffix == "_total" && family.ends_with(suffix)))
        .map(|(suffix, metric_type)| (format!("{family}{suffix}"), *metric_type))
        .collect()
}

/// The series of a family whose values have the family's unit.
pub(crate) fn unit_members(family: &str) -> [String; 3] {
    ["", "_total", "_sum"].map(|suffix| format!("{family}{suffix}"))
}

fn suffixes(kind: &str) -> &'static [(&'static str, MetricType)] {
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
