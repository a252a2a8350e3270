//! Cuts the text into tokens, with go-yaml's idea of where a key may stand.

use super::cursor::Cursor;
use super::tokens::{Kind, Token};
use super::{Mark, Stage, Violation};
use crate::Version;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Deepest nesting of collections.
const DEPTH_LIMIT: usize = 10_000;
/// A key without `?` is at most this long.
const KEY_LIMIT: usize = 1024;
const TOO_DEEP: &str = "exceeded max depth of 10000";
const KEY_WITHOUT_COLON: &str = "could not find expected ':'";

/// A place where a key without `?` may have begun: known only when its `:` comes.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// It stands where nothing but a key can stand.
    required: bool,
    /// The number of its first token.
    token: usize,
    mark: Mark,
}

/// The scanner. Tokens come out of [`Scanner::peek`].
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    version: Version,
    tokens: VecDeque<Token>,
    /// How many tokens have been taken.
    taken: usize,
    ended: bool,
    /// Column of the innermost block collection; -1 outside of any.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) key_allowed: bool,
    /// One for each level of flow collections.
    keys: Vec<SimpleKey>,
    /// The level of each possible key, by the number of its first token.
    key_levels: FxHashMap<usize, usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, version: Version) -> Self {
        Scanner {
            cursor: Cursor::new(text),
            version,
            tokens: VecDeque::new(),
            // The token for the start of the stream counts.
            taken: 1,
            ended: false,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![SimpleKey::default()],
            key_levels: FxHashMap::default(),
        }
    }

    pub(super) fn flow_level(&self) -> usize {
        self.keys.len() - 1
    }

    /// The next token, without taking it.
    pub(super) fn peek(&mut self) -> Result<Token, Violation> {
        while !self.ended && self.needs_more()? {
            self.fetch()?;
        }
        let end = Token {
            kind: Kind::StreamEnd,
            start: self.cursor.mark,
        };
        Ok(self.tokens.front().copied().unwrap_or(end))
    }

    /// Takes the token that was peeked at.
    pub(super) fn take(&mut self) {
        if self.tokens.pop_front().is_some() {
            self.taken += 1;
        }
    }

    /// Whether more has to be read before the first token is certain. Version 3 keeps two tokens more at hand, for
    /// comments, and so finds some errors earlier.
    fn needs_more(&mut self) -> Result<bool, Violation> {
        let at_hand = if self.version == Version::V3 { 2 } else { 0 };
        if self.tokens.len() <= at_hand {
            return Ok(true);
        }
        // The first token is uncertain as long as a key may begin with it.
        match self.key_levels.get(&self.taken) {
            Some(&level) => self.is_valid_key(level),
            None => Ok(false),
        }
    }

    /// A violation here, while reading what began at `context`.
    pub(super) fn violation(&self, problem: &'static str, context: Mark) -> Violation {
        Violation {
            stage: Stage::Scanner,
            problem,
            context: Some(context),
            at: self.cursor.mark,
        }
    }

    fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start });
    }

    /// Reads one token, and those that come with it.
    fn fetch(&mut self) -> Result<(), Violation> {
        self.skip_to_token();
        self.unroll(self.cursor.mark.column as isize);
        let mark = self.cursor.mark;
        if self.cursor.at_end() {
            if mark.column != 0 {
                self.cursor.mark.column = 0;
                self.cursor.mark.line += 1;
            }
            self.ended = true;
            self.boundary()?;
            self.push(Kind::StreamEnd, self.cursor.mark);
            return Ok(());
        }
        if mark.column == 0 && self.cursor.byte(0) == b'%' {
            self.boundary()?;
            let kind = self.directive()?;
            self.tokens.extend(kind.map(|kind| Token { kind, start: mark }));
            return Ok(());
        }
        if self.cursor.at_document_indicator() {
            self.boundary()?;
            let kind = if self.cursor.byte(0) == b'-' {
                Kind::DocumentStart
            } else {
                Kind::DocumentEnd
            };
            self.cursor.skip_ascii(3);
            self.push(kind, mark);
            return Ok(());
        }
        let flow = self.flow_level() > 0;
        let spaced = self.cursor.is_space_or_end(1);
        match self.cursor.byte(0) {
            b'[' => self.flow_start(Kind::FlowSequenceStart),
            b'{' => self.flow_start(Kind::FlowMappingStart),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.drop_key()?;
                self.key_allowed = true;
                self.indicator(Kind::FlowEntry)
            }
            b'-' if spaced => self.block_entry(),
            b'?' if flow || spaced => self.explicit_key(),
            b':' if flow || spaced => self.value(),
            b'*' => self.name(Kind::Alias),
            b'&' => self.name(Kind::Anchor),
            b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                let kind = self.tag()?;
                self.push(kind, mark);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.drop_key()?;
                self.key_allowed = true;
                self.block_scalar()?;
                self.push(Kind::Scalar, mark);
                Ok(())
            }
            quote @ (b'\'' | b'"') => {
                self.save_key()?;
                self.key_allowed = false;
                self.quoted_scalar(quote)?;
                self.push(Kind::Scalar, mark);
                Ok(())
            }
            first => {
                let indicator = matches!(
                    first,
                    b'-' | b'?'
                        | b':'
                        | b','
                        | b'['
                        | b']'
                        | b'{'
                        | b'}'
                        | b'#'
                        | b'&'
                        | b'*'
                        | b'!'
                        | b'|'
                        | b'>'
                        | b'\''
                        | b'"'
                        | b'%'
                        | b'@'
                        | b'`'
                );
                let plain = !indicator && !self.cursor.is_space_or_end(0)
                    || first == b'-' && !self.cursor.is_blank(1)
                    || !flow && matches!(first, b'?' | b':') && !spaced;
                if !plain {
                    return Err(self.violation("found character that cannot start any token", mark));
                }
                self.save_key()?;
                self.key_allowed = false;
                self.plain_scalar()?;
                self.push(Kind::Scalar, mark);
                Ok(())
            }
        }
    }

    /// Skips blanks, comments and line breaks. Tabs count as blanks only where no key can begin.
    fn skip_to_token(&mut self) {
        if self.cursor.mark.offset == 0 && self.cursor.rest().starts_with('\u{feff}') {
            self.cursor.mark.offset = '\u{feff}'.len_utf8();
        }
        loop {
            let tabs = self.flow_level() > 0 || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || tabs && self.cursor.byte(0) == b'\t' {
                self.cursor.skip();
            }
            if self.cursor.byte(0) == b'#' {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_break();
            if self.flow_level() == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// The end of everything that is open, at the borders of documents.
    fn boundary(&mut self) -> Result<(), Violation> {
        self.unroll(-1);
        self.drop_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn indicator(&mut self, kind: Kind) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        self.push(kind, mark);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Result<(), Violation> {
        self.save_key()?;
        self.keys.push(SimpleKey::default());
        if self.flow_level() > DEPTH_LIMIT {
            return Err(self.violation(TOO_DEEP, Mark::default()));
        }
        self.key_allowed = true;
        self.indicator(kind)
    }

    fn flow_end(&mut self, kind: Kind) -> Result<(), Violation> {
        self.drop_key()?;
        if self.flow_level() > 0 {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.indicator(kind)
    }

    fn block_entry(&mut self) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        if self.flow_level() == 0 {
            if !self.key_allowed {
                return Err(self.violation("block sequence entries are not allowed in this context", mark));
            }
            self.roll(mark, None, Kind::BlockSequenceStart)?;
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.indicator(Kind::BlockEntry)
    }

    fn explicit_key(&mut self) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        let block = self.flow_level() == 0;
        if block {
            if !self.key_allowed {
                return Err(self.violation("mapping keys are not allowed in this context", mark));
            }
            self.roll(mark, None, Kind::BlockMappingStart)?;
        }
        self.drop_key()?;
        self.key_allowed = block;
        self.indicator(Kind::Key)
    }

    fn value(&mut self) -> Result<(), Violation> {
        let mark = self.cursor.mark;
        let level = self.flow_level();
        if self.is_valid_key(level)? {
            let key = self.keys[level];
            let at = (key.token - self.taken).min(self.tokens.len());
            self.tokens.insert(
                at,
                Token {
                    kind: Kind::Key,
                    start: key.mark,
                },
            );
            self.roll(key.mark, Some(at), Kind::BlockMappingStart)?;
            self.forget_key(level);
            self.key_allowed = false;
        } else {
            if level == 0 {
                if !self.key_allowed {
                    return Err(self.violation("mapping values are not allowed in this context", mark));
                }
                self.roll(mark, None, Kind::BlockMappingStart)?;
            }
            self.key_allowed = level == 0;
        }
        self.indicator(Kind::Value)
    }

    /// An anchor or alias.
    fn name(&mut self, kind: Kind) -> Result<(), Violation> {
        self.save_key()?;
        self.key_allowed = false;
        let mark = self.cursor.mark;
        self.cursor.skip();
        let start = self.cursor.mark.offset;
        while self.cursor.is_word(0) {
            self.cursor.skip();
        }
        let ends = self.cursor.is_space_or_end(0)
            || matches!(
                self.cursor.byte(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if self.cursor.mark.offset == start || !ends {
            return Err(self.violation("did not find expected alphabetic or numeric character", mark));
        }
        self.push(kind, mark);
        Ok(())
    }

    /// Opens a block collection at a column, if it is deeper than the one before. `at` is the place in the queue.
    fn roll(&mut self, mark: Mark, at: Option<usize>, kind: Kind) -> Result<(), Violation> {
        let column = mark.column as isize;
        if self.flow_level() > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > DEPTH_LIMIT {
            return Err(self.violation(TOO_DEEP, Mark::default()));
        }
        let token = Token { kind, start: mark };
        match at {
            Some(at) => self.tokens.insert(at, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Closes block collections that are deeper than a column.
    fn unroll(&mut self, column: isize) {
        if self.flow_level() > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Remembers that a key may begin here.
    fn save_key(&mut self) -> Result<(), Violation> {
        if !self.key_allowed {
            return Ok(());
        }
        let mark = self.cursor.mark;
        let required = self.flow_level() == 0 && self.indent == mark.column as isize;
        self.drop_key()?;
        let key = SimpleKey {
            possible: true,
            required,
            token: self.taken + self.tokens.len(),
            mark,
        };
        let level = self.flow_level();
        self.keys[level] = key;
        self.key_levels.insert(key.token, level);
        Ok(())
    }

    fn forget_key(&mut self, level: usize) {
        let key = &mut self.keys[level];
        if std::mem::take(&mut key.possible) {
            self.key_levels.remove(&key.token);
        }
    }

    /// Gives up on the key that may have begun on this level.
    fn drop_key(&mut self) -> Result<(), Violation> {
        let level = self.flow_level();
        let key = self.keys[level];
        if key.possible && key.required {
            return Err(self.violation(KEY_WITHOUT_COLON, key.mark));
        }
        self.forget_key(level);
        Ok(())
    }

    /// Whether a key may still be completed: on one line and not too long.
    fn is_valid_key(&mut self, level: usize) -> Result<bool, Violation> {
        let key = self.keys[level];
        if !key.possible {
            return Ok(false);
        }
        let here = self.cursor.mark;
        if key.mark.line < here.line || key.mark.index + KEY_LIMIT < here.index {
            if key.required {
                return Err(self.violation(KEY_WITHOUT_COLON, key.mark));
            }
            self.forget_key(level);
            return Ok(false);
        }
        Ok(true)
    }

    /// A line that starts with `%`.
    fn directive(&mut self) -> Result<Option<Kind>, Violation> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let start = self.cursor.mark.offset;
        while self.cursor.is_word(0) {
            self.cursor.skip();
        }
        let text = self.cursor.text;
        let name = &text[start..self.cursor.mark.offset];
        if name.is_empty() {
            return Err(self.violation("could not find expected directive name", mark));
        }
        if !self.cursor.is_space_or_end(0) {
            return Err(self.violation("found unexpected non-alphabetical character", mark));
        }
        let kind = match name {
            "YAML" => self.version_directive(mark)?,
            "TAG" => self.tag_directive(mark)?,
            _ => return Err(self.violation("found unknown directive name", mark)),
        };
        self.cursor.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.violation("did not find expected comment or line break", mark));
        }
        self.cursor.skip_break();
        Ok(Some(kind))
    }

    fn version_directive(&mut self, mark: Mark) -> Result<Kind, Violation> {
        self.cursor.skip_blanks();
        let major = self.version_number(mark)?;
        if self.cursor.byte(0) != b'.' {
            return Err(self.violation("did not find expected digit or '.' character", mark));
        }
        self.cursor.skip();
        let minor = self.version_number(mark)?;
        Ok(Kind::Version {
            supported: major == 1 && minor == 1,
        })
    }

    fn version_number(&mut self, mark: Mark) -> Result<u32, Violation> {
        let start = self.cursor.mark.offset;
        let mut value = 0;
        while let digit @ b'0'..=b'9' = self.cursor.byte(0) {
            if self.cursor.mark.offset - start >= 2 {
                return Err(self.violation("found extremely long version number", mark));
            }
            value = value * 10 + u32::from(digit - b'0');
            self.cursor.skip();
        }
        if self.cursor.mark.offset == start {
            return Err(self.violation("did not find expected version number", mark));
        }
        Ok(value)
    }

    fn tag_directive(&mut self, mark: Mark) -> Result<Kind, Violation> {
        self.cursor.skip_blanks();
        let handle = self.tag_handle(true, mark)?;
        if !self.cursor.is_blank(0) {
            return Err(self.violation("did not find expected whitespace", mark));
        }
        self.cursor.skip_blanks();
        self.tag_uri(false, mark)?;
        if !self.cursor.is_space_or_end(0) {
            return Err(self.violation("did not find expected whitespace or line break", mark));
        }
        Ok(Kind::TagDirective(handle.0, handle.1))
    }

    fn tag(&mut self) -> Result<Kind, Violation> {
        let mark = self.cursor.mark;
        let kind = if self.cursor.byte(1) == b'<' {
            self.cursor.skip_ascii(2);
            self.tag_uri(false, mark)?;
            if self.cursor.byte(0) != b'>' {
                return Err(self.violation("did not find the expected '>'", mark));
            }
            self.cursor.skip();
            Kind::Tag(0, 0)
        } else {
            let handle = self.tag_handle(false, mark)?;
            let named = handle.1 - handle.0 > 1 && self.cursor.text[handle.0..handle.1].ends_with('!');
            self.tag_uri(!named, mark)?;
            if named {
                Kind::Tag(handle.0, handle.1)
            } else {
                Kind::Tag(0, 0)
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return Err(self.violation("did not find expected whitespace or line break", mark));
        }
        Ok(kind)
    }

    /// `!`, `!!` or `!name!`; the range.
    fn tag_handle(&mut self, directive: bool, mark: Mark) -> Result<(usize, usize), Violation> {
        let start = self.cursor.mark.offset;
        if self.cursor.byte(0) != b'!' {
            return Err(self.violation("did not find expected '!'", mark));
        }
        self.cursor.skip();
        while self.cursor.is_word(0) {
            self.cursor.skip();
        }
        if self.cursor.byte(0) == b'!' {
            self.cursor.skip();
        } else if directive && self.cursor.mark.offset - start > 1 {
            return Err(self.violation("did not find expected '!'", mark));
        }
        Ok((start, self.cursor.mark.offset))
    }

    /// The rest of a tag. `begun` says that it may be empty.
    fn tag_uri(&mut self, begun: bool, mark: Mark) -> Result<(), Violation> {
        let start = self.cursor.mark.offset;
        loop {
            match self.cursor.byte(0) {
                b'%' => {
                    let hex = |ahead| self.cursor.byte(ahead).is_ascii_hexdigit();
                    if !hex(1) || !hex(2) {
                        return Err(self.violation("did not find URI escaped octet", mark));
                    }
                    self.cursor.skip_ascii(3);
                }
                b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.' | b'!' | b'~'
                | b'*' | b'\'' | b'(' | b')' | b'[' | b']' => self.cursor.skip(),
                _ if self.cursor.is_word(0) => self.cursor.skip(),
                _ => break,
            }
        }
        if !begun && self.cursor.mark.offset == start {
            return Err(self.violation("did not find expected tag URI", mark));
        }
        Ok(())
    }
}
