//! Which rules write what a selector reads, found by name instead of by asking every rule.

use crate::schedule::Scheduled;
use firedrill_eval::SelectorInfo;
use firedrill_model::RuleKind;
use rustc_hash::FxHashMap;

/// The rules of a suite by what they write.
pub(crate) struct Writers<'a> {
    rules: &'a [Scheduled<'a>],
    /// Recording rules by the name that they record.
    records: FxHashMap<&'a str, Vec<usize>>,
    alerts: Vec<usize>,
}

impl<'a> Writers<'a> {
    pub(crate) fn of(rules: &'a [Scheduled<'a>]) -> Self {
        let mut writers = Writers {
            rules,
            records: FxHashMap::default(),
            alerts: Vec::new(),
        };
        for (index, it) in rules.iter().enumerate() {
            if it.rule.kind == RuleKind::Record {
                writers.records.entry(&*it.rule.name).or_default().push(index);
            } else {
                writers.alerts.push(index);
            }
        }
        writers
    }

    /// The rules whose results a selector may read, by index, in no particular order.
    pub(crate) fn of_selector<'s>(&'s self, selector: &'s SelectorInfo) -> impl Iterator<Item = usize> + 's {
        let (recorded, alerts, all): (&[usize], &[usize], _) = match selector.metric_name() {
            Some(name) if matches!(&**name, "ALERTS" | "ALERTS_FOR_STATE") => {
                (self.records_of(name), &self.alerts, 0..0)
            }
            Some(name) => (self.records_of(name), &[], 0..0),
            // Without a name every rule has to be asked.
            None => (&[], &[], 0..self.rules.len()),
        };
        let known = recorded.iter().chain(alerts).copied();
        known
            .chain(all)
            .filter(|&index| self.rules[index].rule.may_feed(selector))
    }

    /// The rules that record a metric.
    pub(crate) fn records_of(&self, metric: &str) -> &[usize] {
        self.records.get(metric).map_or(&[], Vec::as_slice)
    }
}
