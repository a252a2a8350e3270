//! FD320: an alert on several metrics at once, whose series become equal without their names.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::Nodes;
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind, MatchOp};
use firedrill_source::{Code, Severity};
use firedrill_value::METRIC_NAME;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD320"),
    name: "name-regex-collision",
    summary: "an alert on several metrics at once, whose series are equal without their names",
    category: Category::Labels,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("name_regex_collision.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Pattern]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let nodes = cx.nodes;
    for (index, _, selector) in nodes.selectors() {
        let name = selector.matchers.iter().find(|it| &*it.label.text == METRIC_NAME);
        let Some(name) = name.filter(|it| it.op == MatchOp::Regex && selector.name.is_none()) else {
            continue;
        };
        if !reaches_the_alert(nodes, index) {
            continue;
        }
        let listed = name.regex.as_ref().and_then(|regex| regex.literals());
        let (severity, evidence) = match listed {
            Some([_]) => continue,
            Some(names) => (
                Severity::Warning,
                format!("the pattern names {} metrics", names.len()),
            ),
            None => (Severity::Info, "the pattern may fit several metrics".to_owned()),
        };
        let finding = cx
            .finding(
                LINT.code,
                severity,
                name.span,
                "alerts have no metric name: series of two metrics with the same labels make the rule fail",
            )
            .label("more than one metric")
            .evidence(evidence)
            .note("when both metrics have a sample of the same target, Prometheus gives up the whole rule: \"vector contains metrics with the same labelset after applying alert labels\"")
            .help("keep the name in another label: `label_replace(…, \"metric\", \"$1\", \"__name__\", \"(.+)\")`, or write a rule for each metric");
        cx.report(finding);
    }
}

/// Whether the series come to the result with all their labels but the name.
fn reaches_the_alert(nodes: &Nodes<'_>, index: usize) -> bool {
    nodes
        .ancestors(index)
        .all(|(parent, role, _)| match &parent.kind {
            ExprKind::Aggregate(aggregate) => aggregate.op.selects(),
            ExprKind::Call(call) => match call.function.map(|function| function.id) {
                Some(Func::LabelReplace | Func::LabelJoin) => !call.args.iter().any(names_the_metric),
                Some(Func::Absent | Func::AbsentOverTime | Func::Scalar | Func::Info) | None => false,
                Some(_) => true,
            },
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::And | BinaryOp::Unless => role == crate::nodes::Role::Left,
                BinaryOp::Or => true,
                _ => binary.matching.is_none(),
            },
            _ => true,
        })
}

fn names_the_metric(arg: &Expr) -> bool {
    matches!(&arg.unparenthesised().kind, ExprKind::String(text) if *text.bytes == *METRIC_NAME.as_bytes())
}
