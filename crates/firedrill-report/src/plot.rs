//! Charts for terminals: a line of braille dots for one series, a letter per series for several, bars for an instant.

use crate::clock::{Clock, date};
use crate::series_text::{number, rounded, series_text, width};
use crate::style::{Style, plural};
use anstyle::AnsiColor;
use firedrill_eval::{Column, Grid, is_absent};

/// Height of the plotting area in lines.
const HEIGHT: usize = 12;
/// Series beyond this many are counted, not drawn: their letters could not be told apart.
const MOST_SERIES: usize = 8;
const COLORS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// The lines of a chart that is `width` columns wide.
pub(crate) fn lines(columns: &[Column], grid: Grid, clock: Clock, width: usize, style: Style) -> Vec<String> {
    let width = width.max(30);
    let drawn = &columns[..columns.len().min(MOST_SERIES)];
    let finite = |value: f64| value.is_finite() && !is_absent(value);
    let mut out = if grid.count < 2 {
        bars(columns, width, style)
    } else {
        let all = drawn.iter().flat_map(|column| column.values.iter().copied());
        match Axis::of(all.filter(|&value| finite(value))) {
            Some(axis) => chart(drawn, grid, clock, &axis, width, style),
            None => vec!["nothing to draw: no series has a finite number".to_owned()],
        }
    };
    if grid.count >= 2 && columns.len() > MOST_SERIES {
        out.push(format!(
            "… and {} more series that are not drawn; aggregate them or look at the table",
            columns.len() - MOST_SERIES
        ));
    }
    let infinite = drawn.iter().flat_map(|column| &column.values);
    let infinite = infinite
        .filter(|value| !is_absent(**value) && !value.is_finite())
        .count();
    if infinite > 0 && grid.count >= 2 {
        out.push(format!("{} of NaN or Inf not drawn", plural(infinite, "sample")));
    }
    let histograms = columns
        .iter()
        .filter(|column| column.histograms.is_some())
        .count();
    if histograms > 0 {
        out.push(format!(
            "{histograms} series with native histograms, which have no height: draw histogram_quantile(0.9, …) or \
             histogram_avg(…)"
        ));
    }
    out
}

/// A scale whose ends and ticks are round numbers.
#[derive(Clone, Copy, Debug)]
struct Axis {
    low: f64,
    step: f64,
    ticks: usize,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>) -> Option<Axis> {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return None;
        }
        let (mut low, mut high) = (low, high);
        if low > 0.0 && low < high / 2.0 {
            low = 0.0;
        }
        if high < 0.0 && high > low / 2.0 {
            high = 0.0;
        }
        if low == high {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low, high) = (low - room, high + room);
        }
        // Halves first: the difference of the largest numbers is no number.
        let step = round_step((high / 4.0 - low / 4.0).max(f64::MIN_POSITIVE));
        let first = (low / step).floor();
        let ticks = ((high / step).ceil() - first).clamp(1.0, 20.0) as usize;
        Some(Axis {
            low: (first * step).clamp(f64::MIN, f64::MAX),
            step,
            ticks,
        })
    }

    fn high(&self) -> f64 {
        self.tick(self.ticks)
    }

    fn tick(&self, index: usize) -> f64 {
        // The ticks around the largest numbers are none.
        (self.low + self.step * index as f64).clamp(f64::MIN, f64::MAX)
    }

    /// Where a value stands between the ends: 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let span = self.high() / 2.0 - self.low / 2.0;
        ((value / 2.0 - self.low / 2.0) / span).clamp(0.0, 1.0)
    }
}

/// The next of 1, 2, 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let found = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= least * 0.999_999);
    let step = found.unwrap_or(10.0) * power;
    if step.is_finite() && step > 0.0 {
        step
    } else {
        least
    }
}

/// A distance of ticks on the axis of time in milliseconds, of which at most `most` fit into `span`.
fn time_step(span: i64, most: usize) -> i64 {
    const SECOND: i64 = 1000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let steps = [
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        15 * SECOND,
        30 * SECOND,
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        90 * DAY,
        365 * DAY,
    ];
    let most = i64::try_from(most).unwrap_or(1).max(1);
    let fits = steps.into_iter().find(|step| span / step <= most);
    fits.unwrap_or_else(|| (span / most / (365 * DAY) + 1) * 365 * DAY)
}

fn chart(
    columns: &[Column],
    grid: Grid,
    clock: Clock,
    axis: &Axis,
    total_width: usize,
    style: Style,
) -> Vec<String> {
    let labels: Vec<String> = (0..=axis.ticks).map(|index| rounded(axis.tick(index))).collect();
    let margin = labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let area = total_width.saturating_sub(margin + 2).max(10);
    let rows = if columns.len() == 1 {
        braille(&columns[0], axis, area, style)
    } else {
        letters(columns, axis, area, style)
    };
    let mut label_of_row: Vec<&str> = vec![""; HEIGHT];
    for (index, label) in labels.iter().enumerate() {
        let share = index as f64 / axis.ticks as f64;
        let row = ((1.0 - share) * (HEIGHT - 1) as f64).round() as usize;
        if let Some(slot) = label_of_row.get_mut(row) {
            *slot = label;
        }
    }
    let mut out = Vec::new();
    if columns.len() == 1 {
        out.push(series_text(&columns[0].labels));
    } else {
        for (index, column) in columns.iter().enumerate() {
            out.push(format!(
                "{}  {}",
                letter(index, style),
                series_text(&column.labels)
            ));
        }
    }
    out.push(String::new());
    for (label, row) in label_of_row.iter().zip(rows) {
        let tick = if label.is_empty() { '│' } else { '┤' };
        let padding = " ".repeat(margin - width(label));
        out.push(
            format!("{padding}{} {tick}{row}", style.dim(label))
                .trim_end()
                .to_owned(),
        );
    }
    out.extend(time_axis(grid, clock, margin, area));
    out
}

/// The axis of time and its labels.
fn time_axis(grid: Grid, clock: Clock, margin: usize, area: usize) -> Vec<String> {
    let (start, end) = (grid.start, grid.end());
    let span = (end - start).max(1);
    let label_width = if clock.is_real() { 10 } else { 8 };
    let step = time_step(span, area / (label_width + 2));
    let mut line: Vec<char> = vec!['─'; area];
    let mut texts: Vec<char> = vec![' '; area + margin + 2];
    let origin = clock.origin();
    let first = (start - origin).div_euclid(step) * step + origin;
    let first = if first < start { first + step } else { first };
    let mut time = first;
    let mut free_from = 0;
    while time <= end {
        let column = position(time - start, span, area);
        line[column] = '┬';
        let text: Vec<char> = clock.short(time).chars().collect();
        let middle = margin + 2 + column;
        let from = middle
            .saturating_sub(text.len() / 2)
            .min(texts.len().saturating_sub(text.len()));
        if from >= free_from {
            for (slot, c) in texts[from..].iter_mut().zip(&text) {
                *slot = *c;
            }
            free_from = from + text.len() + 1;
        }
        time += step;
    }
    let mut out = vec![
        format!("{} └{}", " ".repeat(margin), line.into_iter().collect::<String>()),
        texts.into_iter().collect::<String>().trim_end().to_owned(),
    ];
    if clock.is_real() {
        let (from, to) = (date(start), date(end));
        let days = if from == to {
            from
        } else {
            format!("{from} to {to}")
        };
        out.push(format!("{} {days} UTC", " ".repeat(margin)));
    }
    out
}

/// The cell of a distance from the start.
fn position(distance: i64, span: i64, cells: usize) -> usize {
    let at = (distance as f64 / span as f64 * (cells - 1) as f64).round();
    (at as usize).min(cells - 1)
}

/// One series as a line of dots, two by four to a cell; where it has no sample is a gap.
fn braille(column: &Column, axis: &Axis, area: usize, style: Style) -> Vec<String> {
    // The bits of the dots of a braille cell, by row and column.
    const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let (dots_wide, dots_high) = (area * 2, HEIGHT * 4);
    let mut cells = vec![vec![0u8; area]; HEIGHT];
    let last = (column.values.len() - 1).max(1) as f64;
    let mut before: Option<(f64, f64)> = None;
    for (step, &value) in column.values.iter().enumerate() {
        if is_absent(value) || !value.is_finite() {
            before = None;
            continue;
        }
        let x = step as f64 / last * (dots_wide - 1) as f64;
        let y = (1.0 - axis.share(value)) * (dots_high - 1) as f64;
        let (from_x, from_y) = before.unwrap_or((x, y));
        let length = (x - from_x).abs().max((y - from_y).abs()).ceil().max(1.0) as usize;
        for part in 0..=length {
            let share = part as f64 / length as f64;
            let dot_x = (from_x + (x - from_x) * share).round() as usize;
            let dot_y = (from_y + (y - from_y) * share).round() as usize;
            cells[dot_y / 4][dot_x / 2] |= DOTS[dot_y % 4][dot_x % 2];
        }
        before = Some((x, y));
    }
    let rows = cells.into_iter().map(|row| {
        let text: String = row
            .into_iter()
            .map(|bits| {
                char::from_u32(0x2800 + u32::from(bits))
                    .filter(|_| bits != 0)
                    .unwrap_or(' ')
            })
            .collect();
        let text = text.trim_end().to_owned();
        if text.is_empty() {
            text
        } else {
            style.paint(COLORS[0], &text)
        }
    });
    rows.collect()
}

fn letter(index: usize, style: Style) -> String {
    let letter = char::from(b'A' + index as u8).to_string();
    style.paint(COLORS[index % COLORS.len()], &letter)
}

/// Several series, each drawn with its letter; where two meet stands a `*`.
fn letters(columns: &[Column], axis: &Axis, area: usize, style: Style) -> Vec<String> {
    const MEETING: usize = usize::MAX;
    let mut cells: Vec<Vec<Option<usize>>> = vec![vec![None; area]; HEIGHT];
    for (index, column) in columns.iter().enumerate() {
        let last = (column.values.len() - 1).max(1);
        // Cells between far steps stay empty: a line of letters would look surer than it is. With more steps than cells
        // each cell shows the nearest one.
        let places: Vec<(usize, usize)> = if last < area {
            (0..=last)
                .map(|step| (position(step as i64, last as i64, area), step))
                .collect()
        } else {
            (0..area)
                .map(|x| (x, position(x as i64, area as i64 - 1, last + 1)))
                .collect()
        };
        for (x, step) in places {
            let Some(&value) = column.values.get(step) else {
                continue;
            };
            if is_absent(value) || !value.is_finite() {
                continue;
            }
            let row = ((1.0 - axis.share(value)) * (HEIGHT - 1) as f64).round() as usize;
            let cell = &mut cells[row][x];
            *cell = Some(match cell {
                Some(other) if *other != index => MEETING,
                _ => index,
            });
        }
    }
    let rows = cells.into_iter().map(|row| {
        let text: String = row
            .into_iter()
            .map(|cell| match cell {
                None => " ".to_owned(),
                Some(MEETING) => "*".to_owned(),
                Some(index) => letter(index, style),
            })
            .collect();
        text.trim_end().to_owned()
    });
    rows.collect()
}

/// One bar per series from nought to its value.
fn bars(columns: &[Column], total_width: usize, style: Style) -> Vec<String> {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let rows: Vec<(String, f64)> = columns
        .iter()
        .filter_map(|column| {
            let value = column
                .values
                .first()
                .copied()
                .filter(|value| !is_absent(*value))?;
            Some((series_text(&column.labels), value))
        })
        .collect();
    let finite = || rows.iter().map(|row| row.1).filter(|value| value.is_finite());
    let low = finite().fold(0.0, f64::min);
    let high = finite().fold(0.0, f64::max);
    let label_width = rows.iter().map(|row| width(&row.0)).max().unwrap_or(0);
    let value_width = rows.iter().map(|row| width(&number(row.1))).max().unwrap_or(0);
    // Labels longer than half of the line stand on a line of their own.
    let own_line = label_width > total_width / 2;
    let taken = if own_line { 2 } else { label_width + 2 } + value_width + 2;
    let area = total_width.saturating_sub(taken).max(10) as f64;
    let span = (high / 2.0 - low / 2.0).max(f64::MIN_POSITIVE);
    let zero = (-low / 2.0 / span * area).round();
    let mut out = Vec::new();
    for (index, (label, value)) in rows.iter().enumerate() {
        let shown = number(*value);
        let value_text = format!("{}{shown}", " ".repeat(value_width - width(&shown)));
        let bar = if value.is_finite() {
            let length = (value.abs() / 2.0 / span * area).min(area);
            if *value < 0.0 {
                let cells = length.round().min(zero) as usize;
                format!("{}{}", " ".repeat(zero as usize - cells), "█".repeat(cells))
            } else {
                let eighths = (length * 8.0).round() as usize;
                let full = "█".repeat(eighths / 8);
                format!("{}{full}{}", " ".repeat(zero as usize), PARTS[eighths % 8])
            }
        } else {
            String::new()
        };
        let bar = style.paint(COLORS[index % COLORS.len()], &bar);
        if own_line {
            out.push(label.clone());
            out.push(format!("  {value_text}  {bar}").trim_end().to_owned());
        } else {
            let padding = " ".repeat(label_width - width(label));
            out.push(
                format!("{label}{padding}  {value_text}  {bar}")
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_eval::ABSENT;
    use firedrill_value::Labels;

    const PLAIN: Style = Style {
        color: false,
        width: 60,
    };

    fn column(name: &str, values: &[f64]) -> Column {
        Column::new(Labels::from_pairs([("__name__", name)]), values.to_vec())
    }

    fn drawn(columns: &[Column]) -> Vec<String> {
        let grid = Grid {
            start: 0,
            step: 60_000,
            count: columns[0].values.len(),
        };
        lines(columns, grid, Clock::starting_at(0), 60, PLAIN)
    }

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        for (low, high) in [
            (0.0, 1.0),
            (4800.0, 5800.0),
            (-3.0, 7.0),
            (1e-9, 3e-9),
            (5.0, 5.0),
            (0.0, 0.0),
        ] {
            let axis = Axis::of([low, high].into_iter()).unwrap();
            assert!(axis.low <= low && axis.high() >= high, "{axis:?} of {low} {high}");
            assert!((1..=8).contains(&axis.ticks), "{axis:?}");
            for index in 0..=axis.ticks {
                assert!(
                    rounded(axis.tick(index)).len() <= 6,
                    "{axis:?}: {}",
                    axis.tick(index)
                );
            }
        }
        assert!(Axis::of(std::iter::empty()).is_none());
        let huge = Axis::of([f64::MAX, f64::MIN].into_iter()).unwrap();
        assert!(huge.share(0.0).is_finite());
    }

    #[test]
    fn every_line_fits_and_gaps_stay_empty() {
        let values: Vec<f64> = (0..30)
            .map(|at| {
                if (10..20).contains(&at) {
                    ABSENT
                } else {
                    f64::from(at)
                }
            })
            .collect();
        let chart = drawn(&[column("up", &values)]);
        assert!(chart.iter().all(|line| width(line) <= 60), "{chart:#?}");
        let dots = |line: &String| line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let marked: Vec<usize> = (0..60)
            .filter(|&x| {
                chart.iter().any(|line| {
                    line.chars()
                        .nth(x)
                        .is_some_and(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
                })
            })
            .collect();
        assert!(chart.iter().any(dots));
        assert!(marked.windows(2).any(|two| two[1] - two[0] > 10), "{marked:?}");
    }

    #[test]
    fn several_series_have_letters_and_a_star_where_they_meet() {
        let rising: Vec<f64> = (0..40).map(f64::from).collect();
        let falling: Vec<f64> = (0..40).rev().map(f64::from).collect();
        let chart = drawn(&[column("a", &rising), column("b", &falling)]).join("\n");
        assert!(chart.starts_with("A  a\nB  b\n"), "{chart}");
        assert!(chart.contains('*'), "{chart}");
    }

    #[test]
    fn an_instant_is_drawn_as_bars_around_nought() {
        let bars = lines(
            &[
                column("a", &[2.0]),
                column("b", &[-2.0]),
                column("c", &[f64::NAN]),
            ],
            Grid::instant(0),
            Clock::starting_at(0),
            40,
            PLAIN,
        );
        let at = |line: &str| line.chars().position(|c| c == '█');
        assert!(at(&bars[0]) > at(&bars[1]), "{bars:#?}");
        assert_eq!(at(&bars[2]), None);
        assert!(bars.iter().all(|line| width(line) <= 40));
    }

    #[test]
    fn what_cannot_be_drawn_is_told() {
        let values = [1.0, f64::INFINITY, 2.0];
        let chart = drawn(&[column("a", &values)]);
        assert!(
            chart.last().unwrap().starts_with("1 sample of NaN or Inf"),
            "{chart:#?}"
        );
        let nothing = drawn(&[column("a", &[f64::NAN, ABSENT])]);
        assert_eq!(nothing[0], "nothing to draw: no series has a finite number");
    }
}
