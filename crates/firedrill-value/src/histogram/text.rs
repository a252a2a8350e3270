//! Text forms: with bounds for people, with indices as tests write it.

use super::{Bucket, FloatHistogram, ResetHint};
use crate::format_g;
use std::fmt;

impl fmt::Display for FloatHistogram {
    /// `{count:3, sum:4, [-0.1,0.1]:1, (1,2]:2}`: populated buckets only, lowest first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", format_g(self.count), format_g(self.sum))?;
        let mut bucket = |open: char, bucket: Bucket, close: char| -> fmt::Result {
            if bucket.count == 0.0 {
                return Ok(());
            }
            let (lower, upper) = (format_g(bucket.lower), format_g(bucket.upper));
            write!(f, ", {open}{lower},{upper}{close}:{}", format_g(bucket.count))
        };
        for at in (0..self.negative.len()).rev() {
            bucket('[', self.negative_bucket(at), ')')?;
        }
        bucket('[', self.zero_bucket(), ']')?;
        for at in 0..self.positive.len() {
            let found = self.positive_bucket(at);
            let open = if found.lower == f64::NEG_INFINITY {
                '['
            } else {
                '('
            };
            bucket(open, found, ']')?;
        }
        f.write_str("}")
    }
}

impl FloatHistogram {
    /// As series notation writes it: `{{schema:1 count:3 sum:4 buckets:[1 2]}}`; gaps between buckets become zeros.
    pub fn test_expression(&self) -> String {
        let mut parts = Vec::new();
        if self.schema != 0 {
            parts.push(format!("schema:{}", self.schema));
        }
        for (name, value) in [
            ("count", self.count),
            ("sum", self.sum),
            ("z_bucket", self.zero_count),
            ("z_bucket_w", self.zero_threshold),
        ] {
            if value != 0.0 {
                parts.push(format!("{name}:{}", format_g(value)));
            }
        }
        if self.uses_custom_buckets() {
            parts.push(format!(
                "custom_values:{}",
                list(self.custom_bounds.iter().copied())
            ));
        }
        match self.hint {
            ResetHint::Unknown => {}
            ResetHint::Reset => parts.push("counter_reset_hint:reset".to_owned()),
            ResetHint::NotReset => parts.push("counter_reset_hint:not_reset".to_owned()),
            ResetHint::Gauge => parts.push("counter_reset_hint:gauge".to_owned()),
        }
        let mut side = |offset: &str, name: &str, buckets: &[(i32, f64)]| {
            let populated: Vec<(i32, f64)> = buckets
                .iter()
                .copied()
                .filter(|&(_, count)| count != 0.0)
                .collect();
            let Some(&(first, _)) = populated.first() else {
                return;
            };
            if first != 0 {
                parts.push(format!("{offset}:{first}"));
            }
            parts.push(format!("{name}:{}", list(without_gaps(&populated))));
        };
        side("offset", "buckets", &self.positive);
        side("n_offset", "n_buckets", &self.negative);
        format!("{{{{{}}}}}", parts.join(" "))
    }
}

/// The populations of a run of indices; more of them than could ever be read are left out.
fn without_gaps(buckets: &[(i32, f64)]) -> impl Iterator<Item = f64> + '_ {
    const MOST: usize = 100_000;
    let mut next = buckets.first().map_or(0, |&(index, _)| i64::from(index));
    let runs = buckets.iter().flat_map(move |&(index, count)| {
        let gap = usize::try_from(i64::from(index) - next).unwrap_or(0);
        next = i64::from(index) + 1;
        std::iter::repeat_n(0.0, gap).chain([count])
    });
    runs.take(MOST)
}

fn list(numbers: impl Iterator<Item = f64>) -> String {
    format!("[{}]", numbers.map(format_g).collect::<Vec<_>>().join(" "))
}
