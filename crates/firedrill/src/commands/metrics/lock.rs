//! The facts file that `firedrill metrics --lock` writes.

use super::is_family;
use firedrill_facts::{Domain, Evidence, Facts, MetricType, Unit};
use std::fmt::Write;

/// The metrics of which something was learned; of a family only the family.
pub(super) fn families(facts: &Facts) -> Vec<&str> {
    let learned = facts.learned();
    learned
        .into_iter()
        .filter(|name| !is_derived(facts, name))
        .collect()
}

/// Whether all that is known of a series follows from what is known of its family.
fn is_derived(facts: &Facts, name: &str) -> bool {
    let evidence = facts.of(name).map(|fact| fact.evidence);
    let of_family = |suffix: &str, fits: fn(MetricType) -> bool| {
        let base = name.strip_suffix(suffix)?;
        let fact = facts.of(base)?;
        let same = evidence.is_none() || evidence.as_ref() == Some(&fact.evidence);
        (fits(fact.metric_type) && same).then_some(base)
    };
    let parts = ["_bucket", "_sum", "_count", "_gsum", "_gcount", "_created"];
    if parts.iter().any(|suffix| of_family(suffix, is_family).is_some())
        || of_family("_created", |_| true).is_some()
    {
        return true;
    }
    // Metadata may name a counter with or without its ending; the one with samples is the series.
    let is_counter = |it: MetricType| it == MetricType::Counter;
    if let Some(base) = of_family("_total", is_counter) {
        return facts.labels(name).is_none() || facts.labels(base).is_some();
    }
    let total = format!("{name}_total");
    facts.labels(name).is_none()
        && facts.labels(&total).is_some()
        && evidence.is_some()
        && facts.of(&total).map(|fact| fact.evidence) == evidence
        // Without a unit or a declaration of its own.
        && !matches!(evidence, Some(Evidence::Declared { .. }))
}

/// All that was learned, as a facts file.
pub(super) fn text(facts: &Facts) -> String {
    let mut out = String::from(
        "# Made by `firedrill metrics --lock`. A table for each metric; change what is wrong.\n",
    );
    for name in families(facts) {
        let mut lines = Vec::new();
        let mut source = None;
        if let Some(fact) = facts
            .of(name)
            .filter(|fact| fact.tier > firedrill_facts::Tier::Bundled)
        {
            lines.push(format!("type = {}", quoted(fact.metric_type.name())));
            source = Some(fact.evidence);
        }
        let learned = |tier| tier > firedrill_facts::Tier::Bundled;
        if let Some(known) = facts.unit(name).filter(|known| learned(known.tier))
            && let Some(unit) = unit_name(known.value)
        {
            lines.push(format!("unit = {}", quoted(&unit)));
            source = source.or(Some(known.evidence));
        }
        let labels = facts
            .labels(name)
            .or_else(|| facts.labels(&format!("{name}_bucket")));
        if let Some(known) = labels.filter(|known| learned(known.tier)) {
            let labels: Vec<String> = known.value.iter().map(|label| quoted(label)).collect();
            lines.push(format!("labels = [{}]", labels.join(", ")));
            source = source.or(Some(known.evidence));
        }
        if let Some(known) = facts.buckets(name) {
            let bounds: Vec<String> = known.value.iter().map(|bound| format!("{bound:?}")).collect();
            lines.push(format!("buckets = [{}]", bounds.join(", ")));
            source = source.or(Some(known.evidence.clone()));
        }
        if let Some(known) = facts.domain(name) {
            lines.push(match &known.value {
                Domain::Range(low, high) => format!("range = [{low:?}, {high:?}]"),
                Domain::Values(values) => {
                    let each: Vec<String> = values
                        .iter()
                        .map(|(value, meaning)| {
                            format!("{} = {}", quoted(&value.to_string()), quoted(meaning))
                        })
                        .collect();
                    format!("enum = {{ {} }}", each.join(", "))
                }
            });
            source = source.or(Some(known.evidence));
        }
        if let Some(known) = facts.scrape_interval(name) {
            let interval = firedrill_value::Duration::from_millis(known.value).to_string();
            lines.push(format!("scrape-interval = {}", quoted(&interval)));
            source = source.or(Some(known.evidence.clone()));
        }
        if lines.is_empty() {
            continue;
        }
        // What was read from such a file keeps its first source.
        match source {
            Some(Evidence::Declared {
                source: Some(first), ..
            }) => {
                lines.push(format!("source = {}", quoted(&first)));
            }
            Some(Evidence::Declared { .. }) | None => {}
            Some(evidence) => lines.push(format!("source = {}", quoted(&evidence.to_string()))),
        }
        let _ = write!(out, "\n[{}]\n{}\n", key(name), lines.join("\n"));
    }
    out
}

/// A text in quotes as TOML reads it; JSON writes the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if bare { name.to_owned() } else { quoted(name) }
}

/// How facts files write a unit, if they can.
fn unit_name(unit: Unit) -> Option<String> {
    if unit == Unit::TIMESTAMP {
        return Some("timestamp".to_owned());
    }
    let name = unit.to_string();
    (Unit::named(&name) == Some(unit)).then_some(name)
}
