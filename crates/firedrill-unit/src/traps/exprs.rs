//! Expectations of expressions that hold for the wrong reason.

use super::{Traps, finds_series, in_reach};
use crate::record::columns;
use crate::ticks::Engine;
use firedrill_eval::{Grid, Plan, PlanOptions, SelectorInfo, Storage};
use firedrill_model::{ExprTest, TestGroup, codes};
use firedrill_promql::Expr;
use firedrill_promql::ast::{Aggregate, AggregateOp, ExprKind};
use firedrill_source::{Severity, Span, nearest};
use firedrill_value::{Duration, Labels, METRIC_NAME, Timestamp};

impl Traps<'_> {
    /// Looks at a test of an expression that passed.
    pub(crate) fn expr(&mut self, group: &TestGroup, test: &ExprTest, engine: &Engine<'_>) {
        let at = engine.ticks.start + test.eval_time.value.millis();
        let span = test.expr.source.used_at;
        self.invisible_tail(group, test, engine, at);
        if !test.expected.is_empty() {
            self.ties(&test.expr.expr, engine, at, span, "the expected samples");
            return;
        }
        let plan = Plan::compile(&test.expr.expr, &PlanOptions::default());
        let selectors = plan.selectors();
        if selectors.is_empty() {
            return;
        }
        if !finds_series(selectors, engine) {
            let name = selectors.iter().find_map(|it| it.metric_name());
            let stored = engine.storage.series().iter();
            let stored = stored.map(|series| series.labels.metric_name());
            // First, so that the answer is the same whether or not the rules were run.
            let recorded = self.rules.iter().map(|it| &*it.rule.name);
            // Of a rule that yields nothing over this input the test may well be about just that.
            let written = |it: &SelectorInfo| self.rules.iter().any(|rule| rule.rule.may_feed(it));
            let severity = if selectors.iter().any(written) {
                Severity::Info
            } else {
                Severity::Warning
            };
            let near =
                name.and_then(|name| nearest(name, recorded.chain(stored).filter(|known| *known != &**name)));
            let help = match near {
                Some(near) => format!("did you mean {near}?"),
                None => "give the test series that it reads".to_owned(),
            };
            self.report(
                codes::VACUOUS_EXPRESSION,
                severity,
                span,
                "this expression reads nothing, so nothing comes of it",
                "no series that it selects is there at any time of the test",
                help,
            );
        } else if !in_reach(&test.expr.expr, selectors, engine, at) {
            self.report(
                codes::TEST_TIME_UNREACHABLE,
                self.gap_severity(group, selectors),
                test.eval_time.span,
                format!("the expression has nothing to read at {}", test.eval_time.value),
                "no series that it selects has a sample near this time, so nothing comes of it",
                "make the input series long enough, or test an earlier time",
            );
        }
    }

    /// Samples of the input behind the last evaluation are never loaded.
    fn invisible_tail(&mut self, group: &TestGroup, test: &ExprTest, engine: &Engine<'_>, at: Timestamp) {
        let (last, interval) = (engine.ticks.end(), group.interval.millis().max(1));
        let newest = (at - group.start).div_euclid(interval) * interval + group.start;
        if at <= last || newest <= last {
            return;
        }
        let (missing, end) = (
            Duration::from_millis(newest - group.start),
            Duration::from_millis(last - group.start),
        );
        self.report(
            codes::TEST_TIME_UNREACHABLE,
            Severity::Warning,
            test.eval_time.span,
            format!("the samples at {missing} are not loaded"),
            format!("samples are loaded when rules run, which they do at {end} for the last time"),
            "use a multiple of `evaluation_interval`",
        );
    }

    /// Looks for `topk` and the like that had to choose between equal values.
    pub(crate) fn ties(&mut self, expr: &Expr, engine: &Engine<'_>, at: Timestamp, span: Span, what: &str) {
        let mut found: Vec<&Aggregate> = Vec::new();
        choices(expr, &mut found);
        for aggregate in found {
            if tied(aggregate, engine, at) == Some(true) && order_shows(expr, engine, at) {
                let name = aggregate.op.name();
                self.report(
                    codes::UNDEFINED_TIE,
                    Severity::Warning,
                    span,
                    format!("{name} has to choose between series with the same value"),
                    format!("which of them it takes is not defined, and with it {what}"),
                    "give the series values that differ",
                );
            }
        }
    }
}

/// The `topk` and `bottomk` whose choice shows: not those inside an aggregation, which keeps the values alone.
fn choices<'e>(expr: &'e Expr, found: &mut Vec<&'e Aggregate>) {
    if let ExprKind::Aggregate(it) = &expr.kind {
        if matches!(it.op, AggregateOp::Topk | AggregateOp::Bottomk) {
            found.push(it);
        } else {
            return;
        }
    }
    for child in expr.children() {
        choices(child, found);
    }
}

/// Whether the result is another one if the series stand in storage the other way round.
fn order_shows(expr: &Expr, engine: &Engine<'_>, at: Timestamp) -> bool {
    let Some(reversed) = reversed(&engine.storage) else {
        return false;
    };
    let plan = Plan::compile(expr, &PlanOptions::default());
    let result = |storage: &Storage| {
        let output = plan
            .eval_within(storage, Grid::instant(at), &engine.eval, engine.guard)
            .ok()?;
        let columns = columns(output.value).ok()?;
        let present = columns.into_iter().filter(|column| column.has(0));
        let mut labels: Vec<Labels> = present.map(|column| column.labels).collect();
        labels.sort();
        Some(labels)
    };
    result(&engine.storage) != result(&reversed)
}

/// The same series in reverse order.
pub(super) fn reversed(storage: &Storage) -> Option<Storage> {
    let mut reversed = Storage::new();
    for series in storage.series().iter().rev() {
        reversed
            .append_series(&series.labels, series.samples.clone())
            .ok()?;
    }
    Some(reversed)
}

/// Whether a `topk` chooses between equal values at a time; `None` if it cannot be evaluated by itself.
fn tied(aggregate: &Aggregate, engine: &Engine<'_>, at: Timestamp) -> Option<bool> {
    let evaluate = |expr: &Expr| {
        let plan = Plan::compile(expr, &PlanOptions::default());
        let grid = Grid::instant(at);
        let output = plan
            .eval_within(&engine.storage, grid, &engine.eval, engine.guard)
            .ok()?;
        columns(output.value).ok()
    };
    let wanted = evaluate(aggregate.param.as_ref()?)?
        .first()?
        .values
        .first()
        .copied()?;
    if !(1.0..1e9).contains(&wanted) {
        return None;
    }
    let k = wanted as usize;
    let mut groups: Vec<(Labels, Vec<f64>)> = Vec::new();
    for column in evaluate(&aggregate.expr)? {
        if !column.has(0) || column.histogram(0).is_some() {
            continue;
        }
        let mut builder = column.labels.to_builder();
        for label in column.labels.iter() {
            let listed = |grouping: &firedrill_promql::ast::Grouping| {
                grouping.labels.iter().any(|name| *name.text == *label.name)
            };
            let keep = match &aggregate.grouping {
                Some(grouping) if grouping.without => !listed(grouping) && *label.name != *METRIC_NAME,
                Some(grouping) => listed(grouping),
                None => false,
            };
            if !keep {
                builder.remove(&label.name);
            }
        }
        let key = builder.build();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(column.values[0]),
            None => groups.push((key, vec![column.values[0]])),
        }
    }
    let any = groups.into_iter().any(|(_, mut values)| {
        values.retain(|value| !value.is_nan());
        values.sort_by(f64::total_cmp);
        if aggregate.op == AggregateOp::Topk {
            values.reverse();
        }
        matches!((values.get(k - 1), values.get(k)), (Some(last), Some(next)) if last == next)
    });
    Some(any)
}
