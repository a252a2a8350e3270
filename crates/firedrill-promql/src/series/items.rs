//! The values of a series: numbers, gaps, stale markers and histograms, once or repeated.

use super::{HistogramLiteral, Outcome, Series, SeriesParser, refusal};
use crate::lex::{Kind, Token};
use firedrill_value::STALE_NAN;
use std::fmt;

/// One item of a series: one or more samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `_`, `_x5`: no sample, that many times.
    Omitted {
        /// How often; may be nought.
        count: u64,
    },
    /// `1`, `1x5`, `1+2x5`, `stale`.
    Float {
        /// The first value.
        start: f64,
        /// What is added from one to the next; negative nought where the value is only repeated.
        step: f64,
        /// How many samples, the first included.
        count: u64,
    },
    /// `{{…}}`, `{{…}}x5`, `{{…}}+{{…}}x5`.
    Histogram(Box<HistogramRun>),
}

/// A histogram, once or repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramRun {
    /// The first.
    pub start: HistogramLiteral,
    /// What is added from one to the next, or subtracted if the flag is set.
    pub step: Option<(HistogramLiteral, bool)>,
    /// How many samples, the first included.
    pub count: u64,
}

/// One sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point<'a> {
    /// No sample here.
    Omitted,
    /// A number; the stale marker is one.
    Float(f64),
    /// A histogram.
    Histogram {
        /// The run that it belongs to.
        run: &'a HistogramRun,
        /// How many steps were made from its start.
        index: u64,
    },
}

/// A series has more samples than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySamples {
    /// How many it has.
    pub samples: u64,
    /// How many it may have.
    pub limit: u64,
}

impl fmt::Display for TooManySamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "series of {} samples, the limit is {}",
            self.samples, self.limit
        )
    }
}

impl std::error::Error for TooManySamples {}

impl Item {
    /// How many places it takes.
    pub fn count(&self) -> u64 {
        match self {
            Item::Omitted { count } | Item::Float { count, .. } => *count,
            Item::Histogram(run) => run.count,
        }
    }
}

impl Series {
    /// How many places all items take.
    pub fn sample_count(&self) -> u64 {
        self.items
            .iter()
            .fold(0, |sum, item| sum.saturating_add(item.count()))
    }

    /// The samples one by one, at most `limit` of them.
    ///
    /// # Errors
    /// If there are more; nothing is written out then.
    pub fn expand(&self, limit: u64) -> Result<Vec<Point<'_>>, TooManySamples> {
        let samples = self.sample_count();
        if samples > limit {
            return Err(TooManySamples { samples, limit });
        }
        let mut points = Vec::with_capacity(usize::try_from(samples).unwrap_or(0));
        for item in &self.items {
            match item {
                Item::Omitted { count } => points.extend((0..*count).map(|_| Point::Omitted)),
                Item::Float { start, step, count } => {
                    // Adding again and again, as upstream does, gives other digits than multiplying.
                    let mut value = *start;
                    for index in 0..*count {
                        if index > 0 {
                            value += step;
                        }
                        points.push(Point::Float(value));
                    }
                }
                Item::Histogram(run) => {
                    points.extend((0..run.count).map(|index| Point::Histogram { run, index }));
                }
            }
        }
        Ok(points)
    }
}

const CONTEXT: &str = "series values";

impl SeriesParser<'_> {
    /// Items to the end of the text, blanks between them.
    pub(super) fn parse_items(&mut self) -> Outcome<Vec<Item>> {
        let mut items = Vec::new();
        let mut any = false;
        loop {
            match self.peek()?.kind {
                Kind::Eof => return Ok(items),
                Kind::Space => {
                    self.take()?;
                    any = true;
                }
                // Upstream has finished the series when it meets what is no item, except at the very start.
                _ if !any => return Err(self.unexpected(CONTEXT, "")),
                _ => return Err(self.unexpected("", "")),
            }
            if starts_item(self.peek()?.kind) {
                items.push(self.parse_item()?);
            }
        }
    }

    fn parse_item(&mut self) -> Outcome<Item> {
        let token = self.take()?;
        match token.kind {
            Kind::Blank => Ok(Item::Omitted {
                count: self.parse_times()?.unwrap_or(1),
            }),
            Kind::OpenHistogram => self.parse_histogram_item(),
            Kind::Identifier if token.text(self.text) == "stale" => self.parse_float_item(STALE_NAN),
            Kind::Identifier => {
                self.ahead = Some(token);
                Err(self.unexpected(CONTEXT, "number or \"stale\""))
            }
            _ => {
                let value = self.parse_signed(token)?;
                self.parse_float_item(value)
            }
        }
    }

    /// What may follow a value: `x5`, `+2x5`, `-2x5`, nothing.
    fn parse_float_item(&mut self, start: f64) -> Outcome<Item> {
        let sign = self.peek()?;
        // Adding negative nought changes no number, whatever its sign.
        let mut step = -0.0;
        let times = if matches!(sign.kind, Kind::Add | Kind::Sub) {
            self.take()?;
            step = self.parse_signed(sign)?;
            Some(self.expect_times()?)
        } else {
            self.parse_times()?
        };
        Ok(Item::Float {
            start,
            step,
            count: times.unwrap_or(0).saturating_add(1),
        })
    }

    /// The number that a token is, or that follows it if it is a sign.
    fn parse_signed(&mut self, token: Token) -> Outcome<f64> {
        if token.kind == Kind::Number {
            return self.number(token);
        }
        let number = self.expect(Kind::Number, CONTEXT, "")?;
        let value = self.number(number)?;
        Ok(if token.kind == Kind::Sub { -value } else { value })
    }

    fn parse_times(&mut self) -> Outcome<Option<u64>> {
        if self.peek()?.kind == Kind::Times {
            self.expect_times().map(Some)
        } else {
            Ok(None)
        }
    }

    fn expect_times(&mut self) -> Outcome<u64> {
        self.expect(Kind::Times, CONTEXT, "")?;
        let number = self.expect(Kind::Number, CONTEXT, "")?;
        self.uint(number)
    }

    fn parse_histogram_item(&mut self) -> Outcome<Item> {
        let start = self.parse_histogram_body(CONTEXT)?;
        let sign = self.peek()?.kind;
        if !matches!(sign, Kind::Add | Kind::Sub) {
            let times = self.parse_times()?;
            return Ok(Item::Histogram(Box::new(HistogramRun {
                start,
                step: None,
                count: times.unwrap_or(0).saturating_add(1),
            })));
        }
        self.take()?;
        self.expect(Kind::OpenHistogram, CONTEXT, "")?;
        let step = self.parse_histogram_body(CONTEXT)?;
        self.expect(Kind::Times, CONTEXT, "")?;
        let number = self.expect(Kind::Number, CONTEXT, "")?;
        let times = self.uint(number)?;
        if times > 0 && start.schema > step.schema {
            let message = format!(
                "error combining histograms: cannot merge from schema {} to {}",
                step.schema, start.schema
            );
            return Err(refusal(number.span(), message));
        }
        Ok(Item::Histogram(Box::new(HistogramRun {
            start,
            step: Some((step, sign == Kind::Sub)),
            count: times.saturating_add(1),
        })))
    }
}

fn starts_item(kind: Kind) -> bool {
    use Kind::{Add, Blank, Identifier, Number, OpenHistogram, Sub};
    matches!(kind, Add | Blank | Identifier | Number | OpenHistogram | Sub)
}
