//! Whether findings may rest on ticks that nobody looks at.

use super::{Traps, finds_series, in_reach};
use crate::run::name_of;
use crate::ticks::{AlertRun, Engine};
use firedrill_eval::{Plan, PlanOptions, SelectorInfo};
use firedrill_model::{ExpectedState, TestGroup};

impl Traps<'_> {
    /// Whether something that is said of the assertions of a test might be said otherwise if all rules had been evaluated
    /// at all ticks. Only where nothing is expected and nothing found is it of interest what was at other times.
    pub(crate) fn history_counts(
        &self,
        test: &TestGroup,
        engine: &Engine<'_>,
        alerts: &[Option<AlertRun>],
    ) -> bool {
        let fed = |it: &SelectorInfo| self.rules.iter().any(|rule| rule.rule.may_feed(it));
        let alert_counts = test.alert_tests.iter().any(|it| {
            if it.state == ExpectedState::Pending || !it.expected.is_empty() {
                return false;
            }
            let seen = || {
                self.rules_of(name_of(it))
                    .filter(|(index, _)| alerts.get(*index).is_some_and(Option::is_some))
                    .map(|(_, scheduled)| scheduled)
            };
            let tick = usize::try_from(it.eval_time.value.millis() / engine.ticks.step.max(1)).unwrap_or(0);
            let tick = tick.min(engine.ticks.count.saturating_sub(1));
            let near = seen().any(|scheduled| {
                let rule = scheduled.rule;
                let now = engine.ticks.time(tick) - scheduled.group.query_offset;
                in_reach(&rule.expr.expr, rule.selectors(), engine, now)
            });
            // What reads nothing at any time has never been active.
            let never = seen().all(|scheduled| {
                let rule = scheduled.rule;
                let plan = rule.plan.as_ref();
                plan.is_ok_and(|plan| plan.reads_nothing(&engine.storage))
                    && !rule.selectors().iter().any(fed)
            });
            !near && !never && seen().any(|scheduled| !scheduled.rule.selectors().is_empty())
        });
        alert_counts
            || test.expr_tests.iter().any(|it| {
                let plan = Plan::compile(&it.expr.expr, &PlanOptions::default());
                let selectors = plan.selectors();
                let at = engine.ticks.start + it.eval_time.value.millis();
                it.expected.is_empty()
                    && selectors.iter().any(fed)
                    && !(finds_series(selectors, engine) && in_reach(&it.expr.expr, selectors, engine, at))
            })
    }
}
