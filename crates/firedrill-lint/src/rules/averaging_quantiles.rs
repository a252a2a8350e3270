//! FD114: the average or sum of quantiles.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::records::Shape;
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Selector};
use firedrill_source::{Code, Severity, Span};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD114"),
    name: "averaging-quantiles",
    summary: "the average or sum of quantiles",
    category: Category::MetricTypes,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("averaging_quantiles.md"),
    needs: Needs::all(&[Mark::Averages]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, _, aggregate) in cx.nodes.aggregates() {
        if !matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Sum) {
            continue;
        }
        let Some((severity, at, evidence)) = quantiles(cx, &aggregate.expr) else {
            continue;
        };
        let op = aggregate.op.name();
        findings.push(
            cx.finding(
                LINT.code,
                severity,
                aggregate.op_span,
                format!("the {op} of quantiles is not the quantile of the whole"),
            )
            .label("over quantiles")
            .related(cx.at(at), "quantiles")
            .evidence(evidence)
            .note("a quantile says how a group is ordered, not how big it is: an idle instance weighs as much as a busy one")
            .help("add up the buckets and take the quantile once, or use `max` to speak of the worst"),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// What makes the values quantiles, how sure that is, and where it stands.
fn quantiles(cx: &RuleCx<'_, '_>, expr: &Expr) -> Option<(Severity, Span, String)> {
    match &expr.kind {
        ExprKind::Paren(inner) => quantiles(cx, inner),
        ExprKind::Unary(unary) => quantiles(cx, &unary.operand),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::And | BinaryOp::Unless => quantiles(cx, &binary.lhs),
            BinaryOp::Mul if constant(&binary.lhs).is_some() => quantiles(cx, &binary.rhs),
            op => {
                let keeps = matches!(op, BinaryOp::Mul | BinaryOp::Div)
                    || op.is_comparison() && binary.bool_modifier.is_none();
                (keeps && constant(&binary.rhs).is_some())
                    .then(|| quantiles(cx, &binary.lhs))
                    .flatten()
            }
        },
        ExprKind::Call(call) => match call.function?.id {
            Func::HistogramQuantile => {
                let evidence = format!("`{}` is a quantile of each group", cx.text(expr.span));
                Some((Severity::Warning, expr.span, evidence))
            }
            Func::LabelReplace | Func::LabelJoin | Func::Round => quantiles(cx, call.args.first()?),
            _ => None,
        },
        ExprKind::Selector(selector) => selected(cx, selector, expr.span),
        _ => None,
    }
}

fn selected(cx: &RuleCx<'_, '_>, selector: &Selector, at: Span) -> Option<(Severity, Span, String)> {
    let of_summary = selector.matchers.iter().find(|matcher| {
        &*matcher.label.text == "quantile"
            && matcher.op == MatchOp::Equal
            && matcher
                .value
                .parse::<f64>()
                .is_ok_and(|value| (0.0..1.0).contains(&value) || value == 1.0)
    });
    if let Some(matcher) = of_summary {
        let evidence = format!(
            "`quantile=\"{}\"` selects a quantile of each series",
            matcher.value
        );
        return Some((Severity::Warning, at, evidence));
    }
    let name = selector.metric_name()?;
    let records = cx.context.usage.records(name);
    if records.iter().any(|record| record.shape == Shape::Quantile) {
        return Some((Severity::Warning, at, format!("`{name}` records a quantile")));
    }
    // A recorded name that says so, where the rule that records it is not among the files.
    let told = records.is_empty() && name.contains(':') && names_quantile(name);
    told.then(|| {
        (
            Severity::Info,
            at,
            format!("`{name}` reads like a recorded quantile"),
        )
    })
}

/// `…:99quantile`, `…:histogram_quantile`, `…:p99`: what recorded quantiles are called.
fn names_quantile(name: &str) -> bool {
    let last = name.rsplit(':').next().unwrap_or(name);
    let percentile = |word: &str| {
        word.strip_prefix('p')
            .is_some_and(|digits| digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    last.ends_with("quantile") || last.split('_').any(percentile)
}
