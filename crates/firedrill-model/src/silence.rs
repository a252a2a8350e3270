//! Comments of unit-test files that silence findings: `# firedrill: ignore FD911 until=2026-12-31 reason="…"`.

use crate::mistakes::{bad_order, expired_order, unknown_target};
use crate::{BadOrder, Date, Order, Reach, TestFile, Tool, parse_order};
use firedrill_source::{Code, Diagnostic, FileId, Location, Span};
use firedrill_yaml::Comment;

/// What the comments of a file silence. Until [`Silences::settle`] has said what their names mean, it is nothing.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    list: Vec<Silence>,
    /// Comments with a mistake in them, and where they start.
    bad: Vec<(u32, BadOrder)>,
}

#[derive(Clone, Debug)]
struct Silence {
    /// Where the comment stands.
    at: Span,
    order: Order,
    /// What it is about; `None` is the whole file.
    scope: Option<Span>,
    /// What its targets stand for, in their order; `None` for one that is not known, or does not count any more.
    codes: Vec<Option<Code>>,
}

impl Silences {
    /// Finds out what the targets mean and what does not count any more, and reports that and all mistakes. `code_of` tells
    /// what a code or name stands for, or the name that was probably meant.
    pub fn settle(
        &mut self,
        file: FileId,
        today: Option<Date>,
        code_of: impl Fn(&str) -> Result<Code, Option<&'static str>>,
    ) -> Vec<Diagnostic> {
        let within = |start: u32, span: Span| {
            let span = Span {
                start: start + span.start,
                end: start + span.end,
            };
            Location::new(file, span)
        };
        let mut findings: Vec<Diagnostic> = std::mem::take(&mut self.bad)
            .iter()
            .map(|(start, bad)| bad_order(within(*start, bad.span), bad))
            .collect();
        for silence in &mut self.list {
            let expired = silence
                .order
                .until
                .zip(today)
                .filter(|(until, today)| until < today);
            if let Some((until, today)) = expired {
                findings.push(expired_order(Location::new(file, silence.at), until, today));
            }
            let targets = silence
                .order
                .targets
                .iter()
                .map(|target| match code_of(&target.name) {
                    Ok(code) => Some(code).filter(|_| expired.is_none()),
                    Err(near) => {
                        let at = within(silence.at.start, target.span);
                        findings.push(unknown_target(at, &target.name, near));
                        None
                    }
                });
            silence.codes = targets.collect();
        }
        findings
    }

    /// Whether a comment silences a finding of this file.
    pub fn covers(&self, finding: &Diagnostic) -> bool {
        let at = finding.primary.location.span.start as usize;
        let in_scope = |silence: &&Silence| silence.scope.is_none_or(|span| span.contains(at));
        self.list.iter().filter(in_scope).any(|silence| {
            let mut targets = silence.codes.iter().zip(&silence.order.targets);
            targets.any(|(code, target)| *code == Some(finding.code) && target.is_about(&finding.message))
        })
    }

    /// Drops the findings that a comment silences.
    pub fn filter(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain(|finding| !self.covers(finding));
    }
}

/// The silences of a test file. A comment is about the entry that follows it, or in whose line or middle it stands: a
/// pattern of `rule_files`, a test, an input series, an expectation. One for a group is about a whole test.
pub(crate) fn of_tests(file: &TestFile, comments: &[Comment], text: &str) -> Silences {
    let mut silences = Silences::default();
    let orders = comments.iter().filter_map(|comment| {
        let order = parse_order(comment.span.slice(text))?;
        Some((comment, order))
    });
    let mut entries: Option<Entries> = None;
    for (comment, order) in orders {
        let start = comment.span.start;
        let order = match order {
            Ok(order) => order,
            Err(bad) => {
                silences.bad.push((start, bad));
                continue;
            }
        };
        if order.tool != Tool::Firedrill {
            continue;
        }
        let entries = entries.get_or_insert_with(|| Entries::of(file));
        let scope = match order.reach {
            Reach::File => None,
            reach => match entries.scope(comment, reach, text) {
                Some(span) => Some(span),
                None => {
                    silences.bad.push((start, unattached(comment.span)));
                    continue;
                }
            },
        };
        silences.list.push(Silence {
            at: comment.span,
            order,
            scope,
            codes: Vec::new(),
        });
    }
    silences
}

fn unattached(comment: Span) -> BadOrder {
    BadOrder {
        message: "this comment is attached to nothing".to_owned(),
        help:
            "put it above an entry or into it; for a test there is `ignore-group`, for the file `ignore-file`"
                .to_owned(),
        span: Span {
            start: 0,
            end: comment.end - comment.start,
        },
    }
}

/// Where the parts of a test file stand that comments can be about.
struct Entries {
    all: Vec<Span>,
    tests: Vec<Span>,
}

impl Entries {
    fn of(file: &TestFile) -> Entries {
        let mut all: Vec<Span> = file.rule_files.iter().map(|it| it.used_at).collect();
        for test in &file.tests {
            all.push(test.span);
            all.extend(test.input_series.iter().map(|it| it.span));
            all.extend(test.alert_tests.iter().map(|it| it.span));
            all.extend(test.expr_tests.iter().map(|it| it.span));
        }
        let tests = file.tests.iter().map(|test| test.span).collect();
        Entries { all, tests }
    }

    /// What a comment is about.
    fn scope(&self, comment: &Comment, reach: Reach, text: &str) -> Option<Span> {
        let spans = match reach {
            Reach::NextLine => return next_line(comment, text),
            Reach::Group => &self.tests,
            _ => &self.all,
        };
        let at = comment.span.start;
        let next = spans
            .iter()
            .filter(|span| span.start > at)
            .min_by_key(|span| span.start);
        let follows = |span: &&Span| {
            let between = Span {
                start: comment.span.end,
                end: span.start,
            };
            let mut lines = between.slice(text).lines();
            lines.all(|line| {
                let line = line.trim_start();
                line.is_empty() || line.starts_with('#') || line.trim_end() == "-"
            })
        };
        // The end of a line belongs to the entry on it.
        let line = text
            .get(..at as usize)
            .map_or(0, |before| before.rfind('\n').map_or(0, |n| n + 1));
        let around = spans
            .iter()
            .filter(|span| span.start <= at && (at <= span.end || span.end as usize >= line))
            .max_by_key(|span| span.start);
        let next = next.filter(|_| comment.own_line).filter(follows);
        next.or(around).copied()
    }
}

/// The next line with content.
fn next_line(comment: &Comment, text: &str) -> Option<Span> {
    let mut start = comment.span.end as usize;
    for line in text.get(start..)?.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            return Some(Span::new(start, start + line.trim_end().len()));
        }
        start += line.len();
    }
    None
}
