//! What the evaluation of a test's rules leaves: errors, and alerts with their states at all ticks.

use crate::alert::{AlertState, Machine};
use firedrill_eval::{ABSENT, Column, SeriesId};
use firedrill_value::{Labels, Timestamp};
use rustc_hash::FxHashMap;

/// What came of all evaluations.
pub(crate) struct Outcome {
    /// The tick at which a rule failed.
    pub(crate) abort_tick: Option<usize>,
    /// The rules that failed at that tick, with the reason.
    pub(crate) errors: Vec<(usize, String)>,
    /// The alerts of every alerting rule.
    pub(crate) alerts: Vec<Option<AlertRun>>,
}

impl Outcome {
    pub(crate) fn empty(rules: usize) -> Self {
        Outcome {
            abort_tick: None,
            errors: Vec::new(),
            alerts: (0..rules).map(|_| None).collect(),
        }
    }
}

/// The alerts of one rule over all ticks.
#[derive(Debug, Default)]
pub(crate) struct AlertRun {
    /// The samples: labels and a sample per tick.
    pub(crate) columns: Vec<Column>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) by_labels: FxHashMap<Labels, usize>,
}

/// One alert.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) labels: Labels,
    pub(crate) states: Vec<AlertState>,
    /// When it became active, in seconds, per tick.
    pub(crate) active_at: Vec<f64>,
    /// Which column is its sample at a tick; `NONE` for no sample.
    pub(crate) source: Vec<u32>,
    pub(crate) machine: Machine,
    /// Annotations of the last tick with a sample, where they had to be expanded right then.
    pub(crate) annotations: Option<Vec<(String, String)>>,
    /// The same at the ticks that are looked at.
    pub(crate) kept: Vec<(usize, Vec<(String, String)>)>,
    /// Its series, where they are written tick by tick: pending, firing, for state.
    pub(crate) written: [Option<SeriesId>; 3],
}

pub(crate) const NONE: u32 = u32::MAX;

impl Instance {
    /// Which column of the run is its sample at a tick.
    pub(crate) fn column_at(&self, tick: usize) -> Option<usize> {
        let column = *self.source.get(tick)?;
        (column != NONE).then_some(column as usize)
    }

    /// Since when the alert has been active at a tick, in milliseconds after the start of the test.
    pub(crate) fn active_since(&self, tick: usize, start: Timestamp) -> Option<i64> {
        let active = self.states.get(tick).is_some_and(|state| state.is_active());
        active.then(|| (self.active_at[tick] * 1000.0) as i64 - start)
    }

    /// The last tick up to this one at which the alert has a sample, and in which column.
    pub(crate) fn last_sample(&self, tick: usize) -> Option<(usize, usize)> {
        let last = (0..=tick.min(self.source.len().checked_sub(1)?))
            .rev()
            .find(|&at| self.source[at] != NONE)?;
        Some((last, self.source[last] as usize))
    }
}

impl AlertRun {
    /// From a place per evaluation to a place per tick: between evaluations the state stays, and there is no sample.
    pub(crate) fn spread(&mut self, every: usize, ticks: usize) {
        for column in &mut self.columns {
            let mut wide = column.like(vec![ABSENT; ticks], None);
            for at in 0..column.values.len() {
                if column.has(at) && at * every < ticks {
                    wide.take(at * every, column, at);
                }
            }
            *column = wide;
        }
        for instance in &mut self.instances {
            let (states, active_at, source) = (&instance.states, &instance.active_at, &instance.source);
            let own = |tick: usize| {
                if tick.is_multiple_of(every) {
                    source[tick / every]
                } else {
                    NONE
                }
            };
            let wide_states = (0..ticks).map(|tick| states[tick / every]).collect();
            let wide_active = (0..ticks).map(|tick| active_at[tick / every]).collect();
            let wide_source = (0..ticks).map(own).collect();
            (instance.states, instance.active_at, instance.source) = (wide_states, wide_active, wide_source);
        }
    }

    pub(crate) fn instance(&mut self, labels: Labels, ticks: usize) -> usize {
        if let Some(&at) = self.by_labels.get(&labels) {
            return at;
        }
        self.by_labels.insert(labels.clone(), self.instances.len());
        self.instances.push(Instance {
            labels,
            states: vec![AlertState::Inactive; ticks],
            active_at: vec![0.0; ticks],
            source: vec![NONE; ticks],
            machine: Machine::default(),
            annotations: None,
            kept: Vec::new(),
            written: [None; 3],
        });
        self.instances.len() - 1
    }
}
