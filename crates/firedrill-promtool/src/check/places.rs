//! Lines and columns of a file, found only when something has to be said about them.

use firedrill_source::{LineColumn, SourceFile};
use std::cell::OnceCell;

/// The text of a file, and the index of its lines once it is needed.
pub(crate) struct Places<'a> {
    text: &'a str,
    index: OnceCell<SourceFile>,
}

impl<'a> Places<'a> {
    /// The places of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Places {
            text,
            index: OnceCell::new(),
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Line and column of a byte offset.
    pub(crate) fn line_column(&self, offset: usize) -> LineColumn {
        self.index
            .get_or_init(|| SourceFile::new("", self.text))
            .line_column(offset)
    }
}
