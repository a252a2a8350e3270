//! FD208: points in time of different size: seconds on one side, milliseconds on the other.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::origin;
use crate::usage::is_now;
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Safety, Severity};
use firedrill_types::{Quantity, constant, measure};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD208"),
    name: "timestamp-scale",
    summary: "a point in time in seconds against one in milliseconds",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("timestamp_scale.md"),
    needs: Needs::all(&[Mark::Difference]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    // Two sizes of points in time need a factor or a name that says so.
    if !cx.nodes.speaks_of_time() {
        return;
    }
    let mut findings = Vec::new();
    for (_, expr, binary) in cx.nodes.binaries() {
        if binary.op != BinaryOp::Sub && !binary.op.is_comparison() {
            continue;
        }
        // A number is no point in time.
        if constant(&binary.lhs).is_some() || constant(&binary.rhs).is_some() {
            continue;
        }
        // Without a unit, seconds are the convention.
        let scale = |side| {
            measure(side, cx.context.facts)
                .quantity()
                .map_or(Some(1.0), |it| it.scale)
        };
        if scale(&binary.lhs) == scale(&binary.rhs) {
            continue;
        }
        let (Some(left), Some(right)) = (moment(cx, &binary.lhs), moment(cx, &binary.rhs)) else {
            continue;
        };
        if left.scale == right.scale {
            continue;
        }
        let severity = left.severity.min(right.severity);
        let mut finding = cx
            .finding(
                LINT.code,
                severity,
                expr.span,
                format!(
                    "{} here, {} there: points in time of different size",
                    size(left.scale),
                    size(right.scale)
                ),
            )
            .label("off by a factor of a thousand or so")
            .related(cx.at(binary.lhs.span), size(left.scale))
            .related(cx.at(binary.rhs.span), size(right.scale))
            .evidence(left.evidence)
            .evidence(right.evidence)
            .note("the difference is dominated by the greater side, whatever happened in between")
            .help("bring both to seconds: divide the milliseconds by 1000");
        if let Some(now) = multiplied_now(&binary.lhs).or_else(|| multiplied_now(&binary.rhs)) {
            finding.fix = cx.replace("use time() as it is", now.span, "time()", Safety::Unsafe);
        }
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// A side that is a point in time.
struct Moment {
    scale: f64,
    severity: Severity,
    evidence: String,
}

fn moment(cx: &RuleCx<'_, '_>, expr: &Expr) -> Option<Moment> {
    if let Some(quantity) = measure(expr, cx.context.facts).quantity() {
        return known(cx, expr, quantity);
    }
    let from = origin(expr)?;
    let name = from.selector.metric_name()?;
    // A constant factor on the way may be the repair.
    if !matches!(
        expr.unparenthesised().kind,
        ExprKind::Selector(_) | ExprKind::Aggregate(_)
    ) {
        return None;
    }
    let (severity, evidence) = match cx.context.usage.age(name) {
        Some(age) => (
            Severity::Warning,
            format!("`{}` takes its age in seconds: `{}`", age.rule, age.text()),
        ),
        None if name.ends_with("_time") => (
            Severity::Info,
            format!("`{name}` names no unit, and seconds are the convention"),
        ),
        None => return None,
    };
    Some(Moment {
        scale: 1.0,
        severity,
        evidence,
    })
}

fn known(cx: &RuleCx<'_, '_>, expr: &Expr, quantity: Quantity) -> Option<Moment> {
    if !quantity.is_timestamp() {
        return None;
    }
    let scale = quantity.scale?;
    let text = cx.text(expr.span);
    let name = origin(expr).and_then(|from| from.selector.metric_name());
    // Without a unit in its name, seconds are only the convention.
    let told = name.is_none_or(|name| !quantity.weak || name.ends_with("seconds") || name.ends_with("_ms"));
    Some(Moment {
        scale,
        severity: if told { Severity::Error } else { Severity::Warning },
        evidence: if told {
            format!("`{text}` is in {}", size(scale))
        } else {
            format!("`{text}` names no unit, and seconds are the convention")
        },
    })
}

/// What points in time of that size are counted in.
fn size(scale: f64) -> String {
    match scale {
        1.0 => "seconds".to_owned(),
        0.001 => "milliseconds".to_owned(),
        1e-6 => "microseconds".to_owned(),
        1e-9 => "nanoseconds".to_owned(),
        other => format!("units of {other} s"),
    }
}

/// `time() * 1000`.
fn multiplied_now(expr: &Expr) -> Option<&Expr> {
    let expr = expr.unparenthesised();
    let ExprKind::Binary(binary) = &expr.kind else {
        return None;
    };
    let product = binary.op == BinaryOp::Mul;
    let now = is_now(&binary.lhs) && constant(&binary.rhs).is_some()
        || is_now(&binary.rhs) && constant(&binary.lhs).is_some();
    (product && now).then_some(expr)
}
