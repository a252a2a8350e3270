//! How often the rules of a run use each name and value, so that a rare one beside a common one stands out.

use crate::address::ByAddress;
use crate::nodes::Nodes;
use firedrill_model::{Rule, RuleKind};
use firedrill_promql::ast::Name;
use firedrill_source::find_twice;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Uses from this number on make a word a common one.
const COMMON: u32 = 5;
/// How often a word may be used that was meant to be another.
const MOST_SLIPPED: u32 = 1;
/// The same for labels of series: a typing error may be made once on each side of an operator.
const MOST_SLIPPED_LABELS: u32 = 2;
/// Values of labels that are longer are texts, not words.
const LONGEST_WORD: usize = 24;

/// The words of one file, while it is read. The same word is the same shared text nearly each time, and then it is told by
/// its address; one that has several is added up when files are laid side by side.
#[derive(Debug, Default)]
pub(crate) struct Tally<'a> {
    labels: FxHashMap<ByAddress<'a>, u32>,
    keys: FxHashMap<ByAddress<'a>, u32>,
    values: FxHashMap<(ByAddress<'a>, ByAddress<'a>), u32>,
}

/// A label, a value of it, and how often that is used.
type ValueUses = (Arc<str>, Arc<str>, u32);

fn count<'a>(words: &mut FxHashMap<ByAddress<'a>, u32>, word: &'a Arc<str>) {
    *words.entry(ByAddress(word)).or_default() += 1;
}

/// The words of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileWords {
    labels: Vec<(Arc<str>, u32)>,
    keys: Vec<(Arc<str>, u32)>,
    values: Vec<ValueUses>,
}

impl<'a> Tally<'a> {
    /// Takes in a rule.
    pub(crate) fn add(&mut self, rule: &'a Rule, nodes: &Nodes<'a>) {
        each_label_name(nodes, |_, label| count(&mut self.labels, &label.text));
        for label in &rule.labels {
            let (key, value) = (&label.key.text, &label.value.text);
            count(&mut self.keys, key);
            if value.len() <= LONGEST_WORD && find_twice(value.as_bytes(), 0, b'{').is_none() {
                let both = (ByAddress(key), ByAddress(value));
                *self.values.entry(both).or_default() += 1;
            }
        }
        if rule.kind == RuleKind::Alert {
            for annotation in &rule.annotations {
                count(&mut self.keys, &annotation.key.text);
            }
        }
    }

    /// All words.
    pub(crate) fn finish(self) -> FileWords {
        let shared = |words: FxHashMap<ByAddress<'_>, u32>| {
            let words = words.into_iter();
            words.map(|(word, uses)| (word.0.clone(), uses)).collect()
        };
        let values = self.values.into_iter();
        FileWords {
            labels: shared(self.labels),
            keys: shared(self.keys),
            values: values
                .map(|((key, value), uses)| (key.0.clone(), value.0.clone(), uses))
                .collect(),
        }
    }
}

impl FileWords {
    /// Whether any of these words is used here.
    pub(crate) fn has_any(&self, slips: &Slips) -> bool {
        let any = |slips: &[Arc<str>], words: &[(Arc<str>, u32)]| {
            !slips.is_empty() && words.iter().any(|(word, _)| slips.contains(word))
        };
        any(&slips.labels, &self.labels)
            || any(&slips.keys, &self.keys)
            || slips.values.iter().any(|(key, slips)| {
                let mut words = self.values.iter().filter(|(of, _, _)| of == key);
                words.any(|(_, word, _)| slips.contains(word))
            })
    }
}

/// Counts of words, by what they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    /// Labels of series, in matchers, groupings and matching.
    labels: Words,
    /// Labels that rules give, and annotations.
    keys: Words,
    /// Values of the labels that rules give, by label.
    values: FxHashMap<Arc<str>, Words>,
}

/// Words that were probably meant to be others, by what they are.
#[derive(Debug, Default)]
pub(crate) struct Slips {
    labels: Vec<Arc<str>>,
    keys: Vec<Arc<str>>,
    values: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

#[derive(Clone, Debug, Default)]
struct Words(FxHashMap<Arc<str>, u32>);

impl Words {
    fn add(&mut self, word: &Arc<str>, uses: u32) {
        match self.0.get_mut(word) {
            Some(known) => *known += uses,
            None => {
                self.0.insert(word.clone(), uses);
            }
        }
    }

    /// The words that were probably meant to be others.
    fn slips(&self, most_uses: u32) -> Vec<Arc<str>> {
        let rare = self.0.iter().filter(|(_, count)| **count <= most_uses);
        rare.filter(|(word, _)| self.meant(word, most_uses).is_some())
            .map(|(word, _)| word.clone())
            .collect()
    }

    /// The common word that this rare one was probably meant to be, and how often that is used.
    fn meant(&self, word: &str, most_uses: u32) -> Option<(&str, u32)> {
        if self.0.get(word).is_none_or(|count| *count > most_uses) || word.chars().count() < 4 {
            return None;
        }
        let common = self.0.iter().filter(|(_, count)| **count >= COMMON);
        let mut near: Vec<(&str, u32)> = common
            .filter(|(other, _)| looks_like(word, other))
            .map(|(other, count)| (&**other, *count))
            .collect();
        // Whatever the order of the map, the answer is the same.
        near.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        near.first().copied()
    }
}

impl Vocabulary {
    /// Whether nothing was taken in yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.0.is_empty() && self.keys.0.is_empty()
    }

    /// Takes in what a file uses.
    pub(crate) fn merge(&mut self, file: &FileWords) {
        for (word, uses) in &file.labels {
            self.labels.add(word, *uses);
        }
        for (word, uses) in &file.keys {
            self.keys.add(word, *uses);
        }
        for (key, word, uses) in &file.values {
            match self.values.get_mut(key) {
                Some(words) => words.add(word, *uses),
                None => self.values.entry(key.clone()).or_default().add(word, *uses),
            }
        }
    }

    /// The words that were probably meant to be others, all of them.
    pub(crate) fn slips(&self) -> Slips {
        let values = self
            .values
            .iter()
            .map(|(key, words)| (key.clone(), words.slips(MOST_SLIPPED)));
        Slips {
            labels: self.labels.slips(MOST_SLIPPED_LABELS),
            keys: self.keys.slips(MOST_SLIPPED),
            values: values.filter(|(_, words)| !words.is_empty()).collect(),
        }
    }

    /// The common label that a rare one was probably meant to be.
    pub(crate) fn label_meant(&self, label: &str) -> Option<(&str, u32)> {
        self.labels.meant(label, MOST_SLIPPED_LABELS)
    }

    /// The same for keys of `labels:` and `annotations:`.
    pub(crate) fn key_meant(&self, key: &str) -> Option<(&str, u32)> {
        self.keys.meant(key, MOST_SLIPPED)
    }

    /// The same for a value of a label that rules give.
    pub(crate) fn value_meant(&self, key: &str, value: &str) -> Option<(&str, u32)> {
        self.values.get(key)?.meant(value, MOST_SLIPPED)
    }
}

/// Calls `found` with all labels that an expression names, in groupings, matching and matchers, and the index of the node.
pub(crate) fn each_label_name<'a>(nodes: &Nodes<'a>, mut found: impl FnMut(usize, &'a Name)) {
    for (index, _, aggregate) in nodes.aggregates() {
        for label in aggregate.grouping.iter().flat_map(|grouping| &grouping.labels) {
            found(index, label);
        }
    }
    for (index, _, binary) in nodes.binaries() {
        let matching = binary.matching.iter().flat_map(|matching| &matching.labels);
        let copied = binary.group.iter().flat_map(|group| &group.labels);
        matching.chain(copied).for_each(|label| found(index, label));
    }
    for (index, _, selector) in nodes.selectors() {
        selector
            .matchers
            .iter()
            .for_each(|matcher| found(index, &matcher.label));
    }
}

/// Whether one word is another with a slip of the keyboard: a letter lost, doubled, swapped or hit wrong. Words that differ in
/// digits, by a plural or by what stands before or behind them are words of their own.
pub(crate) fn looks_like(word: &str, other: &str) -> bool {
    if word == other || word.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let plural = |a: &str, b: &str| a.strip_suffix('s') == Some(b);
    if plural(word, other) || plural(other, word) {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let letters = |part: &[char]| part.iter().all(|c| c.is_alphabetic());
    if !letters(a) || !letters(b) {
        return false;
    }
    match (a, b) {
        // A letter more at either end makes another word: `code` and `rcode`, `mode` and `model`.
        ([_], []) | ([], [_]) => start > 0 && end > 0,
        ([x], [y]) => start > 0 && x != y,
        ([x, y], [z, w]) => x == w && y == z,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn slips_are_told_from_other_words() {
        for (word, meant) in [
            ("serverity", "severity"),
            ("critcal", "critical"),
            ("instnace", "instance"),
            ("clutser", "cluster"),
            ("waring", "warning"),
            ("namespaxe", "namespace"),
        ] {
            assert!(looks_like(word, meant), "{word}");
        }
        for (word, other) in [
            ("pods", "pod"),
            ("node1", "node2"),
            ("job", "job"),
            ("critical", "warning"),
            ("host_name", "hostname"),
            ("mode", "node"),
            ("rcode", "code"),
            ("model", "mode"),
        ] {
            assert!(!looks_like(word, other), "{word}");
        }
    }
}
