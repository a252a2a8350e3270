//! The tree of a YAML file: nodes in one list, so that no depth of nesting can exhaust the stack.

use crate::{Scalar, Style, SyntaxError, Version, Written};
use firedrill_source::Span;
use rustc_hash::FxHashSet;
use thiserror::Error;

/// Names a node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'t> {
    /// Text; an empty plain scalar with an empty span where a value is left out.
    Scalar(Written<'t>),
    /// Elements, see [`NodeRef::items`].
    Sequence,
    /// Keys and values in file order, repeated keys and `<<` included, see [`NodeRef::entries`].
    Mapping,
    /// `*name`; `None` where no such anchor was defined before.
    Alias(Option<NodeId>),
}

/// One node as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node<'t> {
    /// What it is.
    pub content: Content<'t>,
    /// Elements of a sequence; keys and values of a mapping in turn.
    pub children: Vec<NodeId>,
    /// The tag as go-yaml shortens it (`!!int`, `!custom`), if one is written.
    pub tag: Option<&'t str>,
    /// Where its content stands, without anchor and tag. For block collections it ends where the last child ends.
    pub span: Span,
    /// Where it begins, anchor and tag included.
    pub start: u32,
}

/// A node as it is kept: small, and without anything to allocate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) span: Span,
    pub(crate) start: u32,
    pub(crate) kind: SlotKind,
    /// Of a scalar.
    pub(crate) style: Style,
    /// Index into the tags, from 1; 0 is none.
    pub(crate) tag: u32,
    /// Of a scalar the start of its text, of a collection the first child, of an alias what it stands for.
    pub(crate) first: u32,
    /// Of a scalar the end of its text, of a collection the number of its children.
    pub(crate) second: u32,
    /// The child behind it in the same collection.
    pub(crate) next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// A scalar whose text stands in the file as it is.
    Verbatim,
    /// A scalar whose text was decoded.
    Decoded,
    Sequence,
    Mapping,
    Alias,
    UnknownAlias,
}

/// No node.
const NONE: u32 = u32::MAX;

impl Slot {
    #[inline]
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.kind, SlotKind::Verbatim | SlotKind::Decoded)
    }

    /// A collection without children, or an alias of nothing.
    #[inline]
    pub(crate) fn new(kind: SlotKind, span: Span) -> Self {
        Slot {
            span,
            start: span.start,
            kind,
            style: Style::Plain,
            tag: 0,
            first: NONE,
            second: 0,
            next: NONE,
        }
    }
}

/// One document of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its root; `None` where a syntax error left nothing to keep.
    pub root: Option<NodeId>,
    /// The offset at which it begins: its `---`, or its content.
    pub start: usize,
    /// Whether it was read to its end.
    pub complete: bool,
}

/// A comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line, without the line break.
    pub span: Span,
    /// Whether nothing else stands before it on its line.
    pub own_line: bool,
}

/// All documents of a file.
#[derive(Clone, Debug, Default)]
pub struct Tree<'a> {
    pub(crate) text: &'a str,
    /// The texts of scalars that do not stand in the file as they are, one behind the other.
    pub(crate) decoded: String,
    pub(crate) nodes: Vec<Slot>,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) documents: Vec<Document>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) unfinished: Vec<NodeId>,
}

impl Tree<'_> {
    /// The documents in file order.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All comments in file order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// What is wrong with the file, in file order.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Whether a syntax error broke off this collection: what it lacks may stand behind the error.
    pub fn is_unfinished(&self, id: NodeId) -> bool {
        self.unfinished.contains(&id)
    }

    /// All nodes, each before its children.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        self.nodes.iter().map(|slot| Node {
            content: self.content(slot),
            children: self.children(slot).collect(),
            tag: self.tag(slot),
            span: slot.span,
            start: slot.start,
        })
    }

    /// Whether there is any alias.
    pub fn has_aliases(&self) -> bool {
        let is_alias = |slot: &Slot| matches!(slot.kind, SlotKind::Alias | SlotKind::UnknownAlias);
        self.nodes.iter().any(is_alias)
    }

    /// The root of a document.
    pub fn root(&self, document: usize) -> Option<NodeRef<'_>> {
        let id = self.documents.get(document)?.root?;
        Some(NodeRef {
            tree: self,
            id,
            via: None,
        })
    }
}

impl Tree<'_> {
    #[inline]
    fn slot(&self, id: NodeId) -> &Slot {
        &self.nodes[id.0 as usize]
    }

    #[inline]
    fn text_of(&self, slot: &Slot) -> &str {
        let place = Span {
            start: slot.first,
            end: slot.second,
        };
        match slot.kind {
            SlotKind::Verbatim => place.slice(self.text),
            SlotKind::Decoded => place.slice(&self.decoded),
            _ => "",
        }
    }

    #[inline]
    fn content(&self, slot: &Slot) -> Content<'_> {
        match slot.kind {
            SlotKind::Verbatim | SlotKind::Decoded => Content::Scalar(Written {
                text: self.text_of(slot),
                style: slot.style,
                span: slot.span,
            }),
            SlotKind::Sequence => Content::Sequence,
            SlotKind::Mapping => Content::Mapping,
            SlotKind::Alias => Content::Alias(Some(NodeId(slot.first))),
            SlotKind::UnknownAlias => Content::Alias(None),
        }
    }

    fn tag(&self, slot: &Slot) -> Option<&str> {
        let index = (slot.tag as usize).checked_sub(1)?;
        self.tags.get(index).map(|tag| &**tag)
    }

    #[inline]
    fn children(&self, slot: &Slot) -> Children<'_> {
        let is_collection = matches!(slot.kind, SlotKind::Sequence | SlotKind::Mapping);
        Children {
            nodes: &self.nodes,
            next: slot.first,
            left: if is_collection { slot.second } else { 0 },
        }
    }

    /// Puts a node behind the last child of a collection.
    #[inline]
    pub(crate) fn add_child(nodes: &mut [Slot], parent: NodeId, last: Option<NodeId>, child: NodeId) {
        match last {
            Some(last) => nodes[last.0 as usize].next = child.0,
            None => nodes[parent.0 as usize].first = child.0,
        }
        nodes[parent.0 as usize].second += 1;
    }
}

/// The children of a collection.
#[derive(Clone)]
struct Children<'t> {
    nodes: &'t [Slot],
    next: u32,
    left: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let id = self.next;
        self.next = self.nodes.get(id as usize)?.next;
        Some(NodeId(id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Children<'_> {}

/// Keys with their values.
#[derive(Clone)]
struct Pairs<'t>(Children<'t>);

impl Iterator for Pairs<'_> {
    type Item = (NodeId, NodeId);

    #[inline]
    fn next(&mut self) -> Option<(NodeId, NodeId)> {
        Some((self.0.next()?, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let pairs = self.0.len() / 2;
        (pairs, Some(pairs))
    }
}

impl ExactSizeIterator for Pairs<'_> {}

/// A node in the place where it is used: aliases look like what they stand for, and remember where they stand.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'t> {
    tree: &'t Tree<'t>,
    id: NodeId,
    via: Option<Span>,
}

/// A key with its value, merge keys resolved.
#[derive(Clone, Copy, Debug)]
pub struct Field<'t> {
    /// The key.
    pub key: NodeRef<'t>,
    /// The value.
    pub value: NodeRef<'t>,
    /// Whether it comes out of a `<<`.
    pub merged: bool,
}

/// Why a `<<` cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// The value is something else.
    #[error("map merge requires map or sequence of maps as the value")]
    NotAMapping(
        /// The value.
        Span,
    ),
    /// A mapping merges itself, or merges are nested hundreds deep.
    #[error("anchor value contains itself")]
    Cycle(
        /// The value.
        Span,
    ),
}

/// Nested `<<` deeper than this are taken for a cycle.
const MERGE_DEPTH: usize = 100;

impl<'t> NodeRef<'t> {
    #[inline]
    fn written(self) -> &'t Slot {
        self.tree.slot(self.id)
    }

    /// A child of a node that [`NodeRef::target`] gave.
    #[inline]
    fn child(self, id: NodeId) -> NodeRef<'t> {
        NodeRef {
            tree: self.tree,
            id,
            via: self.via,
        }
    }

    /// The node itself, or what its alias stands for.
    #[inline]
    fn target(self) -> NodeRef<'t> {
        let slot = self.written();
        match slot.kind {
            SlotKind::Alias => NodeRef {
                tree: self.tree,
                id: NodeId(slot.first),
                via: Some(self.via.unwrap_or(slot.span)),
            },
            _ => self,
        }
    }

    /// Which node it is, aliases resolved.
    pub fn id(self) -> NodeId {
        self.target().id
    }

    /// Whether an alias stands here or on the way to here.
    #[inline]
    pub fn through_alias(self) -> bool {
        self.via.is_some() || self.is_alias()
    }

    /// Whether an alias stands exactly here.
    #[inline]
    pub fn is_alias(self) -> bool {
        matches!(self.written().kind, SlotKind::Alias | SlotKind::UnknownAlias)
    }

    /// What it is, aliases resolved; [`Content::Alias`] only for an unknown anchor.
    #[inline]
    pub fn content(self) -> Content<'t> {
        self.tree.content(self.target().written())
    }

    /// The tag, aliases resolved.
    #[inline]
    pub fn tag(self) -> Option<&'t str> {
        self.tree.tag(self.target().written())
    }

    /// Where the content is written; behind an alias the definition.
    #[inline]
    pub fn span(self) -> Span {
        self.target().written().span
    }

    /// Where it is used: the outermost alias on the way to it, otherwise the same as [`NodeRef::span`].
    pub fn used_at(self) -> Span {
        self.target().via.unwrap_or(self.written().span)
    }

    /// The offset that go-yaml calls the node's position: the alias if one stands exactly here, otherwise where the
    /// node begins, anchor and tag included.
    pub fn position(self) -> usize {
        self.written().start as usize
    }

    /// Like [`NodeRef::position`], with aliases resolved.
    pub fn definition(self) -> usize {
        self.target().written().start as usize
    }

    /// The scalar, if it is one.
    pub fn scalar(self) -> Option<Scalar> {
        let target = self.target();
        let slot = target.written();
        slot.is_scalar().then(|| Scalar {
            text: firedrill_value::shared_text(self.tree.text_of(slot)),
            style: slot.style,
            span: slot.span,
            used_at: target.via.unwrap_or(slot.span),
        })
    }

    /// The scalar, if it is one without a tag. What is null, in the eyes of either version, has an empty text.
    #[inline]
    pub fn untagged_scalar(self) -> Option<Scalar> {
        let target = self.target();
        let slot = target.written();
        if slot.tag != 0 || !slot.is_scalar() {
            return None;
        }
        let text = self.tree.text_of(slot);
        let is_null = slot.style == Style::Plain && crate::resolve::is_null_word(text);
        Some(Scalar {
            text: firedrill_value::shared_text(if is_null { "" } else { text }),
            style: slot.style,
            span: slot.span,
            used_at: target.via.unwrap_or(slot.span),
        })
    }

    /// The text, if it is a scalar.
    #[inline]
    pub fn text(self) -> Option<&'t str> {
        let slot = self.target().written();
        slot.is_scalar().then(|| self.tree.text_of(slot))
    }

    /// The text, if an untagged scalar is written right here that plainly is text and nothing else.
    #[inline]
    pub fn plain_text(self, version: Version) -> Option<&'t str> {
        let slot = self.written();
        if slot.tag != 0 {
            return None;
        }
        let text = match slot.kind {
            SlotKind::Verbatim => self.tree.text,
            SlotKind::Decoded => &self.tree.decoded,
            _ => return None,
        };
        let place = Span {
            start: slot.first,
            end: slot.second,
        };
        let text = place.slice(text);
        crate::resolve::is_plainly_text(text, slot.style, version).then_some(text)
    }

    /// Whether it is null, written or left out, in the eyes of either version.
    #[inline]
    pub fn is_null(self) -> bool {
        let slot = self.target().written();
        let is_short = slot.second.wrapping_sub(slot.first) <= 4;
        // Nearly all scalars are quoted or too long. Either is as likely, so that one branch is better than two.
        let may_be_null = (slot.tag != 0) | !slot.is_scalar() | ((slot.style == Style::Plain) & is_short);
        may_be_null && self.is_null_node()
    }

    #[inline(never)]
    fn is_null_node(self) -> bool {
        let slot = self.target().written();
        match slot.kind {
            SlotKind::Sequence | SlotKind::Mapping => false,
            SlotKind::Verbatim | SlotKind::Decoded if slot.tag == 0 => {
                slot.style == Style::Plain && crate::resolve::is_null_word(self.tree.text_of(slot))
            }
            _ => crate::resolve(self, Version::V3) == Ok(crate::Resolved::Null),
        }
    }

    /// Whether it is a scalar without a tag, so that only its text and style say what it means.
    #[inline]
    pub fn is_untagged_scalar(self) -> bool {
        let slot = self.target().written();
        slot.tag == 0 && slot.is_scalar()
    }

    /// The text, if it is a scalar without a tag.
    #[inline]
    pub fn untagged_text(self) -> Option<&'t str> {
        let slot = self.target().written();
        (slot.tag == 0 && slot.is_scalar()).then(|| self.tree.text_of(slot))
    }

    /// Whether it is a mapping.
    #[inline]
    pub fn is_mapping(self) -> bool {
        self.target().written().kind == SlotKind::Mapping
    }

    /// The elements, if it is a sequence.
    #[inline]
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = NodeRef<'t>> + Clone> {
        let target = self.target();
        let slot = target.written();
        (slot.kind == SlotKind::Sequence).then(|| self.tree.children(slot).map(move |id| target.child(id)))
    }

    /// Keys and values as written, if it is a mapping.
    #[inline]
    pub fn entries(self) -> Option<impl ExactSizeIterator<Item = (NodeRef<'t>, NodeRef<'t>)> + Clone> {
        let target = self.target();
        let slot = target.written();
        (slot.kind == SlotKind::Mapping).then(|| {
            Pairs(self.tree.children(slot)).map(move |(key, value)| (target.child(key), target.child(value)))
        })
    }

    /// The value of the first key with this text, without looking into merges.
    pub fn get(self, key: &str) -> Option<NodeRef<'t>> {
        self.entries()?
            .find(|(k, _)| k.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// Whether this key means "merge".
    #[inline]
    pub fn is_merge_key(self) -> bool {
        // go-yaml looks at the node as written: an alias to `<<` is no merge.
        let slot = self.written();
        slot.style == Style::Plain
            && slot.second.wrapping_sub(slot.first) == 2
            && self.tree.text_of(slot) == "<<"
            && matches!(self.tree.tag(slot), None | Some("!" | "!!merge"))
    }

    /// The mappings that a `<<` with this value brings in, the strongest first.
    ///
    /// # Errors
    /// When it is neither a mapping nor a sequence of mappings.
    pub fn merge_sources(self) -> Result<Vec<NodeRef<'t>>, MergeError> {
        let not_a_mapping = |node: NodeRef<'_>| MergeError::NotAMapping(node.used_at());
        match self.content() {
            Content::Mapping => Ok(vec![self]),
            // An alias has to stand for a mapping; a list has to be written out.
            Content::Sequence if !self.is_alias() => self
                .items()
                .into_iter()
                .flatten()
                .map(|item| match item.content() {
                    Content::Mapping => Ok(item),
                    _ => Err(not_a_mapping(item)),
                })
                .collect(),
            _ => Err(not_a_mapping(self)),
        }
    }

    /// The fields of a mapping with `<<` resolved: those written here first (repeated keys included), then the merged
    /// ones that are not overridden. Empty for anything but a mapping.
    ///
    /// # Errors
    /// When a `<<` has no mapping for a value; what could be read comes along.
    pub fn fields(self) -> (Vec<Field<'t>>, Option<MergeError>) {
        // Nearly all mappings merge nothing.
        let entries = self.entries();
        if let Some(entries) = entries.filter(|entries| !entries.clone().any(|(key, _)| key.is_merge_key())) {
            return (
                entries
                    .map(|(key, value)| Field {
                        key,
                        value,
                        merged: false,
                    })
                    .collect(),
                None,
            );
        }
        let mut fields = Vec::new();
        let mut error = None;
        let mut merges = Vec::new();
        for (key, value) in self.entries().into_iter().flatten() {
            if key.is_merge_key() {
                merges.push(value);
            } else {
                fields.push(Field {
                    key,
                    value,
                    merged: false,
                });
            }
        }
        if !merges.is_empty() {
            let mut merger = Merger {
                names: fields.iter().filter_map(|f| f.key.text()).collect(),
                sources: FxHashSet::default(),
                fields,
                error,
            };
            for value in merges {
                merger.merge(value, 0);
            }
            (fields, error) = (merger.fields, merger.error);
        }
        (fields, error)
    }
}

/// Resolves `<<`: the first to bring a key wins, so a source that was seen before has nothing to add.
struct Merger<'t> {
    names: FxHashSet<&'t str>,
    sources: FxHashSet<NodeId>,
    fields: Vec<Field<'t>>,
    error: Option<MergeError>,
}

impl<'t> Merger<'t> {
    fn merge(&mut self, value: NodeRef<'t>, depth: usize) {
        if depth > MERGE_DEPTH {
            self.error.get_or_insert(MergeError::Cycle(value.used_at()));
            return;
        }
        let sources = match value.merge_sources() {
            Ok(sources) => sources,
            Err(problem) => {
                self.error.get_or_insert(problem);
                return;
            }
        };
        for source in sources {
            if !self.sources.insert(source.id()) {
                continue;
            }
            let mut deeper = Vec::new();
            for (key, value) in source.entries().into_iter().flatten() {
                if key.is_merge_key() {
                    deeper.push(value);
                } else if key.text().is_none_or(|text| self.names.insert(text)) {
                    self.fields.push(Field {
                        key,
                        value,
                        merged: true,
                    });
                }
            }
            for value in deeper {
                self.merge(value, depth + 1);
            }
        }
    }
}
