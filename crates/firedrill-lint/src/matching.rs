//! Why the two sides of an operator between vectors can never meet.

use crate::cx::RuleCx;
use firedrill_functions::ValueType;
use firedrill_promql::ast::{Binary, BinaryOp, Expr};
use firedrill_source::Diagnostic;
use firedrill_types::{LabelFact, Labels, Presence, What, label_flow};

/// A label that is compared and can never be equal on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    /// The label.
    pub(crate) label: String,
    /// What is known of it.
    pub(crate) kind: ClashKind,
}

/// How sure a [`Clash`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClashKind {
    /// One side always has it, the other never.
    Presence,
    /// It always has another value on each side.
    Value,
    /// One side groups by it, the other one has dropped it: equal only if no series ever had it.
    Likely,
}

/// Both sides of an operator and what they make of the labels.
#[derive(Debug)]
pub(crate) struct Sides<'a> {
    pub(crate) expr: &'a Expr,
    pub(crate) binary: &'a Binary,
    pub(crate) left: Labels<'a>,
    pub(crate) right: Labels<'a>,
    /// The surest reason why no sample of one side meets one of the other; none for `or`, which does not ask for it.
    pub(crate) clash: Option<Clash>,
}

/// Whether an operator stands between two vectors.
pub(crate) fn joins(binary: &Binary) -> bool {
    let vector = |expr: &Expr| expr.value_type() == ValueType::Vector;
    vector(&binary.rhs) && vector(&binary.lhs)
}

impl<'a> Sides<'a> {
    pub(crate) fn of(expr: &'a Expr, binary: &'a Binary) -> Self {
        let mut sides = Sides {
            expr,
            binary,
            left: label_flow(&binary.lhs),
            right: label_flow(&binary.rhs),
            clash: None,
        };
        if binary.op != BinaryOp::Or {
            sides.clash = sides.find_clash();
        }
        sides
    }

    /// Whether the samples of both sides are paired to compute something of them.
    pub(crate) fn pairs_samples(&self) -> bool {
        !matches!(self.binary.op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless)
    }

    fn find_clash(&self) -> Option<Clash> {
        // What nothing names is the same for all labels of a side, and does not clash.
        if let Some(matching) = self.binary.matching.as_ref().filter(|matching| matching.on) {
            let mut compared = matching.labels.iter();
            compared.find(|label| self.clash_over(&label.text).is_some())?;
        }
        let mut likely = None;
        let mut named = self.left.named();
        self.right.add_named(&mut named);
        for label in named {
            if !compares(self.binary, label) {
                continue;
            }
            let clash = |kind| Clash {
                label: label.to_owned(),
                kind,
            };
            match self.clash_over(label) {
                Some(ClashKind::Likely) => drop(likely.get_or_insert(clash(ClashKind::Likely))),
                Some(certain) => return Some(clash(certain)),
                None => {}
            }
        }
        likely
    }

    /// Whether a label can never be equal on both sides.
    fn clash_over(&self, label: &str) -> Option<ClashKind> {
        let (left, right) = (self.left.fact(label), self.right.fact(label));
        match (left.presence, right.presence) {
            (Presence::Always, Presence::Never) | (Presence::Never, Presence::Always) => {
                Some(ClashKind::Presence)
            }
            (Presence::Maybe, Presence::Never) => {
                (dropped(right) && self.left.are_exact()).then_some(ClashKind::Likely)
            }
            (Presence::Never, Presence::Maybe) => {
                (dropped(left) && self.right.are_exact()).then_some(ClashKind::Likely)
            }
            _ => (left.value? != right.value?).then_some(ClashKind::Value),
        }
    }

    /// Adds what is known of the label on either side, and where that comes from.
    pub(crate) fn explain(&self, cx: &RuleCx<'_, '_>, mut finding: Diagnostic, clash: &Clash) -> Diagnostic {
        let label = &clash.label;
        let sides: [(&str, Labels<'_>, &Expr); 2] = [
            ("left", self.left, &self.binary.lhs),
            ("right", self.right, &self.binary.rhs),
        ];
        for (side, labels, expr) in sides {
            finding = finding.evidence(match (labels.presence(label), labels.value(label)) {
                (Presence::Never, _) => format!("on the {side} `{label}` is never there"),
                (_, Some(value)) => format!("on the {side} `{label}` is always \"{value}\""),
                (Presence::Maybe, _) => format!("on the {side} series are grouped by `{label}`"),
                _ => format!("on the {side} `{label}` is always there"),
            });
            finding = match labels.gone(label) {
                Some(gone) => {
                    let words = match gone.what {
                        What::Aggregation => format!("drops `{label}`"),
                        What::Number => "has no labels".to_owned(),
                        _ => format!("has no `{label}`"),
                    };
                    finding.related(cx.at(gone.span), words)
                }
                None => finding.related(cx.at(expr.span), format!("has `{label}`")),
            };
        }
        finding
    }

    /// How to make the sides meet: `on (…)` with what both have, or `ignoring (…)` the label.
    pub(crate) fn advice(&self, clash: &Clash) -> String {
        let word = self.binary.op.symbol();
        let (left, right) = (self.left.exact(), self.right.exact());
        let shared: Vec<&str> = match (left, right) {
            (Some(a), Some(b)) => a
                .into_iter()
                .filter(|name| b.contains(name) && *name != clash.label)
                .collect(),
            (Some(known), None) | (None, Some(known)) => {
                known.into_iter().filter(|name| *name != clash.label).collect()
            }
            (None, None) => {
                return format!(
                    "leave it out of the comparison: `{word} ignoring ({})`",
                    clash.label
                );
            }
        };
        format!(
            "compare only what both sides have: `{word} on ({})`",
            shared.join(", ")
        )
    }

    /// What the operator compares, for the words under its carets.
    pub(crate) fn compared(&self) -> String {
        let Some(matching) = &self.binary.matching else {
            return "compares all labels".to_owned();
        };
        let names: Vec<&str> = matching.labels.iter().map(|name| &*name.text).collect();
        let words = if matching.on {
            "compares only"
        } else {
            "compares all labels but"
        };
        format!("{words} {}", names.join(", "))
    }
}

/// Whether an operator compares a label of its two sides.
pub(crate) fn compares(binary: &Binary, label: &str) -> bool {
    match &binary.matching {
        Some(matching) => matching.on == matching.labels.iter().any(|name| &*name.text == label),
        None => true,
    }
}

/// Whether series had the label before something dropped it.
fn dropped(fact: LabelFact<'_>) -> bool {
    fact.gone
        .is_some_and(|gone| matches!(gone.what, What::Aggregation | What::On | What::Ignoring))
}
