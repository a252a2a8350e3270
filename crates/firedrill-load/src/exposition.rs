//! Samples in the text format that targets expose, and in OpenMetrics.
//!
//! One reader for both: they differ in the unit of their timestamps, which `# EOF` tells. Exemplars are passed over,
//! metadata is not looked at.

use crate::LoadError;
use firedrill_source::{FileId, Span};
use firedrill_value::{Labels, LabelsBuilder, METRIC_NAME, Timestamp, parse_float, quote};

/// A sample and the line that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpositionSample {
    /// Its labels, the name among them.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// When it was taken, in milliseconds; `None` where the line does not say so.
    pub timestamp: Option<Timestamp>,
    /// The line.
    pub span: Span,
}

/// A text in one of the two formats.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposition {
    /// Its samples in order.
    pub samples: Vec<ExpositionSample>,
    /// Whether it is OpenMetrics.
    pub openmetrics: bool,
}

/// Reads samples.
///
/// # Errors
/// The first line that is none, at the place where it stops being one.
pub fn parse_exposition(file: FileId, text: &str) -> Result<Exposition, LoadError> {
    let openmetrics = text.lines().any(is_eof);
    let mut samples = Vec::new();
    let mut ended = false;
    let mut start = 0;
    for line in text.split('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        let at = start;
        start += line.len() + 1;
        if line.trim().is_empty() {
            continue;
        }
        if ended {
            return Err(LoadError::new(file, span, "there is more after `# EOF`")
                .help("`# EOF` ends an exposition; load files one by one"));
        }
        if line.trim_start().starts_with('#') {
            ended = is_eof(line);
            continue;
        }
        let mut reader = Line {
            text: line.trim_end(),
            at: 0,
        };
        let sample = reader.sample(openmetrics, span).map_err(|problem| {
            let end = problem.end.max(problem.start + 1);
            let place = Span::new(at + problem.start, at + end.min(line.len().max(problem.start)));
            LoadError::new(file, place, problem.message)
        })?;
        samples.push(sample);
    }
    Ok(Exposition { samples, openmetrics })
}

fn is_eof(line: &str) -> bool {
    line.split_ascii_whitespace().eq(["#", "EOF"])
}

/// What is wrong with a line, in bytes of it.
struct Problem {
    start: usize,
    end: usize,
    message: String,
}

struct Line<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Line<'a> {
    fn sample(&mut self, openmetrics: bool, span: Span) -> Result<ExpositionSample, Problem> {
        let mut labels = LabelsBuilder::default();
        self.blanks();
        let name = self.name();
        if !name.is_empty() {
            labels.set(METRIC_NAME, name);
        }
        self.blanks();
        if self.take('{') {
            self.labels(&mut labels)?;
        } else if name.is_empty() {
            return Err(self.here("expected a metric name"));
        }
        if labels.get(METRIC_NAME).is_empty() {
            return Err(Problem {
                start: 0,
                end: self.at,
                message: "the sample has no metric name".to_owned(),
            });
        }
        let value = self.word();
        let Some((start, word)) = value else {
            return Err(self.here("expected a value"));
        };
        let value = parse_float(word).map_err(|_| Problem {
            start,
            end: start + word.len(),
            message: format!("{} is no value", quote(word)),
        })?;
        let timestamp = match self.word() {
            None => None,
            // An exemplar, which no expression sees.
            Some((_, word)) if word.starts_with('#') => {
                self.at = self.text.len();
                None
            }
            Some((start, word)) => Some(timestamp(word, openmetrics).ok_or_else(|| Problem {
                start,
                end: start + word.len(),
                message: format!(
                    "{} is no timestamp, which counts {} here",
                    quote(word),
                    if openmetrics {
                        "seconds"
                    } else {
                        "whole milliseconds"
                    }
                ),
            })?),
        };
        if let Some((start, word)) = self.word()
            && !word.starts_with('#')
        {
            return Err(Problem {
                start,
                end: start + word.len(),
                message: format!("a sample ends with its timestamp, {} is too much", quote(word)),
            });
        }
        Ok(ExpositionSample {
            labels: labels.build(),
            value,
            timestamp,
            span,
        })
    }

    /// What stands between the braces; the opening one is taken.
    fn labels(&mut self, labels: &mut LabelsBuilder) -> Result<(), Problem> {
        loop {
            self.blanks();
            if self.take('}') {
                return Ok(());
            }
            let start = self.at;
            let quoted = self.peek() == Some('"');
            let name = if quoted {
                self.quoted()?
            } else {
                self.name().to_owned()
            };
            if name.is_empty() {
                return Err(self.here("expected a label name or `}`"));
            }
            self.blanks();
            if self.take('=') {
                self.blanks();
                let value = self.quoted()?;
                if name == METRIC_NAME || !labels.get(&name).is_empty() {
                    return Err(Problem {
                        start,
                        end: self.at,
                        message: format!("label {} is given twice", quote(&name)),
                    });
                }
                labels.set(&name, &value);
            } else if quoted && labels.get(METRIC_NAME).is_empty() {
                // `{"a metric name", label="value"}`
                labels.set(METRIC_NAME, &name);
            } else {
                return Err(self.here("expected `=`"));
            }
            self.blanks();
            if !self.take(',') && self.peek() != Some('}') {
                return Err(self.here("expected `,` or `}`"));
            }
        }
    }

    /// A name without quotes, which may be empty.
    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let length = match rest.chars().next() {
            Some(first) if !first.is_ascii_digit() => rest.find(|c| !fits(c)).unwrap_or(rest.len()),
            _ => 0,
        };
        self.at += length;
        &rest[..length]
    }

    /// A text in double quotes.
    fn quoted(&mut self) -> Result<String, Problem> {
        let open = self.at;
        if !self.take('"') {
            return Err(self.here("expected `\"`"));
        }
        let mut value = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Ok(value);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, c @ ('"' | '\\'))) => value.push(c),
                    // As upstream: an unknown escape stands for itself.
                    Some((_, c)) => value.extend(['\\', c]),
                    None => break,
                },
                c => value.push(c),
            }
        }
        Err(Problem {
            start: open,
            end: self.text.len(),
            message: "the quote is not closed on this line".to_owned(),
        })
    }

    /// The next word and where it starts.
    fn word(&mut self) -> Option<(usize, &'a str)> {
        self.blanks();
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find([' ', '\t']).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| (start, &rest[..length]))
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    fn here(&self, message: &str) -> Problem {
        let length = self.peek().map_or(0, char::len_utf8);
        Problem {
            start: self.at,
            end: self.at + length,
            message: message.to_owned(),
        }
    }
}

/// A timestamp in milliseconds: written in seconds, possibly with a fraction, or in whole milliseconds.
fn timestamp(word: &str, openmetrics: bool) -> Option<Timestamp> {
    if !openmetrics {
        return word.parse().ok();
    }
    let seconds = parse_float(word).ok()?;
    let millis = (seconds * 1000.0).round();
    (millis.is_finite() && millis.abs() < 9e15).then_some(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels, value and time of a sample.
    type Read = (String, f64, Option<i64>);

    fn read(text: &str) -> Result<Vec<Read>, (String, String)> {
        let parsed = parse_exposition(FileId(0), text);
        let place = |error: LoadError| {
            let shown = error.location.span.slice(text).to_owned();
            (error.message, shown)
        };
        let samples = parsed.map_err(place)?.samples.into_iter();
        Ok(samples
            .map(|sample| (sample.labels.to_string(), sample.value, sample.timestamp))
            .collect())
    }

    #[test]
    fn both_formats_are_read() {
        let text = "# HELP a \"b\n# TYPE a counter\na_total{x=\"1\\n\\\"\\\\\",} 1e3 1700000000123\r\n  b\t+Inf\nc {} NaN -5\n";
        let samples = read(text).unwrap();
        assert_eq!(
            samples[0],
            (
                "{__name__=\"a_total\", x=\"1\\n\\\"\\\\\"}".to_owned(),
                1000.0,
                Some(1_700_000_000_123)
            )
        );
        assert_eq!(samples[1], ("{__name__=\"b\"}".to_owned(), f64::INFINITY, None));
        assert!(samples[2].1.is_nan() && samples[2].2 == Some(-5));
        let metrics =
            "{\"my.metric\", \"a b\"=\"c\"} 1 1700000000.5 # {trace_id=\"x\"} 0.5\nd 2 # {} 1 2\n# EOF\n";
        assert_eq!(
            read(metrics).unwrap(),
            [
                (
                    "{__name__=\"my.metric\", \"a b\"=\"c\"}".to_owned(),
                    1.0,
                    Some(1_700_000_000_500)
                ),
                ("{__name__=\"d\"}".to_owned(), 2.0, None),
            ]
        );
    }

    #[test]
    fn errors_stand_where_the_line_goes_wrong() {
        for (text, message, place) in [
            ("a\n", "expected a value", ""),
            ("a 1\nb x\n", "\"x\" is no value", "x"),
            (
                "a 1 2.5\n",
                "\"2.5\" is no timestamp, which counts whole milliseconds here",
                "2.5",
            ),
            (
                "a 1 2 3",
                "a sample ends with its timestamp, \"3\" is too much",
                "3",
            ),
            ("a{b=\"c} 1\n", "the quote is not closed on this line", "\"c} 1"),
            ("a{b=c} 1\n", "expected `\"`", "c"),
            ("a{b} 1\n", "expected `=`", "}"),
            ("a{b=\"1\" c=\"2\"} 1\n", "expected `,` or `}`", "c"),
            ("a{b=\"1\",b=\"2\"} 1\n", "label \"b\" is given twice", "b=\"2\""),
            ("{b=\"1\"} 1\n", "the sample has no metric name", "{b=\"1\"}"),
            ("é 1\n", "expected a metric name", "é"),
            ("a{", "expected a label name or `}`", ""),
            ("# EOF\na 1\n", "there is more after `# EOF`", "a 1"),
        ] {
            assert_eq!(
                read(text).unwrap_err(),
                (message.to_owned(), place.to_owned()),
                "{text}"
            );
        }
    }
}
