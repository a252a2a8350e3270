//! FD120: a ratio whose two sides do not belong together: other windows, or other series.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::source_of::{Origin, origin};
use firedrill_promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use firedrill_source::{Code, Diagnostic, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD120"),
    name: "mismatched-ratio-pair",
    summary: "the two sides of a ratio have other windows or other matchers",
    category: Category::MetricTypes,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("mismatched_ratio_pair.md"),
    needs: Needs::all(&[Mark::Division]),
    check: Check::Rule(check),
};

/// Labels that say where a series comes from, not which part of the traffic it counts.
const PLACES: [&str; 12] = [
    "job",
    "namespace",
    "cluster",
    "instance",
    "service",
    "app",
    "env",
    "environment",
    "region",
    "pod",
    "node",
    "container",
];

fn check(cx: &mut RuleCx<'_, '_>) {
    let mut findings = Vec::new();
    for (_, expr, binary) in cx.nodes.binaries() {
        if binary.op != BinaryOp::Div {
            continue;
        }
        let (Some(above), Some(below)) = (origin(&binary.lhs), origin(divisor(&binary.rhs))) else {
            continue;
        };
        let Some(kinship) = kinship(above.selector, below.selector) else {
            continue;
        };
        findings.extend(
            windows(cx, expr, &above, &below, kinship)
                .or_else(|| matchers(cx, binary, &above, &below, kinship)),
        );
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// How the metrics of the two sides belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinship {
    /// `x_sum` over `x_count`: both grow with every observation.
    SumAndCount,
    /// The same metric on both sides.
    Same,
    /// Two metrics.
    Different,
}

fn kinship(above: &Selector, below: &Selector) -> Option<Kinship> {
    let (a, b) = (above.metric_name()?, below.metric_name()?);
    if a == b {
        return Some(Kinship::Same);
    }
    let base = a.strip_suffix("_sum");
    if base.is_some() && base == b.strip_suffix("_count") {
        return Some(Kinship::SumAndCount);
    }
    Some(Kinship::Different)
}

/// What is divided by, without the sums and guards around it that keep it from being zero.
fn divisor(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => divisor(inner),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Add && is_number(&binary.rhs) => {
            divisor(&binary.lhs)
        }
        _ => expr,
    }
}

fn is_number(expr: &Expr) -> bool {
    firedrill_types::constant(expr).is_some()
}

fn windows(
    cx: &RuleCx<'_, '_>,
    whole: &Expr,
    above: &Origin<'_>,
    below: &Origin<'_>,
    kinship: Kinship,
) -> Option<Diagnostic> {
    let (a, b) = (above.window?, below.window?);
    if a == b || above.over != below.over {
        return None;
    }
    // Now over before: the same series over a short and a long window is a question about trends.
    if kinship == Kinship::Same && same_matchers(above.selector, below.selector) {
        return None;
    }
    let severity = match (kinship, above.is_growth()) {
        (Kinship::SumAndCount | Kinship::Same, true) => Severity::Error,
        (Kinship::Different, true) => Severity::Warning,
        _ => Severity::Info,
    };
    let note = if above.over == Some(firedrill_functions::Func::Increase) {
        "increases over windows of other lengths are not comparable, not even when nothing changes"
    } else {
        "when the traffic moves, the two sides see other parts of it, and the ratio can leave its bounds"
    };
    let finding = cx
        .finding(
            LINT.code,
            severity,
            below.window_at?.span,
            format!("the upper side of the ratio looks back {a}, the lower side {b}"),
        )
        .label(b.to_string())
        .related(cx.at(above.window_at?.span), a.to_string())
        .evidence(relation(above.selector, below.selector, kinship))
        .evidence(format!("`{}` divides them", cx.text(whole.span)))
        .note(note)
        .help(format!("use one window on both sides, for example {a}"));
    Some(finding)
}

fn relation(above: &Selector, below: &Selector, kinship: Kinship) -> String {
    let name = |selector: &Selector| {
        selector
            .metric_name()
            .map_or_else(String::new, ToString::to_string)
    };
    match kinship {
        Kinship::SumAndCount => format!(
            "`{}` and `{}` are of one histogram or summary",
            name(above),
            name(below)
        ),
        Kinship::Same => format!("both sides read `{}`", name(above)),
        Kinship::Different => format!("`{}` is set in relation to `{}`", name(above), name(below)),
    }
}

fn matchers(
    cx: &RuleCx<'_, '_>,
    binary: &Binary,
    above: &Origin<'_>,
    below: &Origin<'_>,
    kinship: Kinship,
) -> Option<Diagnostic> {
    if above.over != below.over {
        return None;
    }
    let (wider, narrow, matcher) = match kinship {
        // Sum and count have the same series, so all matchers count, on either side.
        Kinship::SumAndCount => one_sided(above.selector, below.selector, |_| true)
            .map(|matcher| (below, above, matcher))
            .or_else(|| {
                one_sided(below.selector, above.selector, |_| true).map(|matcher| (above, below, matcher))
            })?,
        // A part has more matchers than its whole; only where a series comes from has to be the same.
        Kinship::Same | Kinship::Different => {
            let matcher = one_sided(above.selector, below.selector, |matcher| {
                PLACES.contains(&&*matcher.label.text)
            })?;
            (below, above, matcher)
        }
    };
    let label = &*matcher.label.text;
    let kept = keeps(wider, label) && keeps(narrow, label) && compares(binary, label);
    let related = matches!(kinship, Kinship::Same | Kinship::SumAndCount);
    if !related && !share_prefix(above.selector, below.selector) {
        return None;
    }
    let severity = match (kinship, kept) {
        (_, true) | (Kinship::Different, _) => Severity::Info,
        (Kinship::SumAndCount, false) => Severity::Error,
        (Kinship::Same, false) => Severity::Warning,
    };
    let note = if kept {
        "the matching of labels makes up for it here, at the cost of reading series for nothing"
    } else {
        "one side counts series that the other leaves out, so the ratio is that of two different things"
    };
    let message = format!("only one side of the ratio asks for `{label}`");
    let written = matcher.span.slice(&cx.rule.expr.source.text);
    let finding = cx
        .finding(LINT.code, severity, wider.at.span, message)
        .label(format!("without `{written}`"))
        .related(cx.at(matcher.span), "asked for here")
        .evidence(relation(above.selector, below.selector, kinship))
        .note(note)
        .help(format!("give both sides `{written}`"));
    Some(finding)
}

/// The first matcher of one selector whose label the other does not speak of at all.
fn one_sided<'a>(
    here: &'a Selector,
    there: &Selector,
    concerns: impl Fn(&Matcher) -> bool,
) -> Option<&'a Matcher> {
    here.matchers.iter().find(|matcher| {
        &*matcher.label.text != "__name__"
            && matches!(
                matcher.op,
                MatchOp::Equal | MatchOp::Regex | MatchOp::NotEqual | MatchOp::NotRegex
            )
            && concerns(matcher)
            && !there
                .matchers
                .iter()
                .any(|other| other.label.text == matcher.label.text)
    })
}

fn same_matchers(a: &Selector, b: &Selector) -> bool {
    let within = |a: &Selector, b: &Selector| {
        a.matchers.iter().all(|matcher| {
            b.matchers.iter().any(|other| {
                other.label.text == matcher.label.text
                    && other.op == matcher.op
                    && other.value == matcher.value
            })
        })
    };
    within(a, b) && within(b, a)
}

/// Whether a label survives the aggregations of a side.
fn keeps(side: &Origin<'_>, label: &str) -> bool {
    side.aggregates.iter().all(|aggregate| {
        if aggregate.op.selects() || aggregate.op == AggregateOp::CountValues {
            return true;
        }
        match &aggregate.grouping {
            None => false,
            Some(grouping) => {
                let named = grouping.labels.iter().any(|name| &*name.text == label);
                named != grouping.without
            }
        }
    })
}

/// Whether the division only joins series with the same value of a label.
fn compares(binary: &Binary, label: &str) -> bool {
    binary.matching.as_ref().is_none_or(|matching| {
        let named = matching.labels.iter().any(|name| &*name.text == label);
        named == matching.on
    })
}

/// Whether the names share their first two words: then they come from the same program.
fn share_prefix(a: &Selector, b: &Selector) -> bool {
    let words = |selector: &Selector| -> Option<(String, String)> {
        let mut words = selector.metric_name()?.split('_');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    words(a).is_some() && words(a) == words(b)
}
