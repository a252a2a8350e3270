//! Input series and expected samples: from notation to storage.
//!
//! promtool pastes all series into one text, a line each, and reads that. What follows from it is kept, since tests that
//! pass there must pass here: a blank line or one that starts with `#` ends the list, a line break inside `values`
//! starts another series, and of two equal series the last one counts.

use crate::failure::{ParsedSample, SeriesDetail};
use firedrill_eval::{Grid, Limits, Samples, Storage};
use firedrill_model::{ExpectedSample, InputSeries, TestGroup};
use firedrill_promql::series::{HistogramRun, Item, Series, SeriesPart, parse_metric, parse_series};
use firedrill_source::Span;
use firedrill_value::{FloatHistogram, Labels, format_pairs, quote};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What the rules will see.
pub(crate) struct Input {
    pub(crate) storage: Storage,
    /// A sample that storage does not take.
    pub(crate) refused: Option<Refused>,
}

/// From this tick on no sample is stored and no rule runs.
pub(crate) struct Refused {
    pub(crate) tick: usize,
    pub(crate) error: String,
    pub(crate) span: Span,
}

/// Why there is no input at all.
pub(crate) struct Unreadable {
    pub(crate) error: String,
    pub(crate) detail: Option<SeriesDetail>,
    pub(crate) span: Span,
}

impl Unreadable {
    fn new(error: String, span: Span) -> Self {
        Unreadable {
            error,
            detail: None,
            span,
        }
    }
}

/// Reads the input of a test, as far as the ticks reach: later samples are never loaded.
///
/// # Errors
/// With promtool's text and the place of the series.
pub(crate) fn load(
    test: &TestGroup,
    ticks: Grid,
    max_samples: usize,
    limits: &Limits,
) -> Result<Input, Unreadable> {
    let mut loaded: Vec<Loaded<'_>> = Vec::new();
    let mut places: FxHashMap<Labels, usize> = FxHashMap::default();
    let mut line_number = 2;
    'series: for input in &test.input_series {
        let single = !input.series.text.contains('\n') && !input.values.text.contains('\n');
        let joined;
        let lines: Vec<&str> = if single {
            Vec::new()
        } else {
            joined = format!("{} {}", input.series.text, input.values.text);
            joined.split('\n').collect()
        };
        for index in 0..lines.len().max(1) {
            let trimmed = lines.get(index).map_or("", |line| line.trim());
            let ends = if single {
                ends_list(&input.series.text, &input.values.text)
            } else {
                ends_list(trimmed, "")
            };
            if ends {
                break 'series;
            }
            let parsed = if single {
                parse_series(&input.series.text, &input.values.text)
            } else {
                parse_series(trimmed, "")
            };
            let series = parsed.map_err(|error| {
                let in_series = error.part == SeriesPart::Series && single;
                let source = if in_series { &input.series } else { &input.values };
                let detail = single.then(|| SeriesDetail {
                    message: error.error.message.clone(),
                    source: source.clone(),
                    range: error.error.span,
                });
                let (line, column) = (line_number + error.joined.0, error.joined.1 + 1);
                let text = format!("{line}:{column}: parse error: {}", error.error.message);
                Unreadable {
                    error: text,
                    detail,
                    span: source.span,
                }
            })?;
            line_number += 1;
            // A label given twice makes the series one that storage refuses, whatever it equals.
            match places.get(&series.labels).filter(|_| series.duplicate.is_none()) {
                Some(&at) => loaded[at] = Loaded::new(series, input, single),
                None => {
                    places.insert(series.labels.clone(), loaded.len());
                    loaded.push(Loaded::new(series, input, single));
                }
            }
        }
    }
    let interval = test.interval.millis().max(1);
    let refused = loaded
        .iter()
        .filter_map(|it| refusal(&it.series, it.span, ticks, interval))
        .min_by_key(|it| it.tick);
    let mut storage = Storage::new();
    // Nothing is stored from the tick of a refused sample on.
    let places = match refused
        .as_ref()
        .map_or(ticks.count, |refused| refused.tick)
        .checked_sub(1)
    {
        None => 0,
        Some(last) => {
            usize::try_from((ticks.time(last) - test.start).div_euclid(interval)).map_or(0, |n| n + 1)
        }
    };
    // Tests repeat themselves: series of the same notation share their samples.
    let mut shared: FxHashMap<&str, Samples> = FxHashMap::default();
    let mut total = 0usize;
    for (
        index,
        Loaded {
            series,
            span,
            notation,
        },
    ) in loaded.iter().enumerate()
    {
        if series.duplicate.is_some() || series.labels.is_empty() {
            continue;
        }
        let needed = places.min(usize::try_from(series.sample_count()).unwrap_or(usize::MAX));
        if needed > max_samples {
            return Err(Unreadable::new(
                format!("series of {needed} samples, the limit is {max_samples}"),
                *span,
            ));
        }
        total = total.saturating_add(needed);
        if total > limits.max_samples {
            let most = limits.max_samples;
            let error = format!("the input holds more than {most} samples; --max-samples raises this limit");
            return Err(Unreadable::new(error, *span));
        }
        if index >= limits.max_series {
            let most = limits.max_series;
            let error = format!("the input holds more than {most} series; --max-series raises this limit");
            return Err(Unreadable::new(error, *span));
        }
        let known = notation.and_then(|notation| shared.get(notation));
        let samples = match known {
            Some(samples) => samples.clone(),
            None => Samples::from_notation(series, needed, test.start, interval)
                .map_err(|error| Unreadable::new(error.to_string(), *span))?,
        };
        if let Some(notation) = notation {
            shared.entry(notation).or_insert_with(|| samples.clone());
        }
        storage
            .append_series(&series.labels, samples)
            .map_err(|error| Unreadable::new(error.to_string(), *span))?;
    }
    Ok(Input { storage, refused })
}

/// A series that was read.
struct Loaded<'t> {
    series: Series,
    span: Span,
    /// What its values were read from, if that is one text.
    notation: Option<&'t str>,
}

impl<'t> Loaded<'t> {
    fn new(series: Series, input: &'t InputSeries, single: bool) -> Self {
        Loaded {
            series,
            span: input.span,
            notation: single.then_some(&*input.values.text),
        }
    }
}

/// Whether promtool takes the line for the end of its list.
pub(crate) fn ends_list(series: &str, values: &str) -> bool {
    let series = series.trim();
    series.starts_with('#')
        || (series.is_empty() && (values.trim().is_empty() || values.trim().starts_with('#')))
}

/// The tick at which storage refuses a sample of this series.
fn refusal(series: &Series, span: Span, ticks: Grid, interval: i64) -> Option<Refused> {
    let whole = match &series.duplicate {
        Some(name) => Some(format!(
            "label name {} is not unique: invalid sample",
            firedrill_value::quote(name)
        )),
        None if series.labels.is_empty() => Some("empty labelset: invalid sample".to_owned()),
        None => None,
    };
    let places =
        usize::try_from((ticks.end() - ticks.start).div_euclid(interval)).map_or(0, |n| n as u64 + 1);
    let mut before: u64 = 0;
    for item in &series.items {
        match item {
            Item::Omitted { count } => before = before.saturating_add(*count),
            _ if item.count() == 0 => {}
            _ => {
                let found = match (&whole, item) {
                    (Some(error), _) => Some((0, error.clone())),
                    (None, Item::Histogram(run)) => first_invalid(run, places.saturating_sub(before)),
                    (None, _) => None,
                };
                let Some((offset, error)) = found else {
                    before = before.saturating_add(item.count());
                    continue;
                };
                before = before.saturating_add(offset);
                let due = ticks
                    .start
                    .saturating_add(i64::try_from(before).unwrap_or(i64::MAX).saturating_mul(interval));
                let tick = ticks.times().position(|time| time >= due)?;
                return Some(Refused { tick, error, span });
            }
        }
    }
    None
}

/// Which of the first histograms of a run storage refuses, and why.
fn first_invalid(run: &HistogramRun, places: u64) -> Option<(u64, String)> {
    let histograms = run.histograms(places).ok()?;
    let errors = histograms
        .iter()
        .zip(0..)
        .filter_map(|(histogram, at)| Some((at, histogram.validate().err()?)));
    errors.map(|(at, error)| (at, error.to_string())).next()
}

/// Reads an expected histogram, which promtool takes for the value of a series without labels; its errors name the
/// labels of the sample all the same.
fn expected_histogram(labels: &str, text: &str) -> Result<Arc<FloatHistogram>, String> {
    let shown = if labels.is_empty() { "{}" } else { labels };
    let failed = |error: String| format!("labels {}: {error}", quote(shown));
    let series = parse_series("{}", text).map_err(|error| {
        let (line, column) = (error.joined.0 + 1, error.joined.1 + 1);
        failed(format!("{line}:{column}: parse error: {}", error.error.message))
    })?;
    match (series.sample_count(), series.items.first()) {
        (1, Some(Item::Histogram(run))) => Ok(Arc::new(run.start.to_histogram())),
        (1, Some(Item::Float { start, .. })) => Err(failed(format!("expected histogram, got {start:.6}"))),
        (1, _) => Err(failed("expected histogram, got _".to_owned())),
        (count, _) => Err(failed(format!("expected 1 value, got {count}"))),
    }
}

/// Reads an entry of `exp_samples`.
///
/// # Errors
/// With promtool's text.
pub(crate) fn expected_sample(entry: &ExpectedSample) -> Result<ParsedSample, String> {
    let text = entry.labels.as_ref().map_or("", |labels| &labels.text);
    let mut pairs = if text.trim().is_empty() {
        Vec::new()
    } else {
        parse_metric(text).map_err(|error| {
            let before = text.get(..error.span.start as usize).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
            format!(
                "labels {}: {line}:{column}: parse error: {}",
                firedrill_value::quote(text),
                error.message
            )
        })?
    };
    let histogram = entry
        .histogram
        .as_ref()
        .filter(|histogram| !histogram.text.is_empty());
    let histogram = histogram
        .map(|histogram| expected_histogram(text, &histogram.text))
        .transpose()?;
    pairs.sort();
    let twice = pairs.windows(2).any(|two| two[0].0 == two[1].0);
    let impossible = twice || pairs.iter().any(|(_, value)| value.is_empty());
    Ok(ParsedSample {
        labels: Labels::from_pairs(pairs.iter().map(|(name, value)| (name, value))),
        text: format_pairs(&pairs),
        impossible,
        value: entry.value,
        histogram,
        span: entry.span,
    })
}
