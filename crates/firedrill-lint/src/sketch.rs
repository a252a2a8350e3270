//! What is left of a file after the first look: as few bytes as show which rules need a second one.
//!
//! Most lints judge a rule alone. Some need to know what other rules do with its metrics, or with its name; but hardly any
//! rule of a healthy set has to fear them. So each file leaves a sketch, [`compare`] lays all sketches side by side, and
//! only the rules that it names are read and judged again, with the whole [`Usage`](crate::Usage) of their metrics.

use crate::address::ByAddress;
use crate::nodes::{Nodes, Role};
use crate::records::{Shape, is_earlier, shape};
use crate::usage::{aged, is_now};
use crate::uses::{MetricUse, UseKind};
use crate::vocabulary::{FileWords, Tally, Vocabulary};
use firedrill_functions::Func;
use firedrill_model::{Group, Rule, RuleFile, RuleKind};
use firedrill_promql::ast::{AggregateOp, BinaryOp, ExprKind};
use firedrill_source::{FileId, Location, Names, SourceFile, Span};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

/// What was seen of a metric, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traits(u16);

impl Traits {
    /// Under `rate`, `increase` or `irate`.
    const RATED: u16 = 1;
    /// Compared with a number.
    const LEVEL: u16 = 1 << 1;
    /// Under `changes`.
    const CHANGED: u16 = 1 << 2;
    /// Its age is taken.
    const AGED: u16 = 1 << 3;
    /// Read otherwise than for its age.
    const TAKEN: u16 = 1 << 4;
    /// Under `avg` or `sum`.
    const AVERAGED: u16 = 1 << 5;
    /// Some rule records it.
    const RECORDED: u16 = 1 << 6;
    /// A rule records it as a quantile.
    const QUANTILE: u16 = 1 << 7;
    /// A rule records it as an aggregation of a metric itself.
    const AGGREGATED: u16 = 1 << 8;

    fn add(&mut self, traits: u16) {
        self.0 |= traits;
    }

    fn has(self, traits: u16) -> bool {
        self.0 & traits == traits
    }

    /// Whether rules disagree about the metric, so that some lint may have something to say.
    fn is_disputed(self) -> bool {
        self.has(Self::RATED | Self::LEVEL)
            || self.has(Self::RATED | Self::CHANGED)
            || self.has(Self::RATED | Self::AGGREGATED)
            || self.has(Self::AGED | Self::TAKEN)
            || self.has(Self::AVERAGED | Self::QUANTILE)
    }
}

/// A name as a number: the same for the same name, and for others hardly ever.
type NameHash = u64;

fn hash_name(name: &str) -> NameHash {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// The sketch of one file. Names of metrics are numbers in it: they take less room, and are compared faster.
#[derive(Clone, Debug)]
pub struct Sketch {
    file: FileId,
    metrics: Vec<NameHash>,
    /// What was seen of each metric.
    traits: Vec<Traits>,
    /// The metrics that are series of a histogram or summary, and the name of that.
    families: Vec<(u32, NameHash)>,
    /// The names that are recorded, one after the other, and where each ends.
    recorded: String,
    recorded_ends: Vec<u32>,
    /// The rules, all groups one after the other.
    rules: Vec<RuleSketch>,
    /// What they read, as indices of metrics; each rule has its part.
    reads: Vec<u32>,
    /// What is recorded and what it is computed from at the same time, as indices of metrics.
    feeds: Vec<(u32, u32)>,
    words: FileWords,
    /// Where names with a colon are read that the file does not record, and of which facts know nothing.
    colons: Vec<ColonRead>,
    /// Whether the rules are quoted in a document: no server loads them.
    quoted: bool,
}

#[derive(Clone, Copy, Debug)]
struct RuleSketch {
    /// The same number for rules that are the same.
    identity: u64,
    /// Where its part of the reads ends.
    reads_end: u32,
    /// What it records.
    records: Option<u32>,
    /// Whether a lint suspects something, whatever the other rules do.
    suspicious: bool,
}

/// A place where a name with a colon is read.
#[derive(Clone, Debug)]
pub(crate) struct ColonRead {
    pub(crate) name: Arc<str>,
    pub(crate) at: Location,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) rule: Arc<str>,
}

/// What all files say together, apart from what single rules do.
#[derive(Debug, Default)]
pub struct Overview {
    /// How often which word is used.
    pub(crate) vocabulary: Vocabulary,
    /// The reads of names with a colon that no rule records, with the recorded name that is most like each.
    pub(crate) recorded_elsewhere: Vec<(ColonRead, Option<Arc<str>>)>,
    /// The recorded metrics that are in a circle or read one that is, sorted.
    pub(crate) entangled: Vec<Arc<str>>,
}

/// The rules that need a second look.
#[derive(Debug, Default)]
pub struct Doubts(FxHashMap<FileId, Vec<u32>>);

impl Doubts {
    /// The wanted rules of a file, sorted, counted from 0 through all groups; `None` if there is none.
    pub fn of(&self, file: FileId) -> Option<&[u32]> {
        self.0.get(&file).map(Vec::as_slice)
    }
}

/// Draws the sketch of a file, rule by rule.
#[derive(Debug)]
pub(crate) struct Drawing<'a> {
    sketch: Sketch,
    indices: FxHashMap<NameHash, u32>,
    /// The same by the name itself, which most often is the same text.
    known: FxHashMap<ByAddress<'a>, u32>,
    words: Tally<'a>,
    /// Where names with a colon are read; what follows may record them.
    colons: Vec<Colon<'a>>,
}

/// A place where a name with a colon is read, as it is found.
#[derive(Debug)]
struct Colon<'a> {
    name: &'a Arc<str>,
    metric: u32,
    /// In the expression of the rule.
    span: Span,
    group: &'a Group,
    rule: &'a Rule,
}

impl<'a> Drawing<'a> {
    pub(crate) fn new(rules: &'a RuleFile) -> Drawing<'a> {
        let sketch = Sketch {
            file: rules.file,
            metrics: Vec::new(),
            traits: Vec::new(),
            families: Vec::new(),
            recorded: String::new(),
            recorded_ends: Vec::new(),
            rules: Vec::new(),
            reads: Vec::new(),
            feeds: Vec::new(),
            words: FileWords::default(),
            colons: Vec::new(),
            quoted: rules.quoted,
        };
        // About as many names as rules.
        let rules = rules.groups.iter().map(|group| group.rules.len()).sum();
        Drawing {
            sketch,
            indices: FxHashMap::with_capacity_and_hasher(rules, FxBuildHasher),
            known: FxHashMap::with_capacity_and_hasher(rules, FxBuildHasher),
            words: Tally::default(),
            colons: Vec::new(),
        }
    }

    /// Takes in a rule.
    pub(crate) fn add(
        &mut self,
        (group, rule): (&'a Group, &'a Rule),
        nodes: &Nodes<'a>,
        uses: &[MetricUse<'a>],
    ) {
        self.words.add(rule, nodes);
        let records = (rule.kind == RuleKind::Record).then(|| self.index(&rule.name.text));
        if let Some(index) = records.filter(|_| rule.expr.valid) {
            let made_of = match shape(&rule.expr.expr) {
                Shape::Quantile => Traits::QUANTILE,
                Shape::Aggregated { .. } => Traits::AGGREGATED,
                Shape::Other => 0,
            };
            self.note(index, Traits::RECORDED | made_of);
            self.sketch.recorded.push_str(&rule.name.text);
            self.sketch.recorded_ends.push(self.sketch.recorded.len() as u32);
        }
        // They are in the order of the selectors.
        let mut uses = uses.iter().peekable();
        for (at, expr, selector) in nodes.selectors() {
            let Some(name) = selector.metric_name() else {
                continue;
            };
            let index = self.index(name);
            if let Some(found) = uses.next_if(|found| std::ptr::eq(found.selector, selector)) {
                let seen = match found.kind {
                    UseKind::Counter(_) => Traits::RATED,
                    UseKind::Level(_) => Traits::LEVEL,
                };
                self.note(index, seen);
            }
            self.sketch.reads.push(index);
            if let Some(recorded) = records.filter(|_| !is_earlier(selector)) {
                self.sketch.feeds.push((recorded, index));
            }
            self.note(index, traits(nodes, at));
            if name.contains(':') {
                self.colons.push(Colon {
                    name,
                    metric: index,
                    span: selector.name.as_ref().map_or(expr.span, |name| name.span),
                    group,
                    rule,
                });
            }
        }
        debug_assert!(
            uses.next().is_none(),
            "uses are those of selectors, in their order"
        );
        self.sketch.rules.push(RuleSketch {
            identity: identity(group, rule),
            reads_end: self.sketch.reads.len() as u32,
            records,
            suspicious: false,
        });
    }

    /// What was drawn so far.
    pub(crate) fn sketch(&self) -> &Sketch {
        &self.sketch
    }

    /// Marks a rule, counted from 0 through all groups: it needs a second look in any case.
    pub(crate) fn suspect(&mut self, index: usize) {
        if let Some(rule) = self.sketch.rules.get_mut(index) {
            rule.suspicious = true;
        }
    }

    /// The whole sketch; `unknown` says of a name with a colon whether facts know nothing of it.
    pub(crate) fn finish(self, source: &SourceFile, unknown: impl Fn(&str) -> bool) -> Sketch {
        let mut sketch = self.sketch;
        let recorded = |metric: u32| {
            let traits = sketch.traits.get(metric as usize);
            traits.is_some_and(|traits| traits.has(Traits::RECORDED))
        };
        let elsewhere = self.colons.into_iter().filter(|it| !recorded(it.metric));
        let read = |it: Colon<'_>| ColonRead {
            name: it.name.clone(),
            at: Location::new(sketch.file, it.rule.expr.source.locate(source.text(), it.span)),
            group: it.group.name.as_ref().map(|name| name.text.clone()),
            rule: it.rule.name.text.clone(),
        };
        sketch.colons = elsewhere.filter(|it| unknown(it.name)).map(read).collect();
        sketch.words = self.words.finish();
        // It waits until all files are read, and there may be many.
        sketch.metrics.shrink_to_fit();
        sketch.traits.shrink_to_fit();
        sketch.families.shrink_to_fit();
        sketch.recorded.shrink_to_fit();
        sketch.recorded_ends.shrink_to_fit();
        sketch.rules.shrink_to_fit();
        sketch.reads.shrink_to_fit();
        sketch.feeds.shrink_to_fit();
        sketch
    }

    fn index(&mut self, name: &'a Arc<str>) -> u32 {
        let (indices, sketch) = (&mut self.indices, &mut self.sketch);
        *self.known.entry(ByAddress(name)).or_insert_with(|| {
            let hash = hash_name(name);
            *indices.entry(hash).or_insert_with(|| {
                let index = sketch.metrics.len() as u32;
                sketch.metrics.push(hash);
                sketch.traits.push(Traits::default());
                if let Some(family) = family(name) {
                    sketch.families.push((index, hash_name(family)));
                }
                index
            })
        })
    }

    fn note(&mut self, index: u32, traits: u16) {
        if let Some(known) = self.sketch.traits.get_mut(index as usize) {
            known.add(traits);
        }
    }
}

/// The histogram or summary that a metric may be a series of.
fn family(name: &str) -> Option<&str> {
    let suffixes = ["_bucket", "_sum", "_count"];
    suffixes.iter().find_map(|suffix| name.strip_suffix(suffix))
}

/// What the place of a selector says of its metric.
fn traits(nodes: &Nodes<'_>, selector: usize) -> u16 {
    let (mut traits, mut averaged, mut inside) = (Traits::TAKEN, false, true);
    for (parent, role, _) in nodes.ancestors(selector) {
        match &parent.kind {
            ExprKind::Call(call) => {
                let function = call.function.map(|function| function.id);
                if function == Some(Func::Changes) {
                    traits |= Traits::CHANGED;
                }
            }
            ExprKind::Aggregate(aggregate) => {
                averaged |= matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Sum);
            }
            // The age of a metric, itself or aggregated.
            ExprKind::Binary(binary)
                if inside
                    && binary.op == BinaryOp::Sub
                    && role == Role::Right
                    && is_now(&binary.lhs)
                    && aged(&binary.rhs).is_some() =>
            {
                traits = (traits & !Traits::TAKEN) | Traits::AGED;
            }
            _ => {}
        }
        inside &= matches!(parent.kind, ExprKind::Paren(_) | ExprKind::Aggregate(_));
    }
    if averaged {
        traits |= Traits::AVERAGED;
    }
    traits
}

/// The same number for rules of the same kind, name, labels and expression, whatever the order and the blanks; for others
/// hardly ever.
fn identity(group: &Group, rule: &Rule) -> u64 {
    let mut labels: u64 = 0;
    let mut add = |key: &str, value: &str| {
        let mut hasher = FxHasher::default();
        (key, value).hash(&mut hasher);
        labels = labels.wrapping_add(hasher.finish());
    };
    for label in &rule.labels {
        add(&label.key.text, &label.value.text);
    }
    for label in &group.labels {
        if !rule.labels.iter().any(|own| own.key.text == label.key.text) {
            add(&label.key.text, &label.value.text);
        }
    }
    // Of the expression only the letters count, not where they stand: hardly ever are two texts made of the same ones.
    let letters = rule.expr.source.text.bytes();
    let letters = letters.fold(0_u64, |sum, letter| {
        sum.wrapping_add(WEIGHTS[usize::from(letter)])
    });
    let mut hasher = FxHasher::default();
    (rule.kind == RuleKind::Alert, &*rule.name.text, labels, letters).hash(&mut hasher);
    hasher.finish()
}

/// A number of its own for each byte, and nought for space and control characters.
static WEIGHTS: [u64; 256] = {
    let mut weights = [0; 256];
    let mut byte = b' ' as usize + 1;
    while byte < weights.len() {
        let product = (byte as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        weights[byte] = (product ^ (product >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        byte += 1;
    }
    weights
};

impl Sketch {
    /// The rules with the metrics that each reads.
    fn rules(&self) -> impl Iterator<Item = (&RuleSketch, &[u32])> {
        let mut start = 0;
        self.rules.iter().map(move |rule| {
            let end = rule.reads_end as usize;
            let reads = self.reads.get(start..end).unwrap_or_default();
            start = end;
            (rule, reads)
        })
    }

    /// Whether some rule of each group, in their order, reads what a later one of the same group records.
    pub(crate) fn groups_read_ahead(
        &self,
        lengths: impl Iterator<Item = usize>,
    ) -> impl Iterator<Item = bool> {
        let mut rules = self.rules();
        let mut last: FxHashMap<u32, usize> = FxHashMap::default();
        lengths.map(move |length| {
            let group: Vec<(&RuleSketch, &[u32])> = rules.by_ref().take(length).collect();
            last.clear();
            let recorded = group.iter().enumerate();
            last.extend(recorded.filter_map(|(at, (rule, _))| Some((rule.records?, at))));
            let ahead = |at: usize, read: &u32| last.get(read).is_some_and(|recorder| *recorder > at);
            let mut reads = group.iter().map(|(_, reads)| reads).enumerate();
            !last.is_empty() && reads.any(|(at, reads)| reads.iter().any(|read| ahead(at, read)))
        })
    }

    fn metric(&self, index: u32) -> Option<NameHash> {
        self.metrics.get(index as usize).copied()
    }

    /// The names that are recorded.
    fn recorded(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.recorded_ends.iter().filter_map(move |end| {
            let name = self.recorded.get(start..*end as usize);
            start = *end as usize;
            name
        })
    }
}

/// What is known of metrics in all files together.
type All = FxHashMap<NameHash, Traits>;

fn is_recorded(all: &All, name: NameHash) -> bool {
    all.get(&name).is_some_and(|traits| traits.has(Traits::RECORDED))
}

/// Lays the sketches of all files side by side, in the order of the files.
pub fn compare(sketches: &[Sketch]) -> (Overview, Doubts) {
    let mut vocabulary = Vocabulary::default();
    let mut all = All::default();
    for sketch in sketches {
        vocabulary.merge(&sketch.words);
        for (name, traits) in sketch.metrics.iter().zip(&sketch.traits) {
            all.entry(*name).or_default().add(traits.0);
        }
    }
    let slips = vocabulary.slips();
    let asked = Asked::among(sketches, &all);
    let entangled = entangled(sketches, &all);
    let copies = copies(sketches);
    let mut doubts = Doubts::default();
    for sketch in sketches {
        let is_asked = asked.in_file(sketch);
        let asks = |index: &u32| is_asked.get(*index as usize).copied().unwrap_or(false);
        let slipped = sketch.words.has_any(&slips);
        let is_wanted = |rule: &RuleSketch, reads: &[u32]| {
            slipped
                || rule.suspicious
                || reads.iter().any(asks)
                || copies.contains(&rule.identity)
                || rule.records.is_some_and(|name| {
                    asks(&name) || sketch.metric(name).is_some_and(|name| entangled.contains(&name))
                })
        };
        let rules: Vec<u32> = (0..)
            .zip(sketch.rules())
            .filter(|(_, (rule, reads))| is_wanted(rule, reads))
            .map(|(index, _)| index)
            .collect();
        if !rules.is_empty() {
            doubts.0.insert(sketch.file, rules);
        }
    }
    let overview = Overview {
        vocabulary,
        recorded_elsewhere: recorded_elsewhere(sketches, &all),
        entangled: named(&entangled, sketches),
    };
    (overview, doubts)
}

/// The names of some recorded metrics, sorted.
fn named(metrics: &FxHashSet<NameHash>, sketches: &[Sketch]) -> Vec<Arc<str>> {
    if metrics.is_empty() {
        return Vec::new();
    }
    let recorded = sketches.iter().flat_map(Sketch::recorded);
    let mut names: Vec<Arc<str>> = recorded
        .filter(|name| metrics.contains(&hash_name(name)))
        .map(Arc::from)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The reads of names with a colon that nobody records, each with the recorded name that is most like it.
fn recorded_elsewhere(sketches: &[Sketch], all: &All) -> Vec<(ColonRead, Option<Arc<str>>)> {
    let colons = sketches.iter().flat_map(|sketch| &sketch.colons);
    let missing: Vec<&ColonRead> = colons
        .filter(|read| !is_recorded(all, hash_name(&read.name)))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let mut recorded: Vec<&str> = sketches.iter().flat_map(Sketch::recorded).collect();
    recorded.sort_unstable();
    recorded.dedup();
    let names = Names::new(recorded);
    let mut known: FxHashMap<&str, Option<Arc<str>>> = FxHashMap::default();
    missing
        .into_iter()
        .map(|read| {
            let near = known
                .entry(&*read.name)
                .or_insert_with(|| names.nearest(&read.name).map(Arc::from));
            (read.clone(), near.clone())
        })
        .collect()
}

/// The metrics whose whole usage has to be known.
struct Asked {
    metrics: FxHashSet<NameHash>,
    /// The series of a histogram or summary bear witness for each other.
    families: FxHashSet<NameHash>,
}

impl Asked {
    /// The disputed metrics, and what suspicious rules read.
    fn among(sketches: &[Sketch], all: &All) -> Asked {
        let disputed = all.iter().filter(|(_, traits)| traits.is_disputed());
        let mut metrics: FxHashSet<NameHash> = disputed.map(|(name, _)| *name).collect();
        for sketch in sketches {
            for (rule, reads) in sketch.rules() {
                if rule.suspicious {
                    metrics.extend(reads.iter().filter_map(|read| sketch.metric(*read)));
                }
            }
        }
        let mut families = FxHashSet::default();
        for sketch in sketches {
            let of_asked = |(index, _): &&(u32, NameHash)| {
                let metric = sketch.metric(*index);
                metric.is_some_and(|metric| metrics.contains(&metric))
            };
            families.extend(sketch.families.iter().filter(of_asked).map(|(_, family)| *family));
        }
        Asked { metrics, families }
    }

    /// Whether each metric of a file is one of them.
    fn in_file(&self, sketch: &Sketch) -> Vec<bool> {
        let metrics = sketch.metrics.iter();
        let mut asked: Vec<bool> = metrics.map(|metric| self.metrics.contains(metric)).collect();
        for (index, family) in &sketch.families {
            if let Some(asked) = asked.get_mut(*index as usize) {
                *asked |= self.families.contains(family);
            }
        }
        asked
    }
}

/// The recorded metrics that are in a circle or read one that is: what is left when all others are taken away, those that
/// read nothing recorded first.
fn entangled(sketches: &[Sketch], all: &All) -> FxHashSet<NameHash> {
    let mut waiting: FxHashMap<NameHash, usize> = FxHashMap::default();
    let mut readers: FxHashMap<NameHash, Vec<NameHash>> = FxHashMap::default();
    for sketch in sketches {
        for (recorded, read) in &sketch.feeds {
            if let (Some(name), Some(read)) = (sketch.metric(*recorded), sketch.metric(*read))
                && is_recorded(all, read)
            {
                *waiting.entry(name).or_default() += 1;
                readers.entry(read).or_default().push(name);
            }
        }
    }
    let mut free: Vec<NameHash> = readers
        .keys()
        .copied()
        .filter(|name| !waiting.contains_key(name))
        .collect();
    while let Some(name) = free.pop() {
        for reader in readers.remove(&name).unwrap_or_default() {
            if let Some(count) = waiting.get_mut(&reader) {
                *count -= 1;
                if *count == 0 {
                    waiting.remove(&reader);
                    free.push(reader);
                }
            }
        }
    }
    waiting.into_keys().collect()
}

/// The identities that rules of several files have.
fn copies(sketches: &[Sketch]) -> FxHashSet<u64> {
    let mut copies = FxHashSet::default();
    if sketches.len() < 2 {
        return copies;
    }
    let mut first: FxHashMap<u64, FileId> = FxHashMap::default();
    for sketch in sketches.iter().filter(|sketch| !sketch.quoted) {
        for rule in &sketch.rules {
            if *first.entry(rule.identity).or_insert(sketch.file) != sketch.file {
                copies.insert(rule.identity);
            }
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{ReadOptions, read_rule_file};

    /// The identity of a rule with that expression.
    fn identity_of(expr: &str) -> u64 {
        let quoted = expr.replace('"', "\\\"").replace('\n', "\\n");
        let text = format!("groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: \"{quoted}\"\n");
        let read = read_rule_file(FileId(0), &text, &ReadOptions::default());
        let group = &read.file.groups[0];
        assert_eq!(&*group.rules[0].expr.source.text, expr);
        identity(group, &group.rules[0])
    }

    #[test]
    fn rules_are_the_same_wherever_blanks_stand() {
        let expr = "sum by(job,instance)(rate(requests_total{path=\"/ä\"}[5m]))>0.25";
        let same = identity_of(expr);
        for at in (1..expr.len()).filter(|at| expr.is_char_boundary(*at)) {
            for blanks in [" ", "  ", "\n", "         "] {
                let (before, after) = expr.split_at(at);
                assert_eq!(
                    identity_of(&format!("{before}{blanks}{after}")),
                    same,
                    "{before}|{after}"
                );
                let other = format!("{before}x{blanks}{after}");
                assert_ne!(identity_of(&other), same, "{other}");
            }
        }
    }
}
