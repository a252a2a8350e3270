//! `prometheus.yml`, as far as rules are concerned. Keys that have nothing to do with rules are passed over.

use super::fields::{Fields, Shape};
use super::labels::Texts;
use super::{ReadOptions, Reader};
use crate::{PrometheusConfig, ScrapeConfig, codes};
use firedrill_source::{Diagnostic, FileId};
use firedrill_yaml::{NodeRef, Scalar, Version};
use std::collections::BTreeSet;
use std::sync::Arc;

const FILE: Shape = Shape {
    name: "a Prometheus configuration",
    keys: &["global", "rule_files", "scrape_configs"],
    own: &[],
    foreign: &[],
};

const GLOBAL: Shape = Shape {
    name: "`global`",
    keys: &["scrape_interval", "evaluation_interval", "external_labels"],
    own: &[],
    foreign: &[],
};

const SCRAPE_CONFIG: Shape = Shape {
    name: "a scrape configuration",
    keys: &[
        "job_name",
        "scrape_interval",
        "honor_labels",
        "static_configs",
        "file_sd_configs",
        "http_sd_configs",
        "relabel_configs",
        "metric_relabel_configs",
    ],
    own: &[],
    foreign: &[],
};

const STATIC_CONFIG: Shape = Shape {
    name: "a group of targets",
    keys: &["labels"],
    own: &[],
    foreign: &[],
};

const RELABEL: Shape = Shape {
    name: "a relabelling step",
    keys: &["action", "target_label", "regex"],
    own: &[],
    foreign: &[],
};

/// Reads a server's configuration. Beside what could be understood, everything that is wrong with those parts, in file
/// order.
pub fn read_prometheus_config(file: FileId, text: &str) -> (PrometheusConfig, Vec<Diagnostic>) {
    let tree = firedrill_yaml::parse(text);
    let mut reader = Reader::new(&tree, file, text, Version::V2, &ReadOptions::default());
    reader.lenient = true;
    reader.consequence = "Prometheus does not start with this configuration";
    reader.syntax_errors(|document| document == 0);
    let broken = !reader.diagnostics.is_empty();
    let config = config(&mut reader);
    if broken {
        // Values around the break are not what was meant.
        reader
            .diagnostics
            .retain(|finding| finding.code == codes::YAML_INVALID);
    }
    let read = reader.finish(config);
    (read.file, read.diagnostics)
}

fn config(reader: &mut Reader<'_>) -> PrometheusConfig {
    let mut config = PrometheusConfig {
        file: reader.file,
        scrape_interval: None,
        evaluation_interval: None,
        external_labels: Vec::new(),
        rule_files: Vec::new(),
        scrape_configs: Vec::new(),
    };
    let Some(root) = reader.tree.root(0).and_then(|root| reader.fields(root, &FILE)) else {
        return config;
    };
    if let Some(global) = root.value("global").and_then(|node| reader.fields(node, &GLOBAL)) {
        let mut duration = |key| global.value(key).and_then(|node| reader.duration(node, key));
        config.scrape_interval = duration("scrape_interval");
        config.evaluation_interval = duration("evaluation_interval");
        if let Some(labels) = global.value("external_labels") {
            config.external_labels = reader.texts(labels, "external_labels", Texts::Expected, false);
        }
    }
    if let Some(files) = root.value("rule_files") {
        for node in reader.list(files, "rule_files") {
            config
                .rule_files
                .extend(reader.text(node, "a pattern of `rule_files`"));
        }
    }
    if let Some(list) = root.value("scrape_configs") {
        for node in reader.list(list, "scrape_configs") {
            if let Some(fields) = reader.fields(node, &SCRAPE_CONFIG) {
                config.scrape_configs.push(scrape_config(reader, &fields));
            }
        }
    }
    config
}

fn scrape_config<'t>(reader: &mut Reader<'t>, fields: &Fields<'t>) -> ScrapeConfig {
    let mut labels = Written::default();
    if let Some(node) = fields.value("static_configs") {
        for group in reader.list(node, "static_configs") {
            let group = reader.fields(group, &STATIC_CONFIG);
            if let Some(node) = group.and_then(|group| group.value("labels")) {
                for entry in reader.texts::<crate::Entry>(node, "labels", Texts::Expected, false) {
                    labels.write(&entry.key.text);
                }
            }
        }
    }
    // These files and services hand out labels of any name.
    if ["file_sd_configs", "http_sd_configs"]
        .iter()
        .any(|key| fields.value(key).is_some())
    {
        labels.write_any();
    }
    for key in ["relabel_configs", "metric_relabel_configs"] {
        let Some(node) = fields.value(key) else { continue };
        for step in reader.list(node, key) {
            if let Some(step) = reader.fields(step, &RELABEL) {
                relabel(reader, &step, key == "metric_relabel_configs", &mut labels);
            }
        }
    }
    let honor = fields.value("honor_labels");
    let honor_labels = honor.and_then(|node| reader.boolean(node, "honor_labels")) == Some(true);
    ScrapeConfig {
        span: fields.node.span(),
        job_name: fields
            .value("job_name")
            .and_then(|node| reader.text(node, "`job_name`")),
        scrape_interval: fields
            .value("scrape_interval")
            .and_then(|node| reader.duration(node, "scrape_interval")),
        rewrites_job: honor_labels || labels.may_write("job"),
        written_labels: (!labels.any).then(|| labels.names.into_iter().collect()),
        dropped_labels: labels.dropped.into_iter().collect(),
    }
}

/// What the steps so far do to labels.
#[derive(Default)]
struct Written {
    any: bool,
    names: BTreeSet<Arc<str>>,
    dropped: BTreeSet<Arc<str>>,
    /// Whether a step may remove labels of names that are not literal.
    drops_others: bool,
}

impl Written {
    fn write(&mut self, name: &str) {
        self.names.insert(Arc::from(name));
        self.dropped.remove(name);
    }

    fn write_any(&mut self) {
        self.any = true;
        self.dropped.clear();
    }

    /// Whether the value of a label may be another than the one that scraping gives it.
    fn may_write(&self, name: &str) -> bool {
        self.any || self.drops_others || self.names.contains(name) || self.dropped.contains(name)
    }
}

/// One relabelling step; `late` is after the scrape, when a label that is dropped stays away.
fn relabel<'t>(reader: &mut Reader<'t>, step: &Fields<'t>, late: bool, labels: &mut Written) {
    let mut text = |key: &str| -> Option<Scalar> {
        let node: NodeRef<'t> = step.value(key)?;
        reader.text(node, format_args!("`{key}`"))
    };
    let action = text("action").map_or_else(String::new, |it| it.text.to_lowercase());
    let (target, regex) = (text("target_label"), text("regex"));
    match action.as_str() {
        "keep" | "drop" | "keepequal" | "dropequal" => {}
        "labelmap" => labels.write_any(),
        "labelkeep" => labels.drops_others = true,
        "labeldrop" => match regex.as_ref().and_then(|regex| literal_names(&regex.text)) {
            Some(names) if late => labels.dropped.extend(names.into_iter().map(Arc::from)),
            Some(names) => labels.drops_others |= names.contains(&"job"),
            None => labels.drops_others = true,
        },
        // `replace` is what happens without an action; `lowercase`, `uppercase` and `hashmod` write to their target, too.
        _ => match target {
            Some(target) if !target.text.contains('$') => labels.write(&target.text),
            Some(_) => labels.write_any(),
            None => {}
        },
    }
}

/// The names that a regular expression matches, if it is nothing but names: `pod`, `pod|container`, `(pod|container)`.
fn literal_names(regex: &str) -> Option<Vec<&str>> {
    let inner = regex
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(regex);
    let names: Vec<&str> = inner.split('|').collect();
    let literal = |name: &&str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    names.iter().all(literal).then_some(names)
}
