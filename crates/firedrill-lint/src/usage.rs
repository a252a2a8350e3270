//! What the rules of a run use each metric as, and what they are called.

use crate::nodes::Nodes;
use crate::records::Record;
use crate::uses::{UseKind, equalities, metric_uses};
use firedrill_functions::Func;
use firedrill_model::{Group, Rule, RuleFile, RuleKind};
use firedrill_promql::ast::{BinaryOp, Expr, ExprKind};
use firedrill_source::{FileId, Location, Sources, Span};
use firedrill_yaml::Scalar;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How the metrics of the loaded files are used, and which rules there are.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    metrics: FxHashMap<Arc<str>, MetricUsage>,
    records: FxHashMap<Arc<str>, Vec<Record>>,
    /// Where the age of a metric is taken: `time() - metric`.
    ages: FxHashMap<Arc<str>, Place>,
    pub(crate) identities: Vec<Identity>,
}

/// The uses of one metric, in file order.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetricUsage {
    /// Under `rate`, `increase` or `irate`.
    pub(crate) rates: Vec<Place>,
    /// Compared with a number other than 0 and 1, by a comparison that stands alone.
    pub(crate) levels: Vec<Place>,
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its file.
    pub(crate) file: FileId,
    /// The scalar that the expression is written in.
    scalar: Scalar,
    /// The part.
    span: Span,
    /// The rule's name.
    pub(crate) rule: Arc<str>,
    /// The equality matchers of the selector.
    pub(crate) equalities: Vec<(Arc<str>, Arc<str>)>,
}

impl MetricUsage {
    /// Whether at least two in three expressions take the metric for a counter.
    pub(crate) fn mostly_counter(&self) -> bool {
        self.rates.len() >= 2 && self.rates.len() >= 2 * self.levels.len()
    }
}

impl Place {
    /// Where it stands in its file. Costs time; for diagnostics.
    pub(crate) fn location(&self, sources: &Sources) -> Location {
        Location::new(
            self.file,
            self.scalar.locate(sources.get(self.file).text(), self.span),
        )
    }

    /// The part as written, on one line.
    pub(crate) fn text(&self) -> String {
        crate::cx::one_line(self.span.slice(&self.scalar.text))
    }
}

/// What a rule is called and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) file: FileId,
    pub(crate) kind: RuleKind,
    pub(crate) name: Scalar,
    pub(crate) group: Option<Arc<str>>,
    /// Labels of the rule and of its group, sorted.
    pub(crate) labels: Vec<(Arc<str>, Arc<str>)>,
    /// The text of the expression.
    pub(crate) expr: Arc<str>,
}

impl Usage {
    /// The usage of several files, in their order.
    pub fn merge(usages: Vec<Usage>) -> Usage {
        let mut all = Usage::default();
        for usage in usages {
            all.identities.extend(usage.identities);
            for (name, mut records) in usage.records {
                all.records.entry(name).or_default().append(&mut records);
            }
            for (metric, place) in usage.ages {
                all.ages.entry(metric).or_insert(place);
            }
            for (metric, mut found) in usage.metrics {
                let known = all.metrics.entry(metric).or_default();
                known.rates.append(&mut found.rates);
                known.levels.append(&mut found.levels);
            }
        }
        all
    }

    /// In how many expressions a metric is taken for a counter, and in how many its value is compared as a level.
    pub fn counts(&self, metric: &str) -> (usize, usize) {
        self.of(metric)
            .map_or((0, 0), |usage| (usage.rates.len(), usage.levels.len()))
    }

    /// How a metric is used.
    pub(crate) fn of(&self, metric: &str) -> Option<&MetricUsage> {
        self.metrics.get(metric)
    }

    /// Where a rule takes the age of a metric, which shows that it holds a point in time.
    pub(crate) fn age(&self, metric: &str) -> Option<&Place> {
        self.ages.get(metric)
    }

    /// The rules that record a metric; none where it is not recorded by the loaded rules.
    pub(crate) fn records(&self, metric: &str) -> &[Record] {
        self.records.get(metric).map_or(&[], Vec::as_slice)
    }
}

/// Collects the usage of a file: of all its rules, or of the wanted ones, sorted and counted from 0 through all groups.
pub fn collect(rules: &RuleFile, wanted: Option<&[u32]>) -> Usage {
    let mut usage = Usage::default();
    let mut nodes = Nodes::default();
    let mut index = 0_u32;
    for group in &rules.groups {
        for rule in &group.rules {
            index += 1;
            if wanted.is_some_and(|wanted| wanted.binary_search(&(index - 1)).is_err()) {
                continue;
            }
            // Documents quote rules to explain them, often twice; no server loads both.
            if !rules.quoted {
                usage.identities.push(identity(rules.file, group, rule));
            }
            if let Some(record) = Record::of(rules.file, group, rule) {
                let records = usage.records.entry(rule.name.text.clone()).or_default();
                records.push(record);
            }
            nodes.rebuild(&rule.expr);
            for (_, expr, binary) in nodes.binaries() {
                if binary.op == BinaryOp::Sub
                    && is_now(&binary.lhs)
                    && let Some(metric) = aged(&binary.rhs)
                {
                    usage.ages.entry(metric.clone()).or_insert_with(|| Place {
                        file: rules.file,
                        scalar: rule.expr.source.clone(),
                        span: expr.span,
                        rule: rule.name.text.clone(),
                        equalities: Vec::new(),
                    });
                }
            }
            for found in metric_uses(&nodes) {
                if matches!(found.kind, UseKind::Level(level) if !level.is_evidence()) {
                    continue;
                }
                let place = Place {
                    file: rules.file,
                    scalar: rule.expr.source.clone(),
                    span: found.whole,
                    rule: rule.name.text.clone(),
                    equalities: equalities(found.selector),
                };
                let metric = usage.metrics.entry(found.metric.clone()).or_default();
                match found.kind {
                    UseKind::Counter(_) => metric.rates.push(place),
                    UseKind::Level(_) => metric.levels.push(place),
                }
            }
        }
    }
    usage
}

/// `time()`.
pub(crate) fn is_now(expr: &Expr) -> bool {
    matches!(&expr.unparenthesised().kind, ExprKind::Call(call) if call.function.is_some_and(|function| function.id == Func::Time))
}

/// The metric whose age is taken: itself or aggregated.
pub(crate) fn aged(expr: &Expr) -> Option<&Arc<str>> {
    match &expr.unparenthesised().kind {
        ExprKind::Selector(selector) => selector.metric_name(),
        ExprKind::Aggregate(aggregate) => aged(&aggregate.expr),
        _ => None,
    }
}

/// The value of a label that a rule gives its alerts or series.
pub(crate) fn given_label<'r>(group: &'r Group, rule: &'r Rule, name: &str) -> Option<&'r Arc<str>> {
    let own = rule.labels.iter().find(|label| &*label.key.text == name);
    match own {
        Some(label) => Some(&label.value.text),
        None => {
            let inherited = group.labels.iter().find(|label| &*label.key.text == name);
            inherited.map(|label| &label.value.text)
        }
    }
}

/// The labels that a rule gives its alerts or series: its own over its group's, sorted.
pub(crate) fn given_labels(group: &Group, rule: &Rule) -> Vec<(Arc<str>, Arc<str>)> {
    let own = rule
        .labels
        .iter()
        .map(|label| (label.key.text.clone(), label.value.text.clone()));
    let mut labels: Vec<(Arc<str>, Arc<str>)> = own.collect();
    for label in &group.labels {
        if !labels.iter().any(|(key, _)| *key == label.key.text) {
            labels.push((label.key.text.clone(), label.value.text.clone()));
        }
    }
    labels.sort();
    labels
}

fn identity(file: FileId, group: &Group, rule: &Rule) -> Identity {
    Identity {
        file,
        kind: rule.kind,
        name: rule.name.clone(),
        group: group.name.as_ref().map(|name| name.text.clone()),
        labels: given_labels(group, rule),
        expr: rule.expr.source.text.clone(),
    }
}
