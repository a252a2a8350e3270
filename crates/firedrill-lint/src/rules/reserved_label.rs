//! FD017: labels of rules that Prometheus itself writes or gives a meaning to.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Severity, Span};
use firedrill_yaml::Scalar;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD017"),
    name: "reserved-label",
    summary: "a label of a rule that Prometheus overwrites or reserves",
    category: Category::Files,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("reserved_label.md"),
    needs: Needs::all(&[Mark::Labels]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let own = cx.rule.labels.iter().map(|label| &label.key);
    let findings: Vec<Diagnostic> = own.filter_map(|key| judge(cx, key)).collect();
    for finding in findings {
        cx.report(finding);
    }
}

fn judge(cx: &RuleCx<'_, '_>, key: &Scalar) -> Option<Diagnostic> {
    let (severity, message, note, help) = match (&*key.text, cx.rule.kind) {
        ("alertname", RuleKind::Alert) => (
            Severity::Warning,
            "Prometheus overwrites the label `alertname` with the name of the alert",
            "what is written here never arrives",
            "name the alert as it should be called, or choose another label",
        ),
        ("__name__", _) => return None,
        (name, _) if name.starts_with("__") => (
            Severity::Warning,
            "labels that start with `__` are for Prometheus' own use",
            "they may be dropped or given a meaning at any time",
            "choose a name without the underscores",
        ),
        // A quantile that is recorded may say which one it is.
        ("quantile", RuleKind::Record) if cx.rule.expr.source.text.contains("quantile") => return None,
        ("le" | "quantile", RuleKind::Record) => (
            Severity::Info,
            "this label makes the series look like part of a histogram or summary",
            "`histogram_quantile()` and dashboards take it for one",
            "choose another name, unless a histogram is what is recorded",
        ),
        _ => return None,
    };
    let at = cx.within(key, Span::new(0, key.text.len()));
    let finding = Diagnostic::new(LINT.code, severity, at, message)
        .label("reserved")
        .evidence(format!("the rule sets `{}` itself", key.text));
    Some(finding.note(note).help(help))
}
