//! Lines of a file with marks under them and words at the marks.

use super::line::{Line, Part};
use super::page::{Ink, Page};
use crate::report::Mark;
use firedrill_source::SourceFile;
use std::ops::Range;

/// The excerpts of a file that show these marks, each with so many lines around it. Nothing where the room that something
/// takes is not known; some of it may be written then.
pub(super) fn draw(page: &mut Page<'_>, file: &SourceFile, marks: &[Mark<'_>], context: usize) -> Option<()> {
    /// How many are sorted by inserting: marks at one place stay in their order.
    const MOST_MARKS: usize = 20;
    let text = file.written();
    let can_be_placed = |mark: &Mark<'_>| text.get(mark.start..mark.end).is_some();
    if marks.len() > MOST_MARKS || !marks.iter().all(can_be_placed) || file.name().contains('\n') {
        return None;
    }
    let mut marks = marks.to_vec();
    marks.sort_by_key(|mark| mark.start);
    let mut windows: Vec<Window> = Vec::with_capacity(marks.len());
    for mark in &marks {
        let window = Window::around(file, mark.start..mark.end, context);
        match windows.last_mut() {
            Some(last) if window.lines.start <= last.lines.end => {
                let end = last.span.end.max(mark.end);
                *last = Window::around(file, last.span.start..end, context);
            }
            _ => windows.push(window),
        }
    }
    windows
        .iter()
        .try_for_each(|window| window.draw(page, file, &marks))
}

/// Lines that are shown together.
struct Window {
    /// What they are shown for.
    span: Range<usize>,
    lines: Range<usize>,
}

impl Window {
    fn around(file: &SourceFile, span: Range<usize>, context: usize) -> Self {
        let first = file.line_index(span.start).saturating_sub(context);
        let last = file.line_index(span.end.saturating_sub(1).max(span.start)) + context;
        Window {
            span,
            lines: first..(last + 1).min(file.line_starts().len()),
        }
    }

    fn draw(&self, page: &mut Page<'_>, file: &SourceFile, marks: &[Mark<'_>]) -> Option<()> {
        let mut lines = self
            .lines
            .clone()
            .map(|index| Line::of(file, index))
            .collect::<Option<Vec<_>>>()?;
        lines.pop_if(|line| line.is_empty());
        let last_number = lines.last().map_or(0, |line| line.number);
        let crossing = |line: &Line<'_>| marks.iter().filter(|mark| crosses(line.part(mark))).count();
        let frame = Frame {
            digits: last_number.checked_ilog10().unwrap_or(0) as usize + 1,
            gutter: lines.iter().map(crossing).max().unwrap_or(0),
        };
        let mut shown = marks
            .iter()
            .filter(|mark| self.span.start <= mark.start && mark.end <= self.span.end);
        let place = shown.clone().find(|mark| mark.primary).or_else(|| shown.next())?;
        frame.top(page, file, place.start);
        let mut here = Vec::with_capacity(marks.len());
        for line in &lines {
            here.clear();
            here.extend(
                marks
                    .iter()
                    .zip(Ink::MARKS.into_iter().cycle())
                    .filter_map(|(mark, ink)| {
                        let part = line.part(mark)?;
                        Some(Stretch { mark, part, ink })
                    }),
            );
            frame.line(page, line, &here);
            frame.under(page, line, &here);
            frame.ends(page, &here);
        }
        frame.bottom(page);
        Some(())
    }
}

/// What of a mark stands on a line, in its colour.
struct Stretch<'a> {
    mark: &'a Mark<'a>,
    part: Part,
    ink: Ink,
}

/// Whether a mark goes over the end of a line, so that it is drawn at its left.
fn crosses(part: Option<Part>) -> bool {
    part.is_some_and(|part| part != Part::All)
}

/// What stands at the left of all lines.
struct Frame {
    /// Columns of the numbers of lines.
    digits: usize,
    /// How many marks go from line to line, where most do.
    gutter: usize,
}

/// How a mark that goes over several lines gets at its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Foot {
    /// The words are one line.
    Whole,
    /// The first of several lines of words.
    First,
    /// The lines that follow.
    Rest,
}

impl Foot {
    /// For each line of words.
    fn each(words: &str) -> impl Iterator<Item = (Foot, &str)> {
        let first = if words.contains('\n') {
            Foot::First
        } else {
            Foot::Whole
        };
        std::iter::once(first)
            .chain(std::iter::repeat(Foot::Rest))
            .zip(words.split('\n'))
    }
}

impl Frame {
    fn top(&self, page: &mut Page<'_>, file: &SourceFile, offset: usize) {
        let at = file.line_column(offset);
        page.blanks(self.digits + 2);
        page.put("╭─[");
        page.painted(Ink::PLACE, |page| {
            page.put(file.name());
            page.put(":");
            page.put_number(at.line, 0);
            page.put(":");
            page.put_number(at.column, 0);
        });
        page.put("]");
        page.end_line();
    }

    fn bottom(&self, page: &mut Page<'_>) {
        page.blanks(self.digits + 2);
        page.put("╰────");
        page.end_line();
    }

    /// A line of the file.
    fn line(&self, page: &mut Page<'_>, line: &Line<'_>, here: &[Stretch<'_>]) {
        page.put(" ");
        page.painted(Ink::NUMBER, |page| page.put_number(line.number, self.digits));
        page.put(" │ ");
        self.gutter_at_line(page, here);
        line.draw(page);
        page.end_line();
    }

    /// Marks that come from lines above, or begin or end here.
    fn gutter_at_line(&self, page: &mut Page<'_>, here: &[Stretch<'_>]) {
        if self.gutter == 0 {
            return;
        }
        let begin = page.mark();
        for (taken, stretch) in here.iter().filter(|s| crosses(Some(s.part))).enumerate() {
            let corner = match stretch.part {
                Part::Begin => "╭",
                Part::End if stretch.mark.words.is_some() => "├",
                Part::End => "╰",
                Part::Middle | Part::All => {
                    page.painted(stretch.ink, |page| page.put("│"));
                    continue;
                }
            };
            page.painted(stretch.ink, |page| page.put(corner));
            page.painted(stretch.ink, |page| page.strokes(self.gutter - taken));
            page.painted(stretch.ink, |page| page.put("▶"));
            return page.blanks(1);
        }
        // In colours lines with a mark at their left stand further left where several marks cross, for these count.
        let taken = page.characters_since(begin);
        page.blanks(self.gutter.saturating_sub(taken) + 3);
    }

    /// The left of what is said under a line.
    fn gutter_below(&self, page: &mut Page<'_>, here: &[Stretch<'_>], foot: Foot) {
        page.put(" ");
        page.blanks(self.digits);
        page.put(" · ");
        if self.gutter == 0 {
            return;
        }
        let mut taken = 0;
        for stretch in here.iter().filter(|s| crosses(Some(s.part))) {
            if stretch.part == Part::End {
                let room = self.gutter - taken + 2;
                let strokes = match foot {
                    Foot::Whole => room,
                    Foot::First => room - 1,
                    Foot::Rest => return page.blanks(room),
                };
                page.painted(stretch.ink, |page| page.put("╰"));
                return page.painted(stretch.ink, |page| page.strokes(strokes));
            }
            page.painted(stretch.ink, |page| page.put("│"));
            taken += 1;
        }
        page.blanks(self.gutter + 3 - taken);
    }

    /// What is under a line for the marks that are all on it.
    fn under(&self, page: &mut Page<'_>, line: &Line<'_>, here: &[Stretch<'_>]) {
        let mut stretches = here.iter().filter(|stretch| stretch.part == Part::All).peekable();
        if stretches.peek().is_none() {
            return;
        }
        self.gutter_below(page, here, Foot::Whole);
        // Each with the column where its words hang.
        let mut hooks: Vec<(&Stretch<'_>, usize)> = Vec::with_capacity(here.len());
        let mut column = 0;
        for stretch in stretches {
            let mark = stretch.mark;
            let start = line.column(mark.start).max(column);
            let end = if mark.start == mark.end {
                start
            } else {
                line.column(mark.end)
            };
            let end = end.max(start + 1);
            let hook = (start + end) / 2;
            page.painted(stretch.ink, |page| {
                page.blanks(start - column);
                page.strokes(hook - start);
                page.put(match mark.words {
                    _ if mark.start == mark.end => "▲",
                    Some(_) => "┬",
                    None => "─",
                });
                page.strokes(end - hook - 1);
            });
            column = end;
            hooks.push((stretch, hook));
        }
        page.end_line();
        for (stretch, _) in hooks.iter().rev() {
            let Some(words) = stretch.mark.words else { continue };
            for (foot, words) in Foot::each(words) {
                self.gutter_below(page, here, Foot::Whole);
                hang(page, &hooks, stretch, foot, words);
            }
        }
    }

    /// The words of marks that come from lines above and end here.
    fn ends(&self, page: &mut Page<'_>, here: &[Stretch<'_>]) {
        for stretch in here.iter().filter(|stretch| stretch.part == Part::End) {
            let Some(words) = stretch.mark.words else { continue };
            for (foot, words) in Foot::each(words) {
                self.gutter_below(page, here, foot);
                let tip = match foot {
                    Foot::Whole => "─",
                    Foot::First => "┤",
                    Foot::Rest => "│",
                };
                page.painted(stretch.ink, |page| page.put(tip));
                page.put(" ");
                page.painted(stretch.ink, |page| page.put(words));
                page.end_line();
            }
        }
    }
}

/// A line of words at their hook, behind the lines that go down to the words of others.
fn hang(
    page: &mut Page<'_>,
    hooks: &[(&Stretch<'_>, usize)],
    stretch: &Stretch<'_>,
    foot: Foot,
    words: &str,
) {
    let mut column = 0;
    for &(other, hook) in hooks {
        page.blanks(hook - column);
        if other.mark.is_alike(stretch.mark) {
            break;
        }
        page.painted(other.ink, |page| page.put("│"));
        column = hook + 1;
    }
    page.painted(stretch.ink, |page| {
        page.put(match foot {
            Foot::Whole => "╰── ",
            Foot::First => "╰─┤ ",
            Foot::Rest => "  │ ",
        });
        page.painted(stretch.ink, |page| page.put(words));
    });
    page.end_line();
}
