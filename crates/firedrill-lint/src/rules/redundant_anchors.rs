//! FD812: `^` and `$` around a pattern that is anchored anyway.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::patterns::is_pattern;
use firedrill_source::{Code, Edit, Fix, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD812"),
    name: "redundant-anchors",
    summary: "`^` or `$` at the ends of a pattern, which are anchored anyway",
    category: Category::Style,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("redundant_anchors.md"),
    needs: Needs::all(&[Mark::Pattern]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, selector) in nodes.selectors() {
        for matcher in selector.matchers.iter().filter(|matcher| is_pattern(matcher)) {
            let pattern = &*matcher.value;
            let (begins, ends) = (begins(pattern), ends(pattern));
            if !begins && !ends {
                continue;
            }
            let anchors = match (begins, ends) {
                (true, true) => "`^` and `$` do",
                (true, false) => "`^` does",
                _ => "`$` does",
            };
            let mut finding = cx
                .finding(
                    LINT.code,
                    Severity::Info,
                    matcher.value_span,
                    format!("{anchors} nothing here: patterns are anchored at both ends"),
                )
                .label("always matched as a whole")
                .evidence("Prometheus puts `^(?:` and `)$` around every pattern of a matcher")
                .note("anchors make readers think that other patterns are not anchored")
                .help("leave them out");
            finding.fix = without_anchors(cx, matcher.value_span, begins, ends);
            cx.report(finding);
        }
    }
}

/// Whether the pattern starts with an anchor. Flags may give it another meaning.
fn begins(pattern: &str) -> bool {
    pattern.starts_with('^') && pattern.len() > 1 && !pattern.contains("(?")
}

/// Whether it ends with an anchor, not with an escaped dollar sign.
fn ends(pattern: &str) -> bool {
    let Some(body) = pattern.strip_suffix('$') else {
        return false;
    };
    let backslashes = body.bytes().rev().take_while(|byte| *byte == b'\\').count();
    !body.is_empty() && backslashes % 2 == 0 && !pattern.contains("(?")
}

fn without_anchors(cx: &RuleCx<'_, '_>, value: Span, begins: bool, ends: bool) -> Option<Fix> {
    let title = "leave the anchors out";
    let (start, end) = (value.start as usize + 1, (value.end as usize).checked_sub(1)?);
    let written = Span::new(start, end).slice(&cx.rule.expr.source.text);
    // Inside quotes an escape may stand for the anchor.
    if (begins && !written.starts_with('^')) || (ends && !written.ends_with('$')) {
        return None;
    }
    let mut edits: Vec<Edit> = Vec::new();
    if begins {
        edits.extend(
            cx.replace(title, Span::new(start, start + 1), "", Safety::Safe)?
                .edits,
        );
    }
    if ends {
        edits.extend(
            cx.replace(title, Span::new(end - 1, end), "", Safety::Safe)?
                .edits,
        );
    }
    Some(Fix {
        title: title.to_owned(),
        edits,
        safety: Safety::Safe,
    })
}
