//! FD506: the value of the sample in a label of the alert.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_source::{Code, Diagnostic, Severity};

pub(crate) static LINT: Lint = Lint {
    code: Code("FD506"),
    name: "value-in-label",
    summary: "the value of the sample in a label: a new alert with every value",
    category: Category::Templates,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("value_in_label.md"),
    needs: Needs::all(&[Mark::FilledLabel]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    let fields = cx.fields;
    for filled in fields.templates().iter().filter(|filled| filled.is_label) {
        let label = filled.field;
        let text = filled.template.text();
        let printed = filled.uses.values.iter().find(|(span, condition)| {
            // `{{ $level := $value }}` prints nothing yet.
            let before = text.get(..span.start as usize).unwrap_or("");
            let action = before.rfind("{{").map_or("", |at| &before[at..]);
            !condition && !action.contains(":=") && !action.contains(" = ")
        });
        let Some((span, _)) = printed else { continue };
        let name = &label.key.text;
        let at = cx.within(&label.value, *span);
        let finding = Diagnostic::new(LINT.code, Severity::Error, at, format!("the label `{name}` holds the value of the sample"))
            .label("different at every evaluation")
            .related(cx.within(&label.key, firedrill_source::Span::new(0, name.len())), "part of what the alert is known by")
            .evidence("an alert is known by its labels: when one changes, the old alert ends and another one begins")
            .note("`for` starts again with every new value, and each value makes a notification of its own")
            .help("move it to an annotation; a label may hold a word chosen from the value: `{{ if gt $value 10.0 }}high{{ else }}low{{ end }}`");
        cx.report(finding);
    }
}
