//! Every form of series, told by content and placed in time.

use firedrill_eval::Limits;
use firedrill_load::{LoadError, LoadOptions, Loaded, Loader};
use firedrill_source::{SourceFile, Sources};

fn load(texts: &[(&str, &str)], options: LoadOptions) -> Result<Loaded, (LoadError, String)> {
    let mut sources = Sources::new();
    let mut loader = Loader::new(options);
    let result = texts.iter().try_for_each(|(name, text)| {
        let source = SourceFile::new(*name, *text);
        let id = sources.add(source.clone());
        loader.add(id, &source)
    });
    result.and_then(|()| loader.finish()).map_err(|error| {
        let text = sources.get(error.location.file).text();
        let place = error.location.span.slice(text).to_owned();
        (error, place)
    })
}

fn series(loaded: &Loaded) -> Vec<String> {
    let all = loaded.storage.series().iter().map(|series| {
        let samples: Vec<String> = series
            .samples
            .iter()
            .map(|(time, value)| format!("{value}@{}", time / 1000))
            .collect();
        format!("{} {}", series.labels.metric_name(), samples.join(" "))
    });
    all.collect()
}

const TEST: &str = "rule_files: [missing.yml]\nevaluation_interval: 30s\ntests:\n- name: one\n  interval: 15s\n  input_series:\n  \
                    - {series: a, values: '1 2'}\n  - {series: a, values: '3 4'}\n- name: two\n  input_series:\n  - {series: b, \
                    values: '7'}\n  alert_rule_test: []\n";

#[test]
fn a_unit_test_gives_its_input_series() {
    let loaded = load(&[("t.yml", TEST)], LoadOptions::default()).unwrap();
    // Of two equal series the last one counts.
    assert_eq!(series(&loaded), ["a 3@0 4@15"]);
    assert_eq!((loaded.step, loaded.evaluation_interval), (15_000, Some(30_000)));
    assert_eq!(
        (&*loaded.summaries[0].what, loaded.summaries[0].other_tests),
        ("test \"one\"", 1)
    );
    for wanted in ["two", "2"] {
        let options = LoadOptions {
            test: Some(wanted.to_owned()),
            ..LoadOptions::default()
        };
        assert_eq!(series(&load(&[("t.yml", TEST)], options).unwrap()), ["b 7@0"]);
    }
    let options = LoadOptions {
        test: Some("tow".to_owned()),
        ..LoadOptions::default()
    };
    let (error, _) = load(&[("t.yml", TEST)], options).unwrap_err();
    assert_eq!(error.help.unwrap(), "did you mean \"two\"?");
}

#[test]
fn a_script_gives_the_loads_of_a_section() {
    let script = "load 10s\n  a 1 2\n\neval instant at 0 a\n  a 1\n\nclear\n\nload 1m\n  b 3\n";
    let loaded = load(&[("s.test", script)], LoadOptions::default()).unwrap();
    assert_eq!(series(&loaded), ["a 1@0 2@10"]);
    assert_eq!(loaded.summaries[0].what, "section 1 of 2");
    let options = LoadOptions {
        test: Some("2".to_owned()),
        ..LoadOptions::default()
    };
    assert_eq!(series(&load(&[("s.test", script)], options).unwrap()), ["b 3@0"]);
    let (error, place) = load(&[("s.test", "load 1m\n  a 1 x\n")], LoadOptions::default()).unwrap_err();
    assert_eq!(place, "a 1 x", "{error}");
}

#[test]
fn a_scrape_stands_at_the_end_and_notation_at_the_beginning() {
    let scrape = "# TYPE up gauge\nup 1\n";
    let alone = load(&[("a.prom", scrape)], LoadOptions::default()).unwrap();
    assert_eq!(
        (series(&alone), alone.start, alone.end),
        (vec!["up 1@0".to_owned()], 0, 0)
    );
    let dump = "d 1 1700000000\nd 2 1700000060\n# EOF\n";
    let texts = [("a.prom", scrape), ("n", "n 1 2 3"), ("d.om", dump)];
    let mixed = load(&texts, LoadOptions::default()).unwrap();
    assert_eq!(
        series(&mixed),
        [
            "d 1@1700000000 2@1700000060",
            "n 1@1700000000 2@1700000060 3@1700000120",
            "up 1@1700000120"
        ]
    );
    assert_eq!(mixed.start, 1_700_000_000_000);
}

#[test]
fn dumps_need_not_be_in_order_but_agree() {
    let dump = "d 2 1700000060\nd 1 1700000000\nd 1 1700000000\n# EOF\n";
    let loaded = load(&[("d", dump)], LoadOptions::default()).unwrap();
    assert_eq!(series(&loaded), ["d 1@1700000000 2@1700000060"]);
    let (error, place) = load(&[("d", "d 2 5\nd 1 5\n# EOF\n")], LoadOptions::default()).unwrap_err();
    assert_eq!(
        error.message,
        "{__name__=\"d\"} has two values at 5000 ms: 2 and 1"
    );
    assert_eq!(place, "d 1 5");
}

#[test]
fn what_has_no_series_says_so() {
    for (name, text, message, place) in [
        (
            "r.yml",
            "groups:\n- name: g\n  rules:\n  - {record: a, expr: b}\n",
            "a file of rules has no series",
            "",
        ),
        ("n", "up 1 x\n", "unexpected \"x\"", "x"),
        (
            "n",
            "up{a=\"1\",a=\"2\"} 1\n",
            "label \"a\" is given twice",
            "up{a=\"1\",a=\"2\"} 1",
        ),
        ("n", "up\n", "the series has no values", "up"),
        ("n", "{} 1\n", "the series has no labels", "{} 1"),
        ("t.yml", "tests: []\n", "the file has no tests", ""),
        (
            "n",
            "up 1\nup 2\n",
            "{__name__=\"up\"}: duplicate sample for timestamp",
            "up 2",
        ),
    ] {
        let (error, found) = load(&[(name, text)], LoadOptions::default()).unwrap_err();
        assert_eq!((&*error.message, &*found), (message, place), "{text}");
    }
}

/// What a short text expands to must not fill the memory before somebody says no.
#[test]
fn expansion_stops_at_the_limit() {
    let started = std::time::Instant::now();
    for (name, text) in [
        ("n", "up 1x999999999999"),
        ("n", "up 1+1x18446744073709551615"),
        ("n", "up _x18446744073709551615"),
        ("n", "up {{count:1}}x999999999999"),
        ("s", "load 1m\n  up 1x999999999999\n"),
        (
            "t.yml",
            "rule_files: []\ntests:\n- input_series:\n  - {series: up, values: '1x999999999999'}\n",
        ),
    ] {
        let (error, _) = load(&[(name, text)], LoadOptions::default()).unwrap_err();
        assert!(
            error.message.contains("more than 50000000 samples") || error.message.contains("the limit is"),
            "{text}: {error}"
        );
    }
    let few = LoadOptions {
        limits: Limits {
            max_samples: 10,
            max_series: 2,
            ..Limits::default()
        },
        ..LoadOptions::default()
    };
    let (error, place) = load(&[("n", "a 1x5\nb 1x5\n")], few.clone()).unwrap_err();
    assert_eq!(
        (&*error.message, &*place),
        ("more than 10 samples to load", "b 1x5")
    );
    assert!(error.help.unwrap().contains("--max-samples"));
    let (error, place) = load(&[("n", "a 1\nb 1\nc 1\n")], few).unwrap_err();
    assert_eq!((&*error.message, &*place), ("more than 2 series to load", "c 1"));
    let centuries = LoadOptions {
        interval: Some(i64::MAX / 2),
        ..LoadOptions::default()
    };
    let (error, _) = load(&[("n", "a 1x50")], centuries).unwrap_err();
    assert_eq!(error.message, "the series ends later than any calendar");
    assert!(started.elapsed().as_secs() < 5);
}
