//! What a target exposes: types, units, labels and buckets, in the text format and in OpenMetrics.
//!
//! Lines that are neither comments nor samples are passed over: a dump may be cut off anywhere.

use crate::family::{members, unit_members};
use crate::store::Facts;
use crate::{Evidence, Fact, Known, Tier, Unit};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Labels that belong to the form of a series, not to what it measures.
const FORMAL: [&str; 2] = ["le", "quantile"];
/// More labels than a real series has: the rest of such a line is no series.
const MOST_LABELS: usize = 256;

/// What the samples of one metric showed.
#[derive(Default)]
struct Seen {
    line: u32,
    labels: Vec<Arc<str>>,
    bounds: Vec<f64>,
}

/// Teaches `facts` what a dump says.
pub(crate) fn read(name: &str, text: &str, facts: &mut Facts) {
    let file: Arc<str> = name.into();
    let mut samples: FxHashMap<Cow<'_, str>, Seen> = FxHashMap::default();
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = line.trim_start();
        if line.starts_with('#') {
            comment(line, &file, number, facts);
        } else if let Some((metric, labels)) = sample(line) {
            let seen = samples.entry(metric).or_default();
            if seen.line == 0 {
                seen.line = number;
            }
            seen.add(labels);
        }
    }
    for (metric, mut seen) in samples {
        let evidence = Evidence::Samples {
            file: file.clone(),
            line: seen.line,
        };
        seen.labels.sort_unstable();
        let known = |value| Known {
            value,
            tier: Tier::Exposed,
            evidence: evidence.clone(),
        };
        facts.learn_labels(&metric, known(std::mem::take(&mut seen.labels)));
        if let Some(histogram) = metric.strip_suffix("_bucket")
            && !seen.bounds.is_empty()
        {
            seen.bounds.sort_unstable_by(f64::total_cmp);
            facts.learn_buckets(
                histogram,
                Known {
                    value: seen.bounds,
                    tier: Tier::Exposed,
                    evidence,
                },
            );
        }
    }
}

impl Seen {
    fn add<'a>(&mut self, labels: Vec<(Cow<'a, str>, Cow<'a, str>)>) {
        for (label, value) in labels {
            if label == "le"
                && let Ok(bound) = value.parse::<f64>()
                && bound.is_finite()
                && !self.bounds.contains(&bound)
            {
                self.bounds.push(bound);
            }
            if !FORMAL.contains(&&*label) && !self.labels.iter().any(|known| **known == *label) {
                self.labels.push(Arc::from(&*label));
            }
        }
    }
}

/// `# TYPE family type` and `# UNIT family unit`.
fn comment(line: &str, file: &Arc<str>, number: u32, facts: &mut Facts) {
    let mut words = line.split_ascii_whitespace();
    let (Some("#"), Some(keyword)) = (words.next(), words.next()) else {
        return;
    };
    let (Some(family), Some(word), None) = (words.next(), words.next(), words.next()) else {
        return;
    };
    let family = family.trim_matches('"');
    let (file, line) = (file.clone(), number);
    match keyword {
        "TYPE" => {
            let evidence = Evidence::TypeLine { file, line };
            for (series, metric_type) in members(family, word) {
                let fact = Fact {
                    metric_type,
                    tier: Tier::Exposed,
                    evidence: evidence.clone(),
                };
                facts.learn(&series, fact);
            }
        }
        "UNIT" => {
            if let Some(unit) = Unit::named(word) {
                let known = Known {
                    value: unit,
                    tier: Tier::Exposed,
                    evidence: Evidence::UnitLine { file, line },
                };
                facts.learn_family_unit(&unit_members(family), &known);
            }
        }
        _ => {}
    }
}

/// A name and labels.
type Series<'a> = (Cow<'a, str>, Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The series of a sample line: `name{label="value"} 1`, `{"name",label="value"} 1`.
fn sample(line: &str) -> Option<Series<'_>> {
    let end = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at(end);
    if !name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
    {
        return None;
    }
    let Some(mut rest) = rest.strip_prefix('{') else {
        return (!name.is_empty()).then(|| (Cow::Borrowed(name), Vec::new()));
    };
    let mut name = (!name.is_empty()).then_some(Cow::Borrowed(name));
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.starts_with('}') {
            return name.map(|name| (name, labels));
        }
        if labels.len() > MOST_LABELS {
            return None;
        }
        let (label, after) = if rest.starts_with('"') {
            quoted(rest)?
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
            (Cow::Borrowed(&rest[..end]), &rest[end..])
        };
        let after = after.trim_start();
        rest = match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = quoted(value.trim_start())?;
                labels.push((label, value));
                after
            }
            // A name in quotes stands among the labels.
            None if name.is_none() => {
                name = Some(label);
                after
            }
            None => return None,
        }
        .trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}

/// A text in quotes at the beginning of `text`, and what follows it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let mut any = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => (escaped, any) = (true, true),
            b'"' => {
                let (body, rest) = (&inner[..at], &inner[at + 1..]);
                return Some((if any { unescape(body) } else { Cow::Borrowed(body) }, rest));
            }
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}
