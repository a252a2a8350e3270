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
