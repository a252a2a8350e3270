//! Coverage by lines of the rule file.

use firedrill_source::{SourceFile, Sources};
use firedrill_unit::{FileCoverage, Point, RuleCoverage};
use std::collections::BTreeMap;

/// A line that can be covered: the first of a rule, or one with points.
#[derive(Debug, Default)]
pub(super) struct Line<'c> {
    /// How many tests looked at its rule.
    pub(super) hits: u32,
    /// The points on it, in order.
    pub(super) points: Vec<PointAt<'c>>,
}

/// A point on a line.
#[derive(Debug)]
pub(super) struct PointAt<'c> {
    /// The rule's position in the file, from 0.
    pub(super) rule: usize,
    /// The point's position in the rule, from 0.
    pub(super) index: usize,
    pub(super) point: &'c Point,
    /// How many tests saw it.
    pub(super) tests: u32,
    /// How many tests looked at its rule.
    pub(super) looked_at: u32,
}

impl Line<'_> {
    /// Points that were seen.
    pub(super) fn seen(&self) -> usize {
        self.points.iter().filter(|point| point.tests > 0).count()
    }
}

/// The lines of a file that count, by number from 1.
pub(super) fn lines<'c>(source: &SourceFile, file: &'c FileCoverage) -> BTreeMap<usize, Line<'c>> {
    let mut lines: BTreeMap<usize, Line<'c>> = BTreeMap::new();
    for (rule_index, rule) in file.rules.iter().enumerate() {
        let first = lines.entry(line_of(source, rule)).or_default();
        first.hits = first.hits.max(rule.tests);
        for (index, (point, tests)) in rule.points.iter().enumerate() {
            let start = point.span(source.text()).start as usize;
            let line = lines.entry(source.line_column(start).line).or_default();
            line.hits = line.hits.max(rule.tests);
            line.points.push(PointAt {
                rule: rule_index,
                index,
                point,
                tests: *tests,
                looked_at: rule.tests,
            });
        }
    }
    lines
}

/// The line on which a rule starts, from 1.
pub(super) fn line_of(source: &SourceFile, rule: &RuleCoverage) -> usize {
    source.line_column(rule.span.start as usize).line
}

/// Names of the rules of a file, each once: group and rule, with a number where that is not enough.
pub(super) fn unique_names(file: &FileCoverage) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let names = file.rules.iter().map(|rule| {
        let name = format!("{}/{}", rule.group, rule.name).replace(['\n', '\r'], " ");
        let count = counts.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            name
        } else {
            format!("{name}#{count}")
        }
    });
    names.collect()
}

/// The name of a file as others know it: with slashes.
pub(super) fn path_of(sources: &Sources, file: &FileCoverage) -> String {
    sources.get(file.file).name().replace('\\', "/")
}
