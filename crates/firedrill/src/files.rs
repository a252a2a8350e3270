//! Finding and reading files.

use crate::documents::{is_rules, kind_by_name};
use firedrill_model::{Kind, codes, detect};
use firedrill_source::{Diagnostic, FileId, Location, Severity, SourceFile, Span};
use rayon::prelude::*;
use rustc_hash::FxHasher;
use std::borrow::Cow;
use std::hash::Hasher as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use walkdir::WalkDir;

/// Directories that hold no rules of the user's own.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// From so many files on texts can be put away.
const MANY: usize = 32;

/// So many bytes of texts are put away only after they were looked at; of more, only the files are remembered.
const WAITING: usize = 2 << 20;

/// A text that was read.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Without its text while that is put away.
    pub(crate) source: SourceFile,
    /// What is remembered of the text while it is put away.
    away: Option<Away>,
    /// Where it came from; `None` for standard input.
    pub(crate) path: Option<PathBuf>,
    /// Whether the user named it, rather than a directory around it.
    pub(crate) explicit: bool,
    /// Why the bytes are no text, with the offset of the first bad one; the source then holds what could be saved.
    pub(crate) undecodable: Option<(usize, String)>,
    /// What it seems to be.
    pub(crate) kind: Kind,
    /// Whether it is a block of a document.
    pub(crate) quoted: bool,
    /// Codes of findings that the document does not want to hear about this block.
    pub(crate) silenced: Vec<String>,
}

/// A text that was put away.
#[derive(Clone, Debug)]
struct Away {
    mark: Mark,
    /// The text itself, for the first who asks for it: it is read to see what it is, and then soon looked at.
    waiting: Arc<Mutex<Option<SourceFile>>>,
}

/// What tells a text that was put away from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    bytes: usize,
    fingerprint: u64,
}

impl Mark {
    fn of(text: &str) -> Mark {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        Mark {
            bytes: text.len(),
            fingerprint: hasher.finish(),
        }
    }
}

impl Text {
    /// A text that stands in no file, or in a part of one.
    pub(crate) fn new(source: SourceFile, path: Option<PathBuf>, kind: Kind) -> Text {
        Text {
            source,
            away: None,
            path,
            explicit: false,
            undecodable: None,
            kind,
            quoted: false,
            silenced: Vec::new(),
        }
    }

    /// Whether the text is put away.
    pub(crate) fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// How long it is, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let away = self.away.as_ref();
        away.map_or(self.source.text().len(), |away| away.mark.bytes)
    }

    /// The text, read once more if it was put away and somebody has asked before.
    ///
    /// # Errors
    /// In words, if it is not there any more as it was.
    pub(crate) fn loaded(&self) -> Result<Cow<'_, Text>, String> {
        let (Some(away), Some(path)) = (&self.away, &self.path) else {
            return Ok(Cow::Borrowed(self));
        };
        let waiting = away.waiting.lock().ok().and_then(|mut waiting| waiting.take());
        let source = match waiting {
            Some(source) => source,
            None => {
                let again = firedrill_yaml::decode_owned(bytes_of(path)?).ok();
                let Some(again) = again.filter(|again| Mark::of(again) == away.mark) else {
                    let name = path.display();
                    return Err(format!("{name} was changed while it was read; run it again"));
                };
                SourceFile::new(self.source.shared_name(), again)
            }
        };
        let mut text = self.clone();
        text.source = source;
        text.away = None;
        Ok(Cow::Owned(text))
    }

    /// Forgets the text of a rule file until somebody needs it again; it has to come from a file that can be read twice.
    /// `waiting` counts the bytes of the texts that wait for their first look.
    fn put_away(&mut self, waiting: &AtomicUsize) {
        if is_rules(self.kind) && self.undecodable.is_none() {
            let source = self.source.without_text();
            let source = std::mem::replace(&mut self.source, source);
            let mark = Mark::of(source.text());
            let before = waiting.fetch_add(mark.bytes, Ordering::Relaxed);
            let waits = before + mark.bytes <= WAITING;
            self.away = Some(Away {
                mark,
                waiting: Arc::new(Mutex::new(waits.then_some(source))),
            });
        }
    }

    /// The finding that its bytes are no text, if they are none.
    pub(crate) fn no_text(&self, id: FileId) -> Option<Diagnostic> {
        let (offset, message) = self.undecodable.as_ref()?;
        let at = Location::new(id, Span::at(*offset));
        let message = format!("not a text file: {message}");
        Some(Diagnostic::new(codes::YAML_INVALID, Severity::Error, at, message))
    }
}

/// Everything that the paths lead to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Texts in the order of the arguments, directories sorted.
    pub(crate) texts: Vec<Text>,
    /// What could not be read, for people.
    pub(crate) problems: Vec<String>,
}

/// What to look for besides YAML, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Whether Markdown and `.promql` files of directories are meant, too.
    pub(crate) documents: bool,
    /// What standard input is called, and told by.
    pub(crate) stdin_name: Option<&'a Path>,
    /// Whether the texts of many rule files may be put away: whoever wants to see one asks for [`Text::loaded`].
    pub(crate) put_away: bool,
}

/// Reads files, and the YAML files below directories. Other files of a directory are passed over, and so is what is
/// excluded.
pub(crate) fn find(paths: &[PathBuf], excluded: &dyn Fn(&Path) -> bool) -> Found {
    find_wanted(paths, excluded, Wanted::default())
}

/// As [`find`], with a word on what else is wanted.
pub(crate) fn find_wanted(paths: &[PathBuf], excluded: &dyn Fn(&Path) -> bool, wanted: Wanted<'_>) -> Found {
    let mut found = Found::default();
    let mut list: Vec<(PathBuf, bool)> = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            list.push((path.clone(), true));
        } else if path.is_dir() {
            walk(path, excluded, wanted.documents, &mut list, &mut found.problems);
        } else {
            list.push((path.clone(), true));
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    list.retain(|(path, _)| seen.insert(path.clone()));
    let put_away = wanted.put_away && list.len() >= MANY;
    let waiting = AtomicUsize::new(0);
    let read = |(path, explicit): &(PathBuf, bool)| {
        if path.as_os_str() == "-" {
            let mut text = read_stdin(wanted.stdin_name)?;
            text.explicit = *explicit;
            return Ok(text);
        }
        let mut text = read(path)?;
        text.explicit = *explicit;
        // A pipe can be read once only.
        if put_away && path.is_file() {
            text.put_away(&waiting);
        }
        Ok(text)
    };
    // Threads cost more than a handful of files.
    let results: Vec<Result<Text, String>> = if list.len() < 8 {
        list.iter().map(read).collect()
    } else {
        crate::threads::start_pool();
        list.par_iter().with_max_len(4).map(read).collect()
    };
    for result in results {
        match result {
            Ok(text) => found.texts.push(text),
            Err(problem) => found.problems.push(problem),
        }
    }
    found
}

fn walk(
    root: &Path,
    excluded: &dyn Fn(&Path) -> bool,
    documents: bool,
    list: &mut Vec<(PathBuf, bool)>,
    problems: &mut Vec<String>,
) {
    let hidden = |name: &str| name.len() > 1 && name.starts_with('.') && name != "..";
    let is_meant = |path: &Path| is_yaml(path) || (documents && kind_by_name(path).is_some());
    // Links may lead to a directory twice, or in circles: each is entered once.
    let mut entered = rustc_hash::FxHashSet::default();
    let entries = WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            if entry.depth() > 0 && (hidden(&name) || excluded(entry.path())) {
                return false;
            }
            if !entry.file_type().is_dir() {
                return true;
            }
            let first = std::fs::canonicalize(entry.path()).is_ok_and(|path| entered.insert(path));
            first && (entry.depth() == 0 || !SKIPPED.contains(&&*name))
        });
    for entry in entries {
        match entry {
            // A link that leads back to where it came from is no problem of the user's: it is not followed.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => problems.push(format!("cannot read {}", in_words(&error))),
            Ok(entry) if entry.file_type().is_file() && is_meant(entry.path()) => {
                let path = entry.into_path();
                list.push((
                    path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path),
                    false,
                ));
            }
            Ok(_) => {}
        }
    }
}

fn in_words(error: &walkdir::Error) -> String {
    let path = error
        .path()
        .map_or_else(String::new, |path| path.display().to_string());
    match error.io_error() {
        Some(io) => format!("{path}: {}", reason(io)),
        None => path,
    }
}

/// What went wrong, without the number of the system.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yml", "yaml", "rules", "rule"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Reads a file.
///
/// # Errors
/// In words, with the path.
pub(crate) fn read(path: &Path) -> Result<Text, String> {
    Ok(decode(
        path.display().to_string(),
        bytes_of(path)?,
        Some(path.to_path_buf()),
    ))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {}", path.display(), reason(&error)))
}

/// A path as seen from a directory, if it lies below; both may be relative to the working directory.
pub(crate) fn relative_to(directory: &Path, path: &Path) -> PathBuf {
    let real = |path: &Path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        std::fs::canonicalize(path)
            .or_else(|_| std::path::absolute(path))
            .unwrap_or_else(|_| path.to_path_buf())
    };
    let (directory, path) = (real(directory), real(path));
    path.strip_prefix(&directory)
        .map(Path::to_path_buf)
        .unwrap_or(path)
}

/// Writes a file whole or not at all: what stood there stands there until the new content is complete.
///
/// # Errors
/// In words, with the path.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |error: &std::io::Error| format!("cannot write {}: {}", path.display(), reason(error));
    // A link is followed, and keeps pointing to where it points.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&temporary)?;
        if let Ok(old) = std::fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &target)
    };
    write().map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        fail(&error)
    })
}

fn read_stdin(name: Option<&Path>) -> Result<Text, String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot read standard input: {}", reason(&error)))?;
    let shown = name.map_or_else(|| "<stdin>".to_owned(), |name| name.display().to_string());
    Ok(decode(shown, bytes, name.map(Path::to_path_buf)))
}

fn decode(name: String, bytes: Vec<u8>, path: Option<PathBuf>) -> Text {
    let (text, undecodable) = match firedrill_yaml::decode_owned(bytes) {
        Ok(text) => (text, None),
        Err((error, bytes)) => (
            String::from_utf8_lossy(&bytes).into_owned(),
            Some((error.offset, error.to_string())),
        ),
    };
    let by_name = path.as_deref().and_then(kind_by_name);
    let kind = by_name.unwrap_or_else(|| detect(&text));
    let mut text = Text::new(SourceFile::new(name, text), path, kind);
    text.undecodable = undecodable;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_put_away_comes_back_as_it_was_or_not_at_all() {
        let path = std::env::temp_dir().join(format!("firedrill-away-{}.yml", std::process::id()));
        let rules = "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: up\n";
        std::fs::write(&path, rules).unwrap();
        let mut text = read(&path).unwrap();
        let waiting = AtomicUsize::new(0);
        text.put_away(&waiting);
        assert!(text.is_away());
        assert_eq!((text.source.text(), text.bytes()), ("", rules.len()));
        // The first time it comes from memory, whatever the file says by now.
        std::fs::write(&path, "").unwrap();
        assert_eq!(text.loaded().unwrap().source.text(), rules);
        std::fs::write(&path, rules).unwrap();
        assert_eq!(text.loaded().unwrap().source.text(), rules);
        std::fs::write(&path, rules.replace("up", "uP")).unwrap();
        let problem = text.loaded().unwrap_err();
        assert!(problem.contains("was changed while it was read"), "{problem}");
        // No room to wait: what is in the file by now is another text.
        std::fs::write(&path, rules).unwrap();
        let (mut crowded, crowd) = (read(&path).unwrap(), AtomicUsize::new(WAITING));
        crowded.put_away(&crowd);
        std::fs::write(&path, rules.replace("up", "uP")).unwrap();
        assert!(crowded.loaded().is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(text.loaded().is_err());
    }
}
