//! FD205: the factor of 100 on the wrong side of a division.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::thresholds::threshold;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity, Span};
use firedrill_types::{ShareProof, constant, share};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD205"),
    name: "percent-in-denominator",
    summary: "a ratio divided by 100 where it was to be multiplied",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("percent_in_denominator.md"),
    needs: Needs::all(&[Mark::Division]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (index, expr, binary) in cx.nodes.binaries() {
        if binary.op != BinaryOp::Div || constant(&binary.rhs).is_some() {
            continue;
        }
        let Some(times) = hundred(&binary.rhs) else {
            continue;
        };
        let Some(found) = share(expr, cx.context.facts).filter(|it| it.whole == 0.01) else {
            continue;
        };
        // A factor further out may put it right again.
        let mut outer = expr;
        let mut compared = None;
        for (parent, _, _) in cx.nodes.ancestors(index) {
            match &parent.kind {
                ExprKind::Binary(around) if around.op.is_comparison() => {
                    compared = threshold(around);
                    break;
                }
                ExprKind::Binary(around) if around.op.is_set() => break,
                _ => outer = parent,
            }
        }
        let outside = share(outer, cx.context.facts);
        if outside.is_some_and(|it| it.whole >= 1.0) {
            continue;
        }
        let mixed = outside.and_then(|it| it.taken_from);
        let beyond = compared.filter(|threshold| threshold.number > 0.01);
        let severity = match (beyond, mixed) {
            (Some(_), _) | (_, Some(_)) => Severity::Error,
            _ if compared.is_none() && found.proof > ShareProof::Quotient => Severity::Warning,
            _ => continue,
        };
        let text = &cx.rule.expr.source.text;
        let (above, below) = (cx.text(binary.lhs.span), cx.text(times.inner.span));
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                times.at,
                "the divisor is multiplied by 100, which divides the ratio by 100",
            )
            .label("belongs above")
            .evidence(format!(
                "when `{above}` is all of `{below}`, `{}` is 0.01",
                cx.text(expr.span)
            ));
        if let Some(threshold) = beyond {
            finding = finding
                .related(cx.at(threshold.written.span), "never reached")
                .note(format!(
                    "the value would have to be {} times the whole to reach {}",
                    threshold.number * 100.0,
                    threshold.number
                ));
        }
        finding = finding.help("multiply the quotient, not the divisor: `a / b * 100`");
        let repaired = format!(
            "{} / {} * 100",
            binary.lhs.span.slice(text),
            times.inner.span.slice(text)
        );
        if binary.matching.is_none() && binary.group.is_none() {
            finding.fix = cx.replace("multiply the quotient", expr.span, &repaired, Safety::Unsafe);
        }
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// A product with 100.
struct Times<'a> {
    /// The product.
    at: Span,
    /// The other factor.
    inner: &'a Expr,
}

fn hundred(expr: &Expr) -> Option<Times<'_>> {
    match &expr.kind {
        ExprKind::Paren(inner) => hundred(inner),
        ExprKind::Aggregate(aggregate) => hundred(&aggregate.expr),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Mul => {
            let (a, b) = (constant(&binary.lhs), constant(&binary.rhs));
            match (a, b) {
                (Some(100.0), None) => Some(Times {
                    at: expr.span,
                    inner: &binary.rhs,
                }),
                (None, Some(100.0)) => Some(Times {
                    at: expr.span,
                    inner: &binary.lhs,
                }),
                _ => None,
            }
        }
        _ => None,
    }
}
