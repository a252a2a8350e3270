//! FD603: a rule that reads what a later rule of its group records.

use crate::cx::subject;
use crate::lint::{Category, Check, Lint};
use crate::rules::overlapping_alert_identity::nothing;
use firedrill_model::{Group, RuleFile, RuleKind};
use firedrill_promql::ast::ExprKind;
use firedrill_source::{Code, Diagnostic, Location, Severity, SourceFile, Span};
use rustc_hash::FxHashMap;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD603"),
    name: "used-before-defined",
    summary: "a rule reads what a later rule of its group records: one evaluation late",
    category: Category::Relations,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("used_before_defined.md"),
    check: Check::Relation {
        within,
        across: nothing,
    },
};

fn within(file: &RuleFile, source: &SourceFile, findings: &mut Vec<Diagnostic>) {
    for group in &file.groups {
        let records = group.rules.iter().filter(|rule| rule.kind == RuleKind::Record);
        if records.count() > 0 && group.rules.len() > 1 {
            within_group(file, source, group, findings);
        }
    }
}

fn within_group(file: &RuleFile, source: &SourceFile, group: &Group, findings: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, rule) in group.rules.iter().enumerate() {
        if rule.kind == RuleKind::Record {
            first.entry(&*rule.name.text).or_insert(index);
        }
    }
    for (index, rule) in group.rules.iter().enumerate() {
        if !rule.expr.valid {
            continue;
        }
        let mut windows: Vec<Span> = Vec::new();
        rule.expr.expr.walk(&mut |expr| {
            if let ExprKind::Range(range) = &expr.kind {
                windows.push(range.selector.span);
            }
            let ExprKind::Selector(selector) = &expr.kind else {
                return;
            };
            let Some(name) = selector.metric_name() else {
                return;
            };
            let Some(later) = first.get(&**name).filter(|at| **at > index) else {
                return;
            };
            let offset = selector.modifiers.offset.as_ref();
            if offset.is_some() || selector.modifiers.at.is_some() {
                return;
            }
            let recorder = &group.rules[*later];
            let at = rule.expr.source.locate(source.text(), expr.span);
            // One sample more or less hardly matters to a window.
            let severity = if windows.contains(&expr.span) {
                Severity::Info
            } else {
                Severity::Warning
            };
            let mut finding = Diagnostic::new(
                LINT.code,
                severity,
                Location::new(file.file, at),
                format!("`{name}` is recorded further down in this group"),
            )
            .label("the value of the last evaluation")
            .related(Location::new(file.file, recorder.name.used_at), "recorded here")
            .evidence("rules of a group are evaluated one after the other, from top to bottom")
            .note("this rule sees what was recorded one interval ago, and nothing after a restart")
            .help(format!("move the rule that records `{name}` above this one"));
            finding.subject = subject(group, rule);
            findings.push(finding);
        });
    }
}
