//! A line of an excerpt, and what of a mark stands on it.

use super::columns::{columns, is_plain, tab};
use super::page::Page;
use crate::report::Mark;
use firedrill_source::SourceFile;

/// A line of a file.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Without what ends it.
    text: &'a str,
    /// Byte offsets in the file, with what ends it.
    start: usize,
    end: usize,
    /// Whether columns are bytes.
    plain: bool,
}

/// What of a mark stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    All,
    Begin,
    Middle,
    End,
}

impl<'a> Line<'a> {
    /// A line by its zero-based index; nothing if it has characters of unknown width.
    pub(super) fn of(file: &'a SourceFile, index: usize) -> Option<Self> {
        let written = file.written();
        let starts = file.line_starts();
        let start = starts[index] as usize;
        let end = starts.get(index + 1).map_or(written.len(), |&next| next as usize);
        let text = &written[start..end];
        let text = text
            .strip_suffix('\n')
            .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        let plain = is_plain(text);
        let known = plain || text.chars().all(|c| c == '\t' || columns(c).is_some());
        known.then_some(Line {
            number: index + 1,
            text,
            start,
            end,
            plain,
        })
    }

    /// Whether it is what follows the last line's end.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// What of a mark stands here. An empty one is at the character that follows.
    pub(super) fn part(&self, mark: &Mark<'_>) -> Option<Part> {
        let mark_end = mark.end.max(mark.start + 1);
        let begins = self.start <= mark.start && mark.start < self.end;
        let ends = self.start < mark_end && mark_end <= self.end;
        match (begins, ends) {
            (true, true) => Some(Part::All),
            (true, false) => Some(Part::Begin),
            (false, true) => Some(Part::End),
            (false, false) => (mark.start < self.start && self.end < mark_end).then_some(Part::Middle),
        }
    }

    /// The column at which a byte of the file stands; all that ends the line takes one.
    pub(super) fn column(&self, offset: usize) -> usize {
        let at = offset - self.start;
        let Some(before) = self.text.get(..at) else {
            return self.width(self.text) + 1;
        };
        self.width(before)
    }

    fn width(&self, text: &str) -> usize {
        if self.plain {
            return text.len();
        }
        text.chars().fold(0, |column, c| column + width_at(column, c))
    }

    /// Writes its text.
    pub(super) fn draw(&self, page: &mut Page<'_>) {
        if self.plain {
            return page.put(self.text);
        }
        let mut column = 0;
        for character in self.text.chars() {
            let width = width_at(column, character);
            match character {
                '\t' => page.blanks(width),
                _ => page.put_char(character),
            }
            column += width;
        }
    }
}

fn width_at(column: usize, character: char) -> usize {
    match character {
        '\t' => tab(column),
        _ => columns(character).unwrap_or(0),
    }
}
