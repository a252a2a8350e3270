//! Firedrill's own keys of test files, which loosen what is compared.

use super::fields::{Fields, Shape};
use super::{Reader, did_you_mean};
use crate::{ExpectedState, Extent, Looser, Pattern, codes};
use firedrill_regex::Regex;
use firedrill_source::Spanned;
use firedrill_yaml::NodeRef;

const MATCH: Shape = Shape {
    name: "`match`",
    keys: &["labels", "annotations"],
    own: &[],
    foreign: &[],
};

const TOLERANCE: Shape = Shape {
    name: "`tolerance`",
    keys: &["relative", "absolute"],
    own: &[],
    foreign: &[],
};

const PATTERN: Shape = Shape {
    name: "the description of a value",
    keys: &["regex"],
    own: &[],
    foreign: &[],
};

impl<'t> Reader<'t> {
    /// How strictly to compare, where it is not as `outer` says.
    pub(super) fn looser(&mut self, fields: &Fields<'t>, outer: Looser) -> Looser {
        let mut looser = outer;
        if !self.extensions {
            return looser;
        }
        if let Some(node) = fields.value("match")
            && let Some(parts) = self.fields(node, &MATCH)
        {
            let words = [
                ("exact", Extent::Exact),
                ("subset", Extent::Subset),
                ("ignore", Extent::Ignore),
            ];
            looser.labels = self.word(&parts, "labels", &words).unwrap_or(looser.labels);
            looser.annotations = self
                .word(&parts, "annotations", &words)
                .unwrap_or(looser.annotations);
        }
        if let Some(node) = fields.value("tolerance")
            && let Some(parts) = self.fields(node, &TOLERANCE)
        {
            looser.relative = self.tolerance(&parts, "relative").or(looser.relative);
            looser.absolute = self.tolerance(&parts, "absolute").or(looser.absolute);
        }
        if let Some(node) = fields.value("nan_equal") {
            looser.nan_equal = self.boolean(node, "nan_equal").unwrap_or(looser.nan_equal);
        }
        looser
    }

    pub(super) fn state(&mut self, fields: &Fields<'t>) -> ExpectedState {
        let words = [
            ("firing", ExpectedState::Firing),
            ("pending", ExpectedState::Pending),
        ];
        self.word(fields, "state", &words).unwrap_or_default()
    }

    pub(super) fn count(&mut self, fields: &Fields<'t>) -> Option<Spanned<i64>> {
        let node = fields.value("exp_count")?;
        let count = self.integer(node, "exp_count")?;
        if count.value < 0 {
            self.refuse(
                node,
                "`exp_count` is negative",
                "write how many alerts there must be, or 0",
            );
            return None;
        }
        Some(count)
    }

    /// Labels and annotations whose values are described by a mapping.
    pub(super) fn patterns(&mut self, fields: &Fields<'t>) -> Vec<Pattern> {
        let mut found = Vec::new();
        if !self.extensions {
            return found;
        }
        for (key, annotation) in [("exp_labels", false), ("exp_annotations", true)] {
            let entries = fields.value(key).map(|node| node.fields().0).unwrap_or_default();
            for field in entries
                .into_iter()
                .filter(|field| field.value.entries().is_some())
            {
                let Some(name) = field.key.scalar() else { continue };
                let Some(parts) = self.fields(field.value, &PATTERN) else {
                    continue;
                };
                let Some(text) = self.scalar_of(&parts, "regex") else {
                    self.refuse(
                        field.value,
                        "this value is described by nothing",
                        "write a text, or `{regex: \"…\"}`",
                    );
                    continue;
                };
                match Regex::anchored(&text.text) {
                    Ok(regex) => found.push(Pattern {
                        annotation,
                        name,
                        regex,
                    }),
                    Err(error) => {
                        let message = format!("`regex` is no regular expression: {error}");
                        self.refuse(
                            field.value,
                            &message,
                            "it must match the whole value, as in PromQL",
                        );
                    }
                }
            }
        }
        found
    }

    fn tolerance(&mut self, fields: &Fields<'t>, key: &str) -> Option<f64> {
        let node = fields.value(key)?;
        let value = self.float(node, key)?;
        if value >= 0.0 && value.is_finite() {
            return Some(value);
        }
        self.refuse(
            node,
            &format!("`{key}` is no difference of two numbers"),
            "write 0 or more, such as `1e-6`",
        );
        None
    }

    /// One of some words.
    fn word<T: Copy>(&mut self, fields: &Fields<'t>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let node = fields.value(key)?;
        let text = self.scalar_of(fields, key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| **word == *text.text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help =
            did_you_mean(&text.text, &known).unwrap_or_else(|| format!("there are {}", known.join(", ")));
        self.refuse(node, &format!("`{key}` cannot be `{}`", text.text), &help);
        None
    }

    fn refuse(&mut self, node: NodeRef<'t>, message: &str, help: &str) {
        let finding = self.error(codes::WRONG_VALUE_TYPE, node, message);
        finding.help = Some(help.to_owned());
    }
}
