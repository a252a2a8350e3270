//! Series notation written out to samples.

use crate::samples::Samples;
use firedrill_promql::series::{Item, Series};
use firedrill_value::{Timestamp, is_stale};
use std::fmt;
use std::sync::Arc;

/// Why a series cannot be written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixedRun;

impl fmt::Display for MixedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("histograms of different kinds in one run")
    }
}

impl std::error::Error for MixedRun {}

impl Samples {
    /// The first `places` places of a series in notation: the first at `start`, each `interval` milliseconds after the
    /// one before.
    ///
    /// # Errors
    /// If a run of histograms cannot be added up.
    pub fn from_notation(
        series: &Series,
        places: usize,
        start: Timestamp,
        interval: i64,
    ) -> Result<Samples, MixedRun> {
        let places = places.min(usize::try_from(series.sample_count()).unwrap_or(usize::MAX));
        if series.items.iter().any(|item| matches!(item, Item::Histogram(_))) {
            return mixed(series, places, start, interval);
        }
        Ok(numbers(series, places, start, interval))
    }
}

/// The places of a series with histograms.
fn mixed(series: &Series, places: usize, start: Timestamp, interval: i64) -> Result<Samples, MixedRun> {
    let mut samples = Samples::default();
    each_item(series, places, |item, place, count| {
        let time = |offset: usize| start + interval * (place + offset) as i64;
        match item {
            Item::Omitted { .. } => {}
            Item::Float { start, step, .. } => {
                each_value(*start, *step, count, |offset, value| {
                    samples.push_float(time(offset), value);
                });
            }
            Item::Histogram(run) => {
                let histograms = run.histograms(count as u64).map_err(|_| MixedRun)?;
                for (offset, histogram) in histograms.into_iter().enumerate() {
                    samples.push_histogram(time(offset), Arc::new(histogram));
                }
            }
        }
        Ok(())
    })?;
    Ok(samples)
}

/// The places of a series of numbers.
fn numbers(series: &Series, places: usize, start: Timestamp, interval: i64) -> Samples {
    let gapless = !series
        .items
        .iter()
        .any(|item| matches!(item, Item::Omitted { count } if *count > 0));
    let mut values = Vec::new();
    let mut times: Vec<(Timestamp, f64)> = Vec::new();
    if gapless {
        values.reserve_exact(places);
    }
    let _ = each_item(series, places, |item, place, count| {
        if let Item::Float {
            start: first, step, ..
        } = item
        {
            each_value(*first, *step, count, |offset, value| {
                if gapless {
                    values.push(value);
                } else {
                    times.push((start + interval * (place + offset) as i64, value));
                }
            });
        }
        Ok(())
    });
    if gapless {
        Samples::regular(start, interval, values)
    } else {
        times.into_iter().collect()
    }
}

/// Shows the items within the first `places` places: the item, its place and how many places it takes.
fn each_item(
    series: &Series,
    places: usize,
    mut show: impl FnMut(&Item, usize, usize) -> Result<(), MixedRun>,
) -> Result<(), MixedRun> {
    let mut place = 0;
    for item in &series.items {
        let count = (places - place).min(usize::try_from(item.count()).unwrap_or(usize::MAX));
        show(item, place, count)?;
        place += count;
        if place == places {
            break;
        }
    }
    Ok(())
}

/// The values of a run. Adding again and again, as upstream does, gives other digits than multiplying. A lone value is
/// copied bit by bit: the stale marker would not survive an addition.
fn each_value(first: f64, step: f64, count: usize, mut show: impl FnMut(usize, f64)) {
    let mut value = first;
    for offset in 0..count {
        show(offset, value);
        if !is_stale(value) {
            value += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_promql::parse_series;

    fn written(values: &str, places: usize) -> Vec<(i64, f64)> {
        let series = parse_series("m", values).unwrap();
        let samples = Samples::from_notation(&series, places, 100, 10).unwrap();
        samples.iter().collect()
    }

    #[test]
    fn places_count_gaps_and_no_more_is_written_than_asked_for() {
        assert_eq!(
            written("1+1x3", 9),
            [(100, 1.0), (110, 2.0), (120, 3.0), (130, 4.0)]
        );
        assert_eq!(
            written("1 _ 3x999999999999", 4),
            [(100, 1.0), (120, 3.0), (130, 3.0)]
        );
        assert_eq!(written("_x3 7", 3), []);
        assert_eq!(written("1x18446744073709551614", 2), [(100, 1.0), (110, 1.0)]);
    }

    #[test]
    fn numbers_and_histograms_keep_their_places() {
        let series = parse_series("m", "1 {{count:1 sum:1}}x1 _ 5").unwrap();
        let samples = Samples::from_notation(&series, 9, 0, 10).unwrap();
        let times: Vec<i64> = samples.iter().map(|(time, _)| time).collect();
        assert_eq!(times, [0, 10, 20, 40]);
        let histograms = samples.histograms().unwrap();
        assert_eq!(
            histograms.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, true, true, false]
        );
    }
}
