//! FD222: the milder of two alerts on one value needs more than the severer one.

use crate::cx::{FileCx, subject};
use crate::each_rule;
use crate::ladders::Rung;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::rules::overlapping_alert_identity::nothing;
use firedrill_source::{Code, Diagnostic, Location, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD222"),
    name: "ladder-inverted",
    summary: "the severer of two alerts on one value has the milder threshold",
    category: Category::Thresholds,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("ladder_inverted.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within,
        across: nothing,
    },
};

fn within(cx: &FileCx<'_>, findings: &mut Vec<Diagnostic>) {
    let rungs = each_rule(cx.file).filter_map(|(group, rule)| Rung::of(group, rule));
    let mut rungs: Vec<(u64, usize, Rung<'_>)> = (0..)
        .zip(rungs)
        .map(|(at, (key, rung))| (key, at, rung))
        .collect();
    // The rungs of a ladder stay in their order, and so do the ladders.
    rungs.sort_unstable_by_key(|(key, at, _)| (*key, *at));
    let ladders = rungs.chunk_by(|(key, ..), (other, ..)| key == other);
    let mut ladders: Vec<_> = ladders.filter(|ladder| ladder.len() > 1).collect();
    ladders.sort_by_key(|ladder| ladder.first().map(|(_, at, _)| *at));
    for ladder in ladders {
        findings.extend(
            ladder
                .iter()
                .filter_map(|(_, _, severe)| judge(cx, severe, ladder)),
        );
    }
}

fn judge(cx: &FileCx<'_>, severe: &Rung<'_>, ladder: &[(u64, usize, Rung<'_>)]) -> Option<Diagnostic> {
    let options = &cx.settings.options;
    let rank = options.rank(severe.severity)?;
    let (_, _, mild) = ladder.iter().find(|(_, _, mild)| {
        let milder = options.rank(mild.severity).is_some_and(|other| other < rank);
        let sooner = if severe.greater {
            severe.number < mild.number
        } else {
            severe.number > mild.number
        };
        // A milder threshold that has to hold for longer is a ladder of patience.
        milder && sooner && severe.hold <= mild.hold
    })?;
    let (word, op) = if severe.greater {
        ("above", ">")
    } else {
        ("below", "<")
    };
    let message = format!(
        "`{}` fires {word} {}, before `{}` does {word} {}",
        severe.severity, severe.number, mild.severity, mild.number
    );
    let at = |rung: &Rung<'_>| {
        let span = rung.rule.expr.source.locate(cx.source.text(), rung.written);
        Location::new(cx.file.file, span)
    };
    let mut finding = Diagnostic::new(LINT.code, Severity::Error, at(severe), message)
        .label(format!("{} from here on", severe.severity))
        .related(
            at(mild),
            format!("{} only from here on (`{}`)", mild.severity, mild.rule.name.text),
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
    finding.subject = subject(severe.group, severe.rule);
    Some(finding)
}
