//! promtool's own words: the verdicts and texts of check rules and test rules.

pub mod check;
