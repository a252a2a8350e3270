//! A cursor over the text that knows its line and column.

use super::Mark;

/// The text and a place in it.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Cursor {
            text,
            mark: Mark::default(),
        }
    }

    /// The byte `ahead` of the cursor; 0 at the end. All syntax is ASCII, so bytes do.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.mark.offset + ahead)
            .copied()
            .unwrap_or(0)
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.mark.offset..).unwrap_or("")
    }

    pub(super) fn at_end(&self) -> bool {
        self.mark.offset >= self.text.len()
    }

    /// Length in bytes of the line break `ahead` of the cursor; 0 if there is none. YAML 1.1 also breaks lines at
    /// U+0085, U+2028 and U+2029.
    fn break_length(&self, ahead: usize) -> usize {
        match self
            .text
            .as_bytes()
            .get(self.mark.offset + ahead..)
            .unwrap_or(&[])
        {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            [0xc2, 0x85, ..] => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        self.break_length(ahead) > 0
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// Blank, line break or end of the text.
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.mark.offset + ahead >= self.text.len() || self.is_break(ahead)
    }

    /// Letters, digits, `_` and `-`.
    pub(super) fn is_word(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Goes on by one character that is no line break.
    pub(super) fn skip(&mut self) {
        let length = match self.byte(0) {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        self.mark.offset = (self.mark.offset + length).min(self.text.len());
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes on by that many ASCII characters.
    pub(super) fn skip_ascii(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    /// Goes over a line break, if there is one.
    pub(super) fn skip_break(&mut self) {
        let length = self.break_length(0);
        if length == 0 {
            return;
        }
        let characters = if self.byte(0) == b'\r' { length } else { 1 };
        self.mark.offset += length;
        self.mark.index += characters;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.is_break_or_end(0) {
            self.skip();
            self.skip_run(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        }
    }

    /// Goes over ASCII characters of one kind; line breaks must not be among them.
    pub(super) fn skip_run(&mut self, kind: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.mark.offset..).unwrap_or(&[]);
        let length = rest.iter().position(|byte| !kind(*byte)).unwrap_or(rest.len());
        self.mark.offset += length;
        self.mark.index += length;
        self.mark.column += length;
    }

    /// Whether `---` or `...` stands here, at the start of a line.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.mark.column == 0
            && (self.rest().starts_with("---") || self.rest().starts_with("..."))
            && self.is_space_or_end(3)
    }
}
