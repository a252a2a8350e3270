//! Files of known findings: what stands in one is not reported again.

use crate::files::{self, relative_to, write_atomically};
use firedrill_source::{Diagnostic, Sources};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A line of the file. The order of the fields is that of the lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Relative to the baseline, with `/`.
    path: String,
    code: String,
    group: Option<String>,
    rule: Option<String>,
    /// Of what neither moves nor counts lines, see [`fingerprint`].
    fingerprint: String,
    count: usize,
}

/// Known findings.
pub(crate) struct Baseline {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// What hiding known findings came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Findings that were hidden.
    pub(crate) known: usize,
    /// Findings of the baseline that are there no more.
    pub(crate) gone: usize,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// In words, if it cannot be read or is none.
    pub(crate) fn read(path: &Path) -> Result<Baseline, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {}", path.display(), files::reason(&error)))?;
        let mut entries = Vec::new();
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let entry: Entry = serde_json::from_str(line).map_err(|error| {
                let at = format!("{}:{}:{}", path.display(), index + 1, error.column().max(1));
                format!("{at}: no line of a baseline: {}", words_of(&error))
            })?;
            entries.push(entry);
        }
        Ok(Baseline {
            path: path.to_path_buf(),
            entries,
        })
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Drops the findings that it knows, each as often as it knows it. What is gone is counted of the files that were
    /// read and of those that are no more, if `judges_gone`.
    pub(crate) fn hide(
        &self,
        findings: &mut Vec<Diagnostic>,
        sources: &Sources,
        judges_gone: bool,
    ) -> Hidden {
        let mut left: FxHashMap<&str, FxHashMap<&str, usize>> = FxHashMap::default();
        for entry in &self.entries {
            let prints = left.entry(&entry.path).or_default();
            *prints.entry(&entry.fingerprint).or_default() += entry.count;
        }
        let names = names(&self.path, sources);
        let before = findings.len();
        findings.retain(|finding| {
            let path = names.get(finding.primary.location.file.0 as usize);
            let print = fingerprint(finding, sources);
            let prints = path.and_then(|path| left.get_mut(path.as_str()));
            match prints.and_then(|prints| prints.get_mut(print.as_str())) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        });
        let read: FxHashSet<&str> = names.iter().map(String::as_str).collect();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let judged = |path: &str| read.contains(path) || !folder.join(path).exists();
        let gone = left.iter().filter(|(path, _)| judges_gone && judged(path));
        Hidden {
            known: before - findings.len(),
            gone: gone.flat_map(|(_, prints)| prints.values()).sum(),
        }
    }
}

/// Writes findings as the known ones, and says how many they are.
///
/// # Errors
/// In words, if the disk refuses.
pub(crate) fn write(path: &Path, findings: &[Diagnostic], sources: &Sources) -> Result<(), String> {
    write_atomically(path, text_of(path, findings, sources).as_bytes())
}

fn text_of(path: &Path, findings: &[Diagnostic], sources: &Sources) -> String {
    let names = names(path, sources);
    let mut counts: BTreeMap<Entry, usize> = BTreeMap::new();
    for finding in findings {
        let file = finding.primary.location.file.0 as usize;
        let entry = Entry {
            path: names.get(file).cloned().unwrap_or_default(),
            code: finding.code.0.to_owned(),
            group: finding.subject.group.clone(),
            rule: finding.subject.rule.clone(),
            fingerprint: fingerprint(finding, sources),
            count: 0,
        };
        *counts.entry(entry).or_default() += 1;
    }
    let mut text = String::new();
    for (entry, count) in counts {
        let line = serde_json::to_string(&Entry { count, ..entry });
        text.push_str(&line.unwrap_or_default());
        text.push('\n');
    }
    text
}

/// The names of all files, in their order, as the baseline calls them.
fn names(baseline: &Path, sources: &Sources) -> Vec<String> {
    let folder = baseline.parent().unwrap_or(Path::new(""));
    let name = |name: &str| {
        if name.starts_with('<') {
            return name.to_owned();
        }
        let relative = relative_to(folder, Path::new(name));
        relative.to_string_lossy().replace('\\', "/")
    };
    sources.iter().map(|(_, file)| name(file.name())).collect()
}

/// What makes a finding the same after lines, rules and groups have moved: its code, the name of its rule, the text under
/// its carets and its message, blanks and numbers of lines aside. 16 hexadecimal digits.
fn fingerprint(finding: &Diagnostic, sources: &Sources) -> String {
    let location = finding.primary.location;
    let carets = location.span.slice(sources.get(location.file).text());
    let rule = finding.subject.rule.as_deref().unwrap_or_default();
    let message = without_lines(&finding.message);
    let mut hash = Fnv::default();
    for part in [finding.code.0, rule, carets, &message] {
        for word in part.split_whitespace() {
            hash.write(word.as_bytes());
            hash.write(b" ");
        }
        hash.write(&[0]);
    }
    format!("{:016x}", hash.0)
}

/// A message without the numbers behind `line`, `lines` and colons, which are those of lines and columns.
fn without_lines(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for c in message.chars() {
        let counts = |text: &str| {
            let text = text.trim_end_matches('#');
            text.ends_with(':') || text.ends_with("line ") || text.ends_with("lines ")
        };
        if !c.is_ascii_digit() {
            text.push(c);
        } else if counts(&text) || text.ends_with('#') {
            // One mark for the whole number.
            if !text.ends_with('#') {
                text.push('#');
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// The hash of Fowler, Noll and Vo (1a, 64 bits): files of ten years ago have to be read.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// serde's words without its own position.
fn words_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_source::{Code, FileId, Location, Severity, SourceFile, Span, Subject};

    /// Findings at every `rate(…)` of a text, of the rule that stands in the line before.
    fn findings(text: &str) -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::new();
        let id: FileId = sources.add(SourceFile::new("rules/a.yml", text));
        let mut found = Vec::new();
        for (at, _) in text.match_indices("rate(") {
            let end = at + text[at..].find(')').unwrap() + 1;
            let rule = text[..at].rsplit("alert: ").next().unwrap().lines().next();
            let line = text[..at].lines().count();
            let mut finding = Diagnostic::new(
                Code("FD101"),
                Severity::Error,
                Location::new(id, Span::new(at, end)),
                format!("not so, see line {line} and a.yml:{line}:7"),
            );
            finding.subject = Subject {
                group: None,
                rule: rule.map(str::to_owned),
            };
            found.push(finding);
        }
        (sources, found)
    }

    fn baseline(text: &str) -> Baseline {
        let (sources, found) = findings(text);
        let text = text_of(Path::new("known.jsonl"), &found, &sources);
        Baseline {
            path: PathBuf::from("known.jsonl"),
            entries: text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        }
    }

    const A: &str = "alert: A\nexpr: rate(x[5m]) > 1\n";
    const B: &str = "alert: B\nexpr: rate(x[5m]) > 1\n";

    #[test]
    fn known_findings_stay_known_when_they_move_and_new_ones_are_new() {
        let known = baseline(&format!("{A}{B}"));
        for (now, new, gone) in [
            (format!("{A}{B}"), 0, 0),
            (format!("\n\n# moved\n{A}\n{B}"), 0, 0),
            (format!("{B}{A}"), 0, 0),
            (format!("{}{B}", A.replace("x[5m]", "x[5m]\n   ")), 1, 1),
            (format!("{}{B}", A.replace("rate(x[5m])", "rate(x[5m] )")), 1, 1),
            (format!("{A}{B}{A}"), 1, 0),
            (A.to_owned(), 0, 1),
            (format!("{}{B}", A.replace("x[", "y[")), 1, 1),
            (format!("{}{B}", A.replace(": A", ": C")), 1, 1),
            (String::new(), 0, 2),
        ] {
            let (sources, mut found) = findings(&now);
            let all = found.len();
            let hidden = known.hide(&mut found, &sources, true);
            assert_eq!((found.len(), hidden.gone), (new, gone), "{now}");
            assert_eq!(hidden.known, all - new, "{now}");
        }
    }

    #[test]
    fn nothing_is_said_of_what_was_not_looked_at() {
        let known = baseline(A);
        let (sources, mut found) = findings("");
        assert_eq!(known.hide(&mut found, &sources, false), Hidden::default());
    }

    #[test]
    fn numbers_of_lines_are_left_out_and_others_kept() {
        for (message, expected) in [
            ("see line 12", "see line #"),
            ("a.yml:12:7 has 3", "a.yml:#:# has 3"),
            ("80% of 5m", "80% of 5m"),
        ] {
            assert_eq!(without_lines(message), expected);
        }
    }
}
