//! The syntax tree of PromQL. Every node knows its byte range in the text of the expression.

use crate::Few;
use firedrill_functions::{Function, ValueType};
use firedrill_regex::Regex;
use firedrill_source::Span;
use firedrill_value::Duration;
use std::borrow::Cow;
use std::sync::Arc;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, unquoted.
    pub text: Arc<str>,
    /// Where it is written, quotes included.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, as upstream counts: parentheses and modifiers included.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1`, `0x1f`, `5m`.
    Number(Number),
    /// `"text"`.
    String(StringLiteral),
    /// `name{matchers} offset 5m @ 0`.
    Selector(Box<Selector>),
    /// `selector[5m]`.
    Range(Box<RangeSelector>),
    /// `expr[1h:5m]`.
    Subquery(Box<Subquery>),
    /// `rate(…)`.
    Call(Box<Call>),
    /// `sum by (job) (…)`.
    Aggregate(Box<Aggregate>),
    /// `a + b`.
    Binary(Box<Binary>),
    /// `-a`.
    Unary(Box<Unary>),
    /// `(a)`.
    Paren(Box<Expr>),
    /// The hole that a syntax error leaves; never part of a tree without errors.
    Missing,
}

impl Default for Expr {
    /// A hole at the beginning of the text.
    fn default() -> Self {
        Expr {
            kind: ExprKind::Missing,
            span: Span::default(),
        }
    }
}

impl Expr {
    /// The type of its value.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Selector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Range(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Call(call) => call.function.map_or(ValueType::None, |f| f.returns),
            ExprKind::Binary(binary) if binary.is_scalar => ValueType::Scalar,
            ExprKind::Binary(_) => ValueType::Vector,
            ExprKind::Unary(unary) => unary.operand.value_type(),
            ExprKind::Paren(inner) => inner.value_type(),
            ExprKind::Missing => ValueType::None,
        }
    }

    /// The expression inside any number of parentheses.
    pub fn unparenthesised(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }

    /// The direct sub-expressions, in source order. The selector of a [`RangeSelector`] counts.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Missing => {
                Vec::new()
            }
            ExprKind::Range(range) => vec![&range.selector],
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Aggregate(aggregate) => aggregate.param.iter().chain([&aggregate.expr]).collect(),
            ExprKind::Binary(binary) => vec![&binary.lhs, &binary.rhs],
            ExprKind::Unary(unary) => vec![&unary.operand],
            ExprKind::Paren(inner) => vec![inner],
        }
    }

    /// Visits this expression and everything below it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Missing => {}
            ExprKind::Range(range) => range.selector.walk(visit),
            ExprKind::Subquery(subquery) => subquery.expr.walk(visit),
            ExprKind::Call(call) => call.args.iter().for_each(|arg| arg.walk(visit)),
            ExprKind::Aggregate(aggregate) => {
                aggregate.param.iter().for_each(|param| param.walk(visit));
                aggregate.expr.walk(visit);
            }
            ExprKind::Binary(binary) => {
                binary.lhs.walk(visit);
                binary.rhs.walk(visit);
            }
            ExprKind::Unary(unary) => unary.operand.walk(visit),
            ExprKind::Paren(inner) => inner.walk(visit),
        }
    }
}

/// A number literal. A sign directly before it is part of the value.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The value; of a duration its seconds.
    pub value: f64,
    /// Whether it was written as a duration (`5m`), and prints as one.
    pub is_duration: bool,
}

impl PartialEq for Number {
    /// Bit for bit, so that NaN equals itself in comparisons of trees.
    fn eq(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits() && self.is_duration == other.is_duration
    }
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringLiteral {
    /// The unescaped bytes: `\xff` makes text that is no UTF-8.
    pub bytes: Arc<[u8]>,
}

impl StringLiteral {
    /// The text, with U+FFFD for what is no UTF-8.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// An instant vector selector.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The metric name before the braces.
    pub name: Option<Name>,
    /// What stands between the braces, in source order; the name before them is not repeated here.
    pub matchers: Few<Matcher>,
    /// From `{` to `}`.
    pub braces: Option<Span>,
    /// `offset`, `@`, `anchored`, `smoothed`.
    pub modifiers: Modifiers,
}

impl Selector {
    /// The metric name if exactly one is asked for: before the braces, as `{"name"}` or as `{__name__="name"}`.
    pub fn metric_name(&self) -> Option<&Arc<str>> {
        self.name.as_ref().map(|name| &name.text).or_else(|| {
            let mut names = self
                .matchers
                .iter()
                .filter(|m| &*m.label.text == firedrill_value::METRIC_NAME);
            match (names.next(), names.next()) {
                (Some(matcher), None) if matcher.op == MatchOp::Equal => Some(&matcher.value),
                _ => None,
            }
        })
    }
}

/// `label="value"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label; of a quoted metric name (`{"name"}`) it is `__name__`, standing where the name stands.
    pub label: Name,
    /// How to compare.
    pub op: MatchOp,
    /// What to compare with.
    pub value: Arc<str>,
    /// Where the value stands, quotes included.
    pub value_span: Span,
    /// The compiled expression of `=~` and `!~`, anchored at both ends, dot matching line ends.
    pub regex: Option<Regex>,
    /// The whole matcher.
    pub span: Span,
}

impl Matcher {
    /// Whether it lets a label of this value pass; an absent label has the empty value.
    pub fn matches(&self, value: &str) -> bool {
        let regex = || self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.op {
            MatchOp::Equal => *self.value == *value,
            MatchOp::NotEqual => *self.value != *value,
            MatchOp::Regex => regex(),
            MatchOp::NotRegex => !regex(),
        }
    }
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl MatchOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        }
    }
}

/// What may follow a selector or subquery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Modifiers {
    /// `offset …`
    pub offset: Option<Box<Offset>>,
    /// `@ …`
    pub at: Option<At>,
    /// `anchored` or `smoothed`.
    pub extension: Option<Extension>,
}

/// `offset 5m`: look that far back (forward when negative).
#[derive(Clone, Debug, PartialEq)]
pub struct Offset {
    /// How far.
    pub duration: DurationExpr,
    /// From the keyword to the end.
    pub span: Span,
}

/// `@ 1600000000`: look at a fixed time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Which.
    pub time: AtTime,
    /// From `@` to the end.
    pub span: Span,
}

/// The times that `@` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtTime {
    /// Milliseconds since the epoch.
    Timestamp(i64),
    /// `start()` of the query.
    Start,
    /// `end()` of the query.
    End,
}

/// `anchored` and `smoothed`: windows that take their edges from outside (experimental).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Which of the two.
    pub kind: ExtensionKind,
    /// The keyword.
    pub span: Span,
}

/// See [`Extension`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionKind {
    /// The last sample before the window stands for its edge.
    Anchored,
    /// Values at the edges are interpolated.
    Smoothed,
}

/// `selector[5m]`.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSelector {
    /// The selector, with the modifiers that stand after the bracket: always [`ExprKind::Selector`] (or
    /// [`ExprKind::Missing`]). Its span ends before the bracket.
    pub selector: Expr,
    /// Length of the window.
    pub range: DurationExpr,
    /// From `[` to `]`.
    pub brackets: Span,
}

/// `expr[1h:5m]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What is evaluated at every step.
    pub expr: Expr,
    /// Length of the window.
    pub range: DurationExpr,
    /// Step; the default interval where it is left out.
    pub step: Option<DurationExpr>,
    /// `offset` and `@`.
    pub modifiers: Modifiers,
    /// From `[` to `]`.
    pub brackets: Span,
}

/// A length of time that may be computed (`5m`, `300`, `step() * 2`).
#[derive(Clone, Debug, PartialEq)]
pub struct DurationExpr {
    /// What it is.
    pub kind: DurationKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of durations.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationKind {
    /// `5m`, `300`, `-5m` (the sign is part of it).
    Literal {
        /// The length; a plain number counts seconds.
        duration: Duration,
        /// The same in seconds, before rounding to nanoseconds: what arithmetic uses.
        seconds: f64,
        /// Whether it was written as a duration; inside arithmetic a plain number prints as one.
        is_duration: bool,
    },
    /// `step()`
    Step,
    /// `range()`
    Range,
    /// `+d`, `-d`
    Unary {
        /// Whether the sign is a minus.
        negative: bool,
        /// What it stands before.
        operand: Box<DurationExpr>,
    },
    /// `a + b`
    Binary {
        /// One of `+ - * / % ^`.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left.
        lhs: Box<DurationExpr>,
        /// Right.
        rhs: Box<DurationExpr>,
    },
    /// `min_of(a, b)`, `max_of(a, b)`
    Extreme {
        /// Whether it is `max_of`.
        max: bool,
        /// First.
        lhs: Box<DurationExpr>,
        /// Second.
        rhs: Box<DurationExpr>,
    },
    /// `(d)`
    Paren(Box<DurationExpr>),
}

impl DurationExpr {
    /// The length where it is a literal, in parentheses or not.
    pub fn literal(&self) -> Option<Duration> {
        match &self.kind {
            DurationKind::Literal { duration, .. } => Some(*duration),
            DurationKind::Paren(inner) => inner.literal(),
            _ => None,
        }
    }
}

/// The name of a function and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName {
    /// The name, borrowed from the table if it is there.
    pub text: Cow<'static, str>,
    /// Where it is written.
    pub span: Span,
}

/// `name(args)`.
#[derive(Clone, Debug)]
pub struct Call {
    /// As written.
    pub name: FunctionName,
    /// Its row in the table; `None` where there is no such function, which the parser has reported.
    pub function: Option<&'static Function>,
    /// The arguments.
    pub args: Few<Expr>,
    /// From `(` to `)`.
    pub parens: Span,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.args == other.args && self.parens == other.parens
    }
}

/// `sum by (job) (…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub op: AggregateOp,
    /// Where its name stands.
    pub op_span: Span,
    /// `by (…)` or `without (…)`.
    pub grouping: Option<Grouping>,
    /// The first of two arguments: `k`, `φ` or the label.
    pub param: Option<Expr>,
    /// What is aggregated.
    pub expr: Expr,
}

/// The aggregations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in PromQL")]
pub enum AggregateOp {
    Avg,
    Bottomk,
    Count,
    CountValues,
    Group,
    LimitRatio,
    Limitk,
    Max,
    Min,
    Quantile,
    Stddev,
    Stdvar,
    Sum,
    Topk,
}

impl AggregateOp {
    /// All of them with their names, sorted.
    pub const ALL: [(&'static str, AggregateOp); 14] = [
        ("avg", AggregateOp::Avg),
        ("bottomk", AggregateOp::Bottomk),
        ("count", AggregateOp::Count),
        ("count_values", AggregateOp::CountValues),
        ("group", AggregateOp::Group),
        ("limit_ratio", AggregateOp::LimitRatio),
        ("limitk", AggregateOp::Limitk),
        ("max", AggregateOp::Max),
        ("min", AggregateOp::Min),
        ("quantile", AggregateOp::Quantile),
        ("stddev", AggregateOp::Stddev),
        ("stdvar", AggregateOp::Stdvar),
        ("sum", AggregateOp::Sum),
        ("topk", AggregateOp::Topk),
    ];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, op)| *op == self)
            .map_or("", |(name, _)| name)
    }

    /// The type of its parameter, if it takes one.
    pub fn param_type(self) -> Option<ValueType> {
        use AggregateOp::{Bottomk, CountValues, LimitRatio, Limitk, Quantile, Topk};
        match self {
            CountValues => Some(ValueType::String),
            Bottomk | LimitRatio | Limitk | Quantile | Topk => Some(ValueType::Scalar),
            _ => None,
        }
    }

    /// Behind `promql-experimental-functions`.
    pub fn experimental(self) -> bool {
        matches!(self, AggregateOp::LimitRatio | AggregateOp::Limitk)
    }

    /// Whether the result consists of samples of the argument with all their labels.
    pub fn selects(self) -> bool {
        use AggregateOp::{Bottomk, LimitRatio, Limitk, Topk};
        matches!(self, Bottomk | LimitRatio | Limitk | Topk)
    }
}

/// `by (a, b)` or `without (a, b)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Whether the labels are the ones to drop.
    pub without: bool,
    /// The labels, in source order.
    pub labels: Few<Name>,
    /// From the keyword to `)`.
    pub span: Span,
}

/// `a op b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// Which operator.
    pub op: BinaryOp,
    /// Whether both operands are scalars, and with them the value. Kept, as many ask and the left one may be a long chain.
    pub is_scalar: bool,
    /// Where it stands.
    pub op_span: Span,
    /// Where `bool` stands.
    pub bool_modifier: Option<Span>,
    /// `on (…)` or `ignoring (…)`.
    pub matching: Option<Box<Matching>>,
    /// `group_left (…)` or `group_right (…)`.
    pub group: Option<Box<GroupModifier>>,
    /// `fill (…)` and its one-sided forms (experimental).
    pub fill: Fill,
    /// Left operand.
    pub lhs: Expr,
    /// Right operand.
    pub rhs: Expr,
}

/// `on (a)` or `ignoring (a)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Whether the labels are the only ones to compare (`on`).
    pub on: bool,
    /// The labels, in source order.
    pub labels: Few<Name>,
    /// From the keyword to `)`.
    pub span: Span,
}

/// `group_left (a)` or `group_right (a)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupModifier {
    /// Which side has many series for one of the other: `group_left` says the left.
    pub side: GroupSide,
    /// Labels to copy from the "one" side.
    pub labels: Few<Name>,
    /// From the keyword to `)`, or the keyword.
    pub span: Span,
}

/// See [`GroupModifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSide {
    /// Many on the left.
    Left,
    /// Many on the right.
    Right,
}

/// Values for series that the other side lacks (experimental).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fill {
    /// What a missing left side counts as.
    pub left: Option<f64>,
    /// What a missing right side counts as.
    pub right: Option<f64>,
    /// All of it.
    pub span: Option<Span>,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in PromQL")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `</`: keep the part of a histogram below a value.
    TrimUpper,
    /// `>/`: keep the part of a histogram above a value.
    TrimLower,
    And,
    Or,
    Unless,
}

impl BinaryOp {
    /// As written; words in lower case.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "^",
            BinaryOp::Atan2 => "atan2",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::TrimUpper => "</",
            BinaryOp::TrimLower => ">/",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::Unless => "unless",
        }
    }

    /// `== != < <= > >=`
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }

    /// `and or unless`
    pub fn is_set(self) -> bool {
        matches!(self, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless)
    }

    /// `</ >/`
    pub fn is_trim(self) -> bool {
        matches!(self, BinaryOp::TrimUpper | BinaryOp::TrimLower)
    }

    /// The comparison that holds when the operands change places: `<` becomes `>`. Others stay.
    #[must_use]
    pub fn flipped(self) -> BinaryOp {
        match self {
            BinaryOp::Less => BinaryOp::Greater,
            BinaryOp::LessEqual => BinaryOp::GreaterEqual,
            BinaryOp::Greater => BinaryOp::Less,
            BinaryOp::GreaterEqual => BinaryOp::LessEqual,
            other => other,
        }
    }
}

/// `-a`, `+a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Unary {
    /// Whether the sign is a minus.
    pub negative: bool,
    /// What it stands before.
    pub operand: Expr,
}
