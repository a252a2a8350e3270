//! FD217: a ratio printed with a percent sign.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::texts::{actions, is_percent};
use firedrill_source::{Code, Diagnostic, Edit, Fix, Safety, Severity};
use firedrill_types::{Share, ShareProof};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD217"),
    name: "percent-sign-on-ratio",
    summary: "a value between 0 and 1 printed with a percent sign",
    category: Category::Thresholds,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("percent_sign_on_ratio.md"),
    needs: Needs::all(&[Mark::Expr, Mark::FilledAnnotation]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some(root) = cx.nodes.root() else { return };
    let mut findings = Vec::new();
    let mut judged: Option<Option<(Share, bool)>> = None;
    for filled in cx.fields.templates() {
        let annotation = filled.field;
        let text = &annotation.value.text;
        if filled.is_label || filled.uses.values.is_empty() {
            continue;
        }
        for (span, action) in actions(text) {
            if !is_percent(text, span, action) {
                continue;
            }
            let judged = judged.get_or_insert_with(|| {
                let found = cx.nodes.share(cx.context.facts);
                let found = found.filter(|it| it.whole == 1.0 && it.taken_from.is_none())?;
                Some((found, compared_as_ratio(cx)))
            });
            let Some((found, small)) = *judged else { return };
            let severity = match (found.proof, small) {
                (ShareProof::Quotient, false) => continue,
                (ShareProof::Words, false) | (ShareProof::Quotient, true) => Severity::Info,
                _ => Severity::Warning,
            };
            let reason = match found.proof {
                ShareProof::Proved => "the value is a part over its whole, so all is 1",
                ShareProof::Named => "the name says that it is a ratio",
                ShareProof::Term => "the lower side of the division contains the upper one, so all is 1",
                ShareProof::SameUnit => "both sides of the division have the same unit, so all is 1",
                ShareProof::Words => {
                    "by their names the lower side of the division is the limit of the upper one"
                }
                ShareProof::Quotient => "the quotient is compared with a fraction of 1",
            };
            let location = cx.within(&annotation.value, span);
            let mut finding = Diagnostic::new(
                LINT.code,
                severity,
                location,
                "a ratio is printed with a percent sign",
            )
            .label("between 0 and 1")
            .related(cx.at(root.span), "the value")
            .evidence(reason)
            .note("85 % shows as 0.85%")
            .help("use `{{ $value | humanizePercentage }}`, which multiplies by 100 and adds the sign");
            let sign = text
                .get(span.end as usize..)
                .is_some_and(|rest| rest.starts_with('%'));
            let whole = location.span;
            let as_written = whole.slice(cx.source.text()) == span.slice(text);
            if sign && as_written {
                let edit = Edit {
                    span: firedrill_source::Span::new(whole.start as usize, whole.end as usize + 1),
                    replacement: "{{ $value | humanizePercentage }}".to_owned(),
                };
                finding = finding.fix(Fix {
                    title: "use humanizePercentage".to_owned(),
                    edits: vec![edit],
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

/// Whether the value is compared with a fraction of 1.
fn compared_as_ratio(cx: &RuleCx<'_, '_>) -> bool {
    cx.nodes
        .thresholds()
        .iter()
        .any(|limit| limit.threshold.number > 0.0 && limit.threshold.number <= 1.0)
}
