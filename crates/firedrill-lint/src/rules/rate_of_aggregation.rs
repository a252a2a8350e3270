//! FD104: `rate()` of a sum of counters.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::{Func, Wants};
use firedrill_promql::ast::{Aggregate, AggregateOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD104"),
    name: "rate-of-aggregation",
    summary: "`rate()` of an aggregation: one restart makes the sum fall",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("rate_of_aggregation.md"),
    needs: Needs::all(&[Mark::Subquery, Mark::Growth]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for (_, node) in cx.nodes.iter() {
        let ExprKind::Call(call) = &node.expr.kind else {
            continue;
        };
        let counter_function = matches!(
            call.function.map(|f| f.id),
            Some(Func::Rate | Func::Increase | Func::Irate)
        );
        let Some(ExprKind::Subquery(subquery)) = call.args.first().map(|arg| &arg.unparenthesised().kind)
        else {
            continue;
        };
        if !counter_function {
            continue;
        }
        let Some(aggregate) =
            aggregation(&subquery.expr).filter(|aggregate| reads_raw_samples(&aggregate.expr))
        else {
            continue;
        };
        let (op, function) = (aggregate.op.name(), &call.name.text);
        let severity = match aggregate.op {
            AggregateOp::Sum | AggregateOp::Avg => Severity::Error,
            // Often there to merge the same counter from two scrapes.
            AggregateOp::Max | AggregateOp::Min => Severity::Warning,
            _ => continue,
        };
        let finding = cx
            .finding(
                LINT.code,
                severity,
                subquery.expr.span,
                format!("{function}() of {op}() takes one restart for the end of all"),
            )
            .label(format!("falls when any of the counters under the {op} restarts"))
            .evidence(format!(
                "{function}() adds the whole value after a fall, here the {op} over all series"
            ))
            .note("after a restart of one process the totals of all the others are counted once more")
            .help(format!(
                "take the {function}() of each series first: `{op}({function}({}[…]))`",
                cx.text(aggregate.expr.span)
            ));
        cx.report(finding);
    }
}

/// The aggregation whose result the expression passes on.
fn aggregation(expr: &Expr) -> Option<&Aggregate> {
    match &expr.unparenthesised().kind {
        ExprKind::Aggregate(aggregate) => Some(aggregate),
        ExprKind::Binary(binary) if !binary.op.is_set() && !binary.op.is_comparison() => {
            aggregation(&binary.lhs).or_else(|| aggregation(&binary.rhs))
        }
        _ => None,
    }
}

/// Whether totals are aggregated: series as they are scraped, not what `rate()` and the like make of them.
fn reads_raw_samples(expr: &Expr) -> bool {
    let (mut selectors, mut functions) = (false, false);
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Selector(_) => selectors = true,
        ExprKind::Call(call) => {
            functions |= call
                .function
                .is_some_and(|function| function.wants != Wants::Anything);
        }
        ExprKind::Binary(binary) => functions |= binary.op.is_comparison(),
        _ => {}
    });
    selectors && !functions
}
