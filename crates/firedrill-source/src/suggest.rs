//! "Did you mean …?": the nearest known name.

/// The candidate most like `word`, if any is near enough to be a likely slip of the keyboard.
///
/// Distance is optimal string alignment (insert, delete, replace, swap neighbours), case ignored; at most a third of
/// the longer word may differ. Ties go to the candidate named first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = Letters::of(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // Most names are told apart by these alone.
        if letter_count(candidate).abs_diff(word.chars.len()) > MOST_SLIPS
            || word.counts.slips(&Counts::of(candidate)) > MOST_SLIPS
        {
            continue;
        }
        let least = best.map_or(usize::MAX, |(least, _)| least);
        if let Some(found) = word.slip(&Letters::of(candidate), least) {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Many names to be asked for the nearest one again and again; see [`nearest`].
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// By length, then in their order.
    by_length: Vec<Candidate<'a>>,
    /// Which letters each has an odd number of, side by side: most names are told apart by these alone.
    odd: Vec<u32>,
    /// The letters of each, for most of the others.
    counts: Vec<Counts>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    letters: usize,
    /// Its place among those that were given.
    at: usize,
    name: &'a str,
}

impl<'a> Names<'a> {
    /// Takes note of the names.
    pub fn new(names: impl IntoIterator<Item = &'a str>) -> Self {
        let candidate = |(at, name): (usize, &'a str)| Candidate {
            letters: letter_count(name),
            at,
            name,
        };
        let mut by_length: Vec<_> = names.into_iter().enumerate().map(candidate).collect();
        by_length.sort_unstable_by_key(|candidate| (candidate.letters, candidate.at));
        let counts: Vec<Counts> = by_length.iter().map(|it| Counts::of(it.name)).collect();
        let odd = counts.iter().map(Counts::odd).collect();
        Names {
            by_length,
            odd,
            counts,
        }
    }

    /// As [`nearest`] among these names.
    pub fn nearest(&self, word: &str) -> Option<&'a str> {
        let word = Letters::of(word);
        let length = word.chars.len();
        let from = self
            .by_length
            .partition_point(|it| it.letters + MOST_SLIPS < length);
        let to = self
            .by_length
            .partition_point(|it| it.letters <= length + MOST_SLIPS);
        let mut best: Option<(usize, usize, &str)> = None;
        let odd = word.counts.odd();
        for (index, other) in (from..to).zip(self.odd.get(from..to).unwrap_or_default()) {
            // A slip makes two letters more or fewer by one at most.
            if (odd ^ other).count_ones() as usize > 2 * MOST_SLIPS {
                continue;
            }
            let Some((Candidate { at, name, .. }, counts)) =
                self.by_length.get(index).zip(self.counts.get(index))
            else {
                break;
            };
            if word.counts.slips(counts) > MOST_SLIPS {
                continue;
            }
            // As near is near enough here: of several the one named first counts.
            let least = best.map_or(usize::MAX, |(least, ..)| least + 1);
            if let Some(found) = word.slip(&Letters::of(name), least)
                && best.is_none_or(|(least, first, _)| (found, *at) < (least, first))
            {
                best = Some((found, *at, name));
            }
        }
        best.map(|(.., name)| name)
    }
}

/// Letters of a word that are looked at.
const MOST_LETTERS: usize = 64;
/// No more slips of the keyboard than this are forgiven in one word.
const MOST_SLIPS: usize = 3;

/// The first letters of a word, in lower case.
#[derive(Clone, Debug)]
struct Letters {
    chars: Vec<char>,
    counts: Counts,
}

/// How often each letter occurs; some share a place.
#[derive(Clone, Copy, Debug, Default)]
struct Counts([u8; 32]);

impl Counts {
    fn of(word: &str) -> Counts {
        let mut counts = Counts::default();
        if word.is_ascii() {
            // Letters of either case share a place.
            for byte in word.bytes().take(MOST_LETTERS) {
                counts.0[usize::from(byte % 32)] += 1;
            }
        } else {
            for letter in letters(word) {
                counts.0[letter as usize % 32] += 1;
            }
        }
        counts
    }

    /// A bit for each place with an odd number of letters.
    fn odd(&self) -> u32 {
        let places = (0..).zip(&self.0);
        places.fold(0, |odd, (place, count)| odd | u32::from(count & 1) << place)
    }

    /// At least so many slips make one of the other: each changes two counts by one at most.
    fn slips(&self, other: &Counts) -> usize {
        let pairs = self.0.iter().zip(&other.0);
        let apart: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        apart.div_ceil(2) as usize
    }
}

/// The letters of a word that are looked at, in lower case.
fn letters(word: &str) -> impl Iterator<Item = char> {
    let lower = |letter: char| {
        let plain = letter.is_ascii().then(|| letter.to_ascii_lowercase());
        let other = plain.is_none().then(|| letter.to_lowercase());
        plain.into_iter().chain(other.into_iter().flatten())
    };
    word.chars().flat_map(lower).take(MOST_LETTERS)
}

/// How many letters of the word are looked at.
fn letter_count(word: &str) -> usize {
    if word.is_ascii() {
        word.len().min(MOST_LETTERS)
    } else {
        letters(word).count()
    }
}

impl Letters {
    fn of(word: &str) -> Letters {
        let chars: Vec<char> = letters(word).collect();
        let counts = Counts::of(word);
        Letters { chars, counts }
    }

    /// The distance to another word if it is below `least` and small enough to be a slip.
    fn slip(&self, other: &Letters, least: usize) -> Option<usize> {
        let (own, its) = (self.chars.len(), other.chars.len());
        let allowed = own
            .max(its)
            .div_ceil(3)
            .min(MOST_SLIPS)
            .min(least.checked_sub(1)?);
        // A slip changes the length by one at most.
        if own.abs_diff(its) > allowed || self.counts.slips(&other.counts) > allowed {
            return None;
        }
        let found = distance(&self.chars, &other.chars, allowed)?;
        (found < its).then_some(found)
    }
}

/// The distance of two words of up to 64 letters, if it is at most `most`. Cells further than that from the diagonal
/// cannot be on the way.
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    const FAR: u8 = u8::MAX / 2;
    // What is the same at either end does not count.
    let alike = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[alike..], &b[alike..]);
    let alike = a.iter().rev().zip(b.iter().rev());
    let alike = alike.take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - alike], &b[..b.len() - alike]);
    if a.is_empty() || b.is_empty() {
        return Some(a.len().max(b.len())).filter(|found| *found <= most);
    }
    let mut rows = [[FAR; MOST_LETTERS + 1]; 3];
    let [before, last, row] = &mut rows;
    let (mut before, mut last, mut row) = (before, last, row);
    for (cell, j) in last.iter_mut().zip(0..=b.len().min(most) as u8) {
        *cell = j;
    }
    for i in 1..=a.len() {
        let (from, to) = (i.saturating_sub(most), (i + most).min(b.len()));
        if from > b.len() {
            return None;
        }
        // Cells beside those that are filled in now may be looked at later.
        row[from.saturating_sub(1)] = FAR;
        if let Some(next) = row.get_mut(to + 1) {
            *next = FAR;
        }
        let mut nearest = FAR;
        for j in from..=to {
            row[j] = if j == 0 {
                i as u8
            } else {
                let replace = last[j - 1] + u8::from(a[i - 1] != b[j - 1]);
                let mut least = replace.min(last[j] + 1).min(row[j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(before[j - 2] + 1);
                }
                least
            };
            nearest = nearest.min(row[j]);
        }
        if usize::from(nearest) > most {
            return None;
        }
        (before, last, row) = (last, row, before);
    }
    let found = last.get(b.len()).map(|found| usize::from(*found))?;
    (found <= most).then_some(found)
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

    #[test]
    fn letters_are_counted_as_they_are_looked_at() {
        let long = "Request_Duration:seconds9".repeat(4);
        for word in ["", "aBc_9[}", "jOb:é", "ÄÖÜß", "İx", &long, &format!("{long}é")] {
            let letters = Letters::of(word);
            let mut counts = Counts::default();
            for letter in &letters.chars {
                counts.0[*letter as usize % 32] += 1;
            }
            assert_eq!(letters.counts.0, counts.0, "{word}");
            assert_eq!(letter_count(word), letters.chars.len(), "{word}");
        }
    }

    #[test]
    fn many_names_answer_as_a_few() {
        let names = [
            "job:errors:rate5m",
            "job:errors:rate5h",
            "job:error:rate5m",
            "a",
            "",
            "up",
            "Jobs:errors:rate5m",
        ];
        let many = Names::new(names);
        let words = [
            "job:errors:rate5x",
            "job:erors:rate5m",
            "jbo:errors:rate5m",
            "job:rate5m",
            "pu",
            "b",
            "",
            "jobs:errors:rate6m",
            "jab:erxors:rate5x",
            "jab:erxors:rete5x",
        ];
        for word in words {
            assert_eq!(many.nearest(word), nearest(word, names), "{word}");
        }
        assert_eq!(many.nearest("jbo:errors:rate5m"), Some("job:errors:rate5m"));
    }

    /// All cells of the table, none left out.
    fn whole_table(a: &[char], b: &[char]) -> usize {
        let mut cells = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                cells[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let replace = cells[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut least = replace.min(cells[i - 1][j] + 1).min(cells[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(cells[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        cells[a.len()][b.len()]
    }

    #[test]
    fn leaving_cells_out_changes_no_distance() {
        let words: Vec<Vec<char>> = (1..364_u32)
            .map(|number| {
                let digits = std::iter::successors(Some(number), |left| Some(left / 3).filter(|it| *it > 0));
                digits.map(|left| ['a', 'b', 'c'][left as usize % 3]).collect()
            })
            .collect();
        for a in &words {
            for b in &words {
                let whole = whole_table(a, b);
                for most in 0..=MOST_SLIPS {
                    let wanted = Some(whole).filter(|found| *found <= most);
                    assert_eq!(distance(a, b, most), wanted, "{a:?} {b:?} {most}");
                }
            }
        }
    }
}
