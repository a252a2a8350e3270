//! Operators where a native histogram is on a side.

use super::Element;
use crate::annotations::Annotations;
use crate::histogram::logarithmic_share;
use crate::remark::{Remark, Sum};
use crate::value::{Column, is_absent};
use firedrill_promql::ast::BinaryOp;
use firedrill_source::Span;
use firedrill_value::FloatHistogram;
use firedrill_value::histogram::Merge;
use std::sync::Arc;

/// A sample on one side.
#[derive(Clone, Copy)]
pub(super) enum Operand<'a> {
    Number(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

impl<'a> Operand<'a> {
    /// The sample of a column at a step.
    pub(super) fn at(column: &'a Column, step: usize) -> Option<Self> {
        if let Some(histogram) = column.histogram(step) {
            return Some(Operand::Histogram(histogram));
        }
        let value = column.values[step];
        (!is_absent(value)).then_some(Operand::Number(value))
    }

    fn kind(self) -> &'static str {
        match self {
            Operand::Number(_) => "float",
            Operand::Histogram(_) => "histogram",
        }
    }
}

/// What an operator makes of two samples.
pub(super) enum Computed {
    Number(f64),
    Histogram(Arc<FloatHistogram>),
    /// A comparison that does not hold.
    Filtered,
    /// The samples do not go together.
    Failed,
}

impl Computed {
    /// Puts the result at a step.
    pub(super) fn store(self, column: &mut Column, step: usize) {
        match self {
            Computed::Number(value) => column.values[step] = value,
            Computed::Histogram(histogram) => column.set_histogram(step, histogram),
            Computed::Filtered | Computed::Failed => {}
        }
    }
}

/// Remarks of one operator: of each step only the last survives.
pub(super) struct Remarks {
    span: Span,
    steps: Vec<Option<Remark>>,
}

impl Remarks {
    pub(super) fn new(span: Span, steps: usize) -> Self {
        Remarks {
            span,
            steps: vec![None; steps],
        }
    }

    fn set(&mut self, step: usize, remark: Remark) {
        self.steps[step] = Some(remark);
    }

    pub(super) fn tell(self, annotations: &mut Annotations) {
        for remark in self.steps.into_iter().flatten() {
            annotations.add(self.span, remark);
        }
    }
}

/// Whether two samples do not go together, so that nothing comes of them whatever they are.
pub(super) fn fails(op: BinaryOp, left: Operand<'_>, right: Operand<'_>) -> bool {
    let mut remarks = Remarks::new(Span::default(), 1);
    matches!(
        compute(op, Element::Arithmetic, left, right, &mut remarks, 0),
        Computed::Failed
    )
}

/// What an operator makes of two samples; at least one of them is a histogram, or the operator is for histograms only.
pub(super) fn compute(
    op: BinaryOp,
    element: Element,
    left: Operand<'_>,
    right: Operand<'_>,
    remarks: &mut Remarks,
    step: usize,
) -> Computed {
    use Operand::{Histogram, Number};
    let compact = |histogram: FloatHistogram| Computed::Histogram(Arc::new(histogram.compact()));
    match (op, left, right) {
        (BinaryOp::Mul, Histogram(histogram), Number(factor))
        | (BinaryOp::Mul, Number(factor), Histogram(histogram)) => {
            compact(histogram.as_ref().clone().scale(factor))
        }
        (BinaryOp::Div, Histogram(histogram), Number(divisor)) => {
            compact(histogram.as_ref().clone().divide(divisor))
        }
        (BinaryOp::TrimUpper, Histogram(histogram), Number(value)) => {
            Computed::Histogram(Arc::new(histogram.trimmed(value, true, logarithmic_share)))
        }
        (BinaryOp::TrimLower, Histogram(histogram), Number(value)) => {
            Computed::Histogram(Arc::new(histogram.trimmed(value, false, logarithmic_share)))
        }
        (BinaryOp::Add | BinaryOp::Sub, Histogram(a), Histogram(b)) => {
            let (result, sum) = match op {
                BinaryOp::Add => (a.add(b), Sum::Addition),
                _ => (a.sub(b), Sum::Subtraction),
            };
            let Ok((mut result, merge)) = result else {
                remarks.set(step, Remark::IncompatibleLayout(op));
                return Computed::Failed;
            };
            let Merge {
                reset_collision,
                bounds_reconciled,
            } = merge;
            if reset_collision {
                remarks.set(step, Remark::ResetConflict(sum));
                return Computed::Failed;
            }
            if bounds_reconciled {
                remarks.set(step, Remark::ReconciledBounds(sum));
            }
            if op == BinaryOp::Sub {
                result.hint = firedrill_value::ResetHint::Gauge;
            }
            compact(result)
        }
        (BinaryOp::Equal | BinaryOp::NotEqual, Histogram(a), Histogram(b)) => {
            let holds = (a == b) == (op == BinaryOp::Equal);
            match element {
                Element::Bool => Computed::Number(f64::from(u8::from(holds))),
                _ if holds => Computed::Histogram(a.clone()),
                _ => Computed::Filtered,
            }
        }
        _ => {
            let (left, right) = (left.kind(), right.kind());
            remarks.set(step, Remark::IncompatibleTypes { op, left, right });
            Computed::Failed
        }
    }
}
