//! The index of the built-in catalogue: a hash table laid out as bytes, so that nothing is made when the program starts.
//!
//! A slot is four bytes, little-endian: zero where it is free, else an offset into the text and some bits of the hash
//! above it. A name stands in the first free slot from where its hash points to.

use firedrill_source::find_byte;

/// Bytes of a slot.
const SLOT: usize = 4;
/// Bits of a slot that hold the offset plus one; the others hold bits of the hash.
const OFFSET_BITS: u32 = 21;
/// Slots for each name, so that searches end soon.
const SLOTS_PER_NAME: usize = 2;

/// Lays out the index of a text: lines that begin with a name and a tab, each name once.
///
/// # Panics
/// When the text is longer than an offset can say (two mebibytes).
pub fn build(text: &str) -> Vec<u8> {
    assert!(text.len() < 1 << OFFSET_BITS, "the catalogue outgrew its index");
    let slots = (text.lines().count() * SLOTS_PER_NAME)
        .next_power_of_two()
        .max(SLOTS_PER_NAME);
    let mut words = vec![0_u32; slots];
    let mut offset = 0_u32;
    for line in text.split_inclusive('\n') {
        let hash = hash(line.split('\t').next().unwrap_or_default());
        let mut at = hash.slot(slots - 1);
        while words[at] != 0 {
            at = (at + 1) % slots;
        }
        words[at] = hash.tag() << OFFSET_BITS | (offset + 1);
        offset += u32::try_from(line.len()).unwrap_or(0);
    }
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What stands behind a name and its tab, up to the end of the line.
pub(crate) fn find<'a>(index: &[u8], text: &'a str, name: &str) -> Option<&'a str> {
    let last_slot = (index.len() / SLOT).checked_sub(1)?;
    let hash = hash(name);
    let (tag, mut at) = (hash.tag(), hash.slot(last_slot));
    loop {
        let word = index.get(at * SLOT..)?.first_chunk::<SLOT>()?;
        let word = u32::from_le_bytes(*word);
        if word == 0 {
            return None;
        }
        if word >> OFFSET_BITS == tag {
            let offset = (word & ((1 << OFFSET_BITS) - 1)) as usize - 1;
            let found = text.get(offset..)?.strip_prefix(name);
            if let Some(fields) = found.and_then(|rest| rest.strip_prefix('\t')) {
                return fields.get(..find_byte(fields.as_bytes(), 0, b'\n'));
            }
        }
        at = (at + 1) & last_slot;
    }
}

#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    /// Where the search begins; the number of slots is a power of two.
    fn slot(self, last_slot: usize) -> usize {
        self.0 as u32 as usize & last_slot
    }

    /// Bits that the slot does not depend on.
    fn tag(self) -> u32 {
        (self.0 >> (32 + OFFSET_BITS)) as u32
    }
}

/// The same on every machine: the index is made on one and read on others.
fn hash(name: &str) -> Hash {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: u64| {
        let product = (state ^ word).wrapping_mul(FACTOR);
        product ^ (product >> 32)
    };
    let (words, rest) = name.as_bytes().as_chunks::<8>();
    let state = words.iter().fold(name.len() as u64, |state, word| {
        mix(state, u64::from_le_bytes(*word))
    });
    // The bytes behind the last whole word, the first one lowest: of longer names they stand at the top of a word.
    let last = match name.as_bytes().last_chunk::<8>() {
        Some(_) if rest.is_empty() => 0,
        Some(word) => u64::from_le_bytes(*word) >> (64 - 8 * rest.len()),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    Hash(mix(mix(state, last), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let text: String = (0..1000).map(|n| format!("name_{n}\tfields {n}\n")).collect();
        let index = build(&text);
        for n in 0..1000 {
            let fields = format!("fields {n}");
            assert_eq!(find(&index, &text, &format!("name_{n}")), Some(&*fields));
            assert_eq!(find(&index, &text, &format!("name_{n}x")), None);
        }
        for name in ["", "name_", "name_1000", "name_1\t", "\t", "name_1\tfields 1\n"] {
            assert_eq!(find(&index, &text, name), None, "{name:?}");
        }
    }

    #[test]
    fn an_empty_text_holds_nothing() {
        assert_eq!(find(&build(""), "", "up"), None);
        assert_eq!(find(&build(""), "", ""), None);
        assert_eq!(find(&[], "", "up"), None, "no index at all");
    }

    #[test]
    fn hashes_spread() {
        let text: String = (0..4096).map(|n| format!("m_{n}_total\t\n")).collect();
        let index = build(&text);
        let taken = index.chunks_exact(SLOT).map(|slot| slot != [0; SLOT]);
        // The longest run of taken slots bounds a search.
        let (longest, _) = taken.fold((0_usize, 0_usize), |(longest, run), taken| {
            let run = if taken { run + 1 } else { 0 };
            (longest.max(run), run)
        });
        assert!(longest < 64, "a search may take {longest} steps");
    }
}
