//! Which part of a file an order is about.

use super::written::{Place, Written};
use crate::cx::subject;
use firedrill_model::{Reach, RuleFile};
use firedrill_source::{Diagnostic, Span, Subject};

/// A part of a file.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// `None` is the whole file.
    span: Option<Span>,
    /// The rule or group that it is, if it is one.
    pub(super) subject: Subject,
}

impl Scope {
    /// Whether a finding points into it.
    pub(super) fn holds(&self, finding: &Diagnostic) -> bool {
        let at = finding.primary.location.span.start as usize;
        self.span
            .is_none_or(|span| span.contains(at) || span.start as usize == at)
    }

    /// Whether a part of it lies in there.
    pub(super) fn touches(&self, other: Span) -> bool {
        self.span
            .is_none_or(|span| span.start < other.end && other.start < span.end)
    }
}

/// The rules and groups of a file, sorted by where they stand.
pub(super) struct Places<'r> {
    text: &'r str,
    rules: Vec<(Span, Subject)>,
    groups: Vec<(Span, Subject)>,
}

impl<'r> Places<'r> {
    pub(super) fn new(file: &RuleFile, text: &'r str) -> Self {
        let (mut rules, mut groups) = (Vec::new(), Vec::new());
        for group in &file.groups {
            let of_group = Subject {
                group: group.name.as_ref().map(|name| name.text.to_string()),
                rule: None,
            };
            groups.push((trimmed(group.span, text), of_group.clone()));
            for item in &group.items {
                let rule = group.rules.iter().find(|rule| rule.span == *item);
                let of_rule = rule.map_or_else(|| of_group.clone(), |rule| subject(group, rule));
                rules.push((trimmed(*item, text), of_rule));
            }
        }
        rules.sort_by_key(|(span, _)| *span);
        groups.sort_by_key(|(span, _)| *span);
        Places { text, rules, groups }
    }

    /// What an order is about; `None` if nothing is there.
    pub(super) fn scope(&self, list: &[Written<'_>], index: usize, reach: Reach) -> Option<Scope> {
        let place = list.get(index)?.place;
        let whole = |span| Scope {
            span,
            subject: Subject::default(),
        };
        let span = place.locate(self.text, Span::new(0, 1));
        let at = span.start as usize;
        match (reach, place) {
            (Reach::File, _) => Some(whole(None)),
            (Reach::Rule, Place::Expression { rule, .. } | Place::Annotation { rule, .. }) => {
                let known = self.rules.iter().find(|(span, _)| span.start == rule.start);
                Some(Scope {
                    span: Some(rule),
                    subject: known.map(|(_, subject)| subject.clone()).unwrap_or_default(),
                })
            }
            (Reach::Rule, Place::Comment { span, own_line }) => self.attached(&self.rules, span, own_line),
            (Reach::Group, Place::Comment { span, own_line }) => self.attached(&self.groups, span, own_line),
            (Reach::Group, _) => self.around(&self.groups, at),
            (Reach::Line, _) => Some(whole(Some(self.line(at)))),
            (Reach::NextLine, _) => self.next_line(at).map(|line| whole(Some(line))),
            (Reach::Begin, _) => {
                let ends = list
                    .iter()
                    .filter(|other| matches!(&other.order, Ok(order) if order.reach == Reach::End));
                let end = ends
                    .map(|other| other.place.locate(self.text, Span::new(0, 1)).start as usize)
                    .filter(|end| *end > at)
                    .min();
                Some(whole(Some(Span::new(at, end.unwrap_or(self.text.len())))))
            }
            (Reach::End | Reach::Rule, _) => None,
        }
    }

    /// The item that follows a comment, or in which it stands.
    fn attached(&self, items: &[(Span, Subject)], comment: Span, own_line: bool) -> Option<Scope> {
        if own_line {
            let next = items.partition_point(|(span, _)| span.start < comment.end);
            if let Some((span, subject)) = items.get(next)
                && self.nothing_between(comment.end as usize, span.start as usize)
            {
                return Some(Scope {
                    span: Some(*span),
                    subject: subject.clone(),
                });
            }
        }
        let at = comment.start as usize;
        self.around(items, at).or_else(|| {
            // The end of a line belongs to what ends, or starts, on it.
            let line = self.line(at);
            let ends = |span: Span| !own_line && line.contains((span.end as usize).saturating_sub(1));
            let before = items.partition_point(|(span, _)| span.start < comment.start);
            let (span, subject) = items.get(before.checked_sub(1)?)?;
            (ends(*span) || (!own_line && line.contains(span.start as usize))).then(|| Scope {
                span: Some(*span),
                subject: subject.clone(),
            })
        })
    }

    /// The innermost item around an offset.
    fn around(&self, items: &[(Span, Subject)], at: usize) -> Option<Scope> {
        let before = items.partition_point(|(span, _)| (span.start as usize) <= at);
        let (span, subject) = items.get(before.checked_sub(1)?)?;
        span.contains(at).then(|| Scope {
            span: Some(*span),
            subject: subject.clone(),
        })
    }

    /// Whether only blank lines, comments and the dash of a list stand there.
    fn nothing_between(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).unwrap_or("x");
        between.split(['\n', '\r']).all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#') || line == "-"
        })
    }

    /// The line around an offset, without its end.
    fn line(&self, at: usize) -> Span {
        let start = self
            .text
            .get(..at)
            .and_then(|before| before.rfind(['\n', '\r']))
            .map_or(0, |end| end + 1);
        Span::new(start, self.end_of_line(at))
    }

    fn end_of_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find(['\n', '\r'])
            .map_or(self.text.len(), |length| at + length)
    }

    /// The next line with content.
    fn next_line(&self, at: usize) -> Option<Span> {
        let mut start = self.end_of_line(at) + 1;
        while start < self.text.len() {
            let end = self.end_of_line(start);
            let line = self.text.get(start..end)?.trim();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(Span::new(start, end));
            }
            start = end + 1;
        }
        None
    }
}

/// A span without the blanks and comments at its end.
fn trimmed(span: Span, text: &str) -> Span {
    let mut slice = span.slice(text).trim_end();
    while let Some(line) = slice.rfind('\n').filter(|line| {
        slice
            .get(line + 1..)
            .is_some_and(|last| last.trim_start().starts_with('#'))
    }) {
        slice = slice.get(..line).unwrap_or_default().trim_end();
    }
    Span::new(span.start as usize, span.start as usize + slice.len())
}
