//! Colours and words that all text reporters share.

use crate::series_text::width;
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

    /// The width of sentences: those of a wide terminal are not longer than one likes to read.
    pub(crate) fn text_width(self) -> usize {
        self.width.clamp(60, 80)
    }

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

/// Breaks a text between words into lines of at most `room` columns; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| width(line));
        if line > 0 && line + 1 + width(word) > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// `1 rule`, `2 rules`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
