//! FD018: a PromQL comment in a folded scalar, which takes the rest of the expression with it.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use firedrill_source::{Code, Edit, Fix, Safety, Severity, Span};
use firedrill_yaml::Style;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD018"),
    name: "comment-swallows-expr",
    summary: "a comment that goes on over the rest of the expression, because YAML joins the lines",
    category: Category::Files,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("comment_swallows_expr.md"),
    needs: Needs::NOTHING,
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let scalar = &cx.rule.expr.source;
    if matches!(scalar.style, Style::Literal | Style::Verbatim) || !scalar.text.contains('#') {
        return;
    }
    let Some((comment, swallowed)) = comments(&scalar.text).find_map(|comment| {
        let lost = swallowed(cx, comment)?;
        Some((comment, lost))
    }) else {
        return;
    };
    let mut finding = cx
        .finding(
            LINT.code,
            Severity::Error,
            comment,
            "this comment takes the rest of the expression with it",
        )
        .label("all of this is a comment")
        .evidence(format!(
            "YAML makes one line of these lines, and a comment goes on to the end of the line: `{swallowed}` is lost"
        ))
        .note("what is left is another rule, often one without its condition")
        .help("write `expr: |`, which keeps the lines, or take the comment out of the expression");
    let indicator = Span {
        start: scalar.span.start,
        end: scalar.span.start + 1,
    };
    if scalar.style == Style::Folded && indicator.slice(cx.source.text()) == ">" {
        finding.fix = Some(Fix {
            title: "keep the lines: `|`".to_owned(),
            edits: vec![Edit {
                span: indicator,
                replacement: "|".to_owned(),
            }],
            safety: Safety::Unsafe,
        });
    }
    cx.report(finding);
}

/// What stands on further lines of the file, before the comment ends, and is no comment of its own.
fn swallowed(cx: &RuleCx<'_, '_>, comment: Span) -> Option<String> {
    let written = cx.at(comment).span.slice(cx.source.text());
    let mut lines = written.lines().skip(1).map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(crate::cx::one_line(line))
}

/// The comments of an expression, from `#` to the end of the line, strings left aside.
fn comments(text: &str) -> impl Iterator<Item = Span> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'#' => {
                    let rest = &bytes[at..];
                    let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                    let comment = Span::new(at, at + length);
                    at += length;
                    return Some(comment);
                }
                b'"' | b'\'' | b'`' => {
                    at += 1;
                    while let Some(&inner) = bytes.get(at) {
                        if inner == b'\\' && byte != b'`' {
                            at += 1;
                        } else if inner == byte {
                            break;
                        }
                        at += 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    })
}
