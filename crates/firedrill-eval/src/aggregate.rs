//! Aggregations: groups are formed once, then every step is folded.

mod count_values;
mod fold;
mod histograms;
mod select;

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{AggregateNode, CallNode};
use crate::quantile::quantile;
use crate::value::{ABSENT, Column, Histograms, is_absent};
use firedrill_promql::ast::AggregateOp;
use firedrill_source::Span;
use firedrill_value::{Labels, METRIC_NAME};
use rustc_hash::FxHashMap;

/// Columns that are aggregated into one.
pub(super) struct Group {
    pub(super) labels: Labels,
    /// Indices of the members, rising.
    pub(super) members: Vec<usize>,
}

impl Evaluator<'_> {
    /// Aggregates a vector.
    pub(crate) fn aggregate(
        &mut self,
        aggregate: &AggregateNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let param = match (&aggregate.param, aggregate.op) {
            (None, _) | (_, AggregateOp::CountValues) => None,
            (Some(param), _) => Some(self.scalar(param, grid)?),
        };
        let mut columns = self.vector(&aggregate.expr, grid)?;
        let inner = aggregate.expr.span;
        if columns.iter().any(|column| column.histograms.is_some()) {
            use AggregateOp::{Avg, Count, Group, Max, Min, Quantile, Stddev, Stdvar, Sum};
            match aggregate.op {
                Sum | Avg | Count | Group => return Ok(self.aggregate_mixed(aggregate, &columns, grid)),
                Min | Max | Stddev | Stdvar | Quantile => {
                    self.ignore_histograms(aggregate.op, &mut columns, |_| true, inner);
                }
                _ => {}
            }
        }
        let folded = |fold: fn(&[&[f64]], &mut [f64])| Ok(folded_groups(aggregate, &columns, grid, fold));
        match (aggregate.op, param) {
            (AggregateOp::Sum, _) => folded(fold::sum),
            (AggregateOp::Avg, _) => folded(fold::avg),
            (AggregateOp::Min, _) => folded(fold::min),
            (AggregateOp::Max, _) => folded(fold::max),
            (AggregateOp::Count, _) => folded(fold::count),
            (AggregateOp::Group, _) => folded(fold::group),
            (AggregateOp::Stddev, _) => folded(fold::stddev),
            (AggregateOp::Stdvar, _) => folded(fold::stdvar),
            (AggregateOp::Quantile, Some(phi)) => {
                let param_span = aggregate.param.as_ref().map_or(span, |param| param.span);
                self.remark_bad_quantile(&phi, grid, param_span);
                Ok(each_step(aggregate, &columns, grid, |step, values| {
                    quantile(phi.at(step), values)
                }))
            }
            (AggregateOp::CountValues, _) => {
                let label = aggregate.param.as_ref();
                count_values::count_values(aggregate, label.map(label_bytes), &columns, grid)
            }
            (AggregateOp::Topk, Some(k)) => self.top(aggregate, columns, &k, grid, select::topk, span),
            (AggregateOp::Bottomk, Some(k)) => self.top(aggregate, columns, &k, grid, select::bottomk, span),
            (AggregateOp::Limitk, Some(k)) => self.limitk(aggregate, columns, &k, grid),
            (AggregateOp::LimitRatio, Some(ratio)) => {
                let param_span = aggregate.param.as_ref().map_or(span, |param| param.span);
                self.limit_ratio(columns, &ratio, grid, param_span)
            }
            (
                AggregateOp::Quantile
                | AggregateOp::Topk
                | AggregateOp::Bottomk
                | AggregateOp::Limitk
                | AggregateOp::LimitRatio,
                None,
            ) => Err(EvalError::Incomplete),
        }
    }
}

fn label_bytes(param: &crate::plan::Node) -> &[u8] {
    CallNode::bytes_of(param)
}

/// The labels that a series is grouped by.
pub(super) fn group_labels(aggregate: &AggregateNode, labels: &Labels) -> Labels {
    let listed = |name: &str| aggregate.labels.iter().any(|label| &**label == name);
    if aggregate.without {
        labels.filter(|name| name != METRIC_NAME && !listed(name))
    } else if aggregate.labels.is_empty() {
        Labels::empty()
    } else {
        labels.filter(listed)
    }
}

/// Groups in order of their first member.
pub(super) fn groups(aggregate: &AggregateNode, columns: &[Column]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    for (index, column) in columns.iter().enumerate() {
        let labels = group_labels(aggregate, &column.labels);
        let place = *places.entry(labels).or_insert_with_key(|labels| {
            groups.push(Group {
                labels: labels.clone(),
                members: Vec::new(),
            });
            groups.len() - 1
        });
        groups[place].members.push(index);
    }
    groups
}

/// One column per group, made by a fold over the members' columns.
fn folded_groups(
    aggregate: &AggregateNode,
    columns: &[Column],
    grid: &Grid,
    fold: impl Fn(&[&[f64]], &mut [f64]),
) -> Vec<Column> {
    let mut result = Vec::new();
    for group in groups(aggregate, columns) {
        let members: Vec<&[f64]> = group
            .members
            .iter()
            .map(|&member| columns[member].values.as_slice())
            .collect();
        let mut values = vec![ABSENT; grid.count];
        fold(&members, &mut values);
        push_group(&mut result, &group, columns, values, None);
    }
    result
}

/// One column per group, computed step by step from the members' samples.
fn each_step(
    aggregate: &AggregateNode,
    columns: &[Column],
    grid: &Grid,
    compute: impl Fn(usize, &mut [f64]) -> f64,
) -> Vec<Column> {
    let mut result = Vec::new();
    let mut scratch = Vec::new();
    for group in groups(aggregate, columns) {
        let steps = (0..grid.count).map(|step| {
            scratch.clear();
            let samples = group.members.iter().map(|&member| columns[member].values[step]);
            scratch.extend(samples.filter(|&value| !is_absent(value)));
            if scratch.is_empty() {
                ABSENT
            } else {
                compute(step, &mut scratch)
            }
        });
        let values = steps.collect();
        push_group(&mut result, &group, columns, values, None);
    }
    result
}

/// Adds the column of a group. Its name is to be dropped wherever a present member's is; members of both kinds make
/// two columns of it.
fn push_group(
    result: &mut Vec<Column>,
    group: &Group,
    columns: &[Column],
    values: Vec<f64>,
    histograms: Option<Histograms>,
) {
    let flagged = |member: &&usize| columns[**member].drop_name;
    let count = group.members.iter().filter(flagged).count();
    let whole = Column {
        labels: group.labels.clone(),
        drop_name: count > 0,
        values,
        histograms,
    };
    if count == 0 || count == group.members.len() {
        result.push(whole);
        return;
    }
    let mut dropped = whole.like(vec![ABSENT; whole.values.len()], None);
    let mut kept = whole.clone();
    kept.drop_name = false;
    for &member in group.members.iter().filter(flagged) {
        for step in 0..whole.values.len() {
            if columns[member].has(step) {
                dropped.take(step, &whole, step);
                kept.clear(step);
            }
        }
    }
    result.push(kept);
    result.push(dropped);
}
