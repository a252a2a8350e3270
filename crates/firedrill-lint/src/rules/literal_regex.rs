//! FD811: a regular expression without anything special in it.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::patterns::{is_pattern, is_plain, rewrite, safety_of_equality};
use firedrill_promql::ast::MatchOp;
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD811"),
    name: "literal-regex",
    summary: "a regular expression that is a plain text",
    category: Category::Style,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("literal_regex.md"),
    needs: Needs::all(&[Mark::Pattern]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (index, _, selector) in nodes.selectors() {
        for matcher in selector.matchers.iter().filter(|matcher| is_pattern(matcher)) {
            if matcher.value.is_empty() || !is_plain(&matcher.value) {
                continue;
            }
            let op = if matcher.op == MatchOp::Regex {
                MatchOp::Equal
            } else {
                MatchOp::NotEqual
            };
            let better = format!("{}{}\"{}\"", matcher.label.text, op.symbol(), matcher.value);
            let mut finding = cx
                .finding(
                    LINT.code,
                    Severity::Info,
                    matcher.span,
                    format!(
                        "`{}` is a plain text: `{}` needs no regular expression",
                        matcher.value,
                        matcher.op.symbol()
                    ),
                )
                .label("matches this text alone")
                .evidence("patterns are anchored at both ends, and this one has no special character")
                .note("`=~` makes a reader look for the pattern")
                .help(format!("write `{better}`"));
            let safety = safety_of_equality(nodes, index);
            let title = format!("compare with `{}`", op.symbol());
            finding.fix = rewrite(cx, matcher, &title, op, None, safety);
            cx.report(finding);
        }
    }
}
