//! What can go wrong with a template, in Go's words and with a place.

use firedrill_source::Span;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Go's words after `template: NAME:LINE: `.
    pub message: String,
    /// Line in the text, from 1, as Go counts.
    pub line: usize,
    /// Set where the words end with "started at NAME:LINE": the line at which the unclosed action began.
    pub action_line: Option<usize>,
    /// The part of the text that it is about.
    pub span: Span,
}

impl TemplateError {
    /// The whole message for a rule of this name: `template: __alert_NAME:1: …`.
    pub fn render(&self, alert: &str) -> String {
        let mut message = self.message.clone();
        if let Some(line) = self.action_line {
            let words = if message.ends_with(" action") {
                "started at"
            } else {
                "in action started at"
            };
            message = format!("{message} {words} __alert_{alert}:{line}");
        }
        format!("template: __alert_{alert}:{}: {message}", self.line)
    }
}

/// Why a template could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandError {
    /// Go's words after the place.
    pub message: String,
    /// Line in the text, from 1.
    pub line: usize,
    /// Column as Go counts: bytes from 0, and 112 more on the first line, where Prometheus declares its variables.
    pub column: usize,
    /// The failing node, printed back.
    pub node: String,
    /// The `define` that was running; `None` for the text itself.
    pub define: Option<String>,
    /// The part of the text that it is about.
    pub span: Span,
}

impl ExpandError {
    /// The text that Prometheus puts in place of the expansion.
    pub fn render(&self, alert: &str) -> String {
        let name = format!("__alert_{alert}");
        let running = self.define.as_ref().unwrap_or(&name);
        format!(
            "<error expanding template: error executing template {name}: template: {name}:{}:{}: executing {} at <{}>: {}>",
            self.line,
            self.column,
            firedrill_value::quote(running),
            self.node,
            self.message
        )
    }
}
