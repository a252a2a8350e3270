//! The tree of a YAML file: nodes in one list, so that no depth of nesting can exhaust the stack.

use crate::{Scalar, SyntaxError, Version};
use firedrill_source::Span;
use rustc_hash::FxHashSet;
use std::sync::Arc;
use thiserror::Error;

/// Names a node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text; an empty plain scalar with an empty span where a value is left out.
    Scalar(Scalar),
    /// Elements.
    Sequence(Vec<NodeId>),
    /// Keys and values in file order, repeated keys and `<<` included.
    Mapping(Vec<(NodeId, NodeId)>),
    /// `*name`; `None` where no such anchor was defined before.
    Alias(Option<NodeId>),
}

/// One node as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// The tag as go-yaml shortens it (`!!int`, `!custom`), if one is written.
    pub tag: Option<Box<str>>,
    /// Where its content stands, without anchor and tag. For block collections it ends where the last child ends.
    pub span: Span,
    /// Where it begins, anchor and tag included.
    pub start: u32,
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
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) documents: Vec<Document>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) unfinished: Vec<NodeId>,
}

impl Tree {
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
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
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

/// A node in the place where it is used: aliases look like what they stand for, and remember where they stand.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'t> {
    tree: &'t Tree,
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
    fn written(self) -> &'t Node {
        &self.tree.nodes[self.id.0 as usize]
    }

    /// A child of a node that [`NodeRef::target`] gave.
    fn child(self, id: NodeId) -> NodeRef<'t> {
        NodeRef {
            tree: self.tree,
            id,
            via: self.via,
        }
    }

    /// The node itself, or what its alias stands for.
    fn target(self) -> NodeRef<'t> {
        let node = self.written();
        match node.content {
            Content::Alias(Some(id)) => NodeRef {
                tree: self.tree,
                id,
                via: Some(self.via.unwrap_or(node.span)),
            },
            _ => self,
        }
    }

    /// Which node it is, aliases resolved.
    pub fn id(self) -> NodeId {
        self.target().id
    }

    /// Whether an alias stands here or on the way to here.
    pub fn through_alias(self) -> bool {
        self.via.is_some() || self.is_alias()
    }

    /// Whether an alias stands exactly here.
    pub fn is_alias(self) -> bool {
        matches!(self.written().content, Content::Alias(_))
    }

    /// What it is, aliases resolved; [`Content::Alias`] only for an unknown anchor.
    pub fn content(self) -> &'t Content {
        &self.target().written().content
    }

    /// The tag, aliases resolved.
    pub fn tag(self) -> Option<&'t str> {
        self.target().written().tag.as_deref()
    }

    /// Where the content is written; behind an alias the definition.
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
        let Content::Scalar(scalar) = &target.written().content else {
            return None;
        };
        let mut scalar = scalar.clone();
        if let Some(via) = target.via {
            scalar.used_at = via;
        }
        Some(scalar)
    }

    /// The text, if it is a scalar.
    pub fn text(self) -> Option<&'t Arc<str>> {
        match self.content() {
            Content::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The text, if an untagged scalar is written right here that plainly is text and nothing else.
    pub fn plain_text(self, version: Version) -> Option<&'t str> {
        match self.written() {
            Node {
                content: Content::Scalar(scalar),
                tag: None,
                ..
            } if crate::resolve::is_plainly_text(scalar, version) => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether it is null, written or left out.
    pub fn is_null(self) -> bool {
        crate::resolve(self, Version::V3) == Ok(crate::Resolved::Null)
    }

    /// The elements, if it is a sequence.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = NodeRef<'t>> + Clone> {
        let target = self.target();
        match &target.written().content {
            Content::Sequence(items) => Some(items.iter().map(move |&id| target.child(id))),
            _ => None,
        }
    }

    /// Keys and values as written, if it is a mapping.
    pub fn entries(self) -> Option<impl ExactSizeIterator<Item = (NodeRef<'t>, NodeRef<'t>)> + Clone> {
        let target = self.target();
        match &target.written().content {
            Content::Mapping(entries) => Some(
                entries
                    .iter()
                    .map(move |&(key, value)| (target.child(key), target.child(value))),
            ),
            _ => None,
        }
    }

    /// The value of the first key with this text, without looking into merges.
    pub fn get(self, key: &str) -> Option<NodeRef<'t>> {
        self.entries()?
            .find(|(k, _)| k.text().is_some_and(|text| &**text == key))
            .map(|(_, value)| value)
    }

    /// Whether this key means "merge".
    pub fn is_merge_key(self) -> bool {
        // go-yaml looks at the node as written: an alias to `<<` is no merge.
        let Content::Scalar(scalar) = &self.written().content else {
            return false;
        };
        scalar.is_plain()
            && &*scalar.text == "<<"
            && matches!(self.written().tag.as_deref(), None | Some("!" | "!!merge"))
    }

    /// The mappings that a `<<` with this value brings in, the strongest first.
    ///
    /// # Errors
    /// When it is neither a mapping nor a sequence of mappings.
    pub fn merge_sources(self) -> Result<Vec<NodeRef<'t>>, MergeError> {
        let not_a_mapping = |node: NodeRef<'_>| MergeError::NotAMapping(node.used_at());
        match self.content() {
            Content::Mapping(_) => Ok(vec![self]),
            // An alias has to stand for a mapping; a list has to be written out.
            Content::Sequence(_) if !self.is_alias() => self
                .items()
                .into_iter()
                .flatten()
                .map(|item| match item.content() {
                    Content::Mapping(_) => Ok(item),
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
                names: fields.iter().filter_map(|f| f.key.text()).map(|t| &**t).collect(),
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
