//! What a run tells its reporters.

use crate::coverage::Coverage;
use crate::dump::Dump;
use crate::explain::Timeline;
use crate::failure::Failure;
use firedrill_source::{Diagnostic, Span};
use firedrill_value::Duration;

/// One step of a run, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// An entry of `tests` begins.
    CaseStarted {
        /// Its position in the file, from 0.
        index: usize,
        /// Its name, if it has one.
        name: Option<String>,
        /// The entry in the test file.
        span: Span,
    },
    /// Something did not come out as expected.
    Failed {
        /// The position of the test.
        index: usize,
        /// What.
        failure: Box<Failure>,
    },
    /// Something came out as expected; told only where [`RunOptions::tell_passed`](crate::RunOptions::tell_passed).
    Passed {
        /// The position of the test.
        index: usize,
        /// What.
        passed: Box<Passed>,
    },
    /// Something looks wrong about the test itself, whether or not it passes.
    Noticed {
        /// What, and where in the test file.
        finding: Box<Diagnostic>,
    },
    /// All that is stored after the last assertion; told only where [`RunOptions::dump`](crate::RunOptions::dump), and not
    /// of a test that ended early.
    Dumped {
        /// The position of the test.
        index: usize,
        /// What.
        dump: Box<Dump>,
    },
    /// What the assertions have seen of the rules; told only where
    /// [`RunOptions::coverage`](crate::RunOptions::coverage), and not of a test that could not start.
    Covered {
        /// The position of the test.
        index: usize,
        /// What.
        coverage: Box<Coverage>,
    },
    /// An entry of `tests` is done.
    CaseFinished {
        /// Its position in the file, from 0.
        index: usize,
        /// Assertions that were checked.
        assertions: usize,
        /// Failures that were reported.
        failures: usize,
    },
}

/// An expectation that was met.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The alert's name or the expression, as written.
    pub subject: String,
    /// When, after the start of the test.
    pub eval_time: Duration,
    /// How many alerts or samples were expected.
    pub expected: usize,
    /// The entry in the test file.
    pub span: Span,
    /// What the rules of this name, or the expression, did around that time.
    pub timelines: Vec<Timeline>,
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries of `tests` that ran.
    pub cases: usize,
    /// Of these, the ones with a failure.
    pub failed_cases: usize,
    /// Expectations that were checked.
    pub assertions: usize,
    /// Failures.
    pub failures: usize,
}

impl Summary {
    /// Counts an event.
    pub fn add(&mut self, event: &Event) {
        if let Event::CaseFinished {
            assertions, failures, ..
        } = event
        {
            self.cases += 1;
            self.failed_cases += usize::from(*failures > 0);
            self.assertions += assertions;
            self.failures += failures;
        }
    }

    /// Adds the counts of another run.
    pub fn merge(&mut self, other: Summary) {
        self.cases += other.cases;
        self.failed_cases += other.failed_cases;
        self.assertions += other.assertions;
        self.failures += other.failures;
    }
}
