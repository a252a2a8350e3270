//! Lists and mappings in brackets, on one line.

use super::Reader;
use crate::{Content, NodeId, Style};
use std::sync::Arc;

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
        let (close, content) = if is_mapping {
            (b'}', Content::Mapping(Vec::new()))
        } else {
            (b']', Content::Sequence(Vec::new()))
        };
        if depth == DEPTH_LIMIT {
            return None;
        }
        let id = self.push(content, start, start);
        let mut at = self.skip_blanks(start + 1, end);
        while self.bytes[..end].get(at) != Some(&close) || !self.is_empty(id) {
            let key = if is_mapping {
                let key = self.key_at(at, end)?;
                at = self.skip_blanks(key.colon + 1, end);
                Some(self.push_key(&key))
            } else {
                None
            };
            let (value, behind) = self.flow_value(at, end, depth)?;
            match (&mut self.nodes[id.0 as usize].content, key) {
                (Content::Mapping(entries), Some(key)) => entries.push((key, value)),
                (Content::Sequence(items), _) => items.push(value),
                _ => {}
            }
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

    fn is_empty(&self, id: NodeId) -> bool {
        match &self.nodes[id.0 as usize].content {
            Content::Mapping(entries) => entries.is_empty(),
            Content::Sequence(items) => items.is_empty(),
            _ => false,
        }
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
                let text = self.text[start..start + length].trim_end_matches(' ');
                let behind = start + text.len();
                let text = Arc::from(text);
                Some((self.push_scalar(text, Style::Plain, start, behind), behind))
            }
            _ => None,
        }
    }
}
