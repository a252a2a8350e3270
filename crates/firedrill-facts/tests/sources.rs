//! Where facts come from, and what becomes of them where sources meet.

use firedrill_facts::{Domain, Facts, Form, MetricType, Tier, Unit};
use firedrill_source::SourceFile;

const DUMP: &str = "\
# TYPE gate_wait_seconds histogram
# UNIT gate_wait_seconds seconds
gate_wait_seconds_bucket{gate=\"north\",le=\"0.5\"} 1
gate_wait_seconds_bucket{gate=\"north\",le=\"2.0\"} 3 1700000000
gate_wait_seconds_bucket{gate=\"north\",le=\"+Inf\"} 3
gate_wait_seconds_sum{gate=\"north\"} 4
# TYPE tide gauge
tide{dock=\"a \\\"b\\\" } c\",side=\"x\"} 3
tide{berth=\"1\"} 4
{\"water.level\",dock=\"z\"} 3
broken{a=\"b
broken{a=b} 1
";

fn from_dump() -> Facts {
    let mut facts = Facts::without_catalogue();
    facts.read_exposition("dump.prom", DUMP);
    facts
}

fn labels(facts: &Facts, metric: &str) -> Option<Vec<String>> {
    let known = facts.labels(metric)?;
    Some(known.value.iter().map(ToString::to_string).collect())
}

fn declared(text: &str) -> Result<Facts, String> {
    let mut facts = Facts::without_catalogue();
    let source = SourceFile::new("metrics.toml", text);
    facts.read_facts_file(&source).map_err(|error| {
        let at = source.line_column(error.offset);
        format!("{}:{} {}", at.line, at.column, error.message)
    })?;
    Ok(facts)
}

#[test]
fn a_dump_tells_labels_units_and_buckets() {
    let facts = from_dump();
    assert_eq!(
        labels(&facts, "tide"),
        Some(["berth", "dock", "side"].map(str::to_owned).into())
    );
    assert_eq!(
        labels(&facts, "gate_wait_seconds_bucket"),
        Some(vec!["gate".to_owned()])
    );
    assert_eq!(labels(&facts, "water.level"), Some(vec!["dock".to_owned()]));
    assert_eq!(
        labels(&facts, "broken"),
        None,
        "a line that breaks off says nothing"
    );
    let buckets = facts.buckets("gate_wait_seconds").expect("seen");
    assert_eq!(buckets.value, [0.5, 2.0]);
    assert_eq!(buckets.evidence.to_string(), "samples, dump.prom:3");
    let unit = facts.unit("gate_wait_seconds_sum").expect("told");
    assert_eq!((unit.value, unit.tier), (Unit::SECONDS, Tier::Exposed));
    assert_eq!(unit.evidence.to_string(), "UNIT line, dump.prom:2");
}

#[test]
fn no_dump_makes_the_reader_fail() {
    let mut facts = Facts::new();
    for text in [
        "{",
        "{\"",
        "a{",
        "a{b",
        "a{b=",
        "a{b=\"",
        "a{b=\"\\",
        "a{\"x\"",
        "{} 1",
        "# TYPE",
        "# UNIT x y z",
        "\u{fffd}{} 1",
        "a{,} 1",
        "ß{ß=\"ß\"} 1",
    ] {
        facts.read_exposition("x", text);
        facts.read_metadata("x", text);
        let _ = facts.read_facts_file(&SourceFile::new("x", text));
    }
    let many = format!("a{{{}}} 1", "b=\"c\",".repeat(100_000));
    facts.read_exposition("x", &many);
    let deep = "[".repeat(100_000);
    facts.read_metadata("x", &deep);
    let _ = facts.read_facts_file(&SourceFile::new("x", format!("a = {deep}")));
}

#[test]
fn saved_metadata_is_read_in_both_forms() {
    let by_metric = r#"{"status":"success","data":{"depth":[{"type":"gauge","help":"","unit":"bytes"}],
        "odd":[{"type":"gauge","help":"a","unit":""},{"type":"counter","help":"b","unit":""}],
        "what":[{"type":"unknown","help":"","unit":""}]}}"#;
    let by_target = r#"{"status":"success","data":[{"target":{"job":"a"},"metric":"wait","type":"histogram","help":"","unit":""}]}"#;
    let mut facts = Facts::without_catalogue();
    for (name, text) in [("meta.json", by_metric), ("targets.json", by_target)] {
        let source = SourceFile::new(name, text);
        assert_eq!(Form::of(text), Form::Metadata);
        facts.read(Form::Metadata, &source).expect("no facts file");
    }
    let depth = facts.of("depth").expect("told");
    assert_eq!(
        depth.sentence("depth"),
        "`depth` is a gauge (metadata, meta.json)"
    );
    assert_eq!(facts.unit("depth").map(|it| it.value), Some(Unit::BYTES));
    assert_eq!(facts.of("odd"), None);
    let (one, other) = facts.dispute("odd").expect("two types");
    assert_eq!(
        (one.metric_type, other.metric_type),
        (MetricType::Gauge, MetricType::Counter)
    );
    assert_eq!(facts.of("what"), None);
    assert_eq!(
        facts.of("wait_bucket").map(|it| it.metric_type),
        Some(MetricType::Counter)
    );
}

#[test]
fn users_declare_all_that_can_be_known() {
    let facts = declared(
        "[lamp]\ntype = \"gauge\"\nlabels = [\"dock\", \"berth\"]\nenum = { 1 = \"red\", 0 = \"green\" }\n\
         scrape-interval = \"15s\"\n\n[fill]\nrange = [0, 1.5]\nunit = \"ratio\"\n\n\
         [wait]\ntype = \"histogram\"\nbuckets = [0.1, 1]\nsource = \"TYPE line, dump.prom:3\"\n",
    )
    .expect("valid");
    let lamp = facts.of("lamp").expect("declared");
    assert_eq!(
        lamp.sentence("lamp"),
        "`lamp` is declared a gauge in metrics.toml:2"
    );
    assert_eq!(lamp.tier, Tier::Declared);
    assert_eq!(
        labels(&facts, "lamp"),
        Some(vec!["berth".to_owned(), "dock".to_owned()])
    );
    let Some(Domain::Values(values)) = facts.domain("lamp").map(|it| it.value) else {
        panic!("an enum");
    };
    assert_eq!(
        values.iter().map(|it| (it.0, &*it.1)).collect::<Vec<_>>(),
        [(0.0, "green"), (1.0, "red")]
    );
    assert_eq!(
        facts.domain("fill").map(|it| it.value),
        Some(Domain::Range(0.0, 1.5))
    );
    assert_eq!(facts.scrape_interval("lamp").map(|it| it.value), Some(15_000));
    assert_eq!(
        facts.buckets("wait").map(|it| it.value.clone()),
        Some(vec![0.1, 1.0])
    );
    assert_eq!(
        facts.of("wait_sum").expect("a series").sentence("wait_sum"),
        "`wait_sum` is a counter (declared in metrics.toml:12; TYPE line, dump.prom:3)"
    );
}

#[test]
fn mistakes_in_declarations_are_errors() {
    for (text, error) in [
        (
            "[a]\ntyp = \"gauge\"\n",
            "2:1 unknown key typ; did you mean type?",
        ),
        (
            "[a]\ntype = \"guage\"\n",
            "2:8 unknown type guage; did you mean gauge?",
        ),
        (
            "[a]\nrange = [1, 0]\n",
            "2:9 range: the first value has to be the lesser one",
        ),
        ("[a]\nbuckets = [1, 1]\n", "2:11 buckets: bounds have to rise"),
        ("[a]\nenum = { x = \"green\" }\n", "2:10 enum: x is no number"),
        ("[a]\nlabels = \"x\"\n", "2:10 labels: a list is needed"),
        (
            "a = 3\n",
            "1:1 unknown key a; what is known of a metric stands in a table of its name",
        ),
        (
            "[a]\nunit = \"furlongs\"\n",
            "2:8 unknown unit furlongs; there are seconds, bytes, ratio, percent and others",
        ),
    ] {
        assert_eq!(declared(text).err().as_deref(), Some(error), "{text}");
    }
}

#[test]
fn the_strongest_source_wins() {
    let mut facts = Facts::new();
    assert_eq!(facts.of("node_load1").map(|it| it.tier), Some(Tier::Bundled));
    facts.read_exposition("a.prom", "# TYPE node_load1 counter\n");
    assert_eq!(
        facts.of("node_load1").map(|it| it.metric_type),
        Some(MetricType::Counter)
    );
    let own = SourceFile::new(
        "firedrill.toml",
        "[metrics]\ndumps = []\n[metrics.node_load1]\ntype = \"gauge\"\n",
    );
    facts.read_configuration(&own, &["dumps"]).expect("valid");
    assert_eq!(
        facts.of("node_load1").expect("declared").sentence("node_load1"),
        "`node_load1` is declared a gauge in firedrill.toml:4"
    );
}
