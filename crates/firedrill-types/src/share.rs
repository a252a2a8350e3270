//! Shares: values that say which part of a whole something is, as a ratio (all is 1) or as a percentage (all is 100).

use crate::units::{Measure, measure};
use crate::{constant, is_part_of_whole, value_range};
use firedrill_facts::{Dimension, Facts, Tier};
use firedrill_functions::Func;
use firedrill_promql::ast::{AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, Selector};

/// A value that tells a part of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// What "all of it" reads as: 1 for a ratio, 100 for a percentage, 0.01 for a ratio divided by 100.
    pub whole: f64,
    /// How sure it is that the value is a share at all.
    pub proof: ShareProof,
    /// The number that a share of another size was taken from: `100 - ratio`.
    pub taken_from: Option<f64>,
}

/// What makes a value a share, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShareProof {
    /// One thing is divided by another.
    Quotient,
    /// … and the names say that the other is a limit or a sum that holds the first.
    Words,
    /// Both are of the same unit.
    SameUnit,
    /// … and the other adds the one to something else.
    Term,
    /// The metric's own name or unit says ratio or percent.
    Named,
    /// The value cannot leave the range from nothing to all.
    Proved,
}

/// Words of names that are a whole, a limit or an amount that is there to be used.
const WHOLES: [&str; 22] = [
    "allocatable",
    "allowed",
    "budget",
    "capacity",
    "hard",
    "limit",
    "limits",
    "max",
    "maximum",
    "memtotal",
    "provisioned",
    "quota",
    "requested",
    "requests",
    "size",
    "speed",
    "total",
    "attempts",
    "lookups",
    "threshold",
    "available",
    "committed",
];

impl Share {
    fn new(whole: f64, proof: ShareProof) -> Share {
        Share {
            whole,
            proof,
            taken_from: None,
        }
    }

    fn times(self, factor: f64) -> Option<Share> {
        let whole = tidy(self.whole * factor);
        [1e-4, 1e-2, 1.0, 100.0, 1e4]
            .contains(&whole)
            .then_some(Share { whole, ..self })
    }

    fn at_most(self, proof: ShareProof) -> Share {
        Share {
            proof: self.proof.min(proof),
            ..self
        }
    }
}

/// The share that an expression tells; `None` where it is no share, or not known to be one.
pub fn share(expr: &Expr, facts: &Facts) -> Option<Share> {
    match &expr.kind {
        ExprKind::Paren(inner) => share(inner, facts),
        ExprKind::Selector(selector) => of_selector(selector, facts),
        ExprKind::Range(range) => share(&range.selector, facts),
        ExprKind::Subquery(subquery) => share(&subquery.expr, facts),
        ExprKind::Call(call) => of_call(call, expr, facts),
        ExprKind::Aggregate(aggregate) => match aggregate.op {
            AggregateOp::Avg => {
                share(&aggregate.expr, facts).or_else(|| averaged_flag(&aggregate.expr, facts))
            }
            AggregateOp::Min
            | AggregateOp::Max
            | AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::Quantile => share(&aggregate.expr, facts),
            // Shares of one whole add up to a share of it; shares of several do not.
            AggregateOp::Sum => share(&aggregate.expr, facts).map(|it| it.at_most(ShareProof::Quotient)),
            _ => None,
        },
        ExprKind::Binary(binary) => of_binary(binary, facts),
        _ => None,
    }
}

fn of_selector(selector: &Selector, facts: &Facts) -> Option<Share> {
    let name = selector.metric_name()?;
    let unit = facts.unit(name);
    if let Some(known) = &unit
        && known.value.dimension == Dimension::NONE
    {
        return Some(Share::new(tidy(1.0 / known.value.scale), ShareProof::Named));
    }
    if unit.is_some_and(|known| known.tier > Tier::Name) {
        return None;
    }
    let mut words = name.split(['_', ':']);
    let percent = words.any(|word| matches!(word, "percent" | "percentage" | "pct"));
    percent.then(|| Share::new(100.0, ShareProof::Named))
}

/// The average of what is 0 or 1.
fn averaged_flag(expr: &Expr, facts: &Facts) -> Option<Share> {
    let range = value_range(expr, facts);
    let flag = range.lo == 0.0 && range.hi == 1.0 && !range.weak;
    flag.then(|| Share::new(1.0, ShareProof::Proved))
}

fn of_call(call: &Call, whole: &Expr, facts: &Facts) -> Option<Share> {
    let inner = || share(call.args.first()?, facts);
    match call.function?.id {
        Func::AvgOverTime => inner().or_else(|| averaged_flag(call.args.first()?, facts)),
        Func::HistogramFraction => Some(Share::new(1.0, ShareProof::Proved)),
        Func::QuantileOverTime => share(call.args.get(1)?, facts),
        Func::Abs
        | Func::Ceil
        | Func::Floor
        | Func::Round
        | Func::Clamp
        | Func::ClampMin
        | Func::ClampMax
        | Func::MinOverTime
        | Func::MaxOverTime
        | Func::LastOverTime
        | Func::FirstOverTime
        | Func::LabelReplace
        | Func::LabelJoin
        | Func::Sort
        | Func::SortDesc
        | Func::Scalar => inner(),
        // Seconds of work per second: the share of the time that it took, unless several work at once.
        Func::Rate | Func::Irate => {
            let quantity = measure(whole, facts).quantity()?;
            let unitless = quantity.dimension == Dimension::NONE && quantity.scale == Some(1.0);
            (unitless && in_seconds(call, facts)).then(|| Share::new(1.0, ShareProof::Quotient))
        }
        _ => None,
    }
}

fn in_seconds(call: &Call, facts: &Facts) -> bool {
    call.args
        .first()
        .and_then(|arg| measure(arg, facts).quantity())
        .is_some_and(|quantity| quantity.dimension == Dimension::TIME)
}

fn of_binary(binary: &Binary, facts: &Facts) -> Option<Share> {
    let (a, b) = (constant(&binary.lhs), constant(&binary.rhs));
    if binary.op.is_comparison() {
        if binary.bool_modifier.is_some() {
            return None;
        }
        return share(if a.is_some() { &binary.rhs } else { &binary.lhs }, facts);
    }
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => share(&binary.lhs, facts),
        BinaryOp::Or => {
            let left = share(&binary.lhs, facts)?;
            match share(&binary.rhs, facts) {
                Some(right) => (left.whole == right.whole).then(|| left.at_most(right.proof)),
                None => matches!(measure(&binary.rhs, facts), Measure::Number).then_some(left),
            }
        }
        BinaryOp::Mul => match (a, b) {
            (Some(factor), None) => share(&binary.rhs, facts)?.times(factor),
            (None, Some(factor)) => share(&binary.lhs, facts)?.times(factor),
            _ => None,
        },
        BinaryOp::Sub => {
            let from = a?;
            let taken = share(&binary.rhs, facts)?;
            if from == taken.whole {
                return Some(taken);
            }
            let mixed = [1.0, 100.0].contains(&from) && [1e-2, 1.0, 100.0].contains(&taken.whole);
            (mixed && taken.taken_from.is_none()).then_some(Share {
                taken_from: Some(from),
                ..taken
            })
        }
        BinaryOp::Div => match (a, b) {
            (None, Some(divisor)) => share(&binary.lhs, facts)?.times(1.0 / divisor),
            (None, None) => quotient(binary, facts),
            _ => None,
        },
        _ => None,
    }
}

/// One thing over another, each with the factors in front of it.
fn quotient(binary: &Binary, facts: &Facts) -> Option<Share> {
    let (above, below) = (factor(&binary.lhs), factor(&binary.rhs));
    let ratio = Share::new(1.0, ShareProof::Quotient).times(above.0 / below.0)?;
    if is_part_of_whole(binary) {
        return Some(Share::new(ratio.whole, ShareProof::Proved));
    }
    let units = (measure(above.1, facts), measure(below.1, facts));
    let proof = match units {
        (Measure::Known(a), Measure::Known(b)) if a.dimension != b.dimension => return None,
        (Measure::Known(a), Measure::Known(b))
            if a.dimension != Dimension::NONE && a.scale.is_some() && a.scale == b.scale =>
        {
            ShareProof::SameUnit
        }
        _ => by_names(&names(above.1), &names(below.1))?,
    };
    Some(Share { proof, ..ratio })
}

/// The constant factor of an expression and what it stands before, through sums and filters.
fn factor(expr: &Expr) -> (f64, &Expr) {
    match &expr.kind {
        ExprKind::Paren(inner) => factor(inner),
        ExprKind::Binary(binary) => {
            let of = |inner, times: f64| {
                let (outer, expr) = factor(inner);
                (tidy(outer * times), expr)
            };
            match (binary.op, constant(&binary.lhs), constant(&binary.rhs)) {
                (BinaryOp::Mul, Some(times), None) => of(&binary.rhs, times),
                (BinaryOp::Mul, None, Some(times)) => of(&binary.lhs, times),
                (BinaryOp::Div, None, Some(by)) => of(&binary.lhs, 1.0 / by),
                _ => (1.0, expr),
            }
        }
        ExprKind::Aggregate(aggregate)
            if matches!(
                aggregate.op,
                AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min
            ) =>
        {
            let (times, inner) = factor(&aggregate.expr);
            if times == 1.0 { (1.0, expr) } else { (times, inner) }
        }
        _ => (1.0, expr),
    }
}

/// What the metrics above and below say of a quotient; `None` for a mean.
fn by_names(above: &[&str], below: &[&str]) -> Option<ShareProof> {
    if is_mean(above, below) {
        return None;
    }
    Some(if above == below {
        // Now over before, or one part over another: nothing bounds that.
        ShareProof::Quotient
    } else if is_term(above, below) {
        ShareProof::Term
    } else if words_fit(above, below) {
        ShareProof::Words
    } else {
        ShareProof::Quotient
    })
}

/// Whether it is the mean of what a histogram or summary observed.
fn is_mean(above: &[&str], below: &[&str]) -> bool {
    let sum = above.first().and_then(|name| name.strip_suffix("_sum"));
    let count = || below.first().and_then(|name| name.strip_suffix("_count"));
    sum.is_some() && count() == sum
}

/// Whether the lower side adds the upper one to something else.
fn is_term(above: &[&str], below: &[&str]) -> bool {
    below.len() > 1 && above.first().is_some_and(|part| below.contains(part))
}

/// Whether the names of the two sides say that one is a part of the other: they start alike, and the lower one is
/// called a limit or a size.
fn words_fit(above: &[&str], below: &[&str]) -> bool {
    let (Some(part), [whole]) = (above.first(), below) else {
        return false;
    };
    let start = |name: &'_ str| name.find('_').unwrap_or(name.len());
    let alike = part[..start(part)] == whole[..start(whole)];
    let is_whole = |word: &str| WHOLES.iter().any(|it| word.eq_ignore_ascii_case(it));
    alike && (part.starts_with(whole) || whole.split('_').any(is_whole))
}

fn names(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let ExprKind::Selector(selector) = &part.kind
            && let Some(name) = selector.metric_name()
        {
            found.push(&**name);
        }
    });
    found
}

/// Without what a division by a hundred leaves in the last digits.
fn tidy(number: f64) -> f64 {
    for known in [1e-4, 1e-2, 1.0, 100.0, 1e4] {
        if (number / known - 1.0).abs() < 1e-9 {
            return known;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::{Features, parse};

    fn told(expr: &str) -> Option<(f64, ShareProof)> {
        let parsed = parse(expr, &Features::default());
        assert!(parsed.errors.is_empty(), "{expr}");
        share(&parsed.expr, &Facts::new()).map(|share| (share.whole, share.proof))
    }

    #[test]
    fn factors_make_percentages_of_ratios() {
        let part = r#"sum(rate(r{code="500"}[5m]))"#;
        let whole = "sum(rate(r[5m]))";
        for (expr, expected) in [
            (format!("{part} / {whole}"), 1.0),
            (format!("100 * {part} / {whole}"), 100.0),
            (format!("{part} / {whole} * 100"), 100.0),
            (format!("{part} / ({whole} * 100)"), 0.01),
            (format!("({part} / ({whole} * 100)) * 100"), 1.0),
            (format!("100 - 100 * ({part} / {whole}) > 5"), 100.0),
        ] {
            assert_eq!(told(&expr).map(|it| it.0), Some(expected), "{expr}");
        }
    }

    #[test]
    fn what_a_share_rests_on() {
        for (expr, expected) in [
            ("a_bytes / b_bytes", Some((1.0, ShareProof::SameUnit))),
            ("a_bytes / b_seconds", None),
            ("a / b", Some((1.0, ShareProof::Quotient))),
            ("x_used / x_limit", Some((1.0, ShareProof::Words))),
            ("x_used / (x_used + x_free)", Some((1.0, ShareProof::Term))),
            ("x_sum / x_count", None),
            ("hit_ratio", Some((1.0, ShareProof::Named))),
            ("cpu_percent > 5", Some((100.0, ShareProof::Named))),
            ("avg(up)", Some((1.0, ShareProof::Proved))),
            ("avg_over_time(up[5m]) * 100", Some((100.0, ShareProof::Proved))),
            ("a_bytes / 1024", None),
            (
                "a_bytes / 1024 / (b_bytes / 1024)",
                Some((1.0, ShareProof::SameUnit)),
            ),
            ("x", None),
        ] {
            assert_eq!(told(expr), expected, "{expr}");
        }
    }

    #[test]
    fn a_ratio_taken_from_a_hundred_is_noted() {
        let parsed = parse("100 - a_bytes / b_bytes", &Features::default());
        let share = share(&parsed.expr, &Facts::new()).expect("a share");
        assert_eq!((share.whole, share.taken_from), (1.0, Some(100.0)));
    }
}
