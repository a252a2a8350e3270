//! A finding for people: excerpt, carets, evidence, advice.

use crate::graphical;
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
        draw_part(out, style, "see", &place);
        out.push_str("            ");
        out.push_str(file.line_text(at.line - 1).trim());
        out.push('\n');
    }
    for fact in &finding.evidence {
        draw_part(out, style, "evidence", fact);
    }
    if let Some(note) = &finding.note {
        draw_part(out, style, "why", note);
    }
    if let Some(help) = &finding.help {
        draw_part(out, style, "fix", help);
    }
    draw_part(out, style, "more", &format!("firedrill explain {}", finding.code));
    out.push('\n');
}

/// `  evidence  text`, wrapped at the width of the terminal.
fn draw_part(out: &mut String, style: Style, name: &str, text: &str) {
    const INDENT: usize = 12;
    let width = style.width.saturating_sub(INDENT).max(30);
    out.push_str(&style.bold(&format!("{name:>10}")));
    out.push_str("  ");
    // How many characters the line has behind its indent.
    let mut taken = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if taken > 0 && taken + 1 + length > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', INDENT));
            taken = 0;
        }
        if taken > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += length;
    }
    out.push('\n');
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
