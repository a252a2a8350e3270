//! What came of a test file: its events, folded.

use firedrill_source::{Diagnostic, FileId, Span};
use firedrill_unit::{Coverage, Event, Failure, Passed, Summary};
use std::time::Duration;

/// What came of one test file.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// The file.
    pub file: FileId,
    /// The entries of `tests` that ran, in order.
    pub cases: Vec<CaseOutcome>,
    /// What looks wrong about the tests themselves.
    pub findings: Vec<Diagnostic>,
    /// Counts.
    pub summary: Summary,
    /// What its assertions have seen, if the run was asked to tell.
    pub coverage: Vec<Coverage>,
    /// Whether something that was reported elsewhere kept the file from running.
    pub broken: bool,
    /// The files with the errors that did.
    pub blocked_by: Vec<FileId>,
}

/// What came of one entry of `tests`.
#[derive(Clone, Debug)]
pub struct CaseOutcome {
    /// Its position in the file, from 0.
    pub index: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The entry in the test file.
    pub span: Span,
    /// Assertions that were checked.
    pub assertions: usize,
    /// What failed, in order.
    pub failures: Vec<Failure>,
    /// What passed, if the run was asked to tell.
    pub passed: Vec<Passed>,
    /// How long it took.
    pub took: Duration,
}

impl FileOutcome {
    /// A file of which nothing has run.
    pub fn new(file: FileId) -> Self {
        FileOutcome {
            file,
            cases: Vec::new(),
            findings: Vec::new(),
            summary: Summary::default(),
            coverage: Vec::new(),
            broken: false,
            blocked_by: Vec::new(),
        }
    }

    /// Takes in the next event, which came `elapsed` after the start of the run.
    pub fn record(&mut self, event: Event, elapsed: Duration) {
        self.summary.add(&event);
        match event {
            Event::CaseStarted { index, name, span } => self.cases.push(CaseOutcome {
                index,
                name,
                span,
                assertions: 0,
                failures: Vec::new(),
                passed: Vec::new(),
                took: elapsed,
            }),
            Event::Failed { failure, .. } => {
                if let Some(case) = self.cases.last_mut() {
                    case.failures.push(*failure);
                }
            }
            Event::Passed { passed, .. } => {
                if let Some(case) = self.cases.last_mut() {
                    case.passed.push(*passed);
                }
            }
            // For those who debug promtool files with promtool's own flag.
            Event::Dumped { .. } => {}
            Event::Covered { coverage, .. } => self.coverage.push(*coverage),
            Event::Noticed { finding } => self.findings.push(*finding),
            Event::CaseFinished { assertions, .. } => {
                if let Some(case) = self.cases.last_mut() {
                    case.assertions = assertions;
                    case.took = elapsed.saturating_sub(case.took);
                }
            }
        }
    }

    /// Whether all is as expected.
    pub fn passed(&self) -> bool {
        !self.broken && self.summary.failures == 0
    }
}

impl CaseOutcome {
    /// Its name, or its position, from 1.
    pub fn title(&self) -> String {
        match self.name.as_deref() {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("test {}", self.index + 1),
        }
    }
}
