//! FD113: a quantile that is no fraction.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, Expr};
use firedrill_source::{Code, Diagnostic, Safety, Severity};
use firedrill_types::constant;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD113"),
    name: "quantile-parameter-range",
    summary: "a quantile outside 0 to 1",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("quantile_parameter_range.md"),
    needs: Needs::all(&[Mark::Fraction]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, _, call) in cx.nodes.calls() {
        let parameters = match call.function.map(|function| function.id) {
            Some(Func::HistogramQuantile | Func::QuantileOverTime) => call.args.get(..1),
            Some(Func::HistogramQuantiles) => call.args.get(2..),
            _ => None,
        };
        let found = parameters.unwrap_or_default().iter();
        findings.extend(found.filter_map(|parameter| judge(cx, &call.name.text, parameter, 0.0)));
    }
    for (_, _, aggregate) in cx.nodes.aggregates() {
        let least = match aggregate.op {
            AggregateOp::Quantile => 0.0,
            // A negative ratio asks for the other part of the series.
            AggregateOp::LimitRatio => -1.0,
            _ => continue,
        };
        let name = aggregate.op.name();
        findings.extend(
            aggregate
                .param
                .as_ref()
                .and_then(|parameter| judge(cx, name, parameter, least)),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

fn judge(cx: &RuleCx<'_, '_>, function: &str, parameter: &Expr, least: f64) -> Option<Diagnostic> {
    let number = constant(parameter).filter(|number| !number.is_nan() && !(least..=1.0).contains(number))?;
    let outcome = match (function, number > 1.0) {
        ("limit_ratio", _) => "the ratio is cut to what is allowed, so all series are selected",
        (_, true) => "the result is always +Inf",
        (_, false) => "the result is always -Inf",
    };
    let mut finding = cx
        .finding(
            LINT.code,
            Severity::Error,
            parameter.span,
            format!("{function}() needs a fraction between {least} and 1, but this is {number}"),
        )
        .label("no fraction")
        .evidence(format!("the parameter is {number} whatever the series are"))
        .note(outcome);
    if number > 1.0 && number <= 100.0 {
        let fraction = shortest(number / 100.0);
        finding = finding.help(format!("write {fraction}"));
        finding.fix = cx.replace(
            format!("write {fraction}"),
            parameter.span,
            &fraction,
            Safety::Unsafe,
        );
    }
    Some(finding)
}

/// Without the noise that a division by 100 may leave in the last digits.
fn shortest(number: f64) -> String {
    let rounded = (number * 1e9).round() / 1e9;
    rounded.to_string()
}
