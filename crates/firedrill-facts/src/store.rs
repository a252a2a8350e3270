//! All facts, by metric.

use crate::{
    DeclarationError, Details, Domain, Evidence, Fact, Form, Known, Tier, Unit, catalogue, declared,
    exposition, metadata, name,
};
use firedrill_source::SourceFile;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Facts about metrics.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    metrics: FxHashMap<Box<str>, Strongest>,
    details: FxHashMap<Box<str>, Details>,
    /// Whether the built-in facts are left aside.
    bare: bool,
}

/// The strongest fact of a metric.
#[derive(Clone, Debug)]
struct Strongest {
    fact: Fact,
    /// What another source of the same tier says otherwise.
    rival: Option<Fact>,
}

impl Facts {
    /// The built-in facts alone.
    pub fn new() -> Self {
        Facts::default()
    }

    /// Nothing is known, not even of well-known exporters.
    pub fn without_catalogue() -> Self {
        Facts {
            bare: true,
            ..Facts::default()
        }
    }

    /// Reads an exposition in the text format of Prometheus or OpenMetrics: TYPE and UNIT lines, the labels of samples and
    /// the bounds of buckets. Lines that are none of these are skipped. `name` is the file's name in evidence.
    pub fn read_exposition(&mut self, name: &str, text: &str) {
        exposition::read(name, text, self);
    }

    /// Reads a saved answer of `/api/v1/metadata` or `/api/v1/targets/metadata`.
    pub fn read_metadata(&mut self, name: &str, text: &str) {
        metadata::read(name, text, self);
    }

    /// Reads a facts file: a table for each metric.
    ///
    /// # Errors
    /// For what is no TOML, unknown keys and values that make no sense.
    pub fn read_facts_file(&mut self, source: &SourceFile) -> Result<(), DeclarationError> {
        declared::read(source, None, self)
    }

    /// Reads the tables `[metrics.NAME]` of a configuration. `settings` are the keys of `[metrics]` that are no metrics.
    ///
    /// # Errors
    /// As for a facts file.
    pub fn read_configuration(
        &mut self,
        source: &SourceFile,
        settings: &[&str],
    ) -> Result<(), DeclarationError> {
        declared::read(source, Some(settings), self)
    }

    /// Reads a file by its form. Source code teaches nothing here: it is read elsewhere.
    ///
    /// # Errors
    /// For a facts file with mistakes in it.
    pub fn read(&mut self, form: Form, source: &SourceFile) -> Result<(), DeclarationError> {
        match form {
            Form::Exposition => self.read_exposition(source.name(), source.text()),
            Form::Metadata => self.read_metadata(source.name(), source.text()),
            Form::FactsFile => self.read_facts_file(source)?,
            Form::Go => {}
        }
        Ok(())
    }

    /// Learns a type: a stronger source replaces a weaker one, equal ones that disagree cancel each other.
    pub fn learn(&mut self, metric: &str, fact: Fact) {
        match self.metrics.get_mut(metric) {
            Some(known) if known.fact.tier > fact.tier => {}
            Some(known) if known.fact.tier == fact.tier => {
                if known.fact.metric_type != fact.metric_type && known.rival.is_none() {
                    known.rival = Some(fact);
                }
            }
            _ => {
                self.metrics
                    .insert(metric.into(), Strongest { fact, rival: None });
            }
        }
    }

    /// Learns the types of all series of a family; `kind` is its type as metadata spells it.
    pub fn learn_family(&mut self, family: &str, kind: &str, tier: Tier, evidence: &Evidence) {
        for (series, metric_type) in crate::family::members(family, kind) {
            let fact = Fact {
                metric_type,
                tier,
                evidence: evidence.clone(),
            };
            self.learn(&series, fact);
        }
    }

    /// Learns a unit; sources of equal trust that disagree leave it unknown.
    pub fn learn_unit(&mut self, metric: &str, unit: Known<Unit>) {
        merge(&mut self.details(metric).unit, unit, Merge::Agree);
    }

    /// Learns the unit of the series of a family.
    pub(crate) fn learn_family_unit(&mut self, series: &[String], unit: &Known<Unit>) {
        for metric in series {
            self.learn_unit(metric, unit.clone());
        }
    }

    /// Learns the names of labels, sorted; those that sources of equal trust name are put together.
    pub fn learn_labels(&mut self, metric: &str, labels: Known<Vec<Arc<str>>>) {
        let union = |known: &mut Vec<Arc<str>>, new: Vec<Arc<str>>| {
            known.extend(new);
            known.sort_unstable();
            known.dedup();
        };
        merge(&mut self.details(metric).labels, labels, Merge::Union(&union));
    }

    /// Learns the finite upper bounds of a histogram's buckets, rising; bounds from sources of equal trust are put together.
    pub fn learn_buckets(&mut self, histogram: &str, buckets: Known<Vec<f64>>) {
        let union = |known: &mut Vec<f64>, new: Vec<f64>| {
            known.extend(new);
            known.sort_unstable_by(f64::total_cmp);
            known.dedup();
        };
        merge(
            &mut self.details(histogram).buckets,
            buckets,
            Merge::Union(&union),
        );
    }

    /// Learns which values a metric can have.
    pub(crate) fn learn_domain(&mut self, metric: &str, domain: Known<Domain>) {
        merge(&mut self.details(metric).domain, domain, Merge::Agree);
    }

    /// Learns how often a metric is scraped.
    pub(crate) fn learn_scrape_interval(&mut self, metric: &str, millis: Known<i64>) {
        merge(&mut self.details(metric).scrape_interval, millis, Merge::Agree);
    }

    fn details(&mut self, metric: &str) -> &mut Details {
        self.details.entry(metric.into()).or_default()
    }

    /// All metrics of which something was learned, sorted; the built-in facts and those of names are not among them.
    pub fn learned(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .metrics
            .keys()
            .chain(self.details.keys())
            .map(|name| &**name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Two facts of equal trust that disagree about a metric's type.
    pub fn dispute(&self, metric: &str) -> Option<(&Fact, &Fact)> {
        let known = self.metrics.get(metric)?;
        Some((&known.fact, known.rival.as_ref()?))
    }

    /// The strongest fact about a metric, the name's own hint included. `None` is "unknown", also where sources of
    /// equal trust disagree.
    pub fn of(&self, metric: &str) -> Option<Fact> {
        match self.metrics.get(metric) {
            Some(known) => known.rival.is_none().then(|| known.fact.clone()),
            None => self.built_in_type(metric).or_else(|| name::fact(metric)),
        }
    }

    /// As [`Facts::of`], unless the fact is no more than a hint of the name.
    pub fn told(&self, metric: &str) -> Option<Fact> {
        match self.metrics.get(metric) {
            Some(_) => self.of(metric).filter(|fact| fact.tier > Tier::Name),
            None => self.built_in_type(metric),
        }
    }

    /// Whether something may be known of a metric with the same first word, up to the first underscore.
    pub fn may_know_the_like(&self, metric: &str) -> bool {
        !self.metrics.is_empty() || (!self.bare && catalogue::may_begin(metric))
    }

    fn built_in<'a>(&self, metric: &'a str) -> Option<catalogue::Entry<'a>> {
        if self.bare {
            return None;
        }
        catalogue::look_up(metric)
    }

    fn built_in_type(&self, metric: &str) -> Option<Fact> {
        let entry = self.built_in(metric)?;
        Some(Fact {
            metric_type: entry.metric_type()?,
            tier: Tier::Bundled,
            evidence: evidence_of(&entry),
        })
    }

    /// The unit of a metric; that of its name where nothing stronger is known.
    pub fn unit(&self, metric: &str) -> Option<Known<Unit>> {
        let told = self.details.get(metric).and_then(|it| it.unit.clone());
        let built_in = || {
            let entry = self.built_in(metric)?;
            Some(Known {
                value: entry.unit()?,
                tier: Tier::Bundled,
                evidence: evidence_of(&entry),
            })
        };
        told.or_else(built_in).or_else(|| {
            Some(Known {
                value: Unit::of_name(metric)?,
                tier: Tier::Name,
                evidence: Evidence::UnitSuffix,
            })
        })
    }

    /// The values that a metric can have, where something says so.
    pub fn domain(&self, metric: &str) -> Option<Known<Domain>> {
        self.details.get(metric)?.domain.clone()
    }

    /// Upper bounds of the buckets of a histogram, named without `_bucket`.
    pub fn buckets(&self, histogram: &str) -> Option<&Known<Vec<f64>>> {
        self.details.get(histogram)?.buckets.as_ref()
    }

    /// Names of the labels that a metric has of itself, sorted; scraping adds others.
    pub fn labels(&self, metric: &str) -> Option<Known<Vec<Arc<str>>>> {
        let told = self.details.get(metric).and_then(|it| it.labels.clone());
        told.or_else(|| {
            let entry = self.built_in(metric)?;
            Some(Known {
                value: entry.labels()?.map(Arc::from).collect(),
                tier: Tier::Bundled,
                evidence: evidence_of(&entry),
            })
        })
    }

    /// How often a metric is scraped, in milliseconds, where something says so of this metric alone.
    pub fn scrape_interval(&self, metric: &str) -> Option<&Known<i64>> {
        self.details.get(metric)?.scrape_interval.as_ref()
    }

    /// Whether a gauge by type is known or likely to hold an ever-growing value, so that `rate()` of it works in practice.
    /// What the user declares ends the matter.
    pub fn is_cumulative_gauge(&self, metric: &str) -> bool {
        let declared = self
            .metrics
            .get(metric)
            .is_some_and(|it| it.fact.tier == Tier::Declared);
        !declared && self.built_in(metric).is_some_and(|entry| entry.grows())
    }
}

/// What becomes of two pieces of knowledge from sources of equal trust.
enum Merge<'a, T> {
    /// They have to be the same; otherwise nothing is known.
    Agree,
    /// The second is added to the first.
    Union(&'a dyn Fn(&mut T, T)),
}

fn merge<T: PartialEq>(slot: &mut Option<Known<T>>, new: Known<T>, how: Merge<'_, T>) {
    match slot {
        Some(known) if known.tier > new.tier => {}
        Some(known) if known.tier == new.tier => match how {
            Merge::Union(add) => add(&mut known.value, new.value),
            Merge::Agree if known.value == new.value => {}
            Merge::Agree => *slot = None,
        },
        _ => *slot = Some(new),
    }
}

fn evidence_of(entry: &catalogue::Entry<'_>) -> Evidence {
    Evidence::BuiltIn {
        project: entry.project(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MetricType, Tier};

    fn facts(text: &str) -> Facts {
        let mut facts = Facts::new();
        facts.read_exposition("api.prom", text);
        facts
    }

    fn kind(facts: &Facts, metric: &str) -> Option<MetricType> {
        facts.of(metric).map(|fact| fact.metric_type)
    }

    #[test]
    fn type_lines_say_what_a_metric_is_and_where() {
        let facts =
            facts("# HELP depth Depth.\n# TYPE depth gauge\ndepth 3\n#TYPE x counter\n# TYPE y  counter \n");
        let fact = facts.of("depth").expect("known");
        assert_eq!(
            fact.sentence("depth"),
            "`depth` is a gauge (TYPE line, api.prom:2)"
        );
        assert_eq!(fact.tier, Tier::Exposed);
        assert_eq!(
            kind(&facts, "x"),
            None,
            "a comment that only resembles a TYPE line"
        );
        assert_eq!(kind(&facts, "y"), Some(MetricType::Counter));
    }

    #[test]
    fn families_lend_their_type_to_their_series() {
        let facts =
            facts("# TYPE d histogram\n# TYPE s summary\n# TYPE e counter\n# TYPE g gaugehistogram\n");
        for counter in ["d_bucket", "d_sum", "d_count", "s_sum", "s_count", "e", "e_total"] {
            assert_eq!(kind(&facts, counter), Some(MetricType::Counter), "{counter}");
        }
        for gauge in ["g_bucket", "g_gsum", "g_gcount", "e_created"] {
            assert_eq!(kind(&facts, gauge), Some(MetricType::Gauge), "{gauge}");
        }
        assert_eq!(kind(&facts, "d"), Some(MetricType::Histogram));
        assert_eq!(kind(&facts, "s"), Some(MetricType::Summary));
    }

    #[test]
    fn a_dispute_makes_the_type_unknown_and_so_does_untyped() {
        let facts = facts("# TYPE a_total gauge\n# TYPE a_total counter\n# TYPE b_total untyped\n");
        assert_eq!(facts.of("a_total"), None);
        assert_eq!(
            facts.of("b_total").map(|fact| fact.tier),
            Some(Tier::Name),
            "untyped says nothing at all"
        );
    }

    #[test]
    fn what_the_application_says_beats_the_name() {
        let facts = facts("# TYPE slots_total gauge\n");
        assert_eq!(kind(&facts, "slots_total"), Some(MetricType::Gauge));
        assert_eq!(kind(&facts, "db_total_size_in_bytes"), None);
        assert_eq!(kind(&facts, "errors_total"), Some(MetricType::Counter));
    }
}
