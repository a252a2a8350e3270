//! FD805: annotations that a project asks of every alert.

use super::required_label::missing;
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_source::{Code, Severity, nearest};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD805"),
    name: "required-annotation",
    summary: "an alert lacks an annotation that the project asks for",
    category: Category::Style,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("required_annotation.md"),
    needs: Needs::all(&[Mark::Alert]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let required = &cx.context.settings.options.required_annotations;
    if required.is_empty() || cx.rule.kind != RuleKind::Alert {
        return;
    }
    for name in required {
        let annotations = &cx.rule.annotations;
        let there = |field: &firedrill_model::Templated| {
            *field.key.text == **name && !field.value.text.trim().is_empty()
        };
        if annotations.iter().any(there) {
            continue;
        }
        let near = nearest(name, annotations.iter().map(|field| &*field.key.text));
        let finding = missing(
            cx,
            LINT.code,
            "annotation",
            name,
            near,
            "whoever is called does not learn what it would say",
        );
        cx.report(finding);
    }
}
