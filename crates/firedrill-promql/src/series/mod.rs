//! The series notation of unit tests: `up{job="api"}` and `1+2x5 _ stale {{count:1}}x3`.

mod histogram;
mod items;
mod metric;

pub use histogram::{HistogramLiteral, parse_histogram};
pub use items::{HistogramRun, Item, Point, TooManySamples};
pub use metric::parse_metric;

pub use crate::lex::ResetHint;

use crate::error::{ParseError, ParseErrorKind};
use crate::lex::{Kind, Lexer, Token};
use firedrill_source::Span;
use firedrill_value::{Labels, METRIC_NAME};

/// A series of a unit test.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels, the name among them. Of a label given twice the last value; none that is empty.
    pub labels: Labels,
    /// The first label, in the order of names, that is given twice: the storage will refuse the samples.
    pub duplicate: Option<String>,
    /// Its samples, with repetitions not yet written out.
    pub items: Vec<Item>,
}

/// Which of the two texts of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesPart {
    /// The metric.
    Series,
    /// The values.
    Values,
}

/// What is wrong with a series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesError {
    /// The error; its span counts from the start of the text that [`Self::part`] names.
    pub error: ParseError,
    /// Which text it is in.
    pub part: SeriesPart,
    /// Zero-based line and column, in bytes, in the text `series values` as promtool puts it together: of a line of its
    /// own, without blanks at its ends.
    pub joined: (usize, usize),
}

/// Parses a series and its values.
///
/// promtool puts both on one line and parses that; a line break in the values starts another series there.
///
/// # Errors
/// With upstream's text.
pub fn parse_series(series: &str, values: &str) -> Result<Series, Box<SeriesError>> {
    let whole = format!("{series} {values}");
    let mut lines = Lines::of(&whole);
    let (first, first_start) = lines.next().unwrap_or(("", 0));
    let locate = |error: Box<ParseError>, line: usize, start: usize| {
        let joined = (line, error.span.start as usize);
        let at = start + error.span.start as usize;
        let length = error.span.len();
        let (part, from) = if at <= series.len() {
            (SeriesPart::Series, at)
        } else {
            (SeriesPart::Values, at - series.len() - 1)
        };
        let span = Span::new(from, from + length);
        Box::new(SeriesError {
            error: ParseError { span, ..*error },
            part,
            joined,
        })
    };
    let parsed = SeriesParser::new(first)
        .parse()
        .map_err(|error| locate(error, 0, first_start))?;
    if let Some((line, start)) = lines.next() {
        // Such a line is read as a series of its own; where it is one, it hardly was meant so.
        let error = SeriesParser::new(line).parse().err().unwrap_or_else(|| {
            let message = "values must stand on one line, the next line starts another series";
            refusal(Span::new(0, line.len()), message)
        });
        let line_index = whole[..start].matches('\n').count();
        return Err(locate(error, line_index, start));
    }
    Ok(parsed)
}

/// The lines of a text without the blanks at their ends, and where they start; none that is empty.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Lines { text, at: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let length = rest.find('\n').unwrap_or(rest.len());
            let line = &rest[..length];
            let start = self.at + line.len() - line.trim_start().len();
            self.at += length + 1;
            let line = line.trim();
            if !line.is_empty() {
                return Some((line, start));
            }
        }
        None
    }
}

/// Tokens of a series or metric; the first error ends it.
pub(crate) struct SeriesParser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    ahead: Option<Token>,
}

type Outcome<T> = Result<T, Box<ParseError>>;

impl<'a> SeriesParser<'a> {
    fn new(text: &'a str) -> Self {
        Self::with_lexer(text, Lexer::of_series(text))
    }

    fn with_lexer(text: &'a str, lexer: Lexer<'a>) -> Self {
        SeriesParser {
            text,
            lexer,
            ahead: None,
        }
    }

    fn parse(mut self) -> Outcome<Series> {
        let mut pairs = self.parse_metric_pairs()?;
        let items = self.parse_items()?;
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let duplicate = pairs
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0)
            .map(|pair| pair[0].0.clone());
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Series {
            labels: Labels::from_pairs(pairs),
            duplicate,
            items,
        })
    }

    fn peek(&mut self) -> Outcome<Token> {
        if let Some(token) = self.ahead {
            return Ok(token);
        }
        let token = self.lexer.next_token();
        if let Some(error) = self.lexer.take_error() {
            let span = Span {
                start: error.start,
                end: error.end,
            };
            return Err(refusal(span, error.message));
        }
        self.ahead = Some(token);
        Ok(token)
    }

    fn take(&mut self) -> Outcome<Token> {
        let token = self.peek()?;
        self.ahead = None;
        Ok(token)
    }

    fn take_if(&mut self, kind: Kind) -> Outcome<Option<Token>> {
        if self.peek()?.kind == kind {
            self.take().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The next token, which must be of that kind.
    fn expect(&mut self, kind: Kind, context: &str, expected: &str) -> Outcome<Token> {
        match self.take_if(kind)? {
            Some(token) => Ok(token),
            None => Err(self.unexpected(context, expected)),
        }
    }

    /// Upstream's fallback error about the next token.
    fn unexpected(&mut self, context: &str, expected: &str) -> Box<ParseError> {
        let token = match self.peek() {
            Ok(token) => token,
            Err(error) => return error,
        };
        let found = token.describe(self.text);
        let mut message = format!("unexpected {found}");
        for (word, part) in [(" in ", context), (", expected ", expected)] {
            if !part.is_empty() {
                message.push_str(word);
                message.push_str(part);
            }
        }
        let mut error = refusal(token.span(), message);
        error.found = Some(found);
        error.expected = (!expected.is_empty()).then(|| expected.to_owned());
        error
    }

    fn number(&self, token: Token) -> Outcome<f64> {
        crate::parse::number_value(token.text(self.text)).map_err(|message| refusal(token.span(), message))
    }

    /// An integer without sign, as repetitions and indices are written.
    fn uint(&self, token: Token) -> Outcome<u64> {
        let text = token.text(self.text);
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let why = match text.parse() {
            Ok(value) if digits => return Ok(value),
            _ if digits => "value out of range",
            _ => "invalid syntax",
        };
        let shown = firedrill_value::quote(text);
        let message =
            format!("invalid repetition in series values: strconv.ParseUint: parsing {shown}: {why}");
        Err(refusal(token.span(), message))
    }
}

fn refusal(span: Span, message: impl Into<String>) -> Box<ParseError> {
    Box::new(ParseError::new(ParseErrorKind::Syntax, span, message))
}

/// `__name__` for a metric name.
fn name_pair(name: String) -> (String, String) {
    (METRIC_NAME.to_owned(), name)
}

#[cfg(test)]
mod tests;
