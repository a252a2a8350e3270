//! FD303: an operator between series that are asked for different values of a label which is compared.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::matching::ClashKind;
use crate::needs::{Mark, Needs};
use firedrill_source::{Code, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD303"),
    name: "contradictory-matchers",
    summary: "an operator between series that always differ in a label which it compares",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("contradictory_matchers.md"),
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
        let clash = sides.clash.as_ref();
        let Some(clash) = clash.filter(|clash| clash.kind == ClashKind::Value) else {
            continue;
        };
        let op = binary.op.symbol();
        let message = format!(
            "this `{op}` never has a result: `{}` has another value on each side",
            clash.label
        );
        let finding = cx
            .finding(LINT.code, Severity::Error, binary.op_span, message)
            .label(sides.compared());
        let mut finding = sides
            .explain(cx, finding, clash)
            .note("samples of the two sides are paired only when all compared labels are equal");
        finding = match &binary.matching {
            None => {
                finding.fix = cx.replace(
                    format!("ignore `{}`", clash.label),
                    Span {
                        start: binary.op_span.end,
                        end: binary.op_span.end,
                    },
                    &format!(" ignoring ({})", clash.label),
                    Safety::Unsafe,
                );
                finding.help(format!(
                    "leave it out of the comparison: `{op} ignoring ({})`",
                    clash.label
                ))
            }
            Some(matching) if matching.on => finding.help(format!("take `{}` out of `on (…)`", clash.label)),
            Some(_) => finding.help(format!("add `{}` to `ignoring (…)`", clash.label)),
        };
        cx.report(finding);
    }
}
