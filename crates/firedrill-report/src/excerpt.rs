//! An error or warning about a text, with carets, without the code of a lint.

use crate::graphical;
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_source::{Severity, SourceFile, Span};
use miette::{LabeledSpan, SourceCode};
use std::fmt;
use std::io::{self, Write};

/// What is to be said about a place of a text.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter, in a line.
    pub message: String,
    /// The text.
    pub source: &'a SourceFile,
    /// The place; an empty one at the very start stands for the whole text.
    pub span: Span,
    /// A second place and what happened there.
    pub related: Option<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

/// Writes an excerpt.
///
/// # Errors
/// When the writer fails.
pub fn write_excerpt(out: &mut dyn Write, style: Style, excerpt: &Excerpt<'_>) -> io::Result<()> {
    let shown = Shown {
        excerpt,
        source: SourceWindow(excerpt.source),
    };
    let plain = format!("{}: {}", excerpt.severity, excerpt.message);
    let mut text = String::new();
    graphical::draw(&mut text, style, 0, &shown, &plain);
    out.write_all(text.as_bytes())
}

/// An excerpt as miette sees it.
struct Shown<'a> {
    excerpt: &'a Excerpt<'a>,
    source: SourceWindow<'a>,
}

impl Shown<'_> {
    fn is_about_all(&self) -> bool {
        let span = self.excerpt.span;
        (span.is_empty() && span.start == 0) || self.excerpt.source.text().is_empty()
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.excerpt.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.excerpt.message)?;
        if self.is_about_all() && !self.excerpt.source.text().is_empty() {
            write!(f, ", in {}", self.excerpt.source.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.excerpt.severity))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(graphical::severity(self.excerpt.severity))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.excerpt.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.is_about_all()).then_some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.is_about_all() {
            return None;
        }
        let text = self.excerpt.source.text();
        let place = move |span: Span| {
            let boundary = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let end = boundary(span.end as usize);
            // Behind the last character nothing can be underlined: the character stands for its end.
            let start = if span.start as usize >= text.len() && span.end <= span.start {
                boundary(text.len().saturating_sub(1))
            } else {
                boundary(span.start as usize)
            };
            (start, end.max(start) - start)
        };
        let primary = LabeledSpan::new_primary_with_span(None, place(self.excerpt.span));
        let related = self.excerpt.related.iter();
        let related =
            related.map(move |(span, words)| LabeledSpan::new_with_span(Some(words.clone()), place(*span)));
        Some(Box::new(std::iter::once(primary).chain(related)))
    }
}
