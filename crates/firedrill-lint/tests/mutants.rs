//! Planted bugs: how many of them the lints name. Not every one can be proved from the rules, so the bars are below 100 %;
//! the figures by class are printed (`cargo test --test mutants -- --nocapture`).

mod common;

use common::{Checked, check_with, shared};
use firedrill_facts::Facts;
use firedrill_lint::{Settings, lints};
use firedrill_model::read_prometheus_config;
use firedrill_source::{SourceFile, Sources};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn planted_bugs_are_counted_by_class() {
    let Some(shared) = shared() else {
        println!("skipped: no recorded data beside the repository");
        return;
    };
    let Ok(list) = std::fs::read_to_string(shared.join("mutants/mutants.jsonl")) else {
        println!("skipped: no mutants beside the repository");
        return;
    };
    let facts = dumps(&shared.join("corpus/exposition"));
    let mut classes: BTreeMap<String, (usize, usize, Vec<String>)> = BTreeMap::new();
    for line in list.lines() {
        let mutant: Value = serde_json::from_str(line).expect("JSON");
        let codes: Vec<&str> = mutant["codes"]
            .as_array()
            .expect("codes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        if !codes
            .iter()
            .any(|code| lints().iter().any(|lint| lint.code.0 == *code))
        {
            continue;
        }
        let file = mutant["file"].as_str().expect("file");
        let original = std::fs::read_to_string(shared.join("corpus").join(file)).expect("the original");
        let mutated = apply(&original, &mutant["edits"]);
        let facts = if mutant["needs"] == "types" {
            &facts
        } else {
            &Facts::new()
        };
        let settings = settings(&mutant);
        let count = |text: &str, mutated| {
            let checked = check_with([(file, text)], facts, &settings);
            of_rule(&checked, &mutant, &codes, mutated)
        };
        let class = classes
            .entry(mutant["class"].as_str().expect("class").to_owned())
            .or_default();
        class.0 += 1;
        if count(&mutated, true) > count(&original, false) {
            class.1 += 1;
        } else {
            class.2.push(format!("{} {}", mutant["id"], mutant["variant"]));
        }
    }
    let (mut all, mut named) = (0, 0);
    for (class, (total, found, missed)) in &classes {
        println!("{found:3} of {total:3}  {class}");
        if std::env::var_os("FIREDRILL_SHOW").is_some() {
            missed
                .iter()
                .for_each(|missed| println!("              {missed}"));
        }
        all += total;
        named += found;
    }
    println!("{named} of {all} mutants that these lints are about");
    assert!(all > 0, "no mutant was read");
    assert!(named * 10 >= all * 9, "less than 90 % are named");
    for (class, (total, found, _)) in &classes {
        assert!(found * 10 >= total * 7, "{class}: less than 70 % are named");
    }
}

/// The server's configuration that a mutant comes with.
fn settings(mutant: &Value) -> Settings {
    let text = mutant["prometheus_yml"].as_str();
    let config = text.map(|text| {
        let file = Sources::new().add(SourceFile::new("prometheus.yml", text));
        read_prometheus_config(file, text).0
    });
    Settings {
        prometheus: config,
        ..Settings::default()
    }
}

fn dumps(folder: &std::path::Path) -> Facts {
    let mut facts = Facts::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Ok(text) = std::fs::read_to_string(entry.path()) {
            facts.read_exposition(&entry.file_name().to_string_lossy(), &text);
        }
    }
    facts
}

fn apply(text: &str, edits: &Value) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut edits: Vec<&Value> = edits.as_array().expect("edits").iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit["from"].as_u64()));
    for edit in edits {
        let from = edit["from"].as_u64().expect("from") as usize - 1;
        let remove = edit["remove"].as_u64().expect("remove") as usize;
        let insert = edit["insert"].as_str().expect("insert");
        lines.splice(from..from + remove, insert.split_inclusive('\n'));
    }
    lines.concat()
}

/// How many findings of these codes the rule has. In the mutated file it is where the mutant says (a duplicate has two
/// places), in the original one the rule of the same index.
fn of_rule(checked: &Checked, mutant: &Value, codes: &[&str], mutated: bool) -> usize {
    let Some(file) = checked.files.first() else {
        return 0;
    };
    let source = checked.sources.get(file.file);
    let line = |offset: u32| source.line_column(offset as usize).line as u64;
    let ranges: Vec<(u64, u64)> = if mutated {
        let ranges = mutant["rule_lines"].as_array().into_iter().flatten();
        ranges
            .filter_map(|range| Some((range[0].as_u64()?, range[1].as_u64()?)))
            .collect()
    } else {
        let index = |key: &str| mutant[key].as_u64().unwrap_or(0) as usize;
        let rule = file
            .groups
            .get(index("group"))
            .and_then(|group| group.rules.get(index("rule")));
        rule.map(|rule| (line(rule.span.start), line(rule.span.end)))
            .into_iter()
            .collect()
    };
    let findings = checked
        .linting
        .iter()
        .filter(|finding| codes.contains(&finding.code.0));
    let at = |finding: &firedrill_source::Diagnostic| line(finding.primary.location.span.start);
    findings
        .filter(|finding| {
            ranges
                .iter()
                .any(|range| (range.0..=range.1).contains(&at(finding)))
        })
        .count()
}
