//! Results: columns of values over a grid.

use crate::annotations::Annotations;
use firedrill_value::{Labels, STALE_NAN, Timestamp, is_stale};
use std::sync::Arc;

/// What stands at a step without a sample: the stale marker, which no computation can produce.
pub const ABSENT: f64 = STALE_NAN;

/// Whether a step has no sample.
#[inline]
pub fn is_absent(value: f64) -> bool {
    is_stale(value)
}

/// One series of a result: its labels once, then one value per step of the grid.
#[derive(Clone, Debug)]
pub struct Column {
    /// The labels.
    pub labels: Labels,
    /// Whether the metric name is to be dropped at the end of the query (delayed name removal only).
    pub drop_name: bool,
    /// The value at every step, [`ABSENT`] where there is none.
    pub values: Vec<f64>,
}

impl Column {
    /// A column that keeps its labels.
    pub fn new(labels: Labels, values: Vec<f64>) -> Self {
        Column {
            labels,
            drop_name: false,
            values,
        }
    }

    /// Whether no step has a sample.
    pub fn is_empty(&self) -> bool {
        self.values.iter().copied().all(is_absent)
    }
}

/// Numbers over a grid.
#[derive(Clone, Debug)]
pub enum Scalars {
    /// The same number at every step.
    Constant(f64),
    /// One number per step.
    Steps(Vec<f64>),
}

impl Scalars {
    /// The number at a step.
    #[inline]
    pub fn at(&self, step: usize) -> f64 {
        match self {
            Scalars::Constant(value) => *value,
            Scalars::Steps(values) => values.get(step).copied().unwrap_or(f64::NAN),
        }
    }

    /// One number for each of `count` steps.
    pub fn into_steps(self, count: usize) -> Vec<f64> {
        match self {
            Scalars::Constant(value) => vec![value; count],
            Scalars::Steps(values) => values,
        }
    }
}

/// The samples of one series in a window: the result of a range selector.
#[derive(Clone, Debug)]
pub struct Points {
    /// The labels.
    pub labels: Labels,
    /// Whether the metric name is to be dropped at the end of the query.
    pub drop_name: bool,
    /// Times in rising order.
    pub timestamps: Vec<Timestamp>,
    /// One value per time.
    pub values: Vec<f64>,
}

/// The result of a query.
#[derive(Clone, Debug)]
pub enum Value {
    /// One number per step.
    Scalar(Vec<f64>),
    /// Columns in evaluation order (for [`crate::QueryKind::Range`] in label order); none of them is empty.
    Vector(Vec<Column>),
    /// Samples of a range selector or subquery at a single time, in label order.
    Matrix(Vec<Points>),
    /// A text, which may be no UTF-8.
    String(Arc<[u8]>),
}

/// The result of a query and what was remarked on the way.
#[derive(Clone, Debug)]
pub struct Output {
    /// The result.
    pub value: Value,
    /// Warnings and infos.
    pub annotations: Annotations,
}
