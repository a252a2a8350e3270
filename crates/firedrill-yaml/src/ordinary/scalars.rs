//! Values of ordinary shape: plain and quoted texts, literal and folded blocks.

use super::{Reader, Text};
use crate::Style;
use firedrill_source::{find_byte, find_either, find_other};

/// Part of a plain text on one line.
struct PlainLine {
    /// Its end, without blanks behind it.
    end: usize,
    /// Where a comment starts behind it.
    comment: Option<usize>,
}

impl Reader<'_> {
    /// The value at an offset, inside a collection whose column is `parent`. Gives the offset of the next line.
    pub(super) fn value(&mut self, start: usize, end: usize, parent: usize) -> Option<usize> {
        match self.byte(start) {
            b'\'' => self.quoted(start, end, parent, Style::SingleQuoted),
            b'"' => self.quoted(start, end, parent, Style::DoubleQuoted),
            b'[' | b'{' => self.flow(start, end),
            b':' if self.bytes.get(start + 1).is_some_and(u8::is_ascii_alphanumeric) => {
                self.plain(start, end, parent)
            }
            b'|' | b'>' => self.block(start, end, parent),
            b'-' if self.bytes.get(start + 1).is_some_and(u8::is_ascii_alphanumeric) => {
                self.plain(start, end, parent)
            }
            b'_' | b'/' | b'(' | b'.' | b'$' | b'+' | b'<' | b'~' | b'=' | b'^' => {
                self.plain(start, end, parent)
            }
            byte if byte.is_ascii_alphanumeric() || !byte.is_ascii() => self.plain(start, end, parent),
            _ => None,
        }
    }

    fn plain(&mut self, start: usize, end: usize, parent: usize) -> Option<usize> {
        let first = self.plain_line(start, end)?;
        if let Some(comment) = first.comment {
            self.comment(comment, end, false);
        }
        let mut next = end + 1;
        let mut last = first.end;
        let mut text = Text::InPlace(start, last);
        loop {
            let (mut breaks, mut at) = (1, next);
            let mut line = find_other(self.bytes, at, b' ');
            while self.bytes.get(line) == Some(&b'\n') {
                breaks += 1;
                at = line + 1;
                line = find_other(self.bytes, at, b' ');
            }
            if line >= self.bytes.len() || line - at <= parent {
                break;
            }
            let line_end = find_byte(self.bytes, line, b'\n');
            // The text goes on.
            if first.comment.is_some() || self.byte(line) == b'#' {
                return None;
            }
            let more = self.plain_line(line, line_end)?;
            if more.comment.is_some() {
                return None;
            }
            if let Text::InPlace(start, end) = text {
                text = Text::Decoded(self.decoded.len());
                self.decoded.push_str(&self.text[start..end]);
            }
            fold(&mut self.decoded, breaks);
            self.decoded.push_str(&self.text[line..more.end]);
            last = more.end;
            next = line_end + 1;
        }
        let id = self.push_scalar(text, Style::Plain, start, last);
        self.attach(id);
        Some(next)
    }

    /// Where a plain text ends on its line; `None` if it could be taken for a key.
    fn plain_line(&self, start: usize, end: usize) -> Option<PlainLine> {
        let line = &self.bytes[..end];
        let mut comment = None;
        let mut at = start;
        loop {
            at = find_either(line, at, b':', b'#');
            match line.get(at) {
                None => break,
                Some(b':') if line.get(at + 1).is_none_or(|&next| next == b' ') => return None,
                Some(b'#') if at > start && line[at - 1] == b' ' => {
                    comment = Some(at);
                    break;
                }
                Some(_) => at += 1,
            }
        }
        let mut end = comment.unwrap_or(end);
        while end > start && line[end - 1] == b' ' {
            end -= 1;
        }
        Some(PlainLine { end, comment })
    }

    fn quoted(&mut self, start: usize, end: usize, parent: usize, style: Style) -> Option<usize> {
        let (text, behind, end) = self.quoted_text(start, end, Some(parent))?;
        self.line_rest(behind, end)?;
        let id = self.push_scalar(text, style, start, behind);
        self.attach(id);
        Some(end + 1)
    }

    /// What may stand behind a value: nothing, or a comment.
    pub(super) fn line_rest(&mut self, behind: usize, end: usize) -> Option<()> {
        let rest = self.skip_blanks(behind, end);
        if rest < end {
            if self.byte(rest) != b'#' || rest == behind {
                return None;
            }
            self.comment(rest, end, false);
        }
        Some(())
    }

    /// A text in quotes, the offset behind it and the end of that line. It goes on on lines that are deeper than
    /// `parent`, if that is given.
    pub(super) fn quoted_text(
        &mut self,
        start: usize,
        mut end: usize,
        parent: Option<usize>,
    ) -> Option<(Text, usize, usize)> {
        let quote = self.byte(start);
        // What ends a run of bytes that stand for themselves.
        let escape = if quote == b'"' { b'\\' } else { quote };
        let decoded = self.decoded.len();
        let mut from = start + 1;
        let mut at = from;
        loop {
            at = find_either(&self.bytes[..end], at, quote, escape);
            let Some(&byte) = self.bytes[..end].get(at) else {
                self.decoded.push_str(self.text[from..end].trim_end_matches(' '));
                let mut breaks = 0;
                let mut line = end;
                while line == end {
                    breaks += 1;
                    from = end + 1;
                    if from >= self.bytes.len() {
                        return None;
                    }
                    (line, end) = self.line_at(from);
                }
                if line - from <= parent? {
                    return None;
                }
                fold(&mut self.decoded, breaks);
                from = line;
                at = line;
                continue;
            };
            if byte != quote {
                self.decoded.push_str(&self.text[from..at]);
                self.decoded.push(match self.bytes[..end].get(at + 1)? {
                    b'"' => '"',
                    b'\\' => '\\',
                    b'n' => '\n',
                    b't' => '\t',
                    b' ' => ' ',
                    _ => return None,
                });
                at += 2;
                from = at;
            } else if quote == b'\'' && self.bytes[..end].get(at + 1) == Some(&b'\'') {
                self.decoded.push_str(&self.text[from..=at]);
                at += 2;
                from = at;
            } else {
                break;
            }
        }
        let text = if from == start + 1 {
            Text::InPlace(from, at)
        } else {
            self.decoded.push_str(&self.text[from..at]);
            Text::Decoded(decoded)
        };
        Some((text, at + 1, end))
    }

    /// A block that finds out its indentation by itself.
    fn block(&mut self, start: usize, end: usize, parent: usize) -> Option<usize> {
        let strip = self.bytes[..end].get(start + 1) == Some(&b'-');
        let header_end = start + 1 + usize::from(strip);
        if self.skip_blanks(header_end, end) != end {
            return None;
        }
        let style = if self.byte(start) == b'|' {
            Style::Literal
        } else {
            Style::Folded
        };
        let mut next = end + 1;
        let mut breaks = 0;
        let mut indent = 0;
        let mut deepest = 0;
        let mut was_deeper = false;
        let mut last = 0;
        let decoded = self.decoded.len();
        while next < self.bytes.len() {
            let (line, line_end) = self.line_at(next);
            let blanks = line - next;
            if line == line_end {
                // Blanks beyond the indentation are content.
                if indent > 0 && blanks > indent {
                    return None;
                }
                // The last line may lack its line break, and then is none.
                breaks += usize::from(line_end < self.bytes.len());
                deepest = deepest.max(blanks);
                next = line_end + 1;
                continue;
            }
            let first = indent == 0;
            if first {
                if blanks <= parent || deepest > blanks {
                    return None;
                }
                indent = blanks;
            } else if blanks < indent {
                // Neither part of the block nor surely of anything else.
                if blanks > parent {
                    return None;
                }
                break;
            }
            let deeper = blanks > indent;
            if first || style == Style::Literal || deeper || was_deeper {
                push_breaks(&mut self.decoded, breaks);
            } else {
                fold(&mut self.decoded, breaks);
            }
            self.decoded.push_str(&self.text[next + indent..line_end]);
            was_deeper = deeper;
            breaks = 1;
            last = line_end;
            next = line_end + 1;
        }
        // No content, or none behind which a line break stands.
        if last == 0 || last == self.bytes.len() {
            return None;
        }
        if !strip {
            self.decoded.push('\n');
        }
        let id = self.push_scalar(Text::Decoded(decoded), style, start, last);
        self.attach(id);
        Some(next)
    }
}

/// Folds line breaks: one is a blank, of more the first is dropped.
fn fold(text: &mut String, breaks: usize) {
    if breaks == 1 {
        text.push(' ');
    } else {
        push_breaks(text, breaks - 1);
    }
}

fn push_breaks(text: &mut String, count: usize) {
    for _ in 0..count {
        text.push('\n');
    }
}
