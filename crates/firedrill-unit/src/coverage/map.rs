//! The points of a rule, and what has to be evaluated to see them.

use super::probe::{Frame, Probe, Read};
use crate::compile::{CompiledRule, TextKind};
use crate::words::one_line;
use firedrill_eval::{Plan, PlanOptions};
use firedrill_model::RuleKind;
use firedrill_promql::Expr;
use firedrill_promql::ast::{AtTime, Binary, BinaryOp, DurationExpr, ExprKind, Modifiers, Subquery};
use firedrill_source::Span;
use firedrill_template::BranchKind;
use firedrill_value::{Duration, Timestamp};
use firedrill_yaml::Scalar;

/// One thing to be seen of a rule.
#[derive(Clone, Debug)]
pub struct Point {
    /// What.
    pub kind: PointKind,
    /// The part of the rule that decides, in one line; of states the name of the rule.
    pub text: String,
    /// The expression, label or annotation that it is in; `None` stands for the rule as a whole.
    source: Option<Scalar>,
    /// Where in the text of that.
    range: Span,
    rule: Span,
}

/// The kinds of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointKind {
    /// An alert fires.
    Fired,
    /// The rule has input and no alert.
    Silent,
    /// An alert waits for its `for`.
    Pending,
    /// An alert is kept by `keep_firing_for`.
    Kept,
    /// A recording rule has a result.
    Recorded,
    /// A comparison holds.
    True,
    /// A comparison does not hold.
    False,
    /// Both sides of `and` or `unless` meet.
    Both,
    /// There is something on the left side of a set operator that meets nothing on the right.
    LeftOnly,
    /// The other way round.
    RightOnly,
    /// A template goes into `if`, `with` or `range`.
    Entered(BranchKind),
    /// A template passes it over.
    Skipped(BranchKind),
}

impl PointKind {
    /// A short name, of letters and hyphens.
    pub fn name(self) -> &'static str {
        match self {
            PointKind::Fired => "fired",
            PointKind::Silent => "silent",
            PointKind::Pending => "pending",
            PointKind::Kept => "kept-firing",
            PointKind::Recorded => "recorded",
            PointKind::True => "true",
            PointKind::False => "false",
            PointKind::Both => "both",
            PointKind::LeftOnly => "left-only",
            PointKind::RightOnly => "right-only",
            PointKind::Entered(_) => "entered",
            PointKind::Skipped(_) => "skipped",
        }
    }
}

impl Point {
    /// Where it stands in the file of this text.
    pub fn span(&self, file_text: &str) -> Span {
        match &self.source {
            Some(source) => source.locate(file_text, self.range),
            None => self.rule,
        }
    }

    /// What it means that it was not seen.
    pub fn missing(&self) -> String {
        let text = &self.text;
        match self.kind {
            PointKind::Fired => format!("`{text}` never fired"),
            PointKind::Silent => format!("`{text}` never stayed silent with data"),
            PointKind::Pending => format!("`{text}` was never pending"),
            PointKind::Kept => format!("`{text}` was never kept firing"),
            PointKind::Recorded => format!("`{text}` never had a result"),
            PointKind::True => format!("`{text}` was never true"),
            PointKind::False => format!("`{text}` was never false"),
            PointKind::Both => format!("`{text}` never had both sides"),
            PointKind::LeftOnly => format!("`{text}` never had its left side alone"),
            PointKind::RightOnly => format!("`{text}` never had its right side alone"),
            PointKind::Entered(BranchKind::Range) => format!("`{text}` never had an item"),
            PointKind::Entered(_) => format!("`{text}` was never true"),
            PointKind::Skipped(BranchKind::Range) => format!("`{text}` was never empty"),
            PointKind::Skipped(_) => format!("`{text}` was never false"),
        }
    }
}

/// The points of a rule.
#[derive(Debug)]
pub struct RuleMap {
    /// The points, in the order of the text: states first, then the expression, labels and annotations.
    pub points: Vec<Point>,
    /// What is evaluated for those of the expression.
    pub(crate) probes: Vec<Probe>,
    /// What the expression reads.
    pub(crate) reads: Vec<Read>,
    /// The branches of labels and annotations: which text, where its condition stands, its first point.
    pub(crate) branches: Vec<(TextAt, Span, usize)>,
}

/// A label or annotation of a rule, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextAt {
    Label(usize),
    Annotation(usize),
}

impl RuleMap {
    pub(crate) fn of(rule: &CompiledRule) -> RuleMap {
        let mut builder = Builder {
            rule,
            map: RuleMap {
                points: Vec::new(),
                probes: Vec::new(),
                reads: reads(&rule.expr.expr),
                branches: Vec::new(),
            },
        };
        builder.states();
        if rule.plan.is_ok() {
            builder.expression(&rule.expr.expr, &mut Vec::new());
        }
        builder.templates();
        builder.map
    }

    /// The first point of that kind that belongs to the rule as a whole.
    pub(crate) fn state(&self, kind: PointKind) -> Option<usize> {
        self.points.iter().position(|point| point.kind == kind)
    }
}

struct Builder<'r> {
    rule: &'r CompiledRule,
    map: RuleMap,
}

impl Builder<'_> {
    fn states(&mut self) {
        let rule = self.rule;
        let mut kinds = Vec::new();
        match rule.kind {
            RuleKind::Record | RuleKind::Query => kinds.push(PointKind::Recorded),
            RuleKind::Alert => {
                kinds.extend([PointKind::Fired, PointKind::Silent]);
                kinds.extend((rule.hold > 0).then_some(PointKind::Pending));
                kinds.extend((rule.keep_firing_for > 0).then_some(PointKind::Kept));
            }
        }
        for kind in kinds {
            self.push(kind, rule.name.to_string(), None, Span::default());
        }
    }

    fn push(&mut self, kind: PointKind, text: String, source: Option<&Scalar>, range: Span) {
        self.map.points.push(Point {
            kind,
            text,
            source: source.cloned(),
            range,
            rule: self.rule.span,
        });
    }

    /// The points of an expression inside of some subqueries, the outermost first.
    fn expression(&mut self, expr: &Expr, frames: &mut Vec<Frame>) {
        if let ExprKind::Subquery(subquery) = &expr.kind {
            // Where the window is computed, what is seen inside is not known.
            if let Some(frame) = frame(subquery) {
                frames.push(frame);
                self.expression(&subquery.expr, frames);
                frames.pop();
            }
            return;
        }
        let ExprKind::Binary(binary) = &expr.kind else {
            for child in expr.children() {
                self.expression(child, frames);
            }
            return;
        };
        self.expression(&binary.lhs, frames);
        if binary.op.is_comparison() {
            self.comparison(expr, binary, frames);
        } else if binary.op.is_set() {
            self.set(expr, binary, frames);
        }
        self.expression(&binary.rhs, frames);
    }

    fn comparison(&mut self, expr: &Expr, binary: &Binary, frames: &[Frame]) {
        let source = &self.rule.expr.source;
        let number_left = matches!(binary.lhs.unparenthesised().kind, ExprKind::Number(_));
        let shown = if number_left {
            Span {
                start: binary.lhs.span.start,
                end: binary.op_span.end,
            }
        } else {
            Span {
                start: binary.op_span.start,
                end: binary.rhs.span.end,
            }
        };
        let text = one_line(shown.slice(&source.text), MOST);
        let first = self.map.points.len();
        for kind in [PointKind::True, PointKind::False] {
            self.push(kind, text.clone(), Some(source), shown);
        }
        let counted = Binary {
            bool_modifier: Some(binary.bool_modifier.unwrap_or(binary.op_span)),
            ..binary.clone()
        };
        self.map.probes.push(Probe::Comparison {
            frames: frames.to_vec(),
            first,
            outcome: plan(&with(expr, counted)),
            kept: plan(expr),
            left: plan(&binary.lhs),
        });
    }

    fn set(&mut self, expr: &Expr, binary: &Binary, frames: &[Frame]) {
        let source = &self.rule.expr.source;
        let kinds: &[PointKind] = match binary.op {
            BinaryOp::And => &[PointKind::Both, PointKind::LeftOnly, PointKind::RightOnly],
            BinaryOp::Or => &[PointKind::LeftOnly, PointKind::RightOnly],
            _ => &[PointKind::Both, PointKind::LeftOnly],
        };
        for &kind in kinds {
            let mut asked = binary.clone();
            asked.op = if kind == PointKind::Both {
                BinaryOp::And
            } else {
                BinaryOp::Unless
            };
            if kind == PointKind::RightOnly {
                std::mem::swap(&mut asked.lhs, &mut asked.rhs);
            }
            let point = self.map.points.len();
            self.push(kind, binary.op.symbol().to_owned(), Some(source), binary.op_span);
            self.map.probes.push(Probe::Any {
                frames: frames.to_vec(),
                point,
                plan: plan(&with(expr, asked)),
            });
        }
    }

    fn templates(&mut self) {
        let rule = self.rule;
        if rule.kind == RuleKind::Record {
            return;
        }
        let labels = rule.labels.iter().enumerate();
        let annotations = rule.annotations.iter().enumerate();
        let texts = labels
            .map(|(at, (_, value))| (TextAt::Label(at), value))
            .chain(annotations.map(|(at, (_, value))| (TextAt::Annotation(at), value)));
        for (at, value) in texts {
            let (TextKind::Stable(template) | TextKind::Volatile(template)) = &value.kind else {
                continue;
            };
            for branch in template.branches() {
                let condition = one_line(branch.span.slice(&value.text), MOST);
                let text = format!("{} {condition}", branch.kind.keyword());
                self.map.branches.push((at, branch.span, self.map.points.len()));
                for kind in [PointKind::Entered(branch.kind), PointKind::Skipped(branch.kind)] {
                    self.push(kind, text.clone(), Some(&value.source), branch.span);
                }
            }
        }
    }
}

fn plan(expr: &Expr) -> Plan {
    Plan::compile(expr, &PlanOptions::default())
}

fn with(expr: &Expr, binary: Binary) -> Expr {
    Expr {
        kind: ExprKind::Binary(Box::new(binary)),
        span: expr.span,
    }
}

/// Most characters of a piece of source in a sentence.
const MOST: usize = 60;

fn millis(duration: &DurationExpr) -> Option<i64> {
    duration.literal().map(Duration::millis)
}

/// How far back modifiers look, and from which fixed time if any. A computed offset counts as none.
fn moved(modifiers: &Modifiers) -> (i64, Option<Timestamp>) {
    let offset = modifiers
        .offset
        .as_ref()
        .and_then(|offset| millis(&offset.duration));
    let at = modifiers.at.and_then(|at| match at.time {
        AtTime::Timestamp(time) => Some(time),
        // Of an instant both are its own time.
        AtTime::Start | AtTime::End => None,
    });
    (offset.unwrap_or(0), at)
}

fn frame(subquery: &Subquery) -> Option<Frame> {
    let (offset, at) = moved(&subquery.modifiers);
    let step = match &subquery.step {
        Some(step) => Some(millis(step).filter(|step| *step > 0)?),
        None => None,
    };
    Some(Frame {
        range: millis(&subquery.range)?,
        step,
        offset,
        at,
    })
}

/// What an expression reads, as far as it can be told before it runs.
pub(crate) fn reads(expr: &Expr) -> Vec<Read> {
    let mut found = Vec::new();
    read(expr, (0, 0, None), &mut found);
    found
}

/// `around`: how long the windows around are, how far they are moved back, and the time that they are fixed to.
fn read(expr: &Expr, around: (i64, i64, Option<Timestamp>), found: &mut Vec<Read>) {
    let inside = |range: i64, modifiers: &Modifiers| {
        let (offset, at) = moved(modifiers);
        match at {
            Some(at) => (range, offset, Some(at)),
            None => (around.0 + range, around.1 + offset, around.2),
        }
    };
    let (selector, range) = match &expr.kind {
        ExprKind::Subquery(subquery) => {
            let range = millis(&subquery.range).unwrap_or(0);
            read(&subquery.expr, inside(range, &subquery.modifiers), found);
            return;
        }
        ExprKind::Range(range) => (&range.selector, millis(&range.range).unwrap_or(0)),
        ExprKind::Selector(_) => (expr, 0),
        _ => {
            for child in expr.children() {
                read(child, around, found);
            }
            return;
        }
    };
    if let ExprKind::Selector(inner) = &selector.kind {
        let (range, offset, at) = inside(range, &inner.modifiers);
        let infos = plan(selector).selectors().to_vec();
        found.extend(infos.into_iter().map(|selector| Read {
            selector,
            range,
            offset,
            at,
        }));
    }
}
