//! FD502: a template that is valid and fails whenever it runs.

use crate::cx::RuleCx;
use crate::fields::Filled;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_template::{Context, Data, ExpandError, Sample};
use firedrill_value::Labels;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD502"),
    name: "template-runtime-error",
    summary: "a template that parses but fails for every alert",
    category: Category::Templates,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("template_runtime_error.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Filled]),
    check: Check::Rule(check),
};

/// Label values and sample values that a template is tried with: texts, numbers, nothing.
const TRIES: [(&str, f64); 4] = [("api", 1.5), ("3", 0.0), ("", 2.0e9), ("1m", -1.0)];

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let mut findings = Vec::new();
    for filled in cx.fields.templates() {
        let field = filled.field;
        let asks = || filled.uses.functions.iter().any(|(name, _)| name == "query");
        if filled.template.is_usual() || asks() {
            continue;
        }
        let Some(error) = always_fails(filled) else {
            continue;
        };
        let finding = Diagnostic::new(
            LINT.code,
            Severity::Error,
            cx.within(&field.value, error.span),
            format!("this template fails for every alert: {}", reason(&error.message)),
        )
        .label("fails here")
        .evidence(format!(
            "it was run with {} sets of labels and values, and failed with each",
            TRIES.len()
        ))
        .note("the notification then shows the error in place of the text")
        .help("data of the sample are `$labels.NAME` and `$value`, or `.Labels.NAME` and `.Value`");
        findings.push(finding);
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// The error, if every try ends in one at the same place.
fn always_fails(filled: &Filled<'_>) -> Option<ExpandError> {
    let template = filled.template;
    let names: Vec<&str> = filled.uses.labels.iter().map(|used| &*used.name).collect();
    let mut first: Option<ExpandError> = None;
    for (text, value) in TRIES {
        let labels = Labels::from_pairs(names.iter().map(|name| (*name, text)));
        let data = Data {
            labels: &labels,
            external_labels: &Labels::empty(),
            external_url: "http://prometheus.example:9090",
            value,
            histogram: None,
            time: firedrill_value::Timestamp::default(),
        };
        let error = template.expand(&data, &mut NoQueries).err()?;
        if first.as_ref().is_some_and(|before| before.span != error.span) {
            return None;
        }
        first = Some(error);
    }
    first
}

/// Go's words, without the types that only its authors know.
fn reason(message: &str) -> String {
    match message
        .strip_prefix("can't evaluate field ")
        .and_then(|rest| rest.split_once(" in type struct"))
    {
        Some((field, _)) => format!("there is no `.{field}`"),
        None => message.to_owned(),
    }
}

struct NoQueries;

impl Context for NoQueries {
    fn query(&mut self, _: &str) -> Result<Vec<Sample>, String> {
        Ok(Vec::new())
    }
}
