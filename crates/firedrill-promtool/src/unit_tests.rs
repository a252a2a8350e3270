//! `promtool test rules`: failures of unit tests, word for word as promtool 3.14 prints them.

use crate::diff;
use firedrill_unit::{AlertMismatch, Dump, ExprMismatch, Failure};
use firedrill_value::{FloatHistogram, format_e, format_f, format_pairs, quote};

/// The errors that promtool prints for a failure: usually one, for a refused sample one per tick. With `diff`, alerts are
/// shown as one list with marked differences.
pub fn failure_texts(failure: &Failure, diff: bool) -> Vec<String> {
    match failure {
        Failure::Alert(mismatch) => vec![alert(mismatch, diff)],
        Failure::Expr(mismatch) => vec![expr(mismatch)],
        Failure::ExprError {
            expr,
            eval_time,
            error,
            ..
        } => {
            vec![format!(
                "    expr: {}, time: {eval_time}, err: {error}",
                quote(expr)
            )]
        }
        Failure::Rule {
            rule, time, error, ..
        } => {
            vec![format!(
                "    rule: {rule}, time: {}, err: {error}",
                go_duration(*time)
            )]
        }
        Failure::Setup { error, times, .. } => vec![error.clone(); *times],
    }
}

fn alert(it: &AlertMismatch, diff: bool) -> String {
    let name = match &it.test_name {
        Some(name) if !name.is_empty() => format!("    name: {name},\n"),
        _ => String::new(),
    };
    let expected: Vec<_> = it
        .expected
        .iter()
        .map(|alert| (&alert.labels, &alert.annotations))
        .collect();
    let got: Vec<_> = it
        .got
        .iter()
        .map(|alert| (&alert.labels, &alert.annotations))
        .collect();
    let head = format!(
        "{name}    alertname: {}, time: {}, \n",
        it.alertname, it.eval_time
    );
    if diff {
        let diff = diff::alerts(&expected, &got).replace('\n', "\n            ");
        return format!("{head}        diff: {diff}");
    }
    format!(
        "{head}        exp:{}, \n        got:{}",
        alerts(&expected),
        alerts(&got)
    )
}

/// Label names with their values, or annotations with theirs.
pub(crate) type Pairs = Vec<(String, String)>;

fn alerts(list: &[(&Pairs, &Pairs)]) -> String {
    if list.is_empty() {
        return "[]".to_owned();
    }
    let entries: Vec<String> = list
        .iter()
        .enumerate()
        .map(|(index, (labels, annotations))| {
            format!(
                "\n            {index}:\n              Labels:{}\n              Annotations:{}",
                format_pairs(labels),
                format_pairs(annotations)
            )
        })
        .collect();
    format!("[{}\n            ]", entries.join(","))
}

fn expr(it: &ExprMismatch) -> String {
    let sample = |labels: &str, value: f64, histogram: Option<&FloatHistogram>| match histogram {
        Some(histogram) => {
            let compact = histogram.clone().compact();
            format!("{labels} {}", compact.test_expression())
        }
        None => format!("{labels} {}", format_e(value, None, 'E')),
    };
    let list = |samples: Vec<String>| {
        if samples.is_empty() {
            "nil".to_owned()
        } else {
            samples.join(", ")
        }
    };
    let expected = list(
        it.expected
            .iter()
            .map(|s| sample(&s.text, s.value, s.histogram.as_deref()))
            .collect(),
    );
    let got = list(
        it.got
            .iter()
            .map(|s| sample(&s.labels.to_string(), s.value, s.histogram.as_deref()))
            .collect(),
    );
    format!(
        "    expr: {}, time: {},\n        exp: {expected}\n        got: {got}",
        quote(&it.expr),
        it.eval_time
    )
}

/// What `--debug` says of everything that a test has stored.
pub fn dump_text(dump: &Dump) -> String {
    let window = go_duration(dump.after);
    let series = match &dump.series {
        Ok(series) => series,
        Err(error) => {
            let expr = quote(&format!("{{__name__=~\".+\"}}[{window}]"));
            return format!("DEBUG: Failed query exec, expr: {expr}, err: {error}");
        }
    };
    let mut out = format!("DEBUG: Dump of all data (input_series and rules) at {window}:\n");
    for (index, points) in series.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&format!("{} =>", points.labels));
        for (time, value) in points.timestamps.iter().zip(&points.values) {
            out.push_str(&format!("\n{} @[{time}]", format_f(*value)));
        }
        for (time, histogram) in &points.histograms {
            out.push_str(&format!("\n{histogram} @[{time}]"));
        }
    }
    out
}

/// Go's `time.Duration` of so many milliseconds: `1h2m0s`, `1m30s`, `500ms`.
fn go_duration(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let magnitude = millis.unsigned_abs();
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < 1000 {
        return format!("{sign}{magnitude}ms");
    }
    let (seconds, fraction) = (magnitude / 1000, magnitude % 1000);
    let tail = if fraction == 0 {
        format!("{}s", seconds % 60)
    } else {
        let digits = format!("{fraction:03}");
        format!("{}.{}s", seconds % 60, digits.trim_end_matches('0'))
    };
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{sign}{tail}"),
        (0, minutes) => format!("{sign}{minutes}m{tail}"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{tail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_go_durations() {
        for (millis, text) in [
            (0, "0s"),
            (120_000, "2m0s"),
            (3_600_000, "1h0m0s"),
            (90_500, "1m30.5s"),
            (1_700_000_000_000, "472222h13m20s"),
            (250, "250ms"),
        ] {
            assert_eq!(go_duration(millis), text);
        }
    }
}
