//! `absent` and `absent_over_time`.

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{CallNode, Node, NodeKind};
use crate::value::{ABSENT, Column, is_absent};
use firedrill_promql::ast::{MatchOp, Matcher};
use firedrill_value::{Labels, LabelsBuilder, METRIC_NAME};

impl Evaluator<'_> {
    pub(crate) fn absent(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let columns = self.vector(&call.args[0], grid)?;
        let found = columns.iter().map(|column| column.values.as_slice());
        Ok(one_where_nothing(&call.args[0], found, grid))
    }

    pub(crate) fn absent_over_time(
        &mut self,
        call: &CallNode,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let windows = self.windows(&call.args[0], grid)?;
        let filled: Vec<Vec<f64>> = windows
            .series
            .iter()
            .filter_map(|series| series.each_window(&windows.ends, windows.range, |_| 1.0))
            .collect();
        Ok(one_where_nothing(
            &call.args[0],
            filled.iter().map(Vec::as_slice),
            grid,
        ))
    }
}

/// A column that is 1 where no other has a sample, with the labels that the argument's matchers pin down.
fn one_where_nothing<'v>(arg: &Node, found: impl Iterator<Item = &'v [f64]>, grid: &Grid) -> Vec<Column> {
    let mut values = vec![1.0; grid.count];
    for column in found {
        for (value, &sample) in values.iter_mut().zip(column) {
            if !is_absent(sample) {
                *value = ABSENT;
            }
        }
    }
    vec![Column::new(labels_of(arg), values)]
}

fn labels_of(arg: &Node) -> Labels {
    match &arg.kind {
        NodeKind::Selector(selector) => pinned_labels(&selector.matchers),
        NodeKind::Window(window) => pinned_labels(&window.selector.matchers),
        NodeKind::Pinned { inner, .. } => labels_of(inner),
        _ => Labels::empty(),
    }
}

/// Labels with exactly one matcher, `=`; any second matcher on a label takes it out again.
fn pinned_labels(matchers: &[Matcher]) -> Labels {
    let mut labels = LabelsBuilder::default();
    let mut seen: Vec<&str> = Vec::new();
    for matcher in matchers {
        let name = &*matcher.label.text;
        if name == METRIC_NAME {
            continue;
        }
        if matcher.op == MatchOp::Equal && !seen.contains(&name) {
            labels.set(name, &matcher.value);
            seen.push(name);
        } else {
            labels.remove(name);
        }
    }
    labels.build()
}
