//! `firedrill.toml`: what it changes, and what is said of mistakes in it.

use crate::support::{root, run_in, scratch};
use std::path::{Path, PathBuf};

const GOOD: &str = "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up == 0\n    for: 5m\n";
const BROKEN: &str = "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up ==\n";

/// A project with a good rule file, a broken one in `old/`, and this configuration.
fn project(name: &str, config: &str) -> PathBuf {
    let folder = scratch(name);
    // Nothing above it counts.
    std::fs::create_dir(folder.join(".git")).unwrap();
    std::fs::create_dir_all(folder.join("rules/old")).unwrap();
    std::fs::write(folder.join("rules/good.yml"), GOOD).unwrap();
    std::fs::write(folder.join("rules/old/broken.yml"), BROKEN).unwrap();
    std::fs::write(folder.join("firedrill.toml"), config).unwrap();
    folder
}

fn check(folder: &Path, args: &[&str]) -> (i32, String) {
    let outcome = run_in(folder, ["check"].iter().chain(args), "");
    (outcome.code, outcome.stdout + &outcome.stderr)
}

#[test]
fn excluded_directories_are_passed_over_but_not_files_that_the_user_names() {
    let folder = project(
        "config-exclude",
        "[project]\nrules = [\"rules\"]\nexclude = [\"rules/old\"]\n",
    );
    assert_eq!(
        check(&folder, &[]),
        (0, "no problems found in 1 rule (1 file)\n".to_owned())
    );
    assert_eq!(check(&folder, &["--no-config"]).0, 1);
    assert_eq!(check(&folder, &["rules/old/broken.yml"]).0, 1);
    // From below, too.
    assert_eq!(
        check(&folder.join("rules"), &[]),
        (0, "no problems found in 1 rule (1 file)\n".to_owned())
    );
}

#[test]
fn patterns_name_rule_files() {
    let folder = project("config-patterns", "[project]\nrules = [\"rules/*.yml\"]\n");
    assert_eq!(check(&folder, &[]).0, 0, "a star stays in its directory");
    let folder = project("config-deep", "[project]\nrules = [\"rules/**/*.yml\"]\n");
    assert_eq!(check(&folder, &[]).0, 1, "two stars do not");
    let folder = project("config-no-match", "[project]\nrules = [\"alerts/*.yml\"]\n");
    assert_eq!(
        check(&folder, &[]),
        (
            2,
            "firedrill: [project] rules: no file fits alerts/*.yml\n".to_owned()
        )
    );
}

#[test]
fn features_and_limits_reach_the_engine() {
    let folder = project(
        "config-engine",
        "[prometheus]\nfeatures = [\"promql-experimental-functions\"]\n[limits]\nsamples = 3\n",
    );
    let query = |args: &[&str]| {
        let outcome = run_in(&folder, ["query"].iter().chain(args), "");
        (outcome.code, outcome.stdout + &outcome.stderr)
    };
    assert_eq!(
        query(&["-q", "sort_by_label(up, \"job\")", "--series", "up{job=\"a\"} 1"]).0,
        0
    );
    let (code, text) = query(&["up", "--series", "up 1x9"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("more than 3 samples"), "{text}");
}

#[test]
fn the_examples_of_the_readme_are_accepted() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() > 1);
    for (index, example) in blocks.into_iter().enumerate() {
        let folder = project(&format!("config-readme-{index}"), example);
        std::fs::create_dir(folder.join("rules/vendor")).unwrap();
        let _ = std::fs::remove_file(folder.join("rules/old/broken.yml"));
        if example.contains("[project]") {
            std::fs::write(folder.join("rules/vendor/broken.yml"), BROKEN).unwrap();
        }
        std::fs::write(folder.join("prometheus.yml"), "global: {scrape_interval: 15s}\n").unwrap();
        std::fs::write(folder.join("metrics.toml"), "[jobs_waiting]\ntype = \"gauge\"\n").unwrap();
        std::fs::write(folder.join("queue.prom"), "# TYPE depth gauge\ndepth 3\n").unwrap();
        std::fs::write(folder.join("main.go"), "package main\n").unwrap();
        let (code, text) = check(&folder, &[]);
        assert_eq!(code, 0, "{example}\n{text}");
    }
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    for (name, config, said) in [
        (
            "key",
            "[project]\nrulez = []\n",
            "firedrill.toml:2:1: unknown key rulez; did you mean rules?",
        ),
        (
            "table",
            "[projects]\n",
            "firedrill.toml:1:2: unknown key projects; did you mean project?",
        ),
        (
            "type",
            "[limits]\nsamples = \"many\"\n",
            "firedrill.toml:2:11: invalid type: string \"many\", expected usize",
        ),
        ("syntax", "[project\n", "firedrill.toml:1:9: "),
        (
            "feature",
            "[prometheus]\nfeatures = [\"promql-experimental-function\"]\n",
            "firedrill.toml:2:13: unknown feature promql-experimental-function; did you mean promql-experimental-functions?",
        ),
        ("glob", "[project]\nexclude = [\"a[\"]\n", "firedrill.toml:2:12: "),
        (
            "timeout",
            "[limits]\ntimeout = \"soon\"\n",
            "firedrill.toml:2:11: timeout: ",
        ),
    ] {
        let folder = project(&format!("config-bad-{name}"), config);
        let (code, text) = check(&folder, &[]);
        assert_eq!(code, 2, "{name}: {text}");
        assert!(text.starts_with(&format!("firedrill: {said}")), "{name}: {text}");
    }
}

#[test]
fn a_named_file_that_is_not_there_is_an_error() {
    let folder = project("config-missing", "");
    assert_eq!(
        check(&folder, &["--config", "other.toml"]),
        (
            2,
            "firedrill: cannot read other.toml: no such file or directory\n".to_owned()
        )
    );
}
