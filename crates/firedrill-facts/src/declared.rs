//! What users declare: a facts file with a table per metric, and the tables `[metrics.NAME]` of `firedrill.toml`.

use crate::family::{members, unit_members};
use crate::store::Facts;
use crate::{Domain, Evidence, Fact, Known, Tier, Unit};
use firedrill_source::{SourceFile, nearest};
use firedrill_value::Duration;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationError {
    /// Byte offset.
    pub offset: usize,
    /// In words.
    pub message: String,
}

/// Keys of a metric.
const KEYS: [&str; 8] = [
    "type",
    "unit",
    "labels",
    "buckets",
    "range",
    "enum",
    "scrape-interval",
    "source",
];
/// Types as metadata spells them.
const TYPES: [&str; 7] = [
    "counter",
    "gauge",
    "histogram",
    "gaugehistogram",
    "summary",
    "info",
    "stateset",
];
/// More values of an enum than anybody reads.
const MOST_VALUES: usize = 10_000;

type Result<T> = std::result::Result<T, DeclarationError>;
type Value<'t> = Spanned<DeValue<'t>>;

/// Teaches `facts` the tables of a facts file, or those below `[metrics]` of a configuration, in which `settings` are keys
/// of their own. `inside` says which.
pub(crate) fn read(source: &SourceFile, inside: Option<&[&str]>, facts: &mut Facts) -> Result<()> {
    let root = DeTable::parse(source.text()).map_err(|error| DeclarationError {
        offset: error.span().map_or(0, |span| span.start),
        message: error.message().trim_end().replace('\n', "; "),
    })?;
    let root = root.get_ref();
    let metrics = match inside {
        None => root,
        Some(_) => match root.get("metrics").map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => table,
            Some(_) | None => return Ok(()),
        },
    };
    let settings = inside.unwrap_or_default();
    for (name, value) in metrics {
        let DeValue::Table(table) = value.get_ref() else {
            let key = name.get_ref();
            if settings.contains(&&**key) {
                continue;
            }
            let message = match nearest(key, settings.iter().copied()) {
                Some(near) => format!("unknown key {key}; did you mean {near}?"),
                None => format!("unknown key {key}; what is known of a metric stands in a table of its name"),
            };
            return Err(error(name.span().start, message));
        };
        metric(name.get_ref(), table, source, facts)?;
    }
    Ok(())
}

fn metric(name: &str, table: &DeTable<'_>, source: &SourceFile, facts: &mut Facts) -> Result<()> {
    let note: Option<Arc<str>> = match table.get("source") {
        Some(value) => Some(text(value, "source")?.into()),
        None => None,
    };
    let file: Arc<str> = source.name().into();
    for (key, value) in table {
        let at = key.span().start;
        let evidence = Evidence::Declared {
            file: file.clone(),
            line: u32::try_from(source.line_column(at).line).unwrap_or(u32::MAX),
            source: note.clone(),
        };
        match &**key.get_ref() {
            "type" => {
                for (series, metric_type) in types(name, value)? {
                    let fact = Fact {
                        metric_type,
                        tier: Tier::Declared,
                        evidence: evidence.clone(),
                    };
                    facts.learn(&series, fact);
                }
            }
            "unit" => {
                let word = text(value, "unit")?;
                let unit = unit(&word).ok_or_else(|| {
                    let message =
                        format!("unknown unit {word}; there are seconds, bytes, ratio, percent and others");
                    error(value.span().start, message)
                })?;
                facts.learn_family_unit(&unit_members(name), &known(unit, evidence));
            }
            "labels" => {
                let mut labels: Vec<Arc<str>> = Vec::new();
                for item in list(value, "labels")? {
                    labels.push(text(item, "a label")?.into());
                }
                labels.sort_unstable();
                labels.dedup();
                let is_family = matches!(
                    table.get("type").map(Spanned::get_ref),
                    Some(DeValue::String(word)) if matches!(&**word, "histogram" | "summary")
                );
                let suffixes: &[&str] = if is_family {
                    &["", "_bucket", "_sum", "_count"]
                } else {
                    &[""]
                };
                for series in suffixes {
                    facts.learn_labels(
                        &format!("{name}{series}"),
                        known(labels.clone(), evidence.clone()),
                    );
                }
            }
            "buckets" => {
                let mut bounds = numbers(value, "buckets")?;
                bounds.retain(|bound| bound.is_finite());
                if !bounds.windows(2).all(|pair| pair[0] < pair[1]) {
                    return Err(error(
                        value.span().start,
                        "buckets: bounds have to rise".to_owned(),
                    ));
                }
                facts.learn_buckets(name, known(bounds, evidence));
            }
            "range" => {
                let bounds = numbers(value, "range")?;
                let [low, high] = bounds.as_slice() else {
                    let message = "range: the least and the greatest value are needed, such as [0, 1]";
                    return Err(error(value.span().start, message.to_owned()));
                };
                if low > high || low.is_nan() || high.is_nan() {
                    let message = "range: the first value has to be the lesser one";
                    return Err(error(value.span().start, message.to_owned()));
                }
                facts.learn_domain(name, known(Domain::Range(*low, *high), evidence));
            }
            "enum" => facts.learn_domain(name, known(values(value)?, evidence)),
            "scrape-interval" => {
                let word = text(value, "scrape-interval")?;
                let duration = Duration::parse(&word)
                    .map_err(|problem| error(value.span().start, format!("scrape-interval: {problem}")))?;
                facts.learn_scrape_interval(name, known(duration.millis(), evidence));
            }
            "source" => {}
            other => {
                let message = match nearest(other, KEYS) {
                    Some(near) => format!("unknown key {other}; did you mean {near}?"),
                    None => format!("unknown key {other}; there are {}", KEYS.join(", ")),
                };
                return Err(error(at, message));
            }
        }
    }
    Ok(())
}

fn types(name: &str, value: &Value<'_>) -> Result<Vec<(String, crate::MetricType)>> {
    let word = text(value, "type")?;
    if !TYPES.contains(&&*word) {
        let message = match nearest(&word, TYPES) {
            Some(near) => format!("unknown type {word}; did you mean {near}?"),
            None => format!("unknown type {word}; there are {}", TYPES.join(", ")),
        };
        return Err(error(value.span().start, message));
    }
    // A declaration names one metric as it stands in queries; only histograms and summaries are families.
    let family = matches!(&*word, "histogram" | "gaugehistogram" | "summary");
    Ok(members(name, &word)
        .into_iter()
        .filter(|(series, _)| family || series == name)
        .collect())
}

fn unit(word: &str) -> Option<Unit> {
    match word {
        "timestamp" => Some(Unit::TIMESTAMP),
        other => Unit::named(other),
    }
}

fn values(value: &Value<'_>) -> Result<Domain> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err(error(
            value.span().start,
            "enum: a table is needed, such as { 0 = \"green\", 1 = \"red\" }".to_owned(),
        ));
    };
    let mut values = Vec::new();
    for (key, meaning) in table.iter().take(MOST_VALUES) {
        let number: f64 = key
            .get_ref()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| error(key.span().start, format!("enum: {} is no number", key.get_ref())))?;
        values.push((number, Arc::from(text(meaning, "a meaning")?)));
    }
    if values.is_empty() {
        return Err(error(value.span().start, "enum: no value is given".to_owned()));
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Domain::Values(values))
}

fn known<T>(value: T, evidence: Evidence) -> Known<T> {
    Known {
        value,
        tier: Tier::Declared,
        evidence,
    }
}

fn error(offset: usize, message: String) -> DeclarationError {
    DeclarationError { offset, message }
}

fn text(value: &Value<'_>, what: &str) -> Result<String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        _ => Err(error(value.span().start, format!("{what}: a text is needed"))),
    }
}

fn list<'a, 't>(value: &'a Value<'t>, what: &str) -> Result<Vec<&'a Value<'t>>> {
    match value.get_ref() {
        DeValue::Array(items) => Ok(items.iter().collect()),
        _ => Err(error(value.span().start, format!("{what}: a list is needed"))),
    }
}

fn numbers(value: &Value<'_>, what: &str) -> Result<Vec<f64>> {
    let number = |item: &Value<'_>| -> Option<f64> {
        match item.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|it| it as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    };
    list(value, what)?
        .into_iter()
        .map(|item| {
            number(item)
                .ok_or_else(|| error(item.span().start, format!("{what}: a list of numbers is needed")))
        })
        .collect()
}
