//! What promtool checks once a rule file is decoded (`rulefmt.Validate`).

use super::decode::{Text, Value};
use super::places::Places;
use firedrill_promql::{Features, parse};
use firedrill_template::Template;
use firedrill_value::{METRIC_NAME, quote};
use firedrill_yaml::NodeRef;
use rustc_hash::FxHashSet;

/// The number of rules in a file.
pub(crate) fn count_rules(file: &Value<'_>) -> usize {
    file.list("groups")
        .iter()
        .map(|group| group.list("rules").len())
        .sum()
}

/// Whether a decoded file has no errors.
pub(crate) fn is_valid(file: &Value<'_>, features: &Features) -> bool {
    let mut validator = Validator {
        places: &Places::new(""),
        features,
        errors: Vec::new(),
    };
    let mut names = FxHashSet::default();
    file.list("groups").iter().all(|group| {
        validator.group(group, None, &mut names);
        validator.errors.is_empty()
    })
}

/// All errors of a decoded file, in promtool's order. `nodes` is the second decoding, with positions.
pub(crate) fn validate(
    file: &Value<'_>,
    nodes: &Value<'_>,
    places: &Places<'_>,
    features: &Features,
) -> Vec<String> {
    let mut validator = Validator {
        places,
        features,
        errors: Vec::new(),
    };
    let mut names = FxHashSet::default();
    let positions = nodes.list("groups");
    for (index, group) in file.list("groups").iter().enumerate() {
        validator.group(group, positions.get(index), &mut names);
    }
    validator.errors
}

struct Validator<'a> {
    places: &'a Places<'a>,
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
    fn group<'f>(&mut self, group: &'f Value<'_>, nodes: Option<&Value<'_>>, names: &mut FxHashSet<&'f str>) {
        let name = &*group.text("name").text;
        let position = |this: &Self| this.position(nodes.and_then(|nodes| nodes.get("node")));
        if name.is_empty() {
            let position = position(self);
            self.errors
                .push(format!("{position}: Groupname must not be empty"));
        }
        if !names.insert(name) {
            let position = position(self);
            self.errors.push(format!(
                "{position}: groupname: \"{name}\" is repeated in the same file"
            ));
        }
        for (key, value) in group.texts("labels") {
            self.errors.extend(label_errors(key, value));
        }
        let rule_nodes = nodes.map_or(&[][..], |nodes| nodes.list("rules"));
        for (index, rule) in group.list("rules").iter().enumerate() {
            let (alert, record) = (&*rule.text("alert").text, &*rule.text("record").text);
            let rule_name = if alert.is_empty() { record } else { alert };
            let subject = Subject {
                group: name,
                number: index + 1,
                name: rule_name,
            };
            self.rule(rule, rule_nodes.get(index), &subject);
        }
    }

    fn rule(&mut self, rule: &Value<'_>, nodes: Option<&Value<'_>>, subject: &Subject<'_>) {
        let place = |this: &Self, key: &str| this.position(nodes.and_then(|nodes| nodes.get(key)));
        let both = |this: &Self| format!("{}: {}", place(this, "record"), place(this, "alert"));
        let (record, alert, expr) = (rule.text("record"), rule.text("alert"), &*rule.text("expr").text);
        if !record.text.is_empty() && !alert.text.is_empty() {
            self.error(
                &both(self),
                subject,
                "only one of 'record' and 'alert' must be set",
            );
        }
        if record.text.is_empty() && alert.text.is_empty() {
            self.error(&both(self), subject, "one of 'record' or 'alert' must be set");
        }
        if expr.is_empty() {
            self.error(&place(self, "expr"), subject, "field 'expr' must be set in rule");
        } else if let Some(message) = parse(expr, self.features).promtool_message(expr) {
            let message = format!("could not parse expression: {message}");
            self.error(&place(self, "expr"), subject, &message);
        }
        if !record.text.is_empty() {
            self.recording_rule(rule, record, &|this| place(this, "record"), subject);
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
                    if let Err(error) = Template::check(&value.text) {
                        let place = format!("template: __alert_{}:{}", alert.text, error.line);
                        let message = format!("{kind} {}: {place}: {}", quote(&key.text), error.message);
                        self.error("", subject, &message);
                    }
                }
            }
        }
    }

    /// `at` tells the position of the rule's name.
    fn recording_rule(
        &mut self,
        rule: &Value<'_>,
        record: &Text<'_>,
        at: &dyn Fn(&Self) -> String,
        subject: &Subject<'_>,
    ) {
        let mut error = |message: String| self.error(&at(self), subject, &message);
        if !rule.texts("annotations").is_empty() {
            error("invalid field 'annotations' in recording rule".to_owned());
        }
        for field in ["for", "keep_firing_for"] {
            if rule.has_duration(field) {
                error(format!("invalid field '{field}' in recording rule"));
            }
        }
        if !record.valid {
            error(format!("invalid recording rule name: {}", record.text));
        }
        if record.text.contains(['{', '}']) {
            error(format!(
                "braces present in the recording rule name; should it be in expr?: {}",
                record.text
            ));
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
        match node.map(|node| self.places.line_column(node.position())) {
            Some(at) => format!("{}:{}", at.line, at.column),
            None => "0:0".to_owned(),
        }
    }
}

fn label_errors(key: &Text<'_>, value: &Text<'_>) -> impl Iterator<Item = String> {
    let bad_name = key.text.is_empty() || !key.valid || &*key.text == METRIC_NAME;
    let name = bad_name.then(|| format!("invalid label name: {}", key.text));
    let value = (!value.valid).then(|| format!("invalid label value: {}", value.text));
    name.into_iter().chain(value)
}
