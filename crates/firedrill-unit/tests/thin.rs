//! Leaving out what nobody looks at changes nothing: every event is the same.

use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_promql::Features;
use firedrill_source::{SourceFile, Sources};
use firedrill_unit::{CompileOptions, CompiledFile, RunOptions, Suite, run};
use proptest::prelude::*;
use std::sync::Arc;

/// Expressions that never fail, and some that do over some of the series.
const EXPRESSIONS: [&str; 30] = [
    "a",
    "rate(a[5m])",
    "sum by (job) (a)",
    "a + on (job) b",
    "a / b",
    "sum by (job) (a) / on (job) sum by (job) (b)",
    "sum by (job, i) (a) / on (job) sum by (job) (b)",
    "{job=~\".+\"} > 1",
    "label_replace(a, \"job\", \"x\", \"\", \"\")",
    "r0 > 1",
    "r1 + 1",
    "max_over_time(r0[5m])",
    "r2 unless r1",
    "a or b",
    "rate({__name__=~\"a|b\"}[5m])",
    "topk(1, a)",
    "histogram_quantile(0.9, h)",
    "absent(a{job=\"z\"})",
    "time()",
    "vector(1)",
    "a offset 1m",
    "a offset -1m",
    "-a",
    "count_values(\"severity\", a)",
    "a * on (job) group_left b",
    "quantile(2, b) >= 0",
    "max_over_time((a > 1)[5m:1m])",
    "a and on () r0",
    "ALERTS",
    "without_series > 0",
];

const SERIES: [&str; 8] = [
    "a{job=\"x\"}",
    "a{job=\"y\", i=\"1\"}",
    "b{job=\"x\"}",
    "b{job=\"x\", i=\"1\"}",
    "r0{job=\"x\"}",
    "a{job=\"x\", severity=\"low\"}",
    "h{le=\"1\", job=\"x\"}",
    "h{le=\"+Inf\", job=\"x\"}",
];

/// Behind the first digits.
const VALUES: [&str; 4] = ["+1x8", "+1x60", "x9 stale", " _x30 1x5 stale"];

const TIMES: [&str; 4] = ["5m", "25m", "35m", "61m30s"];

const LABELS: [&str; 5] = [
    "{}",
    "{severity: high}",
    "{job: z}",
    "{own: own}",
    "{alertname: other}",
];

const ANNOTATIONS: [&str; 3] = [
    "{}",
    "{n: \"{{ query `r1` | len }}\"}",
    "{n: \"{{ query `a` | len }}\"}",
];

/// Every event of a run, in words.
fn events(rules: &str, test: &str, max_samples: Option<usize>, whole: bool) -> Vec<String> {
    let mut sources = Sources::new();
    let rules_id = sources.add(SourceFile::new("rules.yml", rules));
    let test_id = sources.add(SourceFile::new("test.yml", test));
    let read = read_rule_file(rules_id, rules, &ReadOptions::default());
    let tests = read_test_file(test_id, test, &ReadOptions::default());
    assert!(tests.accepted, "{test}");
    let compile = CompileOptions {
        engine_features: Features::promtool_default(),
    };
    let suite = Suite {
        file: &tests.file,
        rules: vec![Arc::new(CompiledFile::compile(&read.file, "rules.yml", &compile))],
    };
    let options = RunOptions {
        notice: true,
        max_samples,
        whole,
        ..RunOptions::default()
    };
    let mut found = Vec::new();
    run(&suite, &options, &|_| true, &mut |event| {
        found.push(format!("{event:?}"));
    });
    found
}

type Drawn = (usize, u8, usize, usize, bool);

fn rules_text(rules: &[Drawn]) -> String {
    let mut text = "groups:\n".to_owned();
    for (index, &(expr, name, labels, annotations, limited)) in rules.iter().enumerate() {
        text.push_str(&format!(
            "- name: g{index}\n  limit: {}\n  rules:\n",
            u8::from(limited && name % 3 == 0)
        ));
        let (expr, labels) = (EXPRESSIONS[expr], LABELS[labels]);
        if name < 4 {
            text.push_str(&format!(
                "  - {{record: r{name}, expr: '{expr}', labels: {labels}}}\n"
            ));
        } else {
            let (name, annotations) = (name - 4, ANNOTATIONS[annotations]);
            text.push_str(&format!(
                "  - {{alert: A{name}, expr: '{expr}', for: 1m, labels: {labels}, annotations: {annotations}}}\n"
            ));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_event_is_the_same(
        rules in prop::collection::vec(
            (0..EXPRESSIONS.len(), 0u8..8, 0..LABELS.len(), 0..ANNOTATIONS.len(), any::<bool>()), 1..7),
        series in prop::collection::vec((0..SERIES.len(), 0..VALUES.len()), 0..6),
        alert in (0u8..4, 0..TIMES.len()),
        record in prop::option::of((0u8..4, 0..TIMES.len())),
        most in prop::option::weighted(0.3, 1usize..12),
    ) {
        let rules = rules_text(&rules);
        let mut test = "rule_files: [rules.yml]\ntests:\n- input_series:\n".to_owned();
        for (index, &(series, values)) in series.iter().enumerate() {
            let (series, values) = (SERIES[series], VALUES[values]);
            test.push_str(&format!("  - {{series: '{series}', values: '{index}{values}'}}\n"));
        }
        // Of small tests nothing is left out.
        for index in 0..20 {
            test.push_str(&format!("  - {{series: 'other{{i=\"{index}\"}}', values: 1x8}}\n"));
        }
        let (alert, at) = (alert.0, TIMES[alert.1]);
        test.push_str(&format!("  alert_rule_test:\n  - {{eval_time: {at}, alertname: A{alert}}}\n"));
        if let Some((record, at)) = record {
            let at = TIMES[at];
            test.push_str(&format!("  promql_expr_test:\n  - {{expr: r{record}, eval_time: {at}}}\n"));
        }
        prop_assert_eq!(events(&rules, &test, most, false), events(&rules, &test, most, true), "{}\n{}", rules, test);
    }
}
