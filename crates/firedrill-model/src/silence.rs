//! Comments that silence findings: `# firedrill: ignore FD101 reason="…"`.

use crate::TestFile;
use firedrill_source::{Diagnostic, Span};
use firedrill_yaml::Comment;

/// What the comments of a file silence.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    list: Vec<Silence>,
}

#[derive(Clone, Debug)]
struct Silence {
    codes: Vec<String>,
    /// What it is about; `None` is the whole file.
    scope: Option<Span>,
}

impl Silences {
    /// Takes in a comment, from its `#` on; `scope` says which part of the file it is about. Anything else than
    /// `firedrill: ignore CODES` and `firedrill: ignore-file CODES` is passed over.
    pub fn add(&mut self, comment: &str, scope: impl Fn() -> Option<Span>) {
        let text = comment.trim_start_matches('#').trim_start();
        let Some(order) = text.strip_prefix("firedrill:").map(str::trim_start) else {
            return;
        };
        let (rest, whole_file) = match (order.strip_prefix("ignore-file"), order.strip_prefix("ignore")) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return,
        };
        let words = rest.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let is_code =
            |word: &&str| word.len() == 5 && word.get(..2).is_some_and(|fd| fd.eq_ignore_ascii_case("FD"));
        let codes: Vec<String> = words.take_while(is_code).map(str::to_owned).collect();
        let scope = if whole_file { None } else { scope() };
        if !codes.is_empty() && (whole_file || scope.is_some()) {
            self.list.push(Silence { codes, scope });
        }
    }

    /// Whether a comment silences a finding of this file.
    pub fn covers(&self, finding: &Diagnostic) -> bool {
        let at = finding.primary.location.span.start as usize;
        self.list.iter().any(|silence| {
            silence.scope.is_none_or(|span| span.contains(at))
                && silence
                    .codes
                    .iter()
                    .any(|code| code.eq_ignore_ascii_case(finding.code.0))
        })
    }

    /// Drops the findings that a comment silences.
    pub fn filter(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain(|finding| !self.covers(finding));
    }
}

/// The silences of a test file. A comment is about the entry that follows it, or in whose line or middle it stands: a
/// pattern of `rule_files`, a test, an input series, an expectation.
pub(crate) fn of_tests(file: &TestFile, comments: &[Comment], text: &str) -> Silences {
    let mut silences = Silences::default();
    if !comments
        .iter()
        .any(|it| it.span.slice(text).contains("firedrill:"))
    {
        return silences;
    }
    let mut entries: Vec<Span> = file.rule_files.iter().map(|it| it.used_at).collect();
    for test in &file.tests {
        entries.push(test.span);
        entries.extend(test.input_series.iter().map(|it| it.span));
        entries.extend(test.alert_tests.iter().map(|it| it.span));
        entries.extend(test.expr_tests.iter().map(|it| it.span));
    }
    for comment in comments {
        silences.add(comment.span.slice(text), || {
            let at = comment.span.start;
            let next = entries
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
            let around = entries
                .iter()
                .filter(|span| span.start <= at && (at <= span.end || span.end as usize >= line))
                .max_by_key(|span| span.start);
            let next = next.filter(|_| comment.own_line).filter(follows);
            next.or(around).copied()
        });
    }
    silences
}
