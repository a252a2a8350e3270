//! Why an expression has the value that it has at one time: the value of every part, and what was lost on the way.
//!
//! Parts are evaluated one by one, apart from the plan of the whole, so that explanations cost nothing where nobody asks.

mod notes;

use crate::engine::EvalOptions;
use crate::error::EvalError;
use crate::grid::Grid;
use crate::limits::Guard;
use crate::plan::{Plan, PlanOptions};
use crate::storage::Storage;
use crate::value::Value;
use firedrill_functions::ValueType;
use firedrill_promql::ast::{DurationExpr, Expr, ExprKind};
use firedrill_source::Span;
use firedrill_value::{Labels, Timestamp};

/// Parts beyond this many are not looked into: nobody reads on.
const MAX_PARTS: usize = 200;

/// A part of an expression and its value at one time.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Where the part stands in the expression.
    pub span: Span,
    /// The type of its value.
    pub value_type: ValueType,
    /// The time at which it is evaluated, in milliseconds; inside subqueries the last of theirs.
    pub at: Timestamp,
    /// Its value.
    pub value: Result<Value, EvalError>,
    /// What happened on the way from its parts to its value.
    pub notes: Vec<Note>,
    /// Its parts, in source order. Constants are none.
    pub parts: Vec<Explanation>,
    /// Whether it has parts that were left out, because there are too many of them.
    pub elided: bool,
}

/// What happened on the way from the parts of an expression to its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// No series fits the selector.
    NoSeries {
        /// How many series have its metric name.
        of_name: usize,
        /// A metric name that looks like it, where there is none of that name.
        nearest: Option<String>,
        /// The matchers that no series of that name passes, as written, each with the values that there are (a few).
        failing: Vec<(String, Vec<String>)>,
    },
    /// Series fit the selector, but have no sample to take.
    Silent {
        /// How many.
        series: usize,
        /// The first of them, each with what is the matter.
        examples: Vec<(Labels, Silence)>,
    },
    /// What is in the windows of a range selector or subquery.
    Windows {
        /// Windows with samples.
        series: usize,
        /// Samples in the emptiest and in the fullest of them.
        samples: (usize, usize),
        /// Times of the first and the last sample in milliseconds.
        times: (Timestamp, Timestamp),
    },
    /// A comparison, `and` or `unless` lets some pass.
    Kept {
        /// How many passed.
        kept: usize,
        /// How many there were.
        of: usize,
    },
    /// `or` adds what the left side lacks.
    Added {
        /// How many of the left side.
        left: usize,
        /// How many were added.
        right: usize,
    },
    /// Series of one side that meet none of the other.
    Unmatched {
        /// Whether it is the left side.
        left: bool,
        /// All of them.
        series: Vec<Labels>,
    },
    /// Samples were aggregated.
    Grouped {
        /// How many samples.
        samples: usize,
        /// To how many groups.
        groups: usize,
    },
    /// A function gives no value for some series.
    Dropped {
        /// How many had a value.
        kept: usize,
        /// How many there were.
        of: usize,
    },
}

/// Why a series has no sample to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Its last sample is too old.
    Last(Timestamp),
    /// Its first sample is yet to come.
    First(Timestamp),
    /// It ended: a stale marker stands at this time.
    Stale(Timestamp),
    /// It has no sample at all.
    Never,
}

/// Explains the value of an expression at one time.
pub fn explain(
    expr: &Expr,
    storage: &Storage,
    at: Timestamp,
    options: &EvalOptions,
    guard: &Guard,
) -> Explanation {
    let mut explainer = Explainer {
        storage,
        options,
        guard,
        left: MAX_PARTS,
    };
    explainer.part(expr.unparenthesised(), at)
}

struct Explainer<'a> {
    storage: &'a Storage,
    options: &'a EvalOptions,
    guard: &'a Guard,
    /// How many parts may still be looked at.
    left: usize,
}

impl Explainer<'_> {
    fn part(&mut self, expr: &Expr, at: Timestamp) -> Explanation {
        self.left = self.left.saturating_sub(1);
        let plan = Plan::compile(expr, &PlanOptions::default());
        let output = plan.eval_within(self.storage, Grid::instant(at), self.options, self.guard);
        let inside = match &expr.kind {
            ExprKind::Subquery(subquery) => self.last_inner_step(at, subquery),
            _ => at,
        };
        let children: Vec<&Expr> = evaluated_parts(expr)
            .into_iter()
            .map(Expr::unparenthesised)
            .filter(|part| !matches!(part.kind, ExprKind::Number(_) | ExprKind::String(_)))
            .collect();
        let elided = !children.is_empty() && self.left < children.len();
        let mut parts = Vec::new();
        if !elided {
            for child in children {
                parts.push(self.part(child, inside));
            }
        }
        let value = output.map(|output| output.value);
        let mut explanation = Explanation {
            span: expr.span,
            value_type: expr.value_type(),
            at,
            value,
            notes: Vec::new(),
            parts,
            elided,
        };
        explanation.notes = self.notes(expr, &explanation);
        explanation
    }

    /// The last time at which the expression inside of a subquery is evaluated.
    fn last_inner_step(&self, at: Timestamp, subquery: &firedrill_promql::ast::Subquery) -> Timestamp {
        let millis = |length: &DurationExpr| length.literal().map(firedrill_value::Duration::millis);
        let step = subquery
            .step
            .as_ref()
            .and_then(millis)
            .unwrap_or(self.options.default_subquery_step.millis())
            .max(1);
        self.looked_at(&subquery.modifiers, at).div_euclid(step) * step
    }

    /// The time that modifiers make of the time of evaluation; computed offsets count as none.
    fn looked_at(&self, modifiers: &firedrill_promql::ast::Modifiers, at: Timestamp) -> Timestamp {
        use firedrill_promql::ast::AtTime;
        let base = match modifiers.at.map(|at| at.time) {
            Some(AtTime::Timestamp(time)) => time,
            Some(AtTime::Start | AtTime::End) | None => at,
        };
        let offset = modifiers
            .offset
            .as_ref()
            .and_then(|offset| offset.duration.literal());
        base.saturating_sub(offset.map_or(0, firedrill_value::Duration::millis))
    }
}

/// The parts that have a value of their own: not the selector of a range selector, and not the matchers of `info()`.
fn evaluated_parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Range(_) => Vec::new(),
        ExprKind::Call(call)
            if call
                .function
                .is_some_and(|f| f.id == firedrill_functions::Func::Info) =>
        {
            call.args.iter().take(1).collect()
        }
        _ => expr.children(),
    }
}

/// A matcher as it is written.
fn written(matcher: &firedrill_promql::ast::Matcher) -> String {
    format!(
        "{}{}{}",
        matcher.label.text,
        matcher.op.symbol(),
        firedrill_value::quote(&matcher.value)
    )
}
