//! What differs between the expected and the actual alerts or samples, in HTML.

use super::marks::differing;
use super::mismatch_text::{label_note, same_sample, value_text};
use crate::markup::html as escaped;
use crate::series_text::series_text;
use firedrill_unit::{AlertMismatch, ExprMismatch, Failure, ParsedSample, pair_alerts};
use firedrill_value::{format_pairs, quote};

/// The differences of a failure; nothing where its headline says it all.
pub(super) fn mismatch(failure: &Failure) -> String {
    match failure {
        Failure::Alert(it) => alerts(it),
        Failure::Expr(it) => samples(it),
        Failure::ExprError { .. } | Failure::Rule { .. } | Failure::Setup { .. } => String::new(),
    }
}

fn alerts(it: &AlertMismatch) -> String {
    let mut html = String::new();
    if let Some(known) = &it.known_alerts {
        html.push_str(&format!(
            "<p class=\"reason\">no loaded rule defines this alert; there are: {}</p>\n",
            escaped(&known.join(", "))
        ));
    }
    for pair in pair_alerts(&it.expected, &it.got) {
        let (expected, got) = match (pair.expected, pair.got) {
            (Some(expected), Some(got)) => (expected, got),
            (Some(expected), None) => {
                html.push_str(&alone("missing", "del", &format_pairs(&expected.labels)));
                continue;
            }
            (None, Some(got)) => {
                html.push_str(&alone("not expected", "ins", &format_pairs(&got.labels)));
                continue;
            }
            (None, None) => continue,
        };
        html.push_str("<table><tr><th></th><th>expected</th><th>got</th></tr>\n");
        for (kind, expected, got) in [
            ("label", &expected.labels, &got.labels),
            ("annotation", &expected.annotations, &got.annotations),
        ] {
            let mut names: Vec<&String> = expected.iter().chain(got).map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            for name in names {
                let find =
                    |list: &[(String, String)]| list.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
                let (e, g) = (find(expected), find(got));
                if e != g {
                    html.push_str(&row(&format!("{kind} {name}"), e.as_deref(), g.as_deref()));
                }
            }
        }
        html.push_str("</table>\n");
    }
    html
}

fn alone(what: &str, tag: &str, text: &str) -> String {
    format!("<p>{what}: <{tag}>{}</{tag}></p>\n", escaped(text))
}

/// A row with the differing part of both values marked.
fn row(what: &str, expected: Option<&str>, got: Option<&str>) -> String {
    let (e, g) = match (expected, got) {
        (Some(expected), Some(got)) => {
            let (left, right) = (quote(expected), quote(got));
            let (start, end) = differing(&left, &right);
            (marked(&left, start, end), marked(&right, start, end))
        }
        (expected, got) => {
            let shown =
                |text: Option<&str>| text.map_or_else(|| "none".to_owned(), |text| escaped(&quote(text)));
            (shown(expected), shown(got))
        }
    };
    format!(
        "<tr><th>{}</th><td><del>{e}</del></td><td><ins>{g}</ins></td></tr>\n",
        escaped(what)
    )
}

fn marked(text: &str, start: usize, end: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let until = chars.len().saturating_sub(end).max(start);
    let part = |from: usize, to: usize| -> String {
        let part: String = chars.iter().take(to).skip(from).collect();
        escaped(&part)
    };
    if start <= 1 && end <= 1 || start == until {
        return part(0, chars.len());
    }
    format!(
        "{}<mark>{}</mark>{}",
        part(0, start),
        part(start, until),
        part(until, chars.len())
    )
}

fn samples(it: &ExprMismatch) -> String {
    let mut html = String::new();
    let mut got: Vec<_> = it.got.iter().collect();
    let mut missing: Vec<&ParsedSample> = Vec::new();
    let mut rows = String::new();
    for expected in &it.expected {
        let found = got
            .iter()
            .position(|g| !expected.impossible && g.labels == expected.labels);
        match found.map(|at| got.remove(at)) {
            Some(sample) if same_sample(expected, sample) => {}
            Some(sample) => {
                let e = value_text(expected.value, expected.histogram.as_deref());
                let g = value_text(sample.value, sample.histogram.as_deref());
                rows.push_str(&format!(
                    "<tr><th>{}</th><td><del>{}</del></td><td><ins>{}</ins></td></tr>\n",
                    escaped(&series_text(&expected.labels)),
                    escaped(&e),
                    escaped(&g)
                ));
            }
            None => missing.push(expected),
        }
    }
    if !rows.is_empty() {
        html.push_str("<table><tr><th></th><th>expected</th><th>got</th></tr>\n");
        html.push_str(&rows);
        html.push_str("</table>\n");
    }
    for expected in &missing {
        let value = value_text(expected.value, expected.histogram.as_deref());
        html.push_str(&alone("missing", "del", &format!("{} {value}", expected.text)));
    }
    for sample in &got {
        let value = value_text(sample.value, sample.histogram.as_deref());
        html.push_str(&alone(
            "not expected",
            "ins",
            &format!("{} {value}", series_text(&sample.labels)),
        ));
    }
    if let ([expected], [sample]) = (missing.as_slice(), got.as_slice())
        && let Some(note) = label_note(expected, sample)
    {
        html.push_str(&format!("<p>{}</p>\n", escaped(&note)));
    }
    html
}
