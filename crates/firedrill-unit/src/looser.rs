//! Comparison of expectations that say less than everything.

use crate::compare::{
    ExpectedAlertLabels, GotAlert, GotSample, pairs, same_alerts, same_histogram, same_value,
};
use crate::failure::ParsedSample;
use firedrill_model::{AlertTest, Extent, Looser, Pattern};

/// Whether what fires is as expected: promtool's comparison unless the test asks for less.
pub(crate) fn alerts_match(test: &AlertTest, expected: &[ExpectedAlertLabels], got: &[GotAlert]) -> bool {
    let described = test.expected.iter().any(|it| !it.patterns.is_empty());
    if !described && test.count.is_none() && test.looser == Looser::default() {
        return same_alerts(expected, got);
    }
    let wanted = test
        .count
        .map_or(expected.len(), |count| usize::try_from(count.value).unwrap_or(0));
    if got.len() != wanted {
        return false;
    }
    // Each expected alert needs another one of those that are there.
    each_has_its_own(expected.len(), got.len(), |e, g| {
        let (expected, got) = (&expected[e], &got[g]);
        let written = test.expected.iter().find(|it| it.span == expected.span);
        let patterns = written.map_or(&[][..], |it| &it.patterns);
        let labels = patterns.iter().filter(|it| !it.annotation);
        let annotations = patterns.iter().filter(|it| it.annotation);
        let looser = &test.looser;
        fits(
            &expected.labels,
            labels,
            &got.labels,
            looser.labels,
            Some("alertname"),
        ) && fits(
            &expected.annotations,
            annotations,
            &got.annotations,
            looser.annotations,
            None,
        )
    })
}

/// Adds the patterns to what is expected, for people to read.
pub(crate) fn describe(test: &AlertTest, expected: &mut [ExpectedAlertLabels]) {
    for entry in expected {
        let written = test.expected.iter().find(|it| it.span == entry.span);
        for pattern in written.map_or(&[][..], |it| &it.patterns) {
            let pairs = if pattern.annotation {
                &mut entry.annotations
            } else {
                &mut entry.labels
            };
            pairs.push((
                pattern.name.text.to_string(),
                format!("=~ {}", pattern.regex.pattern()),
            ));
            pairs.sort();
        }
    }
}

/// Whether the samples are the expected ones: promtool's comparison of both lists, sorted by labels, unless the test asks
/// for less.
pub(crate) fn samples_match(
    expected: &[ParsedSample],
    got: &[GotSample],
    looser: &Looser,
    fuzzy: bool,
) -> bool {
    let same = |e: &ParsedSample, g: &GotSample, same_labels: bool, same_value: bool| {
        !e.impossible
            && same_labels
            && same_histogram(e.histogram.as_deref(), g.histogram.as_deref())
            && same_value
    };
    if expected.len() != got.len() {
        return false;
    }
    if *looser == Looser::default() {
        let mut pairs = expected.iter().zip(got);
        return pairs.all(|(e, g)| same(e, g, e.labels == g.labels, same_value(e.value, g.value, fuzzy)));
    }
    each_has_its_own(expected.len(), got.len(), |e, g| {
        let (e, g) = (&expected[e], &got[g]);
        let same_labels = match looser.labels {
            Extent::Exact => e.labels == g.labels,
            extent => fits(&pairs(&e.labels), [].iter(), &pairs(&g.labels), extent, None),
        };
        same(e, g, same_labels, near(e.value, g.value, looser, fuzzy))
    })
}

/// Whether a value comes near enough.
fn near(expected: f64, got: f64, looser: &Looser, fuzzy: bool) -> bool {
    if same_value(expected, got, fuzzy) || (looser.nan_equal && expected.is_nan() && got.is_nan()) {
        return true;
    }
    let difference = (expected - got).abs();
    let larger = expected.abs().max(got.abs());
    difference.is_finite()
        && (looser.absolute.is_some_and(|most| difference <= most)
            || looser.relative.is_some_and(|most| difference <= most * larger))
}

/// Whether the pairs that came out are as expected; `always` is compared even where the rest is not.
fn fits<'p>(
    expected: &[(String, String)],
    patterns: impl Iterator<Item = &'p Pattern> + Clone,
    got: &[(String, String)],
    extent: Extent,
    always: Option<&str>,
) -> bool {
    let value_of = |name: &str| {
        got.iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    };
    let ignored = |name: &str| extent == Extent::Ignore && Some(name) != always;
    let texts = expected
        .iter()
        .all(|(name, value)| ignored(name) || value_of(name) == Some(value));
    let described = patterns.clone().all(|it| {
        extent == Extent::Ignore || value_of(&it.name.text).is_some_and(|value| it.regex.is_match(value))
    });
    let others = extent != Extent::Exact
        || got.iter().all(|(name, _)| {
            expected.iter().any(|(known, _)| known == name)
                || patterns.clone().any(|it| *it.name.text == **name)
        });
    texts && described && others
}

/// Whether each of `left` can be given one of `right` that fits, none twice: augmenting paths.
fn each_has_its_own(left: usize, right: usize, fits: impl Fn(usize, usize) -> bool) -> bool {
    let edges: Vec<Vec<usize>> = (0..left)
        .map(|e| (0..right).filter(|&g| fits(e, g)).collect())
        .collect();
    let mut owner: Vec<Option<usize>> = vec![None; right];
    (0..left).all(|start| {
        // Breadth first, so that nothing recurses.
        let mut came_from: Vec<Option<usize>> = vec![None; right];
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(e) = queue.pop_front() {
            for &g in &edges[e] {
                if came_from[g].is_some() {
                    continue;
                }
                came_from[g] = Some(e);
                match owner[g] {
                    Some(other) => queue.push_back(other),
                    None => {
                        give(g, start, &mut owner, &came_from);
                        return true;
                    }
                }
            }
        }
        false
    })
}

/// Passes things on along the path that ends at `last`, back to `start`.
fn give(last: usize, start: usize, owner: &mut [Option<usize>], came_from: &[Option<usize>]) {
    let mut at = last;
    while let Some(e) = came_from[at] {
        let before = owner.iter().position(|it| *it == Some(e));
        owner[at] = Some(e);
        match before {
            Some(previous) if e != start => at = previous,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expectation_needs_a_result_of_its_own() {
        let edges = [[true, true, false], [true, false, false], [true, false, true]];
        assert!(each_has_its_own(3, 3, |e, g| edges[e][g]));
        let edges = [[true, false, false], [true, false, false], [true, true, true]];
        assert!(!each_has_its_own(3, 3, |e, g| edges[e][g]));
    }

    #[test]
    fn tolerances_hold_for_finite_values_only() {
        let looser = Looser {
            relative: Some(0.01),
            absolute: Some(0.5),
            ..Looser::default()
        };
        assert!(near(100.0, 100.9, &looser, false));
        assert!(!near(100.0, 102.0, &looser, false));
        assert!(near(0.0, 0.5, &looser, false));
        assert!(!near(f64::INFINITY, 1.0, &looser, false));
        assert!(near(f64::INFINITY, f64::INFINITY, &looser, false));
        assert!(!near(f64::NAN, f64::NAN, &looser, false));
        let nan = Looser {
            nan_equal: true,
            ..Looser::default()
        };
        assert!(near(f64::NAN, f64::NAN, &nan, false) && !near(f64::NAN, 1.0, &nan, false));
    }
}
