//! Loads: series notation, start timestamps, and classic histograms turned into native ones.

use crate::script::{Block, ScriptError};
use firedrill_eval::{Samples, Storage};
use firedrill_promql::parse_series;
use firedrill_promql::series::Item;
use firedrill_value::histogram::CUSTOM_SCHEMA;
use firedrill_value::{Duration, FloatHistogram, Labels, METRIC_NAME, Timestamp, parse_float};
use std::collections::BTreeMap;
use std::sync::Arc;

/// More samples in one series than any machine wants.
const MOST_SAMPLES: u64 = 1_000_000;

/// A sample of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
    Number(f64),
    Histogram {
        histogram: Arc<FloatHistogram>,
        /// Whether its hint was written down, so that it counts in comparisons.
        hint_given: bool,
    },
}

/// The series of one `load`.
#[derive(Debug)]
pub(crate) struct Load {
    /// Where it stands, from 1.
    pub(crate) line: usize,
    step: i64,
    convert: bool,
    series: Vec<LoadedSeries>,
}

#[derive(Debug)]
struct LoadedSeries {
    labels: Labels,
    samples: Vec<Option<Sample>>,
    /// Start timestamps, counted from the time of their sample.
    starts: Option<Vec<Option<i64>>>,
}

/// Reads a load; `room` is how many more samples the script may have.
pub(crate) fn parse(block: &Block<'_>, room: &mut usize) -> Result<Load, ScriptError> {
    let words: Vec<&str> = block.head.split_whitespace().collect();
    let (convert, step) = match words.as_slice() {
        ["load", step] => (false, *step),
        ["load_with_nhcb", step] => (true, *step),
        _ => return Err(block.error(0, "invalid load command. (load[_with_nhcb] <step:duration>)")),
    };
    let step = block.duration(step, "step")?;
    let mut series: Vec<LoadedSeries> = Vec::new();
    let mut starts: Option<(Labels, Vec<Option<i64>>)> = None;
    for (index, line) in block.body.iter().enumerate() {
        let error = |message: String| block.error(index + 1, message);
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if let Some(metric) = first.strip_suffix("@st") {
            if starts.is_some() {
                return Err(error("@st line has no following sample line".to_owned()));
            }
            let (labels, _) = expand(metric, "").map_err(error)?;
            starts = Some((
                labels,
                parse_starts(rest).map_err(|e| error(format!("invalid @st sequence: {e}")))?,
            ));
            continue;
        }
        let (metric, values) = split_series(line);
        let (labels, samples) = expand_within(metric, values, *room as u64).map_err(error)?;
        *room -= samples.len().min(*room);
        let starts = match starts.take() {
            Some((of, _)) if of != labels => {
                return Err(error(
                    "@st metric does not match the following sample line metric".to_owned(),
                ));
            }
            Some((_, starts)) if starts.len() != samples.len() => {
                let (given, wanted) = (starts.len(), samples.len());
                return Err(error(format!(
                    "@st line has {given} values but sample line has {wanted}"
                )));
            }
            starts => starts.map(|(_, starts)| starts),
        };
        series.retain(|known| known.labels != labels);
        series.push(LoadedSeries {
            labels,
            samples,
            starts,
        });
    }
    if starts.is_some() {
        return Err(block.error(block.body.len(), "@st line has no following sample line"));
    }
    Ok(Load {
        line: block.first,
        step,
        convert,
        series,
    })
}

/// Splits a series from its values at the first blank outside of braces and quotes.
pub(crate) fn split_series(line: &str) -> (&str, &str) {
    let mut quote = None;
    let mut escaped = false;
    let mut depth = 0;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth -= 1,
            (None, ' ' | '\t') if depth == 0 => return (&line[..at], line[at..].trim()),
            _ => {}
        }
    }
    (line, "")
}

/// Labels and samples of a series in notation.
pub(crate) fn expand(metric: &str, values: &str) -> Result<(Labels, Vec<Option<Sample>>), String> {
    expand_within(metric, values, MOST_SAMPLES)
}

fn expand_within(metric: &str, values: &str, room: u64) -> Result<(Labels, Vec<Option<Sample>>), String> {
    let series = parse_series(metric, values).map_err(|error| error.error.message.clone())?;
    if series.sample_count() > MOST_SAMPLES {
        return Err(format!(
            "series of {} samples, the limit is {MOST_SAMPLES}",
            series.sample_count()
        ));
    }
    if series.sample_count() > room {
        return Err(
            "more samples to load than one script may have; --max-samples raises the limit".to_owned(),
        );
    }
    let mut samples = Vec::new();
    for item in &series.items {
        match item {
            Item::Omitted { count } => samples.extend((0..*count).map(|_| None)),
            Item::Float { start, step, count } => {
                let mut value = *start;
                for index in 0..*count {
                    if index > 0 {
                        value += step;
                    }
                    samples.push(Some(Sample::Number(value)));
                }
            }
            Item::Histogram(run) => {
                let hint_given = run.start.reset_hint.is_some();
                let histograms = run.histograms(MOST_SAMPLES);
                let histograms =
                    histograms.map_err(|_| "histograms of different kinds in one run".to_owned())?;
                samples.extend(histograms.into_iter().map(|histogram| {
                    let histogram = Arc::new(histogram);
                    Some(Sample::Histogram {
                        histogram,
                        hint_given,
                    })
                }));
            }
        }
    }
    Ok((series.labels, samples))
}

/// Start timestamps: `_`, `_x3`, `-1m`, `-1mx3`, `-1m+10sx3`, as distances from their samples.
fn parse_starts(text: &str) -> Result<Vec<Option<i64>>, String> {
    let mut starts = Vec::new();
    for item in text.split_whitespace() {
        let invalid = |reason: &str| format!("invalid ST item {}: {reason}", firedrill_value::quote(item));
        let (base, times) = match item.rsplit_once('x') {
            Some((base, times)) => {
                let times: u64 = times.parse().map_err(|_| invalid("bad repetition"))?;
                (base, Some(times.min(MOST_SAMPLES)))
            }
            None => (item, None),
        };
        if base == "_" {
            let count = times.unwrap_or(1);
            if count == 0 {
                return Err(invalid("at least one position"));
            }
            starts.extend((0..count).map(|_| None));
            continue;
        }
        let sign_at = base
            .get(1..)
            .and_then(|rest| rest.find(['+', '-']))
            .map(|at| at + 1);
        let (first, step) = match sign_at {
            Some(at) => (&base[..at], Some(&base[at..])),
            None => (base, None),
        };
        if step.is_some() && times.is_none() {
            return Err(invalid("a step needs a repetition"));
        }
        let signed = |text: &str| -> Result<i64, String> {
            let (sign, digits) = match text.strip_prefix('-') {
                Some(digits) => (-1, digits),
                None => (1, text.strip_prefix('+').unwrap_or(text)),
            };
            Duration::parse(digits)
                .map(|length| sign * length.millis())
                .map_err(|error| invalid(&error.to_string()))
        };
        let first = signed(first)?;
        let step = step.map_or(Ok(0), signed)?;
        starts.extend(
            (0..=times.unwrap_or(0))
                .map(|index| Some(first.saturating_add(step.saturating_mul(index as i64)))),
        );
    }
    Ok(starts)
}

impl Load {
    /// Stores the series.
    pub(crate) fn run(&self, storage: &mut Storage) -> Result<(), String> {
        for series in &self.series {
            let mut samples = Samples::default();
            for (index, sample) in series.samples.iter().enumerate() {
                let time = self.step.saturating_mul(index as i64);
                match sample {
                    None => continue,
                    Some(Sample::Number(value)) => samples.push_float(time, *value),
                    Some(Sample::Histogram { histogram, .. }) => {
                        histogram.validate().map_err(|error| error.to_string())?;
                        samples.push_histogram(time, histogram.clone());
                    }
                }
                let start = series.starts.as_ref().and_then(|starts| starts[index]);
                if let Some(distance) = start {
                    samples.set_last_start(time.saturating_add(distance));
                }
            }
            storage
                .append_series(&series.labels, samples)
                .map_err(|error| error.to_string())?;
        }
        if self.convert {
            self.store_converted(storage)?;
        }
        Ok(())
    }

    /// Stores the classic histograms of this load as native ones with custom buckets.
    fn store_converted(&self, storage: &mut Storage) -> Result<(), String> {
        let mut classic: BTreeMap<Labels, BTreeMap<Timestamp, Classic>> = BTreeMap::new();
        for series in &self.series {
            let name = series.labels.metric_name();
            let suffixes = [
                ("_bucket", Part::Bucket(0.0)),
                ("_count", Part::Count),
                ("_sum", Part::Sum),
            ];
            let Some((base, mut part)) = suffixes
                .into_iter()
                .find_map(|(suffix, part)| Some((name.strip_suffix(suffix)?, part)))
            else {
                continue;
            };
            if let Part::Bucket(bound) = &mut part {
                match parse_float(series.labels.get("le")) {
                    Ok(le) if !le.is_nan() => *bound = le,
                    _ => continue,
                }
            }
            let mut labels = series.labels.to_builder();
            labels.set(METRIC_NAME, base);
            labels.remove("le");
            let times = classic.entry(labels.build()).or_default();
            for (index, sample) in series.samples.iter().enumerate() {
                let Some(Sample::Number(value)) = sample else {
                    continue;
                };
                times
                    .entry(self.step.saturating_mul(index as i64))
                    .or_default()
                    .add(part, *value);
            }
        }
        for (labels, times) in classic {
            let mut samples = Samples::default();
            for (time, classic) in times {
                samples.push_histogram(time, Arc::new(classic.convert()?));
            }
            storage
                .append_series(&labels, samples)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Part {
    Bucket(f64),
    Count,
    Sum,
}

/// A classic histogram at one time.
#[derive(Default)]
struct Classic {
    /// Upper bounds and cumulative counts.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

impl Classic {
    fn add(&mut self, part: Part, value: f64) {
        match part {
            Part::Bucket(bound) => self.buckets.push((bound, value)),
            Part::Count => self.count = Some(value),
            Part::Sum => self.sum = value,
        }
    }

    fn convert(mut self) -> Result<FloatHistogram, String> {
        self.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let highest = self.buckets.last().map_or(0.0, |bucket| bucket.1);
        let count = self.count.unwrap_or(highest);
        if self.buckets.last().is_none_or(|last| last.0 != f64::INFINITY) {
            self.buckets.push((f64::INFINITY, count));
        }
        if count < highest {
            return Err(format!(
                "count mismatch: {highest} observations in buckets, but {count} in all"
            ));
        }
        let mut positive = Vec::new();
        let mut before = 0.0;
        for (index, &(_, cumulative)) in self.buckets.iter().enumerate() {
            if cumulative < before {
                return Err("bucket counts are not cumulative".to_owned());
            }
            positive.push((i32::try_from(index).unwrap_or(i32::MAX), cumulative - before));
            before = cumulative;
        }
        let bounds = self
            .buckets
            .iter()
            .map(|bucket| bucket.0)
            .filter(|bound| *bound != f64::INFINITY);
        let histogram = FloatHistogram {
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            positive,
            custom_bounds: bounds.collect(),
            ..FloatHistogram::default()
        };
        Ok(histogram.compact())
    }
}
