//! What promtool checks once a rule file is decoded (`rulefmt.Validate`).

use super::decode::{Text, Value};
use firedrill_promql::{Features, parse};
use firedrill_source::SourceFile;
use firedrill_template::Template;
use firedrill_value::{METRIC_NAME, quote};
use firedrill_yaml::NodeRef;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The number of rules in a file.
pub(crate) fn count_rules(file: &Value<'_>) -> usize {
    file.list("groups")
        .iter()
        .map(|group| group.list("rules").len())
        .sum()
}

/// All errors of a decoded file, in promtool's order. `nodes` is the second decoding, with positions.
pub(crate) fn validate(file: &Value<'_>, nodes: &Value<'_>, text: &str, features: &Features) -> Vec<String> {
    let mut validator = Validator {
        source: SourceFile::new("", text),
        features,
        errors: Vec::new(),
    };
    let mut names: FxHashSet<Arc<str>> = FxHashSet::default();
    let positions = nodes.list("groups");
    for (index, group) in file.list("groups").iter().enumerate() {
        validator.group(group, positions.get(index), &mut names);
    }
    validator.errors
}

struct Validator<'a> {
    source: SourceFile,
    features: &'a Features,
    errors: Vec<String>,
}

/// The rule that errors are about.
struct Subject<'a> {
    group: &'a str,
    number: usize,
    name: &'a str,
}

impl Validator<'_> {
    fn group(&mut self, group: &Value<'_>, nodes: Option<&Value<'_>>, names: &mut FxHashSet<Arc<str>>) {
        let name = group.text("name").text;
        let position = self.position(nodes.and_then(|nodes| nodes.get("node")));
        if name.is_empty() {
            self.errors
                .push(format!("{position}: Groupname must not be empty"));
        }
        if !names.insert(name.clone()) {
            self.errors.push(format!(
                "{position}: groupname: \"{name}\" is repeated in the same file"
            ));
        }
        for (key, value) in group.texts("labels") {
            self.errors.extend(label_errors(key, value));
        }
        let rule_nodes = nodes.map_or(&[][..], |nodes| nodes.list("rules"));
        for (index, rule) in group.list("rules").iter().enumerate() {
            let (alert, record) = (rule.text("alert").text, rule.text("record").text);
            let rule_name = if alert.is_empty() { &record } else { &alert };
            let subject = Subject {
                group: &name,
                number: index + 1,
                name: rule_name,
            };
            self.rule(rule, rule_nodes.get(index), &subject);
        }
    }

    fn rule(&mut self, rule: &Value<'_>, nodes: Option<&Value<'_>>, subject: &Subject<'_>) {
        let place = |this: &Self, key: &str| this.position(nodes.and_then(|nodes| nodes.get(key)));
        let (record_at, alert_at, expr_at) =
            (place(self, "record"), place(self, "alert"), place(self, "expr"));
        let (record, alert, expr) = (rule.text("record"), rule.text("alert"), rule.text("expr").text);
        let both = format!("{record_at}: {alert_at}");
        if !record.text.is_empty() && !alert.text.is_empty() {
            self.error(&both, subject, "only one of 'record' and 'alert' must be set");
        }
        if record.text.is_empty() && alert.text.is_empty() {
            self.error(&both, subject, "one of 'record' or 'alert' must be set");
        }
        if expr.is_empty() {
            self.error(&expr_at, subject, "field 'expr' must be set in rule");
        } else if let Some(message) = parse(&expr, self.features).promtool_message(&expr) {
            self.error(
                &expr_at,
                subject,
                &format!("could not parse expression: {message}"),
            );
        }
        if !record.text.is_empty() {
            self.recording_rule(rule, &record, &record_at, subject);
        }
        for (key, value) in rule.texts("labels") {
            for message in label_errors(key, value) {
                self.error("", subject, &message);
            }
        }
        for (key, _) in rule.texts("annotations") {
            if key.text.is_empty() || !key.valid {
                self.error("", subject, &format!("invalid annotation name: {}", key.text));
            }
        }
        if !alert.text.is_empty() {
            for (kind, field) in [("label", "labels"), ("annotation", "annotations")] {
                for (key, value) in rule.texts(field) {
                    if let Err(error) = Template::parse(&value.text) {
                        let place = format!("template: __alert_{}:{}", alert.text, error.line);
                        let message = format!("{kind} {}: {place}: {}", quote(&key.text), error.message);
                        self.error("", subject, &message);
                    }
                }
            }
        }
    }

    fn recording_rule(&mut self, rule: &Value<'_>, record: &Text, at: &str, subject: &Subject<'_>) {
        if !rule.texts("annotations").is_empty() {
            self.error(at, subject, "invalid field 'annotations' in recording rule");
        }
        for field in ["for", "keep_firing_for"] {
            if rule.has_duration(field) {
                self.error(at, subject, &format!("invalid field '{field}' in recording rule"));
            }
        }
        if !record.valid {
            self.error(
                at,
                subject,
                &format!("invalid recording rule name: {}", record.text),
            );
        }
        if record.text.contains(['{', '}']) {
            let message = format!(
                "braces present in the recording rule name; should it be in expr?: {}",
                record.text
            );
            self.error(at, subject, &message);
        }
    }

    fn error(&mut self, position: &str, subject: &Subject<'_>, message: &str) {
        let Subject { group, number, name } = subject;
        let separator = if position.is_empty() { "" } else { ": " };
        let (group, name) = (quote(group), quote(name));
        self.errors.push(format!(
            "{position}{separator}group {group}, rule {number}, {name}: {message}"
        ));
    }

    /// `line:column` of a node; `0:0` where there is none.
    fn position(&self, value: Option<&Value<'_>>) -> String {
        let node: Option<NodeRef<'_>> = match value {
            Some(Value::Node(node)) => Some(*node),
            _ => None,
        };
        match node.map(|node| self.source.line_column(node.position())) {
            Some(at) => format!("{}:{}", at.line, at.column),
            None => "0:0".to_owned(),
        }
    }
}

fn label_errors(key: &Text, value: &Text) -> impl Iterator<Item = String> {
    let bad_name = key.text.is_empty() || !key.valid || &*key.text == METRIC_NAME;
    let name = bad_name.then(|| format!("invalid label name: {}", key.text));
    let value = (!value.valid).then(|| format!("invalid label value: {}", value.text));
    name.into_iter().chain(value)
}
