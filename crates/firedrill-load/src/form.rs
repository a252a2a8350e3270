//! Which form a text has, judged from its content.

use firedrill_model::{Kind, detect};

/// The forms in which series come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A line per series: `up{job="a"} 1 1 0`.
    Notation,
    /// A unit-test file with `input_series`.
    UnitTest,
    /// A script with `load` blocks.
    Script,
    /// What a target answers to a scrape, or a dump in OpenMetrics.
    Exposition,
    /// A file of rules, which has no series.
    Rules,
}

/// Tells what form a text has; `name` is that of its file.
pub fn form_of(name: &str, text: &str) -> Form {
    match detect(text) {
        Kind::TestFile => return Form::UnitTest,
        Kind::RuleFile | Kind::Manifest => return Form::Rules,
        _ => {}
    }
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    if lines().any(is_metadata) {
        return Form::Exposition;
    }
    let mut data = lines().filter(|line| !line.starts_with('#')).peekable();
    if let Some(first) = data.peek() {
        let (word, rest) = first.split_once(char::is_whitespace).unwrap_or((first, ""));
        let command = matches!(word, "load" | "load_with_nhcb" | "eval") && !rest.is_empty();
        if command || *first == "clear" {
            return Form::Script;
        }
        if data.all(has_timestamp) {
            return Form::Exposition;
        }
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".yml") || lower.ends_with(".yaml") {
        // Then at least the errors will be those of a test file.
        return Form::UnitTest;
    }
    Form::Notation
}

/// A comment that means something to a scraper.
fn is_metadata(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    words.next() == Some("#") && matches!(words.next(), Some("TYPE" | "HELP" | "UNIT" | "EOF"))
}

/// Whether a line has one value and a time that is no value of a series: one after the year 2001.
fn has_timestamp(line: &str) -> bool {
    const SECONDS_OF_2001: f64 = 1e9;
    let after_labels = line.rfind('}').map_or(line, |at| &line[at + 1..]);
    let mut words = after_labels.split_ascii_whitespace().rev();
    let time = words.next().and_then(|word| word.parse::<f64>().ok());
    let rest = words.count();
    let values = if line.contains('}') { 1 } else { 2 };
    rest == values && time.is_some_and(|time| time >= SECONDS_OF_2001 && time.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_content() {
        for (name, text, form) in [
            ("a.txt", "up{job=\"a\"} 1 1 0\n", Form::Notation),
            ("a.txt", "# mine\nup 1\n", Form::Notation),
            ("a.txt", "", Form::Notation),
            ("a", "load 1m\n  up 1 2\n", Form::Script),
            ("a", "\n# c\nclear\nload 1m\n  up 1 2\n", Form::Script),
            ("a", "load 1 2 3\n", Form::Script),
            ("a", "load{a=\"b\"} 1 2 3\n", Form::Notation),
            ("a", "# TYPE up gauge\nup 1\n", Form::Exposition),
            ("a", "up 1\n# EOF\n", Form::Exposition),
            (
                "a",
                "up 1 1700000000000\nup{a=\"b\"} 2 1700000000000\n",
                Form::Exposition,
            ),
            ("a", "up 1 1700000000\ny 1 2\n", Form::Notation),
            (
                "a",
                "rule_files: []\ntests:\n- input_series: []\n",
                Form::UnitTest,
            ),
            ("a.yml", "test:\n- input: []\n", Form::UnitTest),
            (
                "a",
                "groups:\n- name: g\n  rules:\n  - {record: a, expr: b}\n",
                Form::Rules,
            ),
        ] {
            assert_eq!(form_of(name, text), form, "{text}");
        }
    }
}
