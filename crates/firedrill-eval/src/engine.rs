//! Runs plans.

use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::Plan;
use crate::storage::Storage;
use crate::value::Output;
use firedrill_value::{Duration, Timestamp};

/// What the steps of a grid are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryKind {
    /// Each step is an instant query of its own, as rules are evaluated: `start()` and `end()` are its own time.
    #[default]
    Instants,
    /// All steps are one range query: `start()` and `end()` are those of the grid, the result is in label order.
    Range,
}

/// How to evaluate.
#[derive(Clone, Copy, Debug)]
pub struct EvalOptions {
    /// What the steps are.
    pub kind: QueryKind,
    /// How far an instant selector looks back.
    pub lookback: Duration,
    /// The step of subqueries that name none.
    pub default_subquery_step: Duration,
    /// Samples after this time are not seen: what a rule at that time could not know yet.
    pub horizon: Option<Timestamp>,
    /// Most samples that one window may hold; no bound by default.
    pub max_samples: Option<usize>,
    /// Drop metric names at the end of the query only (`promql-delayed-name-removal`).
    pub delayed_name_removal: bool,
}

impl Default for EvalOptions {
    fn default() -> Self {
        EvalOptions {
            kind: QueryKind::Instants,
            lookback: Duration::from_secs(300),
            default_subquery_step: Duration::from_secs(60),
            horizon: None,
            max_samples: None,
            delayed_name_removal: false,
        }
    }
}

pub(crate) fn run(
    _plan: &Plan,
    _storage: &Storage,
    _grid: Grid,
    _options: &EvalOptions,
) -> Result<Output, EvalError> {
    Err(EvalError::Incomplete)
}
