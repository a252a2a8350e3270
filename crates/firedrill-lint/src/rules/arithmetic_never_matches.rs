//! FD302: arithmetic and comparisons between vectors whose labels can never be equal.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::matching::ClashKind;
use crate::needs::{Mark, Needs};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD302"),
    name: "arithmetic-never-matches",
    summary: "an operator between vectors whose labels can never be equal",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("arithmetic_never_matches.md"),
    needs: Needs::all(&[Mark::Join]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for sides in nodes.sides() {
        let binary = sides.binary;
        if !sides.pairs_samples() || binary.fill.span.is_some() {
            continue;
        }
        let Some(clash) = &sides.clash else { continue };
        let (severity, message) = match clash.kind {
            // Two values of one label are FD303; a label dropped before `on (…)` is FD308.
            ClashKind::Value => continue,
            ClashKind::Likely if binary.matching.as_ref().is_some_and(|matching| matching.on) => continue,
            ClashKind::Presence => (
                Severity::Error,
                format!(
                    "this `{}` never has a result: `{}` is always on one side and never on the other",
                    binary.op.symbol(),
                    clash.label
                ),
            ),
            ClashKind::Likely => (
                Severity::Warning,
                format!(
                    "this `{}` hardly ever has a result: only one side is grouped by `{}`",
                    binary.op.symbol(),
                    clash.label
                ),
            ),
        };
        let finding = cx
            .finding(LINT.code, severity, binary.op_span, message)
            .label(sides.compared());
        let finding = sides
            .explain(cx, finding, clash)
            .note("samples of the two sides are paired only when all compared labels are equal")
            .help(sides.advice(clash));
        cx.report(finding);
    }
}
