//! Scalars, and the way back from an offset in their decoded text to the file.

use firedrill_source::Span;
use std::sync::Arc;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// No YAML at all: the text as it stands in the file, byte for byte.
    Verbatim,
}

/// A scalar: its decoded text and where that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The decoded text.
    pub text: Arc<str>,
    /// How it is written.
    pub style: Style,
    /// Where its text is written: for quoted scalars the quotes included, for block scalars from the indicator `|` or
    /// `>` to the last line of content. For an alias this is the anchor's definition.
    pub span: Span,
    /// Where it is used: the alias; otherwise the same as `span`.
    pub used_at: Span,
}

impl Scalar {
    /// Where a part of the decoded text stands in the file.
    ///
    /// `range` counts bytes of [`Scalar::text`]; `file_text` is the text that was parsed. An empty range gives an empty
    /// span at its place, one behind the last character gives the end of the text. Costs time proportional to the
    /// scalar; made for diagnostics, not for every token.
    pub fn locate(&self, file_text: &str, range: Span) -> Span {
        crate::locate::locate(self, file_text, range)
    }

    /// Whether the text was written without quotes and without a block indicator.
    pub fn is_plain(&self) -> bool {
        self.style == Style::Plain
    }
}

/// A scalar of a tree: like [`Scalar`], its text borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'t> {
    /// The decoded text.
    pub text: &'t str,
    /// How it is written.
    pub style: Style,
    /// Where its text is written, as in [`Scalar`].
    pub span: Span,
}

impl Written<'_> {
    /// A scalar of its own, used where it is written.
    pub fn to_scalar(self) -> Scalar {
        Scalar {
            text: firedrill_value::shared_text(self.text),
            style: self.style,
            span: self.span,
            used_at: self.span,
        }
    }

    /// Whether the text was written without quotes and without a block indicator.
    pub fn is_plain(&self) -> bool {
        self.style == Style::Plain
    }
}
