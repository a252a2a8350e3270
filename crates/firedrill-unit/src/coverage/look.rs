//! Who looks at what: from the assertions of a test to the ticks of rules.

use super::map::{PointKind, reads};
use super::probe::{Looked, Read};
use super::{Coverage, Seen, templates};
use crate::alert::AlertState;
use crate::ticks::{AlertRun, Engine};
use firedrill_model::{RuleKind, TestGroup};
use firedrill_source::Location;
use firedrill_value::Timestamp;

/// What the assertions of a test have seen, of `ticks` evaluations. `told` are the alerts that were compared, and when.
pub(crate) fn cover(
    engine: &Engine<'_>,
    test: &TestGroup,
    told: &[(&str, usize)],
    alerts: &[Option<AlertRun>],
    ticks: usize,
    with_expressions: bool,
) -> Coverage {
    let mut view = View {
        engine,
        alerts,
        told,
        ticks,
        looked: vec![vec![false; ticks]; engine.rules.len()],
        waiting: Vec::new(),
    };
    for (index, it) in engine.rules.iter().enumerate() {
        if it.rule.kind == RuleKind::Alert {
            for (_, tick) in told.iter().filter(|(name, _)| **name == *it.rule.name) {
                view.look(index, *tick);
            }
        }
    }
    if with_expressions {
        for expr_test in &test.expr_tests {
            let time = engine.ticks.start + expr_test.eval_time.value.millis();
            for read in reads(&expr_test.expr.expr) {
                view.reach(&read, time, None);
            }
        }
    }
    view.spread();
    let rules = (0..engine.rules.len()).map(|index| {
        let name = &engine.rules[index].rule.name;
        let told = told.iter().filter(|(told, _)| **told == **name);
        let told: Vec<usize> = told.map(|(_, tick)| *tick).collect();
        view.see(index, alerts.get(index).and_then(Option::as_ref), &told)
    });
    Coverage {
        rules: rules.collect(),
    }
}

struct View<'e, 'a> {
    engine: &'e Engine<'a>,
    alerts: &'e [Option<AlertRun>],
    /// The alerts that are compared, and when.
    told: &'e [(&'e str, usize)],
    /// Evaluations that took place.
    ticks: usize,
    /// For every rule the ticks whose outcome somebody looks at.
    looked: Vec<Vec<bool>>,
    /// Rules that are looked at more than was known when their reads were followed.
    waiting: Vec<usize>,
}

impl View<'_, '_> {
    fn look(&mut self, rule: usize, tick: usize) {
        if let Some(slot) = self.looked[rule].get_mut(tick)
            && !std::mem::replace(slot, true)
            && !self.waiting.contains(&rule)
        {
            self.waiting.push(rule);
        }
    }

    /// Looks at what a selector reads at a time. `reader`: the rule and tick that read, which see nothing later.
    fn reach(&mut self, read: &Read, time: Timestamp, reader: Option<(usize, usize)>) {
        let engine = self.engine;
        let end = read.end(time);
        for (writer, it) in engine.rules.iter().enumerate() {
            if !it.rule.may_feed(&read.selector) {
                continue;
            }
            let start_of_rule = engine.ticks.start - it.group.query_offset;
            let tick_before = |time: Timestamp| (time - start_of_rule).div_euclid(engine.ticks.step.max(1));
            let mut last = tick_before(end).min(i64::try_from(self.ticks).unwrap_or(i64::MAX) - 1);
            if let Some((rule, tick)) = reader {
                let tick = i64::try_from(tick).unwrap_or(i64::MAX);
                // Who comes later in the order has not written yet.
                last = last.min(if writer >= rule { tick - 1 } else { tick });
            }
            let first = if read.range > 0 {
                tick_before(end - read.range) + 1
            } else {
                let reached = end - engine.eval.lookback.millis();
                last.max(tick_before(reached) + 1)
            };
            for tick in first.max(0)..=last {
                self.look(writer, usize::try_from(tick).unwrap_or(usize::MAX));
            }
        }
    }

    /// Follows what looked-at rules read, until there is nothing new.
    fn spread(&mut self) {
        while let Some(rule) = self.waiting.pop() {
            let it = self.engine.rules[rule];
            let rests_on = self.rests_on(rule);
            for read in &it.rule.map().reads {
                for (tick, _) in rests_on.iter().enumerate().filter(|(_, looked)| **looked) {
                    let time = self.engine.ticks.time(tick) - it.group.query_offset;
                    self.reach(read, time, Some((rule, tick)));
                }
            }
            if it.rule.templates_query() {
                self.follow_queries(rule);
            }
        }
    }

    /// Looks at what the labels and annotations of looked-at alerts ask for.
    fn follow_queries(&mut self, rule: usize) {
        let (engine, alerts) = (self.engine, self.alerts);
        let Some(run) = alerts.get(rule).and_then(Option::as_ref) else {
            return;
        };
        let it = engine.rules[rule].rule;
        for tick in 0..self.ticks {
            if !self.looked[rule][tick] {
                continue;
            }
            let compared = self
                .told
                .iter()
                .any(|&(name, at)| at == tick && *name == *it.name);
            for instance in &run.instances {
                let state = instance.states.get(tick).copied().unwrap_or_default();
                let shown = if compared {
                    state.is_firing()
                } else {
                    state.is_active()
                };
                if shown {
                    for (time, read) in templates::asked(engine, it, (run, instance), tick, compared) {
                        self.reach(&read, time, Some((rule, tick)));
                    }
                }
            }
        }
    }

    /// The ticks on which what is looked at of a rule rests: of an alert those within `for` and `keep_firing_for`, too.
    fn rests_on(&self, rule: usize) -> Vec<bool> {
        let it = self.engine.rules[rule].rule;
        let mut mask = self.looked[rule].clone();
        let back = it.hold.max(0).saturating_add(it.keep_firing_for.max(0));
        let back = usize::try_from(back / self.engine.ticks.step.max(1)).unwrap_or(usize::MAX);
        if it.kind == RuleKind::Alert && back > 0 {
            let mut until = None;
            for tick in (0..mask.len()).rev() {
                if self.looked[rule][tick] {
                    until = Some(tick.saturating_sub(back));
                }
                mask[tick] |= until.is_some_and(|until| tick >= until);
            }
        }
        mask
    }

    fn see(&self, index: usize, run: Option<&AlertRun>, told: &[usize]) -> Seen {
        let engine = self.engine;
        let it = engine.rules[index];
        let rule = it.rule;
        let map = rule.map();
        let mut seen = Seen {
            rule: Location::new(rule.file, rule.span),
            looked_at: false,
            resolved: false,
            without_data: false,
            hits: vec![false; map.points.len()],
        };
        let looked = &self.looked[index];
        let grid = engine.ticks.moved(-it.group.query_offset);
        let Some(outcome) = Looked::new(grid, looked) else {
            return seen;
        };
        seen.looked_at = true;
        let ahead = rule.plan.as_ref().is_ok_and(firedrill_eval::Plan::looks_ahead);
        if let (Some(point), Ok(plan)) = (map.state(PointKind::Recorded), &rule.plan)
            && rule.kind == RuleKind::Record
        {
            seen.hits[point] = outcome.any(plan, engine, ahead);
        }
        if let Some(rested) = Looked::new(grid, &self.rests_on(index)) {
            for probe in &map.probes {
                probe.run(&rested, engine, ahead, &mut seen.hits);
            }
        }
        for (tick, _) in looked.iter().enumerate().filter(|(_, looked)| **looked) {
            let mut active = false;
            for instance in run.iter().flat_map(|run| &run.instances) {
                let state = instance.states.get(tick).copied().unwrap_or_default();
                active |= state.is_active();
                let point = match state {
                    AlertState::Inactive => None,
                    AlertState::Pending => map.state(PointKind::Pending),
                    AlertState::Firing => map.state(PointKind::Fired),
                    AlertState::Kept => map.state(PointKind::Kept),
                };
                if let Some(point) = point {
                    seen.hits[point] = true;
                }
                let before = instance.states.get(..tick).unwrap_or_default();
                seen.resolved |= !state.is_active() && before.iter().any(|state| state.is_firing());
                let compared = told.contains(&tick);
                // A comparison of alerts looks at those that fire; who reads `ALERTS` sees the pending ones, too.
                let shown = if compared {
                    state.is_firing()
                } else {
                    state.is_active()
                };
                if let (true, Some(run)) = (shown && !map.branches.is_empty(), run) {
                    templates::see(engine, rule, map, (run, instance), tick, compared, &mut seen.hits);
                }
            }
            let silent = map.state(PointKind::Silent).filter(|_| !active);
            let known = seen.without_data && silent.is_none_or(|point| seen.hits[point]);
            if !known {
                let time = grid.time(tick);
                let has_data = map.reads.iter().any(|read| read.finds(engine, time));
                seen.without_data |= !has_data;
                if let Some(point) = silent {
                    seen.hits[point] |= has_data;
                }
            }
        }
        seen
    }
}
