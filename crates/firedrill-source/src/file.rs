//! Texts of files and the index from byte offsets to lines.

use memchr::memchr2_iter;
use std::sync::{Arc, OnceLock};

/// Names a file of a [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place for people: both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A file's name and text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<String>,
    /// What people see of it, where that is not `text`.
    written: Option<Arc<String>>,
    line_starts: OnceLock<Arc<[u32]>>,
}

impl SourceFile {
    /// A file called `name` in messages (usually its path as the user gave it). The text is not copied.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        SourceFile {
            name: name.into(),
            text: Arc::new(text.into()),
            written: None,
            line_starts: OnceLock::new(),
        }
    }

    /// A part of a file, made readable by blanking what is not of it: `text` has at every offset what `written` has
    /// there, or a blank, and the same line ends. It may end earlier. Places are those of `written`, and so are excerpts.
    pub fn part(name: impl Into<Arc<str>>, text: impl Into<String>, written: Arc<String>) -> Self {
        SourceFile {
            written: Some(written),
            ..SourceFile::new(name, text)
        }
    }

    /// The file without its text, for as long as nobody looks at it.
    pub fn without_text(&self) -> Self {
        SourceFile::new(self.name.clone(), "")
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, shared.
    pub fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it stands in the file, for excerpts. Differs from [`SourceFile::text`] for parts of files only.
    pub fn written(&self) -> &str {
        self.written.as_ref().unwrap_or(&self.text)
    }

    /// The whole text, shared.
    pub fn shared_text(&self) -> Arc<String> {
        self.text.clone()
    }

    /// Byte offsets at which lines start. `\n`, `\r\n` and a lone `\r` end a line, as in YAML.
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts
            .get_or_init(|| line_starts(self.written().as_bytes()).into())
    }

    /// Zero-based line of a byte offset.
    pub fn line_index(&self, offset: usize) -> usize {
        self.line_starts()
            .partition_point(|&start| start as usize <= offset)
            .saturating_sub(1)
    }

    /// Line and column of a byte offset; an offset past the end gives the end.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let text = self.written();
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_index(offset);
        let start = self.line_starts()[line] as usize;
        LineColumn {
            line: line + 1,
            column: text[start..offset].chars().count() + 1,
        }
    }

    /// The text of a zero-based line, without its end.
    pub fn line_text(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(&start) = starts.get(line) else { return "" };
        let text = self.written();
        let end = starts.get(line + 1).map_or(text.len(), |&e| e as usize);
        text[start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// Where lines start.
fn line_starts(bytes: &[u8]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
    starts.push(0);
    let ends = memchr2_iter(b'\n', b'\r', bytes).map(|at| at + 1);
    let ends = ends.filter(|&end| bytes[end - 1] == b'\n' || bytes.get(end) != Some(&b'\n'));
    starts.extend(ends.map(|end| u32::try_from(end).unwrap_or(u32::MAX)));
    starts
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Self {
        Sources::default()
    }

    /// Adds a file and names it.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Puts another text in the place of a file's.
    ///
    /// # Panics
    /// If the id comes from another `Sources`.
    pub fn replace(&mut self, id: FileId, file: SourceFile) {
        self.files[id.0 as usize] = file;
    }

    /// The file of that name.
    ///
    /// # Panics
    /// If the id comes from another `Sources`.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u32..).map(FileId).zip(&self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &SourceFile, offset: usize) -> (usize, usize) {
        let at = file.line_column(offset);
        (at.line, at.column)
    }

    #[test]
    fn lines_end_at_any_of_the_three_line_ends() {
        let file = SourceFile::new("x", "ab\ncd\r\ne\rf");
        assert_eq!(place(&file, 1), (1, 2));
        assert_eq!(place(&file, 3), (2, 1));
        assert_eq!(place(&file, 7), (3, 1));
        assert_eq!(place(&file, 9), (4, 1));
        assert_eq!(place(&file, 99), (4, 2));
        assert_eq!(file.line_text(1), "cd");
    }

    #[test]
    fn lines_are_found_wherever_they_end() {
        // Every text of a few characters, behind so many that blocks of sixteen bytes begin elsewhere.
        let alphabet = ["\n", "\r", "\t", "\r\n", "x", "é", "\u{e}", "\u{8a}"];
        for shift in 0..16 {
            for number in 0..alphabet.len().pow(4) {
                let mut text = "-".repeat(shift);
                for place in 0..4 {
                    text += alphabet[number / alphabet.len().pow(place) % alphabet.len()];
                }
                let bytes = text.as_bytes();
                let ends = |i: &usize| {
                    bytes[*i] == b'\n' || (bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'))
                };
                let expected: Vec<u32> = std::iter::once(0)
                    .chain((0..bytes.len()).filter(ends).map(|i| i as u32 + 1))
                    .collect();
                assert_eq!(line_starts(bytes), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn parts_are_shown_as_they_are_written() {
        let file = SourceFile::part("x", "  \n  up", Arc::new("é\n> up == 0\n".into()));
        assert_eq!(file.text(), "  \n  up");
        assert_eq!(place(&file, 5), (2, 3));
        assert_eq!(file.line_text(1), "> up == 0");
        assert_eq!(file.line_text(2), "");
    }

    #[test]
    fn columns_count_characters_and_never_split_one() {
        let file = SourceFile::new("x", "é→x");
        assert_eq!(place(&file, 2), (1, 2));
        assert_eq!(place(&file, 3), (1, 2));
        assert_eq!(place(&file, 5), (1, 3));
    }
}
