//! Why a subquery gives nothing: its expression at each of its steps.

use super::missing::{Search, backticked};
use super::{clock, number};
use crate::record::columns;
use firedrill_eval::{Column, Grid, Plan, PlanOptions};
use firedrill_promql::Expr;
use firedrill_promql::ast::{Binary, ExprKind, Subquery};
use firedrill_value::Timestamp;

/// Subqueries of more steps are not evaluated for a sentence.
const MOST_STEPS: usize = 20_000;

impl Search<'_> {
    /// What holds at every step: nothing to read, a comparison that is false, or nothing for another reason, which is
    /// told of the last step.
    pub(super) fn at_no_step(&self, subquery: &Subquery) -> Vec<String> {
        let Some(steps) = self.steps(subquery) else {
            return Vec::new();
        };
        let inner = subquery.expr.unparenthesised();
        let when = match steps.count {
            1 => format!(
                "at the only step of the subquery, {}",
                clock(self.engine, steps.start)
            ),
            many => format!(
                "at all {many} steps of the subquery, to {}",
                clock(self.engine, steps.end())
            ),
        };
        if let ExprKind::Binary(binary) = &inner.kind
            && let Some(reason) = self.false_at_all(inner, binary, steps, &when)
        {
            return vec![reason];
        }
        let mut reasons = vec![format!(
            "{} gives nothing {when}",
            backticked(inner.span.slice(self.text))
        )];
        let last = Search {
            at: steps.end(),
            ..self.clone()
        };
        reasons.extend(last.why(inner).into_iter().take(1));
        reasons
    }

    /// The steps of a subquery at the time of the search: multiples of its step within the window, which is open on the
    /// left. `None` where that depends on more than literals, or there are none or too many.
    fn steps(&self, subquery: &Subquery) -> Option<Grid> {
        if subquery.modifiers.at.is_some() {
            return None;
        }
        let offset = match &subquery.modifiers.offset {
            Some(offset) => offset.duration.literal()?.millis(),
            None => 0,
        };
        let step = match &subquery.step {
            Some(step) => step.literal()?.millis(),
            None => self.engine.eval.default_subquery_step.millis(),
        };
        let end = self.at.checked_sub(offset)?;
        let start = end.checked_sub(subquery.range.literal()?.millis())?;
        if step <= 0 {
            return None;
        }
        let first = (start.div_euclid(step) + 1) * step;
        let count = usize::try_from((end - first).div_euclid(step) + 1).ok()?;
        (1..=MOST_STEPS).contains(&count).then_some(Grid {
            start: first,
            step,
            count,
        })
    }

    /// A comparison with a number that is false at every step, with the nearest value.
    fn false_at_all(&self, inner: &Expr, binary: &Binary, steps: Grid, when: &str) -> Option<String> {
        if !binary.op.is_comparison() || binary.bool_modifier.is_some() {
            return None;
        }
        let literal = |expr: &Expr| match &expr.unparenthesised().kind {
            ExprKind::Number(number) => Some(number.value),
            _ => None,
        };
        let (side, bound) = match (literal(&binary.lhs), literal(&binary.rhs)) {
            (None, Some(bound)) => (&binary.lhs, bound),
            (Some(bound), None) => (&binary.rhs, bound),
            _ => return None,
        };
        let (value, at) = self.nearest_value(side, bound, steps)?;
        let compared = backticked(inner.span.slice(self.text));
        Some(format!(
            "{compared} is false {when}: the nearest value of {} is {}, at {}",
            backticked(side.span.slice(self.text)),
            number(value),
            clock(self.engine, at)
        ))
    }

    /// The value nearest to a bound among those that fit, and its time.
    fn nearest_value(&self, expr: &Expr, bound: f64, steps: Grid) -> Option<(f64, Timestamp)> {
        let plan = Plan::compile(expr, &PlanOptions::default());
        let (storage, guard) = (&self.engine.storage, self.engine.guard);
        let output = plan.eval_within(storage, steps, &self.options(), guard).ok()?;
        let found = columns(output.value).ok()?;
        let fitting = found.iter().filter(|column| self.fits(&column.labels));
        let values = |column: &Column| -> Vec<(f64, Timestamp)> {
            let numbers =
                (0..steps.count).filter(|&step| column.has(step) && column.histogram(step).is_none());
            numbers
                .map(|step| (column.values[step], steps.time(step)))
                .collect()
        };
        let all = fitting.flat_map(values).filter(|(value, _)| !value.is_nan());
        all.min_by(|a, b| (a.0 - bound).abs().total_cmp(&(b.0 - bound).abs()))
    }
}
