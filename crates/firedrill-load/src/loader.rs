//! Puts the series of several texts into one storage.

use crate::exposition::{ExpositionSample, parse_exposition};
use crate::form::{Form, form_of};
use crate::{LoadError, notation, script, unit_test};
use firedrill_eval::{Limits, Samples, Storage, Times};
use firedrill_promql::series::Series;
use firedrill_source::{FileId, SourceFile, Span};
use firedrill_value::{Labels, Timestamp, format_g};
use rustc_hash::FxHashMap;

/// Time between samples in notation, where nothing says otherwise.
const MINUTE: i64 = 60_000;

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Which test of a test file, or section of a script, by name or number from 1; the first by default.
    pub test: Option<String>,
    /// Milliseconds between samples in notation; by default those of the loaded test, or a minute.
    pub interval: Option<i64>,
    /// What may be loaded at most.
    pub limits: Limits,
}

/// What one text gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What was taken from it, such as `test "goroutines leak"`.
    pub what: String,
    /// Tests beside the one that was taken without having been asked for.
    pub other_tests: usize,
}

/// All series, and when they are.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The series.
    pub storage: Storage,
    /// What each text gave, in the order in which they were added.
    pub summaries: Vec<Summary>,
    /// Where time begins, in milliseconds: relative times count from here.
    pub start: Timestamp,
    /// The time of the last sample.
    pub end: Timestamp,
    /// How many samples there are.
    pub samples: usize,
    /// The smallest distance of two samples of a series in milliseconds; a minute where no series has two.
    pub step: i64,
    /// How often the rules of the loaded test are evaluated, in milliseconds.
    pub evaluation_interval: Option<i64>,
}

/// Time and value of a sample, and the line that it stands on.
type TimedLine = (Timestamp, f64, Span);

/// A series in notation and where it stands.
pub(crate) struct Written {
    pub(crate) series: Series,
    pub(crate) span: Span,
}

/// Notation with its times; without a start it begins where everything begins.
struct Batch {
    file: FileId,
    series: Vec<Written>,
    start: Option<Timestamp>,
    interval: Option<i64>,
}

/// Collects texts.
pub struct Loader {
    options: LoadOptions,
    storage: Storage,
    summaries: Vec<Summary>,
    notation: Vec<Batch>,
    /// Samples without a time of their own.
    scraped: Vec<(FileId, ExpositionSample)>,
    interval: Option<i64>,
    evaluation_interval: Option<i64>,
    start: Option<Timestamp>,
    samples: usize,
}

impl Loader {
    /// Nothing loaded yet.
    pub fn new(options: LoadOptions) -> Self {
        Loader {
            options,
            storage: Storage::new(),
            summaries: Vec::new(),
            notation: Vec::new(),
            scraped: Vec::new(),
            interval: None,
            evaluation_interval: None,
            start: None,
            samples: 0,
        }
    }

    /// Adds a text of any form.
    ///
    /// # Errors
    /// If it has no series, or more than allowed.
    pub fn add(&mut self, file: FileId, source: &SourceFile) -> Result<(), LoadError> {
        let text = source.text();
        let (what, other_tests) = match form_of(source.name(), text) {
            Form::Rules => {
                return Err(LoadError::new(file, Span::at(0), "a file of rules has no series")
                    .help("load a unit test of them, or what the rules read"));
            }
            Form::Notation => {
                self.add_notation(file, text)?;
                ("series notation".to_owned(), 0)
            }
            Form::UnitTest => {
                let input = unit_test::read(file, text, self.options.test.as_deref())?;
                let interval = self.options.interval.unwrap_or(input.interval);
                self.begin(input.start);
                self.interval.get_or_insert(interval);
                self.evaluation_interval.get_or_insert(input.evaluation_interval);
                self.notation.push(Batch {
                    file,
                    series: input.series,
                    start: Some(input.start),
                    interval: Some(interval),
                });
                (input.what, input.others)
            }
            Form::Script => {
                let test = self.options.test.as_deref();
                let (storage, what) = script::read(file, source, test, &self.options.limits)?;
                self.begin(0);
                for series in storage.series() {
                    self.store(file, Span::at(0), &series.labels, series.samples.clone())?;
                }
                (what, 0)
            }
            Form::Exposition => (self.add_exposition(file, text)?, 0),
        };
        self.summaries.push(Summary {
            name: source.name().to_owned(),
            what,
            other_tests,
        });
        Ok(())
    }

    /// Adds a text in series notation, of which nothing is said in the summaries.
    ///
    /// # Errors
    /// If it is none.
    pub fn add_notation(&mut self, file: FileId, text: &str) -> Result<(), LoadError> {
        let series = notation::read(file, text)?;
        self.notation.push(Batch {
            file,
            series,
            start: None,
            interval: self.options.interval,
        });
        Ok(())
    }

    fn add_exposition(&mut self, file: FileId, text: &str) -> Result<String, LoadError> {
        let exposition = parse_exposition(file, text)?;
        let mut series: FxHashMap<Labels, usize> = FxHashMap::default();
        let mut found: Vec<(Labels, Vec<TimedLine>)> = Vec::new();
        for sample in exposition.samples {
            let Some(time) = sample.timestamp else {
                self.scraped.push((file, sample));
                continue;
            };
            let at = *series.entry(sample.labels.clone()).or_insert_with(|| {
                found.push((sample.labels.clone(), Vec::new()));
                found.len() - 1
            });
            found[at].1.push((time, sample.value, sample.span));
        }
        for (labels, mut samples) in found {
            // A dump may list blocks in any order.
            samples.sort_by_key(|(time, ..)| *time);
            for two in samples.windows(2) {
                let [(time, a, _), (again, b, span)] = two else {
                    continue;
                };
                if time == again && a.to_bits() != b.to_bits() {
                    let (a, b) = (format_g(*a), format_g(*b));
                    let message = format!("{labels} has two values at {time} ms: {a} and {b}");
                    return Err(LoadError::new(file, *span, message));
                }
            }
            if let Some((first, ..)) = samples.first() {
                self.begin(*first);
            }
            let span = samples.first().map_or(Span::at(0), |(.., span)| *span);
            let samples = samples
                .into_iter()
                .map(|(time, value, _)| (time, value))
                .collect();
            self.store(file, span, &labels, samples)?;
        }
        Ok(if exposition.openmetrics {
            "OpenMetrics"
        } else {
            "exposition"
        }
        .to_owned())
    }

    /// Places what has no times, and says what there is.
    ///
    /// # Errors
    /// If there is more than allowed, or two values at one time.
    pub fn finish(mut self) -> Result<Loaded, LoadError> {
        let start = self.start.unwrap_or(0);
        let default = self.options.interval.or(self.interval).unwrap_or(MINUTE);
        for batch in std::mem::take(&mut self.notation) {
            let (from, interval) = (batch.start.unwrap_or(start), batch.interval.unwrap_or(default));
            for written in &batch.series {
                self.check_room(batch.file, written, from, interval)?;
                let samples = Samples::from_notation(&written.series, usize::MAX, from, interval);
                let samples =
                    samples.map_err(|error| LoadError::new(batch.file, written.span, error.to_string()))?;
                self.store(batch.file, written.span, &written.series.labels, samples)?;
            }
        }
        let last = self.storage.series().iter();
        let end = last.filter_map(|series| series.samples.last_time()).max();
        let scrape_time = end.unwrap_or(start);
        for (file, sample) in std::mem::take(&mut self.scraped) {
            let samples = [(scrape_time, sample.value)].into_iter().collect();
            self.store(file, sample.span, &sample.labels, samples)?;
        }
        let step = self
            .storage
            .series()
            .iter()
            .filter_map(|series| distance(&series.samples));
        Ok(Loaded {
            start,
            end: scrape_time,
            samples: self.samples,
            step: step.min().unwrap_or(default),
            evaluation_interval: self.evaluation_interval,
            summaries: self.summaries,
            storage: self.storage,
        })
    }

    fn begin(&mut self, time: Timestamp) {
        self.start = Some(self.start.map_or(time, |start| start.min(time)));
    }

    /// Fails before a series is written out that would be too many samples, or end after all time.
    fn check_room(
        &self,
        file: FileId,
        written: &Written,
        from: Timestamp,
        interval: i64,
    ) -> Result<(), LoadError> {
        let most = self.options.limits.max_samples;
        let places = usize::try_from(written.series.sample_count()).unwrap_or(usize::MAX);
        if self.samples.saturating_add(places) > most {
            return Err(too_many(file, written.span, "samples", most, "--max-samples"));
        }
        // A hundred thousand years are enough for every calendar, and far from where times overflow.
        const LAST_TIME: i64 = 3_200_000_000_000_000;
        let end = i64::try_from(places)
            .ok()
            .and_then(|places| interval.checked_mul(places)?.checked_add(from));
        if end.is_none_or(|end| end > LAST_TIME) {
            let message = "the series ends later than any calendar";
            return Err(LoadError::new(file, written.span, message).help("a shorter interval?"));
        }
        Ok(())
    }

    fn store(
        &mut self,
        file: FileId,
        span: Span,
        labels: &Labels,
        samples: Samples,
    ) -> Result<(), LoadError> {
        let limits = &self.options.limits;
        self.samples = self.samples.saturating_add(samples.len());
        if self.samples > limits.max_samples {
            return Err(too_many(
                file,
                span,
                "samples",
                limits.max_samples,
                "--max-samples",
            ));
        }
        self.storage.append_series(labels, samples).map_err(|error| {
            LoadError::new(file, span, format!("{labels}: {error}"))
                .help("two of the loaded texts, or two lines, have the same series at the same time")
        })?;
        if self.storage.series().len() > limits.max_series {
            return Err(too_many(file, span, "series", limits.max_series, "--max-series"));
        }
        Ok(())
    }
}

fn too_many(file: FileId, span: Span, what: &str, most: usize, option: &str) -> LoadError {
    LoadError::new(file, span, format!("more than {most} {what} to load"))
        .help(format!("is it a slip of the pen? {option} raises the limit"))
}

/// The smallest distance of two samples of a series in milliseconds.
fn distance(samples: &Samples) -> Option<i64> {
    match samples.times() {
        _ if samples.len() < 2 => None,
        Times::Regular { step, .. } => Some(step),
        Times::Explicit(times) => times.windows(2).map(|two| two[1] - two[0]).min(),
    }
}
