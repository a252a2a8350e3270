//! FD316: `and`, `or` and `unless` mixed without parentheses.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{Code, Fix, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD316"),
    name: "mixed-precedence",
    summary: "`and`, `or` and `unless` mixed without parentheses",
    category: Category::Labels,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("mixed_precedence.md"),
    needs: Needs::all(&[Mark::SetOperation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, outer) in nodes.binaries() {
        if !is_set(outer.op) {
            continue;
        }
        for inner in [&outer.lhs, &outer.rhs] {
            let Some(op) = set_operator(inner).filter(|op| *op != outer.op) else {
                continue;
            };
            let (inner_word, outer_word) = (op.symbol(), outer.op.symbol());
            let why = match (op, outer.op) {
                (_, BinaryOp::Or) => format!("`{inner_word}` binds closer than `or`"),
                _ => format!("`{inner_word}` and `{outer_word}` bind alike, from left to right"),
            };
            let mut finding = cx
                .finding(
                    LINT.code,
                    Severity::Info,
                    inner.span,
                    format!(
                        "`{inner_word}` and `{outer_word}` without parentheses: this part is taken first"
                    ),
                )
                .label("taken together")
                .evidence(why)
                .note("who reads the rule at night may take it the other way round")
                .help("put parentheses around it");
            finding.fix = parenthesise(cx, inner.span);
            cx.report(finding);
        }
    }
}

fn is_set(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless)
}

/// The set operator that an expression consists of, unless parentheses stand around it.
fn set_operator(expr: &Expr) -> Option<BinaryOp> {
    match &expr.kind {
        ExprKind::Binary(binary) if is_set(binary.op) => Some(binary.op),
        _ => None,
    }
}

/// Both parentheses or none.
fn parenthesise(cx: &RuleCx<'_, '_>, span: Span) -> Option<Fix> {
    let title = "put parentheses around it";
    let at = |offset: u32| Span {
        start: offset,
        end: offset,
    };
    let open = cx.replace(title, at(span.start), "(", Safety::Safe)?;
    let close = cx.replace(title, at(span.end), ")", Safety::Safe)?;
    Some(Fix {
        title: title.to_owned(),
        edits: [open.edits, close.edits].concat(),
        safety: Safety::Safe,
    })
}
