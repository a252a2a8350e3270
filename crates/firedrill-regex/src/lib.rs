//! Go's regular expression syntax on top of the regex crate.
//!
//! A pattern is checked by a parser of Go's own syntax, so that what Go refuses is refused in Go's words; the automaton
//! is built when it is first needed. Most patterns in rules (`a|b|c`, `prefix.*`) never need one.

mod class;
mod empty;
mod expand;
mod literal;
mod syntax;
#[cfg(test)]
mod tests;

pub use empty::no_text_fits;

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A compiled expression in Go's syntax.
#[derive(Clone)]
pub struct Regex {
    pattern: Arc<str>,
    inner: Arc<Inner>,
}

struct Inner {
    anchored: bool,
    /// Answers without an automaton, where the pattern is that simple. Only of anchored expressions.
    simple: Option<literal::Simple>,
    automaton: OnceLock<Option<Automaton>>,
}

/// The compiled form and the names of its groups; group 0 has none.
struct Automaton {
    regex: regex::bytes::Regex,
    group_names: Vec<Option<String>>,
}

/// Why a pattern is refused, in the words of Go's `regexp/syntax` without its prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexError {
    /// ``missing closing ): `(` ``
    pub message: String,
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing regexp: {}", self.message)
    }
}

impl std::error::Error for RegexError {}

/// Largest automaton in bytes; Go's own limits lie far below what fits.
const SIZE_LIMIT: usize = 256 << 20;
/// From this weight on an expression is compiled at once, to know that it can be.
const HEAVY: usize = 3_000;

impl Regex {
    /// As Go's `regexp.Compile`: unanchored, the dot stops at line ends.
    ///
    /// # Errors
    /// As Go says it.
    pub fn new(pattern: &str) -> Result<Regex, RegexError> {
        Self::compile(pattern, false, None)
    }

    /// As matchers and `label_replace` compile: anchored at both ends, the dot matches line ends (`^(?s:…)$`).
    ///
    /// # Errors
    /// As Go says it, with the pattern alone.
    pub fn anchored(pattern: &str) -> Result<Regex, RegexError> {
        Self::compile(pattern, true, literal::Simple::of(pattern))
    }

    fn compile(pattern: &str, anchored: bool, simple: Option<literal::Simple>) -> Result<Regex, RegexError> {
        let mut automaton = OnceLock::new();
        if simple.is_none() {
            let translated = syntax::translate(pattern)?;
            if translated.weight > HEAVY {
                let built = build(translated, anchored);
                if built.is_none() {
                    return Err(RegexError {
                        message: format!("expression too large: `{pattern}`"),
                    });
                }
                automaton = OnceLock::from(built);
            }
        }
        Ok(Regex {
            pattern: pattern.into(),
            inner: Arc::new(Inner {
                anchored,
                simple,
                automaton,
            }),
        })
    }

    /// The pattern as the user wrote it.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the text matches.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.inner.simple {
            Some(simple) => simple.is_match(text),
            None => self
                .automaton()
                .is_some_and(|a| a.regex.is_match(text.as_bytes())),
        }
    }

    /// The texts that match, where they are a short list of plain texts and nothing else (`a|b`); `None` where that is
    /// not so.
    pub fn literals(&self) -> Option<&[Box<str>]> {
        self.inner.simple.as_ref().and_then(literal::Simple::literals)
    }

    /// Go's `ReplaceAllString`: every match becomes the expanded template (`$1`, `${name}`, `$$`).
    pub fn replace_all(&self, text: &str, template: &str) -> String {
        let Some(automaton) = self.automaton() else {
            return text.to_owned();
        };
        let mut out = Vec::with_capacity(text.len());
        let bytes = text.as_bytes();
        let (mut copied, mut search) = (0, 0);
        while search <= bytes.len() {
            let Some(captures) = automaton.regex.captures_at(bytes, search) else {
                break;
            };
            let Some(whole) = captures.get(0) else { break };
            out.extend_from_slice(bytes.get(copied..whole.start()).unwrap_or_default());
            // No empty match directly after a match: `a*` replaces "baac" at three places, not four.
            if whole.end() > copied || whole.start() == 0 {
                expand::expand(&mut out, template, &captures, &automaton.group_names);
            }
            copied = whole.end();
            let width = text
                .get(search..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8);
            search = whole.end().max(search + width);
        }
        out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The template expanded with the groups of the first match; `None` if the text does not match.
    pub fn expand_first(&self, text: &str, template: &str) -> Option<String> {
        if self
            .inner
            .simple
            .as_ref()
            .is_some_and(|simple| !simple.is_match(text))
        {
            return None;
        }
        let automaton = self.automaton()?;
        let captures = automaton.regex.captures(text.as_bytes())?;
        let mut out = Vec::new();
        expand::expand(&mut out, template, &captures, &automaton.group_names);
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    fn automaton(&self) -> Option<&Automaton> {
        self.inner
            .automaton
            .get_or_init(|| build(syntax::translate(&self.pattern).ok()?, self.inner.anchored))
            .as_ref()
    }
}

fn build(translated: syntax::Translated, anchored: bool) -> Option<Automaton> {
    let source = if anchored {
        format!(r"\A(?s:{})\z", translated.pattern)
    } else {
        translated.pattern
    };
    let regex = regex::bytes::RegexBuilder::new(&source)
        .size_limit(SIZE_LIMIT)
        .nest_limit(syntax::MAX_HEIGHT * 3)
        .build()
        .ok()?;
    Some(Automaton {
        regex,
        group_names: translated.group_names,
    })
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.inner.anchored == other.inner.anchored
    }
}

impl Eq for Regex {}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({:?})", self.pattern)
    }
}
