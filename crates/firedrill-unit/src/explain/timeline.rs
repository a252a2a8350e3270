//! The course of alerts and expressions over a test.

use super::counterparts::{Decision, decision, holds, signature};
use super::rows::chosen;
use super::{Measured, Reading, Timeline, TimelineRow, TimelineSeries};
use crate::alert::AlertState;
use crate::compile::CompiledRule;
use crate::record;
use crate::ticks::{AlertRun, Engine, Instance};
use firedrill_eval::{Column, Grid, Plan, PlanOptions, Value, is_absent};
use firedrill_functions::ValueType;
use firedrill_promql::Expr;
use firedrill_source::Location;
use firedrill_value::{Labels, Timestamp};

/// Series that a timeline holds at most.
const MOST_SERIES: usize = 24;
/// Ticks around the tested one that are evaluated at most.
const MOST_TICKS: usize = 20_000;

/// What the rules of a name did; series like `wanted` stand first.
pub(crate) fn alert_timelines(
    engine: &Engine<'_>,
    alertname: &str,
    tick: usize,
    alerts: &[Option<AlertRun>],
    wanted: &[Labels],
) -> Vec<Timeline> {
    let rules = engine.rules.iter().zip(alerts).enumerate();
    let named = rules.filter(|(_, (it, _))| *it.rule.name == *alertname);
    named
        .filter_map(|(index, (_, run))| Some(alert_timeline(engine, index, run.as_ref()?, tick, wanted)))
        .collect()
}

fn alert_timeline(
    engine: &Engine<'_>,
    index: usize,
    run: &AlertRun,
    tick: usize,
    wanted: &[Labels],
) -> Timeline {
    let scheduled = engine.rules[index];
    let rule = scheduled.rule;
    let first = tick.saturating_sub(MOST_TICKS / 2);
    let count = (engine.ticks.count - first.min(engine.ticks.count)).min(MOST_TICKS);
    let ticks = Grid {
        start: engine.ticks.time(first),
        count,
        ..engine.ticks
    };
    let text = &rule.expr.source.text;
    // What a later rule writes was one tick older when this one ran: values read from the end would mislead.
    let decides = decision(&rule.expr.expr).filter(|_| !reads_later(engine, index));
    let sides = decides.and_then(|it| Sides::of(&it, engine, ticks.moved(-scheduled.group.query_offset)));
    let mut all: Vec<Whole> = Vec::new();
    let mut measured_of = vec![None; run.instances.len()];
    if let Some(sides) = &sides {
        for (at, column) in sides.side.iter().enumerate() {
            let instances = instances_of(run, &column.labels);
            for &instance in &instances {
                measured_of[instance] = Some(at);
            }
            if instances.is_empty() {
                all.push(Whole {
                    labels: column.labels.without_name(),
                    values: readings(column),
                    thresholds: sides.threshold(column, count),
                    met: sides.met(column, count),
                    holds: vec![false; count],
                    states: vec![AlertState::Inactive; count],
                    since: vec![None; count],
                });
            }
        }
    }
    for (instance, measured) in run.instances.iter().zip(&measured_of) {
        let column = measured.and_then(|at| Some((sides.as_ref()?, sides.as_ref()?.side.get(at)?)));
        let own = |at: usize| own_reading(run, instance, first + at);
        let states: Vec<AlertState> = (first..first + count)
            .map(|at| instance.states.get(at).copied().unwrap_or_default())
            .collect();
        all.push(Whole {
            labels: told_apart_by(rule, &instance.labels),
            values: match column {
                Some((_, column)) => readings(column),
                None => (0..count).map(own).collect(),
            },
            thresholds: column.map_or_else(Vec::new, |(sides, column)| sides.threshold(column, count)),
            met: column.map_or_else(Vec::new, |(sides, column)| sides.met(column, count)),
            holds: (0..count).map(|at| own(at).is_some()).collect(),
            since: (first..first + count)
                .map(|at| instance.active_since(at, engine.ticks.start))
                .collect(),
            states,
        });
    }
    let more_series = sort_by_nearness(&mut all, wanted);
    let measured = sides
        .is_some()
        .then_some(decides)
        .flatten()
        .map(|it| measured(&it, text));
    let (rows, series) = cut(all, ticks, tick - first, engine.ticks.start);
    Timeline {
        rule: Some(rule.name.to_string()),
        location: Location::new(rule.file, rule.expr.source.span),
        expr: text.to_string(),
        hold: rule.hold,
        keep_firing_for: rule.keep_firing_for,
        step: engine.ticks.step,
        rows,
        series,
        more_series,
        measured,
    }
}

/// The course of the expression of a test, at the ticks and at the tested time.
pub(crate) fn expr_timeline(
    engine: &Engine<'_>,
    (expr, text): (&Expr, &str),
    location: Location,
    at: Timestamp,
    wanted: &[Labels],
) -> Timeline {
    let step = engine.ticks.step.max(1);
    let after = engine.ticks.end().saturating_sub(at).max(0) / step;
    let before = (at - engine.ticks.start).max(0) / step;
    let before = usize::try_from(before).unwrap_or(0).min(MOST_TICKS / 2);
    let after = usize::try_from(after).unwrap_or(0).min(MOST_TICKS / 2);
    // Counted from the tested time, which need not be a tick.
    let grid = Grid {
        start: at - before as i64 * step,
        step,
        count: before + after + 1,
    };
    let decides = decision(expr);
    let sides = decides.and_then(|it| Sides::of(&it, engine, grid));
    let whole = evaluated(expr, engine, grid).unwrap_or_default();
    let mut all: Vec<Whole> = Vec::new();
    match &sides {
        Some(sides) => all.extend(sides.side.iter().map(|column| {
            let of = partner(&whole, &column.labels);
            Whole {
                labels: column.labels.clone(),
                values: readings(column),
                thresholds: sides.threshold(column, grid.count),
                met: sides.met(column, grid.count),
                holds: (0..grid.count)
                    .map(|at| of.is_some_and(|it| it.has(at)))
                    .collect(),
                states: Vec::new(),
                since: Vec::new(),
            }
        })),
        None => all.extend(whole.iter().map(|column| Whole {
            labels: column.labels.clone(),
            values: readings(column),
            thresholds: Vec::new(),
            met: Vec::new(),
            holds: (0..grid.count).map(|at| column.has(at)).collect(),
            states: Vec::new(),
            since: Vec::new(),
        })),
    }
    let more_series = sort_by_nearness(&mut all, wanted);
    let (rows, series) = cut(all, grid, before, engine.ticks.start);
    Timeline {
        rule: None,
        location,
        expr: text.to_owned(),
        hold: 0,
        keep_firing_for: 0,
        step,
        rows,
        series,
        more_series,
        measured: sides
            .is_some()
            .then_some(decides)
            .flatten()
            .map(|it| measured(&it, text)),
    }
}

/// Whether a rule reads what itself or a later rule writes.
pub(super) fn reads_later(engine: &Engine<'_>, index: usize) -> bool {
    let selectors = engine.rules[index].rule.selectors();
    let later = engine.rules.iter().skip(index);
    later
        .into_iter()
        .any(|it| selectors.iter().any(|selector| it.rule.may_feed(selector)))
}

/// A series at all ticks.
struct Whole {
    labels: Labels,
    values: Vec<Option<Reading>>,
    thresholds: Vec<Option<f64>>,
    met: Vec<bool>,
    holds: Vec<bool>,
    states: Vec<AlertState>,
    since: Vec<Option<i64>>,
}

/// Both sides of the comparison that decides.
struct Sides<'a> {
    decision: Decision<'a>,
    side: Vec<Column>,
    other: Vec<Column>,
}

impl<'a> Sides<'a> {
    fn of(decision: &Decision<'a>, engine: &Engine<'_>, grid: Grid) -> Option<Self> {
        Some(Sides {
            decision: *decision,
            side: evaluated(decision.side, engine, grid)?,
            other: evaluated(decision.other, engine, grid)?,
        })
    }

    /// What a series is compared with at every tick; nothing where it has no single partner.
    fn threshold(&self, column: &Column, count: usize) -> Vec<Option<f64>> {
        let binary = self.decision.binary;
        let own = signature(binary, &column.labels);
        let scalar = self.decision.other.value_type() == ValueType::Scalar;
        let mut partners = self
            .other
            .iter()
            .filter(|it| scalar || signature(binary, &it.labels) == own);
        let (Some(partner), None) = (partners.next(), partners.next()) else {
            return Vec::new();
        };
        let at = |tick: usize| {
            partner
                .values
                .get(tick)
                .copied()
                .filter(|value| !is_absent(*value))
        };
        (0..count).map(at).collect()
    }

    /// Whether the comparison holds, at every tick.
    fn met(&self, column: &Column, count: usize) -> Vec<bool> {
        let thresholds = self.threshold(column, count);
        let pairs = column.values.iter().zip(&thresholds);
        pairs
            .map(|(value, limit)| {
                limit.is_some_and(|limit| !is_absent(*value) && holds(self.decision.op, *value, limit))
            })
            .collect()
    }
}

fn evaluated(expr: &Expr, engine: &Engine<'_>, grid: Grid) -> Option<Vec<Column>> {
    let plan = Plan::compile(expr, &PlanOptions::default());
    let output = plan
        .eval_within(&engine.storage, grid, &engine.eval, engine.guard)
        .ok()?;
    match output.value {
        value @ (Value::Vector(_) | Value::Scalar(_)) => record::columns(value).ok(),
        Value::Matrix(_) | Value::String(_) => None,
    }
}

fn measured(decision: &Decision<'_>, text: &str) -> Measured {
    let span = decision.side.span;
    Measured {
        expr: span.slice(text).to_owned(),
        condition: format!(
            "{} {}",
            decision.op.symbol(),
            decision.other.span.slice(text).trim()
        ),
        span,
    }
}

fn readings(column: &Column) -> Vec<Option<Reading>> {
    (0..column.values.len()).map(|at| reading(column, at)).collect()
}

fn reading(column: &Column, at: usize) -> Option<Reading> {
    if let Some(histogram) = column.histogram(at) {
        return Some(Reading::Histogram(histogram.clone()));
    }
    let value = *column.values.get(at)?;
    (!is_absent(value)).then_some(Reading::Number(value))
}

fn own_reading(run: &AlertRun, instance: &Instance, tick: usize) -> Option<Reading> {
    reading(run.columns.get(instance.column_at(tick)?)?, tick)
}

/// The alerts that samples with these labels become.
fn instances_of(run: &AlertRun, labels: &Labels) -> Vec<usize> {
    let Some(column) = partner_index(&run.columns, labels) else {
        return Vec::new();
    };
    let of =
        |instance: &Instance| (0..instance.states.len()).any(|at| instance.column_at(at) == Some(column));
    (0..run.instances.len())
        .filter(|&at| of(&run.instances[at]))
        .collect()
}

fn partner<'a>(columns: &'a [Column], labels: &Labels) -> Option<&'a Column> {
    columns.get(partner_index(columns, labels)?)
}

/// The column of a filtered result that has these labels, or the only one that contradicts none of them.
fn partner_index(columns: &[Column], labels: &Labels) -> Option<usize> {
    let bare = labels.without_name();
    let same = |column: &Column| column.labels.without_name() == bare;
    if let Some(at) = columns.iter().position(same) {
        return Some(at);
    }
    let fits = |column: &Column| {
        let known = column.labels.without_name();
        let agrees = |label: &firedrill_value::Label| matches!(bare.get(&label.name), value if value.is_empty() || *value == *label.value);
        known.iter().all(agrees)
    };
    let mut fitting = (0..columns.len()).filter(|&at| fits(&columns[at]));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The labels of an alert that come from its sample, as far as the rule's own ones do not hide them.
fn told_apart_by(rule: &CompiledRule, labels: &Labels) -> Labels {
    let own = |name: &str| {
        rule.labels
            .iter()
            .any(|(label, value)| **label == *name && !value.reads_values())
    };
    labels.filter(|name| name != "alertname" && !own(name))
}

/// Puts the series first that are like the wanted ones, and says how many were left out.
fn sort_by_nearness(all: &mut Vec<Whole>, wanted: &[Labels]) -> usize {
    let contradictions = |series: &Whole| {
        let of = |labels: &Labels| {
            let differs = |label: &&firedrill_value::Label| !matches!(labels.get(&label.name), value if value.is_empty() || *value == *label.value);
            series.labels.iter().filter(differs).count()
        };
        wanted.iter().map(of).min().unwrap_or(0)
    };
    all.sort_by_cached_key(contradictions);
    let more = all.len().saturating_sub(MOST_SERIES);
    all.truncate(MOST_SERIES);
    more
}

/// Chooses the rows to show.
fn cut(
    all: Vec<Whole>,
    grid: Grid,
    tested: usize,
    start: Timestamp,
) -> (Vec<TimelineRow>, Vec<TimelineSeries>) {
    let changed = |series: &Whole, at: usize| {
        series.holds[at] != series.holds[at - 1]
            || series.states.get(at) != series.states.get(at - 1)
            || series.values[at].is_some() != series.values[at - 1].is_some()
    };
    let changes: Vec<usize> = (1..grid.count)
        .filter(|&at| all.iter().any(|series| changed(series, at)))
        .collect();
    let rows = chosen(grid.count, tested, &changes);
    let series = all.into_iter().map(|series| TimelineSeries {
        values: picked(&series.values, &rows),
        thresholds: picked(&series.thresholds, &rows),
        met: picked(&series.met, &rows),
        holds: picked(&series.holds, &rows),
        states: picked(&series.states, &rows),
        since: picked(&series.since, &rows),
        labels: series.labels,
    });
    let series = series.collect();
    let rows = rows.iter().map(|&at| TimelineRow {
        time: grid.time(at) - start,
        tested: at == tested,
    });
    (rows.collect(), series)
}

fn picked<T: Clone>(all: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|&at| all.get(at).cloned()).collect()
}
