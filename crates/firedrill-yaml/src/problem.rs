//! Syntax errors: our words for people, and go-yaml's for whoever has to sound like it.

use crate::{Version, goyaml};
use granit_parser::{ErrorKind, ScanError};

/// A place where a file stops being YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<&'static str>,
    /// Offset of the trouble.
    pub offset: usize,
    /// Index of the document it is in.
    pub document: usize,
    /// How go-yaml puts it.
    pub upstream: Upstream,
}

impl SyntaxError {
    fn is_unknown_anchor(&self) -> bool {
        self.upstream
            .v3
            .as_deref()
            .is_some_and(|words| words.starts_with("unknown anchor "))
    }
}

/// go-yaml's description of an error, without the leading `yaml: `. `None` where that version accepts the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upstream {
    /// Of version 3, which reads rule files.
    pub v3: Option<String>,
    /// Of version 2, which reads unit tests.
    pub v2: Option<String>,
}

impl Upstream {
    /// What that version says.
    pub fn text(&self, version: Version) -> Option<&str> {
        match version {
            Version::V2 => self.v2.as_deref(),
            Version::V3 => self.v3.as_deref(),
        }
    }

    /// The same words in both versions.
    pub(crate) fn same(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Upstream {
            v3: Some(problem.clone()),
            v2: Some(problem),
        }
    }
}

/// Translates an error of the parser underneath. What go-yaml says is filled in by [`add_upstream`].
pub(crate) fn describe(error: &ScanError, document: usize, text: &str) -> SyntaxError {
    let offset = error.marker().byte_offset().unwrap_or(0).min(text.len());
    SyntaxError {
        message: message(error, text, offset),
        help: help(error.kind(), text, offset),
        offset,
        document,
        upstream: Upstream::same(error.info()),
    }
}

/// Compares the errors in the first document with what go-yaml's grammar says of it: takes over its words, and adds its
/// error where the parser underneath found nothing wrong.
pub(crate) fn add_upstream(text: &str, errors: &mut Vec<SyntaxError>) {
    // An unknown anchor is no matter of grammar: it comes with go-yaml's words.
    let syntax = errors
        .iter()
        .position(|error| error.document == 0 && !error.is_unknown_anchor());
    let v3 = goyaml::check(text, Version::V3);
    if v3.is_ok() && syntax.is_none() {
        return;
    }
    let v2 = goyaml::check(text, Version::V2);
    let words = Upstream {
        v3: v3.as_ref().err().map(|violation| violation.text(Version::V3)),
        v2: v2.as_ref().err().map(|violation| violation.text(Version::V2)),
    };
    let Some(violation) = v3.err().or(v2.err()) else {
        // Nothing can be read where only the parser underneath refuses: its own words stay.
        return;
    };
    match syntax {
        Some(at) => errors[at].upstream = words,
        None => {
            let offset = violation.offset();
            let error = SyntaxError {
                message: explain(violation.problem).to_owned(),
                help: None,
                offset,
                document: 0,
                upstream: words,
            };
            let at = errors
                .iter()
                .position(|e| e.document > 0 || e.offset > offset)
                .unwrap_or(errors.len());
            errors.insert(at, error);
        }
    }
}

/// go-yaml's problem for people, where its words do not speak for themselves.
fn explain(problem: &'static str) -> &'static str {
    match problem {
        "did not find expected node content" => "a value is expected here",
        "did not find expected key" => "a key is expected here",
        "did not find expected '-' indicator" => "the next `- ` of the list is expected here",
        "could not find expected ':'" => "this key has no `:` on its line",
        "found character that cannot start any token" => "a value cannot start with this character",
        "mapping values are not allowed in this context" => "a `: ` is not allowed here",
        "found invalid Unicode character escape code" => "this escape stands for no character",
        "found incompatible YAML document" => "this version of YAML is not supported, only 1.1 is",
        other => other,
    }
}

/// One line for people.
fn message(error: &ScanError, text: &str, offset: usize) -> String {
    use ErrorKind as E;
    let next = text[offset..].chars().next();
    match error.kind() {
        E::MappingValueNotAllowed | E::InvalidColonPlacement => {
            "a `: ` is not allowed here: the text before it is already a value".to_owned()
        }
        E::UnclosedQuotedScalar => "the quote that opens here is never closed".to_owned(),
        E::UnclosedFlowCollection { open } => format!("the `{open}` is never closed"),
        E::UnexpectedEofFlowSequence => "the `[` is never closed".to_owned(),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            "the `{` is never closed".to_owned()
        }
        E::TabInIndentation | E::TabInBlockIndentation | E::TabInPlainScalar | E::TabNotAllowed => {
            "a tab is used for indentation".to_owned()
        }
        E::UnexpectedCharacter { character } => {
            format!("a value cannot start with `{character}`")
        }
        E::ExpectedBlockMappingKey | E::InvalidIndentation => match next {
            Some('-') => "a list item stands where a key is expected".to_owned(),
            _ => "a key is expected here: the indentation does not fit any line above".to_owned(),
        },
        E::RecursionLimitExceeded => "the file is nested too deeply".to_owned(),
        _ => error.info(),
    }
}

fn help(kind: &ErrorKind, text: &str, offset: usize) -> Option<&'static str> {
    use ErrorKind as E;
    let line_start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    if text[line_start..offset].contains(": {{") || text[line_start..offset].contains("- {{") {
        return Some("put quotes around a value that starts with `{{`: without them it is a YAML mapping");
    }
    match kind {
        E::MappingValueNotAllowed | E::InvalidColonPlacement => {
            Some("put quotes around the whole value, or write it as a block with `|`")
        }
        E::TabInIndentation | E::TabInBlockIndentation | E::TabInPlainScalar | E::TabNotAllowed => {
            Some("indent with blanks")
        }
        E::UnexpectedCharacter { .. } if text[offset..].starts_with('\t') => Some("indent with blanks"),
        E::UnexpectedCharacter { .. } => Some("put quotes around the value"),
        E::ExpectedBlockMappingKey | E::InvalidIndentation | E::ExpectedBlockSequenceEntry => {
            Some("line up keys of one mapping and dashes of one list in the same column")
        }
        E::UnclosedQuotedScalar => Some("close it with the same quote"),
        _ => None,
    }
}
