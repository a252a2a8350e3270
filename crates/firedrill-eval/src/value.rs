//! Results: columns of values over a grid.

use crate::annotations::Annotations;
use firedrill_value::{FloatHistogram, Labels, STALE_NAN, Timestamp, is_stale};
use std::sync::Arc;

/// What stands at a step without a sample: the stale marker, which no computation can produce.
pub const ABSENT: f64 = STALE_NAN;

/// Whether a step has no sample.
#[inline]
pub fn is_absent(value: f64) -> bool {
    is_stale(value)
}

/// One native histogram per step, where there is one.
pub type Histograms = Vec<Option<Arc<FloatHistogram>>>;

/// One series of a result: its labels once, then one value per step of the grid.
#[derive(Clone, Debug)]
pub struct Column {
    /// The labels.
    pub labels: Labels,
    /// Whether the metric name is to be dropped at the end of the query (delayed name removal only).
    pub drop_name: bool,
    /// The value at every step, [`ABSENT`] where there is none.
    pub values: Vec<f64>,
    /// The native histogram at every step; `None` for a column that never has one. Where a histogram stands, the value
    /// is [`ABSENT`].
    pub histograms: Option<Histograms>,
}

impl Column {
    /// A column that keeps its labels.
    pub fn new(labels: Labels, values: Vec<f64>) -> Self {
        Column {
            labels,
            drop_name: false,
            values,
            histograms: None,
        }
    }

    /// A column of the same series with other samples.
    pub fn like(&self, values: Vec<f64>, histograms: Option<Histograms>) -> Self {
        Column {
            labels: self.labels.clone(),
            drop_name: self.drop_name,
            values,
            histograms,
        }
    }

    /// Whether no step has a sample.
    pub fn is_empty(&self) -> bool {
        self.values.iter().copied().all(is_absent) && self.histograms.iter().flatten().all(Option::is_none)
    }

    /// The histogram at a step.
    #[inline]
    pub fn histogram(&self, step: usize) -> Option<&Arc<FloatHistogram>> {
        self.histograms.as_ref()?.get(step)?.as_ref()
    }

    /// Whether a step has a sample of either kind.
    #[inline]
    pub fn has(&self, step: usize) -> bool {
        !is_absent(self.values[step]) || self.histogram(step).is_some()
    }

    /// Takes the sample of a step away.
    pub fn clear(&mut self, step: usize) {
        self.values[step] = ABSENT;
        if let Some(histograms) = &mut self.histograms {
            histograms[step] = None;
        }
    }

    /// Puts a histogram at a step.
    pub fn set_histogram(&mut self, step: usize, histogram: Arc<FloatHistogram>) {
        let count = self.values.len();
        let histograms = self.histograms.get_or_insert_with(|| vec![None; count]);
        histograms[step] = Some(histogram);
    }

    /// Copies the sample that another column has at a step, if it has one, to a step of this one.
    pub fn take(&mut self, step: usize, other: &Column, from: usize) {
        if let Some(histogram) = other.histogram(from) {
            self.set_histogram(step, histogram.clone());
        } else if !is_absent(other.values[from]) {
            self.values[step] = other.values[from];
        }
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
    /// Native histograms with their times, which are none of the above.
    pub histograms: Vec<(Timestamp, Arc<FloatHistogram>)>,
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

impl Value {
    /// The columns of a vector; none of anything else.
    pub fn columns(&self) -> &[Column] {
        match self {
            Value::Vector(columns) => columns,
            _ => &[],
        }
    }

    /// The windows of a matrix; none of anything else.
    pub fn points(&self) -> &[Points] {
        match self {
            Value::Matrix(points) => points,
            _ => &[],
        }
    }

    /// Whether it is a vector.
    pub fn is_vector(&self) -> bool {
        matches!(self, Value::Vector(_))
    }

    /// How many series it has; a scalar or text counts as one.
    pub fn series_count(&self) -> usize {
        match self {
            Value::Vector(columns) => columns.len(),
            Value::Matrix(points) => points.len(),
            Value::Scalar(_) | Value::String(_) => 1,
        }
    }
}

/// The result of a query and what was remarked on the way.
#[derive(Clone, Debug)]
pub struct Output {
    /// The result.
    pub value: Value,
    /// Warnings and infos.
    pub annotations: Annotations,
}
