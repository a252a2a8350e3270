//! Any text as an expression.

#![no_main]

use firedrill_eval::{EvalOptions, Grid, Plan, PlanOptions, Storage};
use firedrill_promql::{Features, MAX_DEPTH, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Higher trees than that need a larger stack than the fuzzer's.
    if text.len() > 4 * MAX_DEPTH {
        return;
    }
    let features = Features::all();
    let parsed = parse(text, &features);
    for error in &parsed.errors {
        assert!(
            error.span.end as usize <= text.len() + 1,
            "{error:?} is outside {text:?}"
        );
    }
    if !parsed.errors.is_empty() {
        assert!(parsed.promtool_message(text).is_some());
        return;
    }
    let printed = parsed.expr.to_string();
    let again = parse(&printed, &features);
    // Two shapes of upstream's printer do not parse again: `info(x, )` and durations below a millisecond.
    if again.errors.is_empty() {
        let twice = again.expr.to_string();
        // A bare infinity gains a sign each time, as upstream's does.
        assert!(
            printed == twice || printed.contains("Inf"),
            "{printed:?} prints as {twice:?}"
        );
    }
    let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
    let options = EvalOptions {
        max_samples: Some(10_000),
        ..EvalOptions::default()
    };
    let _ = plan.eval(&Storage::new(), Grid::range(0, 120_000, 60_000), &options);
});
