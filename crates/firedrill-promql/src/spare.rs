//! The boxes of trees that nobody needs any more: the next tree of the same thread is built in them. A set of rules is
//! tens of thousands of small trees, one after the other, and the allocator would have each of their nodes back and forth.

use crate::ast::{Aggregate, Binary, Call, Expr, ExprKind, RangeSelector, Selector};
use std::cell::Cell;
use std::mem::take;

/// Empty boxes by kind, those of the nodes that are in nearly every tree.
#[derive(Default)]
pub(crate) struct Spare {
    pub(crate) selectors: Boxes<Selector>,
    pub(crate) ranges: Boxes<RangeSelector>,
    pub(crate) calls: Boxes<Call>,
    pub(crate) aggregates: Boxes<Aggregate>,
    pub(crate) binaries: Boxes<Binary>,
}

/// Boxes whose content nobody will look at.
pub(crate) struct Boxes<T>(Vec<Box<T>>);

impl<T> Default for Boxes<T> {
    fn default() -> Self {
        Boxes(Vec::new())
    }
}

impl<T> Boxes<T> {
    /// More are not kept: a file of rules seldom has more nodes of one kind.
    const MOST: usize = 256;

    /// A box with a node in it.
    #[inline]
    pub(crate) fn filled(&mut self, node: T) -> Box<T> {
        match self.0.pop() {
            Some(mut spare) => {
                *spare = node;
                spare
            }
            None => Box::new(node),
        }
    }

    fn keep(&mut self, spare: Box<T>) {
        if self.0.len() < Self::MOST {
            self.0.push(spare);
        }
    }
}

thread_local! {
    static SPARE: Cell<Spare> = Cell::default();
}

impl Spare {
    /// Takes what the thread has, to be given back by [`Spare::leave`].
    pub(crate) fn take() -> Spare {
        SPARE.take()
    }

    /// Leaves the boxes to the next tree of this thread.
    pub(crate) fn leave(self) {
        SPARE.set(self);
    }

    fn add(&mut self, expr: Expr) {
        match expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Missing => {}
            ExprKind::Selector(selector) => self.selectors.keep(selector),
            ExprKind::Range(mut range) => {
                self.add(take(&mut range.selector));
                self.ranges.keep(range);
            }
            ExprKind::Call(mut call) => {
                call.args.iter_mut().for_each(|arg| self.add(take(arg)));
                self.calls.keep(call);
            }
            ExprKind::Aggregate(mut aggregate) => {
                aggregate.param.iter_mut().for_each(|it| self.add(take(it)));
                self.add(take(&mut aggregate.expr));
                self.aggregates.keep(aggregate);
            }
            ExprKind::Binary(mut binary) => {
                self.add(take(&mut binary.lhs));
                self.add(take(&mut binary.rhs));
                self.binaries.keep(binary);
            }
            ExprKind::Subquery(subquery) => self.add(subquery.expr),
            ExprKind::Unary(unary) => self.add(unary.operand),
            ExprKind::Paren(inner) => self.add(*inner),
        }
    }
}

/// Takes trees apart that nobody needs any more, so that the next ones of this thread are built of them. It does what
/// dropping them does, only that building the next ones costs less.
pub fn take_apart(trees: impl IntoIterator<Item = Expr>) {
    let mut spare = Spare::take();
    trees.into_iter().for_each(|tree| spare.add(tree));
    spare.leave();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Features, parse};

    #[test]
    fn trees_built_in_old_boxes_are_like_others() {
        let texts = [
            "sum by (job) (rate(http_requests_total{code=~\"5..\", job=\"a\"}[5m] offset 1h)) / on (job) group_left (x) b",
            "-(up == bool 0) unless absent(up) @ 10",
            "topk(3, max_over_time(x{a=\"1\", b=\"2\", c=\"3\"}[1h:5m]))",
            "label_replace(up, \"a\", \"b\", \"c\", \"d\")",
            "sum(",
            "1 + 2",
        ];
        let features = Features::default();
        let fresh: Vec<_> = texts.iter().map(|text| parse(text, &features)).collect();
        let left_over = || {
            let spare = Spare::take();
            let count = spare.selectors.0.len() + spare.binaries.0.len() + spare.calls.0.len();
            spare.leave();
            count
        };
        for _ in 0..3 {
            let again: Vec<_> = texts.iter().map(|text| parse(text, &features)).collect();
            assert_eq!(again, fresh);
            assert_eq!(left_over(), 0, "the same trees need the same boxes");
            // Other trees than the next ones come first, so that boxes change places.
            take_apart(again.into_iter().rev().map(|parsed| parsed.expr));
            assert!(left_over() > 8);
        }
    }

    #[test]
    fn no_more_boxes_are_kept_than_a_file_needs() {
        let sum = vec!["x"; 4 * Boxes::<Selector>::MOST].join(" + ");
        take_apart([parse(&sum, &Features::default()).expr]);
        let spare = Spare::take();
        assert_eq!(spare.selectors.0.len(), Boxes::<Selector>::MOST);
        assert_eq!(spare.binaries.0.len(), Boxes::<Selector>::MOST);
    }
}
