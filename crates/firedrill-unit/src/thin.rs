//! Rules that a test need not evaluate, because nothing that it looks at rests on them and they cannot fail.
//!
//! A rule that fails ends a test in promtool, whether somebody looks at the rule or not. So only rules are left out of
//! which [`Proof`] knows that their evaluation gives no error: their expressions are of kinds that never fail over
//! series of one name, and what they write meets nothing. All others are evaluated, and with them all that they read.

use crate::compile::CompiledRule;
use crate::feeds::Writers;
use crate::run::{RunOptions, name_of};
use crate::schedule::Schedule;
use crate::ticks::Engine;
use firedrill_eval::{Plan, PlanOptions, SelectorInfo};
use firedrill_functions::Func;
use firedrill_model::{RuleKind, TestGroup};
use firedrill_promql::Expr;
use firedrill_promql::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, DurationExpr, ExprKind, Modifiers, Selector,
};
use firedrill_value::METRIC_NAME;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// For every rule whether it may be left out of this test, before anything has run.
pub(crate) fn needless(
    engine: &Engine<'_>,
    test: &TestGroup,
    options: &RunOptions,
    schedule: &Schedule,
) -> Vec<bool> {
    let rules = engine.rules;
    let all_wanted = options.whole
        || options.coverage
        || options.dump
        || options.tell_passed
        || options.max_samples.is_some()
        || engine.alerts_are_read
        || rules.iter().any(|it| it.rule.asks.is_none())
        || test.input_series.iter().any(|it| it.values.text.contains("{{"));
    if all_wanted {
        return vec![false; rules.len()];
    }
    let writers = Writers::of(rules);
    let certain = certain(engine, schedule, &writers);
    let plans: Vec<Plan> = test
        .expr_tests
        .iter()
        .map(|it| Plan::compile(&it.expr.expr, &PlanOptions::default()))
        .collect();
    let alerts: FxHashSet<&str> = test.alert_tests.iter().map(name_of).collect();
    let mut needed: Vec<bool> = rules
        .iter()
        .zip(&certain)
        .map(|(it, certain)| !certain || (it.rule.kind == RuleKind::Alert && alerts.contains(&*it.rule.name)))
        .collect();
    for writer in plans
        .iter()
        .flat_map(Plan::selectors)
        .flat_map(|it| writers.of_selector(it))
    {
        needed[writer] = true;
    }
    let mut waiting: Vec<usize> = (0..rules.len()).filter(|&index| needed[index]).collect();
    while let Some(reader) = waiting.pop() {
        for writer in reads(rules[reader].rule).flat_map(|it| writers.of_selector(it)) {
            if !needed[writer] {
                needed[writer] = true;
                waiting.push(writer);
            }
        }
    }
    needed.into_iter().map(|needed| !needed).collect()
}

/// What a rule reads, its templates included.
fn reads(rule: &CompiledRule) -> impl Iterator<Item = &SelectorInfo> {
    let asked = rule.asks.iter().flat_map(|asks| &asks.selectors);
    rule.selectors().iter().chain(asked)
}

/// For every rule whether it is certain that its evaluation gives no error.
fn certain(engine: &Engine<'_>, schedule: &Schedule, writers: &Writers<'_>) -> Vec<bool> {
    let rules = engine.rules;
    let inputs = engine.storage.series();
    let names: FxHashSet<&str> = inputs.iter().map(|series| series.labels.metric_name()).collect();
    let Some(labels) = label_names(engine) else {
        return vec![false; rules.len()];
    };
    // Nodes of certain expressions hold at most as many series as there are.
    let limits = &engine.guard.limits;
    let small = inputs.len() <= limits.max_series;
    let per_node = inputs.len().max(1).saturating_mul(engine.ticks.count.max(1));
    let ticked: FxHashSet<usize> = schedule.ticked.iter().copied().collect();
    let mut certain: Vec<bool> = rules
        .iter()
        .enumerate()
        .map(|(index, it)| {
            let rule = it.rule;
            let mut nodes = 0_usize;
            rule.expr.expr.walk(&mut |_| nodes += 1);
            let alone = || match rule.kind {
                // Nobody writes alerts here.
                RuleKind::Alert => true,
                RuleKind::Record | RuleKind::Query => {
                    !names.contains(&*rule.name) && writers.records_of(&rule.name).len() == 1
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
