//! Whatever the bytes are: no panic, and every offset leads back into the document.

use firedrill_markdown::blocks;
use proptest::prelude::*;

/// What Markdown is made of, put together at random.
fn documents() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```yaml\n"),
        Just("```"),
        Just("````go\n"),
        Just("~~~promql\n"),
        Just("~~~~"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("\n\n"),
        Just("> "),
        Just(">"),
        Just("- "),
        Just("1. "),
        Just("  "),
        Just("   "),
        Just("\t"),
        Just("---\n"),
        Just("a: 1\n"),
        Just("é→\u{1f525}"),
        Just("<!-- firedrill: ignore -->\n"),
        Just("\0"),
        Just("\u{feff}"),
        Just("\u{2028}"),
        Just("    "),
        Just("</div>\n<pre>\n"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What holds for every block of a document.
fn check(document: &str) -> Result<(), TestCaseError> {
    for block in blocks(document) {
        for part in block.documents(document).iter().chain([&block]) {
            let text = part.text(document);
            prop_assert_eq!(text.len(), part.end());
            prop_assert!(part.start() <= part.end() && part.end() <= document.len());
            for (at, c) in text.char_indices() {
                let there = document.get(at..).and_then(|rest| rest.chars().next());
                // Multi-byte characters are blanked byte by byte, so a blank may stand inside one.
                prop_assert!(c == ' ' || there == Some(c), "{at}: {c:?} for {there:?}");
            }
            let ends =
                |text: &str| -> Vec<usize> { text.match_indices(['\n', '\r']).map(|it| it.0).collect() };
            prop_assert_eq!(ends(&text), ends(&document[..part.end()]));
            let squeezed = |text: &str| -> String { text.split_whitespace().collect() };
            prop_assert_eq!(squeezed(&text), squeezed(&part.content(document)));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn made_up_documents_map_back(document in documents()) {
        check(&document)?;
    }

    #[test]
    fn any_text_maps_back(document in "\\PC{0,200}") {
        check(&document)?;
    }

    #[test]
    fn any_bytes_map_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }
}
