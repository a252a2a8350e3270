//! Comments that silence findings: `# firedrill: ignore FD101 reason="…"`.

use firedrill_model::RuleFile;
use firedrill_source::{Diagnostic, SourceFile, Span};

/// What the comments of a file silence.
#[derive(Debug, Default)]
pub(crate) struct Silences {
    list: Vec<Silence>,
}

#[derive(Debug)]
struct Silence {
    codes: Vec<String>,
    /// The rule that it is about; `None` is the whole file.
    rule: Option<Span>,
}

impl Silences {
    /// Reads the comments of the file, and those inside expressions.
    pub(crate) fn read(rules: &RuleFile, source: &SourceFile) -> Self {
        let mut silences = Silences::default();
        for comment in &rules.comments {
            let text = comment.span.slice(source.text());
            silences.add(text, || {
                let at = comment.span.start;
                let rules = || {
                    rules
                        .groups
                        .iter()
                        .flat_map(|group| &group.rules)
                        .map(|rule| rule.span)
                };
                let enclosing = rules().find(|span| span.contains(at as usize));
                let before = || {
                    rules()
                        .filter(|span| span.start <= at)
                        .max_by_key(|span| span.start)
                };
                let after = || {
                    rules()
                        .filter(|span| span.start > at)
                        .min_by_key(|span| span.start)
                };
                enclosing.or_else(|| if comment.own_line { after() } else { before() })
            });
        }
        for rule in rules.groups.iter().flat_map(|group| &group.rules) {
            let text = &rule.expr.source.text;
            if text.contains("firedrill:") {
                for line in text.lines() {
                    let comment = line.find('#').map_or("", |at| &line[at..]);
                    silences.add(comment, || Some(rule.span));
                }
            }
        }
        silences
    }

    /// Drops the findings that a comment silences.
    pub(crate) fn filter(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain(|finding| {
            let at = finding.primary.location.span.start as usize;
            !self.list.iter().any(|silence| {
                silence.rule.is_none_or(|span| span.contains(at))
                    && silence
                        .codes
                        .iter()
                        .any(|code| code.eq_ignore_ascii_case(finding.code.0))
            })
        });
    }

    fn add(&mut self, comment: &str, rule: impl Fn() -> Option<Span>) {
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
        let rule = if whole_file { None } else { rule() };
        if !codes.is_empty() && (whole_file || rule.is_some()) {
            self.list.push(Silence { codes, rule });
        }
    }
}
