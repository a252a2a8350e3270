//! FD319: an operator with the same expression on both sides.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::{BinaryOp, Expr};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD319"),
    name: "self-operand",
    summary: "the same expression on both sides of an operator",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("self_operand.md"),
    needs: Needs::all(&[Mark::Join]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    // Between numbers it is a lengthy way to write another one, and no fault.
    for sides in nodes.sides() {
        let (expr, binary) = (sides.expr, sides.binary);
        let (severity, result) = match binary.op {
            // `x != x` holds for NaN alone and `x == x` for all else: both are ways to ask for NaN.
            BinaryOp::NotEqual
            | BinaryOp::Equal
            | BinaryOp::Add
            | BinaryOp::Mul
            | BinaryOp::Pow
            | BinaryOp::Atan2
            | BinaryOp::TrimUpper
            | BinaryOp::TrimLower => continue,
            BinaryOp::Sub | BinaryOp::Mod => (Severity::Error, "always 0"),
            BinaryOp::Div => (Severity::Error, "always 1"),
            BinaryOp::Greater | BinaryOp::Less => (Severity::Error, "never there"),
            BinaryOp::GreaterEqual | BinaryOp::LessEqual => (Severity::Error, "always there"),
            BinaryOp::Unless => (Severity::Error, "never there"),
            BinaryOp::And | BinaryOp::Or => (Severity::Warning, "just that side"),
        };
        if binary.fill.span.is_some() || !same(cx, &binary.lhs, &binary.rhs) {
            continue;
        }
        let side = cx.text(binary.rhs.span);
        let finding = cx
            .finding(
                LINT.code,
                severity,
                expr.span,
                format!(
                    "both sides of `{}` are the same: the result is {result}",
                    binary.op.symbol()
                ),
            )
            .label("twice the same")
            .evidence(format!("`{side}` stands on both sides"))
            .note("most often a copy of which one half was to be changed")
            .help("put what was meant on one side, or leave the operator out");
        cx.report(finding);
    }
}

/// Whether two expressions read the same, blanks, comments and outer parentheses aside.
fn same(cx: &RuleCx<'_, '_>, a: &Expr, b: &Expr) -> bool {
    let text = &cx.rule.expr.source.text;
    let (a, b) = (a.unparenthesised(), b.unparenthesised());
    let (a, b) = (a.span.slice(text).as_bytes(), b.span.slice(text).as_bytes());
    // Most operands begin alike, and differ before the first blank.
    let alike = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (_, a) = a.split_at(alike);
    let (_, b) = b.split_at(alike);
    let visible = |byte: &&u8| !byte.is_ascii_whitespace();
    a.iter().filter(visible).eq(b.iter().filter(visible))
}
