//! The places where metrics are made: constructors with options, and descriptions with the values sent for them.

use crate::buckets;
use crate::resolve::{Place, Project, Term, full_name};
use crate::syntax::{Value, ValueId};
use crate::{Kind, Metric, Scan};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a place says of the type of a description's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sent {
    Typed(Kind),
    /// Without a type, or with one that is chosen at run time.
    Open,
}

/// A description of a constant name.
struct Description {
    labels: Option<Vec<String>>,
    file: usize,
    line: u32,
    sent: BTreeSet<Sent>,
}

#[derive(Default)]
struct Collector {
    scan: Scan,
    /// By package and name.
    descriptions: BTreeMap<(usize, String), Description>,
    names: FxHashMap<usize, Arc<str>>,
    /// How names begin and end that are made at run time, by package.
    patterns: Vec<(usize, String, String)>,
}

/// Lists the metrics of a project.
pub(crate) fn scan(project: &Project<'_, '_>) -> Scan {
    let mut collector = Collector::default();
    for (index, file) in project.files.iter().enumerate() {
        for (call, function) in &file.calls {
            let site = Term {
                value: *call,
                place: Place::new(index, *function),
            };
            collector.call(project, &site);
        }
        for (literal, function) in &file.literals {
            let site = Term {
                value: *literal,
                place: Place::new(index, *function),
            };
            collector.pair(project, &site);
        }
    }
    collector.finish(project)
}

impl Collector {
    fn call(&mut self, project: &Project<'_, '_>, site: &Term) {
        let Value::Call { callee, args, line } = project.value(site) else {
            return;
        };
        let Some(name) = project.called(&site.at(*callee)) else {
            return;
        };
        match name {
            "NewDesc" => self.description(project, site),
            "MustNewConstMetric"
            | "NewConstMetric"
            | "MustNewConstMetricWithCreatedTimestamp"
            | "NewConstMetricWithCreatedTimestamp" => {
                if let [desc, kind, ..] = args.as_slice() {
                    self.sent(project, site, *desc, *kind);
                }
            }
            "MustNewConstHistogram" | "NewConstHistogram" => {
                self.sent_as(project, site, args, Kind::Histogram);
            }
            "MustNewConstSummary" | "NewConstSummary" => self.sent_as(project, site, args, Kind::Summary),
            _ => {
                if let Some(kind) = constructor(name)
                    && let [options, rest @ ..] = args.as_slice()
                {
                    let labels = name.ends_with("Vec") || name.ends_with("From");
                    let labels = labels.then(|| rest.first().copied()).flatten();
                    self.constructed(project, site, kind, *options, labels, *line);
                }
            }
        }
    }

    /// `NewGaugeVec(GaugeOpts{…}, labels)`
    fn constructed(
        &mut self,
        project: &Project<'_, '_>,
        site: &Term,
        kind: Kind,
        options: ValueId,
        labels: Option<ValueId>,
        line: u32,
    ) {
        let is_options = |term: &Term| matches!(project.value(term), Value::Literal { type_name, collection: false, .. } if type_name.ends_with("Opts"));
        let mut relevant = false;
        let mut found = false;
        for place in places(project, &site.place) {
            let at = Term {
                value: options,
                place: place.clone(),
            };
            for options in project.resolve(&at).into_iter().filter(is_options) {
                relevant = true;
                let Some(name) = name_of_options(project, &options) else {
                    continue;
                };
                found = true;
                let labels = match labels {
                    Some(labels) => project.texts(&at.at(labels)),
                    None => Some(Vec::new()),
                };
                let constant = match part(project, &options, "ConstLabels") {
                    Some(value) => project.keys(&options.at(value)),
                    None => Some(Vec::new()),
                };
                let file = self.file(project, site.place.file);
                self.scan.metrics.push(Metric {
                    name,
                    kind,
                    labels: both(labels, constant),
                    buckets: (kind == Kind::Histogram)
                        .then(|| bounds_of_options(project, &options))
                        .flatten(),
                    file,
                    line,
                });
            }
            if found && place_is_plain(&place, site) {
                break;
            }
        }
        self.scan.dynamic += usize::from(relevant && !found);
    }

    /// `NewDesc(name, help, labels, constant labels)`
    fn description(&mut self, project: &Project<'_, '_>, site: &Term) {
        let mut found = false;
        for place in places(project, &site.place) {
            let at = Term {
                value: site.value,
                place: place.clone(),
            };
            found |= self.entry(project, &at).is_some();
            if found && place_is_plain(&place, site) {
                break;
            }
        }
        if found {
            return;
        }
        self.scan.dynamic += 1;
        if let Value::Call { args, .. } = project.value(site)
            && let Some(name) = args.first()
            && let Some((start, end)) = project.ends(&site.at(*name))
            && !end.is_empty()
            // A namespace alone is too little to go by.
            && start.matches('_').count() > 1
        {
            let package = project.package(site.place.file);
            self.patterns.push((package, start, end));
        }
    }

    /// The description that a call of `NewDesc` makes, if its name is constant.
    fn entry(&mut self, project: &Project<'_, '_>, site: &Term) -> Option<&mut Description> {
        let Value::Call { args, line, .. } = project.value(site) else {
            return None;
        };
        let (name, labels, constant) = match args.as_slice() {
            [name, _, labels, constant, ..] => (name, labels, constant),
            _ => return None,
        };
        let name = project.text(&site.at(*name)).filter(|name| is_metric(name))?;
        let key = (project.package(site.place.file), name);
        Some(self.descriptions.entry(key).or_insert_with(|| Description {
            labels: both(
                project.texts(&site.at(*labels)),
                project.keys(&site.at(*constant)),
            ),
            file: site.place.file,
            line: *line,
            sent: BTreeSet::new(),
        }))
    }

    fn sent_as(&mut self, project: &Project<'_, '_>, site: &Term, args: &[ValueId], kind: Kind) {
        let Some(desc) = args.first() else { return };
        for place in places(project, &site.place) {
            let at = Term { value: *desc, place };
            self.note(project, &descriptions(project, &at), Sent::Typed(kind));
        }
    }

    /// A value sent for a description.
    fn sent(&mut self, project: &Project<'_, '_>, site: &Term, desc: ValueId, kind: ValueId) {
        if let (Value::Field(a, _), Value::Field(b, _)) =
            (project.value(&site.at(desc)), project.value(&site.at(kind)))
            && let (Value::Name(a), Value::Name(b)) =
                (project.value(&site.at(*a)), project.value(&site.at(*b)))
            && a == b
            && !matches!(kind_of(project, &site.at(kind)), Sent::Typed(_))
        {
            // A description that keeps its type beside it: the literal that makes the pair tells both.
            return;
        }
        let all = places(project, &site.place);
        let several = all.len() > 1;
        for place in all {
            let desc = Term {
                value: desc,
                place: place.clone(),
            };
            let sent = kind_of(project, &desc.at(kind));
            let plain = place_is_plain(&place, site);
            if sent == Sent::Open && plain && several {
                // The type is a parameter: what callers pass counts.
                continue;
            }
            let pairs = match sent {
                Sent::Open => project.together(&desc, &desc.at(kind)),
                Sent::Typed(_) => Vec::new(),
            };
            if pairs.is_empty() {
                self.note(project, &descriptions(project, &desc), sent);
            }
            for (desc, kind) in pairs {
                self.note(project, &descriptions(project, &desc), kind_of(project, &kind));
            }
        }
    }

    /// A struct that holds a description and the type of its values.
    fn pair(&mut self, project: &Project<'_, '_>, site: &Term) {
        let Value::Literal {
            parts,
            collection: false,
            ..
        } = project.value(site)
        else {
            return;
        };
        if !(2..=16).contains(&parts.len()) {
            return;
        }
        // Texts, numbers and literals are themselves wherever they stand: neither a type nor a description.
        let leads_on = |value: ValueId| {
            matches!(
                project.value(&site.at(value)),
                Value::Name(_) | Value::Field(..) | Value::Element(..) | Value::Call { .. }
            )
        };
        let parts: Vec<ValueId> = parts
            .iter()
            .map(|(_, value)| *value)
            .filter(|value| leads_on(*value))
            .collect();
        if parts.len() < 2 {
            return;
        }
        // Most literals hold no type, whoever calls: then nobody has to be asked.
        let known: Vec<(ValueId, Sent, bool)> = parts
            .into_iter()
            .map(|value| {
                let (kind, settled) = project.wherever_called(|| kind_of(project, &site.at(value)));
                (value, kind, settled)
            })
            .collect();
        if known
            .iter()
            .all(|(_, kind, settled)| *settled && *kind == Sent::Open)
        {
            return;
        }
        for place in places(project, &site.place) {
            let (mut kinds, mut others) = (Vec::new(), Vec::new());
            for (value, kind, settled) in &known {
                let term = Term {
                    value: *value,
                    place: place.clone(),
                };
                let kind = if *settled { *kind } else { kind_of(project, &term) };
                match kind {
                    Sent::Typed(_) => kinds.push(kind),
                    Sent::Open => others.push(term),
                }
            }
            if let [kind] = kinds.as_slice() {
                let descs: Vec<Term> = others
                    .iter()
                    .flat_map(|term| descriptions(project, term))
                    .collect();
                self.note(project, &descs, *kind);
            }
        }
    }

    fn note(&mut self, project: &Project<'_, '_>, descs: &[Term], sent: Sent) {
        let mut any = false;
        for desc in descs {
            if let Some(description) = self.entry(project, desc) {
                description.sent.insert(sent);
                any = true;
            }
        }
        if any {
            return;
        }
        // A helper made them: all that it makes for anybody end up here.
        for desc in descs {
            for place in project.contexts(&desc.place, 0).iter() {
                let at = Term {
                    value: desc.value,
                    place: place.clone(),
                };
                if let Some(description) = self.entry(project, &at) {
                    description.sent.insert(sent);
                }
            }
        }
    }

    fn file(&mut self, project: &Project<'_, '_>, file: usize) -> Arc<str> {
        let name = || project.files.get(file).map_or("", |file| file.name).into();
        self.names.entry(file).or_insert_with(name).clone()
    }

    fn finish(mut self, project: &Project<'_, '_>) -> Scan {
        let patterns = std::mem::take(&mut self.patterns);
        for ((package, name), description) in std::mem::take(&mut self.descriptions) {
            // Another place of the package may make the same name, with another type.
            let open = patterns.iter().any(|(of, start, end)| {
                *of == package && name.starts_with(&**start) && name.ends_with(&**end)
            });
            let sent: Vec<Sent> = description.sent.into_iter().collect();
            let ([Sent::Typed(kind)], false) = (sent.as_slice(), open) else {
                self.scan.untyped.push(name);
                continue;
            };
            let file = self.file(project, description.file);
            self.scan.metrics.push(Metric {
                name,
                kind: *kind,
                labels: description.labels,
                buckets: None,
                file,
                line: description.line,
            });
        }
        let mut metrics = self.scan.metrics;
        metrics.sort_by(|a, b| (&a.file, a.line, &a.name).cmp(&(&b.file, b.line, &b.name)));
        metrics.dedup();
        Scan { metrics, ..self.scan }
    }
}

/// The place itself first, then as callers make it.
fn places(project: &Project<'_, '_>, place: &Place) -> Vec<Place> {
    let mut all = vec![place.clone()];
    all.extend(project.contexts(place, 0).iter().cloned());
    all
}

fn place_is_plain(place: &Place, site: &Term) -> bool {
    !place.is_called() && !site.place.is_called()
}

fn constructor(name: &str) -> Option<Kind> {
    let rest = name.strip_prefix("New")?;
    let base = ["Vec", "Func", "From"]
        .iter()
        .find_map(|suffix| rest.strip_suffix(suffix))
        .unwrap_or(rest);
    match base {
        "Counter" => Some(Kind::Counter),
        "Gauge" => Some(Kind::Gauge),
        "Histogram" => Some(Kind::Histogram),
        "Summary" => Some(Kind::Summary),
        _ => None,
    }
}

/// The calls of `NewDesc` that a value may stand for.
fn descriptions(project: &Project<'_, '_>, term: &Term) -> Vec<Term> {
    let is_description = |term: &Term| match project.value(term) {
        Value::Call { callee, .. } => project.called(&term.at(*callee)) == Some("NewDesc"),
        _ => false,
    };
    project.resolve(term).into_iter().filter(is_description).collect()
}

/// The type that a value of `prometheus.ValueType` stands for.
fn kind_of(project: &Project<'_, '_>, term: &Term) -> Sent {
    let one = |term: &Term| match project.value(term) {
        Value::Field(_, "CounterValue") => Sent::Typed(Kind::Counter),
        Value::Field(_, "GaugeValue") => Sent::Typed(Kind::Gauge),
        _ => Sent::Open,
    };
    let mut agreed = None;
    project.resolve_until(term, |term| {
        let kind = one(term);
        agreed = Some(match agreed {
            None => kind,
            Some(known) if known == kind => kind,
            Some(_) => Sent::Open,
        });
        // Nothing that is found after it makes a certain type of that.
        agreed == Some(Sent::Open)
    });
    agreed.unwrap_or(Sent::Open)
}

/// The value of a key of a literal.
fn part(project: &Project<'_, '_>, literal: &Term, name: &str) -> Option<ValueId> {
    let Value::Literal { parts, .. } = project.value(literal) else {
        return None;
    };
    let named = |key: &Option<ValueId>| {
        key.is_some_and(|key| matches!(project.value(&literal.at(key)), Value::Name(known) if *known == name))
    };
    parts.iter().find(|(key, _)| named(key)).map(|(_, value)| *value)
}

fn name_of_options(project: &Project<'_, '_>, options: &Term) -> Option<String> {
    let text = |key: &str| match part(project, options, key) {
        Some(value) => project.text(&options.at(value)),
        None => Some(String::new()),
    };
    let name = full_name(&text("Namespace")?, &text("Subsystem")?, &text("Name")?);
    is_metric(&name).then_some(name)
}

fn bounds_of_options(project: &Project<'_, '_>, options: &Term) -> Option<Vec<f64>> {
    let mut bounds = match part(project, options, "Buckets") {
        Some(value) => project.bounds(&options.at(value))?,
        // Native only.
        None if part(project, options, "NativeHistogramBucketFactor").is_some() => return None,
        None => buckets::DEFAULT.to_vec(),
    };
    bounds.retain(|bound| bound.is_finite());
    Some(bounds)
}

fn both(labels: Option<Vec<String>>, constant: Option<Vec<String>>) -> Option<Vec<String>> {
    let mut all = labels?;
    all.extend(constant?);
    all.sort_unstable();
    all.dedup();
    Some(all)
}

fn is_metric(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
}
