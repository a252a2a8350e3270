//! The built-in catalogue of `firedrill-facts`, made from lists of names, types, units and labels of public exporters.
//!
//! See `firedrill-facts/src/catalogue.rs` for the reader.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io;
use std::path::Path;

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The metric; a prefix with `*` behind it stands for all names that begin so.
    pub name: String,
    /// counter, gauge, histogram, summary, info, stateset, untyped or ambiguous.
    pub kind: String,
    /// As the list gives it.
    pub unit: String,
    /// Names of labels, sorted.
    pub labels: Vec<String>,
    /// `owner/project@commit`.
    pub sources: Vec<String>,
}

impl Row {
    /// Whether somebody's own metric may well have that name: then nothing is claimed. That is so for the names of three
    /// projects which have no prefix, for names of one word and in camel case, and behind a few first words.
    pub fn is_generic(&self) -> bool {
        let prefixless = |source: &String| {
            PREFIXLESS
                .iter()
                .any(|project| source.starts_with(&format!("{project}@")))
        };
        let first = self.name.split('_').next().unwrap_or_default();
        let camel = first.starts_with(|c: char| c.is_ascii_lowercase())
            && first.contains(|c: char| c.is_ascii_uppercase());
        let snmp = self.name.starts_with("snmp_");
        (self.sources.iter().all(prefixless) && !snmp)
            || (!self.name.contains('_') && self.name != "up")
            || camel
            || GENERIC_WORDS.contains(&first)
    }

    /// The unit that is claimed. Gauges called seconds may be points in time: where the name tells, it is `timestamp`,
    /// where it does not, nothing is claimed.
    pub fn claimed_unit(&self) -> &str {
        let name = self.name.as_str();
        if self.kind != "gauge" || self.unit != "seconds" {
            return &self.unit;
        }
        let point = POINTS_IN_TIME.iter().any(|end| name.ends_with(end));
        if point && !name.contains("_since_") {
            return "timestamp";
        }
        let open = ["time_seconds", "last", "expir", "date", "nano_", "micro_"];
        let length = name.ends_with("duration_seconds") || name.ends_with("uptime_seconds");
        match open.iter().any(|word| name.contains(word)) && !length {
            true => "",
            false => "seconds",
        }
    }

    /// The name, or what all names begin with that it stands for.
    pub fn prefix(&self) -> &str {
        self.name.strip_suffix('*').unwrap_or(&self.name)
    }

    /// The name of the project to name as evidence: the one that the metric is named after, if there is one.
    pub fn project(&self) -> &str {
        let first = self.name.split('_').next().unwrap_or_default();
        let mut projects = self.sources.iter().map(|source| {
            let project = source.split('@').next().unwrap_or_default();
            project.rsplit('/').next().unwrap_or_default()
        });
        let named = projects.clone().find(|project| project.starts_with(first));
        named.or_else(|| projects.next()).unwrap_or_default()
    }
}

/// Projects whose metrics have no prefix of their own.
const PREFIXLESS: [&str; 3] = ["prometheus/snmp_exporter", "NetApp/harvest", "apache/zookeeper"];

/// First words that any application may use.
const GENERIC_WORDS: [&str; 43] = [
    "analysis",
    "authentication",
    "authenticated",
    "authorization",
    "auto",
    "cache",
    "cardinality",
    "circuit",
    "connection",
    "db",
    "disabled",
    "disk",
    "dm",
    "dns",
    "engine",
    "experiment",
    "field",
    "flow",
    "force",
    "function",
    "hidden",
    "metric",
    "namespace",
    "not",
    "operator",
    "os",
    "plugin",
    "quic",
    "registered",
    "reset",
    "resource",
    "retroactive",
    "running",
    "service",
    "should",
    "sidecar",
    "sync",
    "system",
    "test",
    "version",
    "wasm",
    "watch",
    "webhook",
];

/// Endings of gauges that hold a point in time.
const POINTS_IN_TIME: [&str; 9] = [
    "timestamp_seconds",
    "start_time_seconds",
    "starttime_seconds",
    "boot_time_seconds",
    "mtime_seconds",
    "last_gc_time_seconds",
    "last_trigger_seconds",
    "expire_time_seconds",
    "node_time_seconds",
];

/// Metrics whose values are not what their own projects register them as, and why: nothing is claimed of their types.
const MISNAMED: [(&str, &str); 1] = [(
    "smartctl_device_critical_warning",
    "registered as a counter, but holds the bits of the last warning, which are cleared again",
)];

/// The list, and the names of gauges in it that hold ever-growing values. `None` where the folder is absent.
///
/// # Errors
/// When the disk refuses.
pub fn read(folder: &Path) -> io::Result<Option<(Vec<Row>, BTreeSet<String>)>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let metrics = std::fs::read_to_string(folder.join("metrics.csv"))?;
    let caution = std::fs::read_to_string(folder.join("gauge-caution.csv"))?;
    let words = |text: &str| {
        text.split(' ')
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let rows = metrics.lines().skip(1).filter_map(|line| {
        let mut fields = line.split(',');
        let name = fields.next()?.to_owned();
        let kind = fields.next()?;
        let misnamed = MISNAMED.iter().any(|(of, _)| *of == name);
        Some(Row {
            name,
            kind: if misnamed { "ambiguous" } else { kind }.to_owned(),
            unit: fields.next()?.to_owned(),
            labels: words(fields.next()?),
            sources: words(fields.next()?),
        })
    });
    let name = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    Ok(Some((
        rows.collect(),
        caution.lines().skip(1).map(name).collect(),
    )))
}

/// The files of the catalogue: name and content.
pub fn files(rows: &[Row], caution: &BTreeSet<String>) -> Vec<(&'static str, Vec<u8>)> {
    let claimed: Vec<&Row> = rows.iter().filter(|row| !row.is_generic()).collect();
    let labels = Table::new(claimed.iter().map(|row| row.labels.join(" ")));
    let projects = Table::new(claimed.iter().map(|row| row.project().to_owned()));
    let (mut open, mut exact): (Vec<&Row>, Vec<&Row>) =
        claimed.into_iter().partition(|row| row.name.ends_with('*'));
    exact.sort_by_key(|row| &row.name);
    open.sort_by_key(|row| row.prefix());
    let lines = |rows: &[&Row]| {
        let mut text = String::new();
        for row in rows {
            text.push_str(row.prefix());
            write_fields(&mut text, row, caution, &labels, &projects);
        }
        text
    };
    let names = lines(&exact);
    let rows = exact.iter().chain(&open);
    let first_words: BTreeSet<&str> = rows.map(|row| first_word(row)).collect();
    let first_words: String = first_words.iter().map(|word| format!("{word}\t\n")).collect();
    let prefixes: Vec<String> = lines(&open)
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(prefix, fields)| format!("    ({prefix:?}, {fields:?}),\n"))
        .collect();
    vec![
        ("names.index", firedrill_facts::index::build(&names)),
        ("names.txt", names.into_bytes()),
        ("first_words.index", firedrill_facts::index::build(&first_words)),
        ("first_words.txt", first_words.into_bytes()),
        (
            "prefixes.in",
            format!("&[\n{}]\n", prefixes.concat()).into_bytes(),
        ),
        ("labels.txt", labels.text.into_bytes()),
        ("projects.txt", projects.text.into_bytes()),
    ]
}

/// What all names that a row is about begin with, up to the first underscore.
fn first_word(row: &Row) -> &str {
    let word = row.prefix().split('_').next().unwrap_or_default();
    let is_whole = !row.name.ends_with('*') || row.prefix().len() > word.len();
    assert!(is_whole, "{}: nobody knows where its first word ends", row.name);
    word
}

fn write_fields(out: &mut String, row: &Row, caution: &BTreeSet<String>, labels: &Table, projects: &Table) {
    let kind = match row.kind.as_str() {
        "counter" => "c",
        "gauge" | "info" | "stateset" => "g",
        "histogram" => "h",
        "summary" => "s",
        _ => "u",
    };
    let grows = if caution.contains(&row.name) { "!" } else { "" };
    let unit = row.claimed_unit();
    let project = projects.offset(row.project());
    let _ = write!(out, "\t{kind}{grows}\t{project}\t{unit}");
    if !row.labels.is_empty() {
        let _ = write!(out, "\t{}", labels.offset(&row.labels.join(" ")));
    }
    out.push('\n');
}

/// Texts, one a line, each found by the offset of its line.
struct Table {
    text: String,
    offsets: BTreeMap<String, usize>,
}

impl Table {
    fn new(texts: impl Iterator<Item = String>) -> Self {
        let mut offsets: BTreeMap<String, usize> = texts.map(|text| (text, 0)).collect();
        let mut text = String::new();
        for (line, offset) in &mut offsets {
            *offset = text.len();
            text.push_str(line);
            text.push('\n');
        }
        Table { text, offsets }
    }

    fn offset(&self, text: &str) -> usize {
        self.offsets.get(text).copied().unwrap_or_default()
    }
}

/// Writes the catalogue.
///
/// # Errors
/// When the disk refuses, or the lists are not there.
pub fn write(root: &Path) -> io::Result<()> {
    let folder = crate::shared(root).join("catalogue");
    let Some((rows, caution)) = read(&folder)? else {
        return Err(io::Error::other(format!("no lists in {}", folder.display())));
    };
    for (name, content) in files(&rows, &caution) {
        std::fs::write(
            root.join("crates/firedrill-facts/src/catalogue").join(name),
            content,
        )?;
    }
    Ok(())
}
