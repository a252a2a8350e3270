//! promtool's `duplicate-rules` lint.

use super::decode::Value;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What identifies a rule to the lint: its name and its labels, those of the group included. Neither the kind of rule
/// nor its expression counts.
type Identity<'f> = (&'f str, BTreeMap<&'f str, &'f str>);

/// The text of the lint; `None` if no two rules share name and labels.
pub(crate) fn lint(file: &Value<'_>) -> Option<String> {
    let rules = || {
        let groups = file.list("groups").iter();
        groups.flat_map(|group| group.list("rules").iter().map(move |rule| (group, rule)))
    };
    // Nothing is repeated unless a name is.
    let mut names = FxHashSet::default();
    let repeated: FxHashSet<&str> = rules()
        .map(|(_, rule)| name(rule))
        .filter(|name| !names.insert(*name))
        .collect();
    if repeated.is_empty() {
        return None;
    }
    let mut seen: BTreeMap<Identity<'_>, usize> = BTreeMap::new();
    for (group, rule) in rules() {
        let name = name(rule);
        if repeated.contains(name) {
            let labels = group.texts("labels").iter().chain(rule.texts("labels"));
            let labels = labels.map(|(key, value)| (&*key.text, &*value.text));
            *seen.entry((name, labels.collect())).or_default() += 1;
        }
    }
    let repeated: Vec<&Identity<'_>> = seen
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

fn name<'f>(rule: &'f Value<'_>) -> &'f str {
    let alert = &*rule.text("alert").text;
    if alert.is_empty() {
        &rule.text("record").text
    } else {
        alert
    }
}
