//! Rules of one kind with the same name and the same labels.

use crate::cx::{one_line, subject};
use crate::usage::given_labels;
use firedrill_model::{Group, Rule, RuleFile, RuleKind};
use firedrill_source::{Code, Diagnostic, Location, Severity};
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
    let all = file
        .groups
        .iter()
        .flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let mut all: Vec<(&Group, &Rule)> = all.collect();
    // A stable sort brings namesakes together and leaves them in file order.
    all.sort_by_key(|(_, rule)| (rule.kind == RuleKind::Record, &*rule.name.text));
    let namesakes =
        |a: &(&Group, &Rule), b: &(&Group, &Rule)| a.1.kind == b.1.kind && a.1.name.text == b.1.name.text;
    let mut pairs = Vec::new();
    for kin in all.chunk_by(namesakes).filter(|kin| kin.len() > 1) {
        let kin: Vec<Twin<'_>> = kin
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

/// A finding at the later of two rules that differ in their expressions alone, with the proof that their results collide.
pub(crate) fn collision(
    file: &RuleFile,
    (first, later): (&Twin<'_>, &Twin<'_>),
    code: Code,
    severity: Severity,
    message: String,
    proof: String,
) -> Diagnostic {
    let at = Location::new(file.file, later.rule.name.used_at);
    let mut finding = Diagnostic::new(code, severity, at, message)
        .related(Location::new(file.file, first.rule.name.used_at), "the other one")
        .evidence(proof)
        .evidence(format!(
            "the expressions differ: `{}` and `{}`",
            one_line(&first.rule.expr.source.text),
            one_line(&later.rule.expr.source.text)
        ));
    finding.subject = subject(later.group, later.rule);
    finding
}
