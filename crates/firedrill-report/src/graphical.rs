//! Excerpts with carets, drawn by miette.

use crate::style::Style;
use firedrill_source::Severity;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

/// Draws a report with so many lines around its places, and the line `plain` where that cannot be drawn.
pub(crate) fn draw(
    out: &mut String,
    style: Style,
    context_lines: usize,
    report: &dyn Diagnostic,
    plain: &str,
) {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_wrap_lines(!fits(style.width, report))
        .with_links(false)
        .with_context_lines(context_lines);
    let mut text = String::with_capacity(2048);
    if handler.render_report(&mut text, report).is_err() {
        text = format!("{plain}\n");
    }
    // Blanks at ends of lines and empty lines around it all are left out.
    let begin = out.len();
    let mut blank_lines = 0;
    for line in text.split('\n').map(str::trim_end) {
        if line.is_empty() {
            blank_lines += 1;
            continue;
        }
        if out.len() > begin {
            (0..=blank_lines).for_each(|_| out.push('\n'));
        }
        out.push_str(line);
        blank_lines = 0;
    }
    out.push('\n');
}

/// Whether wrapping would change nothing. To find where Unicode lets a line be broken takes long.
fn fits(width: usize, report: &dyn Diagnostic) -> bool {
    /// What miette leaves free, and the icon before the message.
    const AROUND: usize = 2 + 4;
    let message = report.to_string();
    report.help().is_none()
        && message.len() + AROUND <= width
        && !message.trim_ascii().is_empty()
        && message.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// A severity in miette's words.
pub(crate) fn severity(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::MietteDiagnostic;

    #[test]
    fn what_fits_is_drawn_as_if_it_were_wrapped() {
        let text = "`a_b-c` is a gauge, and/or (see above) a counter: x{y=\"z\"} > 0.5  or so; -- no? ";
        for width in 10..120 {
            for end in 0..text.len() {
                let report = MietteDiagnostic::new(&text[..end]);
                let draw_with = |wrap: bool| {
                    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
                    let mut out = String::new();
                    let handler = handler.with_width(width).with_wrap_lines(wrap);
                    handler.render_report(&mut out, &report).expect("drawn");
                    out.trim_end().to_owned()
                };
                if fits(width, &report) {
                    assert_eq!(draw_with(false), draw_with(true), "{width} {end}");
                }
            }
        }
    }

    #[test]
    fn what_may_have_to_be_wrapped_does_not_fit() {
        let report = |text: &str| MietteDiagnostic::new(text);
        assert!(fits(10, &report("four")));
        assert!(!fits(9, &report("four")));
        assert!(!fits(100, &report("two\nlines")));
        assert!(!fits(100, &report("größe")));
        assert!(!fits(100, &report("four").with_help("help")));
    }
}
