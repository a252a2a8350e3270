//! Syntax errors: our words for people, and go-yaml's for whoever has to sound like it.

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

/// go-yaml's description of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The words after `yaml: line N: `.
    pub problem: String,
    /// The line that version 3 names; 0 where it names none.
    pub line_v3: usize,
    /// The line that version 2 names; 0 where it names none.
    pub line_v2: usize,
}

impl Upstream {
    /// The whole message without the leading `yaml: `.
    pub fn text(&self, version: crate::Version) -> String {
        let line = match version {
            crate::Version::V2 => self.line_v2,
            crate::Version::V3 => self.line_v3,
        };
        if line == 0 {
            self.problem.clone()
        } else {
            format!("line {line}: {}", self.problem)
        }
    }

    /// Words without a line.
    pub(crate) fn unplaced(problem: impl Into<String>) -> Self {
        Upstream {
            problem: problem.into(),
            line_v3: 0,
            line_v2: 0,
        }
    }
}

/// Who of go-yaml's two stages complains: they count lines differently.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Scanner,
    Parser,
}

/// What is known about the surroundings of an error.
pub(crate) struct Surroundings<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    /// Offset of the innermost open collection.
    pub(crate) collection: Option<(usize, Collection)>,
}

/// The kinds of collections that errors name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    BlockSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
}

/// Translates an error of the parser underneath.
pub(crate) fn describe(error: &ScanError, document: usize, around: &Surroundings<'_>) -> SyntaxError {
    let text = around.text;
    let marker = *error.marker();
    let offset = marker.byte_offset().unwrap_or(0).min(text.len());
    let (problem, stage, context) = upstream_words(error.kind(), offset, around);
    let problem_line = marker.line().saturating_sub(1);
    let context_line = context.map(|at| line_of(text, at));
    let counted = |line: usize| line + usize::from(stage == Stage::Scanner);
    let first = |a: Option<usize>, b: Option<usize>| {
        a.filter(|line| *line != 0)
            .or(b.filter(|line| *line != 0))
            .map_or(0, counted)
    };
    SyntaxError {
        message: message(error, text, offset),
        help: help(error.kind(), text, offset),
        offset,
        document,
        upstream: Upstream {
            problem: problem.to_owned(),
            line_v3: first(context_line, Some(problem_line)),
            line_v2: first(Some(problem_line), context_line),
        },
    }
}

/// Zero-based line of an offset.
fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let mut lines = 0;
    for (i, &b) in before.iter().enumerate() {
        lines += usize::from(b == b'\n' || (b == b'\r' && text.as_bytes().get(i + 1) != Some(&b'\n')));
    }
    lines
}

/// go-yaml's words for an error, the stage that finds it, and the offset of what it was reading at the time.
fn upstream_words(
    kind: &ErrorKind,
    offset: usize,
    around: &Surroundings<'_>,
) -> (&'static str, Stage, Option<usize>) {
    use ErrorKind as E;
    let text = around.text;
    let collection = around.collection.map(|(at, _)| at);
    let scanner = |words| (words, Stage::Scanner, Some(offset));
    let next = text[offset..].chars().next();
    match kind {
        E::UnexpectedEofFlowSequence | E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            ("did not find expected node content", Stage::Parser, Some(offset))
        }
        E::ExpectedNodeContent => ("did not find expected node content", Stage::Parser, Some(offset)),
        E::ExpectedBlockMappingKey | E::UnexpectedEofBlockMapping => {
            ("did not find expected key", Stage::Parser, collection)
        }
        E::ExpectedBlockSequenceEntry | E::UnexpectedEofBlockSequence => {
            ("did not find expected '-' indicator", Stage::Parser, collection)
        }
        E::InvalidIndentation => match around.collection {
            Some((at, Collection::BlockSequence)) => {
                ("did not find expected '-' indicator", Stage::Parser, Some(at))
            }
            _ => ("did not find expected key", Stage::Parser, collection),
        },
        E::ExpectedFlowMappingSeparator => ("did not find expected ',' or '}'", Stage::Parser, collection),
        E::ExpectedFlowSequenceSeparator => ("did not find expected ',' or ']'", Stage::Parser, collection),
        E::UnclosedFlowCollection { .. }
        | E::MisplacedFlowCollectionEnd
        | E::MismatchedFlowCollectionEnd { .. } => match around.collection {
            Some((at, Collection::FlowSequence)) => {
                ("did not find expected ',' or ']'", Stage::Parser, Some(at))
            }
            Some((at, Collection::FlowMapping)) => {
                ("did not find expected ',' or '}'", Stage::Parser, Some(at))
            }
            _ => ("did not find expected node content", Stage::Parser, Some(offset)),
        },
        E::UnexpectedEof | E::ExpectedDocumentStart | E::MissingDocumentEndBeforeDirective => {
            ("did not find expected <document start>", Stage::Parser, None)
        }
        E::DuplicateVersionDirective => ("found duplicate %YAML directive", Stage::Parser, None),
        E::UnsupportedYamlMajorVersion => ("found incompatible YAML document", Stage::Parser, None),
        E::DuplicateTagDirective => ("found duplicate %TAG directive", Stage::Parser, None),
        E::UndeclaredTagHandle => ("found undefined tag handle", Stage::Parser, Some(offset)),
        E::RecursionLimitExceeded => ("exceeded max depth of 10000", Stage::Scanner, None),
        E::MappingValueNotAllowed | E::InvalidColonPlacement => {
            scanner("mapping values are not allowed in this context")
        }
        E::MappingKeyNotAllowed => scanner("mapping keys are not allowed in this context"),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            scanner("block sequence entries are not allowed in this context")
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => scanner("could not find expected ':'"),
        E::UnclosedQuotedScalar => scanner("found unexpected end of stream"),
        E::DocumentIndicatorInQuotedScalar => scanner("found unexpected document indicator"),
        E::UnknownQuotedScalarEscape => scanner("found unknown escape character"),
        E::InvalidQuotedScalarHexEscape | E::InvalidLowSurrogateHexEscape => {
            scanner("did not find expected hexdecimal number")
        }
        E::InvalidUnicodeEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate => scanner("found invalid Unicode character escape code"),
        E::ZeroBlockScalarIndent => scanner("found an indentation indicator equal to 0"),
        E::InvalidBlockScalarHeader => scanner("did not find expected comment or line break"),
        E::TabAtBlockScalarStart => scanner("found a tab character where an indentation space is expected"),
        E::TabInPlainScalar => scanner("found a tab character that violates indentation"),
        E::MissingAnchorOrAliasName => scanner("did not find expected alphabetic or numeric character"),
        E::MissingDirectiveName => scanner("could not find expected directive name"),
        E::InvalidDirectiveName => scanner("found unexpected non-alphabetical character"),
        E::InvalidDirectiveTerminator => scanner("did not find expected comment or line break"),
        E::ExpectedTagBang | E::ExpectedTagDirectiveBang => scanner("did not find expected '!'"),
        E::MissingTagUri => scanner("did not find expected tag URI"),
        E::InvalidTagTerminator => scanner("did not find expected whitespace or line break"),
        E::UnclosedVerbatimTag => scanner("did not find the expected '>'"),
        _ => match next {
            Some('"' | '\'') => ("did not find expected key", Stage::Parser, collection),
            _ => scanner("found character that cannot start any token"),
        },
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
