//! Unit tests of rules: series in, alerts out; a run is a stream of events.
//!
//! Rule files are compiled once ([`CompiledFile`]) and shared by every test that names them. [`run`] takes the entries
//! of a test file one after the other: it loads the series, works out which rules can be evaluated for all ticks at once
//! ([`schedule`]), evaluates them, and compares. Nothing here prints; reporters fold the [`Event`]s.

mod alert;
mod asks;
mod check_alert;
mod check_expr;
mod compare;
mod compile;
mod coverage;
mod dump;
mod event;
mod explain;
mod failure;
mod feeds;
mod input;
mod looser;
mod outcome;
mod record;
mod run;
mod schedule;
mod thin;
mod tick_set;
mod ticks;
mod traps;
mod update;
mod words;

pub use alert::AlertState;
pub use compare::{ExpectedAlertLabels, GotAlert, GotSample};
pub use compile::{CompileOptions, CompiledFile, CompiledGroup, CompiledRule};
pub use coverage::{Coverage, FileCoverage, Point, PointKind, RuleCoverage, RuleMap, Seen, Tally, Totals};
pub use dump::Dump;
pub use event::{Event, Passed, Summary};
pub use explain::{
    AlertPair, Measured, Reading, Timeline, TimelineRow, TimelineSeries, alert_distance, pair_alerts,
};
pub use failure::{AlertMismatch, ExprMismatch, Failure, ParsedSample, SeriesDetail};
pub use run::{RunOptions, Suite, run, run_within};
pub use update::{Rewrite, rewrite};
