//! `firedrill explain` and `firedrill lints`.

use super::{complain, to_stdout};
use crate::Exit;
use crate::cli::PlainFormat;
use firedrill_report::Format;
use serde_json::json;

/// Prints the page of a lint.
pub(crate) fn explain(code: &str) -> Exit {
    let Some(lint) = firedrill_lint::find(code) else {
        let names = firedrill_lint::lints()
            .iter()
            .flat_map(|lint| [lint.code.0, lint.name]);
        let hint = match firedrill_source::nearest(code, names) {
            Some(near) => format!("did you mean {near}?"),
            None => "`firedrill lints` lists them all".to_owned(),
        };
        complain(&format!("there is no lint {code}; {hint}"));
        return Exit::Unusable;
    };
    to_stdout(|out| {
        writeln!(
            out,
            "{} {} ({}): {}\n",
            lint.code, lint.name, lint.severity, lint.summary
        )?;
        writeln!(out, "{}", lint.page.trim())
    });
    Exit::Clean
}

/// Prints the list of lints.
pub(crate) fn list(format: PlainFormat) -> Exit {
    let format: Format = format.into();
    to_stdout(|out| match format {
        Format::Json => {
            let lints: Vec<_> = firedrill_lint::lints()
                .iter()
                .map(|lint| {
                    json!({
                        "code": lint.code.0,
                        "name": lint.name,
                        "severity": lint.severity.name(),
                        "summary": lint.summary,
                    })
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &lints)?;
            writeln!(out)
        }
        _ => {
            for lint in firedrill_lint::lints() {
                writeln!(
                    out,
                    "{}  {:7}  {:32}  {}",
                    lint.code,
                    lint.severity.name(),
                    lint.name,
                    lint.summary
                )?;
            }
            Ok(())
        }
    });
    Exit::Clean
}
