//! What is wrong with an expression: upstream's words and place, and firedrill's own help.

use firedrill_source::Span;
use std::fmt;

/// Which feature-gated parts of the language are understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Experimental functions and aggregations (`promql-experimental-functions`).
    pub experimental_functions: bool,
    /// Arithmetic in durations (`promql-duration-expr`).
    pub duration_expressions: bool,
    /// `anchored` and `smoothed` (`promql-extended-range-selectors`).
    pub extended_range_selectors: bool,
    /// `fill`, `fill_left`, `fill_right` (`promql-binop-fill-modifiers`).
    pub binop_fill_modifiers: bool,
}

impl Features {
    /// What promtool 3.14 understands without flags: duration expressions, nothing else.
    pub const fn promtool_default() -> Self {
        Features {
            experimental_functions: false,
            duration_expressions: true,
            extended_range_selectors: false,
            binop_fill_modifiers: false,
        }
    }

    /// Everything.
    pub const fn all() -> Self {
        Features {
            experimental_functions: true,
            duration_expressions: true,
            extended_range_selectors: true,
            binop_fill_modifiers: true,
        }
    }

    /// promtool's defaults and what the flags add, named as in `--enable-feature`. Flags that do not concern the
    /// language are ignored.
    pub fn from_flags<'a>(flags: impl IntoIterator<Item = &'a str>) -> Self {
        let mut features = Features::promtool_default();
        for flag in flags {
            features.enable(flag);
        }
        features
    }

    /// Switches on what a flag of `--enable-feature` stands for; false if it does not concern the language.
    pub fn enable(&mut self, flag: &str) -> bool {
        let switch = match flag {
            "promql-experimental-functions" => &mut self.experimental_functions,
            "promql-duration-expr" => &mut self.duration_expressions,
            "promql-extended-range-selectors" => &mut self.extended_range_selectors,
            "promql-binop-fill-modifiers" => &mut self.binop_fill_modifiers,
            _ => return false,
        };
        *switch = true;
        true
    }
}

/// What sort of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParseErrorKind {
    /// The text is no PromQL.
    Syntax,
    /// It is PromQL, but its parts do not fit together.
    Type,
    /// It needs a feature that is off.
    Feature,
    /// It is written for a relative of Prometheus.
    Dialect,
}

/// An error in an expression or series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What sort of error.
    pub kind: ParseErrorKind,
    /// promtool's text, without position and `parse error: `.
    pub message: String,
    /// promtool's position range; its start is the position that promtool prints. May lie past the end of the text.
    pub span: Span,
    /// What stands there, as upstream calls it.
    pub found: Option<String>,
    /// What should stand there, as upstream calls it.
    pub expected: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// The other end of the story: a place and what happened there.
    pub related: Option<(Span, &'static str)>,
}

impl ParseError {
    /// An error with nothing but its essentials.
    pub fn new(kind: ParseErrorKind, span: Span, message: impl Into<String>) -> Self {
        ParseError {
            kind,
            message: message.into(),
            span,
            found: None,
            expected: None,
            help: None,
            related: None,
        }
    }

    /// `line:col: parse error: message` as promtool prints it for an error in `text`; columns count bytes.
    pub fn promtool_message(&self, text: &str) -> String {
        if text.is_empty() {
            return format!("unknown position: parse error: {}", self.message);
        }
        let (line, column) = line_and_byte_column(text, self.span.start as usize);
        format!("{line}:{column}: parse error: {}", self.message)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// Both from 1. An offset past the end counts on in the last line.
fn line_and_byte_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    (line, offset - line_start + 1)
}
