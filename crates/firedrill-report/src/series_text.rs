//! Series and values as text.

use firedrill_eval::{Column, is_absent};
use firedrill_value::{
    FloatHistogram, Labels, format_f, format_g, format_g_precision, is_legacy_metric_name, quote,
};

/// `up{job="api"}`; a name that needs quotes stands between the braces.
pub(crate) fn series_text(labels: &Labels) -> String {
    let name = labels.metric_name();
    let rest = labels.without_name();
    if name.is_empty() {
        return rest.to_string();
    }
    if is_legacy_metric_name(name) {
        return if rest.is_empty() {
            name.to_owned()
        } else {
            format!("{name}{rest}")
        };
    }
    let rest = rest.to_string();
    let inside = rest.trim_start_matches('{');
    let comma = if inside == "}" { "" } else { ", " };
    format!("{{{}{comma}{inside}", quote(name))
}

/// A number without an exponent where it reads better so.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e15).contains(&size) {
        format_f(value)
    } else {
        format_g(value)
    }
}

/// The same with at most ten digits, for charts and overviews.
pub(crate) fn rounded(value: f64) -> String {
    let text = format_g_precision(value, 10);
    text.parse::<f64>().map_or(text, number)
}

/// `count 21, sum 40.5, mean 1.93`
pub(crate) fn histogram_line(histogram: &FloatHistogram) -> String {
    let mut text = format!("count {}, sum {}", number(histogram.count), number(histogram.sum));
    if histogram.count != 0.0 {
        let mean = format_g_precision(histogram.sum / histogram.count, 4);
        text.push_str(&format!(", mean {mean}"));
    }
    text
}

/// The populated buckets of a histogram with their bounds and a bar.
pub(crate) fn bucket_lines(histogram: &FloatHistogram) -> Vec<String> {
    const LONGEST_BAR: f64 = 30.0;
    let buckets: Vec<_> = histogram
        .buckets()
        .into_iter()
        .filter(|bucket| bucket.count != 0.0)
        .collect();
    let most = buckets
        .iter()
        .map(|bucket| bucket.count.abs())
        .fold(0.0, f64::max);
    let rows: Vec<(String, String, String)> = buckets
        .iter()
        .map(|bucket| {
            let bounds = format!(
                "{} to {}",
                format_g_precision(bucket.lower, 4),
                format_g_precision(bucket.upper, 4)
            );
            let length = (bucket.count.abs() / most * LONGEST_BAR).round();
            (bounds, number(bucket.count), "█".repeat(length as usize))
        })
        .collect();
    let widths = rows
        .iter()
        .fold((0, 0), |(a, b), row| (a.max(row.0.len()), b.max(row.1.len())));
    let lines = rows
        .iter()
        .map(|(bounds, count, bar)| format!("{bounds:>a$}  {count:>b$}  {bar}", a = widths.0, b = widths.1));
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// The sample of a column at a step; `None` where there is none.
pub(crate) fn cell(column: &Column, step: usize) -> Option<String> {
    if let Some(histogram) = column.histogram(step) {
        return Some(format!("[{}]", histogram_line(histogram)));
    }
    let value = column.values.get(step).copied()?;
    (!is_absent(value)).then(|| number(value))
}

/// The same in series notation.
pub(crate) fn notation(column: &Column, step: usize) -> String {
    if let Some(histogram) = column.histogram(step) {
        return histogram.as_ref().clone().compact().test_expression();
    }
    match column.values.get(step) {
        Some(&value) if !is_absent(value) => format_g(value),
        _ => "_".to_owned(),
    }
}

/// Characters, as columns of a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_before_the_braces_where_they_can() {
        for (pairs, text) in [
            (&[("__name__", "up")][..], "up"),
            (&[("__name__", "up"), ("a", "1")], "up{a=\"1\"}"),
            (&[("a", "1")], "{a=\"1\"}"),
            (&[], "{}"),
            (&[("__name__", "my.up"), ("a", "1")], "{\"my.up\", a=\"1\"}"),
            (&[("__name__", "my.up")], "{\"my.up\"}"),
        ] {
            assert_eq!(series_text(&Labels::from_pairs(pairs.iter().copied())), text);
        }
    }

    #[test]
    fn numbers_have_exponents_only_where_digits_would_not_end() {
        for (value, text) in [
            (0.0, "0"),
            (5_800_000.0, "5800000"),
            (0.001, "0.001"),
            (1e-7, "1e-07"),
            (1e21, "1e+21"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(rounded(0.1 + 0.2), "0.3");
    }
}
