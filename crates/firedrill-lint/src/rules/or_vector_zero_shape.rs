//! FD311: `… or vector(0)` beside series that have labels.

use crate::cx::{RuleCx, quoted_list};
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::{Nodes, Role};
use firedrill_functions::Func;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Severity};
use firedrill_types::{constant, label_flow};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD311"),
    name: "or-vector-zero-shape",
    summary: "`or vector(…)` adds a series without labels beside those that have some",
    category: Category::Labels,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("or_vector_zero_shape.md"),
    needs: Needs::all(&[Mark::SetOperation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (index, _, binary) in nodes.binaries() {
        if binary.op != BinaryOp::Or || binary.matching.is_some() {
            continue;
        }
        let Some(value) = vector_of_number(&binary.rhs) else {
            continue;
        };
        let labels = label_flow(&binary.lhs);
        if labels.exact().is_some_and(|exact| exact.is_empty()) {
            continue;
        }
        let fate = fate(nodes, index, value);
        if fate == Fate::Harmless {
            continue;
        }
        let fallback = cx.text(binary.rhs.span);
        let has = match labels.exact() {
            Some(exact) => format!("the left side has {}", quoted_list(&exact)),
            None => "the left side has the labels of its series".to_owned(),
        };
        let (severity, message) = match (fate, cx.rule.kind) {
            (Fate::Fires, RuleKind::Alert) => (
                Severity::Warning,
                format!("`{fallback}` adds a series without labels, and it fires at all times"),
            ),
            (_, RuleKind::Alert) => (
                Severity::Warning,
                format!("`{fallback}` always adds a series without labels"),
            ),
            (_, RuleKind::Record | RuleKind::Query) => (
                Severity::Info,
                format!("`{fallback}` always adds a series without labels"),
            ),
        };
        let left = cx.text(binary.lhs.span);
        let finding = cx
            .finding(LINT.code, severity, binary.rhs.span, message)
            .label("no labels")
            .related(cx.at(binary.lhs.span), "has labels")
            .evidence(has)
            .note("`or` leaves out only those samples of its right side whose labels equal those of a left one: the series without labels is added even when there are others")
            .help(match labels.exact() {
                Some(_) => format!("write `{left} or on () {fallback}` to have it only when there is nothing else"),
                None => format!("write `sum({left}) or {fallback}`, or `… or on () {fallback}`"),
            });
        cx.report(finding);
    }
}

/// The number of `vector(number)`.
fn vector_of_number(expr: &Expr) -> Option<f64> {
    let ExprKind::Call(call) = &expr.unparenthesised().kind else {
        return None;
    };
    if call.function?.id != Func::Vector {
        return None;
    }
    constant(call.args.first()?)
}

/// What becomes of the sample that the fallback adds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It changes nothing: it is added as 0, filtered out, or finds no partner.
    Harmless,
    /// It passes a comparison.
    Fires,
    /// It is in the result, or counted in an aggregation.
    Stays,
}

fn fate(nodes: &Nodes<'_>, index: usize, mut value: f64) -> Fate {
    let mut passed = false;
    for (parent, role, _) in nodes.ancestors(index) {
        match &parent.kind {
            ExprKind::Paren(_) => {}
            ExprKind::Unary(unary) => {
                if unary.negative {
                    value = -value;
                }
            }
            ExprKind::Aggregate(aggregate) => {
                return match aggregate.op {
                    AggregateOp::Sum if value == 0.0 => Fate::Harmless,
                    AggregateOp::Max if value <= 0.0 => Fate::Harmless,
                    _ => Fate::Stays,
                };
            }
            ExprKind::Binary(binary) => {
                let other = if role == Role::Left {
                    &binary.rhs
                } else {
                    &binary.lhs
                };
                match (binary.op, constant(other)) {
                    (BinaryOp::Or, _) => {}
                    // Joined with vectors: it meets nobody who has labels.
                    (_, None) => return Fate::Harmless,
                    (op, Some(number)) => {
                        let (a, b) = if role == Role::Left {
                            (value, number)
                        } else {
                            (number, value)
                        };
                        if op.is_comparison() {
                            if binary.bool_modifier.is_some() {
                                return Fate::Stays;
                            }
                            if !holds(op, a, b) {
                                return Fate::Harmless;
                            }
                            passed = true;
                        } else {
                            value = match op {
                                BinaryOp::Add => a + b,
                                BinaryOp::Sub => a - b,
                                BinaryOp::Mul => a * b,
                                BinaryOp::Div => a / b,
                                _ => return Fate::Harmless,
                            };
                        }
                    }
                }
            }
            _ => return Fate::Harmless,
        }
    }
    if passed { Fate::Fires } else { Fate::Stays }
}

fn holds(op: BinaryOp, a: f64, b: f64) -> bool {
    match op {
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEqual => a >= b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Equal => a == b,
        BinaryOp::NotEqual => a != b,
        _ => true,
    }
}
