//! FD814: a pattern compared with `=`.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::patterns::rewrite;
use firedrill_promql::ast::MatchOp;
use firedrill_regex::Regex;
use firedrill_source::{Code, Safety, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD814"),
    name: "regex-in-equality",
    summary: "a regular expression compared with `=` or `!=`, which take it for a plain text",
    category: Category::Style,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("regex_in_equality.md"),
    needs: Needs::all(&[Mark::PatternLike]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, selector) in nodes.selectors() {
        for matcher in &selector.matchers {
            let op = match matcher.op {
                MatchOp::Equal => MatchOp::Regex,
                MatchOp::NotEqual => MatchOp::NotRegex,
                _ => continue,
            };
            let Some(sign) = sign_of_a_pattern(&matcher.value) else {
                continue;
            };
            if Regex::anchored(&matcher.value).is_err() {
                continue;
            }
            // As a pattern it would leave out every series, which nobody wants; as it is it does no harm.
            let idle = matcher.op == MatchOp::NotEqual && &*matcher.value == ".*";
            let severity = if idle { Severity::Info } else { Severity::Warning };
            let symbol = matcher.op.symbol();
            let mut finding = cx
                .finding(
                    LINT.code,
                    severity,
                    matcher.span,
                    format!(
                        "`{symbol}` takes `{}` for a plain text, not for a pattern",
                        matcher.value
                    ),
                )
                .label(format!("the letters `{sign}` as they are"))
                .evidence(format!("`{sign}` is what regular expressions are made of"))
                .note(match matcher.op {
                    MatchOp::Equal => "a label with this very text is unlikely, so nothing is selected",
                    _ => "a label with this very text is unlikely, so nothing is left out",
                })
                .help(format!(
                    "write `{}{}\"{}\"`",
                    matcher.label.text,
                    op.symbol(),
                    matcher.value
                ));
            if idle {
                finding.help = Some("leave the matcher out: it keeps every series".to_owned());
                cx.report(finding);
                continue;
            }
            let title = format!("compare with `{}`", op.symbol());
            finding.fix = rewrite(cx, matcher, &title, op, None, Safety::Unsafe);
            cx.report(finding);
        }
    }
}

/// What gives a pattern away: `.*`, `.+`, alternatives, classes, and dots behind a digit (`5..`).
fn sign_of_a_pattern(value: &str) -> Option<&str> {
    for sign in [".*", ".+"] {
        if value.contains(sign) {
            return Some(sign);
        }
    }
    if let Some(at) = value.find('|')
        // Blanks around it make a sentence, and a bar at an end a separator.
        && !value.contains(' ')
        && at > 0
        && at + 1 < value.len()
        && !value.contains("||")
    {
        return value.get(at..=at);
    }
    if let Some(open) = value.find('[')
        && let Some(length) = value[open..].find(']')
        && value[open..open + length].contains('-')
        && !value[open..open + length].contains(':')
    {
        return value.get(open..=open + length);
    }
    let digits = value.len().checked_sub(3)?;
    let (digit, dots) = value.split_at_checked(digits + 1)?;
    (dots == ".." && digit.len() == 1 && digit.bytes().all(|byte| byte.is_ascii_digit())).then_some("..")
}
