//! Warnings and infos that an evaluation collects (upstream `util/annotations`).

use firedrill_source::Span;

/// How serious an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The result may be wrong.
    Warning,
    /// Something is unusual.
    Info,
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How serious.
    pub level: Level,
    /// The words, with `PromQL warning: ` or `PromQL info: ` in front.
    pub message: String,
    /// The expression it is about.
    pub span: Span,
}

impl Annotation {
    /// The message with ` (line:column)` of the expression's start; columns count bytes from 1.
    pub fn render(&self, text: &str) -> String {
        let before = text.get(..self.span.start as usize).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        format!("{} ({line}:{column})", self.message)
    }
}

/// Remarks in order of appearance, each text once.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    list: Vec<Annotation>,
}

impl Annotations {
    /// Adds a warning; `message` comes without its prefix.
    pub(crate) fn warn(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(Level::Warning, span, format!("PromQL warning: {message}"));
    }

    /// Adds an info; `message` comes without its prefix.
    pub(crate) fn info(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(Level::Info, span, format!("PromQL info: {message}"));
    }

    fn add(&mut self, level: Level, span: Span, message: String) {
        if !self
            .list
            .iter()
            .any(|known| known.message == message && known.span == span)
        {
            self.list.push(Annotation { level, message, span });
        }
    }

    /// Takes over what another evaluation remarked.
    pub(crate) fn merge(&mut self, other: Annotations) {
        for Annotation { level, message, span } in other.list {
            self.add(level, span, message);
        }
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Annotation> {
        self.list.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_bytes_and_repetition_is_silent() {
        let mut annotations = Annotations::default();
        annotations.warn(Span::new(7, 9), "x");
        annotations.warn(Span::new(7, 9), "x");
        let all: Vec<String> = annotations.iter().map(|a| a.render("sum(\né x)")).collect();
        assert_eq!(all, ["PromQL warning: x (2:3)"]);
    }
}
