//! FD301: `and` and `unless` between label sets that can never be equal.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::matching::{Clash, ClashKind, Sides};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::BinaryOp;
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD301"),
    name: "set-op-never-matches",
    summary: "`and` or `unless` between sides whose labels can never be equal",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("set_op_never_matches.md"),
    needs: Needs::all(&[Mark::Join, Mark::SetOperation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for sides in nodes.sides() {
        // `on (label)` with a label that one side dropped is FD308.
        if matches!(sides.binary.op, BinaryOp::And | BinaryOp::Unless)
            && let Some(clash) = &sides.clash
            && (clash.kind != ClashKind::Likely || sides.binary.matching.is_none())
        {
            report(cx, sides, clash);
        }
    }
}

fn report(cx: &mut RuleCx<'_, '_>, sides: &Sides<'_>, clash: &Clash) {
    let op = sides.binary.op;
    let certain = clash.kind != ClashKind::Likely;
    let (severity, does, note) = match op {
        BinaryOp::And => (
            Severity::Error,
            "has a result",
            "samples of the two sides meet only when all compared labels are equal",
        ),
        _ => (
            Severity::Warning,
            "removes anything",
            "a sample is removed only when the other side has one with the same labels",
        ),
    };
    let (severity, how, can) = if certain {
        (severity, "never", "can never be equal")
    } else {
        (Severity::Warning, "hardly ever", "is there only")
    };
    let where_ = if certain { "on both sides" } else { "on one side" };
    let message = format!(
        "this `{}` {how} {does}: `{}` {can} {where_}",
        op.symbol(),
        clash.label
    );
    let finding = cx
        .finding(LINT.code, severity, sides.binary.op_span, message)
        .label(sides.compared());
    let finding = sides
        .explain(cx, finding, clash)
        .note(note)
        .help(sides.advice(clash));
    cx.report(finding);
}
