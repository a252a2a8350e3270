//! Texts and regular expressions that occur again and again are made once and shared.

use firedrill_regex::{Regex, RegexError};
use rustc_hash::FxHasher;
use std::cell::RefCell;
use std::hash::Hasher as _;
use std::sync::Arc;

/// How many texts are remembered at most, a power of two.
const TEXTS: usize = 1024;
/// How many regular expressions are remembered at most, a power of two.
const REGEXES: usize = 128;
/// Longer texts are hardly written twice.
const LONGEST: usize = 64;

thread_local! {
    // A newer text takes the place of an older one that happens to share its slot.
    static KNOWN_TEXTS: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; TEXTS]);
    static KNOWN_REGEXES: RefCell<Vec<Option<Regex>>> = RefCell::new(vec![None; REGEXES]);
}

/// The text, shared with earlier ones that are equal.
pub(crate) fn text(text: &str) -> Arc<str> {
    if text.len() > LONGEST {
        return Arc::from(text);
    }
    KNOWN_TEXTS.with_borrow_mut(|known| match &mut known[slot(text, TEXTS)] {
        Some(found) if **found == *text => found.clone(),
        slot => slot.insert(Arc::from(text)).clone(),
    })
}

/// [`Regex::anchored`], shared with earlier ones of the same pattern.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, RegexError> {
    KNOWN_REGEXES.with_borrow_mut(|known| match &mut known[slot(pattern, REGEXES)] {
        Some(found) if found.pattern() == pattern => Ok(found.clone()),
        slot => Ok(slot.insert(Regex::anchored(pattern)?).clone()),
    })
}

fn slot(text: &str, slots: usize) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    // The high bits are the well-mixed ones.
    (hasher.finish() >> 40) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_others_are_not() {
        let (first, second) = (text("job"), text("job"));
        assert!(Arc::ptr_eq(&first, &second));
        // Far more texts than slots: each comes out as it went in.
        for number in 0..5000 {
            let word = format!("label_{number}");
            assert_eq!(*text(&word), word);
            let regex = anchored(&word).expect("a regular expression");
            assert!(regex.is_match(&word) && !regex.is_match("other"));
        }
        assert!(anchored("(").is_err());
    }
}
