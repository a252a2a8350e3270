//! How far back expressions read.

use firedrill_promql::Expr;
use firedrill_promql::ast::{ExprKind, Modifiers};
use firedrill_source::Span;

/// What a selector reads, seen from the time of evaluation: samples that are not older than `far` and not younger than
/// `near`, in milliseconds; what lies ahead has a negative age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) near: i64,
    pub(super) far: i64,
}

/// The reach of every selector of an expression, by where the selector, or its window, stands; `None` if that cannot be
/// told. `lookback` is how far instant selectors look back.
pub(super) fn reaches(expr: &Expr, lookback: i64) -> Option<Vec<(Span, Reach)>> {
    let mut found = Vec::new();
    add(expr, Reach { near: 0, far: 0 }, lookback, &mut found)?;
    Some(found)
}

fn add(expr: &Expr, around: Reach, lookback: i64, found: &mut Vec<(Span, Reach)>) -> Option<()> {
    let (selector, window) = match &expr.kind {
        ExprKind::Selector(selector) => (selector, lookback),
        ExprKind::Range(range) => match &range.selector.kind {
            ExprKind::Selector(selector) => (selector, range.range.literal()?.millis()),
            _ => return None,
        },
        ExprKind::Subquery(subquery) => {
            let moved = moved(around, &subquery.modifiers)?;
            let range = subquery.range.literal()?.millis();
            let inside = Reach {
                near: moved.near,
                far: moved.far.saturating_add(range),
            };
            return add(&subquery.expr, inside, lookback, found);
        }
        _ => {
            let mut children = expr.children().into_iter();
            return children.try_for_each(|child| add(child, around, lookback, found));
        }
    };
    let moved = moved(around, &selector.modifiers)?;
    let reach = Reach {
        near: moved.near,
        far: moved.far.saturating_add(window),
    };
    found.push((expr.span, reach));
    Some(())
}

/// The same behind `offset`; `None` where that has to be computed, or where something else than age counts.
fn moved(reach: Reach, modifiers: &Modifiers) -> Option<Reach> {
    if modifiers.at.is_some() || modifiers.extension.is_some() {
        return None;
    }
    let by = match &modifiers.offset {
        Some(offset) => offset.duration.literal()?.millis(),
        None => 0,
    };
    Some(Reach {
        near: reach.near.saturating_add(by),
        far: reach.far.saturating_add(by),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    /// Nearest and farthest age of every selector, in minutes.
    fn ages(expr: &str) -> Option<Vec<(i64, i64)>> {
        let parsed = parse(expr, &Features::promtool_default());
        assert!(parsed.promtool_message(expr).is_none(), "{expr}");
        let found = reaches(&parsed.expr, 300_000)?;
        let minutes = |(_, it): (Span, Reach)| (it.near / 60_000, it.far / 60_000);
        Some(found.into_iter().map(minutes).collect())
    }

    #[test]
    fn a_selector_looks_back_and_a_window_does_not() {
        assert_eq!(ages("a"), Some(vec![(0, 5)]));
        assert_eq!(ages("a offset 10m"), Some(vec![(10, 15)]));
        assert_eq!(ages("a offset -10m"), Some(vec![(-10, -5)]));
        assert_eq!(ages("rate(a[7m])"), Some(vec![(0, 7)]));
        assert_eq!(ages("rate(a[7m] offset 1h)"), Some(vec![(60, 67)]));
        assert_eq!(
            ages("sum(a) / rate(b[1m]) > scalar(c)"),
            Some(vec![(0, 5), (0, 1), (0, 5)])
        );
    }

    #[test]
    fn a_subquery_adds_its_range_to_what_is_inside() {
        assert_eq!(ages("max_over_time(a[30m:1m])"), Some(vec![(0, 35)]));
        assert_eq!(
            ages("max_over_time(rate(a[2m] offset 3m)[30m:1m] offset 1h)"),
            Some(vec![(63, 95)])
        );
        assert_eq!(
            ages("max_over_time(sum_over_time(a[10m:])[30m:])"),
            Some(vec![(0, 45)])
        );
    }

    #[test]
    fn a_fixed_time_is_no_age() {
        assert_eq!(ages("a @ 5"), None);
        assert_eq!(ages("a + max_over_time(b[5m:] @ end())"), None);
        assert_eq!(ages("time()"), Some(vec![]));
    }
}
