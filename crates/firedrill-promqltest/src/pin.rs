//! Expressions pinned to one time, whose value then must not depend on when they are evaluated.

use firedrill_functions::Func;
use firedrill_promql::ast::{At, AtTime, Modifiers};
use firedrill_promql::{Expr, ExprKind};
use firedrill_source::Span;
use firedrill_value::Timestamp;

/// The expression with `@ time` at every selector and subquery that has none; `None` if it looks at the time of
/// evaluation otherwise.
pub(crate) fn pinned(expr: &Expr, time: Timestamp) -> Option<Expr> {
    let mut depends_on_time = false;
    expr.walk(&mut |node| {
        if let ExprKind::Call(call) = &node.kind {
            let depends = |func: Func| func.depends_on_time();
            depends_on_time |= call.function.is_some_and(|function| depends(function.id));
        }
    });
    if depends_on_time {
        return None;
    }
    let mut pinned = expr.clone();
    pin(&mut pinned, time);
    Some(pinned)
}

fn pin(expr: &mut Expr, time: Timestamp) {
    let at = |modifiers: &mut Modifiers| {
        modifiers.at.get_or_insert(At {
            time: AtTime::Timestamp(time),
            span: Span::default(),
        });
    };
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => {}
        ExprKind::Selector(selector) => at(&mut selector.modifiers),
        ExprKind::Range(range) => pin(&mut range.selector, time),
        ExprKind::Subquery(subquery) => at(&mut subquery.modifiers),
        ExprKind::Call(call) => call.args.iter_mut().for_each(|arg| pin(arg, time)),
        ExprKind::Aggregate(aggregate) => {
            aggregate.param.iter_mut().for_each(|param| pin(param, time));
            pin(&mut aggregate.expr, time);
        }
        ExprKind::Binary(binary) => {
            pin(&mut binary.lhs, time);
            pin(&mut binary.rhs, time);
        }
        ExprKind::Unary(unary) => pin(&mut unary.operand, time),
        ExprKind::Paren(inner) => pin(inner, time),
    }
}
