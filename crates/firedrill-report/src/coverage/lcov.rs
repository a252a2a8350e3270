//! Coverage as LCOV's tracefile: rules are functions, points are branches.

use super::lines::{line_of, lines, path_of, unique_names};
use firedrill_source::Sources;
use firedrill_unit::Totals;
use std::io::{self, Write};

/// Writes a record a file.
///
/// # Errors
/// When the writer fails.
pub fn write_lcov(out: &mut dyn Write, sources: &Sources, totals: &Totals) -> io::Result<()> {
    for file in &totals.files {
        let source = sources.get(file.file);
        writeln!(out, "TN:\nSF:{}", path_of(sources, file))?;
        let names = unique_names(file);
        for (rule, name) in file.rules.iter().zip(&names) {
            writeln!(out, "FN:{},{name}", line_of(source, rule))?;
        }
        for (rule, name) in file.rules.iter().zip(&names) {
            writeln!(out, "FNDA:{},{name}", rule.tests)?;
        }
        let tally = file.tally();
        writeln!(out, "FNF:{}\nFNH:{}", tally.rules, tally.tested)?;
        let lines = lines(source, file);
        for (number, line) in &lines {
            for at in &line.points {
                write!(out, "BRDA:{number},{},{},", at.rule, at.index)?;
                if at.looked_at == 0 {
                    writeln!(out, "-")?;
                } else {
                    writeln!(out, "{}", at.tests)?;
                }
            }
        }
        writeln!(out, "BRF:{}\nBRH:{}", tally.points, tally.seen)?;
        for (number, line) in &lines {
            writeln!(out, "DA:{number},{}", line.hits)?;
        }
        let hit = lines.values().filter(|line| line.hits > 0).count();
        writeln!(out, "LF:{}\nLH:{hit}\nend_of_record", lines.len())?;
    }
    Ok(())
}
