//! Fractions that are a part of a whole, and so never above 1.

use firedrill_functions::Func;
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Expr, ExprKind, Grouping, Selector};

/// Whether a division is provably a part over its whole: the sum (or number) of some series of a metric over the sum
/// (or number) of all of them, in the same groups and over the same window. The terms are never negative.
pub fn is_part_of_whole(binary: &Binary) -> bool {
    binary.op == BinaryOp::Div && binary.fill.span.is_none() && sides_fit(binary)
}

fn sides_fit(binary: &Binary) -> bool {
    let (part, whole) = (
        binary.lhs.unparenthesised(),
        at_least(binary.rhs.unparenthesised()),
    );
    match (&part.kind, &whole.kind) {
        (ExprKind::Aggregate(part), ExprKind::Aggregate(whole)) => {
            let counts = (part.op, whole.op) == (AggregateOp::Count, AggregateOp::Count);
            let sums = (part.op, whole.op) == (AggregateOp::Sum, AggregateOp::Sum);
            (counts || sums) && groups_fit(binary, part, whole) && is_subset(&part.expr, &whole.expr, counts)
        }
        // With all labels equal both sides are the same series.
        (ExprKind::Call(_), ExprKind::Call(_)) => binary.matching.is_none() && is_subset(part, whole, false),
        _ => false,
    }
}

/// What a divisor is at least: `clamp_min(whole, 1)` and `whole > 0` are no smaller than the whole.
fn at_least(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(call) if call.function.is_some_and(|f| f.id == Func::ClampMin) => call
            .args
            .first()
            .map_or(expr, |arg| at_least(arg.unparenthesised())),
        ExprKind::Binary(filter)
            if filter.op.is_comparison()
                && filter.bool_modifier.is_none()
                && crate::constant(&filter.rhs).is_some() =>
        {
            at_least(filter.lhs.unparenthesised())
        }
        _ => expr,
    }
}

/// Whether every group of the part is compared with the group of the whole that holds it.
fn groups_fit(binary: &Binary, part: &Aggregate, whole: &Aggregate) -> bool {
    let (fine, fine_without) = names(part.grouping.as_ref());
    let (coarse, coarse_without) = names(whole.grouping.as_ref());
    if fine_without || coarse_without {
        return fine_without == coarse_without && fine == coarse && binary.matching.is_none();
    }
    match &binary.matching {
        None => fine == coarse,
        Some(matching) if matching.on => {
            let mut on: Vec<&str> = matching.labels.iter().map(|label| &*label.text).collect();
            on.sort_unstable();
            on == coarse && coarse.iter().all(|label| fine.contains(label))
        }
        Some(matching) => {
            let ignored = |label: &&str| matching.labels.iter().any(|name| &*name.text == *label);
            let compared: Vec<&str> = fine.iter().copied().filter(|label| !ignored(label)).collect();
            compared == coarse
        }
    }
}

/// The sorted labels of a grouping (none at all is `by ()`), and whether it is `without`.
fn names(grouping: Option<&Grouping>) -> (Vec<&str>, bool) {
    let Some(grouping) = grouping else {
        return (Vec::new(), false);
    };
    let mut names: Vec<&str> = grouping.labels.iter().map(|label| &*label.text).collect();
    names.sort_unstable();
    names.dedup();
    (names, grouping.without)
}

/// Whether the series of one expression are some of those of the other, with the same values.
fn is_subset(part: &Expr, whole: &Expr, counted: bool) -> bool {
    let (part, whole) = (part.unparenthesised(), whole.unparenthesised());
    match (&part.kind, &whole.kind) {
        // A filter keeps some; what is counted may be any value, what is summed must not be negative.
        (ExprKind::Binary(filter), _) if filter.op.is_comparison() && filter.bool_modifier.is_none() => {
            let by_number = crate::constant(&filter.rhs).is_some();
            by_number && counted && is_subset(&filter.lhs, whole, counted)
        }
        (ExprKind::Call(a), ExprKind::Call(b)) => {
            let (Some(f), Some(g)) = (a.function, b.function) else {
                return false;
            };
            let growth = matches!(f.id, Func::Rate | Func::Increase);
            f.id == g.id && growth && windows_fit(a.args.first(), b.args.first())
        }
        (ExprKind::Selector(a), ExprKind::Selector(b)) => counted && selects_fewer(a, b),
        _ => false,
    }
}

fn windows_fit(part: Option<&Expr>, whole: Option<&Expr>) -> bool {
    let (Some(ExprKind::Range(a)), Some(ExprKind::Range(b))) =
        (part.map(|e| &e.kind), whole.map(|e| &e.kind))
    else {
        return false;
    };
    let same_length = a.range.literal().is_some() && a.range.literal() == b.range.literal();
    match (&a.selector.kind, &b.selector.kind) {
        (ExprKind::Selector(a), ExprKind::Selector(b)) => same_length && selects_fewer(a, b),
        _ => false,
    }
}

/// Whether one selector has all matchers of the other, on the same metric and at the same time.
fn selects_fewer(part: &Selector, whole: &Selector) -> bool {
    let (Some(a), Some(b)) = (part.metric_name(), whole.metric_name()) else {
        return false;
    };
    let plain = |selector: &Selector| {
        let modifiers = &selector.modifiers;
        modifiers.offset.is_none() && modifiers.at.is_none() && modifiers.extension.is_none()
    };
    a == b
        && plain(part)
        && plain(whole)
        && whole.matchers.iter().all(|m| {
            part.matchers
                .iter()
                .any(|n| n.label.text == m.label.text && n.op == m.op && n.value == m.value)
        })
}
