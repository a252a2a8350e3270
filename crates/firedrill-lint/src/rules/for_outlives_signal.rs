//! FD406: a `for` that is longer than the condition can hold.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use firedrill_model::RuleKind;
use firedrill_promql::ast::{Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Location, Severity};
use firedrill_types::{Renewal, longest_hold};
use firedrill_value::Duration;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD406"),
    name: "for-outlives-signal",
    summary: "a `for` that is longer than the condition can hold",
    category: Category::Lifecycle,
    severity: Severity::Error,
    since: "0.1.0",
    page: include_str!("for_outlives_signal.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Expr, Mark::Wait]),
    check: Check::Rule(check),
};

/// Holds from this length on are unusual, in seconds.
const LONG_HOLD: f64 = 86_400.0;
/// Windows up to this length look at the moment, in seconds.
const SHORT_WINDOW: f64 = 3_600.0;

fn check(cx: &mut RuleCx<'_, '_>) {
    let Some(root) = cx.nodes.root() else { return };
    let Some(hold) = cx.rule.hold.as_ref() else { return };
    if cx.rule.kind != RuleKind::Alert || hold.value.is_zero() {
        return;
    }
    let at = Location::new(cx.file.file, hold.span);
    if let Some(longest) = longest_hold(root, cx.context.facts)
        && longest.length.millis() < hold.value.millis()
    {
        let part = cx.text(longest.span);
        let (severity, message) = match longest.renewal {
            Renewal::Never => (
                Severity::Error,
                format!(
                    "this never fires: the condition holds {} at most, `for` asks for {}",
                    longest.length, hold.value
                ),
            ),
            Renewal::NewStart => (
                Severity::Warning,
                format!(
                    "this hardly ever fires: the condition holds {} at most, `for` asks for {}",
                    longest.length, hold.value
                ),
            ),
            Renewal::NextEvent => (
                Severity::Info,
                format!(
                    "a single event holds the condition for {} at most, `for` asks for {}",
                    longest.length, hold.value
                ),
            ),
        };
        let finding = Diagnostic::new(LINT.code, severity, at, message)
            .label("longer than the condition")
            .related(cx.at(longest.span), "ends the condition")
            .evidence(format!("`{part}` ends it, because {}", longest.reason))
            .note("an alert fires only if the condition holds at every evaluation for that long")
            .help("shorten `for`, or lengthen what the condition looks at");
        cx.report(finding);
        return;
    }
    if hold.value.secs_f64() >= LONG_HOLD && looks_at_the_moment(root) {
        let finding = Diagnostic::new(
            LINT.code,
            Severity::Info,
            at,
            format!(
                "`for: {}` asks that not one evaluation in all that time differs",
                hold.value
            ),
        )
        .label("days?")
        .evidence("the expression looks at the last hour at most")
        .note("every gap in the data and every restart of the target starts the time anew")
        .help(format!(
            "if minutes were meant, write `{}`; else look at a long window, such as `avg_over_time(…[{}])`",
            Duration::from_secs((hold.value.secs_f64() / LONG_HOLD) as i64 * 60),
            hold.value
        ));
        cx.report(finding);
    }
}

/// Whether nothing in an expression looks back further than an hour or asks for an age.
fn looks_at_the_moment(expr: &Expr) -> bool {
    let mut momentary = true;
    expr.walk(&mut |expr| {
        let window = match &expr.kind {
            ExprKind::Range(range) => range.range.literal(),
            ExprKind::Subquery(subquery) => subquery.range.literal(),
            ExprKind::Selector(selector) => selector
                .modifiers
                .offset
                .as_ref()
                .and_then(|it| it.duration.literal()),
            ExprKind::Call(call) => {
                momentary &= &*call.name.text != "time";
                None
            }
            _ => None,
        };
        momentary &= window.is_none_or(|window| window.secs_f64() <= SHORT_WINDOW);
    });
    momentary
}
