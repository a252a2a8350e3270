//! `--update`: writes what came out into the test files in place of what was expected.

use super::{Run, Runner, Texts};
use crate::commands::{complain, to_stdout};
use crate::diff::write_diff;
use crate::files::{Text, write_atomically};
use firedrill_source::SourceFile;
use firedrill_unit::{Failure, rewrite};

/// Rewrites the expectations that fail, and gives the texts as they stand then. Nothing is written of a file whose new
/// text would not pass; with `--diff` nothing is written at all.
pub(super) fn run(runner: &Runner<'_>, texts: &Texts, first: &Run) -> Vec<Text> {
    let mut found = Vec::with_capacity(texts.found.len());
    for (text, outcome) in texts.found.iter().zip(&first.outcomes) {
        let failures: Vec<&Failure> = outcome.cases.iter().flat_map(|case| &case.failures).collect();
        if failures.is_empty() {
            found.push(text.clone());
            continue;
        }
        let name = text.source.name();
        match updated(runner, text, &failures) {
            Ok((new, count)) => {
                if runner.args.diff {
                    to_stdout(|out| write_diff(out, name, text.source.text(), new.source.text()));
                    found.push(text.clone());
                } else {
                    let written = new.path.as_ref().map_or_else(
                        || Err("standard input cannot be rewritten".to_owned()),
                        |path| write_atomically(path, new.source.text().as_bytes()),
                    );
                    match written {
                        Ok(()) => {
                            complain(&format!("{name}: {count} rewritten"));
                            found.push(new);
                        }
                        Err(problem) => {
                            complain(&problem);
                            found.push(text.clone());
                        }
                    }
                }
            }
            Err(problem) => {
                complain(&format!("{name}: {problem}"));
                found.push(text.clone());
            }
        }
    }
    found
}

/// The new text of a file, proved by running it.
fn updated(runner: &Runner<'_>, text: &Text, failures: &[&Failure]) -> Result<(Text, String), String> {
    let path = text.path.as_ref().ok_or("standard input cannot be rewritten")?;
    let old = text.source.text();
    let bytes = std::fs::read(path).map_err(|error| crate::files::reason(&error))?;
    if bytes != old.as_bytes() {
        return Err("left as it is: it is not plain UTF-8, or it has just changed".to_owned());
    }
    let result = rewrite(old, failures.iter().copied());
    for (span, reason) in &result.refused {
        let at = text.source.line_column(span.start as usize);
        complain(&format!(
            "{}:{}: left as it is: {reason}",
            text.source.name(),
            at.line
        ));
    }
    if result.updated == 0 || result.text == old {
        return Err("nothing to rewrite".to_owned());
    }
    let mut new = text.clone();
    new.source = SourceFile::new(text.source.name(), result.text);
    let again = runner.run(vec![new.clone()], &[]);
    let left: usize = again
        .outcomes
        .iter()
        .map(|outcome| outcome.summary.failures)
        .sum();
    let broken = again.outcomes.iter().any(|outcome| outcome.broken);
    if broken || left != failures.len() - result.updated {
        return Err("left as it is: written anew it would not pass either".to_owned());
    }
    let count = match result.updated {
        1 => "1 expectation".to_owned(),
        n => format!("{n} expectations"),
    };
    Ok((new, count))
}
