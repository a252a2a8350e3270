//! Which lines of a file have changed since a revision, as git tells.

use crate::files::reason;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Command, Output};

/// A revision to compare with.
pub(crate) struct Changes {
    revision: String,
}

/// The lines of a file that are not as they were.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// All of them: git does not know the file.
    All,
    /// Changed or new lines, from 1; and lines, from 0, behind which some are gone.
    Some {
        lines: Vec<RangeInclusive<usize>>,
        gone_after: Vec<usize>,
    },
}

impl Changes {
    /// Looks the revision up.
    ///
    /// # Errors
    /// Without git, outside of a repository, and for what is no revision.
    pub(crate) fn since(revision: &str) -> Result<Changes, String> {
        // The name is looked up once, so that no name is ever taken for an option.
        let commit = format!("{revision}^{{commit}}");
        let output = git(
            Path::new("."),
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit],
        )?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let hash = text.lines().last().unwrap_or_default();
        if output.status.success() && !hash.is_empty() {
            return Ok(Changes {
                revision: hash.to_owned(),
            });
        }
        let inside = git(Path::new("."), &["rev-parse", "--is-inside-work-tree"])?;
        Err(if inside.status.success() {
            format!("--changed-since {revision}: git knows no such revision")
        } else {
            "--changed-since: this is no git repository".to_owned()
        })
    }

    /// What has changed of a file.
    ///
    /// # Errors
    /// If git fails.
    pub(crate) fn of(&self, file: &Path) -> Result<Changed, String> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // A literal name, not a pattern.
        let name = format!(":(literal){name}");
        let listed = run(folder, &["ls-files", "--", &name])?;
        if listed.is_empty() {
            return Ok(Changed::All);
        }
        let options = ["diff", "-U0", "--no-color", "--no-ext-diff", "--no-renames"];
        let diff = run(folder, &[&options[..], &[&self.revision, "--", &name]].concat())?;
        Ok(hunks(&diff))
    }
}

impl Changed {
    /// Whether any of these lines has changed, or some are gone between them.
    pub(crate) fn touches(&self, rule: &RangeInclusive<usize>) -> bool {
        match self {
            Changed::All => true,
            Changed::Some { lines, gone_after } => {
                let overlap = |lines: &RangeInclusive<usize>| {
                    lines.start() <= rule.end() && rule.start() <= lines.end()
                };
                lines.iter().any(overlap)
                    || gone_after
                        .iter()
                        .any(|line| rule.contains(line) && line < rule.end())
            }
        }
    }
}

/// Reads the heads of hunks: `@@ -1,2 +3,4 @@`.
fn hunks(diff: &str) -> Changed {
    let (mut lines, mut gone_after) = (Vec::new(), Vec::new());
    for line in diff.lines() {
        let Some(rest) = line.strip_prefix("@@ -") else {
            continue;
        };
        let Some(added) = rest.split(' ').find_map(|word| word.strip_prefix('+')) else {
            continue;
        };
        let (start, count) = added.split_once(',').unwrap_or((added, "1"));
        let (Ok(start), Ok(count)) = (start.parse::<usize>(), count.parse::<usize>()) else {
            continue;
        };
        if count == 0 {
            gone_after.push(start);
        } else {
            lines.push(start..=start + count - 1);
        }
    }
    Changed::Some { lines, gone_after }
}

fn git(folder: &Path, args: &[&str]) -> Result<Output, String> {
    let output = Command::new("git").args(args).current_dir(folder).output();
    output.map_err(|error| format!("--changed-since: cannot run git: {}", reason(&error)))
}

fn run(folder: &Path, args: &[&str]) -> Result<String, String> {
    let output = git(folder, args)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().next().unwrap_or("no reason given").to_owned();
    Err(format!(
        "--changed-since: git {}: {said}",
        args.first().unwrap_or(&"")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_say_which_lines_are_new_and_where_some_are_gone() {
        let diff =
            "--- a/x\n+++ b/x\n@@ -1 +1 @@ groups:\n-a\n+b\n@@ -4,0 +5,3 @@\n+c\n@@ -9,2 +11,0 @@\n-d\n";
        let changed = hunks(diff);
        assert_eq!(
            changed,
            Changed::Some {
                lines: vec![1..=1, 5..=7],
                gone_after: vec![11],
            }
        );
        assert!(changed.touches(&(7..=9)) && changed.touches(&(10..=12)));
        assert!(!changed.touches(&(2..=4)) && !changed.touches(&(8..=11)) && !changed.touches(&(12..=14)));
    }
}
