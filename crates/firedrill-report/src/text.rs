//! A finding for people: excerpt, carets, evidence, advice.

use crate::graphical;
use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Sources};
use miette::{LabeledSpan, SourceCode};
use std::fmt;
use std::io::{self, Write};

pub(crate) fn write_finding(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    finding: &Diagnostic,
) -> io::Result<()> {
    let shown = Shown {
        finding,
        source: SourceWindow(sources.get(finding.primary.location.file)),
    };
    let plain = format!("{}: {}", finding.severity, finding.message);
    graphical::write(out, style, 1, &shown, &plain)?;
    write_footer(out, style, sources, finding)
}

/// What follows the excerpt: other places, evidence, reason, advice, and where to read more.
fn write_footer(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    finding: &Diagnostic,
) -> io::Result<()> {
    for label in finding
        .related
        .iter()
        .filter(|label| label.location.file != finding.primary.location.file)
    {
        let file = sources.get(label.location.file);
        let at = file.line_column(label.location.span.start as usize);
        write_part(
            out,
            style,
            "see",
            &format!("{}:{}:{}: {}", file.name(), at.line, at.column, label.text),
        )?;
        writeln!(out, "            {}", file.line_text(at.line - 1).trim())?;
    }
    for fact in &finding.evidence {
        write_part(out, style, "evidence", fact)?;
    }
    if let Some(note) = &finding.note {
        write_part(out, style, "why", note)?;
    }
    if let Some(help) = &finding.help {
        write_part(out, style, "fix", help)?;
    }
    write_part(out, style, "more", &format!("firedrill explain {}", finding.code))?;
    writeln!(out)
}

/// `  evidence  text`, wrapped at the width of the terminal.
fn write_part(out: &mut dyn Write, style: Style, name: &str, text: &str) -> io::Result<()> {
    const INDENT: usize = 12;
    let width = style.width.saturating_sub(INDENT).max(30);
    let mut line = String::new();
    let mut first = true;
    let mut flush = |out: &mut dyn Write, line: &mut String| {
        let head = if first {
            style.bold(&format!("{name:>10}"))
        } else {
            " ".repeat(10)
        };
        first = false;
        let written = writeln!(out, "{head}  {line}");
        line.clear();
        written
    };
    for word in text.split_whitespace() {
        let grown = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && grown > width {
            flush(out, &mut line)?;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    flush(out, &mut line)
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
