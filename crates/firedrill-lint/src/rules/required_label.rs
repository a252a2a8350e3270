//! FD804: labels that a project asks of every alert.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::usage::given_labels;
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Severity, Span, nearest};
use firedrill_types::Presence;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD804"),
    name: "required-label",
    summary: "an alert lacks a label that the project asks for",
    category: Category::Style,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("required_label.md"),
    needs: Needs::all(&[Mark::Alert]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let required = &cx.context.settings.options.required_labels;
    if required.is_empty() || cx.rule.kind != RuleKind::Alert {
        return;
    }
    let given = given_labels(cx.group, cx.rule);
    for name in required {
        let by_rule = given
            .iter()
            .any(|(key, value)| **key == **name && !value.is_empty());
        let by_result = cx
            .nodes
            .labels()
            .is_some_and(|labels| labels.presence(name) == Presence::Always);
        if by_rule || by_result {
            continue;
        }
        let near = nearest(name, given.iter().map(|(key, _)| &**key));
        let finding = missing(
            cx,
            LINT.code,
            "label",
            name,
            near,
            "routes and dashboards that ask for it do not find this alert",
        );
        cx.report(finding);
    }
}

/// What to say of something that an alert lacks.
pub(crate) fn missing(
    cx: &RuleCx<'_, '_>,
    code: Code,
    what: &str,
    name: &str,
    near: Option<&str>,
    note: &str,
) -> Diagnostic {
    let at = cx.within(&cx.rule.name, Span::new(0, cx.rule.name.text.len()));
    Diagnostic::new(
        code,
        Severity::Warning,
        at,
        format!("this alert has no {what} `{name}`"),
    )
    .label(format!("lacks `{name}`"))
    .evidence(format!("`required-{what}s` asks for it"))
    .note(note.to_owned())
    .help(match near {
        Some(near) => format!("is `{near}` meant to be it? Add `{name}:` under `{what}s:`"),
        None => format!("add `{name}:` under `{what}s:`"),
    })
}
