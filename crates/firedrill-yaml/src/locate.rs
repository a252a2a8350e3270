//! From an offset in the decoded text of a scalar back to the bytes of the file.
//!
//! The decoded text is known, so nothing is decoded a second time: raw text and decoded text are walked side by side,
//! and each step says which bytes of the file made which bytes of the text.

use crate::{Scalar, Style};
use firedrill_source::{Span, find_either, find_other};

/// One step of the walk: bytes of the file, and how many bytes of decoded text they made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    raw: Span,
    decoded: usize,
}

/// See [`Scalar::locate`].
pub(crate) fn locate(scalar: &Scalar, file_text: &str, range: Span) -> Span {
    let mut start = None;
    let mut end = None;
    let mut at = 0usize;
    let mut last = None;
    let (from, to) = (range.start as usize, range.end as usize);
    if let Some(first) = as_written(scalar, file_text) {
        let place = |offset: usize| first + offset.min(scalar.text.len());
        return Span::new(place(from), place(to.max(from)));
    }
    walk(scalar, file_text, |step| {
        let next = at + step.decoded;
        if start.is_none() && from < next {
            // Steps of one byte for one byte are cut to the very byte.
            let exact = step.decoded == step.raw.len();
            let skip = if exact { from.saturating_sub(at) } else { 0 };
            start = Some(step.raw.start as usize + skip);
        }
        if end.is_none() && to <= next && to > at {
            let exact = step.decoded == step.raw.len();
            let cut = if exact { next - to } else { 0 };
            end = Some(step.raw.end as usize - cut);
        }
        at = next;
        last = Some(step.raw.end as usize);
        start.is_none() || (end.is_none() && to > from)
    });
    let content_end = last.unwrap_or(scalar.span.start as usize);
    let start = start.unwrap_or(content_end);
    if to <= from {
        return Span::at(start);
    }
    Span::new(start, end.unwrap_or(content_end).max(start))
}

/// Where the text of a scalar starts in which each byte stands for itself: nothing is folded, doubled or escaped. `None` if
/// that has to be looked at more closely.
fn as_written(scalar: &Scalar, file_text: &str) -> Option<usize> {
    let raw = scalar.span.slice(file_text);
    let quotes = match scalar.style {
        Style::Plain | Style::Verbatim => 0,
        Style::SingleQuoted => 1,
        // Some escapes make longer texts, others shorter ones.
        Style::DoubleQuoted if !raw.contains('\\') => 1,
        Style::DoubleQuoted | Style::Literal | Style::Folded => return None,
    };
    let is_whole = !scalar.text.is_empty() && raw.len() == scalar.text.len() + 2 * quotes;
    is_whole.then_some(scalar.span.start as usize + quotes)
}

/// Walks the scalar until `visit` says stop. Gives back whether every byte of the text was found in the file.
fn walk(scalar: &Scalar, file_text: &str, visit: impl FnMut(Step) -> bool) -> bool {
    let raw = scalar.span.slice(file_text);
    let base = scalar.span.start as usize;
    let mut walker = Walker {
        raw,
        base,
        at: 0,
        text: &scalar.text,
        done: 0,
        visit,
        stopped: false,
    };
    match scalar.style {
        Style::Plain => walker.flow(raw.len(), Quotes::None),
        Style::SingleQuoted => {
            walker.at = 1;
            walker.flow(raw.len().saturating_sub(1), Quotes::Single);
        }
        Style::DoubleQuoted => {
            walker.at = 1;
            walker.flow(raw.len().saturating_sub(1), Quotes::Double);
        }
        Style::Literal | Style::Folded => walker.block(file_text),
        Style::Verbatim => walker.emit(0, raw.len(), raw.len()),
    }
    walker.stopped || walker.done == walker.text.len()
}

#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    None,
    Single,
    Double,
}

struct Walker<'a, F> {
    raw: &'a str,
    base: usize,
    at: usize,
    text: &'a str,
    done: usize,
    visit: F,
    stopped: bool,
}

impl<F: FnMut(Step) -> bool> Walker<'_, F> {
    fn emit(&mut self, from: usize, to: usize, decoded: usize) {
        let decoded = decoded.min(self.text.len() - self.done);
        if decoded == 0 || self.stopped {
            return;
        }
        self.done += decoded;
        let raw = Span::new(self.base + from, self.base + to);
        if !(self.visit)(Step { raw, decoded }) {
            self.stopped = true;
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.done..).unwrap_or("")
    }

    /// Plain and quoted scalars.
    fn flow(&mut self, end: usize, quotes: Quotes) {
        while self.at < end && !self.stopped {
            let from = self.at;
            let here = &self.raw[from..end];
            let Some(c) = here.chars().next() else { return };
            match c {
                '\n' | '\r' | ' ' | '\t' => self.flow_blanks(end),
                '\'' if quotes == Quotes::Single => {
                    self.at += 2;
                    self.emit(from, from + 2, 1);
                }
                '\\' if quotes == Quotes::Double => self.escape(end),
                _ => {
                    let stop = |c: char| {
                        matches!(c, '\n' | '\r' | ' ' | '\t')
                            || c == '\'' && quotes == Quotes::Single
                            || c == '\\' && quotes == Quotes::Double
                    };
                    let run = here.find(stop).unwrap_or(here.len());
                    self.at += run;
                    self.emit(from, from + run, run);
                }
            }
        }
    }

    /// Blanks and line breaks: as they are inside a line, folded around line breaks.
    fn flow_blanks(&mut self, end: usize) {
        let from = self.at;
        let here = &self.raw[from..end];
        let run = here
            .find(|c: char| !matches!(c, '\n' | '\r' | ' ' | '\t'))
            .unwrap_or(here.len());
        self.at += run;
        let blanks = &here[..run];
        let breaks = count_breaks(blanks);
        if breaks == 0 {
            self.emit(from, from + run, run);
        } else if breaks == 1 {
            self.emit(from, from + run, 1);
        } else {
            self.emit(from, from + run, breaks - 1);
        }
    }

    fn escape(&mut self, end: usize) {
        let from = self.at;
        let here = &self.raw[from..end];
        let Some(c) = here[1..].chars().next() else {
            self.at = end;
            return;
        };
        if matches!(c, '\n' | '\r') {
            // An escaped line break joins lines; further empty lines are kept.
            let run = here[1..]
                .find(|c: char| !matches!(c, '\n' | '\r' | ' ' | '\t'))
                .map_or(here.len(), |n| n + 1);
            self.at += run;
            let kept = count_breaks(&here[1..run]) - 1;
            self.emit(from, from + run, kept);
            return;
        }
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let mut length = (1 + c.len_utf8() + digits).min(here.len());
        let produced = self.rest().chars().next().map_or(0, char::len_utf8);
        // Two halves of a surrogate pair make one character.
        if c == 'u' && produced == 4 && here.get(length..).is_some_and(|next| next.starts_with("\\u")) {
            length = (length + 6).min(here.len());
        }
        while !here.is_char_boundary(length) {
            length += 1;
        }
        self.at += length;
        self.emit(from, from + length, produced);
    }

    /// Literal and folded scalars.
    fn block(&mut self, file_text: &str) {
        let raw_end = self.raw.len();
        let header = line_length(self.raw);
        let first = header + break_length(&self.raw[header..]);
        if self.text.is_empty() {
            return;
        }
        let indent = self.block_indent(first);
        self.at = first;
        while self.at < raw_end && !self.stopped && self.done < self.text.len() {
            let line_start = self.at;
            let line = &self.raw[line_start..];
            let length = line_length(line);
            let skip = indent.min(leading_blanks(line)).min(length);
            self.emit(line_start + skip, line_start + length, length - skip);
            self.at = line_start + length;
            self.block_breaks();
        }
        // Line breaks at the end of the text, which the span does not cover.
        let left = self.text.len() - self.done;
        if left > 0 && !self.stopped {
            let behind = file_text.get(self.base + raw_end..).unwrap_or("");
            let to = raw_end + break_length(behind);
            self.emit(raw_end, to, left);
        }
    }

    /// The line breaks between two lines of content. Folding is read off the decoded text.
    fn block_breaks(&mut self) {
        let from = self.at;
        let length = break_length(&self.raw[from..]);
        if length == 0 {
            return;
        }
        self.at += length;
        match self.rest().as_bytes().first() {
            Some(b'\n') => {
                // Of n line breaks around folded lines the last n - 1 remain.
                let run_raw = self.breaks_ahead(from);
                let run_text = self.rest().bytes().take_while(|b| *b == b'\n').count();
                if run_raw <= run_text {
                    self.emit(from, from + length, 1);
                }
            }
            Some(b' ') => self.emit(from, from + length, 1),
            _ => {}
        }
    }

    /// How many line breaks follow from here until a line with something on it.
    fn breaks_ahead(&self, from: usize) -> usize {
        let rest = &self.raw[from..];
        let is_blank = |byte: &u8| matches!(byte, b'\n' | b'\r' | b' ');
        let run = rest.bytes().take_while(is_blank).count();
        count_breaks(&rest[..run])
    }

    /// How many blanks stand before each line: the difference between the first written line and its decoded form.
    fn block_indent(&self, first: usize) -> usize {
        // Where the content of the first line that has any starts.
        let first_leading = |text: &str, is_break: fn(u8) -> bool| {
            let mut line = text;
            loop {
                let leading = leading_blanks(line);
                match line.as_bytes().get(leading) {
                    Some(&byte) if is_break(byte) => line = &line[leading + 1..],
                    Some(_) => return Some(leading),
                    None => return None,
                }
            }
        };
        let body = self.raw.get(first..).unwrap_or("");
        let written = first_leading(body, |byte| matches!(byte, b'\n' | b'\r'));
        let decoded = first_leading(self.text, |byte| byte == b'\n');
        match (written, decoded) {
            (Some(written), Some(decoded)) => written.saturating_sub(decoded),
            // Nothing but blanks: whatever makes the longest lines agree.
            _ => {
                let longest = |text: &str| text.split(['\n', '\r']).map(str::len).max().unwrap_or(0);
                longest(body).saturating_sub(longest(self.text))
            }
        }
    }
}

/// Length of the first line of `text`, without its line break.
fn line_length(text: &str) -> usize {
    find_either(text.as_bytes(), 0, b'\n', b'\r')
}

/// How many blanks `text` starts with.
fn leading_blanks(text: &str) -> usize {
    find_other(text.as_bytes(), 0, b' ')
}

/// Length of the line break at the start of `text`.
fn break_length(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn count_breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut count = 0;
    for (i, &b) in bytes.iter().enumerate() {
        count += usize::from(b == b'\n' || (b == b'\r' && bytes.get(i + 1) != Some(&b'\n')));
    }
    count
}

/// Whether every part of the text was found where it should be: bytes that stand for themselves are equal, all others
/// come from blanks, line breaks or escapes.
#[doc(hidden)]
pub fn verify(scalar: &Scalar, file_text: &str) -> Result<(), String> {
    let mut at = 0;
    let mut problem = None;
    let complete = walk(scalar, file_text, |step| {
        let decoded = &scalar.text[at..at + step.decoded];
        let raw = step.raw.slice(file_text);
        let folded = decoded.trim_matches([' ', '\n']).is_empty() && raw.trim().is_empty();
        let escaped = raw.starts_with('\\') || raw == "''";
        if decoded != raw && !folded && !escaped {
            problem.get_or_insert(format!("{raw:?} does not make {decoded:?}"));
        }
        if let Some(first) = as_written(scalar, file_text)
            && step.raw != Span::new(first + at, first + at + step.decoded)
        {
            problem.get_or_insert(format!("{raw:?} was taken for bytes that stand for themselves"));
        }
        at += step.decoded;
        true
    });
    match problem {
        Some(problem) => Err(problem),
        None if complete => Ok(()),
        None => Err(format!(
            "only {at} of {} bytes are accounted for",
            scalar.text.len()
        )),
    }
}
