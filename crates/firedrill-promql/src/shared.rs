//! Regular expressions that occur again and again are compiled once and shared.

use firedrill_regex::{Regex, RegexError};
use firedrill_value::shared_slot;
use std::cell::RefCell;

pub(crate) use firedrill_value::shared_text as text;

/// How many regular expressions are remembered at most, a power of two.
const REGEXES: usize = 128;

thread_local! {
    // A newer one takes the place of an older one that happens to share its slot.
    static KNOWN_REGEXES: RefCell<Vec<Option<Regex>>> = RefCell::new(vec![None; REGEXES]);
}

/// [`Regex::anchored`], shared with earlier ones of the same pattern.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, RegexError> {
    KNOWN_REGEXES.with_borrow_mut(|known| match &mut known[shared_slot(pattern, REGEXES)] {
        Some(found) if found.pattern() == pattern => Ok(found.clone()),
        slot => Ok(slot.insert(Regex::anchored(pattern)?).clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_not_mixed_up() {
        // Far more patterns than slots.
        for number in 0..1000 {
            let word = format!("label_{number}");
            let regex = anchored(&word).expect("a regular expression");
            assert!(regex.is_match(&word) && !regex.is_match("other"));
        }
        assert!(anchored("(").is_err());
    }
}
