//! Explanations: the value of every part, and what was lost on the way.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use firedrill_eval::{EvalOptions, Explanation, Guard, Note, Samples, Silence, Storage, explain};
use firedrill_promql::{Features, parse, parse_series};

const MINUTE: i64 = 60_000;

fn storage(lines: &[&str]) -> Storage {
    let mut storage = Storage::new();
    for line in lines {
        let (metric, values) = line.split_once(' ').unwrap();
        let series = parse_series(metric, values).unwrap();
        let samples = Samples::from_notation(&series, usize::MAX, 0, MINUTE).unwrap();
        storage.append_series(&series.labels, samples).unwrap();
    }
    storage
}

fn explained(expr: &str, lines: &[&str], at: i64) -> Explanation {
    let parsed = parse(expr, &Features::all());
    assert_eq!(parsed.errors, [], "{expr}");
    explain(
        &parsed.expr,
        &storage(lines),
        at,
        &EvalOptions::default(),
        Guard::NONE,
    )
}

const LINES: [&str; 4] = [
    "up{job=\"a\"} 1 1 1",
    "up{job=\"b\"} 0 0 0",
    "limit{job=\"a\"} 5 5 5",
    "limit{job=\"c\"} 5 5 5",
];

#[test]
fn comparisons_say_how_many_they_kept() {
    let top = explained("up > 0", &LINES, 2 * MINUTE);
    assert_eq!(top.notes, [Note::Kept { kept: 1, of: 2 }]);
    assert_eq!(top.parts.len(), 1, "a number is no part");
    assert_eq!(top.parts[0].series_count(), 2);
    let flipped = explained("0 < up", &LINES, 2 * MINUTE);
    assert_eq!(flipped.notes, [Note::Kept { kept: 1, of: 2 }]);
    assert_eq!(explained("up > bool 0", &LINES, 0).notes, []);
}

#[test]
fn matching_names_what_found_no_partner() {
    let top = explained("up / on (job) limit", &LINES, 0);
    let unmatched: Vec<(bool, String)> = top
        .notes
        .iter()
        .map(|note| match note {
            Note::Unmatched { left, series } => (*left, series[0].get("job").to_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(unmatched, [(true, "b".to_owned()), (false, "c".to_owned())]);
    let sets = explained("up and on (job) limit", &LINES, 0);
    assert_eq!(sets.notes, [Note::Kept { kept: 1, of: 2 }]);
    let or = explained("up or on (job) limit", &LINES, 0);
    assert_eq!(or.notes, [Note::Added { left: 2, right: 1 }]);
}

#[test]
fn selectors_say_why_they_find_nothing() {
    let near = explained("upp", &LINES, 0);
    assert!(
        matches!(&near.notes[..], [Note::NoSeries { of_name: 0, nearest: Some(near), .. }] if near == "up"),
        "{:?}",
        near.notes
    );
    let failing = explained("up{job=\"x\"}", &LINES, 0);
    let [
        Note::NoSeries {
            of_name: 2, failing, ..
        },
    ] = &failing.notes[..]
    else {
        panic!("{:?}", failing.notes);
    };
    assert_eq!(
        failing[..],
        [("job=\"x\"".to_owned(), vec!["a".to_owned(), "b".to_owned()])]
    );
    let late = explained("up", &LINES, 30 * MINUTE);
    assert!(
        matches!(&late.notes[..], [Note::Silent { series: 2, examples }]
            if examples[0].1 == Silence::Last(2 * MINUTE)),
        "{:?}",
        late.notes
    );
    let stale = explained("up", &["up 1 stale"], MINUTE);
    assert!(
        matches!(&stale.notes[..], [Note::Silent { examples, .. }] if examples[0].1 == Silence::Stale(MINUTE))
    );
    let early = explained("up", &["up _ _ 1"], MINUTE);
    assert!(
        matches!(&early.notes[..], [Note::Silent { examples, .. }] if examples[0].1 == Silence::First(2 * MINUTE))
    );
}

#[test]
fn windows_are_summed_up_and_too_short_ones_counted() {
    let top = explained(
        "rate(x[3m])",
        &["x{a=\"1\"} 0 1 2 3", "x{a=\"2\"} _ _ _ 3"],
        3 * MINUTE,
    );
    assert_eq!(top.notes, [Note::Dropped { kept: 1, of: 2 }]);
    assert_eq!(
        top.parts[0].notes,
        [Note::Windows {
            series: 2,
            samples: (1, 3),
            times: (MINUTE, 3 * MINUTE),
        }]
    );
    let sum = explained("sum(x)", &["x{a=\"1\"} 1", "x{a=\"2\"} 1"], 0);
    assert_eq!(
        sum.notes,
        [Note::Grouped {
            samples: 2,
            groups: 1
        }]
    );
}

#[test]
fn the_inside_of_a_subquery_is_seen_at_its_last_step() {
    let top = explained("max_over_time(x[10m:5m])", &["x 1x20"], 13 * MINUTE);
    let subquery = &top.parts[0];
    assert_eq!(subquery.at, 13 * MINUTE);
    assert_eq!(subquery.parts[0].at, 10 * MINUTE);
}

#[test]
fn parts_beyond_reading_are_left_out() {
    let chain = vec!["up"; 1000].join(" + ");
    let run = move || {
        let top = explained(&chain, &["up 1"], 0);
        let mut deepest = &top;
        let mut depth = 0;
        while let Some(part) = deepest.parts.first() {
            deepest = part;
            depth += 1;
        }
        assert!(deepest.elided && depth < 200, "{depth}");
    };
    let thread = std::thread::Builder::new()
        .stack_size(firedrill_promql::STACK_BYTES)
        .spawn(run);
    thread.unwrap().join().unwrap();
}
