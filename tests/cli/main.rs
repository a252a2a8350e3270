//! End-to-end tests: the binary as users run it, one module per command, and the gates over recorded data.

mod check;
mod claims;
mod corpus;
mod hostile;
mod promtool;
mod readme;
mod support;
mod unit_tests;
