//! Templates whose text depends on the order in which `query` gives its results.

use super::alerts::Seen;
use super::exprs::reversed;
use super::{Traps, name_of};
use crate::compile::{TextKind, TextValue};
use crate::run::{expand, samples_in};
use crate::ticks::Engine;
use firedrill_eval::{Plan, PlanOptions, Storage};
use firedrill_model::{AlertTest, codes};
use firedrill_promql::ast::{AggregateOp, ExprKind};
use firedrill_promql::{Expr, parse};
use firedrill_source::Severity;
use firedrill_template::{Context, Data, Sample};
use firedrill_value::Timestamp;

impl Traps<'_> {
    /// Looks for labels and annotations of firing alerts that read otherwise when the results of their queries come in
    /// another order.
    pub(super) fn unsorted(&mut self, test: &AlertTest, it: &Seen<'_>, tick: usize, engine: &Engine<'_>) {
        let rule = it.scheduled.rule;
        if !rule.templates_query() {
            return;
        }
        let backwards = reversed(&engine.storage);
        for (field, text) in rule.labels.iter().chain(&rule.annotations) {
            if !text.runs_queries() {
                continue;
            }
            let mut worst = None;
            for instance in &it.run.instances {
                let fires = instance.states.get(tick).is_some_and(|state| state.is_firing());
                let Some((at, column)) = instance.last_sample(tick).filter(|_| fires) else {
                    continue;
                };
                let Some(sample) = it.run.columns.get(column) else {
                    continue;
                };
                let data = Data {
                    labels: &sample.labels,
                    external_labels: &engine.external_labels,
                    external_url: &engine.external_url,
                    value: sample.values[at],
                    histogram: sample.histogram(at),
                    time: engine.ticks.time(at),
                };
                worst = worst.max(difference(text, &rule.name, &data, engine, backwards.as_ref()));
            }
            let Some(worst) = worst else { continue };
            let (severity, what) = match worst {
                Difference::Order => (Severity::Info, "in which order it lists them"),
                Difference::Text => (Severity::Warning, "which of them it shows"),
            };
            self.report(
                codes::UNDEFINED_QUERY_ORDER,
                severity,
                name_of(test),
                format!(
                    "`{field}` of {} depends on the order of the results of `query`",
                    rule.name
                ),
                format!("Prometheus does not define it, and with it {what}"),
                "order them with `sortByLabel` or `sort()`, or aggregate them to one",
            );
        }
    }
}

/// How texts differ, the worse the later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// The same characters in another order.
    Order,
    Text,
}

/// How a text differs if its queries give their results in other orders; `None` if it does not.
fn difference(
    text: &TextValue,
    alert: &str,
    data: &Data<'_>,
    engine: &Engine<'_>,
    backwards: Option<&Storage>,
) -> Option<Difference> {
    let expanded = |order: Order| {
        let mut context = Reordered {
            engine,
            backwards,
            at: data.time,
            order,
        };
        expand(text, alert, data, &mut context)
    };
    let usual = expanded(Order::Stored);
    let takes_one = takes_one(text);
    let others = [Order::Reversed, Order::Turned].map(expanded);
    others
        .iter()
        .filter(|other| **other != usual)
        .map(|other| {
            if !takes_one && characters(other) == characters(&usual) {
                Difference::Order
            } else {
                Difference::Text
            }
        })
        .max()
}

/// Whether the template picks results by their place.
fn takes_one(text: &TextValue) -> bool {
    let TextKind::Volatile(template) = &text.kind else {
        return false;
    };
    let functions = &template.uses().functions;
    functions.iter().any(|(name, _)| name == "first")
}

fn characters(text: &str) -> Vec<char> {
    let mut found: Vec<char> = text.chars().collect();
    found.sort_unstable();
    found
}

/// An order of results.
#[derive(Clone, Copy)]
enum Order {
    Stored,
    Reversed,
    /// The first one last.
    Turned,
}

/// Answers `query` with the results in another order, as far as the expression leaves it open.
struct Reordered<'e, 'a> {
    engine: &'e Engine<'a>,
    /// The same series in reverse order.
    backwards: Option<&'e Storage>,
    at: Timestamp,
    order: Order,
}

impl Context for Reordered<'_, '_> {
    fn query(&mut self, expr: &str) -> Result<Vec<Sample>, String> {
        let parsed = parse(expr, &self.engine.query_features);
        if let Some(message) = parsed.promtool_message(expr) {
            return Err(message);
        }
        let plan = Plan::compile(&parsed.expr, &PlanOptions::default());
        let sorted = is_sorted(&parsed.expr);
        let storage = match (self.order, self.backwards) {
            // What is sorted keeps its order, but for what is equal.
            (Order::Reversed, Some(backwards)) if sorted => backwards,
            _ => &self.engine.storage,
        };
        let found = samples_in(storage, &plan, expr, self.engine, self.at)?;
        let mut samples: Vec<Sample> = found
            .iter()
            .map(|it| Sample::new(&it.labels, it.value).with_histogram(it.histogram.clone()))
            .collect();
        match self.order {
            Order::Reversed if !sorted => samples.reverse(),
            Order::Turned if !sorted && !samples.is_empty() => samples.rotate_left(1),
            _ => {}
        }
        Ok(samples)
    }
}

/// Whether anything in an expression sets an order.
fn is_sorted(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |node| match &node.kind {
        ExprKind::Call(call) => found |= call.name.text.starts_with("sort"),
        ExprKind::Aggregate(it) => found |= matches!(it.op, AggregateOp::Topk | AggregateOp::Bottomk),
        _ => {}
    });
    found
}
