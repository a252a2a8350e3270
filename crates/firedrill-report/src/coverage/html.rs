//! Coverage as one page that needs nothing else: files, and their text with what no test has seen.

use super::lines::{Line, lines};
use crate::markup::html as escape;
use crate::style::plural;
use firedrill_source::Sources;
use firedrill_unit::{FileCoverage, Tally, Totals};
use std::io::{self, Write};

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8884; --good: #1a7f3722; --part: #d4a72c33; --bad: #cf222e22; --mark: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb95022; --part: #d2992233; --bad: #f8514922; --mark: #ff7b72; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; }
.files td, .files th { border-bottom: 1px solid var(--line); padding: .2rem .8rem .2rem 0; text-align: left; }
.files .n { text-align: right; }
.source { font: 13px/1.5 ui-monospace, monospace; width: 100%; }
.source td { padding: 0 .6rem; vertical-align: top; white-space: pre-wrap; }
.source .n { color: GrayText; text-align: right; user-select: none; white-space: nowrap; width: 1%; }
.good { background: var(--good); }
.part { background: var(--part); }
.bad { background: var(--bad); }
.missing { color: var(--mark); }
";

/// Writes the page.
///
/// # Errors
/// When the writer fails.
pub fn write_coverage_html(out: &mut dyn Write, sources: &Sources, totals: &Totals) -> io::Result<()> {
    let all = totals.tally();
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Rule coverage {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>",
        all.percent_text()
    )?;
    writeln!(
        out,
        "<h1>Rule coverage {}</h1>\n<p>{}</p>",
        all.percent_text(),
        counts(all)
    )?;
    writeln!(
        out,
        "<table class=\"files\">\n<tr><th>file</th><th>coverage</th><th>ways seen</th><th>rules tested</th></tr>"
    )?;
    let mut order: Vec<usize> = (0..totals.files.len()).collect();
    let percent = |at: usize| totals.files[at].tally().percent();
    order.sort_by(|&a, &b| percent(a).total_cmp(&percent(b)));
    for at in order {
        let file = &totals.files[at];
        let tally = file.tally();
        writeln!(
            out,
            "<tr><td><a href=\"#f{at}\">{}</a></td><td class=\"n\">{}</td><td class=\"n\">{}/{}</td>\
             <td class=\"n\">{}/{}</td></tr>",
            escape(sources.get(file.file).name()),
            tally.percent_text(),
            tally.seen,
            tally.points,
            tally.tested,
            tally.rules
        )?;
    }
    writeln!(out, "</table>")?;
    for (at, file) in totals.files.iter().enumerate() {
        write_file(out, sources, at, file)?;
    }
    writeln!(out, "</body>\n</html>")
}

fn counts(tally: Tally) -> String {
    format!(
        "{} of {} seen, {} of {} tested",
        tally.seen,
        plural(tally.points, "way"),
        tally.tested,
        plural(tally.rules, "rule")
    )
}

fn write_file(out: &mut dyn Write, sources: &Sources, at: usize, file: &FileCoverage) -> io::Result<()> {
    let source = sources.get(file.file);
    writeln!(
        out,
        "<h2 id=\"f{at}\">{}</h2>\n<p>{}{}</p>\n<table class=\"source\">",
        escape(source.name()),
        counts(file.tally()),
        if file.loaded {
            ""
        } else {
            "; no test loads this file"
        }
    )?;
    let lines = lines(source, file);
    for index in 0..source.line_starts().len() {
        let number = index + 1;
        let text = source.line_text(index);
        if text.is_empty() && number == source.line_starts().len() {
            break;
        }
        let line = lines.get(&number);
        let class = line.map_or("", class);
        write!(
            out,
            "<tr class=\"{class}\"><td class=\"n\">{number}</td><td>{}",
            escape(text)
        )?;
        for what in line.map(missing).unwrap_or_default() {
            write!(out, "<br><span class=\"missing\">{}</span>", escape(&what))?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</table>")
}

fn class(line: &Line<'_>) -> &'static str {
    if line.hits == 0 {
        "bad"
    } else if line.seen() == line.points.len() {
        "good"
    } else {
        "part"
    }
}

fn missing(line: &Line<'_>) -> Vec<String> {
    let missed = line.points.iter().filter(|at| at.tests == 0);
    missed.map(|at| at.point.missing()).collect()
}
