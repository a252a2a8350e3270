//! PromQL: tokens, tree, parser with recovery, type check, printer, series notation.

pub mod ast;
mod check;
mod error;
mod few;
mod hint;
mod lex;
mod metricsql;
mod parse;
mod print;
pub mod series;
mod shared;
mod spare;
mod strings;

pub use ast::{Expr, ExprKind};
pub use error::{Features, ParseError, ParseErrorKind};
pub use few::Few;
pub use parse::{MAX_DEPTH, MAX_HEIGHT, Parse, STACK_BYTES, parse};
pub use series::{parse_metric, parse_series};
pub use spare::take_apart;
