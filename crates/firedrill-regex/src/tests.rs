//! Errors in Go's words, and expressions that mean something else in the regex crate.

use super::*;

#[test]
fn what_go_refuses_is_refused_in_its_words() {
    for (pattern, message) in [
        ("(", "missing closing ): `(`"),
        ("x(a|b", "missing closing ): `x(a|b`"),
        ("b)", "unexpected ): `b)`"),
        ("[a", "missing closing ]: `[a`"),
        ("x[", "missing closing ]: `[`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a|+?", "missing argument to repetition operator: `+?`"),
        ("(?i)*", "missing argument to repetition operator: `*`"),
        (r"\Q\E*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*+b", "invalid nested repetition operator: `*+`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a??+", "invalid nested repetition operator: `??+`"),
        (r"\y", r"invalid escape sequence: `\y`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        (r"a\Cb", r"invalid escape sequence: `\C`"),
        (r"\Z", r"invalid escape sequence: `\Z`"),
        (r"\x4g", r"invalid escape sequence: `\x4g`"),
        (r"\u0041", r"invalid escape sequence: `\u`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[a--b]", "invalid character class range: `a--`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        (r"\pX", r"invalid character class range: `\pX`"),
        (
            r"\p{Alphabetic}",
            r"invalid character class range: `\p{Alphabetic}`",
        ),
        (r"\p{sc=Greek}", r"invalid character class range: `\p{sc=Greek}`"),
        ("(?P<>a)", "invalid named capture: `(?P<>`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("(?<a b>x)", "invalid named capture: `(?<a b>`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("(a{500}){3}", "invalid repeat count: `{3}`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?x)", "invalid or unsupported Perl syntax: `(?x`"),
        ("(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`"),
        (r"a\", "trailing backslash at end of expression: ``"),
    ] {
        let error = Regex::anchored(pattern).map(|_| ()).unwrap_err();
        assert_eq!(error.message, message, "{pattern}");
        assert_eq!(Regex::new(pattern).map(|_| ()).unwrap_err(), error);
    }
}

#[test]
fn expressions_mean_what_they_mean_in_go() {
    for (pattern, yes, no) in [
        ("a{,2}", &["a{,2}"][..], &["aa"][..]),
        ("x{foo}{", &["x{foo}{"], &["x"]),
        (r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]),
        (r"\101\07", &["A\u{7}"], &["101"]),
        (r"[\d-z]", &["5", "-", "z"], &["a"]),
        (r"\p{^Greek}", &["a"], &["α"]),
        (r"\P{Greek}\pL", &["ab"], &["αb"]),
        (r"\p{letter}", &["é"], &["1"]),
        ("(?P<1a>b)(?<1a>c)", &["bc"], &["b"]),
        ("[a&&b]", &["&", "a", "b"], &["c"]),
        ("[[a]b]", &["[b]", "ab]"], &["a"]),
        ("[]a]", &["]", "a"], &["b"]),
        ("[^]a]", &["b", "\n"], &["]", "a"]),
        ("[a~~b]", &["~"], &["c"]),
        (r"\d+", &["12"], &["٣"]),
        (r"\w", &["_"], &["é"]),
        (r"\s", &[" "], &["\u{b}", "\u{a0}"]),
        (r"\<a\>", &["<a>"], &["a"]),
        (r"a\b{start}", &[], &["a"]),
        ("a(?i)*b", &["aaB", "b"], &["Ab"]),
        ("(?i)k", &["K", "k", "\u{212a}"], &["x"]),
        ("a.b", &["a\nb"], &["ab"]),
        ("(?-s)a.b", &["axb"], &["a\nb"]),
        ("(?i-i:a)", &["a"], &["A"]),
        ("^a$|^b$", &["a", "b"], &["a\n"]),
        ("[[:^alpha:][:digit:]]", &["1", "-"], &["a"]),
        (r"[\x{d800}-\x{dfff}]|x", &["x"], &["y"]),
        ("(|a)*", &["", "aa"], &["b"]),
        (r"[\p{Lu}\-]", &["A", "-"], &["a"]),
    ] {
        let regex = Regex::anchored(pattern).unwrap();
        for text in yes {
            assert!(regex.is_match(text), "{pattern} {text}");
        }
        for text in no {
            assert!(!regex.is_match(text), "{pattern} {text}");
        }
    }
}

#[test]
fn unanchored_expressions_search() {
    let regex = Regex::new("b.d").unwrap();
    assert!(regex.is_match("abcde"));
    assert!(!regex.is_match("ab\nde"));
}

#[test]
fn simple_forms_and_automata_agree() {
    for pattern in [
        "a|b", "(a|bc)", "a.*", ".+b", ".*a.+", r"a\.b", "", "|a", "a.*|.*b",
    ] {
        let regex = Regex::anchored(pattern).unwrap();
        assert!(regex.inner.simple.is_some(), "{pattern}");
        for text in ["", "a", "b", "bc", "ab", "aab", "a.b", "axb", "\n", "a\nb", "é"] {
            let slow = regex.expand_first(text, "x").is_some();
            assert_eq!(regex.is_match(text), slow, "{pattern} {text}");
            let full = regex.automaton().unwrap().regex.is_match(text.as_bytes());
            assert_eq!(regex.is_match(text), full, "{pattern} {text}");
        }
    }
}

#[test]
fn templates_expand_as_in_go() {
    let replace =
        |pattern: &str, template: &str, text: &str| Regex::new(pattern).unwrap().replace_all(text, template);
    assert_eq!(replace("(.*):(.*)", "$1_${2}x", "a:b"), "bx");
    assert_eq!(replace("(?P<n>a)|(?P<n>b)", "<$n>", "ab"), "<a><b>");
    assert_eq!(replace("a", "$$1 $ ${ ${x $-", "a"), "$1 $ ${ ${x $-");
    assert_eq!(replace("(a)", "$01|$9|$unknown", "a"), "||");
    assert_eq!(replace("a*", "-", "baac"), "-b-c-");
    assert_eq!(replace("x*", "-", "äé"), "-ä-é-");
    assert_eq!(replace("(.*)", "<$1>", "ab"), "<ab>");
    let regex = Regex::anchored("(.*)-(?P<rest>.*)").unwrap();
    assert_eq!(regex.expand_first("a-b", "$rest$1"), Some("ba".to_owned()));
    assert_eq!(regex.expand_first("ab", "$1"), None);
    assert_eq!(
        Regex::anchored("(a|b)").unwrap().expand_first("b", "$1$1"),
        Some("bb".to_owned())
    );
}

#[test]
fn deep_and_heavy_expressions_end_in_an_error_or_work() {
    let deep = "(".repeat(100_000);
    assert!(Regex::new(&deep).is_err());
    let closed = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    assert!(
        Regex::new(&closed)
            .unwrap_err()
            .message
            .starts_with("expression nests too deeply")
    );
    let fine = format!("{}a{}", "(".repeat(900), ")".repeat(900));
    assert!(Regex::anchored(&fine).unwrap().is_match("a"));
    assert!(Regex::anchored(&format!("({}){{1000}}", "ab".repeat(5000))).is_err());
    assert!(
        Regex::anchored("[a-z]{1000}")
            .unwrap()
            .is_match(&"x".repeat(1000))
    );
}
