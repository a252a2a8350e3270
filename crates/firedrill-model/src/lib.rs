//! Rule files and unit-test files as typed, spanned data.
//!
//! [`read_rule_file`] and [`read_test_file`] turn a text into data and report everything that is wrong with it: YAML,
//! keys, types, names, durations, expressions and templates. Findings of severity error are exactly what Prometheus
//! would refuse the file for. [`read_prometheus_config`] takes from a server's configuration what bears on rules.

pub mod codes;
mod date;
mod detect;
mod looser;
pub mod mistakes;
mod order;
mod prometheus;
mod read;
mod rule_file;
mod silence;
mod test_file;
mod timestamp;

pub use date::Date;
pub use detect::{Kind, detect, detect_quoted};
pub use looser::{ExpectedState, Extent, Looser, Pattern};
pub use order::{
    BadOrder, IGNORE_ANNOTATION, Order, Reach, Target, Tool, parse_annotation, parse_order,
    parse_promruval_annotation,
};
pub use prometheus::{PrometheusConfig, ScrapeConfig, ScrapeInterval};
pub use read::{
    Dialect, Read, ReadOptions, read_expressions, read_prometheus_config, read_quoted_rules, read_rule_file,
    read_test_file,
};
pub use rule_file::{Entry, Expression, Group, Rule, RuleFile, RuleKind, Templated};
pub use silence::Silences;
pub use test_file::{AlertTest, ExpectedAlert, ExpectedSample, ExprTest, InputSeries, TestFile, TestGroup};
pub use timestamp::parse_timestamp;
