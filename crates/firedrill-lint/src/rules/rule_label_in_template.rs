//! FD504: a template that reads a label which the rule itself adds.

use super::label_not_in_result::{is_of_the_alert, whole_use};
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::usage::given_label;
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_types::Presence;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD504"),
    name: "rule-label-in-template",
    summary: "a template reads a label that the rule adds, which templates do not see",
    category: Category::Templates,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("rule_label_in_template.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Filled]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert || (cx.rule.labels.is_empty() && cx.group.labels.is_empty()) {
        return;
    }
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let fields = cx.fields;
    for filled in fields.templates() {
        let field = filled.field;
        for used in &filled.uses.labels {
            let Some(value) = given_label(cx.group, cx.rule, &used.name) else {
                continue;
            };
            if seen.contains(&&*used.name) || !is_of_the_alert(filled.template, used) {
                continue;
            }
            let Some(labels) = cx.nodes.labels() else { return };
            let (severity, evidence) = match labels.presence(&used.name) {
                Presence::Always => continue,
                Presence::Never => (
                    Severity::Warning,
                    format!("the result of the expression has no label `{}`", used.name),
                ),
                // Rules that overwrite a label often print the old value.
                Presence::Maybe if labels.named().contains(&&*used.name) || used.name != "severity" => {
                    continue;
                }
                Presence::Maybe => (
                    Severity::Info,
                    format!("nothing in the expression asks for a label `{}`", used.name),
                ),
            };
            let at = cx.within(&field.value, whole_use(&field.value.text, used));
            let finding = Diagnostic::new(
                LINT.code,
                severity,
                at,
                format!("templates do not see `{}`: the rule adds it", used.name),
            )
            .label("empty")
            .evidence(evidence)
            .note("`$labels` holds the labels of the sample alone, not those under `labels:`")
            .help(if value.contains("{{") {
                "write the same template here".to_owned()
            } else {
                format!("write `{value}` into the text")
            });
            seen.push(&used.name);
            findings.push(finding);
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}
