//! Expands labels and annotations once more, to see which ways they go.

use super::map::{RuleMap, TextAt};
use crate::compile::{CompiledRule, TextKind};
use crate::ticks::{AlertRun, Engine, Instance, Queries};
use firedrill_template::Data;

/// Marks the branches that the texts of an alert take at a tick.
pub(crate) fn see(
    engine: &Engine<'_>,
    rule: &CompiledRule,
    map: &RuleMap,
    (run, instance): (&AlertRun, &Instance),
    tick: usize,
    annotations: bool,
    hits: &mut [bool],
) {
    let Some((at, column)) = instance.last_sample(tick) else {
        return;
    };
    let Some(sample) = run.columns.get(column) else {
        return;
    };
    let data = Data {
        labels: &sample.labels,
        external_labels: &engine.external_labels,
        external_url: &engine.external_url,
        value: sample.values[at],
        histogram: sample.histogram(at),
        time: engine.ticks.time(at),
    };
    let labels = rule.labels.iter().enumerate();
    let own = rule.annotations.iter().enumerate().filter(|_| annotations);
    let texts = labels
        .map(|(index, (_, value))| (TextAt::Label(index), value))
        .chain(own.map(|(index, (_, value))| (TextAt::Annotation(index), value)));
    for (text, value) in texts {
        if !map.branches.iter().any(|(of, _, _)| *of == text) {
            continue;
        }
        let (TextKind::Stable(template) | TextKind::Volatile(template)) = &value.kind else {
            continue;
        };
        let mut queries = Queries {
            engine,
            at: data.time,
        };
        let mut seen = |span, entered: bool| {
            let branch = map.branches.iter().find(|it| it.0 == text && it.1 == span);
            if let Some((_, _, first)) = branch {
                hits[first + usize::from(!entered)] = true;
            }
        };
        // What fails on the way has still gone it.
        let _ = template.expand_seen(&data, &mut queries, &mut seen);
    }
}
