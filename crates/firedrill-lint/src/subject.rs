//! Which group and rule a finding is about, from where it points.

use firedrill_model::RuleFile;
use firedrill_source::{Diagnostic, Span};

/// Names the group and rule of findings that lack them.
pub fn attach_subjects(rules: &RuleFile, findings: &mut [Diagnostic]) {
    for finding in findings {
        if finding.subject.group.is_some() || finding.primary.location.file != rules.file {
            continue;
        }
        let offset = finding.primary.location.span.start;
        let Some(group) = around(&rules.groups, offset, |group| group.span) else {
            continue;
        };
        finding.subject.group = group.name.as_ref().map(|name| name.text.to_string());
        if let Some(rule) = around(&group.rules, offset, |rule| rule.span) {
            finding.subject.rule = Some(rule.name.text.to_string());
        }
    }
}

/// The item whose span holds the offset. Items stand in file order and do not overlap; those that come from an alias
/// may stand elsewhere and are then not found.
fn around<T>(items: &[T], offset: u32, span: impl Fn(&T) -> Span) -> Option<&T> {
    let after = items.partition_point(|item| span(item).start <= offset);
    let item = items.get(after.checked_sub(1)?)?;
    (offset <= span(item).end).then_some(item)
}
