//! Single values: text, durations, numbers, booleans.

use super::Reader;
use super::fields::describe;
use crate::codes;
use firedrill_source::Spanned;
use firedrill_value::{Duration, DurationError};
use firedrill_yaml::{Content, NodeRef, Resolved, Scalar, Version, decode_base64, old_bool, resolve};
use std::fmt::Display;
use std::sync::Arc;

impl<'t> Reader<'t> {
    /// A text as Prometheus sees it: any scalar gives what is written, null gives an empty text. Lists and mappings are
    /// reported.
    #[inline]
    pub(crate) fn text(&mut self, node: NodeRef<'t>, what: impl Display) -> Option<Scalar> {
        if !self.visit(node) {
            return None;
        }
        // Without a tag it is a text, or null.
        node.untagged_scalar().or_else(|| self.unusual_text(node, &what))
    }

    /// The text of a node that has a tag or is no scalar.
    #[inline(never)]
    fn unusual_text(&mut self, node: NodeRef<'t>, what: &dyn Display) -> Option<Scalar> {
        if matches!(node.content(), Content::Alias(_)) {
            // An unknown anchor is an error of its own.
            return None;
        }
        let Some(mut scalar) = node.scalar() else {
            if self.tree.is_unfinished(node.id()) {
                return None;
            }
            self.not_a_text(node, what);
            return None;
        };
        match resolve(node, self.version) {
            Ok(Resolved::Null) => scalar.text = Arc::from(""),
            Ok(Resolved::Binary) => match decode_base64(&scalar.text) {
                // What is no text stays text here; names and values that are refused for it are told apart below.
                Some(bytes) => scalar.text = Arc::from(String::from_utf8_lossy(&bytes).as_ref()),
                None => {
                    self.error(
                        codes::WRONG_VALUE_TYPE,
                        node,
                        "`!!binary` stands before what is no base64",
                    );
                    return None;
                }
            },
            Ok(_) => {}
            Err(mismatch) => {
                let tag = node.tag().unwrap_or("");
                self.error(
                    codes::WRONG_VALUE_TYPE,
                    node,
                    format!("the tag `{tag}` does not fit the text `{}`", scalar.text),
                )
                .help = Some(format!(
                    "remove the tag; by itself the text is `{}`",
                    mismatch.found
                ));
                return None;
            }
        }
        Some(scalar)
    }

    fn not_a_text(&mut self, node: NodeRef<'t>, what: &dyn Display) {
        let consequence = self.consequence;
        let template = node.span().slice(self.source()).starts_with("{{");
        let found = describe(node);
        let finding = self.error(
            codes::WRONG_VALUE_TYPE,
            node,
            format!("{what} has to be a text, but this is {found}"),
        );
        finding.help = Some(if template {
            "put quotes around a value that starts with `{{`: without them it is a YAML mapping".to_owned()
        } else {
            "put quotes around the value if a text is meant".to_owned()
        });
        finding.note = Some(consequence.to_owned());
    }

    /// A Prometheus duration; `None` for null.
    pub(crate) fn duration(&mut self, node: NodeRef<'t>, key: &str) -> Option<Spanned<Duration>> {
        // Version 2 hands `Null` and `NULL` on as empty texts.
        let null = match self.version {
            Version::V3 => self.is_null(node),
            Version::V2 => self.is_null(node) && !matches!(node.text(), Some("Null" | "NULL")),
        };
        if null {
            return None;
        }
        let scalar = self.text(node, format_args!("`{key}`"))?;
        match Duration::parse(&scalar.text) {
            Ok(duration) => Some(Spanned::new(duration, scalar.used_at)),
            Err(error) => {
                let consequence = self.consequence;
                let (message, help) = explain_duration(&scalar.text, &error);
                let finding = self.error(codes::BAD_DURATION, node, format!("`{key}`: {message}"));
                finding.help = Some(help);
                finding.note = Some(consequence.to_owned());
                None
            }
        }
    }

    /// A whole number as Go's decoder reads one: fractions are cut off.
    pub(crate) fn integer(&mut self, node: NodeRef<'t>, key: &str) -> Option<Spanned<i64>> {
        if !self.visit(node) {
            return None;
        }
        let value = match resolve(node, self.version) {
            Ok(Resolved::Null) => return None,
            Ok(Resolved::Int(value)) => Some(value),
            // Go compares with the largest integer as a float, which is 2^63.
            Ok(Resolved::Float(value)) if value <= (1u64 << 63) as f64 => Some(value as i64),
            _ => None,
        };
        match value {
            Some(value) => Some(Spanned::new(value, node.used_at())),
            None => {
                let found = describe(node);
                self.error(
                    codes::WRONG_VALUE_TYPE,
                    node,
                    format!("`{key}` has to be a whole number, but this is {found}"),
                )
                .help = Some("write the number without quotes".to_owned());
                None
            }
        }
    }

    /// A number.
    pub(crate) fn float(&mut self, node: NodeRef<'t>, key: &str) -> Option<f64> {
        if !self.visit(node) {
            return None;
        }
        match resolve(node, self.version) {
            Ok(Resolved::Null) => None,
            Ok(Resolved::Int(value)) => Some(value as f64),
            Ok(Resolved::Uint(value)) => Some(value as f64),
            Ok(Resolved::Float(value)) => Some(value),
            _ => {
                let found = describe(node);
                let help = match node.text().map(str::to_lowercase).as_deref() {
                    Some("inf" | "+inf" | "infinity") => "YAML writes it `.inf`",
                    Some("-inf" | "-infinity") => "YAML writes it `-.inf`",
                    Some("nan") => "YAML writes it `.nan`",
                    _ => "write the number without quotes",
                };
                self.error(
                    codes::WRONG_VALUE_TYPE,
                    node,
                    format!("`{key}` has to be a number, but this is {found}"),
                )
                .help = Some(help.to_owned());
                None
            }
        }
    }

    /// A boolean, in any of the spellings of YAML 1.1.
    pub(crate) fn boolean(&mut self, node: NodeRef<'t>, key: &str) -> Option<bool> {
        if !self.visit(node) {
            return None;
        }
        let plain = matches!(node.content(), Content::Scalar(scalar) if scalar.is_plain());
        match resolve(node, self.version) {
            Ok(Resolved::Null) => None,
            Ok(Resolved::Bool(value)) => Some(value),
            Ok(_) if plain && node.text().is_some_and(|text| old_bool(text).is_some()) => {
                node.text().and_then(old_bool)
            }
            _ => {
                let found = describe(node);
                self.error(
                    codes::WRONG_VALUE_TYPE,
                    node,
                    format!("`{key}` has to be true or false, but this is {found}"),
                )
                .help = Some("write `true` or `false` without quotes".to_owned());
                None
            }
        }
    }

    /// The elements of a list. Null is an empty list; anything else is reported. Rule files drop null elements, test
    /// files keep them.
    pub(crate) fn list(&mut self, node: NodeRef<'t>, key: &str) -> Vec<NodeRef<'t>> {
        if !self.visit(node) {
            return Vec::new();
        }
        if let Some(items) = node.items() {
            let keep_null = self.version == Version::V2;
            let mut list = Vec::with_capacity(items.len());
            list.extend(items.filter(|item| keep_null || !self.is_null(*item)));
            return list;
        }
        if !self.is_null(node) {
            let consequence = self.consequence;
            let found = describe(node);
            let finding = self.error(
                codes::WRONG_VALUE_TYPE,
                node,
                format!("`{key}` has to be a list, but this is {found}"),
            );
            finding.help = Some("start each element with `- `".to_owned());
            finding.note = Some(consequence.to_owned());
        }
        Vec::new()
    }

    pub(crate) fn source(&self) -> &'t str {
        self.text
    }
}

/// What is wrong with a duration, and what was probably meant.
fn explain_duration(text: &str, error: &DurationError) -> (String, String) {
    const UNITS: &str = "durations are whole numbers with units from large to small, such as `1h30m`; the units are y, w, d, h, m, s and ms";
    let trimmed = text.trim();
    let message = match error {
        DurationError::Empty => "the duration is empty".to_owned(),
        DurationError::OutOfRange => format!("`{text}` is longer than the 292 years that fit"),
        DurationError::UnknownUnit { unit, .. } if unit.trim() != unit => {
            format!("a blank inside the duration `{text}`")
        }
        DurationError::UnknownUnit { unit, .. } if unit == "." => {
            format!("a fraction in the duration `{text}`")
        }
        DurationError::UnknownUnit { unit, .. } => {
            format!("no unit is called `{unit}` in the duration `{text}`")
        }
        DurationError::Invalid(_) if trimmed.starts_with('-') => format!("the duration `{text}` is negative"),
        DurationError::Invalid(_) if trimmed.parse::<f64>().is_ok() => {
            format!("the duration `{text}` has no unit")
        }
        DurationError::Invalid(_) => format!("`{text}` is no duration"),
    };
    let help =
        suggest_duration(trimmed).map_or_else(|| UNITS.to_owned(), |better| format!("write `{better}`"));
    (message, help)
}

/// A duration that was probably meant.
fn suggest_duration(text: &str) -> Option<String> {
    let fits = |candidate: String| Duration::parse(&candidate).ok().map(|_| candidate);
    if text.is_empty() || text.starts_with('-') {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return fits(format!("{text}s"));
    }
    let joined: String = text.trim_start_matches('+').split_whitespace().collect();
    if let Some(better) = fits(joined.clone()) {
        return Some(better);
    }
    let lower = joined.to_lowercase();
    // `1M` may be a month: only the case of other units is corrected without a second thought.
    if !joined.contains('M')
        && let Some(better) = fits(lower.clone())
    {
        return Some(better);
    }
    if joined.ends_with('M') {
        return None;
    }
    let split = lower.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, word) = lower.split_at(split);
    let unit = match word {
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "week" | "weeks" => "w",
        "year" | "years" => "y",
        unit => unit,
    };
    if let Some(better) = fits(format!("{number}{unit}")) {
        return Some(better);
    }
    let (whole, fraction) = number.split_once('.')?;
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.contains('.') {
        return None;
    }
    let one = Duration::parse(&format!("1{unit}")).ok()?;
    let millis = number.parse::<f64>().ok()? * one.millis() as f64;
    if !(1.0..=1e15).contains(&millis) || (millis.round() - millis).abs() > 1e-6 {
        return None;
    }
    Some(Duration::from_millis(millis.round() as i64).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_in_durations_are_understood() {
        for (text, better) in [
            ("30", Some("30s")),
            ("1h 30m", Some("1h30m")),
            ("1.5h", Some("1h30m")),
            ("5H", Some("5h")),
            ("10min", Some("10m")),
            ("5M", None),
            ("-5m", None),
            ("soon", None),
        ] {
            assert_eq!(suggest_duration(text).as_deref(), better, "{text}");
        }
    }
}
