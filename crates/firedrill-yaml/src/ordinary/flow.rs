//! Lists and mappings in brackets, on one line.

use super::{Reader, Text};
use crate::tree::{Slot, SlotKind};
use crate::{NodeId, Style, Tree};
use firedrill_source::Span;

/// Brackets nested deeper than this are not ordinary.
const DEPTH_LIMIT: usize = 8;

impl Reader<'_> {
    /// The collection whose bracket stands at an offset, up to the end of the line.
    pub(super) fn flow(&mut self, start: usize, end: usize) -> Option<usize> {
        let (id, behind) = self.flow_collection(start, end, 0)?;
        self.line_rest(behind, end)?;
        self.attach(id);
        Some(end + 1)
    }

    /// A collection, and the offset behind it.
    fn flow_collection(&mut self, start: usize, end: usize, depth: usize) -> Option<(NodeId, usize)> {
        let is_mapping = self.byte(start) == b'{';
        let (close, kind) = if is_mapping {
            (b'}', SlotKind::Mapping)
        } else {
            (b']', SlotKind::Sequence)
        };
        if depth == DEPTH_LIMIT {
            return None;
        }
        let id = self.push(Slot::new(kind, Span::new(start, start)));
        let mut last = None;
        let mut at = self.skip_blanks(start + 1, end);
        while self.bytes[..end].get(at) != Some(&close) || last.is_some() {
            if is_mapping {
                let key = self.key_at(at, end)?;
                at = self.skip_blanks(key.colon + 1, end);
                let key = self.push_key(&key);
                Tree::add_child(&mut self.nodes, id, last.replace(key), key);
            }
            let (value, behind) = self.flow_value(at, end, depth)?;
            Tree::add_child(&mut self.nodes, id, last.replace(value), value);
            at = self.skip_blanks(behind, end);
            match *self.bytes[..end].get(at)? {
                b',' => at = self.skip_blanks(at + 1, end),
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.last_end = at + 1;
        self.nodes[id.0 as usize].span.end = super::offset(at + 1);
        Some((id, at + 1))
    }

    fn flow_value(&mut self, start: usize, end: usize, depth: usize) -> Option<(NodeId, usize)> {
        match *self.bytes[..end].get(start)? {
            b'[' | b'{' => self.flow_collection(start, end, depth + 1),
            quote @ (b'\'' | b'"') => {
                let style = if quote == b'"' {
                    Style::DoubleQuoted
                } else {
                    Style::SingleQuoted
                };
                let (text, behind, _) = self.quoted_text(start, end, None)?;
                // A quoted text may be a key.
                if self.bytes[..end].get(self.skip_blanks(behind, end)) == Some(&b':') {
                    return None;
                }
                Some((self.push_scalar(text, style, start, behind), behind))
            }
            first if first == b'_' || first.is_ascii_alphanumeric() => {
                let harmless = |byte: &u8| {
                    byte.is_ascii_alphanumeric()
                        || matches!(byte, b' ' | b'_' | b'-' | b'.' | b'/' | b'(' | b')')
                };
                let line = &self.bytes[start..end];
                let length = line.iter().position(|byte| !harmless(byte))?;
                if !matches!(line[length], b',' | b']' | b'}') {
                    return None;
                }
                let behind = start + self.text[start..start + length].trim_end_matches(' ').len();
                let text = Text::InPlace(start, behind);
                Some((self.push_scalar(text, Style::Plain, start, behind), behind))
            }
            _ => None,
        }
    }
}
