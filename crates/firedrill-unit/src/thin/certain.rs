//! Rules of which it is certain that their evaluation gives no error: their expressions are of kinds that never fail
//! over series of one name, and what they write meets nothing.

use super::reads;
use crate::compile::CompiledRule;
use crate::feeds::Writers;
use crate::schedule::{Schedule, Scheduled};
use crate::ticks::Engine;
use firedrill_functions::Func;
use firedrill_model::{RuleKind, TestGroup};
use firedrill_promql::Expr;
use firedrill_promql::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, DurationExpr, ExprKind, Modifiers, Selector,
};
use firedrill_value::{Duration, METRIC_NAME};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// For every rule whether it is certain that its evaluation gives no error.
pub(super) fn certain(
    engine: &Engine<'_>,
    test: &TestGroup,
    schedule: &Schedule,
    writers: &Writers<'_>,
) -> Vec<bool> {
    let rules = engine.rules;
    let inputs = engine.storage.series();
    let names: FxHashSet<&str> = inputs.iter().map(|series| series.labels.metric_name()).collect();
    let Some(labels) = label_names(engine) else {
        return vec![false; rules.len()];
    };
    // Nodes of certain expressions hold at most as many series as there are.
    let limits = &engine.guard.limits;
    let most_at_once = engine.eval.max_samples.unwrap_or(usize::MAX);
    let small = inputs.len() <= limits.max_series.min(most_at_once);
    // Samples of a series are not nearer to each other.
    let apart = test.interval.millis().min(engine.ticks.step).max(1);
    let windows_fit = |expr: &Expr| {
        let mut fit = true;
        expr.walk(&mut |node| {
            if let ExprKind::Range(range) = &node.kind {
                let length = range.range.literal().map_or(i64::MAX, Duration::millis);
                let samples = usize::try_from(length / apart).unwrap_or(usize::MAX);
                // The result counts along with the window.
                fit &= samples.saturating_add(2) <= most_at_once;
            }
        });
        fit
    };
    let per_node = inputs.len().max(1).saturating_mul(engine.ticks.count.max(1));
    let ticked: FxHashSet<usize> = schedule.ticked.iter().copied().collect();
    let alerts_apart = alerts_apart(engine, &names, &labels, writers);
    let mut certain: Vec<bool> = rules
        .iter()
        .enumerate()
        .map(|(index, it)| {
            let rule = it.rule;
            let mut nodes = 0_usize;
            rule.expr.expr.walk(&mut |_| nodes += 1);
            let alone = || match rule.kind {
                RuleKind::Alert => alerts_apart[index],
                RuleKind::Record | RuleKind::Query => {
                    let met =
                        names.contains(&*rule.name) || (engine.alerts_are_read && is_of_alerts(&rule.name));
                    !met && writers.records_of(&rule.name).len() == 1
                }
            };
            let keeps_apart = || {
                let mut set = rule.labels.iter().map(|(name, _)| &**name);
                set.all(|name| name != METRIC_NAME && !labels.contains(name))
                    && (rule.kind == RuleKind::Record || !labels.contains("alertname"))
            };
            small
                && per_node.saturating_mul(nodes.saturating_add(1)) <= limits.max_samples
                && rule.plan.as_ref().is_ok_and(|plan| !plan.looks_ahead())
                && it.group.limit <= 0
                && it.group.query_offset == 0
                && !ticked.contains(&index)
                && alone()
                && keeps_apart()
                && (most_at_once == usize::MAX || windows_fit(&rule.expr.expr))
                // Whose labels are those of alerts is not followed.
                && !rule.selectors().iter().any(|it| it.metric_name().is_some_and(|name| is_of_alerts(name)))
                && proof(&rule.expr.expr).is_some()
        })
        .collect();
    // What reads the results of a rule of which less is known is not certain either.
    let mut read_by: Vec<Vec<usize>> = vec![Vec::new(); rules.len()];
    for (reader, it) in rules.iter().enumerate() {
        for writer in reads(it.rule).flat_map(|it| writers.of_selector(it)) {
            read_by[writer].push(reader);
        }
    }
    let mut waiting: Vec<usize> = (0..rules.len()).filter(|&index| !certain[index]).collect();
    while let Some(writer) = waiting.pop() {
        for &reader in &read_by[writer] {
            if certain[reader] {
                certain[reader] = false;
                waiting.push(reader);
            }
        }
    }
    certain
}

/// Whether a metric is one that alerting rules write.
fn is_of_alerts(name: &str) -> bool {
    matches!(name, "ALERTS" | "ALERTS_FOR_STATE")
}

/// For every alerting rule whether what it writes of its alerts meets nothing.
fn alerts_apart(
    engine: &Engine<'_>,
    names: &FxHashSet<&str>,
    labels: &FxHashSet<Arc<str>>,
    writers: &Writers<'_>,
) -> Vec<bool> {
    let rules = engine.rules;
    if !engine.alerts_are_read {
        // Nobody writes alerts here.
        return vec![true; rules.len()];
    }
    let written = |name: &str| names.contains(name) || !writers.records_of(name).is_empty();
    if written("ALERTS") || written("ALERTS_FOR_STATE") || labels.contains("alertstate") {
        return vec![false; rules.len()];
    }
    let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, it) in rules.iter().enumerate() {
        if it.rule.kind == RuleKind::Alert {
            by_name.entry(&*it.rule.name).or_default().push(index);
        }
    }
    // Some label says which of two rules of one name it was.
    let differ = |a: &CompiledRule, b: &CompiledRule| {
        a.labels.iter().any(|(name, value)| {
            let of_other = b.labels.iter().find(|(other, _)| other == name);
            let own = !matches!(&**name, "alertname" | "alertstate");
            own && of_other.is_some_and(|(_, other)| *other.text != *value.text)
        })
    };
    let apart = |(index, it): (usize, &Scheduled<'_>)| {
        let twins = by_name.get(&*it.rule.name).map_or(&[][..], Vec::as_slice);
        it.rule.kind != RuleKind::Alert
            || twins.iter().all(|&twin| {
                let rule = rules[twin].rule;
                rule.labels.iter().all(|(_, value)| value.is_literal())
                    && (twin == index || differ(it.rule, rule))
            })
    };
    rules.iter().enumerate().map(apart).collect()
}

/// The names of labels that series may have; `None` if any.
fn label_names(engine: &Engine<'_>) -> Option<FxHashSet<Arc<str>>> {
    let mut names: FxHashSet<Arc<str>> = FxHashSet::default();
    for series in engine.storage.series() {
        for label in series.labels.iter() {
            if !names.contains(&label.name) {
                names.insert(label.name.clone());
            }
        }
    }
    names.remove(METRIC_NAME);
    for it in engine.rules {
        let mut unknown = false;
        it.rule.expr.expr.walk(&mut |node| {
            let made = match &node.kind {
                ExprKind::Call(call) => match call.function.map(|function| function.id) {
                    Some(Func::LabelReplace | Func::LabelJoin) => call.args.get(1),
                    Some(Func::Info) => {
                        unknown = true;
                        None
                    }
                    _ => None,
                },
                ExprKind::Aggregate(it) if it.op == AggregateOp::CountValues => it.param.as_ref(),
                // What reads alerts is not certain, nor is what reads that.
                ExprKind::Selector(selector)
                    if selector.metric_name().is_some_and(|name| is_of_alerts(name)) =>
                {
                    None
                }
                // `absent` makes labels of matchers.
                ExprKind::Selector(selector) => {
                    names.extend(selector.matchers.iter().map(|it| it.label.text.clone()));
                    None
                }
                _ => None,
            };
            match made.map(|made| &made.unparenthesised().kind) {
                None => {}
                Some(ExprKind::String(text)) => {
                    names.insert(text.text().as_ref().into());
                }
                Some(_) => unknown = true,
            }
        });
        if unknown {
            return None;
        }
        if it.rule.kind == RuleKind::Record {
            names.extend(it.rule.labels.iter().map(|(name, _)| name.clone()));
        }
    }
    names.remove(METRIC_NAME);
    Some(names)
}

/// What is known of an expression that never fails over series without native histograms. The series of a vector stay
/// apart without their names.
enum Proof<'e> {
    Scalar,
    /// With the labels that its series have at most, where an aggregation says so.
    Vector(Option<Vec<&'e str>>),
}

const VECTOR: Option<Proof<'static>> = Some(Proof::Vector(None));

fn proof(expr: &Expr) -> Option<Proof<'_>> {
    match &expr.kind {
        ExprKind::Number(_) => Some(Proof::Scalar),
        ExprKind::Paren(inner) => proof(inner),
        ExprKind::Unary(unary) => proof(&unary.operand),
        ExprKind::Selector(selector) if of_one_name(selector) => VECTOR,
        ExprKind::Call(call) => call_proof(call),
        ExprKind::Aggregate(aggregate) => aggregate_proof(aggregate),
        ExprKind::Binary(binary) => binary_proof(binary),
        _ => None,
    }
}

/// Whether all series that a selector finds have one name, and it is moved by nothing that has to be computed.
fn of_one_name(selector: &Selector) -> bool {
    let names = selector
        .matchers
        .iter()
        .filter(|it| &*it.label.text == METRIC_NAME);
    let one = match &selector.name {
        Some(_) => names.count() == 0,
        None => selector.metric_name().is_some_and(|name| !name.is_empty()),
    };
    one && simple(&selector.modifiers)
}

fn simple(modifiers: &Modifiers) -> bool {
    let literal = modifiers
        .offset
        .as_ref()
        .is_none_or(|offset| offset.duration.literal().is_some());
    literal && modifiers.at.is_none() && modifiers.extension.is_none()
}

fn positive(duration: &DurationExpr) -> bool {
    duration.literal().is_some_and(|length| length.millis() > 0)
}

fn number(expr: &Expr) -> Option<f64> {
    match &expr.unparenthesised().kind {
        ExprKind::Number(number) => Some(number.value),
        _ => None,
    }
}

fn call_proof(call: &Call) -> Option<Proof<'_>> {
    use Func::{
        Abs, Absent, AvgOverTime, Ceil, Changes, ClampMax, ClampMin, CountOverTime, Delta, Deriv, Exp, Floor,
        HistogramQuantile, Idelta, Increase, Irate, LastOverTime, Ln, Log2, Log10, MaxOverTime, MinOverTime,
        PredictLinear, PresentOverTime, QuantileOverTime, Rate, Resets, Sgn, Sqrt, StddevOverTime,
        StdvarOverTime, SumOverTime, Time, Timestamp,
    };
    let window = |expr: &Expr| match &expr.unparenthesised().kind {
        ExprKind::Range(range) => {
            let whole = matches!(&range.selector.kind, ExprKind::Selector(it) if of_one_name(it));
            whole && positive(&range.range)
        }
        _ => false,
    };
    let vector = |expr: &Expr| matches!(proof(expr), Some(Proof::Vector(_)));
    let known = match (call.function?.id, call.args.as_slice()) {
        (
            Rate | Increase | Delta | Irate | Idelta | Changes | Resets | Deriv | AvgOverTime | SumOverTime
            | MinOverTime | MaxOverTime | CountOverTime | LastOverTime | PresentOverTime | StddevOverTime
            | StdvarOverTime,
            [source],
        ) => window(source),
        (QuantileOverTime, [parameter, source]) | (PredictLinear, [source, parameter]) => {
            window(source) && number(parameter).is_some()
        }
        (HistogramQuantile, [parameter, source]) | (ClampMax | ClampMin, [source, parameter]) => {
            vector(source) && number(parameter).is_some()
        }
        (Abs | Ceil | Floor | Exp | Ln | Log2 | Log10 | Sqrt | Sgn | Timestamp | Absent, [source]) => {
            vector(source)
        }
        (Time, []) => return Some(Proof::Scalar),
        (Func::Vector, [source]) => matches!(proof(source), Some(Proof::Scalar)),
        _ => false,
    };
    if known { VECTOR } else { None }
}

fn aggregate_proof(aggregate: &Aggregate) -> Option<Proof<'_>> {
    use AggregateOp::{Avg, Bottomk, Count, Group, Max, Min, Quantile, Stddev, Stdvar, Sum, Topk};
    let parameter = aggregate.param.as_ref().map(number);
    let known = match (aggregate.op, parameter) {
        (Sum | Avg | Min | Max | Count | Group | Stddev | Stdvar, None) => true,
        (Quantile, Some(Some(_))) => true,
        (Topk | Bottomk, Some(Some(k))) => (1.0..1e9).contains(&k),
        _ => false,
    };
    let of_vector = matches!(proof(&aggregate.expr), Some(Proof::Vector(_)));
    if !known || !of_vector {
        return None;
    }
    let labels = match &aggregate.grouping {
        _ if aggregate.op.selects() => None,
        None => Some(Vec::new()),
        Some(grouping) if grouping.without => None,
        Some(grouping) => Some(grouping.labels.iter().map(|it| &*it.text).collect()),
    };
    Some(Proof::Vector(labels))
}

fn binary_proof(binary: &Binary) -> Option<Proof<'_>> {
    use Proof::{Scalar, Vector};
    if binary.group.is_some() || binary.fill != firedrill_promql::ast::Fill::default() {
        return None;
    }
    let (left, right) = match (proof(&binary.lhs)?, proof(&binary.rhs)?) {
        (Scalar, Scalar) => return Some(Scalar),
        (Vector(labels), Scalar) | (Scalar, Vector(labels)) => return Some(Vector(labels)),
        (Vector(left), Vector(right)) => (left, right),
    };
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => return Some(Vector(left)),
        BinaryOp::Or => return None,
        _ => {}
    }
    // One-to-one on both sides: by all labels, or by labels that tell all series of a side apart.
    let tells_apart = |side: &Option<Vec<&str>>| match &binary.matching {
        None => true,
        Some(matching) if matching.on => side.as_ref().is_some_and(|labels| {
            labels
                .iter()
                .all(|label| matching.labels.iter().any(|it| *it.text == **label))
        }),
        Some(_) => false,
    };
    (tells_apart(&left) && tells_apart(&right)).then_some(Vector(left))
}
