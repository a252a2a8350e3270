//! FD503: a template reads a label that the result never has.

use crate::cx::{RuleCx, quoted_list};
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::usage::given_label;
use firedrill_model::Templated;
use firedrill_source::{Code, Diagnostic, Severity, Span, nearest};
use firedrill_template::{LabelUse, Template};
use firedrill_types::{Gone, Labels, What};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD503"),
    name: "label-not-in-result",
    summary: "a template reads a label that the expression never gives",
    category: Category::Templates,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("label_not_in_result.md"),
    needs: Needs::all(&[Mark::Expr, Mark::Filled]),
    check: Check::Rule(check),
};

/// A place where a label is read.
#[derive(Clone, Copy)]
struct Read<'a> {
    field: &'a Templated,
    used: &'a LabelUse,
}

fn check(cx: &mut RuleCx<'_, '_>) {
    let (nodes, fields) = (cx.nodes, cx.fields);
    let mut reads: Vec<Read<'_>> = Vec::new();
    // Most labels are read in several texts; only where the expression names one the answer costs something.
    let mut judged: Vec<(&str, bool)> = Vec::new();
    let Some(labels) = nodes.labels() else { return };
    for filled in fields.templates() {
        for used in &filled.uses.labels {
            let known = judged.iter().find(|(name, _)| *name == used.name);
            let never = known.map_or_else(|| nodes.lacks(&used.name), |(_, never)| *never);
            if known.is_none() && nodes.may_mention(&used.name) {
                judged.push((&used.name, never));
            }
            // One that the rule adds itself is FD504.
            if never
                && given_label(cx.group, cx.rule, &used.name).is_none()
                && is_of_the_alert(filled.template, used)
            {
                let field = filled.field;
                reads.push(Read { field, used });
            }
        }
    }
    while let Some(first) = reads.first() {
        let name = &first.used.name;
        let (same, others): (Vec<_>, Vec<_>) = reads.iter().partition(|read| read.used.name == *name);
        let finding = report(cx, name, &same, labels);
        cx.report(finding);
        reads = others;
    }
}

/// Inside `range query …` and the like, `.Labels` are those of another sample.
pub(crate) fn is_of_the_alert(template: &Template, used: &LabelUse) -> bool {
    let text = template.text();
    if text.contains("$labels :=") || text.contains("$labels:=") {
        return false;
    }
    !used.guarded
        || used.span.slice(text).starts_with('"')
        || whole_use(text, used).slice(text).starts_with('$')
}

/// One finding for all places that read the label; the first unguarded one stands for them.
fn report(cx: &RuleCx<'_, '_>, name: &str, reads: &[Read<'_>], labels: Labels<'_>) -> Diagnostic {
    let first = reads.iter().find(|read| !read.used.guarded).unwrap_or(&reads[0]);
    let guarded = first.used.guarded;
    let severity = if guarded { Severity::Info } else { Severity::Error };
    let exact = labels.exact();
    let has = match &exact {
        Some(exact) if exact.is_empty() => "the result of the expression has no labels at all".to_owned(),
        Some(exact) => format!("the result of the expression has only {}", quoted_list(exact)),
        None => "the expression drops it".to_owned(),
    };
    let at = cx.within(&first.field.value, whole_use(&first.field.value.text, first.used));
    let mut finding = Diagnostic::new(LINT.code, severity, at, format!("`{name}` is never there: {has}"))
        .label("always empty");
    let gone = labels.gone(name);
    if let Some(gone) = gone {
        finding = finding
            .related(cx.at(gone.span), dropped_words(gone, name))
            .evidence(evidence(cx, gone, name));
    }
    let mut places: Vec<&str> = reads.iter().map(|read| &*read.field.key.text).collect();
    places.dedup();
    if places.len() > 1 {
        finding = finding.evidence(format!("`{name}` is read in {}", quoted_list(&places)));
    }
    let note = if guarded {
        "the template asks first, so nothing goes wrong, but the branch is never taken"
    } else {
        "the text has a hole just where it should say what the alert is about"
    };
    finding.note(note).help(advice(exact.as_deref(), gone, name))
}

fn advice(exact: Option<&[&str]>, gone: Option<Gone>, name: &str) -> String {
    let exact = exact.unwrap_or_default();
    match (nearest(name, exact.iter().copied()), gone.map(|gone| gone.what)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(What::Aggregation)) => {
            format!("keep `{name}` in the aggregation, or leave it out of the text")
        }
        (None, Some(What::On | What::Ignoring)) => {
            format!("bring it over with `group_left ({name})` or match on it, or leave it out of the text")
        }
        (None, Some(What::Absent)) => {
            format!("name it in the selector (`{name}=\"…\"`), or leave it out of the text")
        }
        _ => "leave it out of the text".to_owned(),
    }
}

fn dropped_words(gone: Gone, name: &str) -> String {
    match gone.what {
        What::Number => "has no labels".to_owned(),
        What::Absent => format!("knows only labels from `=` matchers, and `{name}` is none"),
        What::Asked => format!("asks for series without `{name}`"),
        What::Aggregation | What::On | What::Ignoring => format!("`{name}` is dropped here"),
    }
}

fn evidence(cx: &RuleCx<'_, '_>, gone: Gone, name: &str) -> String {
    let place = cx.text(gone.span);
    match gone.what {
        What::Number => format!("`{place}` makes a vector without labels"),
        What::Absent => format!("`{place}` gives the labels of its equality matchers only"),
        What::Asked => format!("`{place}` leaves no series with `{name}`"),
        What::Aggregation if !place.contains('(') => format!("`{place}` without `by` keeps no label"),
        What::Aggregation | What::On | What::Ignoring => format!("`{place}` does not keep `{name}`"),
    }
}

/// The span of the whole `$labels.name`; the template remembers where the name stands in it.
pub(crate) fn whole_use(text: &str, used: &LabelUse) -> Span {
    let start = used.span.start as usize;
    let before = text.get(..start).unwrap_or("");
    let root = ["$labels", "$.Labels", ".Labels"]
        .into_iter()
        .find(|root| before.ends_with(root));
    Span::new(start - root.map_or(0, str::len), used.span.end as usize)
}
