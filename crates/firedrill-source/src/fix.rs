//! Carrying out repairs.

use crate::{Edit, Fix, Span};

/// The text after as many of the repairs as fit together, taken in their order: one that touches what an earlier one
/// changes is left for another round. With the number of those carried out; `None` if that is none.
pub fn repaired<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> Option<(String, usize)> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in fixes {
        let fits = !fix.edits.is_empty()
            && fix.edits.iter().all(|edit| {
                let span = edit.span.range();
                text.get(span).is_some() && !taken.iter().any(|other| collide(edit.span, other.span))
            });
        if fits {
            taken.extend(&fix.edits);
            count += 1;
        }
    }
    if count == 0 {
        return None;
    }
    taken.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        let span = edit.span.range();
        // Edits of one repair may not overlap; one that does anyway would tear the text apart.
        if span.start < at {
            return None;
        }
        out.push_str(text.get(at..span.start)?);
        out.push_str(&edit.replacement);
        at = span.end;
    }
    out.push_str(text.get(at..)?);
    Some((out, count))
}

/// Whether two edits are about the same bytes, or insert at the same place.
fn collide(a: Span, b: Span) -> bool {
    if a.is_empty() || b.is_empty() {
        return a.start <= b.end && b.start <= a.end;
    }
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Safety;

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edits = edits.iter().map(|&(start, end, replacement)| Edit {
            span: Span::new(start, end),
            replacement: replacement.to_owned(),
        });
        Fix {
            title: String::new(),
            edits: edits.collect(),
            safety: Safety::Safe,
        }
    }

    #[test]
    fn repairs_that_touch_the_same_bytes_wait() {
        let fixes = [
            fix(&[(0, 1, "A"), (4, 5, "")]),
            fix(&[(0, 2, "xx")]),
            fix(&[(2, 3, "C")]),
        ];
        assert_eq!(repaired("abcde", &fixes), Some(("AbCd".to_owned(), 2)));
    }

    #[test]
    fn two_insertions_at_one_place_are_not_both_made() {
        let fixes = [fix(&[(1, 1, "(")]), fix(&[(1, 1, "(")])];
        assert_eq!(repaired("ab", &fixes), Some(("a(b".to_owned(), 1)));
    }

    #[test]
    fn edits_outside_of_the_text_or_inside_a_character_are_refused() {
        assert_eq!(repaired("é", &[fix(&[(1, 2, "")])]), None);
        assert_eq!(repaired("a", &[fix(&[(1, 9, "")])]), None);
        assert_eq!(repaired("a", &[fix(&[])]), None);
    }
}
