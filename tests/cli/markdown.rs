//! Markdown and `.promql` files: blocks checked in place, and a guide as a whole.

use crate::support::{Outcome, firedrill, root, run_in, scratch};
use serde_json::Value;

const GUIDE: &str = "fixtures/go-app/guide.md";

/// The findings of a run in JSON.
fn findings(outcome: &Outcome) -> Vec<Value> {
    let json: Value =
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    json["findings"].as_array().unwrap().clone()
}

/// The short lines about a document.
fn short(name: &str, document: &str) -> Vec<String> {
    let outcome = run_in(
        &root(),
        ["check", "-v", "-f", "short", "--stdin-name", name, "-"],
        document,
    );
    assert_eq!(outcome.stderr, "", "{document}");
    outcome.stdout.lines().map(str::to_owned).collect()
}

/// `line:column code` of the findings of a document, of the severities that show.
fn places(name: &str, document: &str) -> Vec<String> {
    let place = |line: String| -> String {
        let rest = line.strip_prefix(&format!("{name}:")).unwrap();
        let (at, message) = rest.split_once(": ").unwrap();
        format!("{at} {}", &message[message.rfind('[').unwrap() + 1..][..5])
    };
    let lines = short(name, document);
    let shows = |line: &String| !line.contains(": info: ");
    lines.into_iter().filter(shows).map(place).collect()
}

/// The line on which a text stands in a file, from 1.
fn line_of(text: &str, wanted: &str) -> usize {
    text.lines().position(|line| line.contains(wanted)).unwrap() + 1
}

#[test]
fn the_guide_has_two_errors_that_cite_its_code() {
    let guide = std::fs::read_to_string(root().join(GUIDE)).unwrap();
    let outcome = firedrill(["check", "-f", "json", GUIDE]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, ""));
    let found = findings(&outcome);
    let expected = [
        (
            "GoroutineLeakSuspected",
            "app_goroutines",
            "Goroutines",
            "rate(app_goroutines[5m])",
        ),
        (
            "MemoryLeakSuspected",
            "app_heap_alloc_bytes",
            "HeapAlloc",
            "rate(app_heap_alloc_bytes[1h])",
        ),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (finding, (alert, metric, variable, expr)) in found.iter().zip(expected) {
        assert_eq!(
            (finding["severity"].as_str(), finding["code"].as_str()),
            (Some("error"), Some("FD101"))
        );
        let text = finding.to_string();
        assert!(text.contains(alert), "{text}");
        let registered = line_of(&guide, &format!("{variable} = promauto.NewGauge"));
        let evidence = format!("`{metric}` is registered as a gauge at {GUIDE}:{registered}");
        assert!(text.contains(&evidence), "{text} lacks {evidence}");
        let line = line_of(&guide, &format!("expr: {expr}"));
        let short = firedrill(["check", "-f", "short", GUIDE]).stdout;
        assert!(short.contains(&format!("{GUIDE}:{line}:20: error: ")), "{short}");
    }
}

#[test]
fn the_guide_is_shown_as_it_is_written() {
    insta::assert_snapshot!(firedrill(["check", GUIDE]).stdout);
}

#[test]
fn the_guide_and_the_files_around_it_agree() {
    let outcome = firedrill(["check", "-f", "json", "fixtures/go-app"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, ""));
    let errors: Vec<String> = findings(&outcome)
        .iter()
        .map(|finding| {
            assert_eq!(
                (finding["severity"].as_str(), finding["code"].as_str()),
                (Some("error"), Some("FD101"))
            );
            let text = finding.to_string();
            let alerts = ["GoroutineLeakSuspected", "MemoryLeakSuspected"];
            let files = ["go-app/guide.md", "go-app/rules.yml"];
            let subject = finding["rule"]
                .as_str()
                .or(finding["subject"]["rule"].as_str())
                .unwrap();
            assert!(alerts.contains(&subject) && files.iter().any(|file| text.contains(file)));
            subject.to_owned()
        })
        .collect();
    let pair = ["GoroutineLeakSuspected", "MemoryLeakSuspected"];
    assert_eq!(errors, [pair, pair].concat());
}

#[test]
fn what_is_known_of_metrics_comes_from_blocks_too() {
    for args in [
        ["metrics", "-q", GUIDE].as_slice(),
        &["metrics", "-q", "--metrics", GUIDE],
    ] {
        let outcome = firedrill(args);
        assert!(outcome.stdout.contains("app_db_pool_idle"), "{outcome:?}");
        assert_eq!(
            outcome.stdout.matches(&format!("registered at {GUIDE}:")).count(),
            9,
            "{outcome:?}"
        );
    }
    let document = "```text\n# TYPE depth gauge\n```\n> ```prom\n> # TYPE d2 gauge\n> d2 1\n> ```\n```promql\nrate(depth[5m])\nrate(d2[5m])\n```\n";
    let found = short("g.md", document);
    assert_eq!(found.len(), 2, "{found:?}");
    let outcome = run_in(&root(), ["check", "--stdin-name", "g.md", "-"], document);
    for evidence in ["TYPE line, g.md:2", "TYPE line, g.md:5"] {
        assert!(outcome.stdout.contains(evidence), "{}", outcome.stdout);
    }
}

#[test]
fn findings_stand_at_their_places_whatever_the_fence() {
    for (document, expected) in [
        ("```promql\nsum(\n```\n", "2:5 FD007"),
        ("\u{feff}```promql\nsum(\n```\n", "2:5 FD007"),
        ("~~~~PromQL x\n\u{e9} +\n```\n~~~~\n", "2:1 FD007"),
        (
            "1. a\n\n   > - ```promql\n   >   up ==\n   >   ```\n",
            "4:13 FD007",
        ),
        ("```promql\r\n\r\nsum(\r\n```\r\n", "3:5 FD007"),
        ("# t\n```promql\nsum(", "3:5 FD007"),
        (
            "> ```yaml\n> - alert: A\n>   for: 5m\n>   expr: |\n>     up\n>       == 0 +\n> ```\n",
            "6:15 FD007",
        ),
        (
            "  ```yml\n  - record: a:b\n    expr: >-\n      sum(up)\n      - sum(\n  ```\n",
            "5:13 FD007",
        ),
        (
            "```prometheus.yml\n- record: a:b\n  expr: \"\\\"\\u00e9\\\" +\"\n```\n",
            "3:22 FD007",
        ),
        (
            "> ```yaml\n> groups:\n> - name: g\n>   rules:\n>   - {alert: A, expr: up == 0, four: 5m}\n> ```\n",
            "5:33 FD002",
        ),
    ] {
        assert_eq!(places("a/guide.md", document), [expected], "{document}");
    }
}

/// What a rule file is told is what its quotation is told, at its own place.
#[test]
fn a_quotation_is_judged_like_the_file_itself() {
    let mut compared = 0;
    for entry in std::fs::read_dir(root().join("fixtures/rule-files")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Blocks end where fences do, and documents are blocks of their own.
        let apart = text
            .lines()
            .any(|line| line.starts_with("---") || line.starts_with("..."));
        if apart
            || !text.ends_with('\n')
            || text.contains(['\t', '\u{85}', '\u{2028}'])
            || text.contains("\r\n")
        {
            continue;
        }
        // A block ends with its last line, not behind it.
        let alone = short("x.yml", text.trim_end_matches('\n'));
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        let document = format!("\u{e9}\n\n> ```yaml\n{quoted}> ```\n");
        let outcome = run_in(
            &root(),
            ["check", "-v", "-f", "short", "--stdin-name", "x.yml.md", "-"],
            &document,
        );
        if outcome.stderr.contains("no rule file found") {
            continue;
        }
        let moved = |line: &String| -> String {
            let mut parts = line.splitn(4, ':');
            let mut next = || parts.next().unwrap();
            let (_, row, column, rest) = (next(), next(), next(), next());
            let number = |text: &str| text.parse::<usize>().unwrap();
            format!("x.yml.md:{}:{}:{rest}", number(row) + 3, number(column) + 2)
        };
        let expected: Vec<String> = alone.iter().map(moved).collect();
        let got: Vec<String> = outcome.stdout.lines().map(str::to_owned).collect();
        assert_eq!(got, expected, "{}", path.display());
        compared += usize::from(!alone.is_empty());
    }
    assert!(
        compared >= 10,
        "only {compared} files with findings were compared"
    );
}

#[test]
fn only_yaml_with_rules_is_read() {
    let document = "```yaml\nservices:\n  web: {image: x, ports: [80]}\n```\n\n\
        ```yaml\nroute: {receiver: a}\nreceivers: [{name: a}]\n```\n\n\
        ```yaml\ntests:\n- interval: 1m\n  input_series: [{series: 'up', values: x}]\n```\n\n\
        ```yaml\nexpr: sum(\n```\n\n\
        ```\ngroups:\n- name: g\n  rules: [{record: a, expr: 'sum('}]\n```\n\n\
        ```yaml\n---\nglobal: {scrape_interval: 30s}\n---\n- record: a:b\n  expr: sum(\n```\n";
    assert_eq!(places("g.md", document), ["32:13 FD007"]);
}

#[test]
fn a_quoted_configuration_tells_the_intervals() {
    let rules = "```yaml\n- record: a:b\n  expr: rate(b_total[20s])\n```\n";
    let config = "\n```yaml\nglobal:\n  scrape_interval: 15s\n```\n";
    assert_eq!(places("g.md", rules), [] as [&str; 0]);
    let found = short("g.md", &format!("{rules}{config}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("g.md:3:"), "{found:?}");
    // Two that may be meant tell nothing.
    let other = "\n```yaml\nglobal:\n  scrape_interval: 60s\n```\n";
    assert_eq!(
        places("g.md", &format!("{rules}{config}{other}")),
        [] as [&str; 0]
    );
}

#[test]
fn blocks_and_findings_can_be_left_out() {
    let gauge = "```go\npackage x\nvar g = promauto.NewGauge(prometheus.GaugeOpts{Name: \"depth\"})\n```\n";
    let uses = "```promql\nrate(depth[5m])\n\nsum(\n```\n";
    let with = |before: &str| places("g.md", &format!("{gauge}\n{before}{uses}"));
    assert_eq!(with(""), ["7:6 FD101", "9:5 FD007"]);
    assert_eq!(with("<!-- firedrill: ignore FD101 -->\n"), ["10:5 FD007"]);
    assert_eq!(
        with("<!-- firedrill: ignore fd101, FD007 because -->\n"),
        [] as [&str; 0]
    );
    let all = run_in(
        &root(),
        ["check", "--stdin-name", "g.md", "-"],
        &format!("<!-- firedrill: ignore -->\n\n{uses}"),
    );
    assert_eq!(
        (all.code, all.stderr.as_str()),
        (2, "firedrill: no rule file found in -\n")
    );
    let comment = uses.replace("rate(depth", "# firedrill: ignore FD101\nrate(depth");
    assert_eq!(places("g.md", &format!("{gauge}\n{comment}")), ["10:5 FD007"]);
}

#[test]
fn expressions_are_no_alerts() {
    let document = "up\n\nabsent(up{job=\"a\"})\n\nirate(http_requests_total[1m])\n\napp_depth\n  > bool 5\n\nup == 0\n\nup == 0\n";
    assert_eq!(places("q.promql", document), [] as [&str; 0]);
    let document = "# a\nrate(up[5m])\nsum(up) # b\n\n# c\nsum(up{a=\"b\",a=\"c\"})\n";
    let found = short("q.promql", document);
    assert!(
        found.iter().any(|line| line.starts_with("q.promql:2:")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|line| line.starts_with("q.promql:6:")),
        "{found:?}"
    );
}

#[test]
fn quoted_rules_are_no_second_copies() {
    let rule = "```yaml\ngroups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 5m}\n```\n\n";
    assert_eq!(places("g.md", &rule.repeat(2)), [] as [&str; 0]);
}

#[test]
fn directories_find_documents_with_rules_only() {
    let directory = scratch("markdown-directories");
    let write = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "README.md",
        "# x\n\n```yaml\nservices: {}\n```\n```go\npackage x\n```\n",
    );
    write("docs/a.MD", "```promql\nsum(\n```\n");
    write("docs/bad.md", "x");
    std::fs::write(directory.join("docs/bad.md"), b"\xff```promql\nsum(\n```\n").unwrap();
    write("q/a.promql", "up\n\nsum(\n");
    write(
        "r.yml",
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0, for: 5m}\n",
    );
    let run = |args: &[&str]| run_in(&directory, args, "");
    let outcome = run(&["check", "-f", "short", "."]);
    let at = |outcome: &Outcome| -> Vec<String> {
        let place = |line: &str| line.split(": ").next().unwrap().to_owned();
        outcome.stdout.lines().map(place).collect()
    };
    assert_eq!(at(&outcome), ["docs/a.MD:2:5", "q/a.promql:3:5"], "{outcome:?}");
    let summary = run(&["check", "."]).stdout;
    assert!(summary.ends_with("2 errors in 4 rules (3 files)\n"), "{summary}");
    assert_eq!(
        at(&run(&["check", "-f", "short", "q/a.promql"])),
        ["q/a.promql:3:5"]
    );
    let nothing = run(&["check", "README.md"]);
    assert_eq!(
        (nothing.code, nothing.stderr.as_str()),
        (2, "firedrill: no rule file found in README.md\n")
    );
    let bad = run(&["check", "-f", "short", "docs/bad.md"]);
    assert_eq!(at(&bad), ["docs/bad.md:1:1"], "{bad:?}");
    // A guide with nothing but facts serves the rules beside it.
    write(
        "facts.md",
        "```go\npackage x\nvar g = promauto.NewGauge(prometheus.GaugeOpts{Name: \"up\"})\n```\n",
    );
    write(
        "s.yml",
        "groups:\n- name: g\n  rules:\n  - {record: 'a:b', expr: 'rate(up[5m])'}\n",
    );
    let both = run(&["check", "s.yml", "facts.md"]);
    assert!(both.stdout.contains("facts.md:3"), "{both:?}");
}
