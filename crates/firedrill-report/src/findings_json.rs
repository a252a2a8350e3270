//! Findings as one JSON document.

use crate::check::CheckSummary;
use firedrill_lint::name_of;
use firedrill_source::{Diagnostic, Fix, Location, Safety, Severity, Sources};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(crate) fn write(
    out: &mut dyn Write,
    sources: &Sources,
    findings: &[Diagnostic],
    summary: CheckSummary,
) -> io::Result<()> {
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let document = json!({
        "findings": findings.iter().map(|finding| to_json(sources, finding)).collect::<Vec<_>>(),
        "summary": {
            "files": summary.files,
            "rules": summary.rules,
            "test_files_skipped": summary.test_files,
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
            "infos": count(Severity::Info),
            "infos_hidden": summary.hidden,
            "fixable": summary.fixable,
            "known_hidden": summary.known,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes one finding as a line.
pub(crate) fn write_line(out: &mut dyn Write, sources: &Sources, finding: &Diagnostic) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &line(sources, finding))?;
    writeln!(out)
}

/// A finding among lines of other types.
pub(crate) fn line(sources: &Sources, finding: &Diagnostic) -> Value {
    let mut object = to_json(sources, finding);
    object["type"] = json!("finding");
    object
}

/// Adds `file`, `line`, `column`, `end_line`, `end_column` (all from 1, the end exclusive, columns in characters).
pub(crate) fn place(sources: &Sources, location: Location) -> serde_json::Map<String, Value> {
    let file = sources.get(location.file);
    let start = file.line_column(location.span.start as usize);
    let end = file.line_column(location.span.end as usize);
    let mut map = serde_json::Map::new();
    map.insert("file".to_owned(), json!(file.name()));
    map.insert("line".to_owned(), json!(start.line));
    map.insert("column".to_owned(), json!(start.column));
    map.insert("end_line".to_owned(), json!(end.line));
    map.insert("end_column".to_owned(), json!(end.column));
    map
}

fn to_json(sources: &Sources, finding: &Diagnostic) -> Value {
    let mut map = serde_json::Map::new();
    map.insert("code".to_owned(), json!(finding.code.0));
    map.insert("name".to_owned(), json!(name_of(finding.code)));
    map.insert("severity".to_owned(), json!(finding.severity.name()));
    map.insert("message".to_owned(), json!(finding.message));
    map.extend(place(sources, finding.primary.location));
    map.insert("group".to_owned(), json!(finding.subject.group));
    map.insert("rule".to_owned(), json!(finding.subject.rule));
    map.insert("label".to_owned(), json!(finding.primary.text));
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|label| {
            let mut map = place(sources, label.location);
            map.insert("text".to_owned(), json!(label.text));
            Value::Object(map)
        })
        .collect();
    map.insert("related".to_owned(), json!(related));
    map.insert("evidence".to_owned(), json!(finding.evidence));
    map.insert("note".to_owned(), json!(finding.note));
    map.insert("help".to_owned(), json!(finding.help));
    map.insert(
        "fix".to_owned(),
        json!(finding.fix.as_ref().map(|fix| fix_json(sources, finding, fix))),
    );
    Value::Object(map)
}

fn fix_json(sources: &Sources, finding: &Diagnostic, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| {
            let mut map = place(sources, Location::new(finding.primary.location.file, edit.span));
            map.insert("replacement".to_owned(), json!(edit.replacement));
            Value::Object(map)
        })
        .collect();
    let safety = match fix.safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
        Safety::DisplayOnly => "display-only",
    };
    json!({ "title": fix.title, "safety": safety, "edits": edits })
}
