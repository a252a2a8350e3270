//! FD603: a rule that reads what a later rule of its group records.

use crate::cx::{FileCx, subject};
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::rules::overlapping_alert_identity::nothing;
use firedrill_model::{Group, RuleFile, RuleKind};
use firedrill_promql::ast::{Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Location, Severity, SourceFile, Span};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD603"),
    name: "used-before-defined",
    summary: "a rule reads what a later rule of its group records: one evaluation late",
    category: Category::Relations,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("used_before_defined.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within,
        across: nothing,
    },
};

/// A window to which one evaluation is nothing, in milliseconds: a day.
const LONG_WINDOW: i64 = 24 * 3600 * 1000;
/// How many rules are followed that read one another.
const MAX_STEPS: usize = 64;

fn within(cx: &FileCx<'_>, findings: &mut Vec<Diagnostic>) {
    let groups = &cx.file.groups;
    let ahead = cx
        .sketch
        .groups_read_ahead(groups.iter().map(|group| group.rules.len()));
    for (group, _) in groups.iter().zip(ahead).filter(|(_, ahead)| *ahead) {
        within_group(cx.file, cx.source, group, findings);
    }
}

fn within_group(file: &RuleFile, source: &SourceFile, group: &Group, findings: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<&str, usize> = FxHashMap::default();
    let mut recorders: FxHashMap<&str, Vec<&Expr>> = FxHashMap::default();
    for (index, rule) in group.rules.iter().enumerate() {
        if rule.kind == RuleKind::Record {
            first.entry(&*rule.name.text).or_insert(index);
            recorders
                .entry(&*rule.name.text)
                .or_default()
                .push(&rule.expr.expr);
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
            let upstream = upstream(&recorders, name);
            // No order of them helps, and the circle has a finding of its own.
            if rule.kind == RuleKind::Record && upstream.reads.contains(&*rule.name.text) {
                return;
            }
            let recorder = &group.rules[*later];
            let at = rule.expr.source.locate(source.text(), expr.span);
            // One sample more or less hardly matters to a window.
            let severity = if windows.contains(&expr.span) || upstream.slow {
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

/// What a recorded metric is computed from, within its group.
struct Upstream<'a> {
    /// The metrics that are read on the way, other than over long windows.
    reads: FxHashSet<&'a str>,
    /// Whether all of it comes out of long windows.
    slow: bool,
}

/// Follows the rules of a group that read one another, for a few steps.
fn upstream<'a>(recorders: &FxHashMap<&'a str, Vec<&'a Expr>>, name: &'a str) -> Upstream<'a> {
    let mut found = Upstream {
        reads: FxHashSet::default(),
        slow: true,
    };
    let (mut waiting, mut steps, mut any_window) = (vec![name], 0, false);
    while let Some(name) = waiting.pop() {
        for expr in recorders.get(name).into_iter().flatten() {
            steps += 1;
            if steps > MAX_STEPS {
                found.slow = false;
                return found;
            }
            let mut windows: Vec<Span> = Vec::new();
            expr.walk(&mut |part| {
                let (range, inner) = match &part.kind {
                    ExprKind::Range(range) => (&range.range, range.selector.span),
                    ExprKind::Subquery(subquery) => (&subquery.range, subquery.expr.span),
                    ExprKind::Selector(selector) => {
                        let at = part.span;
                        let late = windows
                            .iter()
                            .any(|window| window.start <= at.start && at.end <= window.end);
                        let read = selector.metric_name().map(|read| &**read);
                        found.slow &= late || read.is_some_and(|read| recorders.contains_key(read));
                        if let Some(read) = read
                            && !late
                            && selector.modifiers.offset.is_none()
                            && found.reads.insert(read)
                        {
                            waiting.push(read);
                        }
                        return;
                    }
                    _ => return,
                };
                if range
                    .literal()
                    .is_some_and(|length| length.millis() >= LONG_WINDOW)
                {
                    windows.push(inner);
                    any_window = true;
                }
            });
        }
    }
    found.slow &= any_window;
    found
}
