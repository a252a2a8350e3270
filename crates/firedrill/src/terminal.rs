//! What is known about the terminal, asked once.

use crate::cli::ColorChoice;
use firedrill_report::Style;
use std::io::IsTerminal;

/// Width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

pub(crate) fn style(choice: ColorChoice) -> Style {
    let stdout = std::io::stdout();
    let color = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        }
    };
    let width =
        terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0).max(40));
    Style { color, width }
}
