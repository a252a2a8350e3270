//! A finding for people: excerpt, carets, evidence, advice.

use crate::graphical::{self, is_plain};
use crate::report::{Mark, Report};
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_source::{Diagnostic, Label, Sources};
use std::borrow::Cow;
use std::io::{self, Write};

/// Does so many pieces of work, each known by its number, and gives what they wrote in that order; on several threads if
/// the program has them.
pub type Spread<'a> = &'a dyn Fn(usize, &(dyn Fn(usize) -> String + Sync)) -> Vec<String>;

/// How many findings are drawn by one thread at a time.
const CHUNK: usize = 32;
/// How many of these pieces are drawn before they are written.
const CHUNKS: usize = 64;

/// Writes findings in their order.
pub(crate) fn write_findings(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    findings: &[Diagnostic],
    spread: Spread<'_>,
) -> io::Result<()> {
    let draw = |chunk: &[Diagnostic]| {
        let mut text = String::new();
        for finding in chunk {
            draw_finding(&mut text, style, sources, finding);
        }
        text
    };
    if findings.len() <= CHUNK {
        return out.write_all(draw(findings).as_bytes());
    }
    for batch in findings.chunks(CHUNK * CHUNKS) {
        let pieces: Vec<&[Diagnostic]> = batch.chunks(CHUNK).collect();
        for text in spread(pieces.len(), &|index| draw(pieces[index])) {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

fn draw_finding(out: &mut String, style: Style, sources: &Sources, finding: &Diagnostic) {
    graphical::draw(out, style, 1, &report(sources, finding));
    draw_footer(out, style, sources, finding);
}

/// What follows the excerpt: other places, evidence, reason, advice, and where to read more.
fn draw_footer(out: &mut String, style: Style, sources: &Sources, finding: &Diagnostic) {
    for label in finding
        .related
        .iter()
        .filter(|label| label.location.file != finding.primary.location.file)
    {
        let file = sources.get(label.location.file);
        let at = file.line_column(label.location.span.start as usize);
        let place = format!("{}:{}:{}: {}", file.name(), at.line, at.column, label.text);
        draw_part(out, style, "       see", &place);
        out.push_str("            ");
        out.push_str(file.line_text(at.line - 1).trim());
        out.push('\n');
    }
    for fact in &finding.evidence {
        draw_part(out, style, "  evidence", fact);
    }
    if let Some(note) = &finding.note {
        draw_part(out, style, "       why", note);
    }
    if let Some(help) = &finding.help {
        draw_part(out, style, "       fix", help);
    }
    draw_part(
        out,
        style,
        "      more",
        &["firedrill explain ", finding.code.0].concat(),
    );
    out.push('\n');
}

/// How far the texts of footers are indented.
const INDENT: usize = 12;

/// `  evidence  text`, wrapped at the width of the terminal. The name is as wide as all names.
fn draw_part(out: &mut String, style: Style, name: &str, text: &str) {
    let width = style.width.saturating_sub(INDENT).max(30);
    out.push_str(&style.bold(name));
    out.push_str("  ");
    if is_even(text) {
        draw_even(out, text, width);
    } else {
        draw_words(out, text, width);
    }
    out.push('\n');
}

/// Whether each byte is a character and words are parted by single blanks.
fn is_even(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without an early end, so that many bytes are compared at once.
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let gap = pairs.fold(false, |gap, (&one, &next)| gap | ((one == b' ') & (next == b' ')));
    is_plain(text) && !gap && text.trim_ascii().len() == text.len()
}

/// As [`draw_words`], line by line.
fn draw_even(out: &mut String, text: &str, width: usize) {
    let mut rest = text;
    while rest.len() > width {
        let blank = rest[..=width].rfind(' ').or_else(|| rest.find(' '));
        let Some((line, others)) = blank.and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        out.push_str(line);
        break_line(out);
        rest = &others[1..];
    }
    out.push_str(rest);
}

/// As many words on a line as there is room for; at least one.
fn draw_words(out: &mut String, text: &str, width: usize) {
    // How many characters the line has behind its indent.
    let mut taken = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if taken > 0 && taken + 1 + length > width {
            break_line(out);
            taken = 0;
        }
        if taken > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += length;
    }
}

fn break_line(out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', INDENT));
}

/// What is drawn of a finding: the places in its own file.
fn report<'a>(sources: &'a Sources, finding: &'a Diagnostic) -> Report<'a> {
    let file = finding.primary.location.file;
    let source = sources.get(file);
    let length = source.written().len();
    let mark = |label: &'a Label, primary: bool| {
        let start = (label.location.span.start as usize).min(length);
        Mark {
            start,
            end: (label.location.span.end as usize).clamp(start, length),
            words: (!label.text.is_empty()).then_some(label.text.as_str()),
            primary,
        }
    };
    let related = finding.related.iter().filter(|label| label.location.file == file);
    let marks = std::iter::once(mark(&finding.primary, true)).chain(related.map(|label| mark(label, false)));
    Report {
        severity: finding.severity,
        code: Some(finding.code),
        message: Cow::Borrowed(&finding.message),
        source: Some(SourceWindow(source)),
        marks: marks.collect(),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_are_cut_as_words_are_put_on_them(text in "[a-c]{1,9}( [a-c,]{1,9}){0,20}", width in 1_usize..40) {
            let (mut lines, mut words) = (String::new(), String::new());
            prop_assert!(is_even(&text));
            draw_even(&mut lines, &text, width);
            draw_words(&mut words, &text, width);
            prop_assert_eq!(lines, words);
        }
    }

    #[test]
    fn texts_with_other_white_space_or_characters_are_not_even() {
        assert!(is_even("") && is_even("a b") && is_even("a"));
        for text in [
            "a  b", " a", "a ", "a\tb", "a\nb", "ä b", "a\u{a0}b", "a\u{b}b", " ",
        ] {
            assert!(!is_even(text), "{text:?}");
        }
    }
}
