//! Rules of one kind with the same name and the same labels.

use crate::usage::given_labels;
use firedrill_model::{Group, Rule, RuleFile, RuleKind};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A rule with its group and what it is known by.
#[derive(Debug)]
pub(crate) struct Twin<'a> {
    pub(crate) group: &'a Group,
    pub(crate) rule: &'a Rule,
    pub(crate) labels: Vec<(Arc<str>, Arc<str>)>,
}

/// All pairs of rules of a file that are known by the same kind, name and labels, the earlier rule first. A rule is
/// paired with the first of its kin only.
pub(crate) fn twins(file: &RuleFile) -> Vec<(Twin<'_>, Twin<'_>)> {
    let mut by_name: FxHashMap<(RuleKindKey, &str), Vec<(&Group, &Rule)>> = FxHashMap::default();
    let mut order = Vec::new();
    for group in &file.groups {
        for rule in &group.rules {
            let key = (RuleKindKey::from(rule.kind), &*rule.name.text);
            let kin = by_name.entry(key).or_default();
            if kin.len() == 1 {
                order.push(key);
            }
            kin.push((group, rule));
        }
    }
    let mut pairs = Vec::new();
    for key in order {
        let kin: Vec<Twin<'_>> = by_name[&key]
            .iter()
            .map(|&(group, rule)| Twin {
                group,
                rule,
                labels: given_labels(group, rule),
            })
            .collect();
        for (index, later) in kin.iter().enumerate() {
            if let Some(first) = kin[..index].iter().find(|earlier| earlier.labels == later.labels) {
                pairs.push((first.again(), later.again()));
            }
        }
    }
    pairs
}

impl<'a> Twin<'a> {
    fn again(&self) -> Twin<'a> {
        Twin {
            group: self.group,
            rule: self.rule,
            labels: self.labels.clone(),
        }
    }

    /// The expression in its normal form.
    pub(crate) fn expression(&self) -> String {
        self.rule.expr.expr.to_string()
    }
}

/// [`RuleKind`] as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum RuleKindKey {
    Alert,
    Record,
}

impl From<RuleKind> for RuleKindKey {
    fn from(kind: RuleKind) -> Self {
        match kind {
            RuleKind::Alert => RuleKindKey::Alert,
            RuleKind::Record => RuleKindKey::Record,
        }
    }
}
