//! Rule files and unit-test files as typed, spanned data.

mod rule_file;
mod test_file;

pub use rule_file::{Entry, Expression, Group, Rule, RuleFile, RuleKind, Templated};
pub use test_file::{AlertTest, ExpectedAlert, ExpectedSample, ExprTest, InputSeries, TestFile, TestGroup};
