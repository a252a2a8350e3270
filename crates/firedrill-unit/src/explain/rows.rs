//! Which ticks of a long test are worth showing.

/// Ticks that a timeline holds at most.
const MOST_ROWS: usize = 400;
/// Neighbours of the tested tick that are always there.
const NEIGHBOURS: usize = 5;

/// The ticks to show of `count`: all where they are few, else the first and the last, the ones around `tested`, those at
/// which something changes (nearest to the tested one first), and some of the others for the shape.
pub(super) fn chosen(count: usize, tested: usize, changes: &[usize]) -> Vec<usize> {
    if count <= MOST_ROWS {
        return (0..count).collect();
    }
    let mut chosen: Vec<usize> = vec![0, count - 1];
    chosen.extend(tested.saturating_sub(NEIGHBOURS)..(tested + NEIGHBOURS + 1).min(count));
    let mut changes = changes.to_vec();
    changes.sort_unstable_by_key(|at| at.abs_diff(tested));
    changes.truncate(MOST_ROWS / 4);
    chosen.extend(changes.iter().flat_map(|&at| [at.saturating_sub(1), at]));
    let left = MOST_ROWS.saturating_sub(chosen.len()).max(2);
    chosen.extend((0..left).map(|at| at * (count - 1) / left));
    chosen.retain(|&at| at < count);
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tests_are_shown_whole() {
        assert_eq!(chosen(3, 1, &[2]), [0, 1, 2]);
        assert_eq!(chosen(0, 0, &[]), []);
    }

    #[test]
    fn long_tests_keep_changes_far_away_and_both_ends() {
        let rows = chosen(100_000, 50_000, &[7, 99_000]);
        assert!(rows.len() <= MOST_ROWS);
        for wanted in [0, 6, 7, 49_995, 50_000, 50_005, 98_999, 99_000, 99_999] {
            assert!(rows.contains(&wanted), "{wanted} is not among {rows:?}");
        }
    }
}
