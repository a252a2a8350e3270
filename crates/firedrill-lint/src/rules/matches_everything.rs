//! FD813: patterns that let everything pass, or everything but nothing.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::patterns::{remove, rewrite, safety_of_equality};
use firedrill_promql::ast::MatchOp;
use firedrill_source::{Code, Safety, Severity};
use firedrill_value::METRIC_NAME;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD813"),
    name: "matches-everything",
    summary: "a pattern that lets everything pass, or everything that is not empty",
    category: Category::Style,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("matches_everything.md"),
    needs: Needs::all(&[Mark::Pattern]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (index, _, selector) in nodes.selectors() {
        for matcher in &selector.matchers {
            // Without a name the matchers are all that the selector has.
            if &*matcher.label.text == METRIC_NAME {
                continue;
            }
            let label = &matcher.label.text;
            let (message, evidence, help, op) = match (matcher.op, &*matcher.value) {
                (MatchOp::Regex, ".*") => (
                    format!("`.*` lets every value of `{label}` pass, and series without it as well"),
                    "the empty value of a missing label matches `.*`, too",
                    "leave the matcher out, or ask for a value that is not empty: `!=\"\"`".to_owned(),
                    None,
                ),
                (MatchOp::Regex, ".+") => (
                    format!("`.+` asks only whether `{label}` is there"),
                    "every value but the empty one matches `.+`",
                    format!("write `{label}!=\"\"`, which says so"),
                    Some(MatchOp::NotEqual),
                ),
                (MatchOp::NotRegex, ".+") => (
                    format!("`!~\".+\"` asks whether `{label}` is missing"),
                    "every value but the empty one matches `.+`",
                    format!("write `{label}=\"\"`, which says so"),
                    Some(MatchOp::Equal),
                ),
                _ => continue,
            };
            let mut finding = cx
                .finding(LINT.code, Severity::Info, matcher.span, message)
                .label("hardly a choice")
                .evidence(evidence)
                .note("it costs a look at every series and reads like a restriction")
                .help(help);
            let safety = match op {
                Some(MatchOp::NotEqual) => Safety::Safe,
                // Other matchers of the label give it to `absent()`, or take it away.
                _ => safety_of_equality(nodes, index),
            };
            finding.fix = match op {
                Some(op) => {
                    let title = format!("compare with `{}\"\"`", op.symbol());
                    rewrite(cx, matcher, &title, op, Some("\"\""), safety)
                }
                // Something has to be left to select by.
                None if selector.name.is_some() => remove(cx, matcher, "leave the matcher out", safety),
                None => None,
            };
            cx.report(finding);
        }
    }
}
