//! Where scalars end, by go-yaml's rules.

use super::Violation;
use super::scanner::Scanner;

impl Scanner<'_> {
    /// `|` or `>` and the lines below it.
    pub(super) fn block_scalar(&mut self) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let mut increment = 0;
        for _ in 0..2 {
            match self.cursor.byte(0) {
                b'+' | b'-' => self.cursor.skip(),
                b'0' => return Err(self.violation("found an indentation indicator equal to 0", mark)),
                digit @ b'1'..=b'9' if increment == 0 => {
                    increment = isize::from(digit - b'0');
                    self.cursor.skip();
                }
                _ => break,
            }
        }
        self.cursor.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.violation("did not find expected comment or line break", mark));
        }
        self.cursor.skip_break();
        let mut indent = if increment > 0 {
            self.indent.max(0) + increment
        } else {
            0
        };
        self.block_breaks(&mut indent, mark)?;
        while self.cursor.mark.column as isize == indent && !self.cursor.at_end() {
            self.cursor.skip_line();
            self.cursor.skip_break();
            self.block_breaks(&mut indent, mark)?;
        }
        Ok(())
    }

    /// Empty lines of a block scalar; finds out its indentation where that is not given.
    fn block_breaks(&mut self, indent: &mut isize, mark: super::Mark) -> Result<(), Violation> {
        let mut deepest = 0;
        loop {
            let column = |this: &Self| this.cursor.mark.column as isize;
            while (*indent == 0 || column(self) < *indent) && self.cursor.byte(0) == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(column(self));
            if (*indent == 0 || column(self) < *indent) && self.cursor.byte(0) == b'\t' {
                return Err(self.violation(
                    "found a tab character where an indentation space is expected",
                    mark,
                ));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            self.cursor.skip_break();
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    /// A text in quotes.
    pub(super) fn quoted_scalar(&mut self, quote: u8) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        loop {
            if self.cursor.at_document_indicator() {
                return Err(self.violation("found unexpected document indicator", mark));
            }
            if self.cursor.at_end() {
                return Err(self.violation("found unexpected end of stream", mark));
            }
            while !self.cursor.is_space_or_end(0) {
                match self.cursor.byte(0) {
                    b'\'' if quote == b'\'' && self.cursor.byte(1) == b'\'' => self.cursor.skip_ascii(2),
                    byte if byte == quote => break,
                    b'\\' if quote == b'"' && self.cursor.is_break(1) => {
                        self.cursor.skip();
                        self.cursor.skip_break();
                        break;
                    }
                    b'\\' if quote == b'"' => self.escape(mark)?,
                    _ => {
                        self.cursor.skip();
                        self.cursor.skip_run(is_word_character);
                    }
                }
            }
            if self.cursor.byte(0) == quote {
                self.cursor.skip();
                return Ok(());
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                if self.cursor.is_blank(0) {
                    self.cursor.skip();
                } else {
                    self.cursor.skip_break();
                }
            }
        }
    }

    fn escape(&mut self, mark: super::Mark) -> Result<(), Violation> {
        let digits = match self.cursor.byte(1) {
            b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'\''
            | b'/' | b'\\' | b'N' | b'_' | b'L' | b'P' => 0,
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => return Err(self.violation("found unknown escape character", mark)),
        };
        self.cursor.skip_ascii(2);
        let mut value: u64 = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.cursor.byte(ahead)).to_digit(16) else {
                return Err(self.violation("did not find expected hexdecimal number", mark));
            };
            value = value * 16 + u64::from(digit);
        }
        if (0xd800..=0xdfff).contains(&value) || value > 0x10_ffff {
            return Err(self.violation("found invalid Unicode character escape code", mark));
        }
        self.cursor.skip_ascii(digits);
        Ok(())
    }

    /// A text without quotes.
    pub(super) fn plain_scalar(&mut self) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        let indent = self.indent + 1;
        let flow = self.flow_level() > 0;
        let mut new_line = false;
        loop {
            if self.cursor.at_document_indicator() || self.cursor.byte(0) == b'#' {
                break;
            }
            while !self.cursor.is_space_or_end(0) {
                let byte = self.cursor.byte(0);
                let value = byte == b':' && self.cursor.is_space_or_end(1);
                let flow_end = flow && self.ends_plain_in_flow();
                if value || flow_end {
                    break;
                }
                new_line = false;
                self.cursor.skip();
                self.cursor.skip_run(is_word_character);
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                if self.cursor.is_break(0) {
                    self.cursor.skip_break();
                    new_line = true;
                    continue;
                }
                let shallow = (self.cursor.mark.column as isize) < indent;
                if new_line && shallow && self.cursor.byte(0) == b'\t' {
                    return Err(self.violation("found a tab character that violates indentation", mark));
                }
                self.cursor.skip();
            }
            if !flow && (self.cursor.mark.column as isize) < indent {
                break;
            }
        }
        if new_line {
            self.key_allowed = true;
        }
        Ok(())
    }

    fn ends_plain_in_flow(&self) -> bool {
        matches!(self.cursor.byte(0), b',' | b'?' | b'[' | b']' | b'{' | b'}')
    }
}

/// Characters that mean nothing in any scalar.
fn is_word_character(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'(' | b')' | b'=' | b'/' | b'.' | b'$')
}
