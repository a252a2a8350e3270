//! Plans: expressions made ready to run over any storage and grid.

mod compile;
mod node;
mod proofs;

pub(crate) use node::{
    AggregateNode, BinaryNode, CallNode, Length, Node, NodeKind, SelectorNode, Shape, SubqueryNode,
    WindowNode,
};

use crate::engine::{self, EvalOptions};
use crate::error::EvalError;
use crate::grid::Grid;
use crate::limits::Guard;
use crate::storage::Storage;
use crate::value::Output;
use firedrill_promql::ast::{DurationExpr, Expr, MatchOp, Matcher};
use firedrill_source::Span;
use firedrill_value::{Labels, METRIC_NAME};
use std::sync::Arc;

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// Compute constant parts of the expression once (the results are the same).
    pub fold_constants: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        PlanOptions { fold_constants: true }
    }
}

/// A compiled expression.
#[derive(Debug)]
pub struct Plan {
    pub(crate) root: Node,
    pub(crate) selectors: Vec<SelectorInfo>,
    /// Durations that depend on the query, with whether they must be positive.
    pub(crate) durations: Vec<(DurationExpr, bool)>,
    /// The tree had holes.
    pub(crate) incomplete: bool,
    /// Several instants cannot be evaluated at once.
    pub(crate) stepwise: bool,
    pub(crate) has_subquery: bool,
    looks_ahead: bool,
    quiet: bool,
}

/// One selector of an expression: what it may read.
#[derive(Clone, Debug)]
pub struct SelectorInfo {
    /// All matchers; a name before the braces is one of them.
    pub matchers: Arc<[Matcher]>,
    /// Where the selector stands in the expression.
    pub span: Span,
}

impl SelectorInfo {
    /// The metric name if only one can match.
    pub fn metric_name(&self) -> Option<&Arc<str>> {
        self.matchers
            .iter()
            .find(|m| m.op == MatchOp::Equal && &*m.label.text == METRIC_NAME)
            .map(|m| &m.value)
    }

    /// Whether a series of this name could match, whatever its other labels are.
    pub fn may_match_name(&self, name: &str) -> bool {
        self.matchers
            .iter()
            .filter(|m| &*m.label.text == METRIC_NAME)
            .all(|m| m.matches(name))
    }

    /// Whether it reads the series with these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|m| m.matches(labels.get(&m.label.text)))
    }
}

impl Plan {
    /// Compiles an expression that parsed without errors. A tree with holes compiles too; its evaluation fails.
    pub fn compile(expr: &Expr, options: &PlanOptions) -> Plan {
        compile::compile(expr, options)
    }

    /// Where the whole expression stands in its text, without parentheses around it.
    pub fn span(&self) -> Span {
        self.root.span
    }

    /// Evaluates at all steps of a grid; a range vector at the last one only.
    ///
    /// # Errors
    /// If the query fails at one of the steps, with upstream's text. For several steps it is not said at which.
    pub fn eval(&self, storage: &Storage, grid: Grid, options: &EvalOptions) -> Result<Output, EvalError> {
        engine::run(self, storage, grid, options, Guard::NONE)
    }

    /// Like [`Plan::eval`], within limits.
    ///
    /// # Errors
    /// As there, and [`EvalError::Limit`] where a limit is exceeded or the guard is told to stop.
    pub fn eval_within(
        &self,
        storage: &Storage,
        grid: Grid,
        options: &EvalOptions,
        guard: &Guard,
    ) -> Result<Output, EvalError> {
        engine::run(self, storage, grid, options, guard)
    }

    /// All selectors in the order of their evaluation, the ones that `info()` adds by itself included.
    pub fn selectors(&self) -> &[SelectorInfo] {
        &self.selectors
    }

    /// Whether it may read samples that are later than the time of evaluation, or that depend on more than what came
    /// before: a negative or computed offset, any `@`, `smoothed`.
    pub fn looks_ahead(&self) -> bool {
        self.looks_ahead
    }

    /// A quick proof that evaluation over this storage gives an empty vector, at any step, without error. `false` means
    /// that nothing is known.
    pub fn reads_nothing(&self, storage: &Storage) -> bool {
        self.quiet && !self.selectors.iter().any(|s| storage.has_match(&s.matchers))
    }
}
