//! Regular expressions of matchers as they are written: what makes them more than a plain text, and edits of matchers.

use crate::cx::RuleCx;
use crate::nodes::Nodes;
use firedrill_functions::Func;
use firedrill_promql::ast::{ExprKind, MatchOp, Matcher};
use firedrill_source::{Fix, Safety, Span};

/// Whether a pattern is a text without any special character.
pub(crate) fn is_plain(pattern: &str) -> bool {
    !pattern.bytes().any(|byte| {
        matches!(
            byte,
            b'\\' | b'.' | b'+' | b'*' | b'?' | b'(' | b')' | b'|' | b'[' | b']' | b'{' | b'}' | b'^' | b'$'
        )
    })
}

/// How safe it is to make a pattern of a selector an `=` matcher, or to leave it out: `absent()` gives the labels of `=`
/// matchers to its result, unless others name the same label.
pub(crate) fn safety_of_equality(nodes: &Nodes<'_>, index: usize) -> Safety {
    let absent = |id| matches!(id, Func::Absent | Func::AbsentOverTime);
    let under_absent = nodes.ancestors(index).any(|(parent, _, _)| match &parent.kind {
        ExprKind::Call(call) => call.function.is_some_and(|function| absent(function.id)),
        _ => false,
    });
    if under_absent {
        Safety::Unsafe
    } else {
        Safety::Safe
    }
}

/// Whether a matcher holds a pattern.
pub(crate) fn is_pattern(matcher: &Matcher) -> bool {
    matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex)
}

/// Where the operator of a matcher stands: between label and value, blanks left aside.
pub(crate) fn operator_span(cx: &RuleCx<'_, '_>, matcher: &Matcher) -> Option<Span> {
    let between = Span {
        start: matcher.label.span.end,
        end: matcher.value_span.start,
    };
    let text = between.slice(&cx.rule.expr.source.text);
    let at = text.find(matcher.op.symbol())?;
    let start = between.start as usize + at;
    Some(Span::new(start, start + matcher.op.symbol().len()))
}

/// A repair that writes operator and value of a matcher anew.
pub(crate) fn rewrite(
    cx: &RuleCx<'_, '_>,
    matcher: &Matcher,
    title: &str,
    op: MatchOp,
    value: Option<&str>,
    safety: Safety,
) -> Option<Fix> {
    let operator = cx.replace(title, operator_span(cx, matcher)?, op.symbol(), safety)?;
    let mut edits = operator.edits;
    if let Some(value) = value {
        edits.extend(cx.replace(title, matcher.value_span, value, safety)?.edits);
    }
    Some(Fix {
        title: title.to_owned(),
        edits,
        safety,
    })
}

/// A repair that takes a matcher out, with the comma beside it. Where it is the only one the braces stay, empty.
pub(crate) fn remove(cx: &RuleCx<'_, '_>, matcher: &Matcher, title: &str, safety: Safety) -> Option<Fix> {
    let text = &*cx.rule.expr.source.text;
    let (mut start, mut end) = (matcher.span.start as usize, matcher.span.end as usize);
    let behind = text.get(end..)?;
    let blanks = behind.len() - behind.trim_start().len();
    if behind[blanks..].starts_with(',') {
        end += blanks + 1;
        let rest = text.get(end..)?;
        end += rest.len() - rest.trim_start_matches(' ').len();
    } else {
        let before = text.get(..start)?.trim_end();
        if before.ends_with(',') {
            start = before.len() - 1;
        }
    }
    cx.replace(title, Span::new(start, end), "", safety)
}
