//! Histogram literals: `{{schema:1 count:3 sum:2.5 buckets:[1 2]}}`.

use super::{Outcome, SeriesParser, refusal};
use crate::error::ParseError;
use crate::lex::{HistogramKey, Kind, Lexer, ResetHint};
use firedrill_source::Span;
use firedrill_value::histogram::IncompatibleSchemas;
use firedrill_value::{FloatHistogram, quote};

/// A histogram as it is written, not checked and not compacted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramLiteral {
    /// Resolution: -4 to 8, or -53 for custom bounds.
    pub schema: i64,
    /// Sum of all observations.
    pub sum: f64,
    /// Number of observations.
    pub count: f64,
    /// Population of the zero bucket.
    pub zero_count: f64,
    /// Half the width of the zero bucket.
    pub zero_threshold: f64,
    /// Index of the first positive bucket.
    pub offset: i64,
    /// Populations of the positive buckets, not differences.
    pub buckets: Vec<f64>,
    /// Index of the first negative bucket.
    pub negative_offset: i64,
    /// Populations of the negative buckets.
    pub negative_buckets: Vec<f64>,
    /// Upper bounds of the buckets where the schema is -53.
    pub custom_values: Vec<f64>,
    /// What is said of a counter reset, if anything.
    pub reset_hint: Option<ResetHint>,
}

impl HistogramLiteral {
    /// The histogram that is described, as it stands: neither checked nor compacted.
    pub fn to_histogram(&self) -> FloatHistogram {
        let narrow =
            |number: i64| i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX });
        let run = |offset: i64, counts: &[f64]| {
            let counts = counts.iter().enumerate();
            counts
                .map(|(at, &count)| (narrow(offset.saturating_add(at as i64)), count))
                .collect()
        };
        FloatHistogram {
            hint: match self.reset_hint {
                None | Some(ResetHint::Unknown) => firedrill_value::ResetHint::Unknown,
                Some(ResetHint::Reset) => firedrill_value::ResetHint::Reset,
                Some(ResetHint::NotReset) => firedrill_value::ResetHint::NotReset,
                Some(ResetHint::Gauge) => firedrill_value::ResetHint::Gauge,
            },
            schema: narrow(self.schema),
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            count: self.count,
            sum: self.sum,
            positive: run(self.offset, &self.buckets),
            negative: run(self.negative_offset, &self.negative_buckets),
            custom_bounds: self.custom_values.as_slice().into(),
        }
    }
}

impl super::HistogramRun {
    /// The first histograms of the run, at most `limit`: each is the one before with the step added, the hint that of
    /// the first.
    ///
    /// # Errors
    /// If the step has other kinds of buckets.
    pub fn histograms(&self, limit: u64) -> Result<Vec<FloatHistogram>, IncompatibleSchemas> {
        let first = self.start.to_histogram();
        let step = self
            .step
            .as_ref()
            .map(|(step, negative)| (step.to_histogram(), *negative));
        let mut run = Vec::new();
        let mut current = first.clone();
        for index in 0..self.count.min(limit) {
            if let (Some((step, negative)), true) = (&step, index > 0) {
                let (sum, _) = if *negative {
                    current.sub(step)?
                } else {
                    current.add(step)?
                };
                current = sum.with_hint(first.hint);
            }
            run.push(current.clone());
        }
        Ok(run)
    }
}

/// Parses one histogram literal, as expected samples give it.
///
/// # Errors
/// With upstream's text; the position counts from the start of `text`.
pub fn parse_histogram(text: &str) -> Result<HistogramLiteral, Box<ParseError>> {
    let mut parser = SeriesParser::with_lexer(text, Lexer::of_values(text));
    parser.expect(Kind::OpenHistogram, "series values", "")?;
    let histogram = parser.parse_histogram_body("series values")?;
    match parser.peek()?.kind {
        Kind::Eof => Ok(histogram),
        _ => Err(parser.unexpected("", "")),
    }
}

impl SeriesParser<'_> {
    /// What follows `{{`, and the closing braces.
    pub(super) fn parse_histogram_body(&mut self, context: &str) -> Outcome<HistogramLiteral> {
        let mut histogram = HistogramLiteral::default();
        let mut seen: Vec<HistogramKey> = Vec::new();
        let mut duplicate = None;
        // An error belongs to the description once a key was read, and to what is around it before.
        let (mut context, mut expected) = (context, "");
        if self.take_if(Kind::Space)?.is_some() {
            self.expect(Kind::CloseHistogram, context, expected)?;
            return Ok(histogram);
        }
        if self.take_if(Kind::CloseHistogram)?.is_some() {
            return Ok(histogram);
        }
        loop {
            let token = self.peek()?;
            let Kind::HistogramKey(key) = token.kind else {
                return Err(self.unexpected(context, expected));
            };
            self.take()?;
            self.expect(Kind::Colon, context, expected)?;
            self.parse_histogram_value(&mut histogram, key, context, expected)?;
            if seen.contains(&key) {
                duplicate.get_or_insert(key);
            }
            seen.push(key);
            context = "histogram description";
            expected = "histogram description key, e.g. buckets:[5 10 7]";
            let spaced = self.take_if(Kind::Space)?.is_some();
            if self.take_if(Kind::CloseHistogram)?.is_some() {
                break;
            }
            if !spaced {
                return Err(self.unexpected(context, expected));
            }
        }
        match duplicate {
            Some(key) => Err(duplicate_key(key)),
            None => Ok(histogram),
        }
    }

    fn parse_histogram_value(
        &mut self,
        histogram: &mut HistogramLiteral,
        key: HistogramKey,
        context: &str,
        expected: &str,
    ) -> Outcome<()> {
        use HistogramKey::{
            Buckets, Count, CounterResetHint, CustomValues, NegativeBuckets, NegativeOffset, Offset, Schema,
            Sum, ZeroBucket, ZeroBucketWidth,
        };
        match key {
            Sum => histogram.sum = self.histogram_number(context, expected)?,
            Count => histogram.count = self.histogram_number(context, expected)?,
            ZeroBucket => histogram.zero_count = self.histogram_number(context, expected)?,
            ZeroBucketWidth => histogram.zero_threshold = self.histogram_number(context, expected)?,
            Schema => histogram.schema = self.histogram_integer(context, expected)?,
            Offset => histogram.offset = self.histogram_integer(context, expected)?,
            NegativeOffset => histogram.negative_offset = self.histogram_integer(context, expected)?,
            Buckets => histogram.buckets = self.histogram_list(context, expected)?,
            NegativeBuckets => histogram.negative_buckets = self.histogram_list(context, expected)?,
            CustomValues => histogram.custom_values = self.histogram_list(context, expected)?,
            CounterResetHint => match self.peek()?.kind {
                Kind::ResetHint(hint) => {
                    self.take()?;
                    histogram.reset_hint = Some(hint);
                }
                _ => return Err(self.unexpected(context, expected)),
            },
        }
        Ok(())
    }

    fn histogram_number(&mut self, context: &str, expected: &str) -> Outcome<f64> {
        let negative = self.take_if(Kind::Sub)?.is_some();
        let token = self.expect(Kind::Number, context, expected)?;
        let value = self.number(token)?;
        Ok(if negative { -value } else { value })
    }

    fn histogram_integer(&mut self, context: &str, expected: &str) -> Outcome<i64> {
        let negative = self.take_if(Kind::Sub)?.is_some();
        let token = self.expect(Kind::Number, context, expected)?;
        let value = i64::try_from(self.uint(token)?).unwrap_or(i64::MAX);
        Ok(if negative { -value } else { value })
    }

    fn histogram_list(&mut self, context: &str, expected: &str) -> Outcome<Vec<f64>> {
        self.expect(Kind::LeftBracket, context, expected)?;
        let mut numbers = vec![self.histogram_number(context, expected)?];
        while self.take_if(Kind::RightBracket)?.is_none() {
            self.expect(Kind::Space, context, expected)?;
            // A blank may stand behind the last number, though not before the first.
            if self.take_if(Kind::RightBracket)?.is_some() {
                break;
            }
            numbers.push(self.histogram_number(context, expected)?);
        }
        Ok(numbers)
    }
}

/// Upstream gives no place for it.
fn duplicate_key(key: HistogramKey) -> Box<ParseError> {
    let name = HistogramKey::ALL
        .iter()
        .find(|(_, known)| *known == key)
        .map_or("", |(name, _)| name);
    let message = format!("duplicate key {} in histogram", quote(name));
    refusal(Span::at(0), message)
}
