//! "Did you mean …?": the nearest known name.

/// The candidate most like `word`, if any is near enough to be a likely slip of the keyboard.
///
/// Distance is optimal string alignment (insert, delete, replace, swap neighbours), case ignored; at most a third of
/// the longer word may differ. Ties go to the candidate named first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
        let allowed = word.len().max(other.len()).div_ceil(3).min(3);
        let found = distance(&word, &other);
        if found <= allowed && found < other.len() && best.is_none_or(|(least, _)| found < least) {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut table = vec![0usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let value = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = table[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replace
                    .min(table[(i - 1) * width + j] + 1)
                    .min(table[i * width + j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(table[(i - 2) * width + j - 2] + 1);
                }
                least
            };
            table[i * width + j] = value;
        }
    }
    table[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood_and_another_word_is_not() {
        let keys = ["alert", "expr", "for", "labels", "annotations"];
        assert_eq!(nearest("anotations", keys), Some("annotations"));
        assert_eq!(nearest("lables", keys), Some("labels"));
        assert_eq!(nearest("Expr", keys), Some("expr"));
        assert_eq!(nearest("description", keys), None);
        assert_eq!(nearest("x", ["a"]), None);
    }
}
