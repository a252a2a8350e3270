//! FD510: a query inside a template that is no PromQL.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_promql::{Features, ParseErrorKind, parse};
use firedrill_source::{Code, Diagnostic, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD510"),
    name: "template-query-broken",
    summary: "a query inside a template that is no PromQL",
    category: Category::Templates,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("template_query_broken.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Filled]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let mut findings = Vec::new();
    for filled in cx.fields.templates() {
        let (field, template) = (filled.field, filled.template);
        let functions = filled.uses.functions.iter();
        let calls: Vec<Span> = functions
            .filter(|(name, _)| name == "query")
            .map(|(_, span)| *span)
            .collect();
        if calls.is_empty() {
            continue;
        }
        let queries = template.queries().unwrap_or_default();
        for (index, query) in queries.iter().enumerate() {
            let parsed = parse(query, &Features::default());
            let error = parsed
                .errors
                .iter()
                .find(|error| error.kind != ParseErrorKind::Feature);
            // What a placeholder stands for is not known: it may well be a matcher or a duration.
            let made_up = query.contains(firedrill_template::HOLE);
            let (Some(error), false) = (error, made_up) else {
                continue;
            };
            let at = calls.get(index).or(calls.first()).copied().unwrap_or_default();
            let finding = Diagnostic::new(
                LINT.code,
                Severity::Error,
                cx.within(&field.value, at),
                format!("this query is no PromQL: {}", error.message),
            )
            .label("fails for every alert")
            .evidence(format!("the query is `{}`", crate::cx::one_line(query)))
            .note("the notification then shows the error in place of the text");
            findings.push(match &error.help {
                Some(help) => finding.help(help.clone()),
                None => finding.help("repair the query; `firedrill query` tells more about it"),
            });
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}
