//! Units of expressions: what a value measures and in which size, as far as names and facts tell.

use crate::constant;
use firedrill_facts::{Dimension, Facts, Tier, Unit};
use firedrill_functions::Func;
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, Selector};

/// What is known of the unit of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Nothing.
    Unknown,
    /// A number written in the expression: its unit is whatever its writer had in mind.
    Number,
    /// Something is.
    Known(Quantity),
}

/// A dimension and a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// What it measures.
    pub dimension: Dimension,
    /// How many base units one is; `None` where a factor of unknown purpose was applied.
    pub scale: Option<f64>,
    /// Whether this rests on the names of metrics only.
    pub weak: bool,
}

/// Factors that turn one usual unit into another; others are no conversions.
const CONVERSIONS: [f64; 14] = [
    8.0,
    60.0,
    100.0,
    1e3,
    1024.0,
    3600.0,
    86400.0,
    604_800.0,
    1e6,
    1_048_576.0,
    1e9,
    1_073_741_824.0,
    1e12,
    1_099_511_627_776.0,
];

/// Words before `_time` or `_time_seconds` that make a point in time of it.
const MOMENTS: [&str; 9] = [
    "start",
    "boot",
    "creation",
    "created",
    "birth",
    "schedule",
    "completion",
    "deletion",
    "expiry",
];

impl Measure {
    /// The quantity, where there is one.
    pub fn quantity(self) -> Option<Quantity> {
        match self {
            Measure::Known(quantity) => Some(quantity),
            _ => None,
        }
    }

    fn map(self, f: impl FnOnce(Quantity) -> Option<Quantity>) -> Measure {
        match self {
            Measure::Known(quantity) => f(quantity).map_or(Measure::Unknown, Measure::Known),
            other => other,
        }
    }
}

impl Quantity {
    /// A number of things, or a pure ratio.
    const COUNT: Quantity = Quantity {
        dimension: Dimension::NONE,
        scale: Some(1.0),
        weak: false,
    };

    const TIMESTAMP: Quantity = Quantity {
        dimension: Dimension::TIMESTAMP,
        scale: Some(1.0),
        weak: false,
    };

    /// Whether it is a point in time.
    pub fn is_timestamp(self) -> bool {
        self.dimension.timestamp
    }

    /// Whether it measures nothing: a number of things, or a ratio.
    pub fn is_pure_number(self) -> bool {
        self.dimension == Dimension::NONE && self.scale == Some(1.0)
    }

    /// The unit, where the size is known.
    pub fn unit(self) -> Option<Unit> {
        self.scale.map(|scale| Unit::new(self.dimension, scale))
    }

    fn scaled(self, factor: f64) -> Quantity {
        let converts = factor == 1.0 || CONVERSIONS.iter().any(|it| *it == factor || 1.0 / *it == factor);
        Quantity {
            scale: self.scale.filter(|_| converts).map(|scale| scale / factor),
            ..self
        }
    }

    /// A difference over a window: points in time become lengths.
    fn difference(self) -> Quantity {
        let dimension = Dimension {
            timestamp: false,
            ..self.dimension
        };
        Quantity { dimension, ..self }
    }

    fn per_second(self) -> Option<Quantity> {
        let time = self.dimension.time.checked_sub(1)?;
        let dimension = Dimension {
            time,
            timestamp: false,
            ..self.dimension
        };
        Some(Quantity { dimension, ..self })
    }

    fn product(self, other: Quantity, divide: bool) -> Option<Quantity> {
        let (a, b) = (self.dimension, other.dimension);
        if a.timestamp || b.timestamp {
            return None;
        }
        let join = |x: i8, y: i8| {
            if divide {
                x.checked_sub(y)
            } else {
                x.checked_add(y)
            }
        };
        let dimension = Dimension {
            time: join(a.time, b.time)?,
            data: join(a.data, b.data)?,
            temperature: join(a.temperature, b.temperature)?,
            energy: join(a.energy, b.energy)?,
            timestamp: false,
        };
        let scale = self
            .scale
            .zip(other.scale)
            .map(|(x, y)| if divide { x / y } else { x * y });
        Some(Quantity {
            dimension,
            scale,
            weak: self.weak || other.weak,
        })
    }
}

/// The unit of the samples of an expression.
pub fn measure(expr: &Expr, facts: &Facts) -> Measure {
    if constant(expr).is_some() {
        return Measure::Number;
    }
    match &expr.kind {
        ExprKind::Number(_) => Measure::Number,
        ExprKind::String(_) | ExprKind::Missing => Measure::Unknown,
        ExprKind::Selector(selector) => of_selector(selector, facts),
        ExprKind::Range(range) => measure(&range.selector, facts),
        ExprKind::Subquery(subquery) => measure(&subquery.expr, facts),
        ExprKind::Paren(inner) => measure(inner, facts),
        ExprKind::Unary(unary) => measure(&unary.operand, facts),
        ExprKind::Call(call) => of_call(call, facts),
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate, facts),
        ExprKind::Binary(binary) => of_binary(binary, facts),
    }
}

fn of_selector(selector: &Selector, facts: &Facts) -> Measure {
    selector
        .metric_name()
        .and_then(|name| of_metric(name, facts))
        .map_or(Measure::Unknown, Measure::Known)
}

/// The unit of a metric: told, or read from its name.
fn of_metric(name: &str, facts: &Facts) -> Option<Quantity> {
    // `speed_bytes` are bytes per second, whatever the convention says.
    let told = facts
        .unit(name)
        .filter(|known| known.tier > Tier::Bundled || !name.contains("speed"));
    let moment = || {
        is_moment(name).then_some(Quantity {
            weak: true,
            ..Quantity::TIMESTAMP
        })
    };
    match told {
        // `…_start_time_seconds` ends in a length of time, but is none.
        Some(known) if known.tier > Tier::Bundled || known.tier > Tier::Name && !is_moment(name) => {
            Some(Quantity {
                dimension: known.value.dimension,
                scale: Some(known.value.scale),
                weak: false,
            })
        }
        told => moment().or_else(|| {
            told.map(|known| Quantity {
                dimension: known.value.dimension,
                scale: Some(known.value.scale),
                weak: true,
            })
        }),
    }
}

/// Whether a name says that the value is a point in time, in seconds as the conventions want it.
fn is_moment(name: &str) -> bool {
    let Some(stem) = name.strip_suffix("_seconds").or(Some(name)) else {
        return false;
    };
    if stem.ends_with("_timestamp") {
        return true;
    }
    stem.strip_suffix("_time")
        .and_then(|before| before.rsplit('_').next())
        .is_some_and(|word| MOMENTS.contains(&word))
}

fn of_aggregate(aggregate: &Aggregate, facts: &Facts) -> Measure {
    match aggregate.op {
        AggregateOp::Count | AggregateOp::CountValues | AggregateOp::Group => Measure::Known(Quantity::COUNT),
        AggregateOp::Stdvar => Measure::Unknown,
        AggregateOp::Stddev => measure(&aggregate.expr, facts).map(|it| Some(it.difference())),
        _ => measure(&aggregate.expr, facts),
    }
}

fn of_call(call: &Call, facts: &Facts) -> Measure {
    let Some(function) = call.function else {
        return Measure::Unknown;
    };
    let arg = |index: usize| {
        call.args
            .get(index)
            .map_or(Measure::Unknown, |arg| measure(arg, facts))
    };
    match function.id {
        Func::Time
        | Func::Timestamp
        | Func::TsOfFirstOverTime
        | Func::TsOfLastOverTime
        | Func::TsOfMaxOverTime
        | Func::TsOfMinOverTime => Measure::Known(Quantity::TIMESTAMP),
        Func::Rate | Func::Irate | Func::Deriv => arg(0).map(Quantity::per_second),
        Func::Increase | Func::Delta | Func::Idelta | Func::StddevOverTime => {
            arg(0).map(|it| Some(it.difference()))
        }
        Func::CountOverTime
        | Func::Changes
        | Func::Resets
        | Func::Absent
        | Func::AbsentOverTime
        | Func::PresentOverTime => Measure::Known(Quantity::COUNT),
        Func::HistogramQuantile => call
            .args
            .get(1)
            .and_then(|buckets| of_buckets(buckets, facts))
            .map_or(Measure::Unknown, Measure::Known),
        Func::QuantileOverTime => arg(1),
        Func::Vector => Measure::Number,
        Func::Scalar
        | Func::Abs
        | Func::Ceil
        | Func::Floor
        | Func::Round
        | Func::Clamp
        | Func::ClampMin
        | Func::ClampMax
        | Func::AvgOverTime
        | Func::MinOverTime
        | Func::MaxOverTime
        | Func::SumOverTime
        | Func::LastOverTime
        | Func::FirstOverTime
        | Func::PredictLinear
        | Func::LabelReplace
        | Func::LabelJoin
        | Func::Sort
        | Func::SortDesc
        | Func::SortByLabel
        | Func::SortByLabelDesc => arg(0),
        _ => Measure::Unknown,
    }
}

/// The unit of what a histogram observes: that of the name without `_bucket`.
fn of_buckets(expr: &Expr, facts: &Facts) -> Option<Quantity> {
    let (mut found, mut several) = (None, false);
    expr.walk(&mut |part| {
        if let ExprKind::Selector(selector) = &part.kind
            && let Some(name) = selector.metric_name()
        {
            several |= found.is_some();
            found = Some(name.strip_suffix("_bucket").unwrap_or(name));
        }
    });
    found.filter(|_| !several).and_then(|name| of_metric(name, facts))
}

fn of_binary(binary: &Binary, facts: &Facts) -> Measure {
    let (a, b) = (measure(&binary.lhs, facts), measure(&binary.rhs, facts));
    if binary.op.is_comparison() {
        return match (binary.bool_modifier, a) {
            (Some(_), _) => Measure::Known(Quantity::COUNT),
            (None, Measure::Number) => b,
            (None, known) => known,
        };
    }
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => a,
        BinaryOp::Or => match (a, b) {
            (Measure::Number, other) | (other, Measure::Number) => other,
            (a, b) if a == b => a,
            _ => Measure::Unknown,
        },
        BinaryOp::Add => sum(a, b),
        BinaryOp::Sub => difference(a, b),
        BinaryOp::Mul => match (constant(&binary.lhs), constant(&binary.rhs)) {
            (Some(factor), _) => b.map(|it| Some(it.scaled(factor))),
            (_, Some(factor)) => a.map(|it| Some(it.scaled(factor))),
            _ => both(a, b, |a, b| a.product(b, false)),
        },
        BinaryOp::Div => match (constant(&binary.lhs), constant(&binary.rhs)) {
            (_, Some(divisor)) if divisor != 0.0 => a.map(|it| Some(it.scaled(1.0 / divisor))),
            (Some(_), _) => Measure::Unknown,
            _ => both(a, b, |a, b| a.product(b, true)),
        },
        BinaryOp::Mod => a,
        _ => Measure::Unknown,
    }
}

fn both(a: Measure, b: Measure, join: impl FnOnce(Quantity, Quantity) -> Option<Quantity>) -> Measure {
    match (a, b) {
        (Measure::Known(a), Measure::Known(b)) => join(a, b).map_or(Measure::Unknown, Measure::Known),
        _ => Measure::Unknown,
    }
}

fn sum(a: Measure, b: Measure) -> Measure {
    match (a, b) {
        (Measure::Number, other) | (other, Measure::Number) => other,
        (Measure::Known(a), Measure::Known(b)) => {
            let weak = a.weak || b.weak;
            let scale = a.scale.filter(|scale| Some(*scale) == b.scale);
            match (a.dimension.timestamp, b.dimension.timestamp) {
                (true, true) => Measure::Unknown,
                // A point in time moved by a length of time.
                (true, false) if b.dimension == Dimension::TIME => {
                    Measure::Known(Quantity { scale, weak, ..a })
                }
                (false, true) if a.dimension == Dimension::TIME => {
                    Measure::Known(Quantity { scale, weak, ..b })
                }
                (false, false) if a.dimension == b.dimension => Measure::Known(Quantity { scale, weak, ..a }),
                _ => Measure::Unknown,
            }
        }
        _ => Measure::Unknown,
    }
}

fn difference(a: Measure, b: Measure) -> Measure {
    match (a, b) {
        (Measure::Known(x), Measure::Known(y)) if x.is_timestamp() && y.is_timestamp() => {
            Measure::Known(Quantity {
                scale: x.scale.filter(|scale| Some(*scale) == y.scale),
                weak: x.weak || y.weak,
                ..x.difference()
            })
        }
        // Nothing is left of a length of time when a point in time is taken from it.
        (Measure::Known(x), Measure::Known(y)) if !x.is_timestamp() && y.is_timestamp() => Measure::Unknown,
        // `time() - x_seconds`: whoever takes its age knows better than the name that it is a point in time.
        (Measure::Known(x), Measure::Known(y)) if x.is_timestamp() && y.weak => Measure::Unknown,
        _ => sum(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    fn shown(expr: &str) -> String {
        let parsed = parse(expr, &Features::default());
        assert!(parsed.errors.is_empty(), "{expr}");
        match measure(&parsed.expr, &Facts::new()) {
            Measure::Unknown => "unknown".to_owned(),
            Measure::Number => "number".to_owned(),
            Measure::Known(quantity) => quantity.unit().map_or_else(
                || format!("{} of some size", quantity.dimension),
                |unit| unit.to_string(),
            ),
        }
    }

    fn check(cases: &[(&str, &str)]) {
        for (expr, expected) in cases {
            assert_eq!(shown(expr), *expected, "{expr}");
        }
    }

    #[test]
    fn names_give_units_and_functions_change_them() {
        check(&[
            ("x_bytes", "bytes"),
            ("rate(x_bytes_total[5m])", "B/s"),
            ("increase(x_bytes_total[5m])", "bytes"),
            ("rate(x_seconds_total[5m])", "ratio"),
            ("x", "unknown"),
            ("count(x_bytes)", "ratio"),
            (
                "histogram_quantile(0.9, sum by (le) (rate(d_seconds_bucket[5m])))",
                "seconds",
            ),
            ("stdvar(x_bytes)", "unknown"),
            ("5", "number"),
        ]);
    }

    #[test]
    fn points_in_time_differ_by_lengths_of_time() {
        check(&[
            ("time()", "seconds since 1970"),
            ("process_start_time_seconds", "seconds since 1970"),
            ("last_run_timestamp", "seconds since 1970"),
            ("run_time_seconds", "seconds"),
            ("time() - last_run_timestamp_seconds", "seconds"),
            ("time() * 1000 - last_run_timestamp_milliseconds", "milliseconds"),
            ("time() - x_seconds", "unknown"),
            ("time() - 300", "seconds since 1970"),
        ]);
    }

    #[test]
    fn arithmetic_joins_units() {
        check(&[
            ("x_bytes / y_bytes", "ratio"),
            ("x_bytes / y_seconds", "B/s"),
            ("x_bytes / 1024", "kibibytes"),
            ("x_seconds * 1000", "milliseconds"),
            ("x_seconds * 7", "s of some size"),
            ("x_bytes + y_seconds", "unknown"),
            ("x_bytes + 5", "bytes"),
            ("x_bytes - y_bytes > 5", "bytes"),
            ("x_bytes > bool 5", "ratio"),
            ("x_bytes or vector(0)", "bytes"),
        ]);
    }
}
