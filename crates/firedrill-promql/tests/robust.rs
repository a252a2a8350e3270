//! Whatever is parsed: no panic, no hang, no overflow of the stack; and printing loses nothing.

use firedrill_promql::{
    ExprKind, Features, MAX_DEPTH, MAX_HEIGHT, STACK_BYTES, parse, parse_metric, parse_series,
};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Pieces of the language; strung together at random they reach far into the parser.
const PIECES: [&str; 58] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "@",
    "=",
    "=~",
    "!~",
    "!=",
    "==",
    "<",
    ">=",
    "</",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "and",
    "or",
    "unless",
    "atan2",
    "bool",
    "on",
    "ignoring",
    "group_left",
    "by",
    "without",
    "offset",
    "sum",
    "topk",
    "rate",
    "start",
    "step",
    "max_of",
    "fill",
    "smoothed",
    "up",
    "a:b",
    "\"x\"",
    "'y",
    "`z`",
    "5m",
    "1",
    "0x",
    "1e",
    "inf",
    " ",
    "\n",
    "# c\n",
    "é",
    "{{count:1",
    "}}x3",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.join(" "))
}

/// Scalars, then vectors over them: expressions of the right type, as text.
fn scalar() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        (-1000i32..1000).prop_map(|n| n.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |v| v.is_finite())
            .prop_map(|v| format!("{v:e}")),
        Just("5m30s".to_owned()),
        // Bare, it would print as `+Inf`, whose sign reads back as an operator before a power.
        Just("(Inf)".to_owned()),
        Just("NaN".to_owned()),
        Just("time()".to_owned()),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop::sample::select(&["+", "-", "*", "/", "%", "^", "atan2"][..]),
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) == bool {b}")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
    .boxed()
}

fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u32..5000).prop_map(|n| format!("{n}s")),
        (1u32..100).prop_map(|n| format!("{n}m5s")),
        (1u32..100).prop_map(|n| format!("1d * {n} + step()")),
        (1u32..100).prop_map(|n| format!("min_of(1h, {n})")),
    ]
}

fn selector() -> impl Strategy<Value = String> {
    let name = prop::sample::select(&["up", "http:rate5m", "sum", "by", "offset", "x"][..]);
    let label = prop::sample::select(&["job", "on", "\"a b\"", "bool"][..]);
    let op = prop::sample::select(&["=", "!=", "=~", "!~"][..]);
    let value = prop::sample::select(&["", "a|b", "x.*", "\\\\d+", "é\\\"\\n"][..]);
    let matcher = (label, op, value).prop_map(|(label, op, value)| format!("{label}{op}\"{value}\""));
    (name, prop::collection::vec(matcher, 0..4)).prop_map(|(name, matchers)| match matchers.len() {
        0 => name.to_owned(),
        _ => format!("{name}{{{}}}", matchers.join(", ")),
    })
}

fn modifiers() -> impl Strategy<Value = String> {
    prop::sample::select(
        &[
            "",
            " offset 5m",
            " offset -1h30m",
            " @ 12.5",
            " @ end() offset 300",
            " offset (1m + step())",
        ][..],
    )
    .prop_map(str::to_owned)
}

fn vector() -> BoxedStrategy<String> {
    let leaf = (selector(), modifiers()).prop_map(|(selector, modifiers)| format!("{selector}{modifiers}"));
    let labels = prop::sample::select(&["", "a", "a, b", "\"c d\", on"][..]);
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let arithmetic = prop::sample::select(&["+", "/", "^", "> bool", "==", "</"][..]);
        let set = prop::sample::select(&["and", "or", "unless on (a)"][..]);
        let aggregate = prop::sample::select(
            &[
                "sum",
                "avg by (a)",
                "count without ()",
                "group by ()",
                "topk by (x) ",
            ][..],
        );
        prop_oneof![
            (inner.clone(), arithmetic, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), set, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (inner.clone(), labels.clone(), inner.clone())
                .prop_map(|(a, labels, b)| format!("{a} * on ({labels}) group_left (z) {b}")),
            (inner.clone(), labels.clone(), inner.clone())
                .prop_map(|(a, labels, b)| format!("{a} - ignoring ({labels}) fill_right (-1) {b}")),
            (aggregate, scalar(), inner.clone()).prop_map(|(op, k, v)| {
                if op.starts_with("topk") {
                    format!("{op}({k}, {v})")
                } else {
                    format!("{op} ({v})")
                }
            }),
            (inner.clone(), duration(), modifiers())
                .prop_map(|(v, d, m)| format!("max_over_time(({v})[{d}:]{m})")),
            (selector(), duration(), modifiers()).prop_map(|(s, d, m)| format!("rate({s}[{d}] smoothed{m})")),
            (inner.clone(), scalar()).prop_map(|(v, k)| format!("clamp_min({v}, {k})")),
            (inner.clone(), scalar()).prop_map(|(v, k)| format!("({v} > {k})")),
            inner
                .clone()
                .prop_map(|v| format!("label_replace({v}, 'a', `$1`, \"b\", '(.*)')")),
            inner.clone().prop_map(|v| format!("-{v}")),
            inner.prop_map(|v| format!("({v})")),
        ]
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC*", more in pieces()) {
        for text in [&text, &more] {
            let parsed = parse(text, &Features::all());
            if parsed.errors.is_empty() {
                let mut holes = 0;
                parsed.expr.walk(&mut |expr| holes += usize::from(expr.kind == ExprKind::Missing));
                prop_assert_eq!(holes, 0, "{}", text);
            } else {
                prop_assert!(parsed.promtool_message(text).is_some());
            }
            // As text, since a number that was refused is no number and equals nothing.
            let again = parse(text, &Features::all());
            prop_assert_eq!(format!("{again:?}"), format!("{parsed:?}"));
            let _ = parse_series(text, &more);
            let _ = parse_series("a", text);
            let _ = parse_metric(text);
        }
    }

    #[test]
    fn printing_loses_nothing(text in vector()) {
        let parsed = parse(&text, &Features::all());
        prop_assert_eq!(&parsed.errors[..], &[], "{}", text);
        let printed = parsed.expr.to_string();
        let again = parse(&printed, &Features::all());
        prop_assert_eq!(&again.errors[..], &[], "{}", printed);
        prop_assert_eq!(again.expr.to_string(), printed);
    }
}

/// Runs on the stack that high trees need.
fn on_deep_stack(work: fn()) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn depth_is_limited_and_the_limit_is_told_quickly() {
    on_deep_stack(limits_are_told);
}

fn limits_are_told() {
    let started = Instant::now();
    for piece in [
        "(",
        "-",
        "sum(",
        "rate(",
        "a + ",
        "a ^ ",
        "a[",
        "a[(",
        "a[-",
        "a[1+",
        "x{",
        "a and (",
        "a offset (",
        "a[min_of(1,",
        "a[5m:] ",
        "abs(a[5m:1m]) or -",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        let parsed = parse(&text, &Features::all());
        assert!(!parsed.errors.is_empty(), "{piece}");
        // The tree that is left can be walked, printed and dropped.
        let _ = parsed.expr.to_string().len();
    }
    let chain = vec!["a"; 50_000].join(" + ");
    let parsed = parse(&chain, &Features::all());
    assert!(
        parsed.errors[0]
            .message
            .starts_with("too many operators in a row"),
        "{:?}",
        parsed.errors
    );
    let subqueries = format!("a{}", "[5m:]".repeat(50_000));
    assert!(!parse(&subqueries, &Features::all()).errors.is_empty());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn the_limit_of_depth_leaves_room_for_long_rules() {
    let chain = vec!["up{job=\"x\"} == 1"; MAX_DEPTH - 10].join(" or ");
    assert_eq!(parse(&chain, &Features::all()).errors, []);
    let nested = format!("{}up{}", "(".repeat(MAX_DEPTH - 10), ")".repeat(MAX_DEPTH - 10));
    let parsed = parse(&nested, &Features::all());
    assert_eq!(parsed.errors, []);
    assert_eq!(
        parse(&parsed.expr.to_string(), &Features::all()).expr,
        parsed.expr
    );
}

/// promtool takes chains of any length; so does firedrill, up to what no person and hardly a generator writes.
#[test]
fn long_chains_of_operators_are_read_printed_and_compared() {
    on_deep_stack(|| {
        for op in ["+", "or", "and", "=="] {
            let chain = vec!["a"; 5_001].join(&format!(" {op} "));
            let parsed = parse(&chain, &Features::all());
            assert_eq!(parsed.errors, [], "{op}");
            let printed = parsed.expr.to_string();
            assert_eq!(parse(&printed, &Features::all()).expr, parsed.expr, "{op}");
        }
        let longest = vec!["1"; MAX_HEIGHT].join("+");
        assert_eq!(parse(&longest, &Features::all()).errors, []);
    });
}

#[test]
fn a_line_of_a_megabyte_is_no_burden() {
    let started = Instant::now();
    let matchers: Vec<String> = (0..50_000).map(|n| format!("l{n}=~\"value-{n}|x\"")).collect();
    let text = format!("up{{{}}}", matchers.join(","));
    assert!(text.len() > 1 << 20);
    assert_eq!(parse(&text, &Features::all()).errors, []);
    let long = format!("label_join(up, 'a', '-'{})", ", 'b'".repeat(200_000));
    assert_eq!(parse(&long, &Features::all()).errors, []);
    let errors = format!("up{{{}}}", "a=b,".repeat(250_000));
    assert!(parse(&errors, &Features::all()).errors.len() > 1);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}
