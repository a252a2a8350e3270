//! FD606: the same rule twice.

use crate::cx::{Context, FileCx, subject};
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::usage::Identity;
use firedrill_model::RuleKind;
use firedrill_source::{Code, Diagnostic, Location, Severity, Subject};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash as _, Hasher as _};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD606"),
    name: "identical-rule",
    summary: "the same rule twice: name, labels and expression are equal",
    category: Category::Relations,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("identical_rule.md"),
    needs: Needs::NOTHING,
    check: Check::Relation { within, across },
};

fn within(cx: &FileCx<'_>, findings: &mut Vec<Diagnostic>) {
    for (first, later) in &cx.twins {
        let valid = first.rule.expr.valid && later.rule.expr.valid;
        if !valid || first.expression() != later.expression() {
            continue;
        }
        let at = Location::new(cx.file.file, later.rule.name.used_at);
        let other = Location::new(cx.file.file, first.rule.name.used_at);
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
    // The first rule of each kind of twin; the identities come file by file.
    let mut firsts: FxHashMap<u64, Vec<&Identity>> = FxHashMap::default();
    for identity in &context.usage.identities {
        let kin = firsts.entry(fingerprint(identity)).or_default();
        let Some(first) = kin.iter().find(|other| is_same(other, identity)) else {
            kin.push(identity);
            continue;
        };
        if first.file != identity.file {
            let at = Location::new(identity.file, identity.name.used_at);
            let other = Location::new(first.file, first.name.used_at);
            let mut finding = finding(identity.kind, &identity.name.text, at, other, Severity::Info);
            finding.subject = Subject {
                group: identity.group.as_ref().map(ToString::to_string),
                rule: Some(identity.name.text.to_string()),
            };
            findings.push(finding);
        }
    }
}

fn is_same(one: &Identity, other: &Identity) -> bool {
    one.kind == other.kind
        && one.name.text == other.name.text
        && one.labels == other.labels
        && one.expr.split_whitespace().eq(other.expr.split_whitespace())
}

/// The same number for identities that are the same.
fn fingerprint(identity: &Identity) -> u64 {
    let mut hasher = FxHasher::default();
    (identity.kind == RuleKind::Alert, &*identity.name.text).hash(&mut hasher);
    identity.labels.hash(&mut hasher);
    for word in identity.expr.split_whitespace() {
        word.hash(&mut hasher);
    }
    hasher.finish()
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
