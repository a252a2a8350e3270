//! FD609: a metric recorded by two rules with the same labels.

use super::overlapping_alert_identity::{nothing, overlap};
use crate::cx::FileCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::twins::collision;
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_types::label_flow;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD609"),
    name: "same-record-different-expr",
    summary: "two rules record the same series from different expressions",
    category: Category::Relations,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("same_record_different_expr.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within,
        across: nothing,
    },
};

fn within(cx: &FileCx<'_>, findings: &mut Vec<Diagnostic>) {
    for (first, later) in &cx.twins {
        let valid = first.rule.expr.valid && later.rule.expr.valid;
        if later.rule.kind != RuleKind::Record || !valid || first.expression() == later.expression() {
            continue;
        }
        let (a, b) = (&first.rule.expr.expr, &later.rule.expr.expr);
        let Some(proof) = overlap(a, b) else { continue };
        let bare = |expr| label_flow(expr).exact().is_some_and(|labels| labels.is_empty());
        // Without any label they are one series for certain.
        let severity = if bare(a) && bare(b) {
            Severity::Error
        } else {
            Severity::Warning
        };
        let name = &later.rule.name.text;
        let message = format!("`{name}` is recorded twice, from different expressions");
        let finding = collision(cx.file, (first, later), LINT.code, severity, message, proof)
            .label("the same series")
        .note("Prometheus keeps one of the two samples of each evaluation and drops the other as a duplicate")
        .help("give one of them another name, or tell the series apart by a label");
        findings.push(finding);
    }
}
