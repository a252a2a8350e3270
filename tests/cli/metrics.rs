//! What is known about metrics and about the server: `prometheus.yml`, dumps, facts files, source code.

use crate::support::{run_in, scratch};

const RULE: &str = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n";

#[test]
fn a_server_configuration_leads_to_its_rule_files() {
    let directory = scratch("server");
    std::fs::create_dir_all(directory.join("rules")).unwrap();
    std::fs::write(directory.join("rules/a.yml"), RULE).unwrap();
    std::fs::write(directory.join("rules/b.yml"), RULE.replace("name: g", "name: h")).unwrap();
    let server = "global:\n  scrape_interval: 15s\nrule_files:\n  - rules/*.yml\n  - nowhere/*.yml\n";
    std::fs::write(directory.join("prometheus.yml"), server).unwrap();
    let outcome = run_in(&directory, ["check", "-f", "short", "prometheus.yml"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome
            .stdout
            .starts_with("prometheus.yml:5:5: warning: no file matches nowhere/*.yml"),
        "{}",
        outcome.stdout
    );
    let summary = run_in(&directory, ["check", "prometheus.yml"], "").stdout;
    assert!(summary.contains("2 rules (2 files)"), "{summary}");
}

#[test]
fn mistakes_in_a_server_configuration_are_found_where_it_is_used() {
    let directory = scratch("server-mistakes");
    std::fs::write(directory.join("a.yml"), RULE).unwrap();
    let server = "global:\n  scrape_interval: 15\n";
    std::fs::write(directory.join("prometheus.yml"), server).unwrap();
    let line =
        "prometheus.yml:2:20: error: `scrape_interval`: the duration `15` has no unit [FD016 bad-duration]";
    let found = run_in(&directory, ["check", "-f", "short"], "");
    assert!(found.stdout.contains(line), "{}", found.stdout);
    // Which of two is meant nobody can know.
    std::fs::create_dir_all(directory.join("other")).unwrap();
    std::fs::write(directory.join("other/prometheus.yaml"), server).unwrap();
    let two = run_in(&directory, ["check", "-f", "short"], "");
    assert!(!two.stdout.contains("prometheus.y"), "{}", two.stdout);
    std::fs::write(
        directory.join("firedrill.toml"),
        "[prometheus]\nconfig = \"other/prometheus.yaml\"\n",
    )
    .unwrap();
    let told = run_in(&directory, ["check", "-f", "short"], "");
    assert!(
        told.stdout.contains("other/prometheus.yaml:2:20: error"),
        "{}",
        told.stdout
    );
    std::fs::remove_file(directory.join("other/prometheus.yaml")).unwrap();
    let gone = run_in(&directory, ["check"], "");
    assert_eq!(gone.code, 2);
    assert!(
        gone.stderr.contains("cannot read other/prometheus.yaml"),
        "{}",
        gone.stderr
    );
}

const GO: &str = r#"package gate

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const namespace = "harbour"

var depth = promauto.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "queue_depth"})

var wait = promauto.With(nil).NewHistogramVec(prometheus.HistogramOpts{
	Namespace: namespace,
	Subsystem: "gate",
	Name:      "wait_seconds",
	Buckets:   prometheus.ExponentialBuckets(0.1, 10, 3),
}, []string{"gate"})

func lamp(color string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: "lamp_" + color})
}

var passing = prometheus.NewDesc(namespace+"_passing_total", "Ships.", nil, nil)

func collect(ch chan<- prometheus.Metric, names map[string]float64) {
	ch <- prometheus.MustNewConstMetric(passing, prometheus.CounterValue, 1)
	for name := range names {
		lamp(name)
	}
}
"#;

/// A project with Go code, rules and a configuration.
fn project(name: &str, configuration: &str) -> std::path::PathBuf {
    let directory = scratch(name);
    std::fs::create_dir_all(directory.join(".git")).unwrap();
    std::fs::create_dir_all(directory.join("gate/vendor/x")).unwrap();
    std::fs::write(directory.join("gate/metrics.go"), GO).unwrap();
    let other = GO
        .replace("NewGauge(", "NewCounter(")
        .replace("GaugeOpts", "CounterOpts");
    std::fs::write(directory.join("gate/metrics_test.go"), &other).unwrap();
    std::fs::write(directory.join("gate/vendor/x/x.go"), &other).unwrap();
    let rules = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'rate(harbour_queue_depth[5m]) > 10'}\n  \
                 - {alert: B, expr: 'node_load1 > 5'}\n  - {alert: C, expr: 'tide > 5'}\n";
    std::fs::write(directory.join("rules.yml"), rules).unwrap();
    std::fs::write(directory.join("firedrill.toml"), configuration).unwrap();
    directory
}

#[test]
fn code_tells_what_a_metric_is_and_where() {
    let directory = project("metrics-code", "[metrics]\nsources = [\"./**/*.go\"]\n");
    let outcome = run_in(&directory, ["metrics", "-v"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let expected = "\
harbour_gate_wait_seconds  histogram  registered at gate/metrics.go:12
    in seconds · labels gate · 3 buckets
harbour_passing_total      counter    registered at gate/metrics.go:23
    no labels
harbour_queue_depth        gauge      registered at gate/metrics.go:10
    no labels

3 metrics; the type of 3 is known from more than the name
1 name is made at run time and was left out
";
    assert_eq!(outcome.stdout, expected);
    let check = run_in(&directory, ["check", "-f", "short", "rules.yml"], "");
    assert_eq!(check.code, 1, "{}", check.stdout);
    assert!(
        check.stdout.contains("rules.yml:4:") && check.stdout.contains("[FD101 rate-on-gauge]"),
        "{}",
        check.stdout
    );
}

#[test]
fn the_metrics_of_rules_are_listed_with_their_use() {
    let directory = project(
        "metrics-rules",
        "[metrics.tide]\ntype = \"gauge\"\nunit = \"percent\"\nrange = [0, 100]\n",
    );
    let outcome = run_in(&directory, ["metrics", "rules.yml", "--metrics", "gate"], "");
    let expected = "\
harbour_queue_depth  gauge      registered at gate/metrics.go:10
    no labels · taken for a counter in 1 expression
node_load1           gauge      built-in facts, node_exporter
    taken for a level in 1 expression
tide                 gauge      declared in firedrill.toml:2
    in percent · values from 0 to 100 · taken for a level in 1 expression

3 metrics; the type of 3 is known from more than the name
";
    assert_eq!(outcome.stdout, expected, "{}", outcome.stderr);
    let json = run_in(&directory, ["metrics", "rules.yml", "-f", "json"], "").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["type"], "unknown");
    assert_eq!(json[1]["tier"], "built-in");
    assert_eq!(json[2]["values"], "from 0 to 100");
}

#[test]
fn a_locked_facts_file_says_the_same_again() {
    let directory = project("metrics-lock", "");
    std::fs::write(
        directory.join("dump.prom"),
        "# TYPE harbour_queue_depth counter\n# TYPE tide gauge\n# TYPE tide_total gauge\ntide{dock=\"a\"} 1\n# TYPE odd gauge\n# TYPE odd counter\n",
    )
    .unwrap();
    let first = run_in(
        &directory,
        [
            "metrics",
            "--metrics",
            "gate",
            "--metrics",
            "dump.prom",
            "--lock",
            "metrics.toml",
        ],
        "",
    );
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(
        first
            .stdout
            .contains("odd                        disputed\n    gauge (TYPE line, dump.prom:5), counter (TYPE line, dump.prom:6)\n"),
        "{}",
        first.stdout
    );
    let locked = std::fs::read_to_string(directory.join("metrics.toml")).unwrap();
    assert!(
        locked.contains(
            "[harbour_gate_wait_seconds]\ntype = \"histogram\"\nlabels = [\"gate\"]\nbuckets = [0.1, 1.0, 10.0]\n\
             source = \"registered at gate/metrics.go:12\"\n"
        ),
        "{locked}"
    );
    assert!(
        locked.contains("[harbour_queue_depth]\ntype = \"counter\"\n"),
        "what is exposed counts for more than the code: {locked}"
    );
    let again = run_in(
        &directory,
        [
            "metrics",
            "--metrics",
            "metrics.toml",
            "--lock",
            "again.toml",
            "-q",
        ],
        "",
    );
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(
        std::fs::read_to_string(directory.join("again.toml")).unwrap(),
        locked
    );
}

#[test]
fn mistakes_in_facts_are_said_with_their_place() {
    for (name, configuration, problem) in [
        (
            "metrics-key",
            "[metrics]\nsource = [\"a\"]\n",
            "firedrill.toml:2:1: unknown key source; did you mean sources?",
        ),
        (
            "metrics-type",
            "[metrics.tide]\ntype = \"guage\"\n",
            "firedrill.toml:2:8: unknown type guage; did you mean gauge?",
        ),
        (
            "metrics-none",
            "[metrics]\ndumps = [\"*.prom\"]\n",
            "[metrics] dumps: no file fits *.prom",
        ),
    ] {
        let directory = project(name, configuration);
        let outcome = run_in(&directory, ["metrics", "rules.yml"], "");
        assert_eq!(outcome.code, 2, "{}", outcome.stdout);
        assert!(outcome.stderr.contains(problem), "{}", outcome.stderr);
    }
}
