//! `absent` and `absent_over_time`.

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{CallNode, Node, NodeKind};
use crate::value::{ABSENT, Column, is_absent};
use crate::window::RangeSeries;
use firedrill_promql::ast::{MatchOp, Matcher};
use firedrill_value::{Labels, LabelsBuilder, METRIC_NAME};

impl Evaluator<'_> {
    pub(crate) fn absent(&mut self, call: &CallNode, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let columns = self.vector(&call.args[0], grid)?;
        let found = |step: usize| columns.iter().any(|column| column.has(step));
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
            .filter_map(|series| windows.each(series, |_| 1.0))
            .collect();
        let found = |step: usize| {
            let histograms = |series: &RangeSeries<'_>| {
                !series
                    .histograms_at(&windows.ends, windows.range, step)
                    .is_empty()
            };
            filled.iter().any(|values| !is_absent(values[step])) || windows.series.iter().any(histograms)
        };
        Ok(one_where_nothing(&call.args[0], found, grid))
    }
}

/// A column that is 1 where no other has a sample, with the labels that the argument's matchers pin down.
fn one_where_nothing(arg: &Node, found: impl Fn(usize) -> bool, grid: &Grid) -> Vec<Column> {
    let values = (0..grid.count).map(|step| if found(step) { ABSENT } else { 1.0 });
    vec![Column::new(labels_of(arg), values.collect())]
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
