//! FD210: waiting for a count to become 0, which it never does.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::thresholds::Threshold;
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, ExprKind};
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD210"),
    name: "count-equals-zero",
    summary: "a count compared with 0, though counting nothing gives nothing",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("count_equals_zero.md"),
    needs: Needs::all(&[Mark::Threshold]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    for limit in cx.nodes.thresholds() {
        let (expr, threshold) = (limit.expr, limit.threshold);
        if !counts_to_zero(&threshold) {
            continue;
        }
        let counter = threshold.value.unparenthesised();
        let (function, counted, grouped) = match &counter.kind {
            ExprKind::Aggregate(aggregate) => (
                aggregate.op.name(),
                Some(&aggregate.expr),
                aggregate.grouping.is_some(),
            ),
            _ => ("count_over_time", None, true),
        };
        let comparison = cx.text(expr.span);
        let mut finding = cx
            .finding(
                LINT.code,
                Severity::Error,
                expr.span,
                format!("{function}() of nothing is nothing, not 0: this never holds"),
            )
            .label("never true")
            .evidence(format!(
                "{function}() gives at least 1, or no result at all: `{comparison}` has nothing to compare"
            ))
            .note("the alert stays silent in just the case that it waits for");
        let count = cx.text(counter.span);
        finding = match counted {
            Some(counted) if !grouped => {
                let text = cx.text(counted.span);
                finding.fix = cx.replace(
                    "count nothing as 0",
                    threshold.value.span,
                    &format!("({count} or vector(0))"),
                    Safety::Unsafe,
                );
                finding.help(format!(
                    "write `({count} or vector(0)) == 0`, or `absent({text})`"
                ))
            }
            _ => {
                finding.help("compare with a list of what has to be there: `expected unless on (…) counted`")
            }
        };
        cx.report(finding);
    }
}

/// Whether a bare count is compared so that only 0 would do.
pub(crate) fn counts_to_zero(threshold: &Threshold<'_>) -> bool {
    let counts = match &threshold.value.unparenthesised().kind {
        ExprKind::Aggregate(aggregate) => matches!(aggregate.op, AggregateOp::Count | AggregateOp::Group),
        ExprKind::Call(call) => call
            .function
            .is_some_and(|function| function.id == Func::CountOverTime),
        _ => false,
    };
    let zero = match threshold.op {
        BinaryOp::Equal => threshold.number == 0.0,
        BinaryOp::Less => threshold.number > 0.0 && threshold.number <= 1.0,
        BinaryOp::LessEqual => threshold.number >= 0.0 && threshold.number < 1.0,
        _ => false,
    };
    counts && zero
}
