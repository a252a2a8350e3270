//! Coverage as one JSON document.

use crate::findings_json::place;
use firedrill_model::RuleKind;
use firedrill_source::{Location, Sources};
use firedrill_unit::{FileCoverage, RuleCoverage, Tally, Totals};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes totals, files, rules and points.
///
/// # Errors
/// When the writer fails.
pub fn write_coverage_json(out: &mut dyn Write, sources: &Sources, totals: &Totals) -> io::Result<()> {
    let files: Vec<Value> = totals
        .files
        .iter()
        .map(|file| {
            let rules = file.rules.iter().map(|rule| rule_json(sources, file, rule));
            json!({
                "file": super::lines::path_of(sources, file),
                "loaded": file.loaded,
                "total": tally_json(file.tally()),
                "groups": groups(file),
                "rules": rules.collect::<Vec<_>>(),
            })
        })
        .collect();
    let document = json!({ "total": tally_json(totals.tally()), "files": files });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn tally_json(tally: Tally) -> Value {
    json!({
        "percent": tally.percent(),
        "points": tally.points,
        "seen": tally.seen,
        "rules": tally.rules,
        "tested": tally.tested,
    })
}

fn groups(file: &FileCoverage) -> Vec<Value> {
    let mut groups: Vec<(&str, Vec<RuleCoverage>)> = Vec::new();
    for rule in &file.rules {
        match groups.iter_mut().find(|(name, _)| **name == *rule.group) {
            Some((_, rules)) => rules.push(rule.clone()),
            None => groups.push((&rule.group, vec![rule.clone()])),
        }
    }
    let groups = groups.into_iter().map(|(name, rules)| {
        let group = FileCoverage {
            file: file.file,
            loaded: file.loaded,
            rules,
        };
        json!({ "name": name, "total": tally_json(group.tally()) })
    });
    groups.collect()
}

fn rule_json(sources: &Sources, file: &FileCoverage, rule: &RuleCoverage) -> Value {
    let text = sources.get(file.file).text();
    let points: Vec<Value> = rule
        .points
        .iter()
        .map(|(point, tests)| {
            let mut map = place(sources, Location::new(file.file, point.span(text)));
            map.insert("kind".to_owned(), json!(point.kind.name()));
            map.insert("text".to_owned(), json!(point.text));
            map.insert("tests".to_owned(), json!(tests));
            if *tests == 0 {
                map.insert("missing".to_owned(), json!(point.missing()));
            }
            Value::Object(map)
        })
        .collect();
    let mut map = place(sources, Location::new(file.file, rule.span));
    let kind = match rule.kind {
        RuleKind::Alert => "alert",
        RuleKind::Record => "record",
        RuleKind::Query => "query",
    };
    for (key, value) in [
        ("group", json!(&*rule.group)),
        ("name", json!(&*rule.name)),
        ("kind", json!(kind)),
        ("evaluated", json!(rule.evaluated)),
        ("tests", json!(rule.tests)),
        ("resolved", json!(rule.resolved)),
        ("without_data", json!(rule.without_data)),
        ("points", json!(points)),
    ] {
        map.insert(key.to_owned(), value);
    }
    Value::Object(map)
}
