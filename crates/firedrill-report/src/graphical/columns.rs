//! How many columns of a terminal characters take.

const TAB: usize = 4;

/// The columns of a character that is no tab, where all terminals and tables agree on them: combining characters, emoji and
/// control characters have no answer.
pub(super) fn columns(character: char) -> Option<usize> {
    match character {
        ' '..='~' => Some(1),
        '\u{ad}' => None,
        // Latin, Greek and Cyrillic; punctuation; arrows and mathematics; boxes and blocks.
        '\u{a1}'..='\u{2ff}' | '\u{400}'..='\u{482}' | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3ff}' => {
            Some(1)
        }
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20bf}' => Some(1),
        '\u{2190}'..='\u{2319}' | '\u{2500}'..='\u{25fc}' => Some(1),
        // Kana, Chinese characters, Hangul, and forms as wide as they.
        '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}' => Some(2),
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff60}' => Some(2),
        _ => None,
    }
}

/// The columns from one at which a tab stands to the next stop.
pub(super) fn tab(column: usize) -> usize {
    TAB - column % TAB
}

/// Whether each character of a text is a byte and takes a column.
pub(crate) fn is_plain(text: &str) -> bool {
    // Without an early end, so that many bytes are compared at once.
    text.bytes()
        .fold(true, |plain, byte| plain & (b' '..=b'~').contains(&byte))
}
