//! The syntax that go-yaml accepts, and its words for what it does not.
//!
//! go-yaml reads YAML 1.1 by rules of its own, which the parser behind [`crate::parse`] does not share in every corner.
//! So the first document, the only one that Prometheus reads, is also run through its grammar. Nothing is decoded here:
//! the answer is "accepted", or where and why not.

mod cursor;
mod grammar;
mod scalars;
mod scanner;
mod tokens;

use crate::Version;

/// Who of go-yaml's two stages complains: they count lines differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Scanner,
    Parser,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// Byte offset.
    offset: usize,
    /// Characters from the start of the text.
    index: usize,
    /// Line, from 0.
    line: usize,
    /// Characters from the start of the line.
    column: usize,
}

/// Why go-yaml refuses a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    stage: Stage,
    /// go-yaml's words.
    pub(crate) problem: &'static str,
    /// What was being read at the time began here.
    context: Option<Mark>,
    /// Where it went wrong.
    at: Mark,
}

impl Violation {
    /// Offset of the trouble.
    pub(crate) fn offset(&self) -> usize {
        self.at.offset
    }

    /// The message without the leading `yaml: `. Lines count from 0 where the grammar complains and from 1 where the
    /// scanner does, and line 0 is left out.
    pub(crate) fn text(&self, version: Version) -> String {
        let context = self.context.map_or(0, |mark| mark.line);
        let (first, second) = match version {
            Version::V3 => (context, self.at.line),
            Version::V2 => (self.at.line, context),
        };
        // Version 2 does not correct the line of the context.
        let corrected = |line: usize, is_problem: bool| {
            let scanner = self.stage == Stage::Scanner && (version == Version::V3 || is_problem);
            line + usize::from(scanner)
        };
        let line = match (first, second) {
            (0, 0) => 0,
            (0, line) => corrected(line, version == Version::V3),
            (line, _) => corrected(line, version == Version::V2),
        };
        if line == 0 {
            self.problem.to_owned()
        } else {
            format!("line {line}: {}", self.problem)
        }
    }
}

/// Reads the first document as a version of go-yaml does.
///
/// # Errors
/// With the first thing that it refuses.
pub(crate) fn check(text: &str, version: Version) -> Result<(), Violation> {
    grammar::Grammar::new(text, version).document()
}
