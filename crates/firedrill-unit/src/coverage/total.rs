//! What all tests together have seen.

use super::map::Point;
use super::{Coverage, PointKind};
use crate::compile::CompiledFile;
use firedrill_model::RuleKind;
use firedrill_source::{FileId, Span};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The coverage of some rule files.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The files, in the order in which they were given.
    pub files: Vec<FileCoverage>,
}

/// The coverage of a file.
#[derive(Clone, Debug)]
pub struct FileCoverage {
    /// The file.
    pub file: FileId,
    /// Whether a test loads it.
    pub loaded: bool,
    /// Its rules, in file order.
    pub rules: Vec<RuleCoverage>,
}

/// The coverage of a rule.
#[derive(Clone, Debug)]
pub struct RuleCoverage {
    /// Its group.
    pub group: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What it makes.
    pub kind: RuleKind,
    /// The whole rule.
    pub span: Span,
    /// How many tests evaluated it.
    pub evaluated: u32,
    /// How many of them looked at it.
    pub tests: u32,
    /// How many saw an alert gone that had fired.
    pub resolved: u32,
    /// How many saw it without any input.
    pub without_data: u32,
    /// Each point, and how many tests saw it.
    pub points: Vec<(Point, u32)>,
}

/// How much of something is covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rules that a test looks at.
    pub tested: usize,
    /// Rules.
    pub rules: usize,
    /// Points that were seen.
    pub seen: usize,
    /// Points.
    pub points: usize,
}

impl Tally {
    /// The share of points that were seen, from 0 to 100; 100 where there is nothing to see.
    pub fn percent(self) -> f64 {
        if self.points == 0 {
            return 100.0;
        }
        self.seen as f64 * 100.0 / self.points as f64
    }

    /// The same with one decimal; never rounded up to what it has not reached.
    pub fn percent_text(self) -> String {
        format!("{:.1}%", (self.percent() * 10.0).floor() / 10.0)
    }

    fn add(&mut self, rule: &RuleCoverage) {
        self.rules += 1;
        self.tested += usize::from(rule.tests > 0);
        self.points += rule.points.len();
        self.seen += rule.points.iter().filter(|(_, tests)| *tests > 0).count();
    }
}

impl RuleCoverage {
    /// Points that no test saw.
    pub fn missed(&self) -> impl Iterator<Item = &Point> {
        let missed = self.points.iter().filter(|(_, tests)| *tests == 0);
        missed.map(|(point, _)| point)
    }

    /// How many tests saw the first point of that kind; 0 where there is no such point.
    pub fn saw(&self, kind: PointKind) -> u32 {
        let found = self.points.iter().find(|(point, _)| point.kind == kind);
        found.map_or(0, |(_, tests)| *tests)
    }

    /// How much of it is covered.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        tally.add(self);
        tally
    }
}

impl FileCoverage {
    /// How much of it is covered.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.rules.iter().for_each(|rule| tally.add(rule));
        tally
    }
}

impl Totals {
    /// Nothing seen yet of these files. A file that comes twice counts once.
    pub fn new<'f>(files: impl IntoIterator<Item = (FileId, bool, &'f CompiledFile)>) -> Totals {
        let mut totals = Totals::default();
        for (file, loaded, compiled) in files {
            if let Some(known) = totals.files.iter_mut().find(|known| known.file == file) {
                known.loaded |= loaded;
                continue;
            }
            let mut rules: Vec<RuleCoverage> = Vec::new();
            for group in &compiled.groups {
                for rule in &group.rules {
                    // An alias of a whole rule is that rule.
                    if rules.iter().any(|known| known.span == rule.span) {
                        continue;
                    }
                    let points = rule.map().points.iter();
                    rules.push(RuleCoverage {
                        group: group.name.clone(),
                        name: rule.name.clone(),
                        kind: rule.kind,
                        span: rule.span,
                        evaluated: 0,
                        tests: 0,
                        resolved: 0,
                        without_data: 0,
                        points: points.map(|point| (point.clone(), 0)).collect(),
                    });
                }
            }
            totals.files.push(FileCoverage { file, loaded, rules });
        }
        totals
    }

    /// Adds what tests have seen. `known_as` gives the file that stands for another of the same text and place.
    pub fn add<'c>(
        &mut self,
        coverages: impl IntoIterator<Item = &'c Coverage>,
        known_as: &dyn Fn(FileId) -> FileId,
    ) {
        let mut places: FxHashMap<(FileId, Span), (usize, usize)> = FxHashMap::default();
        for (at, file) in self.files.iter().enumerate() {
            for (index, rule) in file.rules.iter().enumerate() {
                places.insert((file.file, rule.span), (at, index));
            }
        }
        for seen in coverages.into_iter().flat_map(|coverage| &coverage.rules) {
            let key = (known_as(seen.rule.file), seen.rule.span);
            let Some(&(file, rule)) = places.get(&key) else {
                continue;
            };
            let rule = &mut self.files[file].rules[rule];
            rule.evaluated += 1;
            rule.tests += u32::from(seen.looked_at);
            rule.resolved += u32::from(seen.resolved);
            rule.without_data += u32::from(seen.without_data);
            for ((_, tests), hit) in rule.points.iter_mut().zip(&seen.hits) {
                *tests += u32::from(*hit);
            }
        }
    }

    /// How much of all is covered.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let rules = self.files.iter().flat_map(|file| &file.rules);
        rules.for_each(|rule| tally.add(rule));
        tally
    }
}
