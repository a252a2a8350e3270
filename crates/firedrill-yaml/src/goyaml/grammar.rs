//! The grammar over the tokens. A stack of states instead of recursion: nesting cannot overflow.

use super::scanner::Scanner;
use super::tokens::{Kind, Token};
use super::{Mark, Stage, Violation};
use crate::Version;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BlockSequence,
    IndentlessSequence,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequence { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowMappingKey { first: bool },
    FlowMappingValue,
    FlowMappingEmptyValue,
}

/// A collection that is open, or a part of one, and where the collection began.
type Open = (State, Mark);

/// One reading of a document.
pub(super) struct Grammar<'a> {
    scanner: Scanner<'a>,
    open: Vec<Open>,
    /// Handles declared by `%TAG`.
    handles: Vec<&'a str>,
    text: &'a str,
}

impl<'a> Grammar<'a> {
    pub(super) fn new(text: &'a str, version: Version) -> Self {
        Grammar {
            scanner: Scanner::new(text, version),
            open: Vec::new(),
            handles: Vec::new(),
            text,
        }
    }

    /// Reads the first document and the token behind it.
    pub(super) fn document(mut self) -> Result<(), Violation> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::StreamEnd => return Ok(()),
            Kind::Version { .. } | Kind::TagDirective(..) | Kind::DocumentStart => {
                self.directives()?;
                let token = self.scanner.peek()?;
                if token.kind != Kind::DocumentStart {
                    return Err(violation("did not find expected <document start>", None, token));
                }
                self.scanner.take();
                let token = self.scanner.peek()?;
                let empty = matches!(
                    token.kind,
                    Kind::Version { .. }
                        | Kind::TagDirective(..)
                        | Kind::DocumentStart
                        | Kind::DocumentEnd
                        | Kind::StreamEnd
                );
                if !empty {
                    self.node(true, false)?;
                }
            }
            _ => self.node(true, false)?,
        }
        while let Some((state, mark)) = self.open.pop() {
            self.step(state, mark)?;
        }
        self.scanner.peek().map(|_| ())
    }

    fn directives(&mut self) -> Result<(), Violation> {
        let mut version = false;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::Version { supported } => {
                    if version {
                        return Err(violation("found duplicate %YAML directive", None, token));
                    }
                    if !supported {
                        return Err(violation("found incompatible YAML document", None, token));
                    }
                    version = true;
                }
                Kind::TagDirective(start, end) => {
                    let handle = &self.text[start..end];
                    if self.handles.contains(&handle) {
                        return Err(violation("found duplicate %TAG directive", None, token));
                    }
                    self.handles.push(handle);
                }
                _ => return Ok(()),
            }
            self.scanner.take();
        }
    }

    /// Goes on in an open collection.
    fn step(&mut self, state: State, mark: Mark) -> Result<(), Violation> {
        match state {
            State::BlockSequence => self.block_sequence(mark),
            State::IndentlessSequence => self.indentless_sequence(mark),
            State::BlockMappingKey => self.block_mapping_key(mark),
            State::BlockMappingValue => self.block_mapping_value(mark),
            State::FlowSequence { first } => self.flow_sequence(first, mark),
            State::FlowPairKey => {
                self.open.push((State::FlowPairValue, mark));
                self.flow_node_unless(&[Kind::Value, Kind::FlowEntry, Kind::FlowSequenceEnd])
            }
            State::FlowPairValue => {
                self.open.push((State::FlowSequence { first: false }, mark));
                self.flow_value(&[Kind::FlowEntry, Kind::FlowSequenceEnd])
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first, mark),
            State::FlowMappingValue => {
                self.open.push((State::FlowMappingKey { first: false }, mark));
                self.flow_value(&[Kind::FlowEntry, Kind::FlowMappingEnd])
            }
            State::FlowMappingEmptyValue => {
                self.open.push((State::FlowMappingKey { first: false }, mark));
                Ok(())
            }
        }
    }

    /// One node; of a collection only the beginning, the rest is put on the stack.
    fn node(&mut self, block: bool, indentless: bool) -> Result<(), Violation> {
        let first = self.scanner.peek()?;
        if first.kind == Kind::Alias {
            self.scanner.take();
            return Ok(());
        }
        let (mut anchor, mut tag) = (false, false);
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::Anchor if !anchor => anchor = true,
                Kind::Tag(start, end) if !tag => {
                    tag = true;
                    let handle = &self.text[start..end];
                    if !matches!(handle, "" | "!" | "!!") && !self.handles.contains(&handle) {
                        return Err(violation("found undefined tag handle", Some(first.start), token));
                    }
                }
                _ => break,
            }
            self.scanner.take();
        }
        let token = self.scanner.peek()?;
        let state = match token.kind {
            Kind::BlockEntry if indentless => {
                self.open.push((State::IndentlessSequence, token.start));
                return Ok(());
            }
            Kind::Scalar => {
                self.scanner.take();
                return Ok(());
            }
            Kind::FlowSequenceStart => State::FlowSequence { first: true },
            Kind::FlowMappingStart => State::FlowMappingKey { first: true },
            Kind::BlockSequenceStart if block => State::BlockSequence,
            Kind::BlockMappingStart if block => State::BlockMappingKey,
            _ if anchor || tag => return Ok(()),
            _ => {
                return Err(violation(
                    "did not find expected node content",
                    Some(first.start),
                    token,
                ));
            }
        };
        self.scanner.take();
        self.open.push((state, token.start));
        Ok(())
    }

    fn block_sequence(&mut self, mark: Mark) -> Result<(), Violation> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::BlockEntry => {
                self.scanner.take();
                self.open.push((State::BlockSequence, mark));
                match self.scanner.peek()?.kind {
                    Kind::BlockEntry | Kind::BlockEnd => Ok(()),
                    _ => self.node(true, false),
                }
            }
            Kind::BlockEnd => {
                self.scanner.take();
                Ok(())
            }
            _ => Err(violation(
                "did not find expected '-' indicator",
                Some(mark),
                token,
            )),
        }
    }

    fn indentless_sequence(&mut self, mark: Mark) -> Result<(), Violation> {
        if self.scanner.peek()?.kind != Kind::BlockEntry {
            return Ok(());
        }
        self.scanner.take();
        self.open.push((State::IndentlessSequence, mark));
        match self.scanner.peek()?.kind {
            Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => Ok(()),
            _ => self.node(true, false),
        }
    }

    fn block_mapping_key(&mut self, mark: Mark) -> Result<(), Violation> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::Key => {
                self.scanner.take();
                self.open.push((State::BlockMappingValue, mark));
                self.block_part()
            }
            Kind::BlockEnd => {
                self.scanner.take();
                Ok(())
            }
            _ => Err(violation("did not find expected key", Some(mark), token)),
        }
    }

    fn block_mapping_value(&mut self, mark: Mark) -> Result<(), Violation> {
        self.open.push((State::BlockMappingKey, mark));
        if self.scanner.peek()?.kind != Kind::Value {
            return Ok(());
        }
        self.scanner.take();
        self.block_part()
    }

    /// A key or value of a block mapping, which may be left out.
    fn block_part(&mut self) -> Result<(), Violation> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(()),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self, first: bool, mark: Mark) -> Result<(), Violation> {
        let closing = Kind::FlowSequenceEnd;
        if !self.flow_separator(first, closing, mark, "did not find expected ',' or ']'")? {
            return Ok(());
        }
        if self.scanner.peek()?.kind == Kind::Key {
            self.scanner.take();
            self.open.push((State::FlowPairKey, mark));
            return Ok(());
        }
        self.open.push((State::FlowSequence { first: false }, mark));
        self.node(false, false)
    }

    fn flow_mapping_key(&mut self, first: bool, mark: Mark) -> Result<(), Violation> {
        let closing = Kind::FlowMappingEnd;
        if !self.flow_separator(first, closing, mark, "did not find expected ',' or '}'")? {
            return Ok(());
        }
        if self.scanner.peek()?.kind == Kind::Key {
            self.scanner.take();
            self.open.push((State::FlowMappingValue, mark));
            return self.flow_node_unless(&[Kind::Value, Kind::FlowEntry, Kind::FlowMappingEnd]);
        }
        self.open.push((State::FlowMappingEmptyValue, mark));
        self.node(false, false)
    }

    /// Goes over the comma before an entry. `false` at the end of the collection, which is taken.
    fn flow_separator(
        &mut self,
        first: bool,
        closing: Kind,
        mark: Mark,
        problem: &'static str,
    ) -> Result<bool, Violation> {
        let mut token = self.scanner.peek()?;
        if token.kind != closing && !first {
            if token.kind != Kind::FlowEntry {
                return Err(violation(problem, Some(mark), token));
            }
            self.scanner.take();
            token = self.scanner.peek()?;
        }
        if token.kind == closing {
            self.scanner.take();
            return Ok(false);
        }
        Ok(true)
    }

    fn flow_value(&mut self, ends: &[Kind]) -> Result<(), Violation> {
        if self.scanner.peek()?.kind != Kind::Value {
            return Ok(());
        }
        self.scanner.take();
        self.flow_node_unless(ends)
    }

    fn flow_node_unless(&mut self, ends: &[Kind]) -> Result<(), Violation> {
        if ends.contains(&self.scanner.peek()?.kind) {
            return Ok(());
        }
        self.node(false, false)
    }
}

fn violation(problem: &'static str, context: Option<Mark>, token: Token) -> Violation {
    Violation {
        stage: Stage::Parser,
        problem,
        context,
        at: token.start,
    }
}
