//! Reports with excerpts and carets, byte for byte as miette draws them and far sooner. What is not drawn here miette
//! draws: messages that may have to be wrapped, advice, and excerpts with characters of doubtful width.

mod columns;
mod line;
mod page;
mod snippet;
#[cfg(test)]
mod tests;

use crate::report::Report;
use crate::style::Style;
pub(crate) use columns::is_plain;
use firedrill_source::Severity;
use miette::{GraphicalReportHandler, GraphicalTheme};
use page::{Ink, Page};

/// Draws a report with so many lines around its places.
pub(crate) fn draw(out: &mut String, style: Style, context_lines: usize, report: &Report<'_>) {
    let mut page = Page::new(out, style.color);
    if draw_here(&mut page, style, context_lines, report).is_none() {
        page.clear();
        draw_by_miette(&mut page, style, context_lines, report);
    }
    page.finish();
}

fn draw_here(page: &mut Page<'_>, style: Style, context_lines: usize, report: &Report<'_>) -> Option<()> {
    if report.help.is_some() {
        return None;
    }
    if fits(style.width, &report.message) {
        draw_head(page, report);
    } else {
        draw_by_miette(page, style, 0, &report.head());
    }
    match &report.source {
        Some(source) => snippet::draw(page, source.0, &report.marks, context_lines),
        None => Some(()),
    }
}

/// What is said of the whole, on a line.
fn draw_head(page: &mut Page<'_>, report: &Report<'_>) {
    let (ink, sign) = match report.severity {
        Severity::Error => (Ink::ERROR, "×"),
        Severity::Warning => (Ink::WARNING, "⚠"),
        Severity::Info => (Ink::INFO, "☞"),
    };
    page.painted(ink, |page| {
        report.title().iter().for_each(|piece| page.put(piece));
    });
    page.end_line();
    page.end_line();
    page.put("  ");
    page.painted(ink, |page| page.put(sign));
    page.put(" ");
    page.put(&report.message);
    page.end_line();
}

/// Whether wrapping would change nothing. To find where Unicode lets a line be broken takes long.
fn fits(width: usize, message: &str) -> bool {
    /// What miette leaves free, and the icon before the message.
    const AROUND: usize = 2 + 4;
    message.len() + AROUND <= width
        && !message.trim_ascii().is_empty()
        && message.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn draw_by_miette(page: &mut Page<'_>, style: Style, context_lines: usize, report: &Report<'_>) {
    let mut text = String::new();
    if miette_handler(style, context_lines)
        .render_report(&mut text, report)
        .is_err()
    {
        text = format!("{}: {}", report.severity, report.message);
    }
    for line in text.split_terminator('\n') {
        page.put(line);
        page.end_line();
    }
}

fn miette_handler(style: Style, context_lines: usize) -> GraphicalReportHandler {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(context_lines)
}
