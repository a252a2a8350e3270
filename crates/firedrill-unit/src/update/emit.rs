//! Texts, alerts and samples as YAML.

use crate::compare::{GotAlert, GotSample};
use firedrill_value::{METRIC_NAME, format_pairs, quote};
use firedrill_yaml::Style;

/// Where a text is to stand.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// How the text that it replaces is written, or its neighbours.
    pub(super) style: Style,
    /// Columns of blanks before the lines of a block scalar; `None` inside `{…}` and `[…]`.
    pub(super) block: Option<usize>,
    pub(super) line_break: &'a str,
}

/// A text as a scalar that every reader takes for just that text.
pub(super) fn scalar(text: &str, place: Place<'_>) -> String {
    match (place.style, place.block) {
        (Style::Plain, _) if is_plain(text) => text.to_owned(),
        (Style::SingleQuoted | Style::Plain, _) if is_printable(text) => {
            if place.style == Style::Plain && !text.contains('"') && !text.contains('\\') {
                double_quoted(text)
            } else {
                format!("'{}'", text.replace('\'', "''"))
            }
        }
        (Style::Literal | Style::Folded, Some(indent)) => {
            literal(text, indent, place.line_break).unwrap_or_else(|| double_quoted(text))
        }
        _ => double_quoted(text),
    }
}

/// Whether a text may stand without quotes: letters first, nothing with a meaning, no word that is a boolean or null.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-./ ()%".contains(c);
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    starts
        && chars.all(rest)
        && !text.ends_with(' ')
        && !words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_printable(text: &str) -> bool {
    let special = |c: char| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    !text.contains(special) && !text.chars().any(|c| matches!(u32::from(c), 0xfffe | 0xffff))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if !is_printable(c.encode_utf8(&mut [0; 4])) => {
                let code = u32::from(c);
                out.push_str(&match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A block scalar, where its rules allow to write the text as it is.
fn literal(text: &str, indent: usize, line_break: &str) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let lines: Vec<&str> = body.split('\n').collect();
    let clear = lines.iter().all(|line| is_printable(line))
        && !lines.first()?.starts_with([' ', '\t'])
        && !lines.first()?.is_empty()
        && !lines.last()?.trim().is_empty();
    if !clear {
        return None;
    }
    let mut out = String::from(if text.ends_with('\n') { "|" } else { "|-" });
    for line in lines {
        out.push_str(line_break);
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    Some(out)
}

/// The fields of something that came out, each a text or a mapping of texts.
pub(super) enum Value {
    Text(String),
    /// Stands as it is: a number.
    Bare(String),
    Map(Vec<(String, String)>),
}

pub(super) fn alert_fields(alert: &GotAlert) -> Vec<(&'static str, Value)> {
    let labels: Vec<_> = alert
        .labels
        .iter()
        .filter(|(name, _)| name != "alertname")
        .cloned()
        .collect();
    let mut fields = Vec::new();
    if !labels.is_empty() {
        fields.push(("exp_labels", Value::Map(labels)));
    }
    if !alert.annotations.is_empty() {
        fields.push(("exp_annotations", Value::Map(alert.annotations.clone())));
    }
    fields
}

/// # Errors
/// For what no expectation can equal.
pub(super) fn sample_fields(sample: &GotSample) -> Result<Vec<(&'static str, Value)>, String> {
    let pairs: Vec<(String, String)> = sample
        .labels
        .iter()
        .map(|label| (label.name.to_string(), label.value.to_string()))
        .collect();
    let mut fields = vec![("labels", Value::Text(metric(&pairs)))];
    match &sample.histogram {
        Some(histogram) => {
            let text = histogram.as_ref().clone().compact().test_expression();
            fields.push(("histogram", Value::Text(text)));
        }
        None => fields.push(("value", Value::Bare(number(sample.value)?))),
    }
    Ok(fields)
}

/// A value as YAML reads it back to the last bit.
///
/// # Errors
/// For NaN, which equals nothing.
pub(super) fn number(value: f64) -> Result<String, String> {
    if value.is_nan() {
        return Err("the value is NaN, which equals nothing; compare with `expr != expr` instead".to_owned());
    }
    if value.is_infinite() {
        return Ok(if value > 0.0 { ".inf" } else { "-.inf" }.to_owned());
    }
    let plain = format!("{value}");
    if plain.len() <= 20 {
        return Ok(plain);
    }
    // Readers of YAML 1.1 want the point.
    let short = format!("{value:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    Ok(format!("{digits}{point}e{sign}{exponent}"))
}

/// Labels as a metric in notation.
fn metric(pairs: &[(String, String)]) -> String {
    let is_name = |name: &str| {
        let mut chars = name.chars();
        chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | ':'))
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
    };
    let name = pairs
        .iter()
        .find(|(name, value)| name == METRIC_NAME && is_name(value));
    let rest: Vec<(String, String)> = pairs.iter().filter(|pair| Some(*pair) != name).cloned().collect();
    let shown = if rest.iter().all(|(name, _)| is_name(name)) {
        format_pairs(&rest)
    } else {
        let quoted = rest
            .iter()
            .map(|(name, value)| format!("{}={}", quote(name), quote(value)));
        format!("{{{}}}", quoted.collect::<Vec<_>>().join(", "))
    };
    match name {
        Some((_, name)) if rest.is_empty() => name.clone(),
        Some((_, name)) => format!("{name}{shown}"),
        None => shown,
    }
}

/// A new element of a block list, its dash in column `indent`, with a line break at its end.
pub(super) fn block_item(fields: &[(&str, Value)], indent: usize, line_break: &str) -> String {
    let blanks = |count: usize| " ".repeat(count);
    if fields.is_empty() {
        return format!("{}- {{}}{line_break}", blanks(indent));
    }
    let mut out = String::new();
    for (index, (key, value)) in fields.iter().enumerate() {
        let lead = if index == 0 { "- " } else { "  " };
        out.push_str(&format!("{}{lead}{key}:", blanks(indent)));
        match value {
            Value::Bare(text) => out.push_str(&format!(" {text}{line_break}")),
            Value::Text(text) => {
                let place = Place {
                    style: Style::SingleQuoted,
                    block: Some(indent + 4),
                    line_break,
                };
                out.push_str(&format!(" {}{line_break}", scalar(text, place)));
            }
            Value::Map(pairs) => {
                out.push_str(line_break);
                for (name, text) in pairs {
                    out.push_str(&pair_line(name, text, indent + 4, Style::Plain, line_break));
                }
            }
        }
    }
    out
}

/// A line of a block mapping.
pub(super) fn pair_line(name: &str, text: &str, indent: usize, style: Style, line_break: &str) -> String {
    let style = if text.contains('\n') && style == Style::Plain {
        Style::Literal
    } else {
        style
    };
    let place = Place {
        style,
        block: Some(indent + 2),
        line_break,
    };
    let text = scalar(text, place);
    format!("{}{}: {text}{line_break}", " ".repeat(indent), key(name))
}

/// A new element of a list in brackets.
pub(super) fn flow_item(fields: &[(&str, Value)]) -> String {
    let shown = fields.iter().map(|(key, value)| match value {
        Value::Bare(text) => format!("{key}: {text}"),
        Value::Text(text) => format!("{key}: {}", flow_scalar(text, Style::SingleQuoted)),
        Value::Map(pairs) => format!("{key}: {}", flow_map(pairs)),
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}

/// A mapping in braces.
pub(super) fn flow_map(pairs: &[(String, String)]) -> String {
    let shown = pairs
        .iter()
        .map(|(name, text)| format!("{}: {}", key(name), flow_scalar(text, Style::Plain)));
    format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
}

fn flow_scalar(text: &str, style: Style) -> String {
    let place = Place {
        style,
        block: None,
        line_break: "\n",
    };
    scalar(text, place)
}

fn key(name: &str) -> String {
    if is_plain(name) && !name.contains(' ') {
        name.to_owned()
    } else {
        double_quoted(name)
    }
}
