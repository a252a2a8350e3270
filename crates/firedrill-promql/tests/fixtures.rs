//! What the parser makes of the fixtures: trees of good expressions, all errors of bad ones.

use firedrill_promql::{Expr, ExprKind, Features, ParseError, parse};
use std::fmt::Write as _;

#[test]
fn good_expressions_become_trees() {
    insta::glob!("../../../fixtures/promql-syntax/ok", "*.promql", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = parse(&text, &Features::promtool_default());
        assert_eq!(parsed.errors, [], "{}", path.display());
        let mut shown = format!("{text}{}\n\n", parsed.expr);
        outline(&mut shown, &parsed.expr, &text, 0);
        insta::assert_snapshot!(shown);
    });
}

#[test]
fn bad_expressions_are_explained() {
    insta::glob!("../../../fixtures/promql-syntax/err", "*.promql", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let parsed = parse(&text, &Features::promtool_default());
        assert_ne!(parsed.errors, [], "{}", path.display());
        let mut shown = text.clone();
        for error in &parsed.errors {
            explain(&mut shown, error, &text);
        }
        insta::assert_snapshot!(shown);
    });
}

/// One line a node: its kind and the source that it covers.
fn outline(out: &mut String, expr: &Expr, text: &str, depth: usize) {
    let kind = match &expr.kind {
        ExprKind::Number(_) => "number",
        ExprKind::String(_) => "string",
        ExprKind::Selector(_) => "selector",
        ExprKind::Range(_) => "range",
        ExprKind::Subquery(_) => "subquery",
        ExprKind::Call(_) => "call",
        ExprKind::Aggregate(_) => "aggregate",
        ExprKind::Binary(_) => "binary",
        ExprKind::Unary(_) => "unary",
        ExprKind::Paren(_) => "paren",
        ExprKind::Missing => "missing",
    };
    let source = expr.span.slice(text).replace('\n', " ");
    let _ = writeln!(out, "{}{kind} {source}", "  ".repeat(depth));
    for child in expr.children() {
        outline(out, child, text, depth + 1);
    }
}

fn explain(out: &mut String, error: &ParseError, text: &str) {
    let _ = writeln!(out, "\n{}", error.promtool_message(text));
    let _ = writeln!(out, "  at {:?}", error.span.slice(text));
    if let Some(found) = &error.found {
        let _ = writeln!(out, "  found {found}");
    }
    if let Some(expected) = &error.expected {
        let _ = writeln!(out, "  expected {expected}");
    }
    if let Some((span, what)) = error.related {
        let _ = writeln!(out, "  {what}: byte {}", span.start);
    }
    if let Some(help) = &error.help {
        let _ = writeln!(out, "  help: {help}");
    }
}

#[test]
fn features_switch_constructs_on() {
    let text = "limitk(3, a) + on (x) fill_left(1) b anchored + info(c, {x=\"y\"}) + d[step()] @ 5 smoothed";
    let off = parse(text, &Features::default());
    assert!(off.errors.len() >= 4, "{:?}", off.errors);
    let on = parse(
        &text.replace("+ d[step()] @ 5 smoothed", "+ rate(d[step()] @ 5 smoothed)"),
        &Features::all(),
    );
    assert_eq!(on.errors, []);
}
