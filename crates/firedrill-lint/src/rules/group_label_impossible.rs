//! FD307: `group_left (label)` of a label that the other side cannot have.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_promql::ast::GroupSide;
use firedrill_source::{Code, Severity, nearest};
use firedrill_types::{What, label_flow};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD307"),
    name: "group-label-impossible",
    summary: "`group_left` or `group_right` copies a label that the other side never has",
    category: Category::Labels,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("group_label_impossible.md"),
    needs: Needs::all(&[Mark::Group]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, _, binary) in nodes.binaries() {
        let Some(group) = binary.group.as_ref().filter(|group| !group.labels.is_empty()) else {
            continue;
        };
        let (one, keyword, side) = match group.side {
            GroupSide::Left => (&binary.rhs, "group_left", "right"),
            GroupSide::Right => (&binary.lhs, "group_right", "left"),
        };
        let labels = label_flow(one);
        for label in &group.labels {
            let Some(gone) = labels.gone(&label.text) else {
                continue;
            };
            let name = &label.text;
            let message = format!("{keyword} copies `{name}`, which the {side} side never has");
            let place = cx.text(gone.span);
            let (there, evidence) = match gone.what {
                What::Number => (
                    "has no labels".to_owned(),
                    format!("`{place}` makes a vector without labels"),
                ),
                What::Asked => (
                    format!("asks for series without `{name}`"),
                    format!("`{place}` leaves no series with `{name}`"),
                ),
                What::Absent => (
                    format!("knows no `{name}`"),
                    format!("`{place}` gives the labels of its equality matchers only"),
                ),
                What::Aggregation | What::On | What::Ignoring => (
                    format!("`{name}` is dropped here"),
                    format!("`{place}` does not keep `{name}`"),
                ),
            };
            let kept = labels.exact().unwrap_or_default();
            let help = match nearest(name, kept.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("keep `{name}` on the {side} side, or leave it out here"),
            };
            let finding = cx
                .finding(LINT.code, Severity::Error, label.span, message)
                .label("copied from nowhere")
                .related(cx.at(gone.span), there)
                .evidence(evidence)
                .note("the result does not get the label; where the other side had one, it is even removed")
                .help(help);
            cx.report(finding);
        }
    }
}
