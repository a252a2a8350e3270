//! Whatever the input: an answer, soon, and no overflow.

use firedrill_source::Span;
use firedrill_yaml::{AliasBudget, Content, NodeRef, Style, Tree, Version, decode, parse, verify_locate};
use proptest::prelude::*;

fn is_broken(text: &str) -> bool {
    !parse(text).errors().is_empty()
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    assert!(is_broken(&"[".repeat(100_000)));
    assert!(is_broken(&"{".repeat(100_000)));
    assert!(is_broken(&"- ".repeat(100_000)));
    assert!(is_broken(&"? ".repeat(100_000)));
    assert!(is_broken(&"a: {b: [".repeat(20_000)));
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let tree = parse(&deep);
    assert!(tree.errors().is_empty() && tree.nodes().len() == 5001);
}

#[test]
fn odd_files_give_an_answer() {
    for text in [
        "",
        "\u{feff}",
        "\n\n",
        "# only a comment",
        "---",
        "...",
        "\r",
        "\t",
    ] {
        let tree = parse(text);
        assert!(
            tree.root(0).is_none_or(NodeRef::is_null) || !tree.errors().is_empty(),
            "{text:?}"
        );
    }
    assert!(is_broken("a: \u{0}"));
    assert!(is_broken("\u{1}\u{2}PNG\u{3}"));
    let long = format!("a: {}", "x".repeat(1_000_000));
    assert!(!is_broken(&long));
    assert!(!is_broken(&format!("a: \"{}\"", "x ".repeat(500_000))));
    let huge = format!("a: {}", "9".repeat(100_000));
    let huge = parse(&huge);
    let value = huge.root(0).and_then(|root| root.get("a")).expect("a value");
    assert!(firedrill_yaml::resolve(value, Version::V3).is_ok());
}

#[test]
fn thousands_of_anchors_comments_and_documents_take_no_time() {
    let anchors: String = (0..20_000)
        .map(|n| format!("k{n}: &a{n} [*a{}]\n", n.max(1) - 1))
        .collect();
    assert!(parse(&anchors).errors().is_empty());
    let comments = "# comment\n".repeat(100_000) + "a: b\n";
    assert_eq!(parse(&comments).comments().len(), 100_000);
    assert_eq!(parse(&"---\na: b\n".repeat(10_000)).documents().len(), 10_000);
}

/// Visits everything that a node unfolds into, until the budget ends it.
fn unfold(node: NodeRef<'_>, budget: &mut AliasBudget) -> bool {
    if budget.visit(node.through_alias()).is_err() {
        return false;
    }
    node.items()
        .into_iter()
        .flatten()
        .all(|item| unfold(item, budget))
        && node
            .entries()
            .into_iter()
            .flatten()
            .all(|(key, value)| unfold(key, budget) && unfold(value, budget))
}

#[test]
fn an_alias_bomb_runs_out_of_budget() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        text += &format!("a{n}: &a{n} [{}]\n", [before.as_str(); 9].join(", "));
    }
    let tree = parse(&text);
    assert!(tree.errors().is_empty());
    assert!(!unfold(
        tree.root(0).expect("a root"),
        &mut AliasBudget::default()
    ));
}

#[test]
fn merges_that_double_or_bite_their_tail_end() {
    let mut text = String::from("a0: &a0 {k: v}\n");
    for n in 1..60 {
        text += &format!("a{n}: &a{n} {{<<: [*a{m}, *a{m}], k{n}: v}}\n", m = n - 1);
    }
    let tree = parse(&text);
    let last = tree.root(0).and_then(|root| root.get("a59")).expect("the last");
    let (fields, error) = last.fields();
    assert_eq!((fields.len(), error), (60, None));
    let tree = parse("a: &a {<<: *a, k: v}\n");
    let (fields, _) = tree.root(0).and_then(|root| root.get("a")).expect("a").fields();
    assert_eq!(fields.len(), 1);
}

#[test]
fn merges_let_the_first_win_and_what_is_written_here_above_all() {
    let tree = parse("a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\n");
    let (fields, error) = tree.root(0).and_then(|root| root.get("c")).expect("c").fields();
    assert_eq!(error, None);
    let texts: Vec<String> = fields
        .iter()
        .map(|f| {
            format!(
                "{}={}",
                f.key.text().expect("text"),
                f.value.text().expect("text")
            )
        })
        .collect();
    assert_eq!(texts, ["y=3", "x=1", "z=2"]);
    let quoted = parse("a: {\"<<\": {x: 1}}");
    assert_eq!(
        quoted
            .root(0)
            .and_then(|root| root.get("a"))
            .expect("a")
            .fields()
            .0
            .len(),
        1
    );
}

#[test]
fn reading_goes_on_behind_a_broken_document() {
    let tree = parse("a: b\n---\nc: [\n---\nd: e\n");
    assert_eq!(tree.errors().len(), 1);
    assert_eq!(tree.errors()[0].document, 1);
    let last = tree.documents().len() - 1;
    assert!(tree.root(last).expect("the last").get("d").is_some());
}

fn scalars(tree: &Tree<'_>) -> impl Iterator<Item = firedrill_yaml::Scalar> {
    tree.nodes().filter_map(|node| match node.content {
        Content::Scalar(scalar) => Some(scalar.to_scalar()),
        _ => None,
    })
}

#[test]
fn every_kind_of_scalar_is_located() {
    let text = include_str!("../../../fixtures/yaml/scalars.yml");
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
    ] {
        let tree = parse(&text);
        assert!(tree.errors().is_empty());
        for scalar in scalars(&tree) {
            assert_eq!(
                verify_locate(&scalar, &text),
                Ok(()),
                "{:?}",
                scalar.span.slice(&text)
            );
        }
    }
}

#[test]
fn words_are_found_where_they_are_written() {
    let text = include_str!("../../../fixtures/yaml/scalars.yml");
    let tree = parse(text);
    let root = tree.root(0).expect("a root");
    for (key, word, written) in [
        ("plain folded", "two", "two"),
        ("single", "'", "''"),
        ("double", "\u{e9}", "\\u00e9"),
        ("double", "\u{1f600}", "\\U0001F600"),
        ("double", "joined", "joined"),
        ("double", "\"end\"", "\\\"end\\\""),
        ("literal", "  indented\n\nlast", "  indented\n\n  last"),
        ("folded", "two\nthree", "two\n\n  three"),
        ("folded", "one two", "one\n  two"),
        ("folded stripped", "  extra", "  extra"),
        ("alias", "text", "text"),
    ] {
        let scalar = root.get(key).and_then(NodeRef::scalar).expect("a scalar");
        let at = scalar
            .text
            .find(word)
            .unwrap_or_else(|| panic!("{word:?} in {:?}", scalar.text));
        let span = scalar.locate(text, Span::new(at, at + word.len()));
        assert_eq!(span.slice(text), written, "{key}");
        let end = scalar.locate(text, Span::at(scalar.text.len()));
        assert!(end.is_empty() && end.start >= span.end, "{key}");
    }
    let literal = root.get("literal").and_then(NodeRef::scalar).expect("a scalar");
    assert_eq!(literal.style, Style::Literal);
    assert_eq!(literal.span.slice(text), "|\n  first\n    indented\n\n  last");
    let alias = root.get("alias").and_then(NodeRef::scalar).expect("a scalar");
    assert_eq!(alias.used_at.slice(text), "*a");
    assert_eq!(alias.span.slice(text), "|-\n  text");
}

#[test]
fn what_go_yaml_refuses_is_refused_although_yaml_allows_it() {
    for text in [
        "a: \"\\ud83d\\ude00\"",
        "%YAML 1.2\n---\na: b",
        "a:\tb\n\tc: d",
        "[b?, c]",
        "a: b\u{2028}c: d",
    ] {
        assert!(is_broken(text), "{text:?}");
    }
    let pair = "\"\\ud83d\\ude00!\"";
    let tree = parse(pair);
    let scalar = scalars(&tree).next().expect("the text is there all the same");
    assert_eq!(scalar.locate(pair, Span::new(0, 4)).slice(pair), "\\ud83d\\ude00");
}

#[test]
fn a_wrong_map_is_noticed() {
    let text = "a: 'it''s' # x";
    let tree = parse(text);
    let scalar = scalars(&tree).nth(1).expect("the value");
    assert_eq!(verify_locate(&scalar, text), Ok(()));
    let mut shifted = scalar.clone();
    shifted.span = Span::new(4, 11);
    assert!(verify_locate(&shifted, text).is_err());
    let mut longer = scalar.clone();
    longer.text = "it's more".into();
    assert!(verify_locate(&longer, text).is_err());
}

#[test]
fn positions_are_those_of_go_yaml() {
    let text = "a: !!str &x v\nb: *x\nc:\nd: |\n  t\n- ";
    let tree = parse(text);
    let root = tree.root(0).expect("a root");
    let position = |key: &str| root.get(key).expect("a value").position();
    assert_eq!(position("a"), 3, "tag and anchor belong to the node");
    assert_eq!(position("b"), 17, "an alias stands where it is used");
    assert_eq!(position("c"), 22, "what is left out stands behind the colon");
    assert_eq!(position("d"), 26, "a block scalar starts at its indicator");
}

proptest! {
    /// Any text of one line, put into any kind of scalar, comes back and is located.
    #[test]
    fn any_text_in_any_style_is_located(words in prop::collection::vec("[a-zé{}'\"\\\\#:>|& -]{0,6}", 1..8), indent in 1usize..5) {
        let line = words.join(" ");
        let pad = " ".repeat(indent);
        let body: String = words.iter().map(|word| format!("{pad}x{word}\n")).collect();
        let escaped = line.replace('\\', "\\\\").replace('"', "\\\"");
        for text in [
            format!("k: '{}'\n", line.replace('\'', "''")),
            format!("k: \"{escaped}\"\n"),
            format!("k: |\n{body}\n\n"),
            format!("k: >+\n{body}\n{body}\n"),
            format!("k: |2-\n{}z: 1\n", body.replace(&pad, "    ")),
            format!("k: x{}\n", words.join("\n  x")),
        ] {
            let tree = parse(&text);
            for scalar in scalars(&tree) {
                prop_assert_eq!(verify_locate(&scalar, &text), Ok(()), "{}", text);
            }
        }
    }

    /// No text, however broken, makes anything panic.
    #[test]
    fn nothing_panics(text in "[ \\n\\r\\ta-c:\\-\\[\\]{}'\"#&*!|>%@,?~é\u{2028}0-9.]{0,200}") {
        let tree = parse(&text);
        for scalar in scalars(&tree) {
            let _ = scalar.locate(&text, Span::new(0, 3));
            let _ = scalar.locate(&text, Span::new(1, 1000));
        }
        let _ = tree.root(0).map(NodeRef::fields);
    }

    /// Nor do any bytes.
    #[test]
    fn bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(text) = decode(&bytes) {
            let _ = parse(&text);
        }
    }
}
