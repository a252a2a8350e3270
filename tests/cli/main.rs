//! End-to-end tests: the binary as users run it, one module per command, and the gates over recorded data.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and says what it left out"
)]

mod check;
mod claims;
mod config;
mod corpus;
mod coverage;
mod fix;
mod hostile;
mod looser;
mod metrics;
mod promqltest;
mod promtool;
mod query;
mod readme;
mod reporters;
mod support;
mod traps;
mod unit_tests;
