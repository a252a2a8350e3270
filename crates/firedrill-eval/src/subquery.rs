//! Subqueries: an expression evaluated on its own grid, whose results are the samples of windows.

use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::SubqueryNode;
use crate::samples::Times;
use crate::window::{RangeSeries, Windows};

/// More inner steps than this are refused: no machine holds them.
const MOST_STEPS: i64 = 50_000_000;

impl<'a> Evaluator<'a> {
    /// Evaluates the inner expression at all multiples of the step that any window covers.
    pub(crate) fn subquery(
        &mut self,
        subquery: &SubqueryNode,
        grid: &Grid,
    ) -> Result<Windows<'a>, EvalError> {
        let ends = self.reference(grid, subquery.offset, subquery.at);
        let range = self.millis(subquery.range);
        let step = match subquery.step.map_or(0, |step| self.millis(step)) {
            0 => self.options.default_subquery_step.millis().max(1),
            step => step.max(1),
        };
        let first = ends
            .start
            .saturating_sub(range)
            .div_euclid(step)
            .saturating_mul(step)
            .saturating_add(step);
        let mut series = Vec::new();
        if first <= ends.end() {
            if ends.end().saturating_sub(first) / step >= MOST_STEPS {
                return Err(EvalError::TooManySamples);
            }
            let inner = Grid::range(first, ends.end(), step);
            // One series would hold that many samples.
            self.check_room(1, &inner, subquery.expr.span)?;
            self.depth += 1;
            let columns = self.vector(&subquery.expr, &inner);
            self.depth -= 1;
            let times = Times::Regular { start: first, step };
            for column in columns? {
                let computed = RangeSeries::computed(column, times);
                if !computed.is_empty() {
                    series.push(computed);
                }
            }
        }
        let windows = Windows::new(series, ends, range, None);
        self.check_windows(&windows)?;
        Ok(windows)
    }
}
