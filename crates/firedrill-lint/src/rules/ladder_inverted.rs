//! FD222: the milder of two alerts on one value needs more than the severer one.

use crate::cx::{FileCx, subject};
use crate::ladders::Rung;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::rules::overlapping_alert_identity::nothing;
use firedrill_source::{Code, Diagnostic, Location, Severity};
use rustc_hash::FxHashMap;

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
    let mut ladders: FxHashMap<u64, Vec<Rung<'_>>> = FxHashMap::default();
    let mut order: Vec<u64> = Vec::new();
    for group in &cx.file.groups {
        for rule in &group.rules {
            if let Some((key, rung)) = Rung::of(group, rule) {
                ladders.entry(key).or_default().push(rung);
                order.push(key);
            }
        }
    }
    order.retain(|key| ladders.get(key).is_some_and(|ladder| ladder.len() > 1));
    order.dedup();
    for key in order {
        let ladder = ladders.remove(&key).unwrap_or_default();
        findings.extend(ladder.iter().filter_map(|severe| judge(cx, severe, &ladder)));
    }
}

fn judge(cx: &FileCx<'_>, severe: &Rung<'_>, ladder: &[Rung<'_>]) -> Option<Diagnostic> {
    let options = &cx.settings.options;
    let rank = options.rank(severe.severity)?;
    let mild = ladder.iter().find(|mild| {
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
