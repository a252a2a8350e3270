//! Orders to be silent, as comments and annotations give them: firedrill's own, pint's and promruval's.

use crate::Date;
use firedrill_source::{Span, nearest};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, take_while};
use nom::character::complete::{char, one_of};
use nom::combinator::recognize;
use nom::multi::many0_count;
use nom::sequence::{delimited, terminated};

/// The annotation that holds an order, for files that are generated without comments.
pub const IGNORE_ANNOTATION: &str = "firedrill.ignore";

/// What a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose comment it is.
    pub tool: Tool,
    /// What it is about.
    pub reach: Reach,
    /// What is to be silent there; empty is everything, which only pint's comments can ask for.
    pub targets: Vec<Target>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
}

/// The tool that a comment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// firedrill.
    Firedrill,
    /// pint.
    Pint,
    /// promruval.
    Promruval,
}

/// The part of the file that an order is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The rule that follows, or in which it stands.
    Rule,
    /// The group that follows, or in which it stands.
    Group,
    /// The line it stands on.
    Line,
    /// The line that follows.
    NextLine,
    /// From here on …
    Begin,
    /// … up to here.
    End,
    /// The whole file.
    File,
}

/// A code, or the name of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As written.
    pub name: String,
    /// The metric or selector in parentheses, to which it is narrowed.
    pub about: Option<String>,
    /// Where it stands in the comment, parentheses included.
    pub span: Span,
}

impl Target {
    /// Whether a text speaks of the metric or selector to which it is narrowed, if it is.
    pub fn is_about(&self, text: &str) -> bool {
        self.about.as_deref().is_none_or(|about| mentions(text, about))
    }
}

/// Whether a text contains a metric or selector, not as a part of a longer name. Blanks do not count.
fn mentions(text: &str, what: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let what = what.trim();
    if what.is_empty() {
        return false;
    }
    if !what.chars().all(inside) {
        return squeeze(text).contains(&squeeze(what));
    }
    text.match_indices(what).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + what.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// A comment that was meant as an order and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOrder {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where, in the comment.
    pub span: Span,
}

const WORDS: [(&str, Reach); 4] = [
    ("ignore", Reach::Rule),
    ("ignore-file", Reach::File),
    ("ignore-group", Reach::Group),
    ("ignore-next-line", Reach::NextLine),
];

const GRAMMAR: &str = "write `# firedrill: ignore FD101, FD102 until=2026-12-31 reason=\"…\"`; `until` and `reason` may be left out";

/// Reads a comment, from its `#` on. `None` for comments that have nothing to do with any of the tools.
///
/// # Errors
/// If it was meant for firedrill and cannot be understood. What other tools would not understand is passed over.
pub fn parse_order(comment: &str) -> Option<Result<Order, BadOrder>> {
    let body = comment.trim_start_matches('#').trim_start();
    if let Some(rest) = body.strip_prefix("firedrill:") {
        let scanner = Scanner::new(comment, comment.len() - rest.len());
        return own(scanner);
    }
    if let Some(rest) = body.strip_prefix("pint ") {
        return pint(Scanner::new(comment, comment.len() - rest.len())).map(Ok);
    }
    body.strip_prefix("ignore_validations:")
        .map(|rest| Ok(names_of_promruval(comment, comment.len() - rest.len())))
}

/// Reads the value of an annotation: what would follow `# firedrill: ignore`. Spans count from its start.
///
/// # Errors
/// If it cannot be understood.
pub fn parse_annotation(value: &str, reach: Reach) -> Result<Order, BadOrder> {
    orders(Scanner::new(value, 0), reach)
}

/// promruval's annotation `disabled_validation_rules`: names with commas.
pub fn parse_promruval_annotation(value: &str) -> Order {
    names_of_promruval(value, 0)
}

fn own(mut scanner: Scanner<'_>) -> Option<Result<Order, BadOrder>> {
    scanner.skip_blanks();
    let start = scanner.at;
    let word = scanner.word();
    let known = WORDS.iter().find(|(known, _)| *known == word);
    if let Some((_, reach)) = known {
        return Some(orders(scanner, *reach));
    }
    let near = nearest(word, WORDS.iter().map(|(known, _)| *known));
    // Other remarks that happen to start so are nobody's business.
    let has_code = scanner.text[start..].split([' ', ',']).any(is_code);
    (near.is_some() || has_code).then(|| {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "there are `ignore`, `ignore-next-line`, `ignore-group` and `ignore-file`".to_owned(),
        };
        Err(BadOrder {
            message: format!("firedrill knows no comment `{word}`"),
            help,
            span: Span::new(start, scanner.at),
        })
    })
}

/// Reads codes, `until=` and `reason=`.
fn orders(mut scanner: Scanner<'_>, reach: Reach) -> Result<Order, BadOrder> {
    let mut order = Order {
        tool: Tool::Firedrill,
        reach,
        targets: Vec::new(),
        until: None,
        reason: None,
    };
    let (mut after_comma, mut keys) = (true, false);
    loop {
        after_comma |= scanner.skip_separators();
        let start = scanner.at;
        if scanner.rest().is_empty() {
            break;
        }
        let word = scanner.word().to_owned();
        let bad = |message: String, help: &str, end: usize| BadOrder {
            message,
            help: help.to_owned(),
            span: Span::new(start, end),
        };
        if scanner.eat('=') {
            keys = true;
            let value = if word == "reason" {
                scanner.reason()
            } else {
                scanner.value()
            };
            let Some(value) = value else {
                return Err(bad("a quote is not closed".to_owned(), GRAMMAR, scanner.at));
            };
            match word.as_str() {
                "until" => {
                    let date = Date::parse(&value);
                    let message = format!("`{value}` is no date");
                    let help = "dates are written as 2026-12-31";
                    order.until = Some(date.ok_or_else(|| bad(message, help, scanner.at))?);
                }
                "reason" => order.reason = Some(value).filter(|reason| !reason.trim().is_empty()),
                _ => {
                    return Err(bad(
                        format!("there is no key `{word}`"),
                        match nearest(&word, ["until", "reason"]) {
                            Some("until") => "did you mean `until`?",
                            Some(_) => "did you mean `reason`?",
                            None => "there are `until=2026-12-31` and `reason=\"…\"`",
                        },
                        scanner.at,
                    ));
                }
            }
        } else if word.is_empty() || keys || (!after_comma && !is_code(&word)) {
            scanner.solid();
            let odd = &scanner.text[start..scanner.at];
            return Err(bad(
                format!("`{odd}` is neither a code nor `until=` or `reason=`"),
                if keys {
                    GRAMMAR
                } else {
                    "give the reason as reason=\"…\"; between codes stand commas"
                },
                scanner.at,
            ));
        } else {
            let about = scanner.parenthesised();
            let Ok(about) = about else {
                return Err(bad(
                    "a parenthesis is not closed".to_owned(),
                    "a code is narrowed to a metric so: FD102(http_errors_total)",
                    scanner.at,
                ));
            };
            order.targets.push(Target {
                name: word,
                about,
                span: Span::new(start, scanner.at),
            });
            after_comma = false;
        }
    }
    if order.targets.is_empty() {
        return Err(BadOrder {
            message: "this comment does not say what to ignore".to_owned(),
            help: GRAMMAR.to_owned(),
            span: {
                let text = scanner.text.trim_end();
                let words = text.trim_start_matches('#').trim_start();
                Span::new(text.len() - words.len(), text.len())
            },
        });
    }
    Ok(order)
}

/// Reads what stands behind `# pint `.
fn pint(mut scanner: Scanner<'_>) -> Option<Order> {
    scanner.skip_blanks();
    let command = scanner.solid();
    let (snooze, reach) = match command {
        "disable" => (false, Reach::Rule),
        "file/disable" => (false, Reach::File),
        "snooze" => (true, Reach::Rule),
        "file/snooze" => (true, Reach::File),
        "ignore/line" => (false, Reach::Line),
        "ignore/next-line" => (false, Reach::NextLine),
        "ignore/begin" => (false, Reach::Begin),
        "ignore/end" => (false, Reach::End),
        "ignore/file" => (false, Reach::File),
        _ => return None,
    };
    let mut order = Order {
        tool: Tool::Pint,
        reach,
        targets: Vec::new(),
        until: None,
        reason: None,
    };
    if command.starts_with("ignore/") {
        return Some(order);
    }
    scanner.skip_blanks();
    if snooze {
        // A day, or a time of it.
        order.until = Some(Date::parse(scanner.solid().get(..10)?)?);
        scanner.skip_blanks();
    }
    let start = scanner.at;
    let name = scanner.word().to_owned();
    let about = scanner.parenthesised().ok()?;
    // `(+tag)` speaks of a server, which there is none here.
    if name.is_empty() || about.as_ref().is_some_and(|about| about.starts_with('+')) {
        return None;
    }
    order.targets.push(Target {
        name,
        about,
        span: Span::new(start, scanner.at),
    });
    Some(order)
}

fn names_of_promruval(text: &str, from: usize) -> Order {
    let mut scanner = Scanner::new(text, from);
    let mut targets = Vec::new();
    loop {
        scanner.skip_separators();
        let start = scanner.at;
        let name = scanner.word();
        if name.is_empty() {
            break;
        }
        targets.push(Target {
            name: name.to_owned(),
            about: None,
            span: Span::new(start, scanner.at),
        });
    }
    Order {
        tool: Tool::Promruval,
        reach: Reach::Rule,
        targets,
        until: None,
        reason: None,
    }
}

fn is_code(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 5
        && bytes[..2].eq_ignore_ascii_case(b"fd")
        && bytes[2..].iter().take(3).all(u8::is_ascii_digit)
}

/// A place in a text. All steps end at characters' bounds.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str, at: usize) -> Self {
        Scanner { text, at }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    /// What a parser takes; nothing moves where it does not fit.
    fn parse<O>(&mut self, mut parser: impl Parser<&'t str, Output = O, Error = ()>) -> Option<O> {
        let (rest, found) = parser.parse(self.rest()).ok()?;
        self.at = self.text.len() - rest.len();
        Some(found)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        self.parse(take_while(fits)).unwrap_or_default()
    }

    fn eat(&mut self, c: char) -> bool {
        self.parse(char(c)).is_some()
    }

    fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Passes over blanks and commas; whether there was a comma.
    fn skip_separators(&mut self) -> bool {
        self.take_while(|c| c.is_whitespace() || c == ',').contains(',')
    }

    /// A code, a name or a key.
    fn word(&mut self) -> &'t str {
        self.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '(' | ')' | '=' | '"' | '\''))
    }

    /// Everything up to the next blank.
    fn solid(&mut self) -> &'t str {
        self.take_while(|c| !c.is_whitespace())
    }

    /// What stands in quotes, or up to the next blank. `None` if a quote is not closed.
    fn value(&mut self) -> Option<String> {
        self.quoted().unwrap_or_else(|| {
            let word = self.take_while(|c| !c.is_whitespace() && c != ',');
            Some(word.to_owned())
        })
    }

    /// What stands in quotes, or all that follows up to another key.
    fn reason(&mut self) -> Option<String> {
        self.quoted().unwrap_or_else(|| {
            let rest = self.rest();
            let end = rest.find(" until=").unwrap_or(rest.len());
            Some(self.take(end).trim().to_owned())
        })
    }

    fn quoted(&mut self) -> Option<Option<String>> {
        let quote = self.parse(one_of("\"'"))?;
        let inside = self.take_while(|c| c != quote).to_owned();
        Some(self.eat(quote).then_some(inside))
    }

    /// What stands in parentheses, if they follow.
    fn parenthesised(&mut self) -> Result<Option<String>, ()> {
        if !self.eat('(') {
            return Ok(None);
        }
        let quoted = |quote| delimited(char(quote), take_while(move |c| c != quote), char(quote));
        let part = alt((quoted('"'), quoted('\''), is_not(")\"'")));
        match self.parse(terminated(recognize(many0_count(part)), char(')'))) {
            Some(inside) => Ok(Some(inside.trim().to_owned())),
            None => {
                self.at = self.text.len();
                Err(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An order in short: tool, reach, targets, until, reason.
    fn shown(comment: &str) -> String {
        match parse_order(comment) {
            None => "nothing".to_owned(),
            Some(Err(bad)) => {
                format!(
                    "bad: {} | {}",
                    bad.message,
                    &comment[bad.span.start as usize..bad.span.end as usize]
                )
            }
            Some(Ok(order)) => {
                let targets: Vec<String> = order
                    .targets
                    .iter()
                    .map(|target| {
                        assert!(target.span.slice(comment).starts_with(&target.name));
                        match &target.about {
                            Some(about) => format!("{}<{about}>", target.name),
                            None => target.name.clone(),
                        }
                    })
                    .collect();
                let mut text = format!("{:?} {:?} {}", order.tool, order.reach, targets.join(" "));
                if let Some(until) = order.until {
                    text += &format!(" until {until}");
                }
                if let Some(reason) = order.reason {
                    text += &format!(" because {reason}");
                }
                text
            }
        }
    }

    #[test]
    fn orders_are_read() {
        for (comment, expected) in [
            ("# firedrill: ignore FD101", "Firedrill Rule FD101"),
            ("#firedrill:ignore fd101,FD102", "Firedrill Rule fd101 FD102"),
            ("# firedrill: ignore FD101 FD102", "Firedrill Rule FD101 FD102"),
            (
                "## firedrill: ignore rate-on-gauge",
                "Firedrill Rule rate-on-gauge",
            ),
            (
                "# firedrill: ignore FD203, FD219 until=2026-12-31 reason=\"a, b = c\"",
                "Firedrill Rule FD203 FD219 until 2026-12-31 because a, b = c",
            ),
            (
                "# firedrill: ignore FD203 reason=as agreed until=2026-12-31",
                "Firedrill Rule FD203 until 2026-12-31 because as agreed",
            ),
            (
                "# firedrill: ignore FD102(up{a=\"(,)\"}), FD103(x)",
                "Firedrill Rule FD102<up{a=\"(,)\"}> FD103<x>",
            ),
            ("# firedrill: ignore-next-line FD101", "Firedrill NextLine FD101"),
            ("# firedrill: ignore-group FD101", "Firedrill Group FD101"),
            ("# firedrill: ignore-file FD101", "Firedrill File FD101"),
            ("# pint disable promql/rate", "Pint Rule promql/rate"),
            ("# pint disable promql/series(up)", "Pint Rule promql/series<up>"),
            ("# pint file/disable promql/rate", "Pint File promql/rate"),
            (
                "# pint snooze 2026-12-31T10:00:00Z promql/rate",
                "Pint Rule promql/rate until 2026-12-31",
            ),
            (
                "# pint file/snooze 2026-12-31 promql/rate",
                "Pint File promql/rate until 2026-12-31",
            ),
            ("# pint ignore/line", "Pint Line "),
            ("# pint ignore/begin", "Pint Begin "),
            ("# ignore_validations: a, bC", "Promruval Rule a bC"),
        ] {
            assert_eq!(shown(comment), expected, "{comment}");
        }
    }

    #[test]
    fn what_is_meant_and_wrong_is_told_and_the_rest_passed_over() {
        for (comment, expected) in [
            (
                "# firedrill: ingore FD101",
                "bad: firedrill knows no comment `ingore` | ingore",
            ),
            (
                "# firedrill: disable FD101",
                "bad: firedrill knows no comment `disable` | disable",
            ),
            (
                "# firedrill: ignore",
                "bad: this comment does not say what to ignore | firedrill: ignore",
            ),
            (
                "# firedrill: ignore FD101 because of that",
                "bad: `because` is neither a code nor `until=` or `reason=` | because",
            ),
            (
                "# firedrill: ignore FD101 until=soon",
                "bad: `soon` is no date | until=soon",
            ),
            (
                "# firedrill: ignore FD101 till=2026-12-31",
                "bad: there is no key `till` | till=2026-12-31",
            ),
            (
                "# firedrill: ignore FD101 reason=\"é",
                "bad: a quote is not closed | reason=\"é",
            ),
            (
                "# firedrill: ignore FD101(a",
                "bad: a parenthesis is not closed | FD101(a",
            ),
            (
                "# firedrill: ignore FD101 until=2026-12-31 FD102",
                "bad: `FD102` is neither a code nor `until=` or `reason=` | FD102",
            ),
            (
                "# firedrill: ignore )(",
                "bad: `)(` is neither a code nor `until=` or `reason=` | )(",
            ),
            ("# firedrill: these rules are tested", "nothing"),
            ("# firedrill ignores this", "nothing"),
            ("# pint rule/owner me", "nothing"),
            ("# pint disable", "nothing"),
            ("# pint disable promql/series(+prod)", "nothing"),
            ("# pint snooze soon promql/rate", "nothing"),
            ("# é", "nothing"),
            ("#", "nothing"),
        ] {
            assert_eq!(shown(comment), expected, "{comment}");
        }
    }
}
