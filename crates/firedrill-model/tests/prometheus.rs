//! What is taken from a server's configuration.

use firedrill_model::{PrometheusConfig, read_prometheus_config};
use firedrill_source::{Diagnostic, FileId, SourceFile};

fn read(name: &str) -> (SourceFile, PrometheusConfig, Vec<Diagnostic>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/prometheus-configs")
        .join(name);
    let file = SourceFile::new(name, std::fs::read_to_string(path).expect("a fixture"));
    let (config, findings) = read_prometheus_config(FileId(0), file.text());
    (file, config, findings)
}

fn shown(file: &SourceFile, findings: &[Diagnostic]) -> Vec<String> {
    let line = |finding: &Diagnostic| {
        let at = file.line_column(finding.primary.location.span.start as usize);
        format!("{}:{} {} {}", at.line, at.column, finding.code, finding.message)
    };
    findings.iter().map(line).collect()
}

#[test]
fn intervals_labels_and_rule_files_are_read() {
    let (file, config, findings) = read("harbour.yml");
    assert!(findings.is_empty(), "{:?}", shown(&file, &findings));
    assert_eq!(config.evaluation_millis(), 60_000);
    assert_eq!(
        config.scrape_interval.as_ref().map(|it| it.value.millis()),
        Some(30_000)
    );
    let labels: Vec<(&str, &str)> = config
        .external_labels
        .iter()
        .map(|it| (&*it.key.text, &*it.value.text))
        .collect();
    assert_eq!(labels, [("site", "north"), ("replica", "2")]);
    let patterns: Vec<&str> = config.rule_files.iter().map(|it| &*it.text).collect();
    assert_eq!(patterns, ["rules/*.yml", "extra/tides.yml"]);
}

#[test]
fn what_relabelling_may_do_to_labels_is_known() {
    let (_, config, _) = read("harbour.yml");
    let [gates, pumps, relay] = config.scrape_configs.as_slice() else {
        panic!("three jobs: {config:?}");
    };
    let written = |of: &[std::sync::Arc<str>]| of.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        gates.written_labels.as_deref().map(written),
        Some(vec!["dock".to_owned(), "pod".to_owned()])
    );
    assert_eq!(
        written(&gates.dropped_labels),
        ["container"],
        "`pod` is written again"
    );
    assert!(!gates.rewrites_job);
    assert_eq!(pumps.written_labels, None, "labelmap writes any label");
    assert!(pumps.rewrites_job);
    assert!(relay.rewrites_job, "the target may say another job");
    assert_eq!(relay.written_labels.as_deref().map(written), Some(Vec::new()));
    let slow = pumps.scrape_interval.as_ref().expect("merged");
    assert_eq!(slow.value.millis(), 300_000);
}

#[test]
fn intervals_follow_the_job_where_it_is_certain() {
    let text = "global: {scrape_interval: 20s}\nscrape_configs:\n- job_name: a\n- job_name: b\n  scrape_interval: 1m\n";
    let (config, findings) = read_prometheus_config(FileId(0), text);
    assert!(findings.is_empty());
    let millis = |job| config.interval_of(job).map(|it| it.millis);
    assert_eq!(millis(Some("a")), Some(20_000));
    assert_eq!(millis(Some("b")), Some(60_000));
    assert_eq!(millis(Some("c")), None);
    assert_eq!(millis(None), None, "the two differ");
}

#[test]
fn what_is_wrong_with_those_parts_is_said() {
    let (file, config, findings) = read("mistakes.yml");
    assert_eq!(
        shown(&file, &findings),
        [
            "2:20 FD016 `scrape_interval`: the duration `30` has no unit",
            "3:24 FD016 `evaluation_interval`: a fraction in the duration `1.5m`",
            "4:13 FD004 `rule_files` has to be a list, but this is the text `rules.yml`",
            "6:15 FD004 `job_name` has to be a text, but this is a list",
            "7:22 FD016 `scrape_interval`: `soon` is no duration",
            "8:5 FD004 the text `just text` stands where a scrape configuration is expected",
        ]
    );
    assert_eq!(config.scrape_configs.len(), 1);
}

#[test]
fn a_text_that_is_no_yaml_is_one_finding() {
    let (file, _, findings) = read("no-yaml.yml");
    assert_eq!(findings.len(), 1, "{:?}", shown(&file, &findings));
    assert_eq!(findings[0].code.0, "FD001");
}

#[test]
fn no_text_makes_the_reader_fail() {
    for text in [
        "",
        "[]",
        "a: &a [*a]",
        "global: [",
        "scrape_configs: [{<<: 3}]",
        "\u{0}",
    ] {
        let (config, _) = read_prometheus_config(FileId(0), text);
        assert!(config.rule_files.is_empty());
    }
}
