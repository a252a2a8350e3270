//! FD601: a recorded metric that no loaded rule records.

use crate::cx::Context;
use crate::lint::{Category, Check, Lint};
use crate::needs::Needs;
use crate::rules::dependency_cycle::alone;
use firedrill_source::{Code, Diagnostic, Severity, Subject};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD601"),
    name: "undefined-recording-rule",
    summary: "a recorded metric that no loaded rule records",
    category: Category::Relations,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("undefined_recording_rule.md"),
    needs: Needs::NOTHING,
    check: Check::Relation {
        within: alone,
        across,
    },
};

fn across(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let closed = context.settings.options.closed_world;
    for (read, near) in &context.overview.recorded_elsewhere {
        let name = &read.name;
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
        let message = format!("no loaded rule records `{name}`");
        let mut finding = Diagnostic::new(LINT.code, severity, read.at, message)
            .label("recorded nowhere here")
            .evidence(evidence)
            .note("a metric that nobody writes selects nothing, and the rule stays silent")
            .help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "check the file that records it along with this one".to_owned(),
            });
        finding.subject = Subject {
            group: read.group.as_deref().map(str::to_owned),
            rule: Some(String::from(&*read.rule)),
        };
        findings.push(finding);
    }
}
