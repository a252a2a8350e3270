//! FD508: `{{ $value }}` of a computed number, which prints all its digits.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_facts::Dimension;
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Edit, Fix, Safety, Severity, Span};
use firedrill_template::Uses;
use firedrill_types::is_part_of_whole;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD508"),
    name: "raw-float",
    summary: "a computed number printed with all its digits",
    category: Category::Templates,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("raw_float.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Expr, Mark::FilledAnnotation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let Some(root) = cx.nodes.root() else { return };
    let mut findings: Vec<Diagnostic> = Vec::new();
    for filled in cx.fields.templates().iter().filter(|filled| !filled.is_label) {
        let field = filled.field;
        let text = &*field.value.text;
        let Some(printed) = printed_raw(text, filled.uses) else {
            continue;
        };
        let Some((why, function)) = uneven(cx, root) else {
            return;
        };
        let at = cx.within(&field.value, printed);
        let mut finding = Diagnostic::new(
            LINT.code,
            Severity::Info,
            at,
            "the value is printed with all its digits",
        )
        .label("like 0.06666666666666667")
        .evidence(why)
        .note("long fractions are hard to read in a notification")
        .help(format!("write `{{{{ $value | {function} }}}}`"));
        if at.span.slice(cx.source.text()) == printed.slice(text) {
            finding.fix = Some(Fix {
                title: format!("use {function}"),
                edits: vec![Edit {
                    span: at.span,
                    replacement: format!("{} | {function}", printed.slice(text)),
                }],
                safety: Safety::Unsafe,
            });
        }
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The first `$value` or `.Value` that an action consists of.
fn printed_raw(text: &str, uses: &Uses) -> Option<Span> {
    let beside: &[char] = &['-', ' ', '\t', '\n'];
    let alone = |span: &Span| {
        let before = text.get(..span.start as usize).unwrap_or("");
        let behind = text.get(span.end as usize..).unwrap_or("");
        before.trim_end_matches(beside).ends_with("{{") && behind.trim_start_matches(beside).starts_with("}}")
    };
    let values = uses.values.iter().map(|(span, _)| *span);
    values.filter(alone).min()
}

/// Why a result is hardly ever a round number, and the function that prints it well.
fn uneven(cx: &RuleCx<'_, '_>, expr: &Expr) -> Option<(String, &'static str)> {
    match &expr.kind {
        ExprKind::Paren(inner) => uneven(cx, inner),
        ExprKind::Call(call) => match call.function?.id {
            Func::Rate
            | Func::Irate
            | Func::Deriv
            | Func::Increase
            | Func::HistogramQuantile
            | Func::AvgOverTime => {
                let function =
                    if call.function?.id == Func::HistogramQuantile && is_seconds(cx, call.args.last()?) {
                        "humanizeDuration"
                    } else {
                        "humanize"
                    };
                Some((format!("{}() gives fractions", call.name.text), function))
            }
            _ => None,
        },
        ExprKind::Aggregate(aggregate) => match aggregate.op {
            AggregateOp::Avg => Some(("avg() gives fractions".to_owned(), "humanize")),
            AggregateOp::Count | AggregateOp::CountValues | AggregateOp::Group => None,
            _ => uneven(cx, &aggregate.expr),
        },
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Div if is_part_of_whole(binary) => {
                Some(("a division gives fractions".to_owned(), "humanizePercentage"))
            }
            BinaryOp::Div => Some(("a division gives fractions".to_owned(), "humanize")),
            BinaryOp::Or => uneven(cx, &binary.lhs).or_else(|| uneven(cx, &binary.rhs)),
            BinaryOp::And | BinaryOp::Unless => uneven(cx, &binary.lhs),
            op if op.is_comparison() => (binary.bool_modifier.is_none()).then(|| uneven(cx, &binary.lhs))?,
            _ => {
                let (_, function) = uneven(cx, &binary.lhs).or_else(|| uneven(cx, &binary.rhs))?;
                // Whatever was a share may have been made a percentage.
                let function = if function == "humanizePercentage" {
                    "humanize"
                } else {
                    function
                };
                Some(("computing with fractions gives fractions".to_owned(), function))
            }
        },
        _ => None,
    }
}

/// Whether the buckets below an expression are of seconds.
fn is_seconds(cx: &RuleCx<'_, '_>, expr: &Expr) -> bool {
    let mut seconds = false;
    expr.walk(&mut |expr| {
        if let ExprKind::Selector(selector) = &expr.kind
            && let Some(name) = selector.metric_name()
        {
            let base = name.strip_suffix("_bucket").unwrap_or(name);
            let unit = cx.context.facts.unit(base).map(|unit| unit.value);
            seconds |= unit.is_some_and(|unit| unit.dimension == Dimension::TIME && unit.scale == 1.0);
        }
    });
    seconds
}
