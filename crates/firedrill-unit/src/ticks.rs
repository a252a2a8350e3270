//! Evaluates the rules of a test over its ticks.

use crate::alert::{AlertState, Machine, Timing};
use crate::compare::{GotAlert, pairs};
use crate::compile::{CompiledGroup, CompiledRule, TextKind};
use crate::outcome::NONE;
pub(crate) use crate::outcome::{AlertRun, Instance, Outcome};
use crate::record::{TickError, check_limit, columns, earliest, merge_equal, recorded_labels};
use crate::run::{error_text, expand, samples_at};
use crate::schedule::{Schedule, Scheduled};
use crate::tick_set::TickSet;
use firedrill_eval::{
    ABSENT, Column, EvalError, EvalOptions, Grid, Guard, Plan, PlanOptions, SeriesId, Storage, is_absent,
};
use firedrill_model::{ExpectedState, RuleKind};
use firedrill_promql::{Features, parse};
use firedrill_template::{Context, Data, Sample};
use firedrill_value::{Labels, METRIC_NAME, STALE_NAN, Timestamp};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

const SAME_ALERTS: &str = "vector contains metrics with the same labelset after applying alert labels";
const OUT_OF_ORDER: &str = "out of order sample";
const SAME_RECORDS: &str = "vector contains metrics with the same labelset after applying rule labels";

/// Everything that evaluation needs.
pub(crate) struct Engine<'a> {
    pub(crate) storage: Storage,
    pub(crate) guard: &'a Guard,
    /// The ticks at which rules run.
    pub(crate) ticks: Grid,
    pub(crate) eval: EvalOptions,
    pub(crate) external_labels: Labels,
    pub(crate) external_url: Arc<str>,
    /// What the template function `query` understands.
    pub(crate) query_features: Features,
    pub(crate) rules: &'a [Scheduled<'a>],
    /// Alerts somebody looks at, and when.
    pub(crate) tested: Vec<(String, usize)>,
    /// Whether somebody reads the series that alerting rules write.
    pub(crate) alerts_are_read: bool,
    /// Whether groups run at their own intervals.
    pub(crate) group_intervals: bool,
    /// For every rule the ticks at which it is evaluated, `None` for all; empty for all ticks of all rules.
    pub(crate) only: Vec<Option<TickSet>>,
}

impl Engine<'_> {
    pub(crate) fn run(&mut self, schedule: &Schedule) -> Outcome {
        let mut errors: Vec<Option<TickError>> = (0..self.rules.len()).map(|_| None).collect();
        let mut alerts: Vec<Option<AlertRun>> = (0..self.rules.len()).map(|_| None).collect();
        for &index in &schedule.before {
            self.whole(index, &mut errors[index], &mut alerts[index]);
        }
        if !schedule.ticked.is_empty() {
            self.tick_by_tick(&schedule.ticked, &mut errors, &mut alerts);
        }
        for &index in &schedule.after {
            self.whole(index, &mut errors[index], &mut alerts[index]);
        }
        let abort_tick = errors.iter().flatten().map(|(tick, _)| *tick).min();
        let at_abort = errors.into_iter().enumerate().filter_map(|(index, error)| {
            error
                .filter(|(tick, _)| Some(*tick) == abort_tick)
                .map(|e| (index, e.1))
        });
        Outcome {
            abort_tick,
            errors: at_abort.collect(),
            alerts,
        }
    }

    /// How many ticks there are from one evaluation of a group to the next.
    fn every(&self, group: &CompiledGroup) -> usize {
        let step = self.ticks.step.max(1);
        let interval = group.interval.filter(|_| self.group_intervals).unwrap_or(step);
        let rounded_up = interval.max(1).saturating_add(step - 1) / step;
        usize::try_from(rounded_up).unwrap_or(usize::MAX).max(1)
    }

    /// Evaluates a rule at the ticks of its group, as if there were no others.
    fn whole(&mut self, index: usize, error: &mut Option<TickError>, alert: &mut Option<AlertRun>) {
        let every = self.every(self.rules[index].group);
        if every == 1 {
            if let Some(only) = self.only.get(index).cloned().flatten() {
                return self.parts(index, only.ranges(), error, alert);
            }
            return self.whole_at_all(index, error, alert);
        }
        let all = self.ticks;
        self.ticks = Grid {
            step: all.step.saturating_mul(i64::try_from(every).unwrap_or(i64::MAX)),
            count: all.count.saturating_sub(1) / every + 1,
            ..all
        };
        self.whole_at_all(index, error, alert);
        self.ticks = all;
        if let Some((tick, _)) = error {
            *tick *= every;
        }
        if let Some(run) = alert {
            run.spread(every, all.count);
        }
    }

    /// Evaluates a rule at some of the ticks, as if there were no others. What comes of an alert before such ticks is
    /// forgotten.
    fn parts(
        &mut self,
        index: usize,
        ranges: &[Range<usize>],
        error: &mut Option<TickError>,
        alert: &mut Option<AlertRun>,
    ) {
        let scheduled = self.rules[index];
        let all = self.ticks;
        let mut run = AlertRun::default();
        let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
        for range in ranges {
            let mut failed = None;
            self.ticks = Grid {
                start: all.time(range.start),
                count: range.len(),
                ..all
            };
            let found = self.evaluate_whole(scheduled, &mut failed);
            if scheduled.rule.kind != RuleKind::Alert {
                self.record_whole(scheduled, found, &mut failed);
            } else {
                for column in found {
                    let place = *places.entry(column.labels.clone()).or_insert_with(|| {
                        run.columns.push(column.like(vec![ABSENT; all.count], None));
                        run.columns.len() - 1
                    });
                    run.columns[place].values[range.clone()].copy_from_slice(&column.values);
                }
            }
            self.ticks = all;
            if let Some((tick, message)) = failed {
                earliest(error, range.start + tick, || message);
            }
        }
        if scheduled.rule.kind == RuleKind::Alert {
            self.alert_whole(scheduled, &mut run, ranges, error);
            *alert = Some(run);
        }
    }

    /// Evaluates a rule at all ticks and writes its results.
    fn whole_at_all(&mut self, index: usize, error: &mut Option<TickError>, alert: &mut Option<AlertRun>) {
        let scheduled = self.rules[index];
        let found = self.evaluate_whole(scheduled, error);
        match scheduled.rule.kind {
            RuleKind::Record | RuleKind::Query => self.record_whole(scheduled, found, error),
            RuleKind::Alert => {
                let mut run = AlertRun {
                    columns: found,
                    ..AlertRun::default()
                };
                let all = 0..self.ticks.count;
                self.alert_whole(scheduled, &mut run, std::slice::from_ref(&all), error);
                *alert = Some(run);
            }
        }
    }

    /// The samples of a rule at all ticks; after the tick of an error there are none.
    fn evaluate_whole(&self, scheduled: Scheduled<'_>, error: &mut Option<TickError>) -> Vec<Column> {
        let plan = match &scheduled.rule.plan {
            Ok(plan) => plan,
            Err(message) => {
                earliest(error, 0, || message.clone());
                return Vec::new();
            }
        };
        if plan.reads_nothing(&self.storage) {
            return Vec::new();
        }
        let grid = self.ticks.moved(-scheduled.group.query_offset);
        if !plan.looks_ahead()
            && let Ok(output) = plan.eval_within(&self.storage, grid, &self.eval, self.guard)
            && let Ok(found) = columns(output.value)
        {
            return found;
        }
        let mut found: Vec<Column> = Vec::new();
        let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
        for tick in 0..self.ticks.count {
            match self.evaluate_at(plan, scheduled, tick) {
                Ok(samples) => {
                    for sample in samples {
                        let at = *places.entry(sample.labels.clone()).or_insert_with(|| {
                            found.push(sample.like(vec![ABSENT; self.ticks.count], None));
                            found.len() - 1
                        });
                        found[at].take(tick, &sample, 0);
                    }
                    if let Err(exceeded) = self.held(found.len(), plan) {
                        let text = &scheduled.rule.expr.source.text;
                        earliest(error, tick, || error_text(&exceeded, text));
                        break;
                    }
                }
                Err(message) => {
                    earliest(error, tick, || message);
                    break;
                }
            }
        }
        found
    }

    /// Fails if a result of that many series over all ticks is more than may be held.
    fn held(&self, series: usize, plan: &Plan) -> Result<(), EvalError> {
        let samples = series.saturating_mul(self.ticks.count);
        self.guard.check_series(series, plan.span())?;
        self.guard.check_samples(samples, plan.span())?;
        Ok(())
    }

    /// The samples of a rule at one tick, seeing nothing later: columns of one.
    fn evaluate_at(&self, plan: &Plan, scheduled: Scheduled<'_>, tick: usize) -> Result<Vec<Column>, String> {
        let now = self.ticks.time(tick);
        let options = EvalOptions {
            horizon: Some(now),
            ..self.eval
        };
        let grid = Grid::instant(now - scheduled.group.query_offset);
        let output = plan
            .eval_within(&self.storage, grid, &options, self.guard)
            .map_err(|error| error_text(&error, &scheduled.rule.expr.source.text))?;
        let mut found = columns(output.value)?;
        found.retain(|column| !column.is_empty());
        Ok(found)
    }

    fn record_whole(
        &mut self,
        scheduled: Scheduled<'_>,
        mut found: Vec<Column>,
        error: &mut Option<TickError>,
    ) {
        let rule = scheduled.rule;
        for column in &mut found {
            column.labels = recorded_labels(rule, &column.labels);
        }
        let mut series = merge_equal(found, error, SAME_RECORDS);
        let count_at = |tick: usize| series.iter().filter(|column| column.has(tick)).count();
        check_limit(scheduled.group.limit, self.ticks.count, count_at, "series", error);
        if let Some((tick, _)) = error {
            series.iter_mut().for_each(|column| clear_from(column, *tick));
        }
        let grid = self.ticks.moved(-scheduled.group.query_offset);
        for column in series {
            self.write_whole(grid, column, error);
        }
    }

    /// Writes a series of results. A sample that stands there already with another value is an error of its tick.
    fn write_whole(&mut self, grid: Grid, mut column: Column, error: &mut Option<TickError>) {
        if let Some(tick) = self.first_out_of_order(grid, &column) {
            earliest(error, tick, || OUT_OF_ORDER.to_owned());
            clear_from(&mut column, tick);
        }
        while let Err(refused) =
            self.storage
                .write_result(&column.labels, grid, &column.values, column.histograms.as_ref())
        {
            let Some(tick) = grid.step_at(refused.timestamp()) else {
                return;
            };
            earliest(error, tick, || refused.to_string());
            if !(tick..column.values.len()).any(|tick| column.has(tick)) {
                return;
            }
            clear_from(&mut column, tick);
        }
    }

    /// The first tick at which a result written into the past would land before a sample that stands there already.
    fn first_out_of_order(&self, grid: Grid, column: &Column) -> Option<usize> {
        let id = self
            .storage
            .find(&column.labels)
            .filter(|_| grid.start < self.ticks.start)?;
        (0..column.values.len())
            .find(|&tick| column.has(tick) && self.is_late(id, grid.time(tick), self.ticks.time(tick)))
    }

    /// Whether a series has a sample after `time` that is known by `now`.
    fn is_late(&self, id: SeriesId, time: Timestamp, now: Timestamp) -> bool {
        let samples = &self.storage.get(id).samples;
        let known = samples.times().count_until(now, samples.len());
        known > 0 && samples.times().at(known - 1) > time
    }

    /// Follows the alerts of a rule over ranges of ticks, each from a fresh start.
    fn alert_whole(
        &mut self,
        scheduled: Scheduled<'_>,
        run: &mut AlertRun,
        ranges: &[Range<usize>],
        error: &mut Option<TickError>,
    ) {
        let rule = scheduled.rule;
        let ticks = self.ticks.count;
        let volatile = rule
            .labels
            .iter()
            .any(|(_, value)| matches!(value.kind, TextKind::Volatile(_)));
        for column in 0..run.columns.len() {
            let source = u32::try_from(column).unwrap_or(NONE);
            let mut labels = None;
            for tick in ranges.iter().cloned().flatten() {
                let sample = &run.columns[column];
                if !sample.has(tick) {
                    continue;
                }
                if labels.is_none() || volatile {
                    labels = Some(self.alert_labels(rule, sample, tick, tick));
                }
                let Some(labels) = &labels else { continue };
                let at = run.instance(labels.clone(), ticks);
                let slot = &mut run.instances[at].source[tick];
                if *slot != NONE {
                    earliest(error, tick, || SAME_ALERTS.to_owned());
                    break;
                }
                *slot = source;
            }
        }
        let timing = timing(rule);
        for instance in &mut run.instances {
            for range in ranges {
                let mut machine = Machine::default();
                for tick in range.clone() {
                    machine.step(instance.source[tick] != NONE, self.ticks.time(tick), timing);
                    instance.states[tick] = machine.state;
                    instance.active_at[tick] = machine.active_at.div_euclid(1000) as f64;
                }
            }
        }
        let active_at = |tick: usize| {
            run.instances
                .iter()
                .filter(|it| it.states[tick].is_active())
                .count()
        };
        check_limit(scheduled.group.limit, ticks, active_at, "alerts", error);
        if !self.alerts_are_read {
            return;
        }
        let end = error.as_ref().map_or(ticks, |(tick, _)| *tick);
        let grid = Grid {
            count: end,
            ..self.ticks.moved(-scheduled.group.query_offset)
        };
        for instance in &run.instances {
            let column = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<f64> {
                (0..end).map(|tick| value(tick).unwrap_or(ABSENT)).collect()
            };
            let pending = column(&|tick| (instance.states[tick] == AlertState::Pending).then_some(1.0));
            let firing = column(&|tick| instance.states[tick].is_firing().then_some(1.0));
            let since = column(&|tick| {
                instance.states[tick]
                    .is_active()
                    .then_some(instance.active_at[tick])
            });
            let names = alert_series(rule, &instance.labels);
            for (labels, values) in names.iter().zip([pending, firing, since]) {
                if !values.iter().all(|&value| is_absent(value)) {
                    self.write_whole(grid, Column::new(labels.clone(), values), error);
                }
            }
        }
    }

    /// The labels of the alert that a sample stands for.
    fn alert_labels(&self, rule: &CompiledRule, sample: &Column, step: usize, tick: usize) -> Labels {
        let mut builder = sample.labels.to_builder();
        builder.remove(METRIC_NAME);
        for (name, text) in &rule.labels {
            if matches!(text.kind, TextKind::Literal) {
                builder.set(name, &text.text);
            } else {
                builder.set(name, &self.expand_at(rule, text, sample, step, tick));
            }
        }
        builder.set("alertname", &rule.name);
        builder.build()
    }

    fn expand_at(
        &self,
        rule: &CompiledRule,
        text: &crate::compile::TextValue,
        sample: &Column,
        step: usize,
        tick: usize,
    ) -> String {
        let data = Data {
            labels: &sample.labels,
            external_labels: &self.external_labels,
            external_url: &self.external_url,
            value: sample.values[step],
            histogram: sample.histogram(step),
            time: self.ticks.time(tick),
        };
        expand(
            text,
            &rule.name,
            &data,
            &mut Queries {
                engine: self,
                at: data.time,
            },
        )
    }

    /// The alerts of a rule that fire, or are pending, at a tick, with their annotations.
    pub(crate) fn in_state(
        &self,
        scheduled: &Scheduled<'_>,
        run: &AlertRun,
        tick: usize,
        state: ExpectedState,
    ) -> Vec<GotAlert> {
        let fits = |it: AlertState| match state {
            ExpectedState::Firing => it.is_firing(),
            ExpectedState::Pending => it == AlertState::Pending,
        };
        let mut found = Vec::new();
        for instance in &run.instances {
            if !fits(instance.states.get(tick).copied().unwrap_or_default()) {
                continue;
            }
            let stored = instance
                .kept
                .iter()
                .find(|(at, _)| *at == tick - tick % self.every(scheduled.group))
                .map(|(_, annotations)| annotations.clone());
            let annotations = stored.unwrap_or_else(|| {
                let last = instance.last_sample(tick);
                last.map(|(at, column)| self.annotations(scheduled.rule, run, column, at))
                    .unwrap_or_default()
            });
            found.push(GotAlert {
                labels: pairs(&instance.labels),
                annotations,
            });
        }
        found
    }

    fn annotations(
        &self,
        rule: &CompiledRule,
        run: &AlertRun,
        column: usize,
        tick: usize,
    ) -> Vec<(String, String)> {
        let sample = &run.columns[column];
        let mut expanded: Vec<(String, String)> = rule
            .annotations
            .iter()
            .map(|(name, text)| (name.to_string(), self.expand_at(rule, text, sample, tick, tick)))
            .collect();
        expanded.sort();
        expanded
    }

    /// Evaluates rules that read each other's results of the tick before.
    fn tick_by_tick(
        &mut self,
        rules: &[usize],
        errors: &mut [Option<TickError>],
        alerts: &mut [Option<AlertRun>],
    ) {
        let mut written: FxHashMap<usize, Vec<SeriesId>> = FxHashMap::default();
        for &index in rules {
            if self.rules[index].rule.kind == RuleKind::Alert {
                alerts[index] = Some(AlertRun::default());
            }
        }
        for tick in 0..self.ticks.count {
            let mut failed = false;
            for &index in rules {
                let scheduled = self.rules[index];
                if !tick.is_multiple_of(self.every(scheduled.group)) {
                    // Between evaluations everything stays.
                    for instance in alerts[index].iter_mut().flat_map(|run| &mut run.instances) {
                        instance.states[tick] = instance.states[tick - 1];
                        instance.active_at[tick] = instance.active_at[tick - 1];
                    }
                    continue;
                }
                let found = match &scheduled.rule.plan {
                    Ok(plan) => self.evaluate_at(plan, scheduled, tick),
                    Err(message) => Err(message.clone()),
                };
                let result = found.and_then(|samples| match &mut alerts[index] {
                    Some(run) => self.alert_tick(scheduled, run, samples, tick),
                    None => self.record_tick(scheduled, samples, written.entry(index).or_default(), tick),
                });
                if let Err(message) = result {
                    earliest(&mut errors[index], tick, || message);
                    failed = true;
                }
            }
            if failed {
                return;
            }
        }
    }

    fn record_tick(
        &mut self,
        scheduled: Scheduled<'_>,
        samples: Vec<Column>,
        before: &mut Vec<SeriesId>,
        tick: usize,
    ) -> Result<(), String> {
        let mut named: Vec<Column> = Vec::with_capacity(samples.len());
        for mut sample in samples {
            sample.labels = recorded_labels(scheduled.rule, &sample.labels);
            if named.iter().any(|known| known.labels == sample.labels) {
                return Err(SAME_RECORDS.to_owned());
            }
            named.push(sample);
        }
        let limit = scheduled.group.limit;
        if limit > 0 && i64::try_from(named.len()).unwrap_or(i64::MAX) > limit {
            return Err(format!("exceeded limit of {limit} with {} series", named.len()));
        }
        let time = self.ticks.time(tick) - scheduled.group.query_offset;
        let mut now = Vec::with_capacity(named.len());
        let mut result = Ok(());
        for sample in named {
            let id = self.storage.intern(&sample.labels);
            if self.is_late(id, time, self.ticks.time(tick)) {
                result = Err(OUT_OF_ORDER.to_owned());
            } else {
                let stored = match sample.histogram(0) {
                    Some(histogram) => self.storage.insert_histogram(id, time, histogram.clone()),
                    None => self.storage.insert(id, time, sample.values[0]),
                };
                result = stored.map_err(|error| error.to_string()).and(result);
            }
            now.push(id);
        }
        for id in before.iter().filter(|id| !now.contains(id)) {
            // A marker that is late or meets a sample is dropped without a word.
            let _ = self.storage.insert(*id, time, STALE_NAN);
        }
        *before = now;
        result
    }

    fn alert_tick(
        &mut self,
        scheduled: Scheduled<'_>,
        run: &mut AlertRun,
        samples: Vec<Column>,
        tick: usize,
    ) -> Result<(), String> {
        let rule = scheduled.rule;
        let ticks = self.ticks.count;
        let mut present: Vec<(usize, usize)> = Vec::with_capacity(samples.len());
        for sample in samples {
            let final_labels = self.alert_labels(rule, &sample, 0, tick);
            let at = run.instance(final_labels, ticks);
            if present.iter().any(|(known, _)| *known == at) {
                return Err(SAME_ALERTS.to_owned());
            }
            let column = run
                .columns
                .iter()
                .position(|known| known.labels == sample.labels)
                .unwrap_or_else(|| {
                    run.columns.push(sample.like(vec![ABSENT; ticks], None));
                    run.columns.len() - 1
                });
            run.columns[column].take(tick, &sample, 0);
            present.push((at, column));
        }
        for &(at, column) in &present {
            run.instances[at].source[tick] = u32::try_from(column).unwrap_or(NONE);
            if rule.templates_query() {
                let expanded = self.annotations(rule, run, column, tick);
                run.instances[at].annotations = Some(expanded);
            }
        }
        let timing = timing(rule);
        let now = self.ticks.time(tick);
        let every = self.every(scheduled.group);
        let looked_at = self
            .tested
            .iter()
            .any(|(name, at)| *at - *at % every == tick && **name == *rule.name);
        for instance in &mut run.instances {
            instance.machine.step(instance.source[tick] != NONE, now, timing);
            instance.states[tick] = instance.machine.state;
            instance.active_at[tick] = instance.machine.active_at.div_euclid(1000) as f64;
            if let Some(annotations) = &instance.annotations
                && looked_at
            {
                instance.kept.push((tick, annotations.clone()));
            }
        }
        let active = run
            .instances
            .iter()
            .filter(|it| it.machine.state.is_active())
            .count();
        let limit = scheduled.group.limit;
        if limit > 0 && i64::try_from(active).unwrap_or(i64::MAX) > limit {
            return Err(format!("exceeded limit of {limit} with {active} alerts"));
        }
        if !self.alerts_are_read {
            return Ok(());
        }
        let time = now - scheduled.group.query_offset;
        let mut result = Ok(());
        for instance in &mut run.instances {
            let state = instance.machine.state;
            let values = [
                (state == AlertState::Pending).then_some(1.0),
                state.is_firing().then_some(1.0),
                state.is_active().then_some(instance.active_at[tick]),
            ];
            let names = alert_series(rule, &instance.labels);
            for ((labels, value), written) in names.iter().zip(values).zip(&mut instance.written) {
                match value {
                    Some(value) => {
                        let id = self.storage.intern(labels);
                        if let Err(error) = self.storage.insert(id, time, value) {
                            result = Err(error.to_string());
                        }
                        *written = Some(id);
                    }
                    None => {
                        if let Some(id) = written.take() {
                            let _ = self.storage.insert(id, time, STALE_NAN);
                        }
                    }
                }
            }
        }
        result
    }
}

/// Takes all samples from a tick on away.
fn clear_from(column: &mut Column, tick: usize) {
    (tick..column.values.len()).for_each(|tick| column.clear(tick));
}

fn timing(rule: &CompiledRule) -> Timing {
    Timing {
        hold: rule.hold,
        keep_firing_for: rule.keep_firing_for,
    }
}

/// The series that an alert writes: pending, firing, and since when. Their labels start from the rule's own, as written:
/// a label that its template emptied comes back with the template's text.
fn alert_series(rule: &CompiledRule, alert: &Labels) -> [Labels; 3] {
    let mut builder = Labels::empty().to_builder();
    for (name, text) in &rule.labels {
        builder.set(name, &text.text);
    }
    for label in alert.iter() {
        builder.set_label(label);
    }
    let series = |name: &str, state: Option<&str>| {
        let mut builder = builder.clone();
        builder.set(METRIC_NAME, name);
        if let Some(state) = state {
            builder.set("alertstate", state);
        }
        builder.build()
    };
    [
        series("ALERTS", Some("pending")),
        series("ALERTS", Some("firing")),
        series("ALERTS_FOR_STATE", None),
    ]
}

/// Answers the template function `query`.
pub(crate) struct Queries<'e, 'a> {
    pub(crate) engine: &'e Engine<'a>,
    pub(crate) at: Timestamp,
}

impl Context for Queries<'_, '_> {
    fn query(&mut self, expr: &str) -> Result<Vec<Sample>, String> {
        let parsed = parse(expr, &self.engine.query_features);
        if let Some(message) = parsed.promtool_message(expr) {
            return Err(message);
        }
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        let found = samples_at(&plan, expr, self.engine, self.at)?;
        Ok(found
            .iter()
            .map(|sample| Sample::new(&sample.labels, sample.value).with_histogram(sample.histogram.clone()))
            .collect())
    }
}
