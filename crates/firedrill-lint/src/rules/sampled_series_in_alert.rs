//! FD412: an alert on a choice of series that changes from one evaluation to the next.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::{Nodes, Role};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{AggregateOp, BinaryOp, ExprKind};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD412"),
    name: "sampled-series-in-alert",
    summary: "`topk` and the like in an alert: which series fire changes all the time",
    category: Category::Lifecycle,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("sampled_series_in_alert.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Selects]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let nodes = cx.nodes;
    for (index, _, aggregate) in nodes.aggregates() {
        if !aggregate.op.selects() || !reaches_the_alert(nodes, index) {
            continue;
        }
        let op = aggregate.op.name();
        let chosen = match aggregate.op {
            AggregateOp::Topk | AggregateOp::Bottomk => "by their values at the moment",
            _ => "by a hash of their labels",
        };
        let finding = cx
            .finding(
                LINT.code,
                Severity::Warning,
                aggregate.op_span,
                format!("{op}() chooses other series at every evaluation: alerts end and begin anew"),
            )
            .label("the choice changes")
            .evidence(format!("{op}() picks series {chosen}, and each series is an alert of its own"))
            .note("`for` starts again with every change, and those left out are reported as resolved")
            .help("alert on all of them, or on an aggregate such as max(); choose a few for display in the text");
        cx.report(finding);
    }
}

/// Whether the chosen series come to the result with their labels.
fn reaches_the_alert(nodes: &Nodes<'_>, index: usize) -> bool {
    nodes
        .ancestors(index)
        .all(|(parent, role, _)| match &parent.kind {
            ExprKind::Aggregate(aggregate) => aggregate.op.selects() && role == Role::Inner,
            ExprKind::Call(call) => !matches!(
                call.function.map(|function| function.id),
                Some(Func::Absent | Func::AbsentOverTime | Func::Scalar) | None
            ),
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::And | BinaryOp::Unless => role == Role::Left,
                BinaryOp::Or => true,
                // The "one" side of a join only lends its labels.
                _ => binary.matching.is_none() || (binary.group.is_none() && role == Role::Left),
            },
            _ => true,
        })
}
