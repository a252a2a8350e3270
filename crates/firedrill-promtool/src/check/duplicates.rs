//! promtool's `duplicate-rules` lint.

use super::decode::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What identifies a rule to the lint: its name and its labels, those of the group included. Neither the kind of rule
/// nor its expression counts.
type Identity = (String, BTreeMap<String, String>);

/// The text of the lint; `None` if no two rules share name and labels.
pub(crate) fn lint(file: &Value<'_>) -> Option<String> {
    let mut seen: BTreeMap<Identity, usize> = BTreeMap::new();
    for group in file.list("groups") {
        for rule in group.list("rules") {
            let alert = rule.text("alert").text;
            let name = if alert.is_empty() {
                rule.text("record").text
            } else {
                alert
            };
            let labels = group.texts("labels").iter().chain(rule.texts("labels"));
            let labels = labels.map(|(key, value)| (key.text.to_string(), value.text.to_string()));
            *seen.entry((name.to_string(), labels.collect())).or_default() += 1;
        }
    }
    let repeated: Vec<&Identity> = seen
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(rule, _)| rule)
        .collect();
    if repeated.is_empty() {
        return None;
    }
    let mut text = format!("{} duplicate rule(s) found.\n", repeated.len());
    for (name, labels) in repeated {
        let _ = write!(text, "Metric: {name}\nLabel(s):\n");
        for (key, value) in labels {
            let _ = writeln!(text, "\t{key}: {value}");
        }
    }
    text.push_str("Might cause inconsistency while recording expressions");
    Some(text)
}
