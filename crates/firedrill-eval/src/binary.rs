//! Binary operators.

mod histograms;
mod matching;
mod sets;

use crate::arithmetic;
use crate::engine::Evaluator;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::plan::{BinaryNode, Shape};
use crate::value::{ABSENT, Column, Scalars, is_absent};
use firedrill_promql::ast::BinaryOp;
use firedrill_source::Span;
use histograms::{Computed, Operand, Remarks};

impl Evaluator<'_> {
    /// An operator with at least one vector.
    pub(crate) fn binary(
        &mut self,
        binary: &BinaryNode,
        span: Span,
        grid: &Grid,
    ) -> Result<Vec<Column>, EvalError> {
        match &binary.shape {
            Shape::Scalars => Err(EvalError::Incomplete),
            Shape::ScalarVector => {
                let scalar = self.scalar(&binary.lhs, grid)?;
                let columns = self.vector(&binary.rhs, grid)?;
                self.vector_scalar(binary, columns, &scalar, true, span)
            }
            Shape::VectorScalar => {
                let columns = self.vector(&binary.lhs, grid)?;
                let scalar = self.scalar(&binary.rhs, grid)?;
                self.vector_scalar(binary, columns, &scalar, false, span)
            }
            Shape::Vectors { .. } => {
                let lhs = self.vector(&binary.lhs, grid)?;
                let rhs = self.vector(&binary.rhs, grid)?;
                if binary.op.is_set() {
                    Ok(sets::combine(binary, lhs, rhs, grid))
                } else {
                    self.match_vectors(binary, lhs, rhs, span, grid)
                }
            }
        }
    }

    /// An operator between scalars.
    pub(crate) fn scalar_binary(&mut self, binary: &BinaryNode, grid: &Grid) -> Result<Scalars, EvalError> {
        let lhs = self.scalar(&binary.lhs, grid)?;
        let rhs = self.scalar(&binary.rhs, grid)?;
        let op = binary.op;
        if let (Scalars::Constant(a), Scalars::Constant(b)) = (&lhs, &rhs) {
            return Ok(Scalars::Constant(arithmetic::scalars(op, *a, *b)));
        }
        let values = (0..grid.count).map(|step| arithmetic::scalars(op, lhs.at(step), rhs.at(step)));
        Ok(Scalars::Steps(values.collect()))
    }

    /// A vector and a scalar. A comparison without `bool` keeps the vector's value, on whichever side it stands.
    fn vector_scalar(
        &mut self,
        binary: &BinaryNode,
        mut columns: Vec<Column>,
        scalar: &Scalars,
        scalar_first: bool,
        span: Span,
    ) -> Result<Vec<Column>, EvalError> {
        let op = binary.op;
        let element = Element::of(binary);
        let mut remarks = Remarks::new(span, columns.first().map_or(0, |column| column.values.len()));
        for column in &mut columns {
            if column.histograms.is_some() || element == Element::Trim {
                let mut result = column.like(vec![ABSENT; column.values.len()], None);
                for step in 0..column.values.len() {
                    let Some(own) = Operand::at(column, step) else {
                        continue;
                    };
                    let number = Operand::Number(scalar.at(step));
                    let (left, right) = if scalar_first {
                        (number, own)
                    } else {
                        (own, number)
                    };
                    element
                        .compute(op, left, right, own, &mut remarks, step)
                        .store(&mut result, step);
                }
                *column = result;
                continue;
            }
            for (step, value) in column.values.iter_mut().enumerate() {
                if is_absent(*value) {
                    continue;
                }
                let number = scalar.at(step);
                let result = if scalar_first {
                    element.apply(op, number, *value)
                } else {
                    element.apply(op, *value, number)
                };
                *value = match result {
                    Some(_) if element == Element::Filter => *value,
                    Some(result) => result,
                    None => ABSENT,
                };
            }
        }
        remarks.tell(&mut self.annotations);
        match element {
            Element::Filter | Element::Trim => Ok(columns),
            Element::Arithmetic | Element::Bool => self.without_names(columns),
        }
    }
}

/// What an operator does with a pair of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Arithmetic,
    /// A comparison that keeps the left sample or nothing.
    Filter,
    /// A comparison that gives 0 or 1.
    Bool,
    /// For histograms only; floats give nothing.
    Trim,
}

impl Element {
    fn of(binary: &BinaryNode) -> Self {
        if binary.op.is_trim() {
            Element::Trim
        } else if !binary.op.is_comparison() {
            Element::Arithmetic
        } else if binary.bool_modifier {
            Element::Bool
        } else {
            Element::Filter
        }
    }

    /// The result for a pair of which one may be a histogram; a filter that holds keeps `kept`.
    fn compute(
        self,
        op: BinaryOp,
        left: Operand<'_>,
        right: Operand<'_>,
        kept: Operand<'_>,
        remarks: &mut Remarks,
        step: usize,
    ) -> Computed {
        let (Operand::Number(a), Operand::Number(b)) = (left, right) else {
            return histograms::compute(op, self, left, right, remarks, step);
        };
        match (self, self.apply(op, a, b), kept) {
            (Element::Trim, ..) => histograms::compute(op, self, left, right, remarks, step),
            (_, None, _) => Computed::Filtered,
            (Element::Filter, Some(_), Operand::Number(kept)) => Computed::Number(kept),
            (_, Some(value), _) => Computed::Number(value),
        }
    }

    /// The result for a pair, if there is one.
    #[inline]
    fn apply(self, op: BinaryOp, left: f64, right: f64) -> Option<f64> {
        match self {
            Element::Arithmetic | Element::Bool => Some(arithmetic::scalars(op, left, right)),
            Element::Filter => arithmetic::compare(op, left, right).then_some(left),
            Element::Trim => None,
        }
    }
}
