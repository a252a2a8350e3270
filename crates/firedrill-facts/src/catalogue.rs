//! The built-in catalogue: names, types, units and labels of the metrics of well-known exporters.
//!
//! The files beside this one are made by `cargo run -p xtask -- catalogue`. Nothing is loaded: a look-up asks the index
//! where the line of a name is, and what is asked for is read off that line.

use crate::{MetricType, Unit, index};
use firedrill_source::find_byte;

/// A line for each name. Fields follow behind tabs: type, project, unit, labels.
static NAMES: &str = include_str!("catalogue/names.txt");
/// Where the line of each name is.
static INDEX: &[u8] = include_bytes!("catalogue/names.index");
/// What the names begin with, up to the first underscore: a line for each word.
static FIRST_WORDS: &str = include_str!("catalogue/first_words.txt");
/// Where the line of each of these words is.
static FIRST_WORDS_INDEX: &[u8] = include_bytes!("catalogue/first_words.index");
/// Beginnings of names, for families of metrics that follow what they observe, and their fields; sorted.
static PREFIXES: &[(&str, &str)] = include!("catalogue/prefixes.in");
/// Names of labels, found by offset.
static LABELS: &str = include_str!("catalogue/labels.txt");
/// Names of projects, found by offset.
static PROJECTS: &str = include_str!("catalogue/projects.txt");

/// What the catalogue holds of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry<'a> {
    metric: &'a str,
    /// What stands behind the name.
    fields: &'static str,
    part: Part,
}

/// Which series of a family a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// The name is that of the family.
    Whole,
    /// The sum of what was observed.
    Sum,
    /// How often something was observed.
    Count,
}

impl Entry<'_> {
    /// Its type; `None` where the project gives none or projects differ.
    pub(crate) fn metric_type(&self) -> Option<MetricType> {
        match self.part {
            Part::Whole => self.family_type(),
            Part::Sum | Part::Count => Some(MetricType::Counter),
        }
    }

    fn family_type(&self) -> Option<MetricType> {
        match self.fields.as_bytes().first()? {
            b'c' => Some(MetricType::Counter),
            b'g' => Some(MetricType::Gauge),
            b'h' => Some(MetricType::Histogram),
            b's' => Some(MetricType::Summary),
            _ => None,
        }
    }

    /// Whether it is a gauge that is known or likely to hold an ever-growing value.
    pub(crate) fn grows(&self) -> bool {
        self.fields.as_bytes().get(1) == Some(&b'!')
    }

    /// The project that exposes it.
    pub(crate) fn project(&self) -> Project {
        Project { fields: self.fields }
    }

    /// The unit of its values. What was observed has the unit; how often it was observed is a number.
    pub(crate) fn unit(&self) -> Option<Unit> {
        match self.field(2)? {
            "" => None,
            _ if self.part == Part::Count => None,
            "timestamp" => Some(Unit::TIMESTAMP),
            // The name knows more than the list: `_timestamp_seconds`.
            named => Unit::of_name(self.metric).or_else(|| Unit::named(named)),
        }
    }

    /// Names of its labels, sorted; `None` where they are not known.
    pub(crate) fn labels(&self) -> Option<impl Iterator<Item = &'static str>> {
        Some(line_of(self.fields, 3, LABELS)?.split(' '))
    }

    fn field(&self, index: usize) -> Option<&'static str> {
        field(self.fields, index)
    }
}

/// A project whose metrics are in the catalogue. Its name is looked up when somebody asks for it, which hardly anybody does.
#[derive(Clone, Copy, Debug)]
pub struct Project {
    /// The fields of a metric that it exposes.
    fields: &'static str,
}

impl Project {
    /// Its name.
    pub fn name(self) -> &'static str {
        line_of(self.fields, 1, PROJECTS).unwrap_or_default()
    }
}

impl PartialEq for Project {
    fn eq(&self, other: &Project) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Project {}

fn field(fields: &'static str, index: usize) -> Option<&'static str> {
    // Fields are short: looking at their letters one by one is fast.
    fields.split('\t').nth(index)
}

/// The line of a table at the offset that a field gives.
fn line_of(fields: &'static str, index: usize, table: &'static str) -> Option<&'static str> {
    table
        .get(field(fields, index)?.parse().ok()?..)?
        .split('\n')
        .next()
}

/// Whether a metric may be in the catalogue, by its first word: most applications' own metrics are not, and there is no
/// need to look for them.
pub(crate) fn may_begin(metric: &str) -> bool {
    let word = metric.get(..find_byte(metric.as_bytes(), 0, b'_'));
    word.is_some_and(|word| index::find(FIRST_WORDS_INDEX, FIRST_WORDS, word).is_some())
}

/// The entry of a metric: by its name, as a series of a histogram or summary, or by the beginning of its name.
pub(crate) fn look_up(metric: &str) -> Option<Entry<'_>> {
    let entry = |fields, part| Entry { metric, fields, part };
    if !may_begin(metric) {
        return None;
    }
    if let Some(fields) = index::find(INDEX, NAMES, metric) {
        return Some(entry(fields, Part::Whole));
    }
    for (suffix, part) in [
        ("_bucket", Part::Count),
        ("_sum", Part::Sum),
        ("_count", Part::Count),
    ] {
        let family = metric.strip_suffix(suffix);
        let Some(fields) = family.and_then(|family| index::find(INDEX, NAMES, family)) else {
            continue;
        };
        let fits = match entry(fields, Part::Whole).metric_type() {
            Some(MetricType::Histogram) => true,
            Some(MetricType::Summary) => suffix != "_bucket",
            _ => false,
        };
        if fits {
            return Some(entry(fields, part));
        }
    }
    by_beginning(PREFIXES, metric).map(|fields| entry(fields, Part::Whole))
}

/// The fields of the longest of the sorted beginnings that a name goes on from.
fn by_beginning(prefixes: &[(&str, &'static str)], metric: &str) -> Option<&'static str> {
    let first = *metric.as_bytes().first()?;
    let begins = |prefix: &str| {
        // Most names differ in their first byte.
        prefix.as_bytes().first() == Some(&first) && metric.len() > prefix.len() && metric.starts_with(prefix)
    };
    // A text that begins another stands before it.
    let mut longest_first = prefixes.iter().rev();
    let (_, fields) = longest_first.find(|(prefix, _)| begins(prefix))?;
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_metrics_are_in_it() {
        let entry = look_up("node_load1").expect("known");
        assert_eq!(entry.metric_type(), Some(MetricType::Gauge));
        assert_eq!(entry.project().name(), "node_exporter");
        let cpu = look_up("node_cpu_seconds_total").expect("known");
        assert_eq!(cpu.metric_type(), Some(MetricType::Counter));
        assert_eq!(
            cpu.labels().map(Iterator::collect::<Vec<_>>),
            Some(vec!["cpu", "mode"])
        );
        assert_eq!(cpu.unit(), Some(Unit::SECONDS));
        assert_eq!(
            look_up("process_start_time_seconds").and_then(|it| it.unit()),
            Some(Unit::TIMESTAMP)
        );
    }

    #[test]
    fn hardly_a_metric_that_is_not_in_it_is_looked_for() {
        let first_word = |line: &'static str| line.split(['\t', '_']).next();
        assert!(NAMES.lines().filter_map(first_word).all(may_begin));
        assert!(PREFIXES.iter().all(|(prefix, _)| may_begin(prefix)));
        let vain = (0..1000).filter(|number| may_begin(&format!("service{number}_requests_total")));
        assert_eq!(vain.count(), 0);
    }

    #[test]
    fn series_of_histograms_and_families_of_names_are_found() {
        let base = "prometheus_http_request_duration_seconds";
        assert_eq!(
            look_up(base).and_then(|it| it.metric_type()),
            Some(MetricType::Histogram)
        );
        for suffix in ["_bucket", "_sum", "_count"] {
            let name = format!("{base}{suffix}");
            let entry = look_up(&name).expect(suffix);
            assert_eq!(entry.metric_type(), Some(MetricType::Counter));
            assert_eq!(entry.unit().is_some(), suffix == "_sum", "{suffix}");
        }
        let setting = look_up("pg_settings_work_mem_bytes").expect("by its beginning");
        assert_eq!(setting.metric_type(), Some(MetricType::Gauge));
        assert_eq!(look_up("pg_settings_"), None, "the beginning alone is no name");
    }

    #[test]
    fn what_is_not_in_it_is_unknown() {
        for name in [
            "",
            "a",
            "zzz",
            "node_load",
            "node_load11",
            "~",
            "ß",
            "queue_depth",
            "|",
            "#",
        ] {
            assert_eq!(look_up(name), None, "{name}");
        }
    }

    #[test]
    fn the_longest_beginning_counts() {
        let prefixes = [
            ("a_", "1"),
            ("a_b_", "2"),
            ("a_b_c_", "3"),
            ("a_x_", "4"),
            ("b_", "5"),
        ];
        for (name, fields) in [
            ("a_z", Some("1")),
            ("a_b_b", Some("2")),
            ("a_b_", Some("1")),
            ("a_b_d", Some("2")),
            ("a_b_c_d", Some("3")),
            ("a_x_x", Some("4")),
            ("a_xß", Some("1")),
            ("b_1", Some("5")),
            ("a_", None),
            ("a", None),
            ("", None),
            ("c", None),
            ("ß", None),
        ] {
            assert_eq!(by_beginning(&prefixes, name), fields, "{name}");
        }
        assert_eq!(by_beginning(&[], "a_b"), None);
    }
}
