//! Runs plans: one arm per kind of node, each in its own file.

use crate::annotations::Annotations;
use crate::columns;
use crate::durations;
use crate::error::EvalError;
use crate::extended;
use crate::grid::Grid;
use crate::limits::Guard;
use crate::plan::{Length, Node, NodeKind, Plan};
use crate::storage::Storage;
use crate::value::{ABSENT, Column, Output, Points, Scalars, Value};
use firedrill_functions::ValueType;
use firedrill_promql::ast::AtTime;
use firedrill_source::Span;
use firedrill_value::{Duration, Labels, Timestamp};
use rustc_hash::FxHashMap;
use std::sync::Arc;

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
    /// Most samples in a vector, or in a window and its result; no bound by default (promtool: 10,000).
    pub max_samples: Option<usize>,
    /// Drop metric names at the end of the query only (`promql-delayed-name-removal`).
    pub delayed_name_removal: bool,
    /// Tell counters by the label `__type__` rather than by name (`type-and-unit-labels`).
    pub type_and_unit_labels: bool,
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
            type_and_unit_labels: false,
        }
    }
}

/// Evaluates a plan at all steps of a grid, at once where that gives what the single steps would give.
pub(crate) fn run(
    plan: &Plan,
    storage: &Storage,
    grid: Grid,
    options: &EvalOptions,
    guard: &Guard,
) -> Result<Output, EvalError> {
    if plan.incomplete {
        return Err(EvalError::Incomplete);
    }
    guard.check_samples(grid.count, plan.root.span)?;
    if options.kind == QueryKind::Instants && plan.root.value_type() == ValueType::Matrix {
        return run_at_once(
            plan,
            storage,
            grid.only(grid.count.saturating_sub(1)),
            options,
            guard,
        );
    }
    let independent = options.kind == QueryKind::Instants && grid.count > 1;
    if independent && plan.stepwise {
        return run_stepwise(plan, storage, grid, options, guard);
    }
    match run_at_once(plan, storage, grid, options, guard) {
        Err(EvalError::Limit(exceeded)) => Err(exceeded.into()),
        // A subquery over several steps also looks at times between their windows; what fails there does not count.
        Err(_) if independent && plan.has_subquery => run_stepwise(plan, storage, grid, options, guard),
        result => result,
    }
}

fn run_at_once(
    plan: &Plan,
    storage: &Storage,
    grid: Grid,
    options: &EvalOptions,
    guard: &Guard,
) -> Result<Output, EvalError> {
    let one_query = options.kind == QueryKind::Range || grid.count <= 1;
    let bounds = one_query.then(|| (grid.start, grid.end()));
    let query_step = if one_query && grid.count > 1 { grid.step } else { 0 };
    let query_range = bounds.map_or(0, |(start, end)| end - start);
    let mut evaluator = Evaluator {
        storage,
        options,
        lengths: durations::resolve(&plan.durations, query_step, query_range)?,
        bounds,
        query_step,
        depth: 0,
        annotations: Annotations::default(),
        guard,
        held: 0,
    };
    let root = &plan.root;
    let value = match root.value_type() {
        ValueType::Scalar => Value::Scalar(evaluator.scalar(root, &grid)?.into_steps(grid.count)),
        ValueType::Vector => {
            let columns = evaluator.vector(root, &grid)?;
            Value::Vector(columns::finish(columns, options)?)
        }
        ValueType::Matrix if options.kind == QueryKind::Range => {
            return Err(EvalError::RangeQueryType(
                ValueType::Matrix.documented().to_owned(),
            ));
        }
        ValueType::Matrix => Value::Matrix(evaluator.matrix(root, &grid)?),
        ValueType::String | ValueType::None => match &root.kind {
            NodeKind::String(_) if options.kind == QueryKind::Range => {
                return Err(EvalError::RangeQueryType(
                    ValueType::String.documented().to_owned(),
                ));
            }
            NodeKind::String(text) => Value::String(text.clone()),
            _ => return Err(EvalError::Incomplete),
        },
    };
    Ok(Output {
        value,
        annotations: evaluator.annotations,
    })
}

/// Evaluates step by step and puts the results together.
fn run_stepwise(
    plan: &Plan,
    storage: &Storage,
    grid: Grid,
    options: &EvalOptions,
    guard: &Guard,
) -> Result<Output, EvalError> {
    let mut annotations = Annotations::default();
    let mut numbers = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    for step in 0..grid.count {
        let output = run_at_once(plan, storage, grid.only(step), options, guard)?;
        annotations.merge(output.annotations);
        match output.value {
            Value::Scalar(values) => numbers.extend(values),
            Value::Vector(found) => {
                for column in found {
                    let place = *places.entry(column.labels.clone()).or_insert_with(|| {
                        columns.push(Column::new(column.labels.clone(), vec![ABSENT; grid.count]));
                        columns.len() - 1
                    });
                    columns[place].take(step, &column, 0);
                }
                guard.check_series(columns.len(), plan.root.span)?;
                guard.check_samples(columns.len().saturating_mul(grid.count), plan.root.span)?;
            }
            value @ (Value::Matrix(_) | Value::String(_)) => return Ok(Output { value, annotations }),
        }
    }
    let value = match plan.root.value_type() {
        ValueType::Scalar => Value::Scalar(numbers),
        _ => Value::Vector(columns),
    };
    Ok(Output { value, annotations })
}

/// One evaluation.
pub(crate) struct Evaluator<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) options: &'a EvalOptions,
    /// The plan's computed durations in milliseconds.
    pub(crate) lengths: Vec<i64>,
    /// Start and end of the query; `None` where each step is a query of its own.
    pub(crate) bounds: Option<(Timestamp, Timestamp)>,
    /// Step of the query in milliseconds; 0 for instants.
    pub(crate) query_step: i64,
    /// How many subqueries are around the current node.
    pub(crate) depth: usize,
    pub(crate) annotations: Annotations,
    guard: &'a Guard,
    /// Samples of the vectors that wait for what they are to be combined with.
    held: usize,
}

impl Evaluator<'_> {
    /// Evaluates a node that gives a vector.
    pub(crate) fn vector(&mut self, node: &Node, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        self.check_time(node.span)?;
        let held = self.held;
        let columns = self.vector_unguarded(node, grid)?;
        // What the node was made of is gone, its own result waits for its siblings.
        self.held = held;
        self.check_room(columns.len(), grid, node.span)?;
        self.held = held.saturating_add(columns.len().saturating_mul(grid.count));
        Ok(columns)
    }

    /// Fails if somebody wants the query to end.
    #[inline]
    pub(crate) fn check_time(&self, span: Span) -> Result<(), EvalError> {
        Ok(self.guard.check_time(span)?)
    }

    /// Fails where a vector of that many series is more than the query may hold.
    pub(crate) fn check_room(&self, series: usize, grid: &Grid, span: Span) -> Result<(), EvalError> {
        self.guard.check_series(series, span)?;
        let samples = series.saturating_mul(grid.count);
        self.guard
            .check_samples(self.held.saturating_add(samples), span)?;
        Ok(())
    }

    fn vector_unguarded(&mut self, node: &Node, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        match &node.kind {
            NodeKind::Selector(selector) => self.selector(selector, node.span, grid),
            NodeKind::Call(call) => self.call(call, node.span, grid),
            NodeKind::Aggregate(aggregate) => self.aggregate(aggregate, node.span, grid),
            NodeKind::Binary(binary) => self.binary(binary, node.span, grid),
            NodeKind::Negate(inner) => self.negate(inner, grid),
            NodeKind::Pinned { inner, uses_bounds } => self.pinned(inner, *uses_bounds, grid),
            NodeKind::Number(_) | NodeKind::String(_) | NodeKind::Window(_) | NodeKind::Subquery(_) => {
                Err(EvalError::Incomplete)
            }
        }
    }

    /// Evaluates a node that gives a scalar.
    pub(crate) fn scalar(&mut self, node: &Node, grid: &Grid) -> Result<Scalars, EvalError> {
        match &node.kind {
            NodeKind::Number(value) => Ok(Scalars::Constant(*value)),
            NodeKind::Call(call) => self.scalar_call(call, grid),
            NodeKind::Binary(binary) => self.scalar_binary(binary, grid),
            NodeKind::Negate(inner) => Ok(map_scalars(self.scalar(inner, grid)?, |value| -value)),
            NodeKind::Pinned { inner, uses_bounds } => {
                if *uses_bounds && self.bounds.is_none() {
                    return self.scalar(inner, grid);
                }
                let once = self.scalar(inner, &grid.only(0))?;
                Ok(Scalars::Constant(once.at(0)))
            }
            _ => Err(EvalError::Incomplete),
        }
    }

    /// The points of a range selector or subquery at a single time, in label order.
    fn matrix(&mut self, node: &Node, grid: &Grid) -> Result<Vec<Points>, EvalError> {
        let windows = self.windows(node, grid)?;
        let mut points = match windows.extension {
            Some(kind) => extended::points(&windows, kind)?,
            None => windows.into_points(),
        };
        // Here all series are held at once.
        self.check_samples(
            points
                .iter()
                .map(|series| series.values.len() + series.histograms.len())
                .sum(),
        )?;
        points.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(points)
    }

    /// A subtree that is the same at every step.
    fn pinned(&mut self, inner: &Node, uses_bounds: bool, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        if grid.count == 1 || (uses_bounds && self.bounds.is_none()) {
            return self.vector(inner, grid);
        }
        let mut columns = self.vector(inner, &grid.only(0))?;
        for column in &mut columns {
            column.values = vec![column.values[0]; grid.count];
            if let Some(histograms) = &mut column.histograms {
                *histograms = vec![histograms[0].clone(); grid.count];
            }
        }
        Ok(columns)
    }

    fn negate(&mut self, inner: &Node, grid: &Grid) -> Result<Vec<Column>, EvalError> {
        let mut columns = self.vector(inner, grid)?;
        for column in &mut columns {
            columns::map_present(&mut column.values, |value| -value);
            for histogram in column.histograms.iter_mut().flatten().flatten() {
                *histogram = Arc::new(histogram.as_ref().clone().scale(-1.0));
            }
        }
        self.without_names(columns)
    }

    /// Applies a function to every number; names and histograms are dropped.
    pub(crate) fn map_columns(
        &self,
        mut columns: Vec<Column>,
        function: impl Fn(f64) -> f64,
    ) -> Result<Vec<Column>, EvalError> {
        for column in &mut columns {
            columns::map_present(&mut column.values, &function);
            column.histograms = None;
        }
        self.without_names(columns)
    }

    /// Drops the metric names, now or at the end of the query, and refuses what then is equal.
    pub(crate) fn without_names(&self, mut columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
        for column in &mut columns {
            self.drop_name(column);
        }
        self.unique(columns)
    }

    /// Drops the metric name of a column, now or at the end of the query.
    pub(crate) fn drop_name(&self, column: &mut Column) {
        if self.options.delayed_name_removal {
            column.drop_name = true;
        } else {
            column.labels = columns::without_reserved(&column.labels);
        }
    }

    /// Refuses two samples of one step with the same labels; left to the end of the query if names are.
    pub(crate) fn unique(&self, columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
        if self.options.delayed_name_removal {
            return Ok(columns);
        }
        columns::unify(columns)
    }

    /// A length in milliseconds.
    pub(crate) fn millis(&self, length: Length) -> i64 {
        match length {
            Length::Millis(millis) => millis,
            Length::Computed(index) => self.lengths.get(index).copied().unwrap_or(0),
        }
    }

    /// The times that a selector or subquery looks at from the steps of a grid.
    pub(crate) fn reference(&self, grid: &Grid, offset: Length, at: Option<AtTime>) -> Grid {
        let fixed = match at {
            None => None,
            Some(AtTime::Timestamp(time)) => Some(time),
            Some(AtTime::Start) => self.bounds.map(|(start, _)| start),
            Some(AtTime::End) => self.bounds.map(|(_, end)| end),
        };
        let base = fixed.map_or(*grid, |start| Grid {
            start,
            step: 0,
            count: grid.count,
        });
        base.moved(self.millis(offset).saturating_neg())
    }
}

/// Applies a function to every number.
pub(crate) fn map_scalars(scalars: Scalars, function: impl Fn(f64) -> f64) -> Scalars {
    match scalars {
        Scalars::Constant(value) => Scalars::Constant(function(value)),
        Scalars::Steps(mut values) => {
            for value in &mut values {
                *value = function(*value);
            }
            Scalars::Steps(values)
        }
    }
}
