//! Any text as Markdown, and its blocks as rules and as expressions.

#![no_main]

use firedrill_markdown::{Language, blocks};
use firedrill_model::{ReadOptions, read_expressions, read_quoted_rules};
use firedrill_source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &str| {
    let options = ReadOptions::default();
    for block in blocks(document) {
        for part in block.documents(document) {
            let text = part.text(document);
            assert_eq!(text.len(), part.end());
            let ends = |text: &str| -> Vec<usize> { text.match_indices(['\n', '\r']).map(|it| it.0).collect() };
            assert_eq!(ends(&text), ends(&document[..part.end()]));
            for (at, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
                assert!(document[at..].starts_with(c));
            }
            let read = match part.language {
                Language::Yaml => read_quoted_rules(FileId::default(), &text, &options),
                Language::PromQl => read_expressions(FileId::default(), "x.md", &text, &options),
                Language::Go | Language::Exposition => continue,
            };
            for finding in read.diagnostics {
                let span = finding.primary.location.span;
                let inside = span.end as usize <= text.len() && document.is_char_boundary(span.start as usize);
                assert!(inside, "{finding:?}");
            }
        }
    }
});
