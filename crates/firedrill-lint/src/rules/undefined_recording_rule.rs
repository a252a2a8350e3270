//! FD601: a recorded metric that no loaded rule records.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use firedrill_source::{Code, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD601"),
    name: "undefined-recording-rule",
    summary: "a recorded metric that no loaded rule records",
    category: Category::Relations,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("undefined_recording_rule.md"),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let nodes = cx.nodes;
    for (_, expr, selector) in nodes.selectors() {
        let Some(name) = selector.metric_name().filter(|name| name.contains(':')) else {
            continue;
        };
        let usage = cx.context.usage;
        if !usage.records(name).is_empty() || cx.context.facts.of(name).is_some() {
            continue;
        }
        let near = usage.nearest_record(name);
        let closed = cx.context.settings.options.closed_world;
        let (severity, evidence) = match (near, closed) {
            (_, true) => (
                Severity::Error,
                "`closed-world` says that all recording rules are among these files".to_owned(),
            ),
            (Some(near), _) => (Severity::Warning, format!("`{near}` is recorded, and written almost alike")),
            (None, _) => (
                Severity::Info,
                "a name with a colon is a recorded one, and perhaps its rule is in a file that was not loaded"
                    .to_owned(),
            ),
        };
        let at = selector.name.as_ref().map_or(expr.span, |name| name.span);
        let finding = cx
            .finding(
                LINT.code,
                severity,
                at,
                format!("no loaded rule records `{name}`"),
            )
            .label("recorded nowhere here")
            .evidence(evidence)
            .note("a metric that nobody writes selects nothing, and the rule stays silent")
            .help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "check the file that records it along with this one".to_owned(),
            });
        cx.report(finding);
    }
}
