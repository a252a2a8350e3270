//! promtool's own words: the verdicts and texts of check rules and test rules.

pub mod check;
mod unit_tests;

pub use unit_tests::failure_texts;
