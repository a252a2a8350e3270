//! Everything is drawn as miette draws it.

use super::{columns::columns, draw, draw_here, fits, miette_handler, page::Page};
use crate::report::{Mark, Report};
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_source::{Code, Severity, SourceFile};
use proptest::prelude::*;
use std::borrow::Cow;

/// A report with its texts.
#[derive(Clone, Debug)]
struct Drawn {
    severity: Severity,
    message: String,
    name: String,
    text: String,
    /// Two places, as shares of the text, and words.
    places: Vec<(prop::sample::Index, prop::sample::Index, Option<String>)>,
    primary: prop::sample::Index,
    help: Option<String>,
    about_all: bool,
    style: Style,
    context_lines: usize,
}

impl Drawn {
    fn report<'a>(&'a self, file: &'a SourceFile) -> Report<'a> {
        let length = file.text().len() + 1;
        let primary = self.primary.index(self.places.len());
        let marks = self
            .places
            .iter()
            .enumerate()
            .map(|(index, (one, other, words))| {
                let (one, other) = (one.index(length), other.index(length));
                Mark {
                    start: one.min(other),
                    end: one.max(other),
                    words: words.as_deref(),
                    primary: index == primary,
                }
            });
        Report {
            severity: self.severity,
            code: self.about_all.then_some(Code("FD101")),
            message: Cow::Borrowed(&self.message),
            source: (!self.about_all).then_some(SourceWindow(file)),
            marks: marks.collect(),
            help: self.help.as_deref(),
        }
    }
}

/// What miette draws of it all, without blanks at ends of lines and empty lines around it.
fn drawn_by_miette(style: Style, context_lines: usize, report: &Report<'_>) -> String {
    let mut text = String::new();
    let drawn = miette_handler(style, context_lines).render_report(&mut text, report);
    drawn.expect("drawn");
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

/// Lines as rules have them, short ones that end in all ways, and characters of all widths.
fn texts(alphabet: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(alphabet), 0..60).prop_map(|pieces| pieces.concat())
}

const PLAIN: &[&str] = &["\n", "\n", "a", "  ", "word", "expr: up == 0", "-"];
const KNOWN: &[&str] = &[
    "\n",
    "\r\n",
    "\t",
    "x",
    "é",
    "→",
    "漢字",
    "─",
    " ",
    "\u{3000}",
    "half of a line",
];
const WILD: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\t",
    "y",
    "e\u{301}",
    "\u{200b}",
    "🦀",
    "👩\u{200d}🚀",
    "\u{1b}[1m",
    "\u{7f}",
    "\u{a0}",
    "\0",
];

fn words() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(
        0.7,
        prop_oneof![
            6 => "[a-c `]{0,12}",
            1 => "[a-cé漢\n]{0,5}",
            1 => Just("the same".to_owned()),
        ],
    )
}

fn reports() -> impl Strategy<Value = Drawn> {
    let index = any::<prop::sample::Index>;
    let places = prop::collection::vec((index(), index(), words()), 1..6);
    let text = prop_oneof![3 => texts(PLAIN), 2 => texts(KNOWN), 1 => texts(WILD)];
    let message = prop_oneof![4 => "[ -~]{0,40}", 1 => "[a-z é漢\n-]{0,30}"];
    let name = prop_oneof![9 => "[a-z/]{0,9}\\.ya?ml", 1 => "[a é \n]{0,5}"];
    let severity = prop::sample::select(&[Severity::Error, Severity::Warning, Severity::Info][..]);
    let style = (any::<bool>(), 1_usize..120).prop_map(|(color, width)| Style { color, width });
    let said = (
        severity,
        message,
        prop::option::weighted(0.1, "[a-z -]{0,60}"),
        prop::bool::weighted(0.1),
    );
    (said, name, text, places, index(), style, 0_usize..3).prop_map(
        |((severity, message, help, about_all), name, text, places, primary, style, context_lines)| Drawn {
            severity,
            message,
            name,
            text,
            places,
            primary,
            help,
            about_all,
            style,
            context_lines,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn reports_are_drawn_as_by_miette(drawn in reports()) {
        let file = SourceFile::new(drawn.name.as_str(), drawn.text.as_str());
        let report = drawn.report(&file);
        let mut text = "before".to_owned();
        draw(&mut text, drawn.style, drawn.context_lines, &report);
        let expected = drawn_by_miette(drawn.style, drawn.context_lines, &report);
        prop_assert_eq!(text, format!("before{expected}"));
    }
}

fn report<'a>(file: &'a SourceFile, message: &'a str, marks: Vec<Mark<'a>>) -> Report<'a> {
    Report {
        severity: Severity::Error,
        code: None,
        message: Cow::Borrowed(message),
        source: Some(SourceWindow(file)),
        marks,
        help: None,
    }
}

fn mark(start: usize, end: usize, words: Option<&str>) -> Mark<'_> {
    Mark {
        start,
        end,
        words,
        primary: false,
    }
}

/// Whether miette is not asked for the excerpt.
fn is_drawn_here(report: &Report<'_>) -> bool {
    let mut out = String::new();
    draw_here(&mut Page::new(&mut out, false), Style::PLAIN, 1, report).is_some()
}

#[test]
fn known_widths_are_those_of_miette() {
    let known: Vec<char> = ('\0'..=char::MAX).filter(|&c| columns(c).is_some()).collect();
    assert!(known.len() > 10_000);
    for few in known.chunks(8) {
        let characters: String = few.iter().collect();
        let file = SourceFile::new("x", characters.as_str());
        let at = |index: usize| {
            characters
                .char_indices()
                .nth(index)
                .map_or(characters.len(), |(at, _)| at)
        };
        let marks = (0..few.len()).map(|index| mark(at(index), at(index + 1), None));
        let report = report(&file, "message", marks.collect());
        assert!(is_drawn_here(&report), "{characters}");
        let mut text = String::new();
        draw(&mut text, Style::PLAIN, 1, &report);
        assert_eq!(text, drawn_by_miette(Style::PLAIN, 1, &report), "{characters}");
    }
}

#[test]
fn excerpts_of_usual_texts_are_drawn_here() {
    let text = "groups:\r\n\texpr: größe > 0\n漢字 → “x” – €\n";
    let file = SourceFile::new("x", text);
    for start in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
        for end in (start..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            let marks = vec![
                mark(start, end, Some("one\ntwo")),
                mark(3, 4, Some("here")),
                mark(start, end, None),
            ];
            assert!(is_drawn_here(&report(&file, "message", marks)));
        }
    }
}

#[test]
fn what_miette_may_sort_otherwise_or_not_place_is_left_to_it() {
    let file = SourceFile::new("x", "ä");
    assert!(is_drawn_here(&report(
        &file,
        "message",
        vec![mark(0, 2, None); 20]
    )));
    assert!(!is_drawn_here(&report(
        &file,
        "message",
        vec![mark(0, 2, None); 21]
    )));
    assert!(!is_drawn_here(&report(&file, "message", vec![mark(0, 1, None)])));
    assert!(!is_drawn_here(&report(&file, "message", vec![mark(0, 3, None)])));
}

#[test]
fn what_fits_is_drawn_as_if_it_were_wrapped() {
    let text = "`a_b-c` is a gauge, and/or (see above) a counter: x{y=\"z\"} > 0.5  or so; -- no? ";
    let file = SourceFile::new("x", "text");
    for width in 10..120 {
        for end in 0..text.len() {
            let report = report(&file, &text[..end], vec![mark(0, 4, None)]);
            let style = Style { width, color: false };
            let mut text = String::new();
            draw(&mut text, style, 1, &report);
            assert_eq!(text, drawn_by_miette(style, 1, &report), "{width} {end}");
        }
    }
}

#[test]
fn what_may_have_to_be_wrapped_does_not_fit() {
    assert!(fits(10, "four"));
    assert!(!fits(9, "four"));
    assert!(!fits(100, "two\nlines"));
    assert!(!fits(100, "größe"));
    assert!(!fits(100, " "));
}
