//! Value ranges: between which bounds every sample of a result lies, and whether it is a whole number or infinite.

use crate::{constant, is_part_of_whole};
use firedrill_facts::{Domain, Facts, MetricType, Tier};
use firedrill_functions::{Func, ValueType};
use firedrill_promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, Selector};

/// Every sample is at least `lo` and at most `hi`, or NaN where `nan` says so. Bounds may be infinite and are reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Least value.
    pub lo: f64,
    /// Greatest value.
    pub hi: f64,
    /// Whether NaN is possible.
    pub nan: bool,
    /// Whether a bound rests on the name of a metric only.
    pub weak: bool,
    /// Whether every finite value is a whole number.
    pub whole: bool,
    /// Whether infinity is possible, as far as the bounds allow it; see [`Range::can_be_infinite`].
    infinite: bool,
}

/// Below this no sum of samples overflows: there are fewer than 2^64 of them.
const SUMS_STAY_FINITE: f64 = 1e280;

impl Range {
    /// Anything at all.
    pub const UNKNOWN: Range = Range {
        lo: f64::NEG_INFINITY,
        hi: f64::INFINITY,
        nan: true,
        weak: false,
        whole: false,
        infinite: true,
    };

    fn new(lo: f64, hi: f64) -> Self {
        Range {
            lo,
            hi,
            nan: false,
            weak: false,
            whole: false,
            infinite: true,
        }
    }

    fn at_least(lo: f64) -> Self {
        Range::new(lo, f64::INFINITY)
    }

    /// How often something was counted, or one of a few codes.
    fn counted(self) -> Self {
        Range {
            whole: true,
            infinite: false,
            ..self
        }
    }

    fn whole_if(self, whole: bool) -> Self {
        Range { whole, ..self }
    }

    fn infinite_if(self, infinite: bool) -> Self {
        Range { infinite, ..self }
    }

    /// Whether +Inf or -Inf is possible.
    pub fn can_be_infinite(self) -> bool {
        self.infinite && !self.is_bounded()
    }

    fn is_bounded(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    fn or_nan(self) -> Self {
        Range { nan: true, ..self }
    }

    /// Whether nothing is known.
    pub fn is_unknown(self) -> bool {
        self.lo == f64::NEG_INFINITY && self.hi == f64::INFINITY
    }

    /// Whether `a op b` can never hold for a value of this range and one of the other.
    pub fn never(self, op: BinaryOp, other: Range) -> bool {
        if [self.lo, self.hi, other.lo, other.hi]
            .iter()
            .any(|bound| bound.is_nan())
        {
            return false;
        }
        match op {
            BinaryOp::Greater => self.hi <= other.lo,
            BinaryOp::GreaterEqual => self.hi < other.lo,
            BinaryOp::Less => self.lo >= other.hi,
            BinaryOp::LessEqual => self.lo > other.hi,
            BinaryOp::Equal => self.hi < other.lo || self.lo > other.hi,
            BinaryOp::NotEqual => {
                let one_value = self.lo == self.hi && other.lo == other.hi && self.lo == other.lo;
                one_value && !self.nan && !other.nan
            }
            _ => false,
        }
    }

    fn hull(self, other: Range) -> Range {
        Range {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
            nan: self.nan || other.nan,
            weak: self.weak || other.weak,
            whole: self.whole && other.whole,
            infinite: self.can_be_infinite() || other.can_be_infinite(),
        }
    }

    /// The values that pass a comparison with the other range.
    fn filtered(self, op: BinaryOp, other: Range) -> Range {
        let (mut lo, mut hi) = (self.lo, self.hi);
        match op {
            BinaryOp::Greater | BinaryOp::GreaterEqual => lo = lo.max(other.lo),
            BinaryOp::Less | BinaryOp::LessEqual => hi = hi.min(other.hi),
            BinaryOp::Equal => (lo, hi) = (lo.max(other.lo), hi.min(other.hi)),
            _ => return self,
        }
        if lo > hi {
            // Nothing passes; the comparison itself is what to report, not what is built on it.
            return Range::UNKNOWN;
        }
        let equal = op == BinaryOp::Equal;
        Range {
            lo,
            hi,
            nan: false,
            weak: self.weak || other.weak,
            whole: self.whole || (equal && other.whole),
            infinite: self.can_be_infinite() && (!equal || other.can_be_infinite()),
        }
    }

    /// Sum of at least one such value.
    fn summed(self) -> Range {
        let lo = if self.lo >= 0.0 {
            self.lo
        } else {
            f64::NEG_INFINITY
        };
        let hi = if self.hi <= 0.0 { self.hi } else { f64::INFINITY };
        Range {
            lo,
            hi,
            nan: true,
            weak: self.weak,
            whole: self.whole,
            infinite: self.lo < -SUMS_STAY_FINITE || self.hi > SUMS_STAY_FINITE,
        }
    }
}

/// The range of the samples of an expression.
pub fn value_range(expr: &Expr, facts: &Facts) -> Range {
    match &expr.kind {
        ExprKind::Number(number) if !number.value.is_nan() => {
            Range::new(number.value, number.value).whole_if(number.value.fract() == 0.0)
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => Range::UNKNOWN,
        ExprKind::Selector(selector) => of_selector(selector, facts),
        ExprKind::Range(range) => value_range(&range.selector, facts),
        ExprKind::Subquery(subquery) => value_range(&subquery.expr, facts),
        ExprKind::Paren(inner) => value_range(inner, facts),
        ExprKind::Unary(unary) => {
            let range = value_range(&unary.operand, facts);
            if unary.negative {
                Range {
                    lo: -range.hi,
                    hi: -range.lo,
                    ..range
                }
            } else {
                range
            }
        }
        ExprKind::Call(call) => of_call(call, facts),
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate, facts),
        ExprKind::Binary(binary) => of_binary(binary, facts),
    }
}

fn of_selector(selector: &Selector, facts: &Facts) -> Range {
    let Some(name) = selector.metric_name() else {
        return Range::UNKNOWN;
    };
    match &**name {
        "up" => return Range::new(0.0, 1.0).counted(),
        "ALERTS" => return Range::new(1.0, 1.0).counted(),
        _ => {}
    }
    if let Some(domain) = facts.domain(name) {
        let (lo, hi) = domain.value.bounds();
        return Range {
            weak: domain.tier == Tier::Name,
            whole: match &domain.value {
                Domain::Range(..) => false,
                Domain::Values(values) => values.iter().all(|(value, _)| value.fract() == 0.0),
            },
            ..Range::new(lo, hi)
        };
    }
    match facts.of(name) {
        Some(fact) if fact.metric_type == MetricType::Counter => Range {
            weak: fact.tier == Tier::Name,
            ..Range::at_least(0.0).or_nan()
        },
        // Exporters tell by `…_up` whether what they look at is there.
        _ if name.ends_with("_up") => Range {
            weak: true,
            ..Range::new(0.0, 1.0)
        },
        _ => Range::UNKNOWN,
    }
}

fn of_aggregate(aggregate: &Aggregate, facts: &Facts) -> Range {
    let inner = || value_range(&aggregate.expr, facts);
    match aggregate.op {
        AggregateOp::Count | AggregateOp::CountValues => Range::at_least(1.0).counted(),
        AggregateOp::Group => Range::new(1.0, 1.0).counted(),
        AggregateOp::Stddev | AggregateOp::Stdvar => Range::at_least(0.0).or_nan(),
        AggregateOp::Sum => inner().summed(),
        AggregateOp::Quantile if !is_fraction(aggregate.param.as_ref()) => Range::UNKNOWN,
        AggregateOp::Avg | AggregateOp::Quantile => inner().whole_if(false),
        AggregateOp::Min
        | AggregateOp::Max
        | AggregateOp::Topk
        | AggregateOp::Bottomk
        | AggregateOp::Limitk
        | AggregateOp::LimitRatio => inner(),
    }
}

fn is_fraction(param: Option<&Expr>) -> bool {
    param
        .and_then(constant)
        .is_some_and(|value| (0.0..=1.0).contains(&value))
}

fn of_call(call: &Call, facts: &Facts) -> Range {
    let Some(function) = call.function else {
        return Range::UNKNOWN;
    };
    let arg = |index: usize| {
        call.args
            .get(index)
            .map_or(Range::UNKNOWN, |arg| value_range(arg, facts))
    };
    let number = |index: usize| {
        call.args
            .get(index)
            .and_then(constant)
            .filter(|value| !value.is_nan())
    };
    match function.id {
        Func::Rate | Func::Increase | Func::Irate => Range::at_least(0.0),
        Func::Changes | Func::Resets => Range::at_least(0.0).counted(),
        Func::CountOverTime => Range::at_least(1.0).counted(),
        Func::Absent | Func::AbsentOverTime | Func::PresentOverTime => Range::new(1.0, 1.0).counted(),
        Func::StddevOverTime | Func::StdvarOverTime | Func::MadOverTime => Range::at_least(0.0).or_nan(),
        Func::HistogramFraction => Range::new(0.0, 1.0).or_nan(),
        Func::Minute => Range::new(0.0, 59.0).counted().or_nan(),
        Func::Hour => Range::new(0.0, 23.0).counted().or_nan(),
        Func::DayOfWeek => Range::new(0.0, 6.0).counted().or_nan(),
        Func::DayOfMonth => Range::new(1.0, 31.0).counted().or_nan(),
        Func::DaysInMonth => Range::new(28.0, 31.0).counted().or_nan(),
        Func::DayOfYear => Range::new(1.0, 366.0).counted().or_nan(),
        Func::Month => Range::new(1.0, 12.0).counted().or_nan(),
        Func::Sgn => Range::new(-1.0, 1.0).counted().or_nan(),
        Func::Sin | Func::Cos | Func::Tanh => Range::new(-1.0, 1.0).or_nan(),
        Func::Exp => Range::at_least(0.0).or_nan(),
        Func::Abs => {
            let inner = arg(0);
            let lo = if inner.lo >= 0.0 { inner.lo } else { 0.0 };
            Range {
                lo,
                hi: inner.hi.abs().max(inner.lo.abs()),
                ..inner
            }
        }
        Func::Sqrt => Range::at_least(0.0)
            .or_nan()
            .infinite_if(arg(0).can_be_infinite()),
        Func::Ceil => map(arg(0), f64::ceil).whole_if(true),
        Func::Floor => map(arg(0), f64::floor).whole_if(true),
        Func::Round if call.args.len() == 1 => map(arg(0), |value| (value + 0.5).floor()).whole_if(true),
        Func::ClampMin => number(1).map_or(Range::UNKNOWN, |least| {
            clamped(arg(0), &[least], |value| value.max(least))
        }),
        Func::ClampMax => number(1).map_or(Range::UNKNOWN, |most| {
            clamped(arg(0), &[most], |value| value.min(most))
        }),
        Func::Clamp => match (number(1), number(2)) {
            (Some(least), Some(most)) if least <= most => {
                clamped(arg(0), &[least, most], |value| value.max(least).min(most))
            }
            _ => Range::UNKNOWN,
        },
        Func::SumOverTime => arg(0).summed(),
        Func::QuantileOverTime if is_fraction(call.args.first()) => arg(1).whole_if(false),
        Func::AvgOverTime => arg(0).whole_if(false),
        Func::Scalar => arg(0).or_nan(),
        Func::Vector
        | Func::MinOverTime
        | Func::MaxOverTime
        | Func::LastOverTime
        | Func::FirstOverTime
        | Func::LabelReplace
        | Func::LabelJoin
        | Func::Sort
        | Func::SortDesc
        | Func::SortByLabel
        | Func::SortByLabelDesc => arg(0),
        _ => Range::UNKNOWN,
    }
}

/// The range after a function that never falls.
fn map(range: Range, f: impl Fn(f64) -> f64) -> Range {
    Range {
        lo: f(range.lo),
        hi: f(range.hi),
        ..range
    }
}

/// The range between limits, which values that lie beyond them become.
fn clamped(range: Range, limits: &[f64], f: impl Fn(f64) -> f64) -> Range {
    Range {
        whole: range.whole && limits.iter().all(|limit| limit.fract() == 0.0),
        infinite: range.can_be_infinite() || limits.iter().any(|limit| limit.is_infinite()),
        ..map(range, f)
    }
}

fn of_binary(binary: &Binary, facts: &Facts) -> Range {
    let (a, b) = (value_range(&binary.lhs, facts), value_range(&binary.rhs, facts));
    if binary.op.is_comparison() {
        if binary.bool_modifier.is_some() {
            return Range::new(0.0, 1.0).counted();
        }
        let number_first = binary.lhs.value_type() == ValueType::Scalar;
        return if number_first {
            b.filtered(binary.op.flipped(), a)
        } else {
            a.filtered(binary.op, b)
        };
    }
    if binary.fill.span.is_some() {
        return Range::UNKNOWN;
    }
    let weak = a.weak || b.weak;
    let result = match binary.op {
        BinaryOp::And | BinaryOp::Unless => return a,
        BinaryOp::Or => return a.hull(b),
        BinaryOp::Div if is_part_of_whole(binary) => return Range::new(0.0, 1.0).or_nan(),
        BinaryOp::Add => bounds(a.lo + b.lo, a.hi + b.hi),
        BinaryOp::Sub => bounds(a.lo - b.hi, a.hi - b.lo),
        BinaryOp::Mul => corners(a, b, |x, y| x * y),
        BinaryOp::Div if b.lo > 0.0 || b.hi < 0.0 => corners(a, b, |x, y| x / y),
        BinaryOp::Div if a.lo >= 0.0 && b.lo >= 0.0 => Range::at_least(0.0),
        BinaryOp::Mod if a.lo >= 0.0 => Range::new(0.0, a.hi),
        BinaryOp::Pow if a.lo >= 0.0 => Range::at_least(0.0),
        _ => Range::UNKNOWN,
    };
    // Infinite operands can make NaN anywhere.
    let finite = [a.lo, a.hi, b.lo, b.hi].iter().all(|bound| bound.is_finite());
    let divides = matches!(binary.op, BinaryOp::Div | BinaryOp::Mod | BinaryOp::Pow);
    let keeps_whole = matches!(
        binary.op,
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Mod
    );
    let infinite = match binary.op {
        // The rest is no greater than what was divided; of infinity there is none.
        BinaryOp::Mod => false,
        // Nothing grows by it.
        BinaryOp::Div if b.lo >= 1.0 || b.hi <= -1.0 => a.can_be_infinite(),
        _ => true,
    };
    Range {
        nan: a.nan || b.nan || !finite || divides,
        weak,
        whole: keeps_whole && a.whole && b.whole,
        infinite,
        ..result
    }
}

/// A range whose bounds were computed; what came out as NaN is unknown.
fn bounds(lo: f64, hi: f64) -> Range {
    Range::new(
        if lo.is_nan() { f64::NEG_INFINITY } else { lo },
        if hi.is_nan() { f64::INFINITY } else { hi },
    )
}

/// The range of an operation that takes its extremes at the corners. Zero times infinity may be anything on the way
/// there, zero included.
fn corners(a: Range, b: Range, f: impl Fn(f64, f64) -> f64) -> Range {
    let all = [f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)]
        .map(|v| if v.is_nan() { 0.0 } else { v });
    Range::new(
        all.iter().copied().fold(f64::INFINITY, f64::min),
        all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::parse;

    fn range(expr: &str) -> (f64, f64) {
        let parsed = parse(expr, &firedrill_promql::Features::default());
        assert!(parsed.errors.is_empty(), "{expr}");
        let range = value_range(&parsed.expr, &Facts::new());
        (range.lo, range.hi)
    }

    const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    const NOT_NEGATIVE: (f64, f64) = (0.0, f64::INFINITY);

    fn check(cases: &[(&str, (f64, f64))]) {
        for (expr, expected) in cases {
            assert_eq!(range(expr), *expected, "{expr}");
        }
    }

    #[test]
    fn names_and_units_prove_nothing_about_signs() {
        check(&[
            ("x", ANY),
            ("offset_seconds", ANY),
            ("x_bytes", ANY),
            ("delta(x[5m])", ANY),
            ("up", (0.0, 1.0)),
        ]);
    }

    #[test]
    fn functions_and_aggregations_have_their_bounds() {
        check(&[
            ("rate(x[5m])", NOT_NEGATIVE),
            ("avg(rate(x[5m]))", NOT_NEGATIVE),
            ("sum(up)", NOT_NEGATIVE),
            ("avg(up)", (0.0, 1.0)),
            ("count(x)", (1.0, f64::INFINITY)),
            ("count(x) or vector(0)", NOT_NEGATIVE),
            ("hour()", (0.0, 23.0)),
            ("absent(x)", (1.0, 1.0)),
            ("clamp_max(rate(x[5m]), 3)", (0.0, 3.0)),
            ("abs(x)", NOT_NEGATIVE),
            ("quantile(0.9, up)", (0.0, 1.0)),
            ("quantile(9, up)", ANY),
        ]);
    }

    #[test]
    fn arithmetic_moves_the_bounds() {
        check(&[
            ("1 - avg(up)", (0.0, 1.0)),
            ("100 * avg(up)", (0.0, 100.0)),
            ("-rate(x[5m])", (f64::NEG_INFINITY, 0.0)),
            ("rate(x[5m]) / rate(y[5m])", NOT_NEGATIVE),
            ("rate(x[5m]) - rate(y[5m])", ANY),
            ("up * x", ANY),
            ("avg(up) / 2", (0.0, 0.5)),
            ("x / y", ANY),
        ]);
    }

    #[test]
    fn counts_are_whole_and_finite_and_quotients_may_be_neither() {
        // Expression, whether whole, whether it may be infinite.
        for (expr, whole, infinite) in [
            ("x", false, true),
            ("x_total", false, true),
            (r#"x_bucket{le="+Inf"}"#, false, true),
            ("up", true, false),
            ("3", true, false),
            ("0.5", false, false),
            ("Inf", false, true),
            ("count(x)", true, false),
            ("group(x)", true, false),
            ("count(x) > 3", true, false),
            ("count(x) or vector(0)", true, false),
            ("count(x) or vector(0.5)", false, false),
            ("count(x) or x", false, true),
            ("max(count by (job) (x))", true, false),
            ("avg(count by (job) (x))", false, false),
            ("quantile(0.5, count by (job) (x))", false, false),
            ("sum(up)", true, false),
            ("sum(x)", false, true),
            ("sum(floor(x))", true, true),
            ("changes(x[5m])", true, false),
            ("resets(x[5m])", true, false),
            ("rate(x[5m])", false, true),
            ("count_over_time(x[5m])", true, false),
            ("max_over_time(up[5m])", true, false),
            ("avg_over_time(up[5m])", false, false),
            ("floor(x)", true, true),
            ("ceil(count(x) / 2)", true, false),
            ("round(x)", true, true),
            ("round(x, 0.1)", false, true),
            ("x > bool 5", true, false),
            ("x == 5", true, false),
            ("x == 0.5", false, false),
            ("x > 5", false, true),
            ("x < 5 > 0", false, false),
            ("clamp(x, 0, 1)", false, false),
            ("clamp_min(count(x), 0.5)", false, false),
            ("clamp_min(count(x), 2)", true, false),
            ("clamp_max(count(x), Inf)", false, true),
            ("sqrt(count(x))", false, false),
            ("exp(up)", false, true),
            ("1 - up", true, false),
            ("up * 0.5", false, false),
            ("count(x) / 2", false, false),
            ("count(x) / 0.5", false, true),
            ("count(x) / count(y)", false, false),
            ("up / up", false, true),
            ("x / y", false, true),
            ("up % 2", true, false),
            ("x % 2", false, false),
            ("2 ^ count(x)", false, true),
            ("-count(x)", true, false),
            ("hour()", true, false),
            ("abs(-count(x))", true, false),
        ] {
            let parsed = parse(expr, &firedrill_promql::Features::default());
            assert!(parsed.errors.is_empty(), "{expr}");
            let range = value_range(&parsed.expr, &Facts::new());
            assert_eq!(
                (range.whole, range.can_be_infinite()),
                (whole, infinite),
                "{expr}"
            );
        }
    }

    #[test]
    fn comparisons_filter() {
        check(&[
            ("x > 5", (5.0, f64::INFINITY)),
            ("5 > x", (f64::NEG_INFINITY, 5.0)),
            ("x > bool 5", (0.0, 1.0)),
            ("x > 5 < 7", (5.0, 7.0)),
            ("x > 7 < 5", ANY),
            ("x > 5 and y", (5.0, f64::INFINITY)),
        ]);
    }

    #[test]
    fn a_part_is_at_most_the_whole() {
        let part = (0.0, 1.0);
        check(&[
            (r#"sum(rate(r{code="500"}[5m])) / sum(rate(r[5m]))"#, part),
            (
                r#"sum by (job) (rate(r{a="1",b="2"}[5m])) / sum by (job) (rate(r{a="1"}[5m]))"#,
                part,
            ),
            (
                r#"sum by (job, code) (rate(r{code="500"}[5m])) / on (job) group_left () sum by (job) (rate(r[5m]))"#,
                part,
            ),
            ("count(x == 1) / count(x)", part),
            (
                r#"sum without (code) (rate(r{code="500"}[5m])) / sum without (code) (rate(r[5m]))"#,
                part,
            ),
            (
                r#"sum(rate(r{code="500"}[5m])) / clamp_min(sum(rate(r[5m])), 1)"#,
                part,
            ),
            (r#"sum(rate(r{code="500"}[5m])) / (sum(rate(r[5m])) > 0)"#, part),
            (r#"rate(r{code="500"}[5m]) / rate(r[5m])"#, part),
            // Other windows, other groups, other metrics, other filters, or terms of unknown sign.
            (
                r#"sum(rate(r{code="500"}[10m])) / sum(rate(r[5m]))"#,
                NOT_NEGATIVE,
            ),
            (
                r#"sum by (job) (rate(r{code="500"}[5m])) / sum by (code) (rate(r[5m]))"#,
                NOT_NEGATIVE,
            ),
            (r#"sum(rate(s{code="500"}[5m])) / sum(rate(r[5m]))"#, NOT_NEGATIVE),
            (
                r#"sum(rate(r{code="500"}[5m])) / sum(rate(r{code="200"}[5m]))"#,
                NOT_NEGATIVE,
            ),
            (r#"sum(x{code="500"}) / sum(x)"#, ANY),
            (
                r#"sum without (code) (rate(r{code="500"}[5m])) / sum without (job) (rate(r[5m]))"#,
                NOT_NEGATIVE,
            ),
            (
                r#"rate(r{code="500"}[5m]) / ignoring (code) group_left rate(r[5m])"#,
                NOT_NEGATIVE,
            ),
        ]);
    }
}
