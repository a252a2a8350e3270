//! Expressions that are one number.

use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};

/// The value of an expression that consists of number literals and arithmetic.
pub fn constant(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(number) => Some(number.value),
        ExprKind::Paren(inner) => constant(inner),
        ExprKind::Unary(unary) => constant(&unary.operand).map(|v| if unary.negative { -v } else { v }),
        ExprKind::Binary(binary) => {
            let (a, b) = (constant(&binary.lhs)?, constant(&binary.rhs)?);
            match binary.op {
                BinaryOp::Add => Some(a + b),
                BinaryOp::Sub => Some(a - b),
                BinaryOp::Mul => Some(a * b),
                BinaryOp::Div => Some(a / b),
                BinaryOp::Mod => Some(a % b),
                BinaryOp::Pow => Some(a.powf(b)),
                _ => None,
            }
        }
        _ => None,
    }
}
