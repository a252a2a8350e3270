//! FD809: a name or value used once that is almost one which is used all over.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::vocabulary::{each_label_name, looks_like};
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Location, Severity, Span};
use std::sync::Arc;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD809"),
    name: "probable-typo",
    summary: "a label, key or severity that is almost one which the other rules use",
    category: Category::Style,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("probable_typo.md"),
    needs: Needs::NOTHING,
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let vocabulary = &cx.context.overview.vocabulary;
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut seen: Vec<&Arc<str>> = Vec::new();
    let nodes = cx.nodes;
    // Before other files were looked at there are no words to compare with.
    if !vocabulary.is_empty() {
        each_label_name(nodes, |_, label| {
            let Some((meant, uses)) = vocabulary.label_meant(&label.text) else {
                return;
            };
            if seen.contains(&&label.text) || is_known(cx, &label.text) {
                return;
            }
            seen.push(&label.text);
            findings.push(finding(
                "label",
                &label.text,
                meant,
                Some(uses),
                cx.at(label.span),
            ));
        });
        for field in cx.rule.labels.iter().chain(&cx.rule.annotations) {
            let key = &field.key.text;
            if let Some((meant, uses)) = vocabulary.key_meant(key) {
                let at = cx.within(&field.key, Span::new(0, key.len()));
                findings.push(finding("key", key, meant, Some(uses), at));
            }
        }
    }
    for label in &cx.rule.labels {
        let (key, value) = (&label.key.text, &label.value.text);
        let at = || cx.within(&label.value, Span::new(0, value.len()));
        if let Some((meant, uses)) = vocabulary.value_meant(key, value) {
            findings.push(finding("value", value, meant, Some(uses), at()));
        } else if cx.rule.kind == RuleKind::Alert && &**key == "severity" {
            let severities = &cx.context.settings.options.severities;
            let known = severities.iter().any(|it| it.eq_ignore_ascii_case(value));
            let near = || severities.iter().find(|it| looks_like(&value.to_lowercase(), it));
            if let Some(meant) = (!known).then(near).flatten() {
                findings.push(finding("value", value, meant, None, at()));
            }
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// Whether facts know the label of one of the metrics in the expression.
fn is_known(cx: &RuleCx<'_, '_>, label: &Arc<str>) -> bool {
    cx.nodes.selectors().any(|(_, _, selector)| {
        let labels = selector
            .metric_name()
            .and_then(|name| cx.context.facts.labels(name));
        labels.is_some_and(|labels| labels.value.contains(label))
    })
}

fn finding(what: &str, word: &str, meant: &str, uses: Option<u32>, at: Location) -> Diagnostic {
    Diagnostic::new(
        LINT.code,
        Severity::Warning,
        at,
        format!("the {what} `{word}` is probably meant to be `{meant}`"),
    )
    .label("a slip of the keyboard?")
    .evidence(match uses {
        Some(uses) => format!("`{meant}` is used {uses} times in these files, `{word}` hardly ever"),
        None => format!("`{meant}` is a severity, `{word}` is none"),
    })
    .note(match what {
        "label" => "a label that series do not have groups them all together, or selects none",
        _ => "what looks for the usual word, such as a route, does not find this one",
    })
    .help(format!("write `{meant}`"))
}
