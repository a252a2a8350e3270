//! FD216: `humanizePercentage` of what is a percentage already.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::texts::{actions, prints_value};
use firedrill_functions::ValueType;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity, Span};
use firedrill_types::{ShareProof, constant};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD216"),
    name: "humanize-percentage-mismatch",
    summary: "`humanizePercentage` of a value that is no ratio",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("humanize_percentage_mismatch.md"),
    needs: Needs::all(&[Mark::Expr, Mark::FilledAnnotation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some(root) = cx.nodes.root() else { return };
    let mut findings = Vec::new();
    let mut judged = None;
    for filled in cx.fields.templates() {
        let (annotation, functions) = (filled.field, &filled.uses.functions);
        if filled.is_label || !functions.iter().any(|(name, _)| name == "humanizePercentage") {
            continue;
        }
        let Some((severity, evidence)) = judged.get_or_insert_with(|| judge(cx, root)) else {
            break;
        };
        for (span, action) in actions(&annotation.value.text) {
            if !prints_value(action) || !action.contains("humanizePercentage") {
                continue;
            }
            findings.push(
                Diagnostic::at(cx, *severity, annotation, span)
                    .related(cx.at(root.span), "the value")
                    .evidence(evidence.clone())
                    .note("humanizePercentage multiplies by 100 itself")
                    .help("print the value as it is (`{{ $value | printf \"%.1f\" }}%`), or leave out the factor of 100"),
            );
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// Starts a finding at a part of an annotation.
struct Diagnostic;

impl Diagnostic {
    fn at(
        cx: &RuleCx<'_, '_>,
        severity: Severity,
        annotation: &firedrill_model::Templated,
        span: Span,
    ) -> firedrill_source::Diagnostic {
        firedrill_source::Diagnostic::new(
            LINT.code,
            severity,
            cx.within(&annotation.value, span),
            "humanizePercentage of a value that is no fraction of 1",
        )
        .label("shows 100 times too much")
    }
}

fn judge(cx: &RuleCx<'_, '_>, root: &Expr) -> Option<(Severity, String)> {
    if let Some(found) = cx.nodes.share(cx.context.facts) {
        let percent = found.whole == 100.0 || found.taken_from == Some(100.0);
        return match (percent, found.proof) {
            (false, _) => None,
            (true, ShareProof::Named) => Some((
                Severity::Warning,
                "the name of the metric says percent".to_owned(),
            )),
            (true, _) => Some((
                Severity::Error,
                format!("`{}` is multiplied by 100", cx.text(shown(root).span)),
            )),
        };
    }
    times_hundred(root)
        .then(|| {
            let evidence = format!("`{}` is multiplied by 100", cx.text(shown(root).span));
            (Severity::Warning, evidence)
        })
        .or_else(|| {
            counts(root).then(|| {
                let evidence = format!("`{}` is a number of series", cx.text(shown(root).span));
                (Severity::Error, evidence)
            })
        })
}

/// The part of an expression whose value is the value of the result: the left side of filters.
pub(super) fn shown(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => shown(inner),
        ExprKind::Binary(binary) if binary.bool_modifier.is_none() => {
            if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) {
                shown(&binary.lhs)
            } else if binary.op.is_comparison() {
                let scalar_first = binary.lhs.value_type() == ValueType::Scalar;
                shown(if scalar_first { &binary.rhs } else { &binary.lhs })
            } else {
                expr
            }
        }
        _ => expr,
    }
}

/// A product with 100, or something taken from 100, that is not known to be a share: still, who multiplies by 100
/// makes a percentage.
fn times_hundred(expr: &Expr) -> bool {
    let mut at = shown(expr);
    loop {
        at = match &at.kind {
            ExprKind::Paren(inner) => inner,
            ExprKind::Aggregate(aggregate) if aggregate.op != AggregateOp::Count => &aggregate.expr,
            ExprKind::Call(call) => match call.args.first() {
                Some(inner) if inner.value_type() == ValueType::Vector => inner,
                _ => return false,
            },
            ExprKind::Binary(binary) => {
                let (a, b) = (constant(&binary.lhs), constant(&binary.rhs));
                match binary.op {
                    BinaryOp::Mul if a == Some(100.0) || b == Some(100.0) => return true,
                    BinaryOp::Mul | BinaryOp::Div if b.is_some() => &binary.lhs,
                    BinaryOp::Mul if a.is_some() => &binary.rhs,
                    // `100 * a / b`
                    BinaryOp::Div => &binary.lhs,
                    BinaryOp::Sub if a == Some(100.0) => return true,
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
}

fn counts(expr: &Expr) -> bool {
    matches!(&shown(expr).kind, ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Count)
}
