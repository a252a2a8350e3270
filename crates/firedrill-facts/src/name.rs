//! What names tell: little, and only by their endings.

use crate::{Evidence, Fact, MetricType, Tier};

/// Endings that the naming conventions keep for counters and for the series of histograms and summaries.
const COUNTER_SUFFIXES: [&str; 4] = ["_total", "_bucket", "_count", "_sum"];

/// The ending that makes a name look like a counter's. `_total` in the middle of a name says nothing.
pub fn has_counter_suffix(name: &str) -> Option<&'static str> {
    COUNTER_SUFFIXES
        .into_iter()
        .find(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// The fact that a name alone gives. Only `_total` and `_bucket` are taken for a counter: `_count` and `_sum` are as
/// often gauges (`replica_count`), and recorded names (with a colon) follow other conventions.
pub(crate) fn fact(name: &str) -> Option<Fact> {
    let suffix = has_counter_suffix(name).filter(|suffix| matches!(*suffix, "_total" | "_bucket"))?;
    if name.contains(':') {
        return None;
    }
    Some(Fact {
        metric_type: MetricType::Counter,
        tier: Tier::Name,
        evidence: Evidence::Suffix(suffix),
    })
}
