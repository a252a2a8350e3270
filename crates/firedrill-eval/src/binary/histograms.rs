//! Operators where a native histogram is on a side.

use super::Element;
use crate::annotations::{Annotations, Level};
use crate::histogram::logarithmic_share;
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
    steps: Vec<Option<(Level, String)>>,
}

impl Remarks {
    pub(super) fn new(span: Span, steps: usize) -> Self {
        Remarks {
            span,
            steps: vec![None; steps],
        }
    }

    fn set(&mut self, step: usize, level: Level, text: String) {
        self.steps[step] = Some((level, text));
    }

    pub(super) fn tell(self, annotations: &mut Annotations) {
        for (level, text) in self.steps.into_iter().flatten() {
            match level {
                Level::Warning => annotations.warn(self.span, text),
                Level::Info => annotations.info(self.span, text),
            }
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
            let (result, noun) = match op {
                BinaryOp::Add => (a.add(b), "addition"),
                _ => (a.sub(b), "subtraction"),
            };
            let Ok((mut result, merge)) = result else {
                let text = format!(
                    "incompatible bucket layout encountered for binary operator {}",
                    op.symbol()
                );
                remarks.set(step, Level::Warning, text);
                return Computed::Failed;
            };
            let Merge {
                reset_collision,
                bounds_reconciled,
            } = merge;
            if reset_collision {
                let text = format!("conflicting counter resets during histogram {noun}");
                remarks.set(step, Level::Warning, text);
                return Computed::Failed;
            }
            if bounds_reconciled {
                let text = format!("mismatched custom buckets were reconciled during {noun}");
                remarks.set(step, Level::Info, text);
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
            let text = format!(
                "incompatible sample types encountered for binary operator \"{}\": {} {} {}",
                op.symbol(),
                left.kind(),
                op.symbol(),
                right.kind()
            );
            remarks.set(step, Level::Info, text);
            Computed::Failed
        }
    }
}
