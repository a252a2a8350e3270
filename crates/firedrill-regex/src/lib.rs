//! Go's regular expression syntax on top of the regex crate.

mod expand;

use std::fmt;
use std::sync::Arc;

/// A compiled expression in Go's syntax.
#[derive(Clone)]
pub struct Regex {
    pattern: Arc<str>,
    compiled: Arc<regex::Regex>,
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

impl Regex {
    /// As Go's `regexp.Compile`: unanchored, the dot stops at line ends.
    ///
    /// # Errors
    /// As Go says it.
    pub fn new(pattern: &str) -> Result<Regex, RegexError> {
        Self::compile(pattern, pattern)
    }

    /// As matchers and `label_replace` compile: anchored at both ends, the dot matches line ends (`^(?s:…)$`).
    ///
    /// # Errors
    /// As Go says it, with the pattern alone.
    pub fn anchored(pattern: &str) -> Result<Regex, RegexError> {
        Self::compile(pattern, &format!("^(?s:{pattern})$"))
    }

    fn compile(pattern: &str, wrapped: &str) -> Result<Regex, RegexError> {
        match regex::Regex::new(wrapped) {
            Ok(compiled) => Ok(Regex {
                pattern: pattern.into(),
                compiled: Arc::new(compiled),
            }),
            Err(error) => Err(RegexError {
                message: error.to_string(),
            }),
        }
    }

    /// The pattern as the user wrote it.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Regex {}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({:?})", self.pattern)
    }
}
