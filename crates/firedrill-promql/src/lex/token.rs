//! Tokens: what they are and how upstream names them in messages.

use crate::ast::AggregateOp;
use firedrill_source::Span;
use firedrill_value::quote;

/// One token: what it is and which bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Token {
    #[inline]
    pub(crate) fn span(self) -> Span {
        Span {
            start: self.start,
            end: self.end,
        }
    }

    pub(crate) fn text(self, input: &str) -> &str {
        self.span().slice(input)
    }

    /// The token as upstream's messages show it: `identifier "x"`, `<op:+>`, `end of input`.
    pub(crate) fn describe(self, input: &str) -> String {
        let text = self.text(input);
        match self.kind {
            Kind::Eof | Kind::Error => "end of input".to_owned(),
            Kind::Identifier => format!("identifier {}", quote(text)),
            Kind::MetricIdentifier => format!("metric identifier {}", quote(text)),
            Kind::Number => format!("number {}", shortened(text)),
            Kind::Duration => format!("duration {}", shortened(text)),
            Kind::String => format!("string {}", shortened(text)),
            Kind::HistogramKey(key) => {
                format!("\"<Item {}>\" {}", FIRST_KEY_ID + key as u32, shortened(text))
            }
            Kind::ResetHint(hint) => {
                format!("\"<Item {}>\" {}", FIRST_HINT_ID + hint as u32, shortened(text))
            }
            Kind::Aggregate(_) => format!("<aggr:{text}>"),
            kind if kind.is_keyword() => format!("<{text}>"),
            kind if kind.is_operator() => format!("<op:{text}>"),
            _ => shortened(text),
        }
    }
}

/// Upstream's number of the first histogram key; it has no name for them in its messages.
const FIRST_KEY_ID: u32 = 57370;
/// Upstream's number of the first counter-reset hint: two markers stand between keys and hints.
const FIRST_HINT_ID: u32 = FIRST_KEY_ID + HistogramKey::ALL.len() as u32 + 2;

/// Go's `%q`, or `%.10q...` of what is longer than ten bytes.
fn shortened(text: &str) -> String {
    if text.len() > 10 {
        format!("{}...", quote(&text.chars().take(10).collect::<String>()))
    } else {
        quote(text)
    }
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Eof,
    /// The lexer gave up; its message is kept beside the token stream.
    Error,
    Comma,
    Colon,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    At,
    /// `=`
    Assign,
    /// `=~`
    EqualRegex,
    /// `!~`
    NotRegex,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    TrimUpper,
    TrimLower,
    And,
    Or,
    Unless,
    Identifier,
    MetricIdentifier,
    Number,
    Duration,
    String,
    Aggregate(AggregateOp),
    Offset,
    Smoothed,
    Anchored,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Bool,
    Start,
    End,
    Step,
    Range,
    MaxOf,
    MinOf,
    /// A run of blanks; tokens only between the items of a series.
    Space,
    /// `_` of a series.
    Blank,
    /// `x` of a series.
    Times,
    /// `{{`
    OpenHistogram,
    /// `}}`
    CloseHistogram,
    HistogramKey(HistogramKey),
    ResetHint(ResetHint),
}

impl Kind {
    fn is_keyword(self) -> bool {
        use Kind::{
            Anchored, Bool, By, Fill, FillLeft, FillRight, GroupLeft, GroupRight, Ignoring, Offset, On,
            Smoothed, Without,
        };
        matches!(
            self,
            Anchored
                | Bool
                | By
                | Fill
                | FillLeft
                | FillRight
                | GroupLeft
                | GroupRight
                | Ignoring
                | Offset
                | On
                | Smoothed
                | Without
        )
    }

    fn is_operator(self) -> bool {
        use Kind::{At, EqualRegex, NotRegex};
        matches!(self, At | EqualRegex | NotRegex) || self.binary_op().is_some()
    }

    /// Whether it may follow an operand and bind to it.
    #[inline]
    pub(crate) fn is_modifier(self) -> bool {
        use Kind::{Anchored, At, LeftBracket, Offset, Smoothed};
        matches!(self, Anchored | At | LeftBracket | Offset | Smoothed)
    }

    /// The binary operator that the token stands for.
    #[inline]
    pub(crate) fn binary_op(self) -> Option<crate::ast::BinaryOp> {
        use crate::ast::BinaryOp;
        Some(match self {
            Kind::Add => BinaryOp::Add,
            Kind::Sub => BinaryOp::Sub,
            Kind::Mul => BinaryOp::Mul,
            Kind::Div => BinaryOp::Div,
            Kind::Mod => BinaryOp::Mod,
            Kind::Pow => BinaryOp::Pow,
            Kind::Atan2 => BinaryOp::Atan2,
            Kind::Equal => BinaryOp::Equal,
            Kind::NotEqual => BinaryOp::NotEqual,
            Kind::Less => BinaryOp::Less,
            Kind::LessEqual => BinaryOp::LessEqual,
            Kind::Greater => BinaryOp::Greater,
            Kind::GreaterEqual => BinaryOp::GreaterEqual,
            Kind::TrimUpper => BinaryOp::TrimUpper,
            Kind::TrimLower => BinaryOp::TrimLower,
            Kind::And => BinaryOp::And,
            Kind::Or => BinaryOp::Or,
            Kind::Unless => BinaryOp::Unless,
            _ => return None,
        })
    }

    /// Whether the word may stand where a metric name is wanted.
    pub(crate) fn is_metric_name(self) -> bool {
        use Kind::{
            Anchored, And, By, End, Fill, FillLeft, FillRight, MaxOf, MinOf, Offset, Or, Range, Smoothed,
            Start, Step, Unless, Without,
        };
        matches!(
            self,
            Kind::Identifier | Kind::MetricIdentifier | Kind::Aggregate(_)
        ) || matches!(
            self,
            Anchored
                | And
                | By
                | End
                | Fill
                | FillLeft
                | FillRight
                | MaxOf
                | MinOf
                | Offset
                | Or
                | Range
                | Smoothed
                | Start
                | Step
                | Unless
                | Without
        )
    }

    /// Whether an expression may start with it.
    pub(crate) fn starts_operand(self) -> bool {
        use Kind::{Add, Duration, LeftBrace, LeftParen, Number, String, Sub};
        self.is_metric_name()
            || matches!(
                self,
                Add | Duration | LeftBrace | LeftParen | Number | String | Sub
            )
    }

    /// Whether the word may stand in `by (…)` and its kin.
    pub(crate) fn is_label_name(self) -> bool {
        use Kind::{Atan2, Bool, GroupLeft, GroupRight, Ignoring, On};
        (self.is_metric_name() && self != Kind::Without)
            || matches!(self, Atan2 | Bool | GroupLeft | GroupRight | Ignoring | On)
    }
}

/// The keys of a histogram literal, in upstream's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistogramKey {
    Sum,
    Count,
    Schema,
    Offset,
    NegativeOffset,
    Buckets,
    NegativeBuckets,
    ZeroBucket,
    ZeroBucketWidth,
    CustomValues,
    CounterResetHint,
}

impl HistogramKey {
    pub(crate) const ALL: [(&'static str, HistogramKey); 11] = [
        ("sum", HistogramKey::Sum),
        ("count", HistogramKey::Count),
        ("schema", HistogramKey::Schema),
        ("offset", HistogramKey::Offset),
        ("n_offset", HistogramKey::NegativeOffset),
        ("buckets", HistogramKey::Buckets),
        ("n_buckets", HistogramKey::NegativeBuckets),
        ("z_bucket", HistogramKey::ZeroBucket),
        ("z_bucket_w", HistogramKey::ZeroBucketWidth),
        ("custom_values", HistogramKey::CustomValues),
        ("counter_reset_hint", HistogramKey::CounterResetHint),
    ];
}

/// What a histogram says of a counter reset before it, in upstream's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetHint {
    /// `unknown`
    Unknown,
    /// `reset`
    Reset,
    /// `not_reset`
    NotReset,
    /// `gauge`
    Gauge,
}

impl ResetHint {
    pub(crate) const ALL: [(&'static str, ResetHint); 4] = [
        ("unknown", ResetHint::Unknown),
        ("reset", ResetHint::Reset),
        ("not_reset", ResetHint::NotReset),
        ("gauge", ResetHint::Gauge),
    ];
}
