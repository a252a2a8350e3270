//! Alerts on one value that only differ in threshold and severity: ladders.

use crate::thresholds::threshold;
use crate::usage::{given_label, given_labels};
use firedrill_model::{Group, Rule, RuleKind};
use firedrill_promql::ast::{BinaryOp, ExprKind};
use firedrill_source::Span;
use firedrill_value::Duration;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// One alert of a ladder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung<'a> {
    pub(crate) group: &'a Group,
    pub(crate) rule: &'a Rule,
    /// The part of its expression that is the threshold.
    pub(crate) written: Span,
    /// Its severity.
    pub(crate) severity: &'a str,
    /// Whether the value has to be greater than the number.
    pub(crate) greater: bool,
    /// The number.
    pub(crate) number: f64,
    /// How long the condition has to hold.
    pub(crate) hold: Duration,
}

impl<'a> Rung<'a> {
    /// Reads an alert that compares a value with a number and has a severity; the key is what its ladder has in common.
    pub(crate) fn of(group: &'a Group, rule: &'a Rule) -> Option<(u64, Rung<'a>)> {
        if rule.kind != RuleKind::Alert || !rule.expr.valid {
            return None;
        }
        let severity = given_label(group, rule, "severity")?;
        let ExprKind::Binary(binary) = &rule.expr.expr.unparenthesised().kind else {
            return None;
        };
        let threshold = threshold(binary).filter(|_| binary.bool_modifier.is_none())?;
        let greater = match threshold.op {
            BinaryOp::Greater | BinaryOp::GreaterEqual => true,
            BinaryOp::Less | BinaryOp::LessEqual => false,
            _ => return None,
        };
        let mut hasher = FxHasher::default();
        greater.hash(&mut hasher);
        // Blanks mean nothing between tokens; inside of strings they hardly ever decide.
        let value = threshold
            .value
            .unparenthesised()
            .span
            .slice(&rule.expr.source.text);
        let letters = value.bytes().filter(|byte| !byte.is_ascii_whitespace());
        letters.for_each(|byte| hasher.write_u8(byte));
        let labels = given_labels(group, rule);
        let others = labels.iter().filter(|(name, _)| &**name != "severity");
        others.for_each(|label| label.hash(&mut hasher));
        let rung = Rung {
            group,
            rule,
            written: threshold.written.span,
            severity,
            greater,
            number: threshold.number,
            hold: rule.hold.as_ref().map_or(Duration::default(), |hold| hold.value),
        };
        Some((hasher.finish(), rung))
    }
}
