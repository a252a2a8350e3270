//! Which rules can be evaluated for all ticks at once, and which must go tick by tick.
//!
//! At every tick the rules run in order, and each sees what the earlier ones have just written. Evaluated rule by rule
//! over all ticks the same holds as long as nobody reads what a later rule writes. Where somebody does — a rule that reads
//! its own or a later rule's results, which are one tick old by then — those rules, and every rule between them in
//! the flow of data, run tick by tick. The rest does not notice.

use crate::compile::{CompiledGroup, CompiledRule};
use crate::feeds::Writers;
use crate::run::Suite;

/// A rule in the order of evaluation.
#[derive(Clone, Copy)]
pub(crate) struct Scheduled<'a> {
    pub(crate) group: &'a CompiledGroup,
    pub(crate) rule: &'a CompiledRule,
}

/// All rules in the order of evaluation: groups by `group_eval_order`, then as they come, or the other way round.
pub(crate) fn ordered_rules<'a>(suite: &'a Suite<'_>, backwards: bool) -> Vec<Scheduled<'a>> {
    let mut groups: Vec<(&'a str, &'a CompiledGroup)> = Vec::new();
    for file in &suite.rules {
        for group in &file.groups {
            match groups
                .iter_mut()
                .find(|(name, known)| **name == *file.name && known.name == group.name)
            {
                Some(slot) => slot.1 = group,
                None => groups.push((&file.name, group)),
            }
        }
    }
    if backwards {
        groups.reverse();
    }
    let order = &suite.file.group_eval_order;
    // A group that is not listed ties with the first one that is.
    let place = |name: &str| order.iter().position(|listed| *listed.text == *name).unwrap_or(0);
    groups.sort_by_key(|(_, group)| place(&group.name));
    groups
        .iter()
        .flat_map(|(_, group)| group.rules.iter().map(move |rule| Scheduled { group, rule }))
        .collect()
}

/// The phases of a run, as indices into the list of rules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// All ticks at once, before the loop.
    pub(crate) before: Vec<usize>,
    /// Tick by tick, together.
    pub(crate) ticked: Vec<usize>,
    /// All ticks at once, after the loop.
    pub(crate) after: Vec<usize>,
}

pub(crate) fn schedule(rules: &[Scheduled<'_>]) -> Schedule {
    let writers = Writers::of(rules);
    if rules.iter().any(|it| asks_mid_tick(it.rule, &writers)) {
        return Schedule {
            ticked: (0..rules.len()).collect(),
            ..Schedule::default()
        };
    }
    let reads = readers(rules, &writers);
    let mut ticked = vec![false; rules.len()];
    for (reader, written_by) in reads.iter().enumerate() {
        for &writer in written_by {
            // What is written into the past appears later than its time says.
            let late = rules[writer].group.query_offset > rules[reader].group.query_offset;
            if writer >= reader || late {
                ticked[reader] = true;
                ticked[writer] = true;
            }
        }
    }
    if ticked.iter().any(|&t| t) {
        let mut feeds = vec![Vec::new(); rules.len()];
        for (reader, written_by) in reads.iter().enumerate() {
            for &writer in written_by {
                feeds[writer].push(reader);
            }
        }
        let below = closure(&ticked, &feeds);
        let above = closure(&ticked, &reads);
        let mut schedule = Schedule::default();
        for index in 0..rules.len() {
            if ticked[index] || (below[index] && above[index]) {
                schedule.ticked.push(index);
            } else if below[index] {
                schedule.after.push(index);
            } else {
                schedule.before.push(index);
            }
        }
        return schedule;
    }
    Schedule {
        before: (0..rules.len()).collect(),
        ..Schedule::default()
    }
}

/// Whether a template may see what only stands in storage in the middle of a tick: what rules write, or what comes later.
fn asks_mid_tick(rule: &CompiledRule, writers: &Writers<'_>) -> bool {
    let Some(asks) = &rule.asks else { return true };
    let fed = |selector| writers.of_selector(selector).next().is_some();
    asks.looks_ahead || asks.selectors.iter().any(fed)
}

/// For every rule, the rules whose results it may read.
fn readers(rules: &[Scheduled<'_>], writers: &Writers<'_>) -> Vec<Vec<usize>> {
    let feeding = |reader: &Scheduled<'_>| {
        let selectors = reader.rule.selectors().iter();
        let mut feeding: Vec<usize> = selectors.flat_map(|it| writers.of_selector(it)).collect();
        feeding.sort_unstable();
        feeding.dedup();
        feeding
    };
    rules.iter().map(feeding).collect()
}

/// Everything from which a marked rule can be reached along the edges; `back` are the same edges the other way round.
fn closure(marked: &[bool], back: &[Vec<usize>]) -> Vec<bool> {
    let mut reached = marked.to_vec();
    let mut waiting: Vec<usize> = (0..marked.len()).filter(|&index| marked[index]).collect();
    while let Some(index) = waiting.pop() {
        for &from in &back[index] {
            if !reached[from] {
                reached[from] = true;
                waiting.push(from);
            }
        }
    }
    reached
}
