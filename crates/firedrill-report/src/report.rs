//! What is to be drawn, as we and miette see it.

use crate::source_window::SourceWindow;
use firedrill_lint::name_of;
use firedrill_source::{Code, Severity};
use miette::{LabeledSpan, SourceCode};
use std::borrow::Cow;
use std::fmt;

/// An error or warning about places of a file.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) severity: Severity,
    /// The lint that found it.
    pub(crate) code: Option<Code>,
    pub(crate) message: Cow<'a, str>,
    /// The file; nothing if no place is to be shown.
    pub(crate) source: Option<SourceWindow<'a>>,
    pub(crate) marks: Vec<Mark<'a>>,
    pub(crate) help: Option<&'a str>,
}

/// A place and what to say there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark<'a> {
    /// Byte offset in the file as it is written.
    pub(crate) start: usize,
    /// Where it ends; the same for an empty one.
    pub(crate) end: usize,
    pub(crate) words: Option<&'a str>,
    /// Whether the place of the whole report is here.
    pub(crate) primary: bool,
}

impl Mark<'_> {
    /// Whether the same is said at the same place.
    pub(crate) fn is_alike(&self, other: &Mark<'_>) -> bool {
        (self.start, self.end, self.words) == (other.start, other.end, other.words)
    }
}

impl Report<'_> {
    /// The same without excerpts and advice.
    pub(crate) fn head(&self) -> Report<'_> {
        Report {
            severity: self.severity,
            code: self.code,
            message: Cow::Borrowed(&self.message),
            source: None,
            marks: Vec::new(),
            help: None,
        }
    }

    /// `error[FD101 rate-on-gauge]`, piece by piece.
    pub(crate) fn title(&self) -> [&'static str; 6] {
        let severity = self.severity.name();
        match self.code {
            Some(code) => [severity, "[", code.0, " ", name_of(code), "]"],
            None => [severity, "", "", "", "", ""],
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.title().concat()))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let source = self.source.as_ref()?;
        Some(source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let label = |mark: &Mark<'_>| {
            let span = (mark.start, mark.end - mark.start);
            let words = mark.words.map(str::to_owned);
            if mark.primary {
                LabeledSpan::new_primary_with_span(words, span)
            } else {
                LabeledSpan::new_with_span(words, span)
            }
        };
        Some(Box::new(self.marks.iter().map(label)))
    }
}
