//! The printer: an expression as upstream writes it out. Rules are evaluated from this form.

use crate::ast::{
    Aggregate, AtTime, Binary, BinaryOp, Call, DurationExpr, DurationKind, Expr, ExprKind, ExtensionKind,
    Fill, GroupSide, MatchOp, Matcher, Modifiers, Name, Number, RangeSelector, Selector, Subquery,
};
use firedrill_value::{Duration, format_f, is_legacy_label_name, quote, quote_bytes};
use std::fmt::{self, Display, Formatter, Write as _};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(string) => f.write_str(&quote_bytes(&string.bytes)),
            ExprKind::Selector(selector) => {
                write_selector(f, selector)?;
                write_at(f, &selector.modifiers)?;
                write_extension(f, &selector.modifiers)?;
                write_offset(f, &selector.modifiers)
            }
            ExprKind::Range(range) => write_range(f, range),
            ExprKind::Subquery(subquery) => write_subquery(f, subquery),
            ExprKind::Call(call) => write_call(f, call),
            ExprKind::Aggregate(aggregate) => write_aggregate(f, aggregate),
            ExprKind::Binary(binary) => write_binary(f, binary),
            ExprKind::Unary(unary) => {
                write!(f, "{}{}", if unary.negative { '-' } else { '+' }, unary.operand)
            }
            ExprKind::Paren(inner) => write!(f, "({inner})"),
            ExprKind::Missing => Ok(()),
        }
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_duration {
            seconds_as_duration(self.value).fmt(f)
        } else {
            f.write_str(&format_f(self.value))
        }
    }
}

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DurationKind::Literal { duration, .. } => duration.fmt(f),
            _ => write_computed(f, self),
        }
    }
}

/// A part of a computed duration: there a plain number stays one.
fn write_computed(f: &mut Formatter<'_>, duration: &DurationExpr) -> fmt::Result {
    match &duration.kind {
        DurationKind::Literal {
            seconds, is_duration, ..
        } => Number {
            value: *seconds,
            is_duration: *is_duration,
        }
        .fmt(f),
        DurationKind::Step => f.write_str("step()"),
        DurationKind::Range => f.write_str("range()"),
        DurationKind::Unary { negative, operand } => {
            f.write_char(if *negative { '-' } else { '+' })?;
            write_computed(f, operand)
        }
        DurationKind::Binary { op, lhs, rhs, .. } => {
            write_computed(f, lhs)?;
            write!(f, " {} ", op.symbol())?;
            write_computed(f, rhs)
        }
        DurationKind::Extreme { max, lhs, rhs } => {
            f.write_str(if *max { "max_of(" } else { "min_of(" })?;
            write_computed(f, lhs)?;
            f.write_str(", ")?;
            write_computed(f, rhs)?;
            f.write_char(')')
        }
        DurationKind::Paren(inner) => {
            f.write_char('(')?;
            write_computed(f, inner)?;
            f.write_char(')')
        }
    }
}

fn seconds_as_duration(seconds: f64) -> Duration {
    Duration::from_nanos((seconds * 1e9).round() as i64)
}

fn write_selector(f: &mut Formatter<'_>, selector: &Selector) -> fmt::Result {
    if let Some(name) = &selector.name {
        f.write_str(&name.text)?;
    }
    if selector.matchers.is_empty() {
        // Without a name too: `{}` may stand in info(), and upstream prints nothing for it.
        return Ok(());
    }
    let mut matchers: Vec<String> = selector.matchers.iter().map(Matcher::to_string).collect();
    matchers.sort_unstable();
    write!(f, "{{{}}}", matchers.join(","))
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let label = &self.label.text;
        if is_legacy_label_name(label) {
            f.write_str(label)?;
        } else {
            f.write_str(&quote(label))?;
        }
        write!(f, "{}{}", self.op.symbol(), quote(&self.value))
    }
}

fn write_at(f: &mut Formatter<'_>, modifiers: &Modifiers) -> fmt::Result {
    match modifiers.at.map(|at| at.time) {
        Some(AtTime::Timestamp(millis)) => {
            let sign = if millis < 0 { "-" } else { "" };
            let millis = millis.unsigned_abs();
            write!(f, " @ {sign}{}.{:03}", millis / 1000, millis % 1000)
        }
        Some(AtTime::Start) => f.write_str(" @ start()"),
        Some(AtTime::End) => f.write_str(" @ end()"),
        None => Ok(()),
    }
}

fn write_extension(f: &mut Formatter<'_>, modifiers: &Modifiers) -> fmt::Result {
    match modifiers.extension.map(|extension| extension.kind) {
        Some(ExtensionKind::Anchored) => f.write_str(" anchored"),
        Some(ExtensionKind::Smoothed) => f.write_str(" smoothed"),
        None => Ok(()),
    }
}

fn write_offset(f: &mut Formatter<'_>, modifiers: &Modifiers) -> fmt::Result {
    match &modifiers.offset {
        Some(offset) => match &offset.duration.kind {
            DurationKind::Literal { duration, .. } if duration.is_zero() => Ok(()),
            _ => write!(f, " offset {}", offset.duration),
        },
        None => Ok(()),
    }
}

fn write_range(f: &mut Formatter<'_>, range: &RangeSelector) -> fmt::Result {
    let ExprKind::Selector(selector) = &range.selector.kind else {
        return write!(f, "{}[{}]", range.selector, range.range);
    };
    write_selector(f, selector)?;
    write!(f, "[{}]", range.range)?;
    write_extension(f, &selector.modifiers)?;
    write_at(f, &selector.modifiers)?;
    write_offset(f, &selector.modifiers)
}

fn write_subquery(f: &mut Formatter<'_>, subquery: &Subquery) -> fmt::Result {
    write!(f, "{}[{}:", subquery.expr, subquery.range)?;
    if let Some(step) = &subquery.step {
        step.fmt(f)?;
    }
    f.write_char(']')?;
    write_at(f, &subquery.modifiers)?;
    write_offset(f, &subquery.modifiers)
}

fn write_call(f: &mut Formatter<'_>, call: &Call) -> fmt::Result {
    f.write_str(&call.name.text)?;
    f.write_char('(')?;
    for (index, arg) in call.args.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        arg.fmt(f)?;
    }
    f.write_char(')')
}

fn write_aggregate(f: &mut Formatter<'_>, aggregate: &Aggregate) -> fmt::Result {
    f.write_str(aggregate.op.name())?;
    match &aggregate.grouping {
        Some(grouping) if grouping.without => {
            f.write_str(" without (")?;
            write_labels(f, &grouping.labels)?;
            f.write_str(") ")?;
        }
        Some(grouping) if !grouping.labels.is_empty() => {
            f.write_str(" by (")?;
            write_labels(f, &grouping.labels)?;
            f.write_str(") ")?;
        }
        _ => {}
    }
    f.write_char('(')?;
    if let Some(param) = &aggregate.param {
        write!(f, "{param}, ")?;
    }
    write!(f, "{})", aggregate.expr)
}

fn write_labels(f: &mut Formatter<'_>, labels: &[Name]) -> fmt::Result {
    for (index, label) in labels.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        if is_legacy_label_name(&label.text) {
            f.write_str(&label.text)?;
        } else {
            f.write_str(&quote(&label.text))?;
        }
    }
    Ok(())
}

fn write_binary(f: &mut Formatter<'_>, binary: &Binary) -> fmt::Result {
    write!(f, "{} {}", binary.lhs, binary.op.symbol())?;
    if binary.bool_modifier.is_some() {
        f.write_str(" bool")?;
    }
    if let Some(matching) = &binary.matching {
        // An empty `ignoring` says nothing, unless it carries a group modifier.
        if matching.on || !matching.labels.is_empty() || binary.group.is_some() {
            f.write_str(if matching.on { " on (" } else { " ignoring (" })?;
            write_labels(f, &matching.labels)?;
            f.write_char(')')?;
        }
    }
    if let Some(group) = &binary.group {
        f.write_str(match group.side {
            GroupSide::Left => " group_left (",
            GroupSide::Right => " group_right (",
        })?;
        write_labels(f, &group.labels)?;
        f.write_char(')')?;
    }
    write_fill(f, &binary.fill)?;
    write!(f, " {}", binary.rhs)
}

fn write_fill(f: &mut Formatter<'_>, fill: &Fill) -> fmt::Result {
    match (fill.left, fill.right) {
        (Some(left), Some(right)) if left == right || left.to_bits() == right.to_bits() => {
            write!(f, " fill ({})", format_f(left))
        }
        (left, right) => {
            if let Some(left) = left {
                write!(f, " fill_left ({})", format_f(left))?;
            }
            if let Some(right) = right {
                write!(f, " fill_right ({})", format_f(right))?;
            }
            Ok(())
        }
    }
}

impl Display for BinaryOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl Display for MatchOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}
