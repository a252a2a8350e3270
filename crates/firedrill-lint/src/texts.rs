//! Numbers in the texts of alerts: "above 80%", "more than 1,000", "for 10 minutes".

use firedrill_model::{Rule, Templated};
use firedrill_source::{Span, find_twice};

/// A number that a text says something about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Claim {
    /// Where the number stands, its unit included.
    pub(crate) span: Span,
    /// The number as written; `10k` is 10000.
    pub(crate) number: f64,
    /// What it counts.
    pub(crate) unit: TextUnit,
    /// How it is introduced.
    pub(crate) lead: Lead,
    /// On which side of it the value is, where the text says so.
    pub(crate) side: Option<Side>,
}

/// The unit behind a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TextUnit {
    /// None that is known.
    None,
    /// Per cent.
    Percent,
    /// A length of time, one of which is so many seconds.
    Time(f64),
    /// An amount of data: one is so many bytes, or (with another base) so many.
    Data(f64, f64),
}

/// How a number is introduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// "for 5 minutes"
    For,
    /// "in the last 5 minutes"
    Last,
    /// "above 5", "> 5", "a threshold of 5"
    Compared,
    /// In no way that is understood.
    None,
}

/// The side of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// More than it.
    Above,
    /// Less than it.
    Below,
}

/// The annotations of a rule that are made for people; addresses are not.
pub(crate) fn prose(rule: &Rule) -> impl Iterator<Item = &Templated> {
    rule.annotations.iter().filter(|annotation| {
        let key = &*annotation.key.text;
        if matches!(key, "summary" | "description" | "message") {
            return !annotation.value.text.starts_with("http");
        }
        let address = ["url", "link", "dashboard", "runbook", "query", "expr"]
            .iter()
            .any(|word| contains_ignoring_case(key, word));
        !address && key != firedrill_model::IGNORE_ANNOTATION && !annotation.value.text.starts_with("http")
    })
}

/// The actions of a template, `{{ … }}`, by what stands between the braces.
pub(crate) fn actions(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = find_twice(text.as_bytes(), from, b'{')?;
        let end = find_twice(text.as_bytes(), start + 2, b'}')?;
        from = end + 2;
        Some((Span::new(start, from), text.get(start + 2..end)?))
    })
}

/// The bytes at which something begins or ends that [`claims`] looks at.
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let mut bytes: &[u8] = b"{\n;.!?0123456789";
    while let [byte, rest @ ..] = bytes {
        matters[*byte as usize] = true;
        bytes = rest;
    }
    matters
};

/// All numbers of a text with what is said about them.
pub(crate) fn claims(text: &str) -> Vec<Claim> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    // Most texts have no number. Without a way out in the middle, many bytes are looked at at once.
    if !bytes.iter().fold(false, |any, byte| any | byte.is_ascii_digit()) {
        return found;
    }
    let mut at = 0;
    // Where the words before a number may begin: behind the last action, number or end of a sentence.
    let mut since = 0;
    // Behind "{{ $value }}% of …" numbers tell what is counted, not how much of it is too much.
    let mut counted = false;
    while let Some(&byte) = bytes.get(at) {
        if !MATTERS[usize::from(byte)] {
            at += 1;
        } else if byte == b'{' && bytes.get(at + 1) == Some(&b'{') {
            at = find_twice(bytes, at, b'}').map_or(text.len(), |end| end + 2);
            since = at;
            let behind = &text[at..];
            counted |= behind.starts_with("% of ") || behind.starts_with(" percent of ");
        } else if matches!(byte, b'\n' | b';')
            || matches!(byte, b'.' | b'!' | b'?') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace)
        {
            at += 1;
            counted = false;
            if byte == b'\n' && begins_item(&text[at..]) {
                // Advice, not what happened.
                at = text[at..].find('\n').map_or(text.len(), |end| at + end);
            }
            since = at;
        } else if byte.is_ascii_digit() {
            let (end, claim) = number_at(text, at, since);
            if let Some(mut claim) = claim {
                if counted && claim.unit != TextUnit::Percent && claim.lead == Lead::Compared {
                    claim.lead = Lead::None;
                }
                found.push(claim);
                since = end;
            }
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// Whether a line is an item of a list.
fn begins_item(text: &str) -> bool {
    let line = text.trim_start_matches([' ', '\t']);
    line.starts_with("- ")
        || line.starts_with("* ")
        || line
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with(". ")
            && line.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a text names a percentage.
pub(crate) fn says_percent(rule: &Rule, number: f64) -> bool {
    let says = |text: &str| {
        claims(text)
            .iter()
            .any(|claim| claim.unit == TextUnit::Percent && close(claim.number, number))
    };
    says(&rule.name.text) || prose(rule).any(|annotation| says(&annotation.value.text))
}

/// Whether a text prints the value of the alert with a percent sign behind it, as it is.
pub(crate) fn prints_percent(rule: &Rule) -> bool {
    prose(rule).any(|annotation| {
        let text = &annotation.value.text;
        actions(text).any(|(span, action)| is_percent(text, span, action))
    })
}

/// Whether an action prints the value of the alert, unchanged, with a percent sign behind it.
pub(crate) fn is_percent(text: &str, span: Span, action: &str) -> bool {
    let behind = text
        .get(span.end as usize..)
        .unwrap_or("")
        .trim_start_matches([' ', '`', '*']);
    (behind.starts_with('%') || behind.starts_with("percent"))
        && prints_value(action)
        && !action.contains("humanizePercentage")
        && !action.contains("query")
}

/// Whether an action shows the value of the alert.
pub(crate) fn prints_value(action: &str) -> bool {
    action.contains("$value") || action.contains(".Value")
}

/// Whether two numbers are equal but for rounding.
pub(crate) fn close(a: f64, b: f64) -> bool {
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes()
        .windows(word.len())
        .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// Reads the number that begins at a digit. Returns where to go on, and the claim unless the digits are part of a
/// name, a version, an address or a date.
fn number_at(text: &str, start: usize, since: usize) -> (usize, Option<Claim>) {
    let bytes = text.as_bytes();
    let word_end = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':' | b'/')
        }) {
            at += 1;
        }
        at
    };
    let stuck = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'_' | b'.' | b'-' | b':' | b'/' | b'#' | b'$' | b'@' | b'&' | b'+'
            )
            || byte >= 0x80
    };
    let before = start.checked_sub(1).and_then(|at| bytes.get(at).copied());
    // `=5` belongs to a matcher or a setting, `>=5` does not.
    let assigned = before == Some(b'=')
        && !matches!(
            start.checked_sub(2).and_then(|at| bytes.get(at)),
            Some(b'>' | b'<' | b'=' | b' ')
        );
    if before.is_some_and(stuck) && !text[..start].ends_with('≥') && !text[..start].ends_with('≤') || assigned
    {
        return (word_end(start).max(start + 1), None);
    }
    let (mut number, mut end) = digits(text, start);
    let mut unit = TextUnit::None;
    let tail = &text[end..];
    let spaced = tail.len() - tail.trim_start_matches(' ').len();
    let word = tail[spaced.min(1)..]
        .split(|c: char| !(c.is_ascii_alphabetic() || c == '%'))
        .next()
        .unwrap_or("");
    if spaced <= 1 && !word.is_empty() {
        match unit_named(word, spaced == 0) {
            Some((factor, named)) => {
                number *= factor;
                unit = named;
                end += spaced + word.len();
            }
            None if spaced == 0 => return (word_end(start), None),
            None => {}
        }
    }
    // `1h30m`
    while let TextUnit::Time(seconds) = unit
        && bytes.get(end).is_some_and(u8::is_ascii_digit)
    {
        let (more, after) = digits(text, end);
        let word = text[after..]
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or("");
        let Some((_, TextUnit::Time(smaller))) = unit_named(word, true) else {
            return (word_end(start), None);
        };
        number += more * smaller / seconds;
        end = after + word.len();
    }
    let next = bytes.get(end).copied();
    let after_next = bytes.get(end + 1).copied();
    let goes_on = match next {
        Some(b'.' | b':' | b'/' | b'-' | b',') => after_next.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(byte) => byte.is_ascii_alphanumeric() || byte == b'_',
        None => false,
    };
    if goes_on {
        return (word_end(start).max(end), None);
    }
    let (mut lead, mut side) = introduction(&text[since.min(start)..start]);
    if lead == Lead::None || side.is_none() {
        let behind = text[end..].trim_start();
        for (words, on) in BEHIND {
            if behind.len() >= words.len()
                && behind.is_char_boundary(words.len())
                && behind[..words.len()].eq_ignore_ascii_case(words)
            {
                (lead, side) = (Lead::Compared, Some(on));
            }
        }
    }
    let claim = Claim {
        span: Span::new(start, end),
        number,
        unit,
        lead,
        side,
    };
    (end, Some(claim))
}

const BEHIND: [(&str, Side); 6] = [
    ("or more", Side::Above),
    ("or higher", Side::Above),
    ("or above", Side::Above),
    ("or less", Side::Below),
    ("or fewer", Side::Below),
    ("or lower", Side::Below),
];

/// The value of digits with separators of thousands and a fraction, and where they end.
fn digits(text: &str, start: usize) -> (f64, usize) {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut plain) = (start, String::new());
    loop {
        if digit(at) {
            plain.push(char::from(bytes.get(at).copied().unwrap_or(b'0')));
            at += 1;
        } else if matches!(bytes.get(at), Some(b',' | b'_'))
            && (1..=3).all(|ahead| digit(at + ahead))
            && !digit(at + 4)
        {
            at += 1;
        } else {
            break;
        }
    }
    if bytes.get(at) == Some(&b'.') && digit(at + 1) {
        plain.push('.');
        at += 1;
        while digit(at) {
            plain.push(char::from(bytes.get(at).copied().unwrap_or(b'0')));
            at += 1;
        }
    }
    (plain.parse().unwrap_or(f64::NAN), at)
}

/// The factor and unit that a word behind a number stands for.
fn unit_named(word: &str, attached: bool) -> Option<(f64, TextUnit)> {
    let data = |decimal: f64, binary: f64| Some((1.0, TextUnit::Data(decimal, binary)));
    let time = |seconds: f64| Some((1.0, TextUnit::Time(seconds)));
    let times = |factor: f64| Some((factor, TextUnit::None));
    match word {
        "%" | "percent" | "percents" | "pct" => return Some((1.0, TextUnit::Percent)),
        "M" if attached => return times(1e6),
        "G" if attached => return data(1e9, 1_073_741_824.0),
        "T" if attached => return data(1e12, 1_099_511_627_776.0),
        "B" => return data(1.0, 1.0),
        _ => {}
    }
    match word.to_ascii_lowercase().as_str() {
        "k" if attached => times(1e3),
        "x" if attached => times(1.0),
        "thousand" => times(1e3),
        "million" => times(1e6),
        "billion" => times(1e9),
        "bytes" | "byte" => data(1.0, 1.0),
        "kb" | "kib" | "ki" | "kilobytes" => data(1e3, 1024.0),
        "mb" | "mib" | "mi" | "megabytes" => data(1e6, 1_048_576.0),
        "gb" | "gib" | "gi" | "gigabytes" => data(1e9, 1_073_741_824.0),
        "tb" | "tib" | "ti" | "terabytes" => data(1e12, 1_099_511_627_776.0),
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => time(1e-3),
        "us" | "microseconds" => time(1e-6),
        "s" | "sec" | "secs" | "second" | "seconds" => time(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => time(60.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => time(3600.0),
        "d" | "day" | "days" => time(86400.0),
        "w" | "week" | "weeks" => time(604_800.0),
        _ => None,
    }
}

/// What the words before a number say.
fn introduction(before: &str) -> (Lead, Option<Side>) {
    let before = before.trim_end_matches([' ', '(', '"', '\'', '`', '*', '~']);
    for (symbol, side) in [
        (">=", Side::Above),
        ("=>", Side::Above),
        (">", Side::Above),
        ("≥", Side::Above),
        ("<=", Side::Below),
        ("<", Side::Below),
        ("≤", Side::Below),
    ] {
        if let Some(rest) = before.strip_suffix(symbol) {
            let held = last_words(rest)
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("for"));
            let turned = last_words(rest).take(8).any(turns);
            let lead = if held { Lead::For } else { Lead::Compared };
            return (lead, (!turned).then_some(side));
        }
    }
    let mut words = last_words(before).take(8).peekable();
    let (mut side, mut compared, mut last) = (None, false, false);
    let is = |word: Option<&&str>, list: &[&str]| {
        word.is_some_and(|word| list.iter().any(|it| word.eq_ignore_ascii_case(it)))
    };
    let skip: &[&str] = &[
        "the",
        "a",
        "an",
        "about",
        "approximately",
        "around",
        "nearly",
        "almost",
        "of",
        "limit",
        "is",
        "threshold:",
        "its",
    ];
    loop {
        if is(words.peek(), &["threshold", "threshold:"]) {
            compared = true;
        } else if is(words.peek(), &["last", "past", "previous"]) {
            last = true;
        } else if !is(words.peek(), skip) {
            break;
        }
        words.next();
    }
    if is(words.peek(), &["than"]) {
        words.next();
        if is(
            words.peek(),
            &[
                "more", "greater", "higher", "larger", "bigger", "longer", "older", "slower", "worse",
                "later",
            ],
        ) {
            side = Some(Side::Above);
        } else if is(
            words.peek(),
            &[
                "less", "lower", "fewer", "smaller", "shorter", "faster", "younger",
            ],
        ) {
            side = Some(Side::Below);
        }
        words.next();
    } else if is(
        words.peek(),
        &[
            "above",
            "over",
            "exceeds",
            "exceed",
            "exceeded",
            "exceeding",
            "beyond",
            "surpassed",
            "surpasses",
        ],
    ) {
        side = Some(Side::Above);
        let over = is(words.peek(), &["over"]);
        words.next();
        // "over the last 5 minutes"
        if over && last {
            return (Lead::Last, None);
        }
    } else if is(words.peek(), &["below", "under", "beneath"]) {
        side = Some(Side::Below);
        words.next();
    } else if is(words.peek(), &["least", "most"]) {
        compared = true;
        words.next();
        words.next();
    } else if is(words.peek(), &["reached", "reaches", "reach"]) {
        side = Some(Side::Above);
        words.next();
    }
    if is(words.peek(), &["for"]) {
        return (Lead::For, side);
    }
    if last {
        return (Lead::Last, side);
    }
    if side.is_none() && !compared {
        return (Lead::None, None);
    }
    let (mut turned, mut limit) = (false, false);
    for word in words {
        turned |= turns(word);
        limit |= ["cannot", "can't", "limited", "maximum"]
            .iter()
            .any(|it| word.eq_ignore_ascii_case(it));
    }
    if limit {
        // A limit of the program, not of the alert.
        return (Lead::None, None);
    }
    (Lead::Compared, side.filter(|_| !turned))
}

/// Whether a word makes what follows the wish or the denial of it: then the alert is about the other side.
fn turns(word: &str) -> bool {
    [
        "no",
        "not",
        "never",
        "should",
        "must",
        "expected",
        "expect",
        "target",
        "supposed",
        "need",
        "needs",
        "require",
        "requires",
        "wait",
        "until",
        "objective",
        "slo",
        "without",
    ]
    .iter()
    .any(|it| word.eq_ignore_ascii_case(it))
}

/// The words of a text from its end, without punctuation.
fn last_words(text: &str) -> impl Iterator<Item = &str> {
    text.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
        .map(|word| word.trim_matches(['"', '\'', '`', '*']))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(f64, TextUnit, Lead, Option<Side>)> {
        claims(text)
            .into_iter()
            .map(|claim| (claim.number, claim.unit, claim.lead, claim.side))
            .collect()
    }

    #[test]
    fn comparisons_have_a_side() {
        use Lead::Compared;
        for (text, expected) in [
            (
                "above 80%",
                (80.0, TextUnit::Percent, Compared, Some(Side::Above)),
            ),
            (
                "usage > 1,000 requests",
                (1000.0, TextUnit::None, Compared, Some(Side::Above)),
            ),
            (
                "less than the 10k we want",
                (10_000.0, TextUnit::None, Compared, Some(Side::Below)),
            ),
            (
                "exceeded the limit of 2GB",
                (
                    2.0,
                    TextUnit::Data(1e9, 1_073_741_824.0),
                    Compared,
                    Some(Side::Above),
                ),
            ),
            ("is below 0.5", (0.5, TextUnit::None, Compared, Some(Side::Below))),
            ("should not be above 5", (5.0, TextUnit::None, Compared, None)),
            ("(threshold: 70%)", (70.0, TextUnit::Percent, Compared, None)),
            ("5 or more", (5.0, TextUnit::None, Compared, Some(Side::Above))),
            (
                "slower than 500ms",
                (500.0, TextUnit::Time(1e-3), Compared, Some(Side::Above)),
            ),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
    }

    #[test]
    fn lengths_of_time_are_held_or_looked_back_over() {
        for (text, number, lead) in [
            ("down for 10 minutes", 10.0, Lead::For),
            ("down for more than 10m", 10.0, Lead::For),
            ("failing for over 1h30m", 1.5, Lead::For),
            ("errors in the last 5 minutes", 5.0, Lead::Last),
            ("for the past 15m", 15.0, Lead::For),
            ("over the last hour", f64::NAN, Lead::None),
            ("every 5 minutes", 5.0, Lead::None),
        ] {
            let found = claims(text);
            match found.first() {
                Some(claim) => {
                    assert_eq!((claim.number, claim.lead), (number, lead), "{text}");
                    assert!(matches!(claim.unit, TextUnit::Time(_)), "{text}");
                }
                None => assert!(number.is_nan(), "{text}"),
            }
        }
    }

    #[test]
    fn names_versions_dates_and_addresses_are_no_numbers() {
        for text in [
            "p99 latency",
            "HTTP 5xx",
            "v1.2.3",
            "1.2.3",
            "port:9090",
            "2024-05-01",
            "10.0.0.1",
            "12:30",
            "24/7",
            "x_5m",
            "95th percentile",
            "{{ $value | printf \"%.2f\" }}",
            "job=5",
            "T1234",
            "1/2",
            "causes:\n- more than 5 restarts\n  1. below 3 replicas\n",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn actions_are_found() {
        let text = "a {{ $value }} b {{- $labels.x -}}";
        let found: Vec<&str> = actions(text).map(|(_, inner)| inner).collect();
        assert_eq!(found, [" $value ", "- $labels.x -"]);
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in [
            "5", "é5", "5é", "> ≥5", "{{ 5", "5{{", "1h2", "1h2x", "9,99", "5.", "٣", "5%%", "5 °C", "1_000",
        ] {
            let _ = claims(text);
        }
    }
}
