//! Expands labels and annotations once more, to see which ways they go.

use super::map::{RuleMap, TextAt, reads};
use super::probe::Read;
use crate::compile::{CompiledRule, TextKind};
use crate::ticks::{AlertRun, Engine, Instance, Queries};
use firedrill_promql::parse;
use firedrill_template::{Context, Data, Sample};
use firedrill_value::Timestamp;

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
    let Some(data) = data(engine, run, instance, tick) else {
        return;
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

/// What the texts of an alert read through `query` at a tick, with the time of the query.
pub(super) fn asked(
    engine: &Engine<'_>,
    rule: &CompiledRule,
    (run, instance): (&AlertRun, &Instance),
    tick: usize,
    annotations: bool,
) -> Vec<(Timestamp, Read)> {
    let Some(data) = data(engine, run, instance, tick) else {
        return Vec::new();
    };
    let mut queries = Noted {
        inner: Queries {
            engine,
            at: data.time,
        },
        reads: Vec::new(),
    };
    let own = rule.annotations.iter().filter(|_| annotations);
    for (_, text) in rule.labels.iter().chain(own) {
        if let TextKind::Volatile(template) = &text.kind {
            // What fails on the way has still read what it has read.
            let _ = template.expand(&data, &mut queries);
        }
    }
    queries.reads.into_iter().map(|read| (data.time, read)).collect()
}

/// What an alert's texts are expanded for: its last sample up to a tick.
fn data<'d>(engine: &'d Engine<'_>, run: &'d AlertRun, instance: &Instance, tick: usize) -> Option<Data<'d>> {
    let (at, column) = instance.last_sample(tick)?;
    let sample = run.columns.get(column)?;
    Some(Data {
        labels: &sample.labels,
        external_labels: &engine.external_labels,
        external_url: &engine.external_url,
        value: sample.values[at],
        histogram: sample.histogram(at),
        time: engine.ticks.time(at),
    })
}

/// Notes what queries read.
struct Noted<'e, 'a> {
    inner: Queries<'e, 'a>,
    reads: Vec<Read>,
}

impl Context for Noted<'_, '_> {
    fn query(&mut self, expr: &str) -> Result<Vec<Sample>, String> {
        let parsed = parse(expr, &self.inner.engine.query_features);
        self.reads.extend(reads(&parsed.expr));
        self.inner.query(expr)
    }
}
