//! A file as miette wants it: only the lines around a span are handed out, so the place in a long file costs nothing.

use firedrill_source::SourceFile;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

#[derive(Debug)]
pub(crate) struct SourceWindow<'a>(pub(crate) &'a SourceFile);

impl SourceCode for SourceWindow<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let file = self.0;
        let text = file.written();
        if span.offset() + span.len() > text.len() || !text.is_char_boundary(span.offset()) {
            return Err(MietteError::OutOfBounds);
        }
        let starts = file.line_starts();
        let first = file.line_index(span.offset());
        let last_byte = (span.offset() + span.len().max(1) - 1).min(text.len());
        let last = file.line_index(last_byte);
        let from_line = first.saturating_sub(lines_before);
        let to_line = (last + lines_after).min(starts.len() - 1);
        let from = starts[from_line] as usize;
        let to = starts.get(to_line + 1).map_or(text.len(), |&next| next as usize);
        // Asked for the span alone, miette wants to know where in its line it begins.
        let column = if lines_before == 0 {
            text[from..span.offset()].chars().count()
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            file.name().to_owned(),
            &text.as_bytes()[from..to],
            SourceSpan::new(from.into(), to - from),
            from_line,
            column,
            to_line - from_line + 1,
        )))
    }
}
