//! Metrics with their labels: `name{a="b"}`, `{"utf8 name", a="b"}`.

use super::{Outcome, SeriesParser, name_pair};
use crate::error::ParseError;
use crate::lex::{Kind, Lexer, Token};
use crate::strings;
use firedrill_value::METRIC_NAME;

const CONTEXT: &str = "label set";

/// Parses a metric as expected samples name it: pairs of label and value, in source order. Labels with an empty value or
/// given twice stay; a name before the braces takes the place of `__name__` inside them.
///
/// # Errors
/// With upstream's text.
pub fn parse_metric(text: &str) -> Result<Vec<(String, String)>, Box<ParseError>> {
    let mut parser = SeriesParser::with_lexer(text, Lexer::new(text));
    let pairs = parser.parse_metric_pairs()?;
    match parser.peek()?.kind {
        Kind::Eof => Ok(pairs),
        _ => Err(parser.unexpected("", "")),
    }
}

impl SeriesParser<'_> {
    /// The name and the label set; both may be missing.
    pub(super) fn parse_metric_pairs(&mut self) -> Outcome<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        let first = self.peek()?;
        let name = if first.kind.is_metric_name() {
            self.take()?;
            Some(first.text(self.text).to_owned())
        } else {
            None
        };
        if self.peek()?.kind == Kind::LeftBrace {
            self.take()?;
            self.parse_label_set(&mut pairs)?;
        }
        if let Some(name) = name {
            pairs.retain(|(label, _)| label != METRIC_NAME);
            pairs.insert(0, name_pair(name));
        }
        Ok(pairs)
    }

    fn parse_label_set(&mut self, pairs: &mut Vec<(String, String)>) -> Outcome<()> {
        while self.take_if(Kind::RightBrace)?.is_none() {
            self.parse_label(pairs)?;
            match self.peek()?.kind {
                Kind::Comma => {
                    self.take()?;
                }
                Kind::RightBrace => {}
                _ => return Err(self.unexpected(CONTEXT, "\",\" or \"}\"")),
            }
        }
        Ok(())
    }

    fn parse_label(&mut self, pairs: &mut Vec<(String, String)>) -> Outcome<()> {
        let label = self.peek()?;
        let name = match label.kind {
            Kind::Identifier => label.text(self.text).to_owned(),
            Kind::String => self.string(label),
            _ => return Err(self.unexpected(CONTEXT, "identifier or \"}\"")),
        };
        self.take()?;
        if label.kind == Kind::String && self.peek()?.kind != Kind::Assign {
            pairs.push(name_pair(name));
            return Ok(());
        }
        self.expect(Kind::Assign, CONTEXT, "\"=\"")?;
        let value = self.expect(Kind::String, CONTEXT, "string")?;
        pairs.push((name, self.string(value)));
        Ok(())
    }

    /// What a string stands for; what is no UTF-8 becomes U+FFFD.
    fn string(&self, token: Token) -> String {
        String::from_utf8_lossy(&strings::unquote(token.text(self.text))).into_owned()
    }
}
