//! Durations that are computed when the query is known (upstream `promql/durations.go`).

use crate::error::EvalError;
use crate::gomath;
use firedrill_promql::ast::{BinaryOp, DurationExpr, DurationKind};

/// Longest duration in seconds: that of an int64 of nanoseconds.
const LONGEST: f64 = 9_223_372_036.854_776;

/// The lengths in milliseconds of all computed durations, given step and length of the query in milliseconds. Those
/// marked `true` must be positive.
pub(crate) fn resolve(
    durations: &[(DurationExpr, bool)],
    step: i64,
    range: i64,
) -> Result<Vec<i64>, EvalError> {
    let query = Query {
        step: step as f64 / 1000.0,
        range: range as f64 / 1000.0,
    };
    let one = |(duration, positive): &(DurationExpr, bool)| query.millis(duration, *positive);
    durations.iter().map(one).collect()
}

struct Query {
    step: f64,
    range: f64,
}

impl Query {
    fn millis(&self, duration: &DurationExpr, positive: bool) -> Result<i64, EvalError> {
        let seconds = self.seconds(duration)?;
        if !seconds.is_finite() {
            return Err(refuse(duration, "duration is NaN or infinite"));
        }
        if positive && seconds <= 0.0 {
            return Err(refuse(duration, "duration must be greater than 0"));
        }
        if seconds.abs() > LONGEST {
            return Err(refuse(duration, "duration is out of range"));
        }
        Ok((seconds * 1000.0) as i64)
    }

    fn seconds(&self, duration: &DurationExpr) -> Result<f64, EvalError> {
        match &duration.kind {
            DurationKind::Literal { seconds, .. } => Ok(*seconds),
            DurationKind::Step => Ok(self.step),
            DurationKind::Range => Ok(self.range),
            DurationKind::Unary { negative, operand } => {
                let value = self.seconds(operand)?;
                Ok(if *negative { -value } else { value })
            }
            DurationKind::Paren(inner) => self.seconds(inner),
            DurationKind::Extreme { max, lhs, rhs } => {
                let (a, b) = (self.seconds(lhs)?, self.seconds(rhs)?);
                Ok(match (a.is_nan() || b.is_nan(), *max) {
                    (true, _) => f64::NAN,
                    (false, true) => a.max(b),
                    (false, false) => a.min(b),
                })
            }
            DurationKind::Binary { op, lhs, rhs, .. } => {
                let (a, b) = (self.seconds(lhs)?, self.seconds(rhs)?);
                match op {
                    BinaryOp::Add => Ok(a + b),
                    BinaryOp::Sub => Ok(a - b),
                    BinaryOp::Mul => Ok(a * b),
                    BinaryOp::Div if b == 0.0 => Err(refuse(duration, "division by zero")),
                    BinaryOp::Div => Ok(a / b),
                    BinaryOp::Mod if b == 0.0 => Err(refuse(duration, "modulo by zero")),
                    BinaryOp::Mod => Ok(gomath::fmod(a, b)),
                    BinaryOp::Pow => Ok(gomath::pow(a, b)),
                    _ => Err(EvalError::Incomplete),
                }
            }
        }
    }
}

fn refuse(duration: &DurationExpr, reason: &'static str) -> EvalError {
    EvalError::Duration {
        start: duration.span.start,
        end: duration.span.end,
        reason,
    }
}
