//! The loads of scripts.

use crate::LoadError;
use firedrill_eval::{Limits, Storage};
use firedrill_promqltest::{Script, ScriptError};
use firedrill_source::{FileId, SourceFile, Span};

/// The series of a section of a script (`clear` begins a new one), and what it is called.
pub(crate) fn read(
    file: FileId,
    source: &SourceFile,
    wanted: Option<&str>,
    limits: &Limits,
) -> Result<(Storage, String), LoadError> {
    let locate = |error: &ScriptError| {
        let line = source.line_text(error.line.saturating_sub(1));
        let start = source
            .line_starts()
            .get(error.line.saturating_sub(1))
            .copied()
            .unwrap_or(0) as usize;
        let indent = line.len() - line.trim_start().len();
        let span = Span::new(start + indent, start + line.trim_end().len().max(indent));
        LoadError::new(file, span, error.message.clone())
    };
    let script: Script =
        firedrill_promqltest::parse_within(source.text(), limits).map_err(|error| locate(&error))?;
    let sections = script.sections();
    let whole = Span::at(0);
    let index = match wanted {
        None => 0,
        Some(text) => match text.parse::<usize>() {
            Ok(number) if (1..=sections).contains(&number) => number - 1,
            _ => {
                let message = format!("there is no section {text}");
                return Err(LoadError::new(file, whole, message).help(format!(
                    "a script has no names: give a number from 1 to {sections}"
                )));
            }
        },
    };
    let storage = script.section(index).map_err(|error| locate(&error))?;
    let what = if sections > 1 {
        format!("section {} of {sections}", index + 1)
    } else {
        "script".to_owned()
    };
    Ok((storage, what))
}
