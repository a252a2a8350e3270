//! FD209: a point in time compared with a length of time.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::origin;
use crate::thresholds::{Threshold, threshold};
use firedrill_promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Safety, Severity};
use firedrill_types::{Quantity, measure};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD209"),
    name: "timestamp-as-duration",
    summary: "a point in time compared with a length of time",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("timestamp_as_duration.md"),
    needs: Needs::all(&[Mark::Comparison]),
    check: Check::Usage(check),
};

/// 2001-09-09, in seconds since 1970. Nobody asks for what happened before.
const LONG_AGO: f64 = 1e9;

fn check(cx: &mut RuleCx<'_, '_>) {
    let aged = |name: &str| cx.context.usage.age(name).is_some();
    if !cx.nodes.speaks_of_time()
        && !cx
            .nodes
            .selectors()
            .any(|(_, _, it)| it.metric_name().is_some_and(|name| aged(name)))
    {
        return;
    }
    let mut findings = Vec::new();
    for (_, expr, binary) in cx.nodes.binaries() {
        // 0 and 1 ask whether it ever happened; equality never asks for a length.
        if !binary.op.is_comparison() || matches!(binary.op, BinaryOp::Equal | BinaryOp::NotEqual) {
            continue;
        }
        let Some(threshold) = threshold(binary) else {
            findings.extend(against_a_length(cx, expr, binary));
            continue;
        };
        if threshold.number <= 1.0 {
            continue;
        }
        let mut branches = Vec::new();
        alternatives(threshold.value, &mut branches);
        let found = branches
            .into_iter()
            .find_map(|value| Some((value, judge(cx, expr, value, &threshold)?)));
        if let Some((value, finding)) = found {
            let always = matches!(threshold.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
            findings.push(advise(cx, finding, value, always));
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The sides of `or`, each of which may be the value.
fn alternatives<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    match &expr.kind {
        ExprKind::Paren(inner) => alternatives(inner, found),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Or => {
            alternatives(&binary.lhs, found);
            alternatives(&binary.rhs, found);
        }
        _ => found.push(expr),
    }
}

fn judge(cx: &RuleCx<'_, '_>, whole: &Expr, value: &Expr, threshold: &Threshold<'_>) -> Option<Diagnostic> {
    let known = measure(value, cx.context.facts)
        .quantity()
        .filter(|quantity| quantity.is_timestamp());
    match known {
        Some(quantity) => {
            let seconds = threshold.number * quantity.scale.unwrap_or(1.0);
            (seconds < LONG_AGO).then(|| by_unit(cx, whole, value, quantity))
        }
        None => by_usage(cx, whole, value, threshold.number).or_else(|| by_word(cx, whole, value, threshold)),
    }
}

/// A point in time on one side, a length of time on the other.
fn against_a_length(cx: &RuleCx<'_, '_>, whole: &Expr, binary: &Binary) -> Option<Diagnostic> {
    let facts = cx.context.facts;
    let (left, right) = (
        measure(&binary.lhs, facts).quantity()?,
        measure(&binary.rhs, facts).quantity()?,
    );
    let (value, quantity, length) = match (left.is_timestamp(), right.is_timestamp()) {
        (true, false) => (&binary.lhs, left, right),
        (false, true) => (&binary.rhs, right, left),
        _ => return None,
    };
    if length.dimension != firedrill_facts::Dimension::TIME {
        return None;
    }
    let greater = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let finding = by_unit(cx, whole, value, quantity);
    Some(advise(cx, finding, value, greater == left.is_timestamp()))
}

fn advise(cx: &RuleCx<'_, '_>, finding: Diagnostic, value: &Expr, always: bool) -> Diagnostic {
    let mut finding = finding
        .note(if always {
            "the comparison has held since 1970"
        } else {
            "the comparison last held in 1970, or where nothing was written yet"
        })
        .help(format!("compare the age, `time() - {}`", cx.text(value.span)));
    if matches!(value.kind, ExprKind::Selector(_)) {
        finding.fix = cx.replace(
            "compare the age",
            value.span,
            &format!("time() - {}", value.span.slice(&cx.rule.expr.source.text)),
            Safety::Unsafe,
        );
    }
    finding
}

/// A name that says when something was last there, against a number of minutes.
fn by_word(cx: &RuleCx<'_, '_>, whole: &Expr, value: &Expr, threshold: &Threshold<'_>) -> Option<Diagnostic> {
    let from = origin(value).filter(|from| from.over.is_none())?;
    let name = from.selector.metric_name()?;
    let event = name
        .rsplit_once("_last_")
        .map(|(_, event)| event)
        .filter(|event| !event.contains('_') && !AMOUNTS.contains(event))?;
    let minutes = threshold.number % 60.0 == 0.0 && threshold.number < LONG_AGO;
    let greater = matches!(threshold.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    (minutes && greater).then(|| {
        start(cx, Severity::Info, whole, value).evidence(format!(
            "`{name}` sounds like the moment of the last \"{event}\", and {} is a number of minutes",
            threshold.number
        ))
    })
}

/// What a name that ends in `_last_…` may count instead.
const AMOUNTS: [&str; 12] = [
    "count", "size", "value", "status", "code", "number", "duration", "latency", "errors", "rate", "bytes",
    "seconds",
];

fn start(cx: &RuleCx<'_, '_>, severity: Severity, whole: &Expr, value: &Expr) -> Diagnostic {
    cx.finding(
        LINT.code,
        severity,
        whole.span,
        "a point in time is compared with a length of time",
    )
    .label("seconds since 1970 against a few of them")
    .related(cx.at(value.span), "a point in time")
}

fn by_unit(cx: &RuleCx<'_, '_>, whole: &Expr, value: &Expr, quantity: Quantity) -> Diagnostic {
    let name = origin(value).and_then(|from| from.selector.metric_name());
    let spelt = name.is_none_or(|name| name.contains("timestamp"));
    let severity = if quantity.weak && !spelt {
        Severity::Warning
    } else {
        Severity::Error
    };
    let evidence = match name {
        Some(name) if quantity.weak => format!("`{name}` is a point in time by its name"),
        Some(name) => format!("`{name}` is known to be a point in time"),
        None => format!("`{}` is a point in time", cx.text(value.span)),
    };
    start(cx, severity, whole, value).evidence(evidence)
}

/// Where another rule takes the age of the metric.
fn by_usage(cx: &RuleCx<'_, '_>, whole: &Expr, value: &Expr, number: f64) -> Option<Diagnostic> {
    if number >= LONG_AGO {
        return None;
    }
    let from = origin(value).filter(|from| from.over.is_none())?;
    let name = from.selector.metric_name()?;
    let age = cx.context.usage.age(name)?;
    let finding = start(cx, Severity::Warning, whole, value)
        .evidence(format!("`{}` takes the age of it: `{}`", age.rule, age.text()))
        .related(age.location(cx.context.sources), "its age is taken here");
    Some(finding)
}
