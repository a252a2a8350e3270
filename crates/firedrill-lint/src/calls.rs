//! Which rules of a batch a lint is called for. Most lints can have nothing to say about most rules: so rules are not asked
//! one by one, but dropped together by what they lack.

use crate::lint::Lint;
use crate::needs::{Mark, Parts};

/// So many rules go through one lint before the next lint has its turn: the code of all lints together is larger than
/// what a processor keeps at hand.
pub(crate) const BATCH: usize = 16;

/// Rules of a batch, a bit for each.
type Set = u16;

const _: () = assert!(BATCH <= Set::BITS as usize);

/// What the rules of a batch have.
pub(crate) struct Calls {
    all: Set,
    /// For each mark the rules that have it.
    having: [Set; Mark::COUNT],
}

impl Calls {
    /// Takes in what each rule of a batch has.
    pub(crate) fn of(batch: &[Parts]) -> Calls {
        let mut calls = Calls {
            all: 0,
            having: [0; Mark::COUNT],
        };
        for (rule, parts) in batch.iter().enumerate().take(BATCH) {
            calls.all |= 1 << rule;
            for mark in parts.marks() {
                if let Some(having) = calls.having.get_mut(mark) {
                    *having |= 1 << rule;
                }
            }
        }
        calls
    }

    /// The places of the rules that have what the lint needs. In debug builds all have, to see whether it is needed.
    pub(crate) fn of_lint(&self, lint: &Lint) -> impl Iterator<Item = usize> + use<> {
        let mut rules = self.all;
        if !cfg!(debug_assertions) {
            let needed = lint.needs.marks().filter_map(|mark| self.having.get(mark));
            needed.for_each(|having| rules &= having);
        }
        ones(u64::from(rules))
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
