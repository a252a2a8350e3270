//! FD219: a number in a text that is not the threshold of the rule.

use crate::cx::RuleCx;
use crate::lint::{Category, Check, Lint};
use crate::needs::{Mark, Needs};
use crate::nodes::Role;
use crate::texts::{Claim, Lead, Side, TextUnit, close};
use crate::thresholds::threshold;
use firedrill_model::RuleKind;
use firedrill_promql::ast::{BinaryOp, ExprKind};
use firedrill_source::{Code, Diagnostic, Severity, Span};
use firedrill_types::constant;
use firedrill_value::Duration;
use firedrill_yaml::Scalar;

pub(crate) static LINT: Lint = Lint {
    code: Code("FD219"),
    name: "text-threshold-drift",
    summary: "a text names a threshold that the rule does not have",
    category: Category::Thresholds,
    severity: Severity::Warning,
    since: "0.1.0",
    page: include_str!("text_threshold_drift.md"),
    needs: Needs::all(&[Mark::Alert, Mark::Threshold]),
    check: Check::Rule(check),
};

fn check(cx: &mut RuleCx<'_, '_>) {
    if cx.rule.kind != RuleKind::Alert || cx.nodes.root().is_none() {
        return;
    }
    let mut numbers: Option<Numbers> = None;
    let mut stale = None;
    let fields = cx.fields;
    for (text, claims) in fields.claims() {
        let compared: Vec<&Claim> = claims
            .iter()
            .filter(|claim| claim.lead == Lead::Compared && claim.number != 0.0)
            .collect();
        let Some(first) = compared.first() else {
            continue;
        };
        let numbers = numbers.get_or_insert_with(|| Numbers::of(cx));
        if numbers.thresholds.is_empty() || numbers.relative {
            return;
        }
        if compared.iter().any(|claim| numbers.has(claim)) {
            // One that fits shows that somebody looked; others may speak of something else.
            if let Some(finding) = turned(cx, text, &compared, numbers) {
                cx.report(finding);
            }
            return;
        }
        stale.get_or_insert((text, **first));
    }
    if let (Some((text, claim)), Some(numbers)) = (stale, &numbers) {
        let finding = drift(cx, text, &claim, numbers);
        cx.report(finding);
    }
}

fn drift(cx: &RuleCx<'_, '_>, text: &Scalar, claim: &Claim, numbers: &Numbers) -> Diagnostic {
    let written = claim.span.slice(&text.text);
    let mut finding = Diagnostic::new(
        LINT.code,
        if numbers.recorded {
            Severity::Info
        } else {
            Severity::Warning
        },
        cx.within(text, claim.span),
        format!("the text says {written}, which is no threshold of the rule"),
    )
    .label("not what the rule asks for");
    for found in numbers.thresholds.iter().take(3) {
        finding = finding.related(cx.at(found.written), format!("compared with {}", found.number));
    }
    finding
        .evidence(format!(
            "{written} is none of the thresholds, nor one of them as a percentage, a complement or in another unit"
        ))
        .note("who is woken up reads the text, not the rule")
        .help("bring the text and the rule together")
}

/// A text that says "above" about a comparison that asks for less, or the other way round.
fn turned(cx: &RuleCx<'_, '_>, text: &Scalar, compared: &[&Claim], numbers: &Numbers) -> Option<Diagnostic> {
    let mut against = None;
    for claim in compared {
        let Some(side) = claim.side else { continue };
        for found in numbers.thresholds.iter().filter(|found| found.says(claim)) {
            let greater = match found.op {
                BinaryOp::Greater | BinaryOp::GreaterEqual => Side::Above,
                BinaryOp::Less | BinaryOp::LessEqual => Side::Below,
                _ => return None,
            };
            if greater == side || found.excluded {
                return None;
            }
            against = against.or(Some((claim, found)));
        }
    }
    let (claim, found) = against?;
    let words = |above: bool| if above { "more" } else { "less" };
    let above = claim.side == Some(Side::Above);
    let written = claim.span.slice(&text.text);
    Some(
        Diagnostic::new(
            LINT.code,
            Severity::Warning,
            cx.within(text, claim.span),
            format!(
                "the text says {} than {written}, but the rule asks for {}",
                words(above),
                words(!above)
            ),
        )
        .label(format!("{} than that", words(above)))
        .related(cx.at(found.written), format!("{} than that", words(!above)))
        .evidence(format!("the comparison is by `{}`", found.op.symbol()))
        .note("one of the two is turned round")
        .help("bring the text and the rule together"),
    )
}

/// The numbers of an expression.
struct Numbers {
    thresholds: Vec<Found>,
    /// Other numbers: factors, horizons.
    others: Vec<f64>,
    /// Windows and `for`, in seconds.
    lengths: Vec<f64>,
    /// Whether something is compared with what is no number: then no number is the whole truth.
    relative: bool,
    /// Whether a recorded metric is read, which may have thresholds of its own.
    recorded: bool,
}

/// A number that something is compared with.
struct Found {
    number: f64,
    op: BinaryOp,
    written: Span,
    /// Whether what passes is excluded from the result.
    excluded: bool,
}

impl Numbers {
    fn of(cx: &RuleCx<'_, '_>) -> Numbers {
        let mut numbers = Numbers {
            thresholds: Vec::new(),
            others: Vec::new(),
            lengths: Vec::new(),
            relative: false,
            recorded: false,
        };
        if let Some(hold) = &cx.rule.hold {
            numbers.lengths.push(hold.value.secs_f64());
        }
        for (index, node) in cx.nodes.iter() {
            match &node.expr.kind {
                ExprKind::Binary(binary) if binary.op.is_comparison() => match threshold(binary) {
                    Some(found) => numbers.thresholds.push(Found {
                        number: found.number,
                        op: found.op,
                        written: found.written.span,
                        excluded: excluded(cx, index),
                    }),
                    None => numbers.relative = true,
                },
                ExprKind::Number(_) | ExprKind::Binary(_) => numbers.others.extend(constant(node.expr)),
                ExprKind::Range(range) => {
                    numbers
                        .lengths
                        .extend(range.range.literal().map(Duration::secs_f64));
                }
                ExprKind::Subquery(subquery) => {
                    numbers
                        .lengths
                        .extend(subquery.range.literal().map(Duration::secs_f64));
                }
                // What a recorded condition asks for stands elsewhere.
                ExprKind::Selector(selector) => {
                    let name = selector.metric_name();
                    numbers.relative |= name.is_some_and(|name| &**name == "ALERTS");
                    numbers.recorded |= name.is_some_and(|name| name.contains(':'));
                }
                _ => {}
            }
        }
        numbers.lengths.retain(|length| *length > 0.0);
        // 0, 1 and 100 are in every expression and say nothing.
        let thresholds = &numbers.thresholds;
        numbers.others.retain(|number| {
            ![0.0, 1.0, 100.0].contains(number) && !thresholds.iter().any(|found| found.number == *number)
        });
        numbers
    }

    fn has(&self, claim: &Claim) -> bool {
        let others = self
            .others
            .iter()
            .any(|number| readings(claim).any(|it| close(it, *number) || close(it, number * 100.0)));
        let lengths = match claim.unit {
            TextUnit::Time(unit) => self
                .lengths
                .iter()
                .any(|length| about(*length, claim.number * unit)),
            _ => false,
        };
        others || lengths || self.thresholds.iter().any(|found| self.reads(found, claim))
    }

    /// Whether a number of a text may be a threshold, in whatever unit and from whichever end.
    fn reads(&self, found: &Found, claim: &Claim) -> bool {
        let number = found.number;
        let whole = number.fract() == 0.0 && number.abs() < 1e6;
        readings(claim).any(|told| {
            let same = |number: f64| close(told, number);
            same(number)
                || same(-number)
                || same(number * 100.0)
                || same(100.0 - number)
                || same(100.0 * (1.0 - number))
                || same(1.0 - number)
                || same(100.0 * (number - 1.0))
                || same(number / 100.0)
                // Milliseconds of every second.
                || claim.unit == TextUnit::Percent && same(number / 10.0)
                || [8.0, 60.0, 1e3, 1024.0, 3600.0, 86400.0, 1e6, 1_048_576.0, 1e9, 1_073_741_824.0]
                    .iter()
                    .any(|unit| same(number * unit) || same(number / unit))
                // "more than 3" is `>= 4`.
                || whole && (same(number + 1.0) || same(number - 1.0)) && matches!(found.op, BinaryOp::GreaterEqual | BinaryOp::LessEqual | BinaryOp::Less | BinaryOp::Greater) && number <= 5.0
                // Per second and over the window.
                || self.lengths.iter().any(|length| same(number * length) || same(number / length))
                || self.others.iter().any(|factor| *factor > 0.0 && (same(number / factor) || same(number * factor)))
        })
    }
}

/// Lengths of time are rounded in texts: 130 minutes are "2 hours".
pub(super) fn about(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.1 * a.abs().max(b.abs())
}

impl Found {
    /// Whether a text names this very number, not its complement.
    fn says(&self, claim: &Claim) -> bool {
        readings(claim).any(|told| close(told, self.number) || close(told, self.number * 100.0))
    }
}

/// The values that a number in a text can stand for.
fn readings(claim: &Claim) -> impl Iterator<Item = f64> {
    let number = claim.number;
    let (a, b) = match claim.unit {
        TextUnit::None | TextUnit::Percent => (number, number),
        TextUnit::Time(unit) => (number * unit, number),
        TextUnit::Data(decimal, binary) => (number * decimal, number * binary),
    };
    [a, b, number].into_iter()
}

/// Whether a comparison stands on the right of `unless`.
fn excluded(cx: &RuleCx<'_, '_>, index: usize) -> bool {
    cx.nodes
        .ancestors(index)
        .any(|(parent, role, _)| match &parent.kind {
            ExprKind::Binary(binary) => binary.op == BinaryOp::Unless && role == Role::Right,
            ExprKind::Call(_) => true,
            _ => false,
        })
}
