//! FD821: `for: 0s` and `keep_firing_for: 0s`, which are what is taken anyway.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_source::{Code, Diagnostic, Edit, Fix, Location, Safety, Severity, Span};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD821"),
    name: "redundant-default",
    summary: "a key with the value that is taken without it",
    category: Category::Style,
    severity: Severity::Info,
    since: "0.1.0",
    page: include_str!("redundant_default.md"),
    needs: Needs::all(&[Mark::Wait]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.context.settings.options.explicit_zero_for {
        return;
    }
    let keys = [
        ("for", &cx.rule.hold),
        ("keep_firing_for", &cx.rule.keep_firing_for),
    ];
    let zero = keys.into_iter().filter_map(|(key, value)| {
        let value = value.as_ref().filter(|value| value.value.is_zero())?;
        Some((key, value.span))
    });
    let findings: Vec<Diagnostic> = zero.map(|(key, span)| finding(cx, key, span)).collect();
    for finding in findings {
        cx.report(finding);
    }
}

fn finding(cx: &RuleCx<'_, '_>, key: &str, value: Span) -> Diagnostic {
    let mut finding = Diagnostic::new(
        LINT.code,
        Severity::Info,
        Location::new(cx.file.file, value),
        format!("`{key}` is 0 anyway"),
    )
    .label("the default")
    .evidence(format!("without `{key}` Prometheus takes 0"))
    .note("a zero looks as if somebody had chosen it")
    .help("leave it out, or say `explicit-zero-for = true` under `[lints]` if you write it on purpose");
    finding.fix = line_of(cx.source.text(), key, value).map(|line| Fix {
        title: format!("leave `{key}` out"),
        edits: vec![Edit {
            span: line,
            replacement: String::new(),
        }],
        safety: Safety::Safe,
    });
    finding
}

/// The line that holds nothing but the key and its value, with its line break.
fn line_of(text: &str, key: &str, value: Span) -> Option<Span> {
    let start = text
        .get(..value.start as usize)?
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let end = text
        .get(value.end as usize..)?
        .find('\n')
        .map(|at| value.end as usize + at + 1)?;
    let before = text.get(start..value.start as usize)?.trim();
    let behind = text.get(value.end as usize..end)?.trim();
    let key_alone = before.strip_suffix(':')?.trim_matches(['"', '\'']) == key;
    (key_alone && behind.is_empty()).then(|| Span::new(start, end))
}
