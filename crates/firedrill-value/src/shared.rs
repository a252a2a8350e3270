//! Texts that occur again and again are made once and shared.

use rustc_hash::FxHasher;
use std::cell::RefCell;
use std::hash::Hasher as _;
use std::sync::Arc;

/// How many texts are remembered at most, a power of two.
const TEXTS: usize = 2048;
/// Longer texts are hardly written twice.
const LONGEST: usize = 64;

thread_local! {
    // A newer text takes the place of an older one that happens to share its slot.
    static KNOWN: RefCell<[Option<Arc<str>>; TEXTS]> = const { RefCell::new([const { None }; TEXTS]) };
}

/// The text, shared with earlier ones that are equal, if those were not too long ago.
pub fn shared_text(text: &str) -> Arc<str> {
    if text.len() > LONGEST {
        return Arc::from(text);
    }
    KNOWN.with_borrow_mut(|known| {
        let slot = &mut known[shared_slot(text, TEXTS)];
        match slot {
            Some(found) if **found == *text => found.clone(),
            _ => remember(text, slot),
        }
    })
}

#[inline(never)]
fn remember(text: &str, slot: &mut Option<Arc<str>>) -> Arc<str> {
    slot.insert(Arc::from(text)).clone()
}

/// Where a text belongs in a table of that many slots, a power of two.
#[inline]
pub fn shared_slot(text: &str, slots: usize) -> usize {
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
        let (first, second) = (shared_text("job"), shared_text("job"));
        assert!(Arc::ptr_eq(&first, &second));
        // Far more texts than slots: each comes out as it went in.
        for number in 0..5000 {
            let word = format!("label_{number}");
            assert_eq!(*shared_text(&word), word);
        }
        assert_eq!(*shared_text(&"x".repeat(100)), "x".repeat(100));
    }
}
