//! Which rules the comments that silence findings are about.

use firedrill_model::{RuleFile, Silences};
use firedrill_source::SourceFile;

/// Reads the comments of a rule file, and those inside expressions.
pub(crate) fn silences(rules: &RuleFile, source: &SourceFile) -> Silences {
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
