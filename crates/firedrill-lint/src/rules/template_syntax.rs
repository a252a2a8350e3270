//! FD501: `$labels.x` and `$value` that stand outside of `{{ }}`. Templates that do not parse are the reader's finding.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_model::codes::TEMPLATE_SYNTAX;
use firedrill_source::{Diagnostic, Edit, Fix, Safety, Severity, Span, find_either, find_twice};

pub(crate) static LINT: Lint = Lint {
    code: TEMPLATE_SYNTAX,
    name: "template-syntax",
    summary: "a label or annotation that is no valid template, or lost its braces",
    category: Category::Templates,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("template_syntax.md"),
    needs: Needs::all(&[Mark::Alert]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert {
        return;
    }
    let mut findings = Vec::new();
    for field in cx.rule.labels.iter().chain(&cx.rule.annotations) {
        let text = &*field.value.text;
        let bare = bare_variables(text);
        if bare.is_empty() || quotes_braces(text) {
            continue;
        }
        for (whole, inner) in bare {
            let variable = inner.slice(text);
            let at = cx.within(&field.value, whole);
            let mut finding = Diagnostic::new(
                TEMPLATE_SYNTAX,
                Severity::Warning,
                at,
                format!("`{variable}` stands outside of `{{{{ }}}}` and is sent as it is"),
            )
            .label("plain text")
            .evidence("only what stands between `{{` and `}}` is filled in")
            .note("the notification shows these letters instead of the value")
            .help(format!("write `{{{{ {variable} }}}}`"));
            let as_written = at.span.slice(cx.source.text()) == whole.slice(text);
            if as_written {
                finding.fix = Some(Fix {
                    title: "put braces around it".to_owned(),
                    edits: vec![Edit {
                        span: at.span,
                        replacement: format!("{{{{ {variable} }}}}"),
                    }],
                    safety: Safety::Unsafe,
                });
            }
            findings.push(finding);
        }
    }
    for finding in findings {
        cx.report(finding);
    }
}

/// Whether the text prints braces on purpose, as a text about templates does.
fn quotes_braces(text: &str) -> bool {
    text.contains("\"{{\"") || text.contains("`{{`")
}

/// `$labels.name` and `$value` in the plain text, each with the single braces around it if there are any, and alone.
fn bare_variables(text: &str) -> Vec<(Span, Span)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let next = find_either(text.as_bytes(), at, b'{', b'$');
        if next == text.len() {
            break;
        }
        let rest = &text[next..];
        if rest.starts_with("{{") {
            // An action that is not closed is no valid template, which the reader says.
            let Some(end) = find_twice(text.as_bytes(), next, b'}') else {
                break;
            };
            at = end + 2;
            continue;
        }
        at = next + 1;
        let Some(length) = variable(rest) else { continue };
        let inner = Span::new(next, next + length);
        at = next + length;
        let before = text[..next].trim_end_matches(' ');
        let behind = text[at..].trim_start_matches(' ');
        let whole = if before.ends_with('{') && !before.ends_with("{{") && behind.starts_with('}') {
            Span::new(before.len() - 1, text.len() - behind.len() + 1)
        } else {
            inner
        };
        at = at.max(whole.end as usize);
        found.push((whole, inner));
    }
    found
}

/// The length of a variable of templates at the start of a text.
fn variable(text: &str) -> Option<usize> {
    let name_length = |rest: &str| {
        rest.bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count()
    };
    if let Some(name) = text.strip_prefix("$labels.") {
        let length = name_length(name);
        return (length > 0).then_some("$labels.".len() + length);
    }
    let rest = text.strip_prefix("$value")?;
    (name_length(rest) == 0).then_some("$value".len())
}
