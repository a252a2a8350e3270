//! What users are told about broken files: one line for each finding.

use firedrill_model::{ReadOptions, read_rule_file, read_test_file};
use firedrill_source::{Diagnostic, FileId, Location, SourceFile};
use std::fmt::Write as _;

fn place(file: &SourceFile, location: Location) -> String {
    let (start, end) = (location.span.start as usize, location.span.end as usize);
    let (from, to) = (file.line_column(start), file.line_column(end));
    if from.line == to.line {
        format!("{}:{}-{}", from.line, from.column, to.column)
    } else {
        format!("{}:{}-{}:{}", from.line, from.column, to.line, to.column)
    }
}

fn render(file: &SourceFile, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for finding in findings {
        let at = place(file, finding.primary.location);
        let _ = write!(
            out,
            "{}:{at} {} {} {}",
            file.name(),
            finding.severity,
            finding.code,
            finding.message
        );
        for label in &finding.related {
            let _ = write!(out, " | {}: {}", place(file, label.location), label.text);
        }
        if let Some(help) = &finding.help {
            let _ = write!(out, " | {help}");
        }
        out.push('\n');
    }
    if out.is_empty() {
        out.push_str("nothing to report\n");
    }
    out
}

fn load(path: &std::path::Path) -> SourceFile {
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    SourceFile::new(name, std::fs::read_to_string(path).expect("readable"))
}

#[test]
fn rule_files() {
    insta::glob!("../../../fixtures/rule-files", "*.yml", |path| {
        let file = load(path);
        let read = read_rule_file(FileId(0), file.text(), &ReadOptions::default());
        insta::assert_snapshot!(render(&file, &read.diagnostics));
    });
}

#[test]
fn test_files() {
    insta::glob!("../../../fixtures/test-files", "*.yml", |path| {
        let file = load(path);
        let read = read_test_file(FileId(0), file.text(), &ReadOptions::default());
        insta::assert_snapshot!(render(&file, &read.diagnostics));
    });
}
