//! Short lists: up to two elements lie where the list lies, only longer ones have memory of their own.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// A list that nearly always holds one or two elements, as arguments, matchers and labels do. It is used as a slice.
#[derive(Clone)]
pub struct Few<T>(Held<T>);

#[derive(Clone)]
enum Held<T> {
    None,
    One([T; 1]),
    Two([T; 2]),
    Many(Vec<T>),
}

impl<T> Few<T> {
    /// Moves the elements of a list from an index on into one of their own.
    pub(crate) fn split_off(list: &mut Vec<T>, first: usize) -> Self {
        Few(match list.len().saturating_sub(first) {
            0 => Held::None,
            1 => list.pop().map_or(Held::None, |only| Held::One([only])),
            2 => match (list.pop(), list.pop()) {
                (Some(second), Some(first)) => Held::Two([first, second]),
                _ => Held::None,
            },
            // The larger room stays with the list.
            _ => Held::Many(list.drain(first..).collect()),
        })
    }

    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        match &self.0 {
            Held::None => &[],
            Held::One(elements) => elements,
            Held::Two(elements) => elements,
            Held::Many(elements) => elements,
        }
    }

    /// Adds an element behind the others.
    pub fn push(&mut self, element: T) {
        self.0 = match std::mem::replace(&mut self.0, Held::None) {
            Held::None => Held::One([element]),
            Held::One([first]) => Held::Two([first, element]),
            Held::Two([first, second]) => Held::Many(vec![first, second, element]),
            Held::Many(mut elements) => {
                elements.push(element);
                Held::Many(elements)
            }
        };
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(Held::None)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Held::None => &mut [],
            Held::One(elements) => elements,
            Held::Two(elements) => elements,
            Held::Many(elements) => elements,
        }
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut list = Few::default();
        elements.into_iter().for_each(|element| list.push(element));
        list
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<T: fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_what_was_put_in_whatever_its_length() {
        for length in 0..6 {
            let numbers: Vec<usize> = (0..length).collect();
            let list: Few<usize> = numbers.iter().copied().collect();
            assert_eq!(*list, *numbers);
            assert_eq!(format!("{list:?}"), format!("{numbers:?}"));
            let mut changed = list.clone();
            changed.reverse();
            assert!(changed.iter().eq(numbers.iter().rev()));
            for first in 0..=length {
                let mut rest = numbers.clone();
                assert_eq!(*Few::split_off(&mut rest, first), numbers[first..]);
                assert_eq!(rest, numbers[..first]);
            }
        }
    }
}
