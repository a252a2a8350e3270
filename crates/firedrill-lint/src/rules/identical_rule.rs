//! FD606: the same rule twice.

use crate::cx::{Context, subject};
use crate::lint::{Category, Check, Lint};
use crate::twins::twins;
use crate::usage::Identity;
use firedrill_model::{RuleFile, RuleKind};
use firedrill_source::{Code, Diagnostic, Location, Severity, SourceFile, Subject};
use rustc_hash::FxHashMap;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD606"),
    name: "identical-rule",
    summary: "the same rule twice: name, labels and expression are equal",
    category: Category::Relations,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("identical_rule.md"),
    check: Check::Relation { within, across },
};

fn within(file: &RuleFile, _: &SourceFile, findings: &mut Vec<Diagnostic>) {
    for (first, later) in twins(file) {
        let valid = first.rule.expr.valid && later.rule.expr.valid;
        if !valid || first.expression() != later.expression() {
            continue;
        }
        let at = Location::new(file.file, later.rule.name.used_at);
        let other = Location::new(file.file, first.rule.name.used_at);
        let mut finding = finding(later.rule.kind, &later.rule.name.text, at, other, Severity::Error);
        finding.subject = subject(later.group, later.rule);
        findings.push(finding);
    }
}

/// Copies of a rule in several files are often meant for several servers: no more than an info.
fn across(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut files = context.usage.identities.iter().map(|identity| identity.file);
    let first_file = files.next();
    if files.all(|file| Some(file) == first_file) {
        return;
    }
    let mut by_name: FxHashMap<&str, Vec<&Identity>> = FxHashMap::default();
    for identity in &context.usage.identities {
        let kin = by_name.entry(&*identity.name.text).or_default();
        let first = kin.iter().find(|other| {
            other.file != identity.file
                && other.kind == identity.kind
                && other.labels == identity.labels
                && other.expr.split_whitespace().eq(identity.expr.split_whitespace())
        });
        if let Some(first) = first {
            let at = Location::new(identity.file, identity.name.used_at);
            let other = Location::new(first.file, first.name.used_at);
            let mut finding = finding(identity.kind, &identity.name.text, at, other, Severity::Info);
            finding.subject = Subject {
                group: identity.group.as_ref().map(ToString::to_string),
                rule: Some(identity.name.text.to_string()),
            };
            findings.push(finding);
        }
        kin.push(identity);
    }
}

fn finding(kind: RuleKind, name: &str, at: Location, other: Location, severity: Severity) -> Diagnostic {
    let (what, note) = match kind {
        RuleKind::Alert => (
            "alert",
            "a server that loads both evaluates everything twice, for one and the same alert",
        ),
        RuleKind::Record | RuleKind::Query => (
            "recording rule",
            "a server that loads both writes every sample twice and drops the second one",
        ),
    };
    Diagnostic::new(
        LINT.code,
        severity,
        at,
        format!("the {what} `{name}` is there twice"),
    )
    .label("the same again")
    .related(other, "the first one")
    .evidence("name, labels and expression are equal")
    .note(note)
    .help("remove one of them")
}
