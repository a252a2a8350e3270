//! Folders of rule files with carets under what has to be found.

mod common;

use common::{check, line_of, marked, workspace};
use firedrill_facts::Facts;
use firedrill_source::Severity;

#[test]
fn every_case_yields_exactly_its_marked_findings() {
    let root = workspace().join("fixtures/lint/cases");
    let mut problems = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(root).expect("cases") {
        let folder = entry.expect("entry").path();
        if !folder.is_dir() {
            continue;
        }
        cases += 1;
        let mut facts = Facts::new();
        let mut texts = Vec::new();
        let mut paths: Vec<_> = std::fs::read_dir(&folder)
            .expect("case")
            .flatten()
            .map(|e| e.path())
            .collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let name = path
                .strip_prefix(folder.parent().expect("a parent"))
                .expect("below")
                .display()
                .to_string();
            if path.extension().is_some_and(|ext| ext == "prom") {
                facts.read_exposition(&name, &text);
            } else {
                texts.push((name, text));
            }
        }
        let checked = check(
            texts.iter().map(|(name, text)| (name.as_str(), text.as_str())),
            &facts,
        );
        for (id, file) in checked.sources.iter() {
            let mut found = Vec::new();
            let mut words = Vec::new();
            for finding in checked.reading.iter().chain(&checked.linting) {
                // A remark on habit that nearly every short example would earn.
                let is_habit = finding.code.0 == "FD402";
                if finding.primary.location.file == id && !is_habit {
                    let span = finding.primary.location.span;
                    let (start, end) = (
                        file.line_column(span.start as usize),
                        file.line_column(span.end as usize),
                    );
                    found.push((start.line, start.column, end.column, finding.code.0.to_owned()));
                    words.push(line_of(&checked.sources, finding));
                    assert!(
                        finding.subject.group.is_some() && finding.subject.rule.is_some(),
                        "{words:?}"
                    );
                }
            }
            found.sort();
            let marked = marked(file.text());
            if found != marked {
                problems.push(format!(
                    "{}\n  found {found:?}\n  marked {marked:?}\n  {}",
                    file.name(),
                    words.join("\n  ")
                ));
            }
        }
    }
    assert!(cases > 0, "no cases");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn ten_thousand_good_rules_have_no_finding_beyond_remarks() {
    let rule = |i: usize| {
        format!(
            "      - alert: Alert{i}\n        expr: sum by (job) (rate(errors_{i}_total{{code=~\"5..\"}}[5m])) \
             / sum by (job) (rate(requests_{i}_total[5m])) > 0.05 and on (job) up == 1\n        annotations:\n          \
             summary: \"{{{{ $labels.job }}}} fails\"\n"
        )
    };
    let text = format!(
        "groups:\n  - name: big\n    rules:\n{}",
        (0..10_000).map(rule).collect::<String>()
    );
    let checked = check([("big.yml", text.as_str())], &Facts::new());
    let without_remarks = checked
        .linting
        .iter()
        .filter(|finding| finding.severity > Severity::Info)
        .count();
    assert_eq!(
        (checked.rules, checked.reading.len(), without_remarks),
        (10_000, 0, 0)
    );
    println!("lints took {:?}", checked.linting_took);
}
