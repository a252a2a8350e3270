//! An error or warning about a text, with carets, without the code of a lint.

use crate::graphical;
use crate::report::{Mark, Report};
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_source::{Severity, SourceFile, Span};
use std::borrow::Cow;
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
    let mut text = String::new();
    graphical::draw(&mut text, style, 0, &report(excerpt));
    out.write_all(text.as_bytes())
}

fn report<'a>(excerpt: &'a Excerpt<'_>) -> Report<'a> {
    let (source, span) = (excerpt.source, excerpt.span);
    let message = Cow::Borrowed(excerpt.message.as_str());
    let about_all = Report {
        severity: excerpt.severity,
        code: None,
        message,
        source: None,
        marks: Vec::new(),
        help: excerpt.help.as_deref(),
    };
    if source.text().is_empty() {
        return about_all;
    }
    if span.is_empty() && span.start == 0 {
        let message = Cow::Owned(format!("{}, in {}", excerpt.message, source.name()));
        return Report { message, ..about_all };
    }
    let related = excerpt.related.iter();
    let related = related.map(|(span, words)| mark(source.text(), *span, Some(words.as_str())));
    Report {
        source: Some(SourceWindow(source)),
        marks: std::iter::once(mark(source.text(), span, None))
            .chain(related)
            .collect(),
        ..about_all
    }
}

/// The place without words is that of the whole.
fn mark<'a>(text: &str, span: Span, words: Option<&'a str>) -> Mark<'a> {
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
    Mark {
        start,
        end: end.max(start),
        words,
        primary: words.is_none(),
    }
}
