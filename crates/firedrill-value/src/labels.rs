//! Label sets.

use crate::quote;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// One label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, never empty inside [`Labels`].
    pub value: Arc<str>,
}

/// A set of labels, sorted by name, each name once, no empty values. Cheap to clone.
#[derive(Clone)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// No labels.
    pub fn empty() -> Self {
        Labels(Arc::from([]))
    }

    /// Builds a set from pairs: of a repeated name the last counts, an empty value removes the label.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut builder = LabelsBuilder::default();
        for (name, value) in pairs {
            builder.set(name.as_ref(), value.as_ref());
        }
        builder.build()
    }

    /// The value of a label; empty where it is absent, which is the same thing in Prometheus.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).map_or("", |label| &label.value)
    }

    /// The label of that name.
    pub fn find(&self, name: &str) -> Option<&Label> {
        // A linear walk beats a binary search for the handful of labels that series have.
        self.0.iter().find(|label| &*label.name == name)
    }

    /// The metric name; empty where there is none.
    pub fn metric_name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    /// The labels in order of their names.
    pub fn iter(&self) -> std::slice::Iter<'_, Label> {
        self.0.iter()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels for which `keep` holds.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&str) -> bool) -> Labels {
        if self.0.iter().all(|label| keep(&label.name)) {
            return self.clone();
        }
        Labels(self.0.iter().filter(|label| keep(&label.name)).cloned().collect())
    }

    /// The set without its metric name.
    #[must_use]
    pub fn without_name(&self) -> Labels {
        self.filter(|name| name != METRIC_NAME)
    }

    /// A builder that starts from this set.
    pub fn to_builder(&self) -> LabelsBuilder {
        LabelsBuilder {
            labels: self.0.to_vec(),
        }
    }

    /// Whether both are the same allocation; a quick "equal" that may miss.
    pub fn same(&self, other: &Labels) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Labels {
    fn default() -> Self {
        Labels::empty()
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.0 == other.0
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    /// Name by name and value by value, bytewise; a set that the other one continues comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().cmp(other.0.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Labels {
    /// `{__name__="up", job="api"}`: the name is an ordinary label here; unusual label names are quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_pairs(f, self.0.iter().map(|label| (&*label.name, &*label.value)))
    }
}

/// `{a="x", b="y"}` of pairs that need not be a label set: values may be empty, names may come twice.
pub fn format_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let mut text = String::new();
    // Writing into a text never fails.
    let _ = write_pairs(
        &mut text,
        pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())),
    );
    text
}

fn write_pairs<'a>(
    out: &mut impl fmt::Write,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    out.write_str("{")?;
    for (i, (name, value)) in pairs.enumerate() {
        if i > 0 {
            out.write_str(", ")?;
        }
        if is_legacy_label_name(name) {
            out.write_str(name)?;
        } else {
            out.write_str(&quote(name))?;
        }
        write!(out, "={}", quote(value))?;
    }
    out.write_str("}")
}

/// Builds a [`Labels`] step by step.
#[derive(Clone, Debug, Default)]
pub struct LabelsBuilder {
    labels: Vec<Label>,
}

impl LabelsBuilder {
    /// Sets a label; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.remove(name);
            return;
        }
        match self.labels.binary_search_by(|label| (*label.name).cmp(name)) {
            Ok(at) if &*self.labels[at].value == value => {}
            Ok(at) => self.labels[at].value = value.into(),
            Err(at) => self.labels.insert(
                at,
                Label {
                    name: name.into(),
                    value: value.into(),
                },
            ),
        }
    }

    /// Sets a label by sharing it.
    pub fn set_label(&mut self, label: &Label) {
        if label.value.is_empty() {
            self.remove(&label.name);
            return;
        }
        match self.labels.binary_search_by(|own| own.name.cmp(&label.name)) {
            Ok(at) => self.labels[at].value = label.value.clone(),
            Err(at) => self.labels.insert(at, label.clone()),
        }
    }

    /// Removes a label.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.labels.binary_search_by(|label| (*label.name).cmp(name)) {
            self.labels.remove(at);
        }
    }

    /// Keeps the labels for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.labels.retain(|label| keep(&label.name));
    }

    /// The value of a label so far; empty where it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.labels
            .iter()
            .find(|label| &*label.name == name)
            .map_or("", |label| &label.value)
    }

    /// The finished set.
    pub fn build(self) -> Labels {
        Labels(self.labels.into())
    }
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`: label names that need no quotes.
pub fn is_legacy_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`: metric names that need no quotes.
pub fn is_legacy_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b':')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_unique_and_without_empty_values() {
        let labels = Labels::from_pairs([("b", "1"), ("a", "2"), ("b", "3"), ("c", "")]);
        assert_eq!(labels.to_string(), r#"{a="2", b="3"}"#);
        assert_eq!(labels.get("c"), "");
        let mut builder = labels.to_builder();
        builder.set("a", "");
        builder.set("x y", "z");
        assert_eq!(builder.build().to_string(), r#"{b="3", "x y"="z"}"#);
    }

    #[test]
    fn a_prefix_sorts_first() {
        let short = Labels::from_pairs([("a", "1")]);
        let long = Labels::from_pairs([("a", "1"), ("b", "1")]);
        assert!(short < long);
        assert!(long < Labels::from_pairs([("a", "2")]));
    }
}
