//! Colours and words that all text reporters share.

use anstyle::{AnsiColor, Color};

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Width of the terminal in columns.
    pub width: usize,
}

impl Style {
    /// Without colour, as files want it.
    pub const PLAIN: Style = Style {
        color: false,
        width: 100,
    };

    pub(crate) fn paint(self, color: AnsiColor, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = anstyle::Style::new().fg_color(Some(Color::Ansi(color)));
        format!("{style}{text}{style:#}")
    }

    pub(crate) fn bold(self, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = anstyle::Style::new().bold();
        format!("{style}{text}{style:#}")
    }

    pub(crate) fn dim(self, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = anstyle::Style::new().dimmed();
        format!("{style}{text}{style:#}")
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint(AnsiColor::Red, text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint(AnsiColor::Green, text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow, text)
    }
}

/// A text on one line, its runs of white space as single blanks.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `1 rule`, `2 rules`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
