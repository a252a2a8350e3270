//! Aggregations of vectors with native histograms.

use super::{Group, fold, groups, push_group};
use crate::engine::Evaluator;
use crate::grid::Grid;
use crate::histogram::totals;
use crate::plan::AggregateNode;
use crate::remark::Remark;
use crate::value::{ABSENT, Column, is_absent};
use firedrill_promql::ast::AggregateOp;
use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Labels};
use std::sync::Arc;

impl Evaluator<'_> {
    /// `sum`, `avg`, `count`, `group`: histograms count.
    pub(super) fn aggregate_mixed(
        &mut self,
        aggregate: &AggregateNode,
        columns: &[Column],
        grid: &Grid,
    ) -> Vec<Column> {
        let mut result = Vec::new();
        for group in groups(aggregate, columns) {
            let members: Vec<&[f64]> = group
                .members
                .iter()
                .map(|&member| columns[member].values.as_slice())
                .collect();
            let fold = match aggregate.op {
                AggregateOp::Sum => fold::sum,
                AggregateOp::Avg => fold::avg,
                AggregateOp::Count => fold::count,
                _ => fold::group,
            };
            let mut folded = Column::new(Labels::empty(), vec![ABSENT; grid.count]);
            fold(&members, &mut folded.values);
            for step in 0..grid.count {
                self.add_step(aggregate, columns, &group, step, &mut folded);
            }
            push_group(&mut result, &group, columns, folded.values, folded.histograms);
        }
        result
    }

    /// Adds the histograms of one step to what the numbers gave.
    fn add_step(
        &mut self,
        aggregate: &AggregateNode,
        columns: &[Column],
        group: &Group,
        step: usize,
        folded: &mut Column,
    ) {
        let found = group
            .members
            .iter()
            .filter_map(|&member| Some((member, columns[member].histogram(step)?)));
        let found: Vec<(usize, &Arc<FloatHistogram>)> = found.collect();
        if found.is_empty() {
            return;
        }
        let span = aggregate.expr.span;
        let numbers = !is_absent(folded.values[step]);
        let members = found.iter().map(|(_, histogram)| histogram.as_ref());
        let total = match aggregate.op {
            AggregateOp::Count => {
                let before = if numbers { folded.values[step] } else { 0.0 };
                folded.values[step] = before + found.len() as f64;
                return;
            }
            AggregateOp::Sum => totals::sum(members),
            AggregateOp::Avg => totals::mean(members),
            _ => {
                folded.values[step] = 1.0;
                return;
            }
        };
        folded.values[step] = ABSENT;
        if numbers {
            self.annotations.add(span, Remark::MixedAggregation);
        }
        match total {
            Ok((total, notes)) => {
                self.remark_total(notes, span);
                if !numbers {
                    folded.set_histogram(step, Arc::new(total));
                }
            }
            Err(at) => {
                let name = found
                    .get(at)
                    .map_or("", |(member, _)| columns[*member].labels.metric_name());
                self.remark_schemas(name, span);
            }
        }
    }

    /// Takes histograms out of a vector, with a remark if there is one at a step that counts.
    pub(super) fn ignore_histograms(
        &mut self,
        op: AggregateOp,
        columns: &mut [Column],
        counts: impl Fn(usize) -> bool,
        span: Span,
    ) {
        for column in columns {
            let Some(histograms) = column.histograms.take() else {
                continue;
            };
            let mut ignored = histograms
                .iter()
                .enumerate()
                .filter(|(_, histogram)| histogram.is_some());
            if ignored.any(|(step, _)| counts(step)) {
                self.annotations.add(span, Remark::IgnoredInAggregation(op));
            }
        }
    }
}
