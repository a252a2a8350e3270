//! Where two texts differ, marked so that it is seen without colours.

use crate::series_text::width;
use crate::style::{Style, wrapped};
use firedrill_value::quote;

/// Characters of a text that are shown before and after what differs.
const CONTEXT: usize = 24;

/// `expected "…"`, `got "…"`, and a line of carets under the part that differs; nothing is marked where all of it does.
pub(crate) fn marked(style: Style, expected: &str, got: &str) -> Vec<String> {
    let (left, right) = (quote(expected), quote(got));
    let (start, end) = differing(&left, &right);
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let room = style.width.saturating_sub(20).max(40);
    let skipped = if left.len().max(right.len()) > room {
        start.saturating_sub(CONTEXT)
    } else {
        0
    };
    let (a, b) = (cut(&left, skipped, room), cut(&right, skipped, room));
    let mut lines = vec![
        format!("expected {}", style.red(&a)),
        format!("got      {}", style.green(&b)),
    ];
    let longer = (left.len() - end).max(right.len() - end);
    let length = longer.saturating_sub(start).max(1);
    let before = start - skipped + usize::from(skipped > 0);
    let visible = width(&a).max(width(&b)).saturating_sub(before).max(1);
    let same = start.saturating_sub(1) + end.saturating_sub(1);
    if same > 0 {
        let carets = "^".repeat(length.min(visible));
        lines.push(format!("{}{}", " ".repeat(9 + before), style.yellow(&carets)));
    }
    if let Some(note) = note(expected, got) {
        // The lines are indented by up to six columns.
        let room = style.text_width() - 15;
        let note = wrapped(note, room);
        lines.extend(note.iter().map(|line| format!("         {}", style.dim(line))));
    }
    lines
}

/// How many characters two texts have in common at the start and at the end, so that whole words are left between.
pub(crate) fn differing(left: &str, right: &str) -> (usize, usize) {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let start = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let most = left.len().min(right.len()) - start;
    let ends = left.iter().rev().zip(right.iter().rev());
    let end = ends.take(most).take_while(|(a, b)| a == b).count();
    // Between characters that differ in a word the eye finds less than in whole numbers and words.
    (word_start(&left, &right, start), word_end(&left, &right, end))
}

/// What is easily overlooked.
fn note(expected: &str, got: &str) -> Option<&'static str> {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    if expected.trim_end_matches('\n') == got.trim_end_matches('\n') {
        Some("(only the newline at the end differs: `|` keeps one, `|-` and quotes do not)")
    } else if bare(expected) == bare(got) {
        Some("(only blanks differ)")
    } else if expected.to_lowercase() == got.to_lowercase() {
        Some("(only upper and lower case differ)")
    } else {
        None
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '%' | '+')
}

fn word_start(left: &[char], right: &[char], start: usize) -> usize {
    let inside = |text: &[char], at: usize| text.get(at).is_some_and(|c| is_word(*c));
    let mut at = start;
    while at > 0 && is_word(left[at - 1]) && (inside(left, start) || inside(right, start)) {
        at -= 1;
    }
    // An escape begins with its backslash.
    if at > 0 && at < left.len() && left[at - 1] == '\\' {
        at - 1
    } else {
        at
    }
}

fn word_end(left: &[char], right: &[char], end: usize) -> usize {
    let last = |text: &[char]| {
        text.len()
            .checked_sub(end + 1)
            .and_then(|at| text.get(at))
            .is_some_and(|c| is_word(*c))
    };
    let mut at = end;
    while at > 0 && is_word(left[left.len() - at]) && (last(left) || last(right)) {
        at -= 1;
    }
    at
}

fn cut(text: &[char], from: usize, room: usize) -> String {
    let mut out: String = if from > 0 { "…".to_owned() } else { String::new() };
    out.extend(text.iter().skip(from).take(room));
    if text.len() > from + room {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(expected: &str, got: &str) -> String {
        let style = Style {
            color: false,
            width: 80,
        };
        marked(style, expected, got).join("\n")
    }

    #[test]
    fn the_word_that_differs_is_marked() {
        assert_eq!(
            marks("out is 0.9 full", "out is 90% full"),
            "expected \"out is 0.9 full\"\ngot      \"out is 90% full\"\n                 ^^^"
        );
        assert_eq!(
            marks("a is late", "a is very late"),
            "expected \"a is late\"\ngot      \"a is very late\"\n               ^^^^^"
        );
    }

    #[test]
    fn what_has_nothing_in_common_is_not_marked() {
        assert_eq!(marks("page", "ticket"), "expected \"page\"\ngot      \"ticket\"");
        assert_eq!(marks("", "x"), "expected \"\"\ngot      \"x\"");
    }

    #[test]
    fn long_texts_are_cut_around_the_difference() {
        let long = "word ".repeat(60);
        let text = marks(&format!("{long}one tail"), &format!("{long}two tail"));
        assert!(text.contains("…"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let (got, carets) = (text.lines().nth(1).unwrap(), text.lines().nth(2).unwrap());
        let at = carets.find('^').unwrap();
        assert_eq!(got.chars().skip(at).take(3).collect::<String>(), "two");
    }

    #[test]
    fn what_is_easily_overlooked_is_said() {
        assert!(marks("a\n", "a").contains("newline"));
        assert!(marks("a b", "a  b").contains("blanks"));
        assert!(marks("Page", "page").contains("case"));
    }

    #[test]
    fn any_two_texts_can_be_marked() {
        let texts = [
            "", "a", "aa", "aaa", "a a", "\\", "\\\\", "\"", "é", "éé", "0.1", "0.11", "\n",
        ];
        for a in texts {
            for b in texts {
                if a != b {
                    assert!(marks(a, b).contains("expected"));
                }
            }
        }
    }
}
