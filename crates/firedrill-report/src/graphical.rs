//! Excerpts with carets, drawn by miette.

use crate::style::Style;
use firedrill_source::Severity;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::io::{self, Write};

/// Draws a report with so many lines around its places, and the line `plain` where that cannot be drawn.
pub(crate) fn write(
    out: &mut dyn Write,
    style: Style,
    context_lines: usize,
    report: &dyn Diagnostic,
    plain: &str,
) -> io::Result<()> {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(context_lines);
    let mut text = String::new();
    if handler.render_report(&mut text, report).is_err() {
        text = format!("{plain}\n");
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    writeln!(out, "{}", lines.join("\n").trim_matches('\n'))
}

/// A severity in miette's words.
pub(crate) fn severity(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    }
}
