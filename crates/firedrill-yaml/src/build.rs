//! Builds the tree from the events of the YAML parser. The only place that names that parser, besides [`crate::problem`].

use crate::problem::{add_upstream, describe};
use crate::tree::{Slot, SlotKind};
use crate::{Comment, Document, NodeId, Style, SyntaxError, Tree, Upstream, decode, ordinary};
use firedrill_source::Span;
use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, Tag};
use rustc_hash::FxHashMap;

/// Deepest nesting of lists and mappings, as in go-yaml.
const DEPTH_LIMIT: usize = 10_000;
/// Comments that may stand together; beyond any real file.
const COMMENT_LIMIT: usize = 1 << 20;

/// Reads all documents of a text. What is wrong is in [`Tree::errors`]; after an error reading goes on at the next
/// document.
pub fn parse(text: &str) -> Tree<'_> {
    ordinary::parse(text).unwrap_or_else(|| parse_general(text))
}

/// [`parse`] without the short cut for files of ordinary shape.
#[doc(hidden)]
pub fn parse_general(text: &str) -> Tree<'_> {
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        max_buffered_comment_events: COMMENT_LIMIT,
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
    };
    let mut builder = Builder {
        text,
        // A guess that spares most of the growing: rule files have a node for about 25 bytes.
        tree: Tree {
            text,
            nodes: Vec::with_capacity(text.len() / 25 + 8),
            ..Tree::default()
        },
        open: Vec::new(),
        anchors: FxHashMap::default(),
        last_end: 0,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    builder.run(&mut parser);
    add_upstream(text, &mut builder.tree.errors);
    builder.check_characters();
    builder.tree
}

/// The kinds of collections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Collection {
    BlockSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
}

/// A collection that is being filled.
struct Frame {
    id: NodeId,
    collection: Collection,
    /// A key that waits for its value.
    key: Option<NodeId>,
    /// The newest child.
    last: Option<NodeId>,
}

impl Frame {
    fn add(&mut self, tree: &mut Tree<'_>, child: NodeId) {
        Tree::add_child(&mut tree.nodes, self.id, self.last.replace(child), child);
    }
}

struct Builder<'a> {
    text: &'a str,
    tree: Tree<'a>,
    open: Vec<Frame>,
    anchors: FxHashMap<usize, NodeId>,
    /// End of the event before.
    last_end: usize,
}

impl<'a> Builder<'a> {
    fn run(&mut self, parser: &mut Parser<'a, StrInput<'a>>) {
        while let Some(next) = parser.next_event() {
            match next {
                Ok((Event::StreamEnd, _)) => return,
                Ok((event, span)) => self.event(event, span),
                Err(error) => {
                    let before = self.tree.documents.len();
                    self.fail(&error);
                    match parser.proceed_next_document() {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(_) => return,
                    }
                    debug_assert!(self.tree.documents.len() >= before);
                }
            }
        }
    }

    #[cold]
    fn fail(&mut self, error: &granit_parser::ScanError) {
        // An error between documents, or behind a whole document, belongs to the one that is about to begin: go-yaml
        // does not look there when it reads the first.
        let whole = self.open.is_empty() && self.tree.documents.last().is_some_and(|d| d.root.is_some());
        if let Some(last) = self.tree.documents.last_mut().filter(|_| whole) {
            last.complete = true;
        }
        let in_document = self.tree.documents.last().is_some_and(|d| !d.complete);
        let document = self.tree.documents.len() - usize::from(in_document);
        let error = describe(error, document, self.text);
        if !in_document {
            let start = error.offset;
            self.tree.documents.push(Document {
                root: None,
                start,
                complete: false,
            });
        }
        self.tree.errors.push(error);
        for mut frame in std::mem::take(&mut self.open) {
            self.tree.unfinished.push(frame.id);
            if let Some(key) = frame.key {
                let value = self.empty(self.last_end);
                frame.add(&mut self.tree, key);
                frame.add(&mut self.tree, value);
            }
        }
        self.anchors.clear();
    }

    fn event(&mut self, event: Event<'a>, span: granit_parser::Span) {
        let range = span.byte_range().unwrap_or(0..0);
        let range = range.start.min(self.text.len())..range.end.min(self.text.len());
        let tag_start = span
            .tag_span()
            .and_then(|tag| tag.byte_range())
            .map(|tag| tag.start);
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                let start = range.start;
                self.tree.documents.push(Document {
                    root: None,
                    start,
                    complete: false,
                });
            }
            Event::DocumentEnd => {
                if let Some(document) = self.tree.documents.last_mut() {
                    document.complete = true;
                }
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                let slot = match target {
                    Some(target) => Slot {
                        first: target.0,
                        ..slot(SlotKind::Alias, &range)
                    },
                    None => slot(SlotKind::UnknownAlias, &range),
                };
                self.node(slot, None, None, 0);
            }
            Event::UnresolvedAlias(name) => {
                self.unknown_anchor(&name, range.start);
                self.node(slot(SlotKind::UnknownAlias, &range), None, None, 0);
            }
            Event::Anchor(_, _) => {
                // The node that it belongs to is the newest.
                if let Some(node) = self.tree.nodes.last_mut() {
                    node.start = node.start.min(Span::at(range.start).start);
                }
                return;
            }
            Event::Comment(..) => {
                let own_line = self.text[..range.start]
                    .rsplit(['\n', '\r'])
                    .next()
                    .is_none_or(|line| line.trim_matches([' ', '\t']).is_empty());
                let span = Span::new(range.start, range.end);
                self.tree.comments.push(Comment { span, own_line });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (text, style, place) = self.scalar(&text, style, range.clone());
                let first = Span::at(self.tree.decoded.len()).start;
                self.tree.decoded.push_str(text);
                let scalar = Slot {
                    style,
                    first,
                    second: Span::at(self.tree.decoded.len()).start,
                    ..slot(SlotKind::Decoded, &place)
                };
                self.last_end = range.end;
                self.node(scalar, tag.as_deref(), tag_start, anchor);
                return;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let collection = match style {
                    StructureStyle::Block => Collection::BlockSequence,
                    StructureStyle::Flow => Collection::FlowSequence,
                };
                let slot = slot(SlotKind::Sequence, &range);
                self.open(slot, collection, tag.as_deref(), tag_start, anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                let collection = match style {
                    StructureStyle::Block => Collection::BlockMapping,
                    StructureStyle::Flow => Collection::FlowMapping,
                };
                let slot = slot(SlotKind::Mapping, &range);
                self.open(slot, collection, tag.as_deref(), tag_start, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            _ => {}
        }
        self.last_end = self.last_end.max(range.end);
    }

    /// Text, style and place of a scalar.
    fn scalar<'s>(
        &self,
        text: &'s str,
        style: ScalarStyle,
        range: std::ops::Range<usize>,
    ) -> (&'s str, Style, std::ops::Range<usize>) {
        match style {
            // A value that is left out comes as `~` over nothing.
            ScalarStyle::Plain if range.is_empty() => {
                let at = behind_indicator(self.text, range.start);
                ("", Style::Plain, at..at)
            }
            ScalarStyle::Plain => (text, Style::Plain, range),
            ScalarStyle::SingleQuoted => (text, Style::SingleQuoted, range),
            ScalarStyle::DoubleQuoted => (text, Style::DoubleQuoted, range),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let style = if style == ScalarStyle::Literal {
                    Style::Literal
                } else {
                    Style::Folded
                };
                let header = block_header(self.text, self.last_end, range.start, style);
                let end = block_end(self.text, header.end, range.end, text);
                (text, style, header.start..end)
            }
        }
    }

    fn node(&mut self, slot: Slot, tag: Option<&Tag>, tag_start: Option<usize>, anchor: usize) -> NodeId {
        let id = self.push(slot, tag, tag_start);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.attach(id);
        id
    }

    fn push(&mut self, mut slot: Slot, tag: Option<&Tag>, tag_start: Option<usize>) -> NodeId {
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        if let Some(tag) = tag_start {
            slot.start = Span::at(tag).start.min(slot.start);
        }
        if let Some(tag) = tag {
            self.tree.tags.push(short_tag(tag));
            slot.tag = u32::try_from(self.tree.tags.len()).unwrap_or(0);
        }
        self.tree.nodes.push(slot);
        id
    }

    fn empty(&mut self, at: usize) -> NodeId {
        let nothing = Slot {
            first: 0,
            ..slot(SlotKind::Decoded, &(at..at))
        };
        self.push(nothing, None, None)
    }

    fn open(
        &mut self,
        slot: Slot,
        collection: Collection,
        tag: Option<&Tag>,
        tag_start: Option<usize>,
        anchor: usize,
    ) {
        let id = self.node(slot, tag, tag_start, anchor);
        self.open.push(Frame {
            id,
            collection,
            key: None,
            last: None,
        });
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.open.pop() else { return };
        let flow = matches!(
            frame.collection,
            Collection::FlowSequence | Collection::FlowMapping
        );
        let last_end = frame.last.map(|id| self.tree.nodes[id.0 as usize].span.end);
        let span = &mut self.tree.nodes[frame.id.0 as usize].span;
        let end = if flow {
            Span::at(end).start
        } else {
            last_end.unwrap_or(span.end)
        };
        span.end = end
            .max(span.end.min(last_end.unwrap_or(span.end)))
            .max(span.start);
    }

    /// Puts a finished or just opened node where it belongs.
    fn attach(&mut self, id: NodeId) {
        let Some(frame) = self.open.last_mut() else {
            if let Some(document) = self.tree.documents.last_mut() {
                document.root.get_or_insert(id);
            }
            return;
        };
        match frame.collection {
            Collection::BlockSequence | Collection::FlowSequence => frame.add(&mut self.tree, id),
            Collection::BlockMapping | Collection::FlowMapping => match frame.key.take() {
                None => frame.key = Some(id),
                Some(key) => {
                    frame.add(&mut self.tree, key);
                    frame.add(&mut self.tree, id);
                }
            },
        }
    }

    fn unknown_anchor(&mut self, name: &str, offset: usize) {
        let document = self.tree.documents.len().saturating_sub(1);
        self.tree.errors.push(SyntaxError {
            message: format!("unknown anchor `{name}`"),
            help: Some(
                "define it with `&` before its first use, or put quotes around a text that starts with `*`",
            ),
            offset,
            document,
            upstream: Upstream::same(format!("unknown anchor '{name}' referenced")),
        });
    }

    /// go-yaml refuses control characters as soon as it has read them, which is up to 512 bytes ahead of what it looks
    /// at.
    fn check_characters(&mut self) {
        let Some(offset) = decode::first_control_character(self.text) else {
            return;
        };
        let ahead = |at: usize| at.saturating_add(512) / 512 * 512;
        let document = self
            .tree
            .documents
            .iter()
            .skip(1)
            .rposition(|later| ahead(later.start) <= offset)
            .map_or(0, |index| index + 1);
        let first_error = self.tree.errors.first().map_or(usize::MAX, |error| error.offset);
        let problem = SyntaxError {
            message: "control characters are not allowed".to_owned(),
            help: Some("write it as an escape in double quotes, such as \"\\x07\""),
            offset,
            document,
            upstream: Upstream::same("control characters are not allowed"),
        };
        let at = if offset < ahead(first_error) {
            0
        } else {
            self.tree.errors.len()
        };
        self.tree.errors.insert(at, problem);
    }
}

/// A node of that kind, without children.
fn slot(kind: SlotKind, range: &std::ops::Range<usize>) -> Slot {
    Slot::new(kind, Span::new(range.start, range.end))
}

/// A value that is left out stands behind its `:` or `-`.
fn behind_indicator(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at..) {
        Some([b':' | b'-' | b'?']) => at + 1,
        Some([b':' | b'-' | b'?', next, ..]) if next.is_ascii_whitespace() => at + 1,
        _ => at,
    }
}

/// `tag:yaml.org,2002:int` as `!!int`; others as they are.
fn short_tag(tag: &Tag) -> Box<str> {
    let full = format!("{}{}", tag.handle(), tag.suffix());
    match full.strip_prefix("tag:yaml.org,2002:") {
        Some(short) => format!("!!{short}").into(),
        None => full.into(),
    }
}

/// The header of a block scalar, from its indicator to the end of the line, searched between the token before and its
/// content.
fn block_header(text: &str, from: usize, to: usize, style: Style) -> std::ops::Range<usize> {
    let indicator = if style == Style::Literal { b'|' } else { b'>' };
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b if b == indicator => {
                let line_end = bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r'));
                return at..line_end.map_or(bytes.len(), |n| at + n);
            }
            b'#' => {
                at += bytes[at..]
                    .iter()
                    .position(|b| matches!(b, b'\n' | b'\r'))
                    .unwrap_or(bytes.len());
            }
            // Anchors and tags may hold the indicator.
            b'&' | b'!' => {
                at += bytes[at..]
                    .iter()
                    .position(u8::is_ascii_whitespace)
                    .unwrap_or(bytes.len());
            }
            _ => at += 1,
        }
    }
    to..to
}

/// The end of a block scalar's last line of content. The parser's range runs on over blank lines and the indentation of
/// what follows.
fn block_end(text: &str, header_end: usize, raw_end: usize, decoded: &str) -> usize {
    let raw = &text[header_end.min(raw_end)..raw_end];
    let wanted = decoded.trim_end_matches(['\n', '\r']);
    if wanted.is_empty() {
        return header_end;
    }
    // Only whole lines of blanks may be cut: blanks behind content are content.
    let mut end = raw.len();
    loop {
        let line_start = raw[..end].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line = &raw[line_start..end];
        let blank_content = wanted
            .rsplit('\n')
            .next()
            .is_some_and(|last| last.trim_matches(' ').is_empty());
        if line_start == 0 || !line.trim_matches(' ').is_empty() || blank_content && !line.is_empty() {
            return header_end.min(raw_end) + end;
        }
        end = line_start - 1;
        if raw[..end].ends_with('\r') && raw[end..].starts_with('\n') {
            end -= 1;
        }
    }
}
