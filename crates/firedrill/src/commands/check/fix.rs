//! `--fix`, `--unsafe-fixes` and `--diff`: repairs in place, as small as they can be.

use super::{Judged, Project};
use crate::Exit;
use crate::cli::CheckArgs;
use crate::commands::{complain, to_stdout};
use crate::diff::write_diff;
use crate::files::{self, Text, write_atomically};
use firedrill_source::{Diagnostic, FileId, Safety, Severity, SourceFile, repaired};

/// Repairs make room for others; those that chase each other end here.
const MOST_ROUNDS: usize = 10;

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Which repairs are asked for, if any.
pub(super) fn wanted(args: &CheckArgs) -> Option<Safety> {
    match (args.fix || args.diff, args.unsafe_fixes) {
        (_, true) => Some(Safety::Unsafe),
        (true, false) => Some(Safety::Safe),
        (false, false) => None,
    }
}

/// The files as they are after all repairs; nothing is written yet.
pub(super) struct Fixed {
    judged: Judged,
    /// The old and the new text of each file that changed, and how many repairs it took.
    changed: Vec<(Text, Text, usize)>,
    /// What could not be done.
    problems: Vec<String>,
}

/// Repairs until there is nothing left to repair. A file in which a repair makes a new error stays as it was before it.
///
/// # Errors
/// As [`Project::judge`].
pub(super) fn run(project: &mut Project<'_>, first: Judged, level: Safety) -> Result<Fixed, String> {
    let before: Vec<Text> = project.texts.clone();
    let mut counts = vec![0; before.len()];
    let mut stuck: Vec<bool> = before
        .iter()
        .map(|text| text.path.is_none() || text.undecodable.is_some())
        .collect();
    let mut problems: Vec<String> = Vec::new();
    if before.iter().any(|text| text.path.is_none()) {
        problems.push("standard input is not repaired: name the file".to_owned());
    }
    let mut judged = first;
    for _ in 0..MOST_ROUNDS {
        let mut tried: Vec<(usize, Text, usize)> = Vec::new();
        for (index, text) in project.texts.iter_mut().enumerate() {
            if stuck[index] {
                continue;
            }
            let fixes = fixes(&judged, judged.ids[index], level);
            let Some((new, count)) = repaired(text.source.text(), fixes.iter().copied()) else {
                continue;
            };
            let old = text.clone();
            text.source = SourceFile::new(old.source.name(), new);
            tried.push((index, old, count));
        }
        if tried.is_empty() {
            break;
        }
        let mut next = project.judge()?;
        let mut spoilt = false;
        for (index, old, count) in tried {
            let id = judged.ids[index];
            if errors(&next, id) > errors(&judged, id) {
                problems.push(format!(
                    "{}: left as it is: a repair would have made a new error; please report this",
                    old.source.name()
                ));
                project.texts[index] = old;
                stuck[index] = true;
                spoilt = true;
            } else {
                counts[index] += count;
            }
        }
        if spoilt {
            next = project.judge()?;
        }
        judged = next;
    }
    let changed = before
        .into_iter()
        .zip(&project.texts)
        .zip(counts)
        .filter(|((old, new), _)| old.source.text() != new.source.text())
        .map(|((old, new), count)| (old, new.clone(), count))
        .collect();
    Ok(Fixed {
        judged,
        changed,
        problems,
    })
}

/// The repairs of a file, in the order of their findings.
fn fixes(judged: &Judged, id: FileId, level: Safety) -> Vec<&firedrill_source::Fix> {
    let here = |finding: &&Diagnostic| finding.primary.location.file == id;
    judged
        .findings
        .iter()
        .filter(here)
        .filter_map(|finding| finding.fix.as_ref())
        .filter(|fix| fix.safety <= level)
        .collect()
}

fn errors(judged: &Judged, id: FileId) -> usize {
    let bad =
        |finding: &&Diagnostic| finding.primary.location.file == id && finding.severity == Severity::Error;
    judged.findings.iter().filter(bad).count()
}

impl Fixed {
    /// Prints the changes.
    pub(super) fn show(self) -> Exit {
        self.problems.iter().for_each(|problem| complain(problem));
        to_stdout(|out| {
            for (old, new, _) in &self.changed {
                write_diff(out, old.source.name(), old.source.text(), new.source.text())?;
            }
            Ok(())
        });
        if self.changed.is_empty() {
            complain("there is nothing to repair");
            Exit::Clean
        } else {
            Exit::Findings
        }
    }

    /// Writes the changed files, and says how many; gives what is left to report.
    ///
    /// # Errors
    /// If a file cannot be written; those before it are.
    pub(super) fn write(self) -> Result<Judged, String> {
        self.problems.iter().for_each(|problem| complain(problem));
        let mut total = 0;
        for (old, new, count) in &self.changed {
            let Some(path) = &old.path else { continue };
            let bytes = std::fs::read(path)
                .map_err(|error| format!("cannot read {}: {}", path.display(), files::reason(&error)))?;
            let text = old.source.text().as_bytes();
            let mark: &[u8] = if bytes.starts_with(MARK) && !text.starts_with(MARK) {
                MARK
            } else {
                b""
            };
            if bytes.strip_prefix(mark) != Some(text) {
                return Err(format!(
                    "{}: left as it is: it is not plain UTF-8, or it has just changed",
                    old.source.name()
                ));
            }
            write_atomically(path, &[mark, new.source.text().as_bytes()].concat())?;
            total += count;
        }
        if total > 0 {
            let files = self.changed.len();
            complain(&format!(
                "repaired {total} finding{} in {files} file{}",
                if total == 1 { "" } else { "s" },
                if files == 1 { "" } else { "s" },
            ));
        }
        Ok(self.judged)
    }
}
