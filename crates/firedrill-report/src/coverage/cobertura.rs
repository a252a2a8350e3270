//! Coverage as Cobertura's XML: directories are packages, files are classes, rules are methods.

use super::lines::{Line, lines, path_of, unique_names};
use crate::markup::xml_attribute;
use firedrill_source::Sources;
use firedrill_unit::{FileCoverage, Totals};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Counts for the rates.
#[derive(Clone, Copy, Default)]
struct Rates {
    lines: (usize, usize),
    points: (usize, usize),
}

impl Rates {
    fn add(&mut self, line: &Line<'_>) {
        self.lines.0 += usize::from(line.hits > 0);
        self.lines.1 += 1;
        self.points.0 += line.seen();
        self.points.1 += line.points.len();
    }

    fn merge(&mut self, other: Rates) {
        self.lines.0 += other.lines.0;
        self.lines.1 += other.lines.1;
        self.points.0 += other.points.0;
        self.points.1 += other.points.1;
    }

    /// The attributes that every level has.
    fn attributes(self) -> String {
        format!(
            "line-rate=\"{}\" branch-rate=\"{}\"",
            rate(self.lines),
            rate(self.points)
        )
    }
}

fn rate((part, whole): (usize, usize)) -> String {
    if whole == 0 {
        return "1".to_owned();
    }
    // Cut, not rounded: 1 is only said of what is complete.
    format!(
        "{:.4}",
        (part as f64 * 10_000.0 / whole as f64).floor() / 10_000.0
    )
}

/// Writes the document. The time in it is always 0: the same run gives the same bytes.
///
/// # Errors
/// When the writer fails.
pub fn write_cobertura(out: &mut dyn Write, sources: &Sources, totals: &Totals) -> io::Result<()> {
    let mut packages: BTreeMap<String, Vec<(String, &FileCoverage, Rates)>> = BTreeMap::new();
    let mut all = Rates::default();
    for file in &totals.files {
        let path = path_of(sources, file);
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned();
        let mut rates = Rates::default();
        let lines = lines(sources.get(file.file), file);
        lines.values().for_each(|line| rates.add(line));
        all.merge(rates);
        packages.entry(folder).or_default().push((path, file, rates));
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">"
    )?;
    writeln!(
        out,
        "<coverage {} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" branches-valid=\"{}\" \
         complexity=\"0\" version=\"firedrill\" timestamp=\"0\">",
        all.attributes(),
        all.lines.0,
        all.lines.1,
        all.points.0,
        all.points.1
    )?;
    writeln!(
        out,
        "  <sources>\n    <source>.</source>\n  </sources>\n  <packages>"
    )?;
    for (folder, files) in packages {
        let mut rates = Rates::default();
        files.iter().for_each(|(_, _, own)| rates.merge(*own));
        writeln!(
            out,
            "    <package name=\"{}\" {} complexity=\"0\">\n      <classes>",
            xml_attribute(&folder),
            rates.attributes()
        )?;
        for (path, file, rates) in files {
            write_class(out, sources, &path, file, rates)?;
        }
        writeln!(out, "      </classes>\n    </package>")?;
    }
    writeln!(out, "  </packages>\n</coverage>")
}

fn write_class(
    out: &mut dyn Write,
    sources: &Sources,
    path: &str,
    file: &FileCoverage,
    rates: Rates,
) -> io::Result<()> {
    let source = sources.get(file.file);
    let name = path.rsplit('/').next().unwrap_or(path);
    writeln!(
        out,
        "        <class name=\"{}\" filename=\"{}\" {} complexity=\"0\">\n          <methods>",
        xml_attribute(name),
        xml_attribute(path),
        rates.attributes()
    )?;
    for (rule, name) in file.rules.iter().zip(unique_names(file)) {
        let alone = FileCoverage {
            file: file.file,
            loaded: file.loaded,
            rules: vec![rule.clone()],
        };
        let lines = lines(source, &alone);
        let mut rates = Rates::default();
        lines.values().for_each(|line| rates.add(line));
        writeln!(
            out,
            "            <method name=\"{}\" signature=\"\" {} complexity=\"0\">",
            xml_attribute(&name),
            rates.attributes()
        )?;
        write_lines(out, "              ", &lines)?;
        writeln!(out, "            </method>")?;
    }
    writeln!(out, "          </methods>")?;
    write_lines(out, "          ", &lines(source, file))?;
    writeln!(out, "        </class>")
}

fn write_lines(out: &mut dyn Write, indent: &str, lines: &BTreeMap<usize, Line<'_>>) -> io::Result<()> {
    writeln!(out, "{indent}<lines>")?;
    for (number, line) in lines {
        write!(out, "{indent}  <line number=\"{number}\" hits=\"{}\"", line.hits)?;
        if line.points.is_empty() {
            writeln!(out, " branch=\"false\"/>")?;
            continue;
        }
        let (seen, all) = (line.seen(), line.points.len());
        writeln!(
            out,
            " branch=\"true\" condition-coverage=\"{}% ({seen}/{all})\">\n{indent}    <conditions>",
            seen * 100 / all
        )?;
        for (index, at) in line.points.iter().enumerate() {
            let coverage = if at.tests > 0 { 100 } else { 0 };
            writeln!(
                out,
                "{indent}      <condition number=\"{index}\" type=\"{}\" coverage=\"{coverage}%\"/>",
                at.point.kind.name()
            )?;
        }
        writeln!(out, "{indent}    </conditions>\n{indent}  </line>")?;
    }
    writeln!(out, "{indent}</lines>")
}
