//! PromQL: tokens, tree, parser with recovery, type check, printer, series notation.

pub mod ast;

pub use ast::{Expr, ExprKind};
