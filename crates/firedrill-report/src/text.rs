//! A finding for people: excerpt, carets, evidence, advice.

use crate::graphical;
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Sources};
use miette::{LabeledSpan, SourceCode};
use std::fmt;
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
    let shown = Shown {
        finding,
        source: SourceWindow(sources.get(finding.primary.location.file)),
    };
    let plain = format!("{}: {}", finding.severity, finding.message);
    graphical::draw(out, style, 1, &shown, &plain);
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

/// A finding as miette sees it.
struct Shown<'a> {
    finding: &'a Diagnostic,
    source: SourceWindow<'a>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.finding.fmt(f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.finding.code;
        Some(Box::new(format!(
            "{}[{code} {}]",
            self.finding.severity,
            name_of(code)
        )))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(graphical::severity(self.finding.severity))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let file = self.finding.primary.location.file;
        let text_len = self.source.0.written().len();
        let span = move |label: &firedrill_source::Label| {
            let start = (label.location.span.start as usize).min(text_len);
            let end = (label.location.span.end as usize).clamp(start, text_len);
            (start, end - start)
        };
        let words = |label: &firedrill_source::Label| (!label.text.is_empty()).then(|| label.text.clone());
        let primary = &self.finding.primary;
        let first = LabeledSpan::new_primary_with_span(words(primary), span(primary));
        let others = self
            .finding
            .related
            .iter()
            .filter(move |label| label.location.file == file)
            .map(move |label| LabeledSpan::new_with_span(words(label), span(label)));
        Some(Box::new(std::iter::once(first).chain(others)))
    }
}
