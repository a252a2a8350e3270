//! Small texts with what go-yaml 3.0.6 and 2.4.5 say of them (`fixtures/yaml/verdicts.tsv`; nothing means accepted).

use firedrill_yaml::{Version, parse};

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                _ => '\\',
            },
            c => c,
        });
    }
    out
}

#[test]
fn texts_are_accepted_and_refused_in_go_yamls_words() {
    let table = include_str!("../../../fixtures/yaml/verdicts.tsv");
    let mut problems = Vec::new();
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [text, v3, v2] = columns[..] else {
            panic!("three columns: {row}")
        };
        let text = unescape(text);
        let tree = parse(&text);
        for (version, expected) in [(Version::V3, v3), (Version::V2, v2)] {
            let first = tree.errors().iter().filter(|error| error.document == 0);
            let found = first.filter_map(|error| error.upstream.text(version)).next();
            let found = found.map_or(String::new(), |words| format!("yaml: {words}"));
            if found != expected {
                problems.push(format!("{text:?} {version:?}: {found:?} instead of {expected:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
