//! Reads files of ordinary shape in one pass: block mappings and lists, plain keys, scalars without anchors and tags.
//!
//! Nearly all rule files look like that, and all parsers agree on what they mean. Whatever is unusual, let alone
//! wrong, is declined and left to the general parser; the tree is the same either way, to the last span.

mod flow;
mod scalars;

use crate::tree::{Slot, SlotKind};
use crate::{Comment, Document, NodeId, Style, Tree};
use firedrill_source::{Span, find_byte, find_other};

/// Collections nested deeper than this are not ordinary.
const DEPTH_LIMIT: usize = 64;
/// Keys longer than this are not ordinary.
const KEY_LIMIT: usize = 256;

/// Reads a text of one document; `None` if there is anything unusual about it.
#[doc(hidden)]
pub fn parse(text: &str) -> Option<Tree<'_>> {
    if !is_ordinary_text(text) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        // A guess that spares most of the growing: rule files have a node for about 25 bytes.
        nodes: Vec::with_capacity(text.len() / 25 + 8),
        comments: Vec::new(),
        open: Vec::new(),
        document: None,
        root: None,
        last_end: 0,
        decoded: String::new(),
    };
    reader.lines()?;
    reader.close_to(0)?;
    let root = reader.root?;
    let document = Document {
        root: Some(root),
        start: reader.document.unwrap_or(reader.nodes[0].start as usize),
        complete: true,
    };
    Some(Tree {
        text,
        decoded: reader.decoded,
        nodes: reader.nodes,
        documents: vec![document],
        comments: reader.comments,
        ..Tree::default()
    })
}

/// Whether there are neither tabs, carriage returns and control characters nor characters that some take for a line
/// break or a byte-order mark.
fn is_ordinary_text(text: &str) -> bool {
    if text.len() >= u32::MAX as usize {
        return false;
    }
    // Without a branch, so that the compiler can look at many bytes at once. As signed numbers those that are no ASCII are
    // less than any that is.
    let is_plain = |chunk: &[u8]| {
        let unusual = |byte: u8| (((byte as i8) < b' ' as i8) & (byte != b'\n')) | (byte == 0x7f);
        !chunk.iter().fold(false, |found, &byte| found | unusual(byte))
    };
    let fits = |c: char| {
        (' '..'\u{7f}').contains(&c)
            || c == '\n'
            || matches!(c, '\u{a1}'..='\u{1fff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}')
            || matches!(c, '\u{2070}'..='\u{d7ff}' | '\u{1f300}'..='\u{1faff}')
    };
    text.as_bytes().chunks(256).all(is_plain) || text.chars().all(fits)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Collection {
    Mapping,
    Sequence,
}

/// A collection that is being filled.
struct Frame {
    id: NodeId,
    collection: Collection,
    /// Column of its keys or dashes.
    column: usize,
    /// Whether a key or dash waits for its value.
    waits: bool,
    /// The newest child, a key that waits for its value among them.
    last: Option<NodeId>,
    /// Offset behind the `:` of that key.
    behind_key: usize,
}

/// A key and the `:` behind it.
struct Key {
    style: Style,
    start: usize,
    colon: usize,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    nodes: Vec<Slot>,
    comments: Vec<Comment>,
    open: Vec<Frame>,
    /// Offset of `---`.
    document: Option<usize>,
    root: Option<NodeId>,
    /// End of the newest scalar.
    last_end: usize,
    /// Texts that do not stand in the file as they are.
    decoded: String,
}

impl Reader<'_> {
    fn lines(&mut self) -> Option<()> {
        let mut at = 0;
        while at < self.bytes.len() {
            let (start, end) = self.line_at(at);
            at = if start == end {
                end + 1
            } else if self.byte(start) == b'#' {
                self.comment(start, end, true);
                end + 1
            } else {
                self.line(start, start - at, end)?
            };
        }
        Some(())
    }

    /// Where the content of the line at an offset starts, and where the line ends.
    #[inline]
    fn line_at(&self, at: usize) -> (usize, usize) {
        let start = find_other(self.bytes, at, b' ');
        (start, find_byte(self.bytes, start, b'\n'))
    }

    fn comment(&mut self, start: usize, end: usize, own_line: bool) {
        let span = Span::new(start, end);
        self.comments.push(Comment { span, own_line });
    }

    /// A line with content. Gives the offset of the next line that is not part of it.
    fn line(&mut self, mut start: usize, mut column: usize, end: usize) -> Option<usize> {
        if column == 0 && self.bytes[start..end] == *b"---" {
            if self.root.is_some() || self.document.is_some() {
                return None;
            }
            self.document = Some(start);
            return Some(end + 1);
        }
        if self.is_dash(start, end) {
            let content = self.skip_blanks(start + 1, end);
            if content == end || self.byte(content) == b'#' || self.is_dash(content, end) {
                return None;
            }
            self.item(start, column, content)?;
            column += content - start;
            start = content;
        }
        let Some(key) = self.key_at(start, end) else {
            return self.lone_value(start, column, end);
        };
        self.key(&key, column)?;
        let value = self.skip_blanks(key.colon + 1, end);
        if value < end && self.byte(value) != b'#' {
            return self.value(value, end, column);
        }
        if value < end {
            self.comment(value, end, false);
        }
        Some(end + 1)
    }

    /// A value that is not on the line of its key.
    fn lone_value(&mut self, start: usize, column: usize, end: usize) -> Option<usize> {
        let parent = self.open.last()?;
        if !parent.waits || parent.column >= column {
            return None;
        }
        // A block scalar stands behind its key or dash.
        let own_line = self.bytes[..start].iter().rev().find(|&&byte| byte != b' ') == Some(&b'\n');
        if own_line && matches!(self.byte(start), b'|' | b'>') {
            return None;
        }
        self.value(start, end, parent.column)
    }

    /// The byte at an offset; behind the end a NUL, which no ordinary file holds.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn is_dash(&self, at: usize, end: usize) -> bool {
        self.byte(at) == b'-' && (at + 1 == end || self.byte(at + 1) == b' ')
    }

    #[inline]
    fn skip_blanks(&self, mut at: usize, end: usize) -> usize {
        while at < end && self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The key that starts here; ordinary keys are words, in double quotes or not.
    fn key_at(&self, start: usize, end: usize) -> Option<Key> {
        let quoted = usize::from(self.byte(start) == b'"');
        let line = self.bytes.get(start + quoted..end)?;
        if !line
            .first()
            .is_some_and(|&byte| byte == b'_' || byte.is_ascii_alphabetic())
        {
            return None;
        }
        let length = line.iter().position(|&byte| !is_in_key(byte))?;
        if length > KEY_LIMIT || quoted > 0 && line[length] != b'"' {
            return None;
        }
        let colon = start + 2 * quoted + length;
        let line = &self.bytes[..end];
        let is_key = line.get(colon) == Some(&b':') && line.get(colon + 1).is_none_or(|&next| next == b' ');
        is_key.then_some(Key {
            style: if quoted > 0 {
                Style::DoubleQuoted
            } else {
                Style::Plain
            },
            start,
            colon,
        })
    }

    /// Closes collections whose column is greater.
    fn close_beyond(&mut self, column: usize) -> Option<()> {
        while let Some(top) = self.open.last()
            && top.column > column
        {
            self.close()?;
        }
        Some(())
    }

    fn close_to(&mut self, depth: usize) -> Option<()> {
        while self.open.len() > depth {
            self.close()?;
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.leave_out()?;
        let frame = self.open.pop()?;
        self.nodes[frame.id.0 as usize].span.end = offset(self.last_end);
        Some(())
    }

    /// Fills in the value that the newest key lacks.
    fn leave_out(&mut self) -> Option<()> {
        let top = self.open.last()?;
        if top.waits {
            let at = top.behind_key;
            if top.collection != Collection::Mapping {
                return None;
            }
            let id = self.push_scalar(Text::InPlace(at, at), Style::Plain, at, at);
            self.attach(id);
        }
        Some(())
    }

    /// A dash, and where the content behind it starts.
    fn item(&mut self, start: usize, column: usize, content: usize) -> Option<()> {
        self.close_beyond(column)?;
        match self.open.last() {
            Some(top) if top.collection == Collection::Sequence && top.column == column => {}
            // A list in the column of its key begins, to the general parser, behind the first dash.
            Some(top) if top.waits && top.column == column => {
                self.open(Collection::Sequence, content, column)?;
            }
            Some(top) if top.waits => self.open(Collection::Sequence, start, column)?,
            None if self.root.is_none() && column == 0 => self.open(Collection::Sequence, start, column)?,
            _ => return None,
        }
        let top = self.open.last_mut()?;
        top.waits = true;
        Some(())
    }

    fn key(&mut self, key: &Key, column: usize) -> Option<()> {
        self.close_beyond(column)?;
        if let Some(top) = self.open.last()
            && top.collection == Collection::Sequence
            && top.column == column
        {
            self.close()?;
        }
        let continues = match self.open.last() {
            Some(top) if top.column == column => {
                if top.collection != Collection::Mapping {
                    return None;
                }
                self.leave_out()?;
                true
            }
            Some(top) if top.waits => false,
            None if self.root.is_none() && column == 0 => false,
            _ => return None,
        };
        if !continues {
            self.open(Collection::Mapping, key.start, column)?;
        }
        let id = self.push_key(key);
        let top = self.open.last_mut()?;
        Tree::add_child(&mut self.nodes, top.id, top.last.replace(id), id);
        top.behind_key = key.colon + 1;
        top.waits = true;
        Some(())
    }

    fn open(&mut self, collection: Collection, start: usize, column: usize) -> Option<()> {
        if self.open.len() == DEPTH_LIMIT {
            return None;
        }
        let kind = match collection {
            Collection::Mapping => SlotKind::Mapping,
            Collection::Sequence => SlotKind::Sequence,
        };
        let id = self.push(Slot::new(kind, Span::new(start, start)));
        if self.open.is_empty() {
            self.root = Some(id);
        } else {
            self.attach(id);
        }
        self.open.push(Frame {
            id,
            collection,
            column,
            waits: false,
            last: None,
            behind_key: 0,
        });
        Some(())
    }

    #[inline]
    fn push(&mut self, slot: Slot) -> NodeId {
        let id = NodeId(offset(self.nodes.len()));
        self.nodes.push(slot);
        id
    }

    #[inline]
    fn push_scalar(&mut self, text: Text, style: Style, start: usize, end: usize) -> NodeId {
        self.last_end = end;
        let (kind, first, second) = match text {
            Text::InPlace(start, end) => (SlotKind::Verbatim, start, end),
            Text::Decoded(start) => (SlotKind::Decoded, start, self.decoded.len()),
        };
        self.push(Slot {
            style,
            first: offset(first),
            second: offset(second),
            ..Slot::new(kind, Span::new(start, end))
        })
    }

    fn push_key(&mut self, key: &Key) -> NodeId {
        let quote = usize::from(key.style != Style::Plain);
        let text = Text::InPlace(key.start + quote, key.colon - quote);
        self.push_scalar(text, key.style, key.start, key.colon)
    }

    /// Gives the innermost collection the value that it waits for.
    #[inline]
    fn attach(&mut self, id: NodeId) {
        let Some(top) = self.open.last_mut() else { return };
        top.waits = false;
        Tree::add_child(&mut self.nodes, top.id, top.last.replace(id), id);
    }
}

/// Where the text of a scalar is.
#[derive(Clone, Copy)]
enum Text {
    /// In the file, from one offset to another.
    InPlace(usize, usize),
    /// Behind the texts that were decoded before, from this offset on.
    Decoded(usize),
}

/// Whether a byte may stand in an ordinary key.
#[inline]
fn is_in_key(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 128u8 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
            byte += 1;
        }
        table
    };
    TABLE[byte as usize]
}

#[inline]
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
