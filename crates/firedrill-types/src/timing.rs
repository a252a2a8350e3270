//! Time: how far back an expression looks, and how long a condition can hold after what it waits for happened once.

use crate::{constant, measure};
use firedrill_facts::Facts;
use firedrill_functions::Func;
use firedrill_promql::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, Modifiers, Selector,
};
use firedrill_source::Span;
use firedrill_value::Duration;

/// How far back an expression reads samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookBack {
    /// The age of the oldest sample that may be read, windows, offsets and subqueries added up.
    pub length: Duration,
    /// Whether an instant selector reads as well, which looks back by the server's look-back delta in addition to what
    /// stands around it.
    pub delta: bool,
}

/// How long a condition can hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The longest time from one event until the condition is over, unless the event happens again.
    pub length: Duration,
    /// The part of the expression that ends it.
    pub span: Span,
    /// Why: a clause that goes behind "because".
    pub reason: &'static str,
    /// What makes the condition hold anew.
    pub renewal: Renewal,
}

/// What makes a condition hold longer than one event lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing.
    Never,
    /// The age starts again, as at a restart.
    NewStart,
    /// The event happens again.
    NextEvent,
}

/// How far back an expression reads. `None` where it reads nothing, a time is fixed by `@`, or a length is computed.
pub fn look_back(expr: &Expr) -> Option<LookBack> {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => None,
        ExprKind::Selector(selector) => Some(LookBack {
            length: shift(&selector.modifiers)?,
            delta: true,
        }),
        ExprKind::Range(range) => {
            let ExprKind::Selector(selector) = &range.selector.kind else {
                return None;
            };
            Some(LookBack {
                length: plus(range.range.literal()?, shift(&selector.modifiers)?),
                delta: false,
            })
        }
        ExprKind::Subquery(subquery) => {
            let inner = look_back(&subquery.expr)?;
            let outer = plus(subquery.range.literal()?, shift(&subquery.modifiers)?);
            Some(LookBack {
                length: plus(outer, inner.length),
                ..inner
            })
        }
        _ => {
            // All parts have to be known, but numbers read nothing.
            let mut all: Option<LookBack> = None;
            for part in expr.children() {
                if reads(part) {
                    let one = look_back(part)?;
                    all = Some(all.map_or(one, |all| LookBack {
                        length: all.length.max(one.length),
                        delta: all.delta || one.delta,
                    }));
                }
            }
            all
        }
    }
}

/// How long a condition can hold after one event. `None` where nothing ends it by itself, as far as is understood.
pub fn longest_hold(expr: &Expr, facts: &Facts) -> Option<Hold> {
    match &expr.kind {
        ExprKind::Paren(inner) => longest_hold(inner, facts),
        ExprKind::Aggregate(aggregate) => keeps_time(aggregate)
            .then(|| longest_hold(&aggregate.expr, facts))
            .flatten(),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::And => {
                let sides = [longest_hold(&binary.lhs, facts), longest_hold(&binary.rhs, facts)];
                sides.into_iter().flatten().min_by_key(|hold| hold.length)
            }
            BinaryOp::Or => {
                let (left, right) = (
                    longest_hold(&binary.lhs, facts)?,
                    longest_hold(&binary.rhs, facts)?,
                );
                Some(if left.length < right.length { right } else { left })
            }
            BinaryOp::Unless => newly_there(binary, expr.span).or_else(|| longest_hold(&binary.lhs, facts)),
            op if op.is_comparison() && binary.bool_modifier.is_none() => compared(binary, expr.span, facts),
            // `(condition) * on (…) info`
            BinaryOp::Mul => longest_hold(&binary.lhs, facts).or_else(|| longest_hold(&binary.rhs, facts)),
            _ => None,
        },
        _ => None,
    }
}

fn compared(binary: &Binary, span: Span, facts: &Facts) -> Option<Hold> {
    let (value, op, number) = match (constant(&binary.lhs), constant(&binary.rhs)) {
        (None, Some(number)) => (&binary.lhs, binary.op, number),
        (Some(number), None) => (&binary.rhs, binary.op.flipped(), number),
        _ => return None,
    };
    age(value, op, number, span, facts)
        .or_else(|| counted(value, op, number, span))
        .or_else(|| calendar(value, op, span))
}

/// `time() - started < 60`: an age passes every number, and then stays above it.
fn age(value: &Expr, op: BinaryOp, number: f64, span: Span, facts: &Facts) -> Option<Hold> {
    if !matches!(op, BinaryOp::Less | BinaryOp::LessEqual) || !(0.0..1e9).contains(&number) {
        return None;
    }
    let ExprKind::Binary(difference) = &inner(value).kind else {
        return None;
    };
    let now = |expr: &Expr| matches!(&inner(expr).kind, ExprKind::Call(call) if call.function.is_some_and(|it| it.id == Func::Time));
    let ages = difference.op == BinaryOp::Sub
        && now(&difference.lhs)
        && measure(&difference.rhs, facts)
            .quantity()
            .is_some_and(|it| it.is_timestamp() && it.scale == Some(1.0));
    ages.then(|| Hold {
        length: seconds(number),
        span,
        reason: "an age only grows until it starts again",
        renewal: Renewal::NewStart,
    })
}

/// `changes(x[2m]) > 0`: what happened leaves the window at its other end.
fn counted(value: &Expr, op: BinaryOp, number: f64, span: Span) -> Option<Hold> {
    let ExprKind::Call(call) = &inner(value).kind else {
        return None;
    };
    let counts = matches!(call.function?.id, Func::Changes | Func::Resets);
    let asks = match op {
        BinaryOp::Greater | BinaryOp::NotEqual => number >= 0.0,
        BinaryOp::GreaterEqual | BinaryOp::Equal => number > 0.0,
        _ => false,
    };
    let window = window(call).filter(|_| counts && asks)?;
    Some(Hold {
        length: window,
        span,
        reason: "an event leaves the window when it is as old as the window is long",
        renewal: Renewal::NextEvent,
    })
}

fn window(call: &Call) -> Option<Duration> {
    match &call.args.first()?.kind {
        ExprKind::Range(range) => range.range.literal(),
        ExprKind::Subquery(subquery) => subquery.range.literal(),
        _ => None,
    }
}

/// `hour() == 3`: the calendar goes on.
fn calendar(value: &Expr, op: BinaryOp, span: Span) -> Option<Hold> {
    let ExprKind::Call(call) = &inner(value).kind else {
        return None;
    };
    if op != BinaryOp::Equal || !call.args.is_empty() {
        return None;
    }
    let length = match call.function?.id {
        Func::Minute => 60,
        Func::Hour => 3600,
        Func::DayOfWeek | Func::DayOfMonth | Func::DayOfYear => 86400,
        _ => return None,
    };
    Some(Hold {
        length: Duration::from_secs(length),
        span,
        reason: "the calendar goes on",
        renewal: Renewal::Never,
    })
}

/// `x unless x offset 5m`: a series is new for as long as the offset.
fn newly_there(binary: &Binary, span: Span) -> Option<Hold> {
    let (ExprKind::Selector(now), ExprKind::Selector(before)) =
        (&inner(&binary.lhs).kind, &inner(&binary.rhs).kind)
    else {
        return None;
    };
    let offset = before.modifiers.offset.as_ref()?.duration.literal()?;
    let same = now.modifiers.offset.is_none() && same_series(now, before) && binary.matching.is_none();
    same.then_some(Hold {
        length: offset,
        span,
        reason: "a series is only new until it is as old as the offset",
        renewal: Renewal::Never,
    })
}

fn same_series(a: &Selector, b: &Selector) -> bool {
    a.metric_name() == b.metric_name()
        && a.matchers.len() == b.matchers.len()
        && a.matchers.iter().all(|matcher| {
            b.matchers.iter().any(|other| {
                other.label.text == matcher.label.text
                    && other.op == matcher.op
                    && other.value == matcher.value
            })
        })
}

/// Through parentheses and aggregations that pick one of several values.
fn inner(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inside) => inner(inside),
        ExprKind::Aggregate(aggregate) if keeps_time(aggregate) => inner(&aggregate.expr),
        _ => expr,
    }
}

fn keeps_time(aggregate: &Aggregate) -> bool {
    aggregate.op.selects() || matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min)
}

fn reads(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Selector(_)));
    found
}

/// The offset; `None` where the time is fixed or computed.
fn shift(modifiers: &Modifiers) -> Option<Duration> {
    if modifiers.at.is_some() {
        return None;
    }
    match &modifiers.offset {
        None => Some(Duration::default()),
        Some(offset) => offset.duration.literal(),
    }
}

fn plus(a: Duration, b: Duration) -> Duration {
    Duration::from_nanos(a.nanos().saturating_add(b.nanos()))
}

fn seconds(number: f64) -> Duration {
    // Below 10⁹ seconds, so that milliseconds fit.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the caller")]
    Duration::from_millis((number * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    fn read(expr: &str) -> Expr {
        let parsed = parse(expr, &Features::default());
        assert!(parsed.errors.is_empty(), "{expr}");
        parsed.expr
    }

    #[test]
    fn windows_offsets_and_subqueries_add_up() {
        for (expr, expected) in [
            ("x", Some(("0s", true))),
            ("x offset 1h", Some(("1h", true))),
            ("rate(x[5m])", Some(("5m", false))),
            ("rate(x[5m] offset 1h)", Some(("1h5m", false))),
            ("max_over_time(rate(x[5m])[1h:1m])", Some(("1h5m", false))),
            ("max_over_time(x[1h:1m] offset 1d)", Some(("1d1h", true))),
            ("sum(rate(x[5m])) / sum(rate(y[1h])) > 3", Some(("1h", false))),
            ("x + rate(y[1m])", Some(("1m", true))),
            ("x @ 0", None),
            ("x and y @ 0", None),
            ("time()", None),
        ] {
            let found = look_back(&read(expr)).map(|it| (it.length.to_string(), it.delta));
            assert_eq!(
                found,
                expected.map(|(length, delta)| (length.to_owned(), delta)),
                "{expr}"
            );
        }
    }

    #[test]
    fn some_conditions_end_by_themselves() {
        for (expr, expected) in [
            ("time() - process_start_time_seconds < 60", Some("1m")),
            ("60 > time() - process_start_time_seconds", Some("1m")),
            ("time() - max(process_start_time_seconds) < 2 * 60", Some("2m")),
            (
                "(time() - process_start_time_seconds < 60) and up == 1",
                Some("1m"),
            ),
            ("changes(x[2m]) > 0", Some("2m")),
            ("max by (job) (changes(x[2m])) >= 1", Some("2m")),
            ("changes(x[2m]) > 0 or resets(x[10m]) > 0", Some("10m")),
            ("changes(x[2m]) > 0 or up == 0", None),
            ("x unless x offset 5m", Some("5m")),
            ("x unless y offset 5m", None),
            ("hour() == 3", Some("1h")),
            ("time() - process_start_time_seconds > 60", None),
            ("time() - x_seconds < 60", None),
            ("changes(x[2m]) == 0", None),
            ("rate(x[2m]) > 0", None),
            ("sum(changes(x[2m])) > 0", None),
        ] {
            let found = longest_hold(&read(expr), &Facts::new()).map(|hold| hold.length.to_string());
            assert_eq!(found.as_deref(), expected, "{expr}");
        }
    }
}
