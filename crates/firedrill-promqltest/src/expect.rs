//! What a script expects of an evaluation.

use crate::load::{Sample, expand, split_series};
use crate::script::{Block, ScriptError};
use firedrill_eval::Level;
use firedrill_regex::Regex;
use firedrill_value::{Labels, Timestamp, parse_float};

/// How a text has to look.
#[derive(Debug)]
pub(crate) enum Pattern {
    Any,
    Text(String),
    Regex(Box<Regex>),
}

impl Pattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Text(expected) => expected == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A warning or info that has to be there.
#[derive(Debug)]
pub(crate) struct Remark {
    pub(crate) level: Level,
    pub(crate) pattern: Pattern,
    /// From `eval_warn` or `eval_info`: others of its kind may be there too.
    pub(crate) legacy: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Expectation {
    pub(crate) fail: Option<Pattern>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) no_warn: bool,
    pub(crate) no_info: bool,
    pub(crate) ordered: bool,
    pub(crate) text: Option<Vec<u8>>,
    pub(crate) scalar: Option<f64>,
    /// Start, end and step of a range vector.
    pub(crate) matrix: Option<(Timestamp, Timestamp, i64)>,
    /// In the order of the file; of equal label sets the last one counts.
    pub(crate) series: Vec<(Labels, Vec<Option<Sample>>)>,
}

/// Reads the lines after an `eval`; with how many of them belong to it. `None` for a command that is none.
pub(crate) fn parse(
    block: &Block<'_>,
    command: &str,
    range: bool,
) -> Option<Result<(Expectation, usize), ScriptError>> {
    let mut expected = Expectation::default();
    let legacy = |level| Remark {
        level,
        pattern: Pattern::Any,
        legacy: true,
    };
    match command.to_lowercase().as_str() {
        "eval" => {}
        "eval_fail" => expected.fail = Some(Pattern::Any),
        "eval_warn" => expected.remarks.push(legacy(Level::Warning)),
        "eval_info" => expected.remarks.push(legacy(Level::Info)),
        "eval_ordered" if !range => expected.ordered = true,
        _ => return None,
    }
    Some(read_lines(block, expected, range))
}

fn read_lines(
    block: &Block<'_>,
    mut expected: Expectation,
    range: bool,
) -> Result<(Expectation, usize), ScriptError> {
    for (index, line) in block.body.iter().enumerate() {
        let used = index + 1;
        let error = |message: String| block.error(used, message);
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match first {
            "expect" => read_directive(block, used, rest, &mut expected)?,
            "expected_fail_message" if expected.fail.is_some() => {
                expected.fail = Some(Pattern::Text(rest.to_owned()));
                return Ok((expected, used));
            }
            "expected_fail_regexp" if expected.fail.is_some() => {
                expected.fail = Some(regex(rest).map_err(error)?);
                return Ok((expected, used));
            }
            _ => {
                if let Some(value) = number(line) {
                    expected.scalar = Some(value);
                    return Ok((expected, used));
                }
                let (series, values) = split_series(line);
                let (labels, samples) = expand(series, values).map_err(error)?;
                if !range && expected.matrix.is_none() && samples.len() > 1 {
                    return Err(error(
                        "expecting multiple values in instant evaluation not allowed".to_owned(),
                    ));
                }
                expected.series.retain(|(known, _)| *known != labels);
                expected.series.push((labels, samples));
            }
        }
    }
    Ok((expected, block.body.len()))
}

fn read_directive(
    block: &Block<'_>,
    line: usize,
    text: &str,
    expected: &mut Expectation,
) -> Result<(), ScriptError> {
    let error = |message: String| block.error(line, message);
    let (kind, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let pattern = || -> Result<Pattern, ScriptError> {
        if let Some(text) = rest.strip_prefix("msg:") {
            return Ok(Pattern::Text(text.trim().to_owned()));
        }
        if let Some(text) = rest.strip_prefix("regex:") {
            return regex(text.trim()).map_err(error);
        }
        if rest.is_empty() {
            return Ok(Pattern::Any);
        }
        Err(error(
            "invalid expect statement, must match `expect <type> <match_type>: <string>`".to_owned(),
        ))
    };
    let remark = |level, pattern| Remark {
        level,
        pattern,
        legacy: false,
    };
    match kind {
        "fail" if expected.fail.is_some() => return Err(error("expect fail may be given once".to_owned())),
        "fail" => expected.fail = Some(pattern()?),
        "warn" => expected.remarks.push(remark(Level::Warning, pattern()?)),
        "info" => expected.remarks.push(remark(Level::Info, pattern()?)),
        "no_warn" => expected.no_warn = true,
        "no_info" => expected.no_info = true,
        "ordered" => expected.ordered = true,
        "string" => {
            let parsed = firedrill_promql::parse(rest, &firedrill_promql::Features::all());
            match &parsed.expr.kind {
                firedrill_promql::ExprKind::String(text) if parsed.errors.is_empty() => {
                    expected.text = Some(text.bytes.to_vec());
                }
                _ => return Err(error(format!("no string: {rest}"))),
            }
        }
        "range" => {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let ["vector", "from", start, "to", end, "step", step] = words.as_slice() else {
                return Err(error("invalid expect statement for a range vector".to_owned()));
            };
            expected.matrix = Some((
                block.duration(start, "from")?,
                block.duration(end, "to")?,
                block.duration(step, "step")?,
            ));
        }
        other => return Err(error(format!("invalid expected error/annotation type {other}"))),
    }
    Ok(())
}

fn regex(text: &str) -> Result<Pattern, String> {
    let regex = Regex::new(text).map_err(|error| error.to_string())?;
    Ok(Pattern::Regex(Box::new(regex)))
}

/// A number as Go reads integers with a prefix, or else floats.
fn number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.replace('_', "");
    let lower = plain.to_lowercase();
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix)
                .ok()
                .map(|value| sign * value as f64);
        }
    }
    if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|byte| byte.is_ascii_digit()) {
        return i64::from_str_radix(&lower, 8)
            .ok()
            .map(|value| sign * value as f64);
    }
    parse_float(text).ok()
}
