//! Templates against what promtool recorded. Skipped, and said so, where the recordings are absent.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and says what it left out"
)]

use firedrill_template::{Context, Data, Sample, Template};
use firedrill_value::Labels;
use serde_yaml::Value;
use std::path::PathBuf;

fn claims() -> Option<PathBuf> {
    let shared = std::env::var_os("FIREDRILL_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let claims = shared.join("oracle/claims");
    if claims.is_dir() {
        return Some(claims);
    }
    println!("skipped: no recordings at {}", claims.display());
    None
}

fn read(path: PathBuf) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || serde_yaml::to_string(value).unwrap().trim().to_owned(),
        str::to_owned,
    )
}

fn labels(value: &Value) -> Labels {
    let pairs = value
        .as_mapping()
        .into_iter()
        .flatten()
        .map(|(k, v)| (text(k), text(v)));
    Labels::from_pairs(pairs)
}

struct NoQueries;

impl Context for NoQueries {
    fn query(&mut self, _: &str) -> Result<Vec<Sample>, String> {
        Err("no queries here".to_owned())
    }
}

/// The labels of `name{a="x"}` as these files write them.
fn series_labels(series: &str) -> Labels {
    let (name, rest) = series.split_once('{').unwrap_or((series, "}"));
    let mut pairs = vec![("__name__".to_owned(), name.to_owned())];
    for pair in rest
        .trim_end_matches('}')
        .split(',')
        .filter(|pair| !pair.is_empty())
    {
        let (label, value) = pair.split_once('=').unwrap();
        pairs.push((label.trim().to_owned(), value.trim_matches('"').to_owned()));
    }
    Labels::from_pairs(pairs)
}

#[test]
fn annotations_expand_as_recorded() {
    let Some(claims) = claims() else { return };
    let rules = read(claims.join("rules/templates.yml"));
    let tests = read(claims.join("templates.yml"));
    let rules = rules["groups"][0]["rules"].as_sequence().unwrap();
    let (mut checked, mut wrong) = (0, Vec::new());
    for group in tests["tests"].as_sequence().unwrap() {
        let series = group["input_series"].as_sequence().unwrap();
        let simple = series.len() == 1 && text(&series[0]["values"]) == "1x3";
        for case in group["alert_rule_test"]
            .as_sequence()
            .into_iter()
            .flatten()
            .filter(|_| simple)
        {
            let name = text(&case["alertname"]);
            let rule = rules.iter().find(|rule| text(&rule["alert"]) == name).unwrap();
            if rule["expr"].as_str().is_some_and(|expr| expr.contains(' ')) {
                continue;
            }
            let sample = series_labels(&text(&series[0]["series"]));
            let external = labels(&group["external_labels"]);
            let url = group["external_url"].as_str().unwrap_or("").to_owned();
            let data = Data {
                labels: &sample,
                external_labels: &external,
                external_url: &url,
                value: 1.0,
                histogram: None,
                time: 60_000,
            };
            for alert in case["exp_alerts"].as_sequence().into_iter().flatten() {
                for (key, expected) in alert["exp_annotations"].as_mapping().into_iter().flatten() {
                    let template = text(&rule["annotations"][key]);
                    if template.contains("query")
                        && !template.contains("uery\"")
                        && !template.contains("urlquery")
                    {
                        continue;
                    }
                    let got = match Template::parse(&template) {
                        Err(error) => format!(
                            "<error expanding template: error parsing template __alert_{name}: {}>",
                            error.render(&name)
                        ),
                        Ok(parsed) => parsed
                            .expand(&data, &mut NoQueries)
                            .unwrap_or_else(|error| error.render(&name)),
                    };
                    checked += 1;
                    if got != text(expected) {
                        wrong.push(format!(
                            "{name} {}: {template}\n  got  {got}\n  want {}",
                            text(key),
                            text(expected)
                        ));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {checked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(checked > 200, "only {checked} annotations were found");
}

#[test]
fn broken_templates_are_refused_in_the_recorded_words() {
    let Some(claims) = claims() else { return };
    let mut checked = 0;
    let mut wrong = Vec::new();
    let expected = std::fs::read_to_string(claims.join("invalid/EXPECTED.csv")).unwrap();
    for entry in std::fs::read_dir(claims.join("invalid")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if !file.starts_with("template-") {
            continue;
        }
        let rule = &read(path)["groups"][0]["rules"][0];
        let name = text(&rule["alert"]);
        let values = rule["annotations"]
            .as_mapping()
            .into_iter()
            .chain(rule["labels"].as_mapping())
            .flatten();
        let errors: Vec<String> = values
            .filter_map(|(_, value)| Template::parse(&text(value)).err())
            .map(|error| error.render(&name).replace('"', "\"\""))
            .collect();
        let from = expected.find(&format!("\n{file},")).unwrap() + 1;
        let row: String = expected[from..].split("\ntemplate-").next().unwrap().to_owned();
        checked += 1;
        let plain = row.replace("\"\"", "\"");
        if errors.is_empty()
            || !errors
                .iter()
                .any(|error| row.contains(error) || plain.contains(error))
        {
            wrong.push(format!("{file}\n  got  {errors:?}\n  want {row}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {checked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(checked > 40);
}
