//! Expected alerts and the firing ones that were probably meant.

use crate::compare::{ExpectedAlertLabels, GotAlert};

/// An expected and a firing alert that differ, or one of them without the other.
#[derive(Clone, Copy, Debug)]
pub struct AlertPair<'a> {
    /// What was expected; `None` for a firing alert that nobody expected.
    pub expected: Option<&'a ExpectedAlertLabels>,
    /// What fires; `None` for an expected alert that does not fire.
    pub got: Option<&'a GotAlert>,
}

/// More alerts than this are not compared each with each.
const MOST_COMPARED: usize = 400;

/// Pairs expected and firing alerts: equal ones drop out, then the least different go together. What is left over
/// stands alone, missing ones first.
pub fn pair_alerts<'a>(expected: &'a [ExpectedAlertLabels], got: &'a [GotAlert]) -> Vec<AlertPair<'a>> {
    let mut left: Vec<&ExpectedAlertLabels> = expected.iter().collect();
    let mut right: Vec<&GotAlert> = got.iter().collect();
    left.retain(|e| {
        let same = right
            .iter()
            .position(|g| e.labels == g.labels && e.annotations == g.annotations);
        same.map(|at| right.remove(at)).is_none()
    });
    let mut pairs = Vec::new();
    if left.len().max(right.len()) <= MOST_COMPARED {
        let mut costs = Vec::with_capacity(left.len() * right.len());
        for (i, e) in left.iter().enumerate() {
            for (j, g) in right.iter().enumerate() {
                costs.push((cost(e, g), i, j));
            }
        }
        costs.sort_unstable();
        let (mut used_left, mut used_right) = (vec![false; left.len()], vec![false; right.len()]);
        for (_, i, j) in costs {
            if !used_left[i] && !used_right[j] {
                used_left[i] = true;
                used_right[j] = true;
                pairs.push(AlertPair {
                    expected: Some(left[i]),
                    got: Some(right[j]),
                });
            }
        }
        left = unused(left, &used_left);
        right = unused(right, &used_right);
    }
    pairs.extend(left.into_iter().map(|e| AlertPair {
        expected: Some(e),
        got: None,
    }));
    pairs.extend(right.into_iter().map(|g| AlertPair {
        expected: None,
        got: Some(g),
    }));
    pairs
}

/// How many labels (or annotations) of two lists differ: a value that differs counts one, a name that only one of them
/// has, too.
pub fn alert_distance(a: &[(String, String)], b: &[(String, String)]) -> usize {
    let only_left = a.iter().filter(|pair| !b.contains(pair)).count();
    let new_names = b
        .iter()
        .filter(|(name, _)| !a.iter().any(|(known, _)| known == name));
    only_left + new_names.count()
}

/// Labels say which alert it is, annotations only what it says; where as many differ, the likelier is the nearer text.
fn cost(expected: &ExpectedAlertLabels, got: &GotAlert) -> (usize, usize) {
    let labels = alert_distance(&expected.labels, &got.labels);
    let annotations = alert_distance(&expected.annotations, &got.annotations);
    (2 * labels + annotations, unlike(&expected.labels, &got.labels))
}

/// Characters of differing values outside of their common start and end.
fn unlike(a: &[(String, String)], b: &[(String, String)]) -> usize {
    let of = |(name, value): &(String, String)| {
        let other = b.iter().find(|(known, _)| known == name).map_or("", |(_, v)| v);
        let start = value
            .bytes()
            .zip(other.bytes())
            .take_while(|(x, y)| x == y)
            .count();
        value.len().max(other.len()) - start
    };
    a.iter().map(of).sum()
}

fn unused<T>(all: Vec<T>, used: &[bool]) -> Vec<T> {
    let kept = all.into_iter().zip(used).filter(|(_, used)| !**used);
    kept.map(|(it, _)| it).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_source::Span;

    fn labels(text: &str) -> Vec<(String, String)> {
        let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    fn paired(expected: &[&str], got: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
        let expected: Vec<ExpectedAlertLabels> = expected
            .iter()
            .map(|text| ExpectedAlertLabels {
                labels: labels(text),
                annotations: Vec::new(),
                span: Span::default(),
            })
            .collect();
        let got: Vec<GotAlert> = got
            .iter()
            .map(|text| GotAlert {
                labels: labels(text),
                annotations: Vec::new(),
            })
            .collect();
        let find = |pair: AlertPair<'_>| {
            let left = pair.expected.and_then(|it| expected.iter().position(|e| e == it));
            let right = pair.got.and_then(|it| got.iter().position(|g| g == it));
            (left, right)
        };
        pair_alerts(&expected, &got).into_iter().map(find).collect()
    }

    #[test]
    fn equal_alerts_drop_out_and_the_nearest_go_together() {
        assert_eq!(paired(&["a=1"], &["a=1"]), []);
        let pairs = paired(&["a=1 b=1", "a=2 b=2"], &["a=2 b=9", "a=1 b=1", "a=7 b=7"]);
        assert_eq!(pairs, [(Some(1), Some(0)), (None, Some(2))]);
    }

    #[test]
    fn what_differs_less_wins_over_what_comes_first() {
        let pairs = paired(&["a=1 b=2 c=3", "a=1 b=2 c=4"], &["a=1 b=2 c=44"]);
        assert_eq!(pairs, [(Some(1), Some(0)), (Some(0), None)]);
    }
}
