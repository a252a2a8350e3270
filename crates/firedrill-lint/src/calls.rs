//! Which lints are called for which rules of a batch. Most lints can have nothing to say about most rules: so they are not
//! asked one by one, but dropped together by what a rule lacks.

use crate::lint::{Check, Lint};
use crate::needs::{Mark, Parts};
use crate::rules::LINTS;

/// So many rules go through one lint before the next lint has its turn: the code of all lints together is larger than
/// what a processor keeps at hand.
pub(crate) const BATCH: usize = 16;

const WORD: usize = u64::BITS as usize;

/// A bit for each lint, by its place in the list.
type Set = [u64; LINTS.len().div_ceil(WORD)];

const NONE: Set = [0; LINTS.len().div_ceil(WORD)];

/// The lints that look at single rules.
static LOOKING: Set = {
    let mut set = NONE;
    let mut at = 0;
    while at < LINTS.len() {
        if matches!(LINTS[at].check, Check::Rule(_) | Check::Usage(_)) {
            set[at / WORD] |= 1 << (at % WORD);
        }
        at += 1;
    }
    set
};

/// The lints that need each mark.
static NEEDING: [Set; Mark::COUNT] = {
    let mut sets = [NONE; Mark::COUNT];
    let mut at = 0;
    while at < LINTS.len() {
        let mut mark = 0;
        while mark < Mark::COUNT {
            if LINTS[at].needs.has(mark) {
                sets[mark][at / WORD] |= 1 << (at % WORD);
            }
            mark += 1;
        }
        at += 1;
    }
    sets
};

/// The rules of a batch that each lint is called for, a bit for each.
pub(crate) struct Calls([u16; LINTS.len()]);

const _: () = assert!(BATCH <= u16::BITS as usize);

impl Calls {
    /// The calls for a batch of rules. Debug builds make them all, to see that a lint needs what it says.
    pub(crate) fn of(batch: impl Iterator<Item = Parts>) -> Calls {
        let mut calls = Calls([0; LINTS.len()]);
        for (rule, parts) in (0..BATCH).zip(batch) {
            let mut wanted = LOOKING;
            if !cfg!(debug_assertions) {
                for needing in parts.missing().filter_map(|mark| NEEDING.get(mark)) {
                    wanted.iter_mut().zip(needing).for_each(|(all, out)| *all &= !out);
                }
            }
            for (lints, word) in calls.0.chunks_mut(WORD).zip(wanted) {
                for lint in ones(word) {
                    if let Some(rules) = lints.get_mut(lint) {
                        *rules |= 1 << rule;
                    }
                }
            }
        }
        calls
    }

    /// Each lint that is called, with the place of each rule in the batch.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static Lint, impl Iterator<Item = usize> + use<>)> {
        let called = LINTS.iter().zip(&self.0).filter(|(_, rules)| **rules != 0);
        called.map(|(lint, rules)| (*lint, ones(u64::from(*rules))))
    }
}

/// The places of the bits that are set.
pub(crate) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(at)
    })
}
