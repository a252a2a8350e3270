//! Saved answers of a server: `/api/v1/metadata` and `/api/v1/targets/metadata`.

use crate::family::{members, unit_members};
use crate::store::Facts;
use crate::{Evidence, Fact, Known, Tier, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Either answer, with or without the envelope.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Envelope { data: Data },
    Bare(Data),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    /// By target: each entry names its metric.
    Targets(Vec<Entry>),
    /// By metric.
    Metrics(BTreeMap<String, Vec<Entry>>),
}

#[derive(Deserialize)]
struct Entry {
    metric: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    unit: String,
}

/// Whether a text is such an answer.
pub(crate) fn is_metadata(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Answer>(text).is_ok()
}

/// Teaches `facts` what an answer says; a text that is none teaches nothing.
pub(crate) fn read(name: &str, text: &str, facts: &mut Facts) {
    let Ok(answer) = serde_json::from_str::<Answer>(text) else {
        return;
    };
    let data = match answer {
        Answer::Envelope { data } | Answer::Bare(data) => data,
    };
    let file: Arc<str> = name.into();
    match data {
        Data::Targets(entries) => {
            for entry in entries {
                if let Some(metric) = &entry.metric {
                    learn(metric, &entry, &file, facts);
                }
            }
        }
        Data::Metrics(metrics) => {
            for (metric, entries) in metrics {
                entries
                    .iter()
                    .for_each(|entry| learn(&metric, entry, &file, facts));
            }
        }
    }
}

fn learn(metric: &str, entry: &Entry, file: &Arc<str>, facts: &mut Facts) {
    let evidence = Evidence::Metadata { file: file.clone() };
    for (series, metric_type) in members(metric, &entry.kind) {
        let fact = Fact {
            metric_type,
            tier: Tier::Exposed,
            evidence: evidence.clone(),
        };
        facts.learn(&series, fact);
    }
    if let Some(unit) = Unit::named(&entry.unit) {
        let known = Known {
            value: unit,
            tier: Tier::Exposed,
            evidence,
        };
        facts.learn_family_unit(&unit_members(metric), &known);
    }
}
