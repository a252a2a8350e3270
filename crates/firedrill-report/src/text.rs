//! A finding for people: excerpt, carets, evidence, advice.

use crate::source_window::SourceWindow;
use crate::style::Style;
use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Severity, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::fmt;
use std::io::{self, Write};

pub(crate) fn write_finding(
    out: &mut dyn Write,
    style: Style,
    sources: &Sources,
    finding: &Diagnostic,
) -> io::Result<()> {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(1);
    let shown = Shown {
        finding,
        source: SourceWindow(sources.get(finding.primary.location.file)),
        sources,
    };
    let mut text = String::new();
    if handler.render_report(&mut text, &shown).is_err() {
        text = format!("{}: {}\n", finding.severity, finding.message);
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    writeln!(out, "{}\n", lines.join("\n").trim_matches('\n'))
}

/// A finding as miette sees it.
struct Shown<'a> {
    finding: &'a Diagnostic,
    source: SourceWindow<'a>,
    sources: &'a Sources,
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
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let file = self.finding.primary.location.file;
        let text_len = self.source.0.text().len();
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

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let finding = self.finding;
        let mut parts: Vec<String> = Vec::new();
        for label in finding
            .related
            .iter()
            .filter(|label| label.location.file != finding.primary.location.file)
        {
            let file = self.sources.get(label.location.file);
            let at = file.line_column(label.location.span.start as usize);
            let line = file.line_text(at.line - 1).trim();
            parts.push(format!(
                "{}:{}:{}: {}\n    {line}",
                file.name(),
                at.line,
                at.column,
                label.text
            ));
        }
        parts.extend(finding.evidence.iter().map(|fact| format!("evidence: {fact}")));
        parts.extend(finding.note.iter().map(|note| format!("why: {note}")));
        parts.extend(finding.help.iter().map(|help| format!("fix: {help}")));
        parts.push(format!("more: firedrill explain {}", finding.code));
        Some(Box::new(parts.join("\n")))
    }
}
