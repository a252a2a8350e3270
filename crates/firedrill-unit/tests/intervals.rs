//! Groups at their own interval: a finer grid of evaluations makes no difference to them.

use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_source::{SourceFile, Sources};
use firedrill_unit::{CompileOptions, CompiledFile, Event, Failure, RunOptions, Suite, run};
use proptest::prelude::*;
use std::sync::Arc;

/// Everything that comes out of tests that expect something impossible.
fn outcome(rules: &str, test: &str, group_intervals: bool) -> Vec<String> {
    let mut sources = Sources::new();
    let rules_id = sources.add(SourceFile::new("rules.yml", rules));
    let test_id = sources.add(SourceFile::new("test.yml", test));
    let read = read_rule_file(rules_id, rules, &ReadOptions::default());
    let tests = read_test_file(test_id, test, &ReadOptions::default());
    assert!(read.accepted && tests.accepted, "{rules}\n{test}");
    let compile = CompileOptions {
        engine_features: Features::promtool_default(),
    };
    let suite = Suite {
        file: &tests.file,
        rules: vec![Arc::new(CompiledFile::compile(&read.file, "rules.yml", &compile))],
    };
    let options = RunOptions {
        group_intervals,
        explain: false,
        ..RunOptions::default()
    };
    let mut found = Vec::new();
    run(&suite, &options, &|_| true, &mut |event| {
        if let Event::Failed { failure, .. } = event {
            found.push(match *failure {
                Failure::Alert(it) => format!("{} {:?}", it.eval_time, it.got),
                Failure::Expr(it) => format!("{} {:?}", it.eval_time, it.got),
                other => format!("{other:?}"),
            });
        }
    });
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_finer_grid_makes_no_difference(
        values in prop::collection::vec(prop::option::of(0u8..4), 12..40),
        hold in 0u32..4,
        keep in 0u32..3,
        every in 1u32..5,
        cycle in any::<bool>(),
    ) {
        let interval = every * 60;
        let keep = if keep == 0 { String::new() } else { format!("\n        keep_firing_for: {}s", keep * interval) };
        let history = if cycle { "seen + 1 or hits * 0" } else { "hits * 2" };
        let rules = format!(
            "groups:\n  - name: g\n    interval: {interval}s\n    rules:\n      - record: seen\n        expr: {history}\n      - \
             alert: Hot\n        expr: hits > 1\n        for: {}s{keep}\n        labels: {{v: '{{{{ $value }}}}'}}\n        \
             annotations: {{n: '{{{{ $value }}}} {{{{ query \"seen\" | len }}}}'}}\n",
            hold * interval
        );
        let notation: Vec<String> =
            values.iter().map(|it| it.map_or("_".to_owned(), |value| value.to_string())).collect();
        let mut tests = String::new();
        for step in 0..=8 {
            let at = step * interval;
            tests.push_str(&format!(
                "      - {{eval_time: {at}s, alertname: Hot, exp_alerts: [{{exp_labels: {{none: such}}}}]}}\n"
            ));
        }
        let test = |evaluation: u32| format!(
            "rule_files: [rules.yml]\nevaluation_interval: {evaluation}s\ntests:\n  - interval: 1m\n    input_series:\n      - \
             {{series: hits, values: '{}'}}\n    alert_rule_test:\n{tests}    promql_expr_test:\n      - {{expr: seen, eval_time: \
             {}s, exp_samples: [{{labels: none, value: 1}}]}}\n",
            notation.join(" "), 8 * interval
        );
        let coarse = outcome(&rules, &test(interval), false);
        prop_assert_eq!(&coarse, &outcome(&rules, &test(60), true));
        prop_assert_eq!(coarse.len(), 10);
    }
}
