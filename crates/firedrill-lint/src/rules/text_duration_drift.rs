//! FD220: a length of time in a text that the rule knows nothing of.

use super::text_threshold_drift::about;
use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::texts::{Claim, Lead, TextUnit, close};
use firedrill_model::RuleKind;
use firedrill_promql::ast::{DurationExpr, DurationKind, Expr, ExprKind};
use firedrill_source::{Code, Diagnostic, Severity};
use firedrill_types::constant;
use firedrill_value::Duration;
use firedrill_yaml::Scalar;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD220"),
    name: "text-duration-drift",
    summary: "a text names a length of time that the rule does not have",
    category: Category::Thresholds,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("text_duration_drift.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Expr]),
    check: Check::Usage(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert || cx.nodes.root().is_none() {
        return;
    }
    let mut findings = Vec::new();
    let mut lengths: Option<Lengths> = None;
    let fields = cx.fields;
    for (text, claims) in fields.claims() {
        let mut timed = claims
            .iter()
            .filter_map(|claim| Some((claim, seconds(claim)?)))
            .peekable();
        if timed.peek().is_none() {
            continue;
        }
        let lengths = lengths.get_or_insert_with(|| Lengths::of(cx));
        if lengths.unknown {
            return;
        }
        // One that fits shows that somebody looked; the others speak of something else.
        if let Some((claim, _)) = timed.clone().next()
            && !timed.any(|(_, seconds)| lengths.has(seconds))
        {
            findings.push(drift(cx, text, claim, lengths));
        }
    }
    // The same stale number in two texts is one mistake.
    findings.truncate(1);
    for finding in findings {
        cx.report(finding);
    }
}

/// The seconds of a claim about how long something lasted.
fn seconds(claim: &Claim) -> Option<f64> {
    match (claim.lead, claim.unit) {
        (Lead::For | Lead::Last, TextUnit::Time(unit)) => Some(claim.number * unit),
        _ => None,
    }
}

fn drift(cx: &RuleCx<'_, '_>, text: &Scalar, claim: &Claim, lengths: &Lengths) -> Diagnostic {
    let written = claim.span.slice(&text.text);
    let hold = cx.rule.hold.as_ref();
    let message = match (claim.lead, hold) {
        (Lead::For, Some(hold)) => format!("the text says {written}, but `for` is {}", hold.value),
        (Lead::For, None) => format!("the text says {written}, but the rule has no `for`"),
        (_, hold) => {
            let hold = hold.map_or_else(|| "no `for`".to_owned(), |hold| format!("`for: {}`", hold.value));
            format!("the text says {written}, but the rule has {hold} and no such window")
        }
    };
    let mut finding = Diagnostic::new(LINT.code, Severity::Warning, cx.within(text, claim.span), message)
        .label("nothing in the rule takes that long");
    if let Some(hold) = hold {
        finding = finding.related(
            firedrill_source::Location::new(cx.file.file, hold.span),
            format!("`for` is {}", hold.value),
        );
    }
    finding
        .evidence(if lengths.windows.is_empty() {
            "the expression looks at no window".to_owned()
        } else {
            let windows: Vec<String> = lengths.windows.iter().map(ToString::to_string).collect();
            format!("the expression looks back over {}", windows.join(", "))
        })
        .note("who is woken up reads the text, not the rule")
        .help("bring the text and the rule together")
}

/// All lengths of time that a text about a rule may speak of.
struct Lengths {
    /// Windows and offsets.
    windows: Vec<Duration>,
    hold: Vec<f64>,
    /// Numbers of the expression, of whatever unit.
    numbers: Vec<f64>,
    /// Whether there is a length that only the server knows.
    unknown: bool,
}

impl Lengths {
    fn of(cx: &RuleCx<'_, '_>) -> Lengths {
        let mut lengths = Lengths {
            windows: Vec::new(),
            hold: Vec::new(),
            numbers: Vec::new(),
            unknown: false,
        };
        let holds = [&cx.rule.hold, &cx.rule.keep_firing_for, &cx.group.interval];
        lengths
            .hold
            .extend(holds.into_iter().flatten().map(|it| it.value.secs_f64()));
        for (_, node) in cx.nodes.iter() {
            // Of `24 * 60 * 60` the product counts.
            let inner = node
                .parent
                .is_some_and(|(parent, _)| cx.nodes.get(parent).is_some_and(|it| constant(it).is_some()));
            if !inner {
                lengths.read(cx, node.expr);
            }
        }
        lengths
    }

    fn read(&mut self, cx: &RuleCx<'_, '_>, expr: &Expr) {
        match &expr.kind {
            ExprKind::Range(range) => self.window(&range.range),
            ExprKind::Subquery(subquery) => {
                self.window(&subquery.range);
                subquery.step.iter().for_each(|step| self.window(step));
                if let Some(offset) = &subquery.modifiers.offset {
                    self.window(&offset.duration);
                }
            }
            ExprKind::Selector(selector) => {
                if let Some(offset) = &selector.modifiers.offset {
                    self.window(&offset.duration);
                }
                let Some(name) = selector.metric_name() else {
                    return;
                };
                let usage = cx.context.usage;
                // A recorded metric or another alert has lengths of its own.
                self.unknown |= &**name == "ALERTS";
                if usage.records(name).is_empty() {
                    self.unknown |= name.contains(':');
                } else {
                    self.unknown = true;
                }
                for word in name.split(['_', ':']) {
                    self.named(word);
                }
                for matcher in &selector.matchers {
                    matcher
                        .value
                        .split(|c: char| !c.is_ascii_alphanumeric())
                        .for_each(|word| self.named(word));
                }
            }
            ExprKind::Number(_) | ExprKind::Binary(_) | ExprKind::Unary(_) => {
                self.numbers
                    .extend(constant(expr).filter(|number| *number != 0.0));
            }
            _ => {}
        }
    }

    fn window(&mut self, duration: &DurationExpr) {
        match duration.literal() {
            Some(length) => self.windows.push(length),
            None => self.unknown |= !matches!(duration.kind, DurationKind::Literal { .. }),
        }
    }

    /// `rate5m`, `1h`: lengths in names.
    fn named(&mut self, word: &str) {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if !digits.is_empty()
            && let Ok(length) = Duration::parse(digits)
        {
            self.windows.push(length);
        }
    }

    /// Whether a length is among them, alone or as how long it takes until the alert fires.
    fn has(&self, seconds: f64) -> bool {
        let windows = || self.windows.iter().map(|it| it.secs_f64().abs());
        let fits = |length: f64| about(length, seconds);
        self.hold.iter().any(|hold| fits(*hold))
            || windows().any(fits)
            || windows().any(|window| self.hold.iter().any(|hold| fits(window + hold)))
            || self.numbers.iter().any(|number| {
                [1.0, 60.0, 3600.0, 86400.0, 604_800.0, 1e-3, 1e-6, 1e-9]
                    .iter()
                    .any(|unit| close(number.abs() * unit, seconds) || (number.abs() * unit / seconds - 1.0).abs() < 0.05)
                    || self.hold.iter().any(|hold| close(number.abs() + hold, seconds))
                    // Five windows of a minute, ten failed scrapes of thirty seconds.
                    || windows().any(|window| close(number.abs() * window, seconds))
            })
    }
}
