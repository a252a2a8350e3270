//! Limits: what is too much is refused at the part that is too much, and results do not depend on a guard.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use firedrill_eval::{
    EvalError, EvalOptions, Exceeded, Grid, Guard, Limit, Limits, Plan, PlanOptions, QueryKind, Samples,
    Storage,
};
use firedrill_promql::{Features, parse};
use firedrill_value::Labels;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const MINUTE: i64 = 60_000;

/// `m` with 10 series of 11 samples each.
fn storage() -> Storage {
    let mut storage = Storage::new();
    for index in 0..10 {
        let labels = Labels::from_pairs([("__name__", "m"), ("i", &*index.to_string())]);
        let values = (0..11).map(f64::from).collect();
        storage
            .append_series(&labels, Samples::regular(0, MINUTE, values))
            .unwrap();
    }
    storage
}

/// The limit that an expression goes over at 11 steps, and where.
fn exceeded(text: &str, kind: QueryKind, guard: &Guard) -> Option<(Limit, String)> {
    let parsed = parse(text, &Features::all());
    assert_eq!(parsed.errors, [], "{text}");
    let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
    let options = EvalOptions {
        kind,
        ..EvalOptions::default()
    };
    let grid = Grid::range(0, 10 * MINUTE, MINUTE);
    match plan.eval_within(&storage(), grid, &options, guard) {
        Ok(_) => None,
        Err(EvalError::Limit(Exceeded { limit, span, .. })) => Some((limit, span.slice(text).to_owned())),
        Err(other) => panic!("{text}: {other}"),
    }
}

fn samples(max_samples: usize) -> Guard {
    Guard::new(Limits {
        max_samples,
        ..Limits::NONE
    })
}

#[test]
fn samples_are_counted_while_they_are_held() {
    for kind in [QueryKind::Instants, QueryKind::Range] {
        let over = |text: &str, most: usize| exceeded(text, kind, &samples(most)).map(|(_, part)| part);
        assert_eq!(over("m", 110), None);
        assert_eq!(over("m", 109).as_deref(), Some("m"));
        assert_eq!(over("sum(m)", 109).as_deref(), Some("m"));
        // One side waits for the other, but what was summed is gone.
        assert_eq!(over("m + m", 220), None);
        assert_eq!(over("m + m", 219).as_deref(), Some("m"));
        assert_eq!(over("sum(m) + sum(m) + sum(m)", 121), None);
        assert_eq!(over("rate(m[5m])", 109).as_deref(), Some("m[5m]"));
        assert_eq!(over("max_over_time(m[10m:1s])", 5_000).as_deref(), Some("m"));
        assert_eq!(over("1", 10).as_deref(), Some("1"));
    }
}

#[test]
fn series_are_counted_per_part() {
    let nine = Guard::new(Limits {
        max_series: 9,
        ..Limits::NONE
    });
    let over = |text: &str| exceeded(text, QueryKind::Range, &nine);
    assert_eq!(over("count(m)"), Some((Limit::Series, "m".to_owned())));
    assert_eq!(
        over("m{i=\"1\"} or m{i!=\"1\"}").map(|(_, part)| part).as_deref(),
        Some("m{i=\"1\"} or m{i!=\"1\"}")
    );
    assert_eq!(over("m{i!=\"1\"}"), None);
}

#[test]
fn who_is_told_to_stop_stops() {
    let guard = Guard::with_flag(Limits::default(), Arc::new(AtomicBool::new(true)));
    for text in ["m", "rate(m[5m])", "sum(topk(1, m))", "max_over_time(m[1h:1s])"] {
        let found = exceeded(text, QueryKind::Instants, &guard);
        assert_eq!(found.map(|(limit, _)| limit), Some(Limit::Time), "{text}");
    }
}

/// Sums over `topk` run step by step; the limits hold there as well.
#[test]
fn results_that_are_put_together_step_by_step_are_counted() {
    // A step alone holds ten samples, the result of all steps more than fifty.
    let text = "sum by (i) (topk(10, m))";
    assert!(exceeded(text, QueryKind::Instants, &samples(50)).is_some());
    assert_eq!(exceeded(text, QueryKind::Instants, &samples(110)), None);
    assert_eq!(
        exceeded("sum(topk(3, m))", QueryKind::Instants, &samples(13)),
        None
    );
}
