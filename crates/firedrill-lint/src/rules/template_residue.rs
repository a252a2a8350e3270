//! FD019: what a generator left behind in an expression.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleFile;
use firedrill_promql::ast::{MatchOp, Matcher};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD019"),
    name: "template-residue",
    summary: "a matcher for what a generator failed to fill in",
    category: Category::Files,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("template_residue.md"),
    needs: Needs::all(&[Mark::OddValue]),
    check: Check::Rule(check),
};

/// Texts that only broken generators write.
const DEBRIS: [(&str, &str); 4] = [
    (
        "<no value>",
        "Go's templates print this for a value that is missing",
    ),
    ("%!", "Go's printf prints this for an argument that does not fit"),
    (
        "[object Object]",
        "JavaScript prints this for an object without a text",
    ),
    ("{{", "this is a template that nobody has rendered"),
];

/// Words for "nothing" in the languages that generators are written in.
const NOTHING: [(&str, &str); 6] = [
    ("None", "Python"),
    ("null", "JSON and JavaScript"),
    ("undefined", "JavaScript"),
    ("nil", "Go and Ruby"),
    ("<nil>", "Go"),
    ("NULL", "SQL"),
];

/// Whether a value is a word for "nothing" in some language.
pub(crate) fn is_word_for_nothing(value: &str) -> bool {
    NOTHING.iter().any(|(word, _)| *word == value)
}

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, selector) in nodes.selectors() {
        for matcher in &selector.matchers {
            let Some((mut severity, evidence)) = residue(matcher) else {
                continue;
            };
            if severity == Severity::Warning && matcher.value.contains("${") && is_source(cx.file) {
                severity = Severity::Info;
            }
            let finding = cx
                .finding(
                    LINT.code,
                    severity,
                    matcher.value_span,
                    format!("`{}` looks like what a generator left behind", matcher.value),
                )
                .label("hardly a value of this label")
                .evidence(evidence)
                .note(match matcher.op {
                    MatchOp::Equal | MatchOp::Regex => "no series has this value, so nothing is selected",
                    MatchOp::NotEqual | MatchOp::NotRegex => {
                        "no series has this value, so the matcher excludes nothing"
                    }
                })
                .help("repair the generator, or leave the matcher out");
            cx.report(finding);
        }
    }
}

/// Whether a file is plainly the source of a rule file: some expression of it cannot be read before its variables are
/// filled in, and has an error already.
fn is_source(file: &RuleFile) -> bool {
    let mut rules = file.groups.iter().flat_map(|group| &group.rules);
    rules.any(|rule| !rule.expr.valid && rule.expr.source.text.contains("${"))
}

fn residue(matcher: &Matcher) -> Option<(Severity, String)> {
    let value = &*matcher.value;
    // `%!` needs a verb and a parenthesis to be Go's.
    let debris = DEBRIS.iter().find(|(text, _)| match *text {
        "%!" => value
            .find("%!")
            .is_some_and(|at| value.get(at + 3..).is_some_and(|rest| rest.starts_with('('))),
        text => value.contains(text),
    });
    if let Some((text, why)) = debris {
        // Unrendered files are checked, too, now and then.
        let severity = if *text == "{{" {
            Severity::Warning
        } else {
            Severity::Error
        };
        return Some((severity, (*why).to_owned()));
    }
    if let Some(rest) = value.split("${").nth(1)
        && let Some((name, _)) = rest.split_once('}')
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Some((
            Severity::Warning,
            format!(
                "`${{{name}}}` is a variable that nobody has filled in; Prometheus expands none in rules"
            ),
        ));
    }
    let (word, language) = NOTHING.iter().find(|(word, _)| *word == value)?;
    Some((
        Severity::Warning,
        format!("`{word}` is how {language} print a value that is not there"),
    ))
}
