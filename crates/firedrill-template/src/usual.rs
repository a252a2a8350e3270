//! Templates of the usual kind, which are valid at first sight: `{{ $labels.job }}`, `{{ $value | humanize }}`.

use crate::functions;
use firedrill_source::find_byte;

/// Whether every action is a variable, or a function of variables and plain strings, perhaps with functions behind
/// it. All such templates are valid; of others nothing is said.
pub(crate) fn is_usual(text: &str) -> bool {
    let mut at = find_byte(text.as_bytes(), 0, b'{');
    while let Some(rest) = text.get(at + 1..) {
        at += 1;
        if let Some(action) = rest.strip_prefix('{') {
            let Some(behind) = usual_action(action) else {
                return false;
            };
            at = text.len() - behind.len();
        }
        at = find_byte(text.as_bytes(), at, b'{');
    }
    true
}

/// What stands behind a usual action and its `}}`.
fn usual_action(text: &str) -> Option<&str> {
    let mut rest = skip_blanks(text);
    rest = match variable(rest) {
        Some(behind) => behind,
        None => arguments(function(rest)?)?,
    };
    loop {
        rest = skip_blanks(rest);
        if let Some(behind) = rest.strip_prefix("}}") {
            return Some(behind);
        }
        rest = arguments(function(skip_blanks(rest.strip_prefix('|')?))?)?;
    }
}

/// Any number of variables and strings, each behind a blank.
fn arguments(mut text: &str) -> Option<&str> {
    loop {
        let rest = skip_blanks(text);
        let argument = match rest.as_bytes().first()? {
            b'$' => variable(rest)?,
            b'"' => string(rest)?,
            _ => return Some(text),
        };
        if rest.len() == text.len() {
            return None;
        }
        text = argument;
    }
}

/// `$value` or `$labels.name`.
fn variable(text: &str) -> Option<&str> {
    let behind = match text.strip_prefix("$labels.") {
        Some(name) => {
            let behind = skip_word(name);
            let first = name.as_bytes().first().filter(|_| behind.len() < name.len())?;
            (!first.is_ascii_digit()).then_some(behind)?
        }
        None => text.strip_prefix("$value")?,
    };
    ends_word(behind).then_some(behind)
}

fn function(text: &str) -> Option<&str> {
    let behind = skip_word(text);
    let name = &text[..text.len() - behind.len()];
    (functions::is_known(name) && ends_word(behind)).then_some(behind)
}

/// A string without escapes, on one line.
fn string(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?;
    let end = inner.find(['"', '\\', '\n'])?;
    let behind = inner[end..].strip_prefix('"')?;
    ends_word(behind).then_some(behind)
}

/// Whether what follows is a blank, a pipe or the end of the action.
fn ends_word(text: &str) -> bool {
    text.starts_with([' ', '|']) || text.starts_with("}}")
}

fn skip_word(text: &str) -> &str {
    text.trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric())
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[test]
    fn usual_templates_are_recognised() {
        for text in [
            "no action { at } all",
            "{{ $value }} of {{$labels.job}}",
            "{{ $value | humanize }}{{ $labels.a_b|title | toUpper}}",
            "{{ printf \"%.2f\" $value }}% { {{ humanize $value }}",
        ] {
            assert!(is_usual(text) && parse(text).is_ok(), "{text}");
        }
    }

    /// Every row of a few scraps: whatever counts as usual is accepted by the parser.
    #[test]
    fn what_is_usual_is_valid() {
        let scraps = [
            "{{",
            "}}",
            " ",
            "$value",
            "$labels.job",
            "$labels.",
            "$labels",
            "|",
            "humanize",
            "printf",
            "\"%d\"",
            "-",
            "if",
            "end",
            "$x",
            "nil",
            "{",
            "}",
            "/*",
            "\"",
            "x",
            "1",
            ".",
            "(",
            "\n",
            "and",
        ];
        let mut seed = 1u64;
        let mut usual = 0;
        for _ in 0..200_000 {
            let mut text = String::from("{{");
            for _ in 0..9 {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(
                    scraps[(seed >> 33) as usize % if seed >> 62 == 0 { scraps.len() } else { 11 }],
                );
            }
            text.push_str("}}");
            if is_usual(&text) {
                usual += 1;
                assert!(parse(&text).is_ok(), "{text}");
            }
        }
        assert!(usual > 50, "{usual}");
    }
}
