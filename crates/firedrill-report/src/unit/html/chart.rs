//! A timeline as SVG: the value as a line, its threshold dashed, a strip with the alert's state, the tested time marked.

use super::super::phases;
use crate::markup::html as escaped;
use crate::series_text::{histogram_line, series_text};
use crate::style::Style;
use firedrill_unit::{AlertState, Reading, Timeline, TimelineSeries};
use firedrill_value::Duration;

/// Series beyond this many are counted, not drawn.
const MAX_SERIES: usize = 6;
const WIDTH: f64 = 720.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 18.0;
const PLOT: f64 = 110.0;
const STRIP: f64 = 16.0;

/// A figure for each series; `first` is the number of the first.
pub(super) fn figures(timeline: &Timeline, first: usize) -> String {
    if timeline.rows.is_empty() {
        return String::new();
    }
    let mut html = String::new();
    if timeline.series.is_empty() {
        html.push_str("<p>The expression gives nothing at any time of the test.</p>\n");
    }
    for (at, series) in timeline.series.iter().take(MAX_SERIES).enumerate() {
        html.push_str(&figure(timeline, series, first + at));
    }
    let more = timeline.series.len().saturating_sub(MAX_SERIES) + timeline.more_series;
    if more > 0 {
        html.push_str(&format!("<p class=\"place\">… and {more} more series</p>\n"));
    }
    html
}

fn figure(timeline: &Timeline, series: &TimelineSeries, number: usize) -> String {
    let what = timeline
        .measured
        .as_ref()
        .map_or("value", |measured| measured.expr.as_str());
    let what = phases::short(what, 80);
    let labels = series_text(&series.labels);
    let plain = Style {
        color: false,
        width: 200,
    };
    let described = phases::lines(timeline, series, plain);
    let title = format!("{what} of {labels} over the test");
    let limit = timeline.measured.as_ref().map_or_else(String::new, |measured| {
        format!(
            " <span>must be <code>{}</code></span>",
            escaped(&phases::short(&measured.condition, 80))
        )
    });
    let mut html = format!(
        "<figure>\n<figcaption><code>{}</code> <code>{}</code>{limit}{}</figcaption>\n",
        escaped(&what),
        escaped(&labels),
        key(series)
    );
    html.push_str(&svg(timeline, series, number, &title, &described.join("; ")));
    html.push_str("<details><summary>in words</summary><pre>");
    html.push_str(&escaped(&described.join("\n")));
    html.push_str("</pre></details>\n</figure>\n");
    html
}

/// The states that occur, with their colours.
fn key(series: &TimelineSeries) -> String {
    let all = [
        AlertState::Inactive,
        AlertState::Pending,
        AlertState::Firing,
        AlertState::Kept,
    ];
    let seen = all.iter().filter(|state| series.states.contains(state));
    let items: String = seen
        .map(|state| {
            let class = class(*state);
            format!(
                "<i style=\"background:var(--{})\"></i>{}",
                if class == "inactive" { "line" } else { class },
                state.name()
            )
        })
        .collect();
    if items.is_empty() {
        items
    } else {
        format!(" <span class=\"key\" aria-hidden=\"true\">{items}</span>")
    }
}

fn class(state: AlertState) -> &'static str {
    match state {
        AlertState::Inactive => "inactive",
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
        AlertState::Kept => "kept",
    }
}

/// Where times and values are in the picture.
struct Scale {
    start: i64,
    /// One step beyond the last row, so that the last state has a width.
    end: i64,
    least: f64,
    most: f64,
    /// The same of the values alone, without room around them.
    lowest: f64,
    highest: f64,
}

impl Scale {
    /// The values that stand at the axis.
    fn labelled(&self) -> Vec<f64> {
        if self.highest > self.lowest {
            vec![self.highest, self.lowest]
        } else {
            vec![self.highest]
        }
    }

    fn x(&self, time: i64) -> f64 {
        let part = (time - self.start) as f64 / (self.end - self.start).max(1) as f64;
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        // Halves, so that the distance of huge values does not overflow.
        let whole = self.most / 2.0 - self.least / 2.0;
        let part = (value / 2.0 - self.least / 2.0) / whole;
        TOP + (1.0 - part.clamp(0.0, 1.0)) * PLOT
    }
}

fn svg(
    timeline: &Timeline,
    series: &TimelineSeries,
    number: usize,
    title: &str,
    description: &str,
) -> String {
    let numbers: Vec<Option<f64>> = series
        .values
        .iter()
        .map(|value| {
            value
                .as_ref()
                .and_then(Reading::number)
                .filter(|value| value.is_finite())
        })
        .collect();
    let scale = scale(timeline, series, &numbers);
    let strip = !series.states.is_empty();
    let bottom = TOP + PLOT;
    let height = bottom + 18.0 + if strip { STRIP + 12.0 } else { 0.0 };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t{number} d{number}\">\n\
         <title id=\"t{number}\">{}</title>\n<desc id=\"d{number}\">{}</desc>\n",
        escaped(title),
        escaped(description)
    );
    svg.push_str(&format!(
        "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{:.1}\"/>\n",
        WIDTH - RIGHT
    ));
    for value in scale.labelled() {
        svg.push_str(&text(
            "",
            LEFT - 6.0,
            scale.y(value) + 4.0,
            "end",
            &phases::number(value),
        ));
    }
    for path in limit_paths(timeline, series, &scale) {
        svg.push_str(&format!("<path class=\"limit\" d=\"{path}\"/>\n"));
    }
    if let Some(limit) = series
        .thresholds
        .iter()
        .flatten()
        .next_back()
        .filter(|limit| limit.is_finite())
    {
        svg.push_str(&text(
            "lim",
            WIDTH - RIGHT,
            scale.y(*limit) - 4.0,
            "end",
            &phases::number(*limit),
        ));
    }
    for path in paths(timeline, &numbers, &scale) {
        svg.push_str(&format!("<path class=\"value\" d=\"{path}\"/>\n"));
    }
    if timeline.rows.len() <= 80 {
        for (row, value) in timeline.rows.iter().zip(&numbers) {
            if let Some(value) = value {
                svg.push_str(&format!(
                    "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{}: {}</title></circle>\n",
                    scale.x(row.time),
                    scale.y(*value),
                    Duration::from_millis(row.time),
                    phases::number(*value)
                ));
            }
        }
    }
    svg.push_str(&notes(series, &numbers));
    if strip {
        svg.push_str(&states(timeline, series, &scale, bottom + 12.0));
    }
    svg.push_str(&times(timeline, &scale, height));
    svg.push_str("</svg>\n");
    svg
}

fn scale(timeline: &Timeline, series: &TimelineSeries, numbers: &[Option<f64>]) -> Scale {
    let limits = series
        .thresholds
        .iter()
        .flatten()
        .copied()
        .filter(|limit| limit.is_finite());
    let all = || numbers.iter().flatten().copied().chain(limits.clone());
    let (mut least, mut most) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    if least > most {
        (least, most) = (0.0, 1.0);
    }
    let (lowest, highest) = (least, most);
    if least >= most {
        // A flat line lies in the middle.
        let room = if least == 0.0 { 1.0 } else { least.abs() / 2.0 };
        (least, most) = (least - room, most + room);
    } else {
        // Lines do not lie on the axis.
        let room = most / 20.0 - least / 20.0;
        (least, most) = (least - room, most + room);
    }
    let start = timeline.rows.first().map_or(0, |row| row.time);
    let end = timeline.rows.last().map_or(0, |row| row.time) + timeline.step.max(1);
    Scale {
        start,
        end,
        least,
        most,
        lowest,
        highest,
    }
}

/// The threshold, drawn to the end of the picture.
fn limit_paths(timeline: &Timeline, series: &TimelineSeries, scale: &Scale) -> Vec<String> {
    let mut paths = paths(timeline, &series.thresholds, scale);
    if let (Some(path), Some(Some(_))) = (paths.last_mut(), series.thresholds.last()) {
        path.push_str(&format!("H{:.1}", scale.x(scale.end)));
    }
    paths
}

/// Lines through the values; a gap ends one.
fn paths(timeline: &Timeline, values: &[Option<f64>], scale: &Scale) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut open = false;
    for (row, value) in timeline.rows.iter().zip(values) {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            open = false;
            continue;
        };
        let point = format!("{:.1} {:.1}", scale.x(row.time), scale.y(value));
        match paths.last_mut().filter(|_| open) {
            Some(path) => path.push_str(&format!("L{point}")),
            None => paths.push(format!("M{point}")),
        }
        open = true;
    }
    paths
}

/// What cannot be drawn.
fn notes(series: &TimelineSeries, numbers: &[Option<f64>]) -> String {
    if numbers.iter().any(Option::is_some) {
        return String::new();
    }
    let histogram = series.values.iter().flatten().find_map(|value| match value {
        Reading::Histogram(histogram) => Some(histogram_line(histogram)),
        Reading::Number(_) => None,
    });
    let said = match histogram {
        Some(line) => format!("native histograms, the first: {line}"),
        None if series.values.iter().any(Option::is_some) => "no finite number".to_owned(),
        None => "no sample".to_owned(),
    };
    text("", WIDTH / 2.0, TOP + PLOT / 2.0, "middle", &said)
}

/// A strip in which each state has its colour, and its name where there is room.
fn states(timeline: &Timeline, series: &TimelineSeries, scale: &Scale, y: f64) -> String {
    let mut svg = text("", LEFT - 6.0, y + 12.0, "end", "alert");
    let mut at = 0;
    while let Some(state) = series.states.get(at) {
        let length = series
            .states
            .iter()
            .skip(at)
            .take_while(|other| *other == state)
            .count();
        let until = timeline.rows.get(at + length).map_or(scale.end, |row| row.time);
        let (Some(row), name) = (timeline.rows.get(at), state.name()) else {
            break;
        };
        let (from, to) = (scale.x(row.time), scale.x(until));
        svg.push_str(&format!(
            "<rect class=\"{}\" x=\"{from:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{STRIP}\"><title>{name} from {}</title></rect>\n",
            class(*state),
            (to - from).max(0.5),
            Duration::from_millis(row.time)
        ));
        at += length;
    }
    svg
}

/// Times of the start, of the end, and of what is tested.
fn times(timeline: &Timeline, scale: &Scale, height: f64) -> String {
    let mut svg = String::new();
    let name = |time: i64| Duration::from_millis(time).to_string();
    let tested = timeline
        .tested()
        .and_then(|at| timeline.rows.get(at))
        .map(|row| row.time);
    let far = |time: i64| tested.is_none_or(|tested| (scale.x(time) - scale.x(tested)).abs() > 70.0);
    let (first, last) = (scale.start, timeline.rows.last().map_or(0, |row| row.time));
    if far(first) {
        svg.push_str(&text("", scale.x(first), height - 4.0, "start", &name(first)));
    }
    if far(last) && last != first {
        svg.push_str(&text("", scale.x(last), height - 4.0, "middle", &name(last)));
    }
    if let Some(tested) = tested {
        let x = scale.x(tested);
        svg.push_str(&format!(
            "<line class=\"tested\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\"/>\n",
            TOP - 4.0,
            height - 16.0
        ));
        let anchor = if x > WIDTH - 60.0 { "end" } else { "middle" };
        svg.push_str(&text(
            "now",
            x,
            height - 4.0,
            anchor,
            &format!("tested {}", name(tested)),
        ));
    }
    svg
}

fn text(class: &str, x: f64, y: f64, anchor: &str, content: &str) -> String {
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{class}\"")
    };
    format!(
        "<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
        escaped(content)
    )
}
