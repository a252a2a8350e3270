//! The built-in catalogue: names, types, units and labels of the metrics of well-known exporters.
//!
//! The texts beside this file are made by `cargo run -p xtask -- catalogue`. Nothing is loaded: a look-up searches the
//! blocks of sorted names, sixteen names to a block, and reads one of them.

use crate::{MetricType, Unit};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::ops::Range;

/// Blocks of names: `|name` begins one; in the lines behind it the first character gives the number of bytes that the
/// name shares with the one before, `#` for none. Fields follow behind tabs: type, project, unit, labels.
static NAMES: &str = include_str!("catalogue/names.txt");
/// Where each block begins: lines of six digits.
static BLOCKS: &str = include_str!("catalogue/blocks.txt");
/// Beginnings of names, for families of metrics that follow what they observe.
static PREFIXES: &str = include_str!("catalogue/prefixes.txt");
/// Names of labels, found by offset.
static LABELS: &str = include_str!("catalogue/labels.txt");
/// Names of projects, found by offset.
static PROJECTS: &str = include_str!("catalogue/projects.txt");

/// Length of a line of [`BLOCKS`], the newline included.
const BLOCK_LINE: usize = 7;

/// How many answers a thread remembers.
const MOST_RECENT: usize = 1024;

thread_local! {
    /// The last answers of a thread: lint after lint asks for the same few metrics.
    static RECENT: RefCell<FxHashMap<Box<str>, Option<Entry>>> = RefCell::default();
}

/// What the catalogue holds of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its type; `None` where the project gives none or projects differ.
    pub(crate) metric_type: Option<MetricType>,
    /// Whether it is a gauge that is known or likely to hold an ever-growing value.
    pub(crate) grows: bool,
    /// The project that exposes it.
    pub(crate) project: &'static str,
    /// The unit of its values.
    pub(crate) unit: Option<Unit>,
    /// Names of its labels, sorted, separated by blanks; empty where they are not known.
    labels: &'static str,
}

impl Entry {
    /// Names of its labels, sorted; `None` where they are not known.
    pub(crate) fn labels(&self) -> Option<impl Iterator<Item = &'static str>> {
        (!self.labels.is_empty()).then(|| self.labels.split(' '))
    }
}

/// The entry of a metric: by its name, as a series of a histogram or summary, or by the beginning of its name.
pub(crate) fn look_up(metric: &str) -> Option<Entry> {
    RECENT.with_borrow_mut(|recent| {
        if let Some(known) = recent.get(metric) {
            return *known;
        }
        if recent.len() >= MOST_RECENT {
            recent.clear();
        }
        let entry = search(metric);
        recent.insert(metric.into(), entry);
        entry
    })
}

fn search(metric: &str) -> Option<Entry> {
    if let Some(entry) = exact(metric) {
        return Some(entry);
    }
    for suffix in ["_bucket", "_sum", "_count"] {
        let Some(entry) = metric.strip_suffix(suffix).and_then(exact) else {
            continue;
        };
        let fits = match entry.metric_type {
            Some(MetricType::Histogram) => true,
            Some(MetricType::Summary) => suffix != "_bucket",
            _ => false,
        };
        if fits {
            return Some(Entry {
                metric_type: Some(MetricType::Counter),
                // What was observed has the unit; how often it was observed is a number.
                unit: entry.unit.filter(|_| suffix == "_sum"),
                ..entry
            });
        }
    }
    let longest = PREFIXES
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(prefix, _)| metric.len() > prefix.len() && metric.starts_with(prefix))
        .max_by_key(|(prefix, _)| prefix.len());
    longest.and_then(|(_, fields)| entry(metric, fields))
}

/// The row of exactly this name.
fn exact(metric: &str) -> Option<Entry> {
    let block = block(metric)?;
    let mut known = 0;
    // How many bytes of the wanted name the line before began with.
    for line in NAMES.get(block)?.lines() {
        let mark = *line.as_bytes().first()?;
        let (rest, fields) = line.get(1..)?.split_once('\t')?;
        let shared = if mark == b'|' {
            0
        } else {
            usize::from(mark.checked_sub(b'#')?)
        };
        if shared > known {
            // Equal to the line before where that one differed already.
            continue;
        }
        let wanted = metric.as_bytes().get(shared..)?;
        known = shared
            + wanted
                .iter()
                .zip(rest.as_bytes())
                .take_while(|(a, b)| a == b)
                .count();
        if known == metric.len() && rest.len() + shared == known {
            return entry(metric, fields);
        }
        if rest.as_bytes() > wanted {
            return None;
        }
    }
    None
}

/// The block in which a name has to be, if it is anywhere.
fn block(metric: &str) -> Option<Range<usize>> {
    let count = BLOCKS.len() / BLOCK_LINE;
    let offset = |index: usize| -> Option<usize> {
        let at = index * BLOCK_LINE;
        BLOCKS.get(at..at + BLOCK_LINE - 1)?.parse().ok()
    };
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        let start = offset(middle)?;
        let name = NAMES.get(start + 1..)?.split('\t').next()?;
        match name.cmp(metric) {
            Ordering::Greater => high = middle,
            _ => low = middle + 1,
        }
    }
    let first = low.checked_sub(1)?;
    Some(offset(first)?..offset(low).unwrap_or(NAMES.len()))
}

/// What the fields behind a name say.
fn entry(metric: &str, fields: &'static str) -> Option<Entry> {
    let mut fields = fields.split('\t');
    let kind = fields.next()?;
    let line = |table: &'static str, at: &str| -> Option<&'static str> {
        table.get(at.parse().ok()?..)?.lines().next()
    };
    let project = line(PROJECTS, fields.next()?)?;
    let unit = match fields.next()? {
        "timestamp" => Some(Unit::TIMESTAMP),
        "" => None,
        // The name knows more than the list: `_timestamp_seconds`.
        named => Unit::of_name(metric).or_else(|| Unit::named(named)),
    };
    Some(Entry {
        metric_type: match kind.as_bytes().first()? {
            b'c' => Some(MetricType::Counter),
            b'g' => Some(MetricType::Gauge),
            b'h' => Some(MetricType::Histogram),
            b's' => Some(MetricType::Summary),
            _ => None,
        },
        grows: kind.ends_with('!'),
        project,
        unit,
        labels: fields.next().and_then(|at| line(LABELS, at)).unwrap_or(""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_metrics_are_in_it() {
        let entry = look_up("node_load1").expect("known");
        assert_eq!(entry.metric_type, Some(MetricType::Gauge));
        assert_eq!(entry.project, "node_exporter");
        let cpu = look_up("node_cpu_seconds_total").expect("known");
        assert_eq!(cpu.metric_type, Some(MetricType::Counter));
        assert_eq!(
            cpu.labels().map(Iterator::collect::<Vec<_>>),
            Some(vec!["cpu", "mode"])
        );
        assert_eq!(cpu.unit, Some(Unit::SECONDS));
        assert_eq!(
            look_up("process_start_time_seconds").and_then(|it| it.unit),
            Some(Unit::TIMESTAMP)
        );
    }

    #[test]
    fn series_of_histograms_and_families_of_names_are_found() {
        let base = "prometheus_http_request_duration_seconds";
        assert_eq!(
            look_up(base).and_then(|it| it.metric_type),
            Some(MetricType::Histogram)
        );
        for suffix in ["_bucket", "_sum", "_count"] {
            let entry = look_up(&format!("{base}{suffix}")).expect(suffix);
            assert_eq!(entry.metric_type, Some(MetricType::Counter));
            assert_eq!(entry.unit.is_some(), suffix == "_sum", "{suffix}");
        }
        let setting = look_up("pg_settings_work_mem_bytes").expect("by its beginning");
        assert_eq!(setting.metric_type, Some(MetricType::Gauge));
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
}
