//! Warnings and infos that an evaluation collects (upstream `util/annotations`).

use crate::remark::Remark;
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
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// What it says.
    pub remark: Remark,
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
    /// Adds a remark, unless it was made already.
    pub(crate) fn add(&mut self, span: Span, remark: Remark) {
        let level = remark.level();
        let prefix = match level {
            Level::Warning => "PromQL warning",
            Level::Info => "PromQL info",
        };
        self.push(Annotation {
            level,
            message: format!("{prefix}: {remark}"),
            span,
            remark,
        });
    }

    fn push(&mut self, new: Annotation) {
        let same = |known: &Annotation| known.message == new.message && known.span == new.span;
        if !self.list.iter().any(same) {
            self.list.push(new);
        }
    }

    /// Takes over what another evaluation remarked.
    pub(crate) fn merge(&mut self, other: Annotations) {
        for annotation in other.list {
            self.push(annotation);
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
        annotations.add(Span::new(7, 9), Remark::MixedAggregation);
        annotations.add(Span::new(7, 9), Remark::MixedAggregation);
        let all: Vec<String> = annotations.iter().map(|a| a.render("sum(\né x)")).collect();
        assert_eq!(
            all,
            ["PromQL warning: encountered a mix of histograms and floats for aggregation (2:3)"]
        );
    }
}
