//! FD315: a selector whose matchers no series can satisfy together.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::{MatchOp, Matcher, Selector};
use firedrill_regex::no_text_fits;
use firedrill_source::{Code, Severity};
use firedrill_value::METRIC_NAME;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD315"),
    name: "contradictory-selector",
    summary: "matchers of one label that exclude each other",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("contradictory_selector.md"),
    needs: Needs::all(&[Mark::Matcher]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, selector) in nodes.selectors() {
        for (index, matcher) in selector.matchers.iter().enumerate() {
            let label = &matcher.label.text;
            let same = |other: &&Matcher| other.label.text == *label;
            let (before, rest) = selector.matchers.split_at(index);
            let is_last = !rest.iter().skip(1).any(|other| same(&other));
            if is_last && &**label != METRIC_NAME || before.iter().any(|other| same(&other)) {
                continue;
            }
            let all: Vec<&Matcher> = rest.iter().filter(same).collect();
            if let Some(contradiction) = contradiction(selector, &all) {
                report(cx, label, &all, &contradiction);
            }
        }
    }
}

/// Why no value fits, in words.
fn contradiction(selector: &Selector, matchers: &[&Matcher]) -> Option<String> {
    let label = matchers.first()?;
    if &*label.label.text == METRIC_NAME
        && let Some(name) = &selector.name
    {
        return refused(&name.text, matchers);
    }
    if matchers.len() < 2 {
        return None;
    }
    if let Some(equal) = matchers.iter().find(|it| it.op == MatchOp::Equal) {
        return refused(&equal.value, matchers);
    }
    let of = |op: MatchOp| {
        matchers
            .iter()
            .filter(move |it| it.op == op)
            .filter_map(|it| it.regex.as_ref())
    };
    let wanted: Vec<_> = of(MatchOp::Regex).collect();
    // A list of plain texts needs no automaton.
    if let Some(texts) = wanted.iter().find_map(|regex| regex.literals()) {
        let none = texts
            .iter()
            .all(|text| matchers.iter().any(|matcher| !matcher.matches(text)));
        return none.then(|| "none of its values is left by the other matchers".to_owned());
    }
    let mut unwanted: Vec<_> = of(MatchOp::NotRegex).cloned().collect();
    for matcher in matchers.iter().filter(|it| it.op == MatchOp::NotEqual) {
        unwanted.push(firedrill_regex::Regex::anchored(&quoted(&matcher.value)).ok()?);
    }
    let unwanted: Vec<_> = unwanted.iter().collect();
    (no_text_fits(&wanted, &unwanted) == Some(true)).then(|| "no text satisfies all of them".to_owned())
}

/// The first matcher that does not let the one possible value pass.
fn refused(value: &str, matchers: &[&Matcher]) -> Option<String> {
    let other = matchers.iter().find(|matcher| !matcher.matches(value))?;
    Some(format!(
        "\"{value}\" does not satisfy `{}{}\"{}\"`",
        other.label.text,
        other.op.symbol(),
        other.value
    ))
}

/// A text as a pattern that matches nothing else.
fn quoted(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if !c.is_alphanumeric() && !c.is_whitespace() && c != '_' {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn report(cx: &mut RuleCx<'_, '_>, label: &str, matchers: &[&Matcher], why: &str) {
    let (Some(first), Some(last)) = (matchers.first(), matchers.last()) else {
        return;
    };
    let of_what = if label == METRIC_NAME {
        "the metric name".to_owned()
    } else {
        format!("`{label}`")
    };
    let message = format!("these matchers of {of_what} exclude each other: nothing is ever selected");
    let mut finding = cx.finding(LINT.code, Severity::Error, last.span, message);
    finding = finding.label("never true together with the others");
    if first.span != last.span {
        finding = finding.related(cx.at(first.span), "asks for something else");
    }
    let finding = finding
        .evidence(why.to_owned())
        .note("all matchers of a selector must hold for a series at once")
        .help("leave one of them out, or join values with `=~\"a|b\"` if either will do");
    cx.report(finding);
}
