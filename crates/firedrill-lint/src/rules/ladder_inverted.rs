//! FD222: the milder of two alerts on one value needs more than the severer one.

use crate::cx::RuleCx;
use crate::ladders::Rung;
use crate::lint::{Category, Check, Lint};
use crate::thresholds::threshold;
use firedrill_promql::ast::ExprKind;
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD222"),
    name: "ladder-inverted",
    summary: "the severer of two alerts on one value has the milder threshold",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("ladder_inverted.md"),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some((key, severe)) = Rung::of(cx.file.file, cx.group, cx.rule) else {
        return;
    };
    let ladder = cx.context.usage.ladder(key);
    if ladder.len() < 2 {
        return;
    }
    let options = &cx.context.settings.options;
    let Some(rank) = options.rank(&severe.severity) else {
        return;
    };
    let inverted = ladder.iter().find(|mild| {
        let milder = options.rank(&mild.severity).is_some_and(|other| other < rank);
        let sooner = if severe.greater {
            severe.number < mild.number
        } else {
            severe.number > mild.number
        };
        // A milder threshold that has to hold for longer is a ladder of patience.
        milder && sooner && severe.hold <= mild.hold
    });
    let (Some(mild), Some(written)) = (inverted, written(cx)) else {
        return;
    };
    let (word, op) = if severe.greater {
        ("above", ">")
    } else {
        ("below", "<")
    };
    let message = format!(
        "`{}` fires {word} {}, before `{}` does {word} {}",
        severe.severity, severe.number, mild.severity, mild.number
    );
    let finding = cx
        .finding(LINT.code, Severity::Error, written, message)
        .label(format!("{} from here on", severe.severity))
        .related(
            mild.location(cx.context.sources),
            format!("{} only from here on (`{}`)", mild.severity, mild.rule),
        )
        .evidence(format!(
            "both compare the same value by `{op}`, and `for` is {} here and {} there",
            severe.hold, mild.hold
        ))
        .note(format!(
            "`{}` never comes alone: it is a part of `{}`",
            mild.severity, severe.severity
        ))
        .help("swap the thresholds or the severities");
    cx.report(finding);
}

/// Where the number of the rule stands.
fn written(cx: &RuleCx<'_, '_>) -> Option<firedrill_source::Span> {
    match &cx.nodes.root()?.unparenthesised().kind {
        ExprKind::Binary(binary) => threshold(binary).map(|it| it.written.span),
        _ => None,
    }
}
