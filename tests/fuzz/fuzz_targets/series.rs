//! Any two texts as a series and its values.

#![no_main]

use firedrill_promql::series::{SeriesPart, parse_metric, parse_series};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (series, values) = input;
    match parse_series(series, values) {
        Ok(parsed) => {
            let limit = 1000;
            match parsed.expand(limit) {
                Ok(points) => assert!(points.len() as u64 <= limit),
                Err(error) => assert!(error.samples > limit),
            }
        }
        Err(error) => {
            let text = if error.part == SeriesPart::Series {
                series
            } else {
                values
            };
            assert!(error.error.span.start as usize <= text.len() + 1, "{error:?}");
        }
    }
    let _ = parse_metric(series);
});
