//! The lines of a report as they are written, in colours or without.

/// A colour, as the escape sequence that turns it on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ink(&'static str);

impl Ink {
    pub(super) const ERROR: Ink = Ink("\x1b[31m");
    pub(super) const WARNING: Ink = Ink("\x1b[33m");
    pub(super) const INFO: Ink = Ink("\x1b[36m");
    pub(super) const PLACE: Ink = Ink("\x1b[36;1;4m");
    pub(super) const NUMBER: Ink = Ink("\x1b[2m");
    /// For what is underlined; they take turns.
    pub(super) const MARKS: [Ink; 3] = [Ink("\x1b[35;1m"), Ink("\x1b[33;1m"), Ink("\x1b[32;1m")];

    const OFF: &'static str = "\x1b[0m";
}

/// A report at the end of a text. Blanks at ends of lines and empty lines around it all are left out.
pub(super) struct Page<'a> {
    out: &'a mut String,
    begin: usize,
    color: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut String, color: bool) -> Self {
        Page {
            begin: out.len(),
            out,
            color,
        }
    }

    pub(super) fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn put_char(&mut self, character: char) {
        self.out.push(character);
    }

    /// A number at the right of so many columns.
    pub(super) fn put_number(&mut self, number: usize, width: usize) {
        let mut digits = [b' '; usize::MAX.ilog10() as usize + 1];
        let mut rest = number;
        let mut first = digits.len();
        while first > 0 && (rest > 0 || first == digits.len()) {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.blanks(width.saturating_sub(digits.len() - first));
        self.out
            .extend(digits[first..].iter().map(|&digit| char::from(digit)));
    }

    pub(super) fn blanks(&mut self, count: usize) {
        self.repeat("                                ", 1, count);
    }

    pub(super) fn strokes(&mut self, count: usize) {
        self.repeat("────────────────────────────────", "─".len(), count);
    }

    fn repeat(&mut self, many: &str, unit: usize, count: usize) {
        let mut left = count * unit;
        while left > 0 {
            let now = left.min(many.len());
            self.out.push_str(&many[..now]);
            left -= now;
        }
    }

    pub(super) fn painted(&mut self, ink: Ink, write: impl FnOnce(&mut Self)) {
        if !self.color {
            return write(self);
        }
        self.put(ink.0);
        write(self);
        self.put(Ink::OFF);
    }

    /// How much is written, for [`Page::characters_since`].
    pub(super) fn mark(&self) -> usize {
        self.out.len()
    }

    /// The number of characters since, those of escape sequences among them.
    pub(super) fn characters_since(&self, mark: usize) -> usize {
        self.out[mark..].chars().count()
    }

    pub(super) fn end_line(&mut self) {
        while self.line_ends_blank() {
            self.out.pop();
        }
        if self.out.len() > self.begin {
            self.out.push('\n');
        }
    }

    fn line_ends_blank(&self) -> bool {
        let last = self.out[self.begin..].chars().next_back();
        last.is_some_and(|last| last != '\n' && last.is_whitespace())
    }

    /// Takes back everything.
    pub(super) fn clear(&mut self) {
        self.out.truncate(self.begin);
    }

    /// Ends the report.
    pub(super) fn finish(self) {
        let length = self.out[self.begin..].trim_end_matches('\n').len();
        self.out.truncate(self.begin + length);
        self.out.push('\n');
    }
}
