//! What a test need not evaluate: rules that nothing it looks at rests on, and ticks at which their results make no
//! difference.
//!
//! A rule that fails ends a test in promtool, whether somebody looks at the rule or not. So only rules are left out, or
//! evaluated at fewer ticks, of which it is certain that their evaluation gives no error ([`certain`]). All others are
//! evaluated at all ticks, and with them all that they read.

mod certain;
mod order;
mod reach;

use crate::compile::CompiledRule;
use crate::feeds::Writers;
use crate::run::{RunOptions, name_of};
use crate::schedule::Schedule;
use crate::tick_set::TickSet;
use crate::ticks::Engine;
use firedrill_eval::{Plan, PlanOptions, SelectorInfo};
use firedrill_model::{RuleKind, TestGroup};
use firedrill_promql::Expr;
use firedrill_value::Timestamp;
use order::order;
use reach::reaches;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// A test with fewer ticks is over before it is known which of them count.
const FEW_TICKS: usize = 16;

/// A test whose input has fewer samples is over before it is known which rules count (benchmark `test-10`).
const FEW_SAMPLES: usize = if cfg!(test) { 1 } else { 400 };

/// How much is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinning {
    /// Rules, and ticks of the others.
    Ticks,
    /// Rules only.
    Rules,
    /// Nothing.
    Nothing,
}

/// What is left out.
#[derive(Debug, Default)]
pub(crate) struct Thinned {
    /// For every rule whether it is; empty for none.
    pub(crate) rules: Vec<bool>,
    /// For every rule the ticks at which it is evaluated, `None` for all; empty for all ticks of all rules.
    pub(crate) only: Vec<Option<TickSet>>,
}

/// What may be left out of this test, before anything has run.
pub(crate) fn thinned(
    engine: &Engine<'_>,
    test: &TestGroup,
    options: &RunOptions,
    schedule: &Schedule,
    thinning: Thinning,
) -> Thinned {
    let rules = engine.rules;
    let all_wanted = thinning == Thinning::Nothing
        || engine.ticks.count.saturating_mul(engine.storage.series().len()) < FEW_SAMPLES
        || options.coverage
        || options.dump
        || options.tell_passed
        || rules.iter().any(|it| it.rule.asks.is_none())
        || test.input_series.iter().any(|it| it.values.text.contains("{{"));
    if all_wanted {
        return Thinned::default();
    }
    let writers = Writers::of(rules);
    let certain = certain::certain(engine, test, schedule, &writers);
    let plans: Vec<(Plan, Timestamp, &Expr)> = test
        .expr_tests
        .iter()
        .map(|it| {
            let expr = &it.expr.expr;
            let at = test.start.saturating_add(it.eval_time.value.millis());
            (Plan::compile(expr, &PlanOptions::default()), at, expr)
        })
        .collect();
    let alerts: FxHashSet<&str> = test.alert_tests.iter().map(name_of).collect();
    let mut needed: Vec<bool> = rules
        .iter()
        .zip(&certain)
        .map(|(it, certain)| !certain || (it.rule.kind == RuleKind::Alert && alerts.contains(&*it.rule.name)))
        .collect();
    for writer in plans
        .iter()
        .flat_map(|(plan, ..)| plan.selectors())
        .flat_map(|it| writers.of_selector(it))
    {
        needed[writer] = true;
    }
    let mut waiting: Vec<usize> = (0..rules.len()).filter(|&index| needed[index]).collect();
    while let Some(reader) = waiting.pop() {
        for writer in reads(rules[reader].rule).flat_map(|it| writers.of_selector(it)) {
            if !needed[writer] {
                needed[writer] = true;
                waiting.push(writer);
            }
        }
    }
    let few = engine.ticks.count <= FEW_TICKS || options.group_intervals;
    let worthwhile = (0..rules.len()).any(|rule| needed[rule] && certain[rule]);
    let only = if thinning == Thinning::Ticks && !few && worthwhile {
        let mut needs = Needs {
            engine,
            writers: &writers,
            certain: &certain,
            sets: vec![TickSet::default(); rules.len()],
            ordered: vec![false; rules.len()],
        };
        needs.of_tests(&engine.tested, &plans);
        needs.of_rules(&needed)
    } else {
        Vec::new()
    };
    Thinned {
        rules: needed.into_iter().map(|needed| !needed).collect(),
        only,
    }
}

/// What a rule reads, its templates included.
fn reads(rule: &CompiledRule) -> impl Iterator<Item = &SelectorInfo> {
    let asked = rule.asks.iter().flat_map(|asks| &asks.selectors);
    rule.selectors().iter().chain(asked)
}

/// Who looks at which ticks of which rules.
struct Needs<'e> {
    engine: &'e Engine<'e>,
    writers: &'e Writers<'e>,
    certain: &'e [bool],
    /// The ticks at which a rule is to be evaluated.
    sets: Vec<TickSet>,
    /// Whether the order counts in which its series come.
    ordered: Vec<bool>,
}

impl Needs<'_> {
    /// What the assertions look at.
    fn of_tests(&mut self, tested: &[(String, usize)], plans: &[(Plan, Timestamp, &Expr)]) {
        let rules = self.engine.rules;
        for (index, it) in rules.iter().enumerate() {
            if it.rule.kind != RuleKind::Alert {
                continue;
            }
            for (_, tick) in tested.iter().filter(|(name, _)| **name == *it.rule.name) {
                // Where no rule runs any more, the state of the last evaluation stands.
                let tick = (*tick).min(self.engine.ticks.count.saturating_sub(1));
                self.add_states(index, tick..tick + 1);
            }
        }
        for (plan, at, expr) in plans {
            self.add_read(plan.selectors(), expr, *at, *at, order(expr).counts);
        }
    }

    /// What the rules look at that are needed, readers before writers.
    fn of_rules(mut self, needed: &[bool]) -> Vec<Option<TickSet>> {
        let rules = self.engine.rules;
        let ticks = self.engine.ticks;
        // All writers of a rule without errors come before it, or they would run tick by tick.
        for index in (0..rules.len()).rev().filter(|&index| needed[index]) {
            let rule = rules[index].rule;
            let order = order(&rule.expr.expr);
            let (certain, ordered) = (self.certain[index], self.ordered[index]);
            if !certain || order.hidden || (ordered && !order.kept) {
                self.add_all(index);
            } else if ordered {
                self.sets[index].close();
            }
            for range in self.sets[index].ranges().to_vec() {
                let (first, last) = (ticks.time(range.start), ticks.time(range.end - 1));
                self.add_read(
                    rule.selectors(),
                    &rule.expr.expr,
                    first,
                    last,
                    order.counts || ordered,
                );
            }
        }
        let thin =
            |(index, set): (usize, TickSet)| (needed[index] && !set.covers(ticks.count)).then_some(set);
        self.sets.into_iter().enumerate().map(thin).collect()
    }

    /// Adds what an expression reads that is evaluated from `first` to `last`.
    fn add_read(
        &mut self,
        selectors: &[SelectorInfo],
        expr: &Expr,
        first: Timestamp,
        last: Timestamp,
        order_counts: bool,
    ) {
        let writers = self.writers;
        if !selectors
            .iter()
            .any(|it| writers.of_selector(it).next().is_some())
        {
            return;
        }
        let reaches = reaches(expr, self.engine.eval.lookback.millis());
        for selector in selectors {
            let reach = reaches.as_ref().and_then(|reaches| {
                let own = reaches.iter().find(|(span, _)| *span == selector.span);
                own.map(|(_, reach)| *reach)
            });
            for writer in writers.of_selector(selector) {
                self.ordered[writer] |= order_counts;
                let Some(reach) = reach else {
                    self.add_all(writer);
                    continue;
                };
                let seen =
                    self.ticks_within(first.saturating_sub(reach.far), last.saturating_sub(reach.near));
                if self.engine.rules[writer].rule.kind != RuleKind::Alert {
                    self.sets[writer].add(seen);
                } else if selector.may_match_name("ALERTS_FOR_STATE") {
                    // Since when an alert has been active rests on all that was before.
                    self.sets[writer].add(0..seen.end);
                } else {
                    self.add_states(writer, seen);
                }
            }
        }
    }

    fn add_all(&mut self, rule: usize) {
        self.sets[rule] = TickSet::until(self.engine.ticks.count);
    }

    /// Adds the evaluations on which the states of an alerting rule at some ticks rest.
    fn add_states(&mut self, index: usize, seen: Range<usize>) {
        let rule = self.engine.rules[index].rule;
        if seen.is_empty() {
            return;
        }
        let from = if rule.keep_firing_for > 0 {
            0
        } else if rule.hold <= 0 {
            seen.start
        } else if self.engine.alerts_are_read {
            // What is not looked at is written all the same, and has to be right.
            0
        } else {
            // An alert that is active since then fires, whatever was before.
            let step = self.engine.ticks.step.max(1);
            let hold = rule.hold.saturating_add(step - 1) / step;
            seen.start
                .saturating_sub(usize::try_from(hold).unwrap_or(usize::MAX))
        };
        self.sets[index].add(from..seen.end);
    }

    /// The ticks from one time to another, both included.
    fn ticks_within(&self, first: Timestamp, last: Timestamp) -> Range<usize> {
        let ticks = self.engine.ticks;
        let step = ticks.step.max(1);
        let from = first.saturating_sub(ticks.start).max(0).saturating_add(step - 1) / step;
        let behind = last
            .saturating_sub(ticks.start)
            .div_euclid(step)
            .saturating_add(1)
            .max(0);
        let clamped = |tick: i64| usize::try_from(tick).unwrap_or(usize::MAX).min(ticks.count);
        clamped(from)..clamped(behind)
    }
}

#[cfg(test)]
mod tests;
