//! The fenced code blocks of Markdown, in place.
//!
//! [`blocks`] finds them. A [`Block`] is read by way of [`Block::text`]: the whole document up to the end of the block, with a
//! blank in place of every byte that is not the block's. Offsets and lines of that text are those of the document, so whatever
//! reads it speaks of the right places without knowing of Markdown. Only here is pulldown-cmark named.

mod language;

pub use language::Language;

use firedrill_source::Span;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A fenced code block in one of the languages that matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What its fence says that it is written in.
    pub language: Language,
    /// What of it is to be left out.
    pub ignored: Ignored,
    /// Its content, a span a line: without line ends, quotation marks and the indentation of the fence. Lines without content
    /// have none.
    lines: Vec<Span>,
}

/// What a comment `<!-- firedrill: ignore -->` before a block asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// There is no such comment.
    Nothing,
    /// The block is not read.
    All,
    /// The block is read, but these findings are not shown.
    Codes(Vec<String>),
}

/// The fenced code blocks of a document in the languages that matter here, in order; those without content left out.
///
/// Fences may be of backticks or tildes, stand in lists and quotations, and be left open at the end. Any text is Markdown, so
/// there are no errors.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (event, range) in Parser::new_ext(document, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Language::of(&info).map(|language| Block {
                    language,
                    ignored: ignored(document.get(..range.start).unwrap_or("")),
                    lines: Vec::new(),
                });
            }
            Event::Text(_) => {
                if let Some(block) = &mut open {
                    block.add(document, range.start, range.end);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                found.extend(open.take().filter(|block| !block.lines.is_empty()));
            }
            _ => {}
        }
    }
    found
}

impl Block {
    /// The document up to the end of the block, with everything blanked that is not of the block. Offsets are those of the
    /// document.
    pub fn text(&self, document: &str) -> String {
        let mut text = String::with_capacity(self.end());
        for line in &self.lines {
            blank(&mut text, document, line.start as usize);
            text.push_str(line.slice(document));
        }
        text
    }

    /// The parts of a block that lines `---` separate, without these lines: in a quotation, `---` is not at the start of a
    /// line, and so separates nothing for whoever reads [`Block::text`].
    pub fn documents(&self, document: &str) -> Vec<Block> {
        let is_separator = |line: &Span| {
            let rest = line.slice(document).strip_prefix("---");
            rest.is_some_and(|rest| {
                let comment = rest.trim_start();
                comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len())
            })
        };
        let parts = self.lines.split(is_separator);
        parts
            .filter(|lines| !lines.is_empty())
            .map(|lines| Block {
                lines: lines.to_vec(),
                ..self.clone()
            })
            .collect()
    }

    /// The content alone, without what stands before it on its lines. For telling what it is.
    pub fn content(&self, document: &str) -> String {
        let mut content = String::new();
        for line in &self.lines {
            content.push_str(line.slice(document));
            content.push('\n');
        }
        content
    }

    /// Where the content begins, in bytes of the document.
    pub fn start(&self) -> usize {
        self.lines.first().map_or(0, |line| line.start as usize)
    }

    /// Where the content ends, in bytes of the document.
    pub fn end(&self) -> usize {
        self.lines.last().map_or(0, |line| line.end as usize)
    }

    /// Adds a piece of content, which may go over several lines or be a part of one.
    fn add(&mut self, document: &str, start: usize, end: usize) {
        let mut at = start;
        for line in document
            .get(start..end)
            .unwrap_or("")
            .split_inclusive(['\n', '\r'])
        {
            let content = line.trim_end_matches(['\n', '\r']);
            let span = Span::new(at, at + content.len());
            at += line.len();
            if span.is_empty() {
                continue;
            }
            match self.lines.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => self.lines.push(span),
            }
        }
    }
}

/// Appends blanks up to an offset of the document; line ends stay.
fn blank(text: &mut String, document: &str, until: usize) {
    let gap = document.as_bytes().get(text.len()..until).unwrap_or(&[]);
    let blanked = gap.iter().map(|byte| match byte {
        b'\n' => '\n',
        b'\r' => '\r',
        _ => ' ',
    });
    text.extend(blanked);
}

/// What the last line that is not blank asks for.
fn ignored(before: &str) -> Ignored {
    let content = |line: &str| -> String {
        // The line of the fence itself, and the lines before it, may be in a list or quotation.
        let line = line.trim_start_matches([' ', '\t', '>']).trim_end();
        line.to_owned()
    };
    let own = before.rfind(['\n', '\r']).map_or("", |end| &before[..end]);
    let lines = own.rsplit(['\n', '\r']).map(content);
    let Some(line) = lines.into_iter().find(|line| !line.is_empty()) else {
        return Ignored::Nothing;
    };
    let order = line
        .strip_prefix("<!--")
        .and_then(|rest| rest.strip_suffix("-->"))
        .and_then(|comment| comment.trim().strip_prefix("firedrill:"))
        .and_then(|order| order.trim_start().strip_prefix("ignore"));
    let Some(rest) = order.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) else {
        return Ignored::Nothing;
    };
    let words = rest.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let is_code =
        |word: &&str| word.len() == 5 && word.get(..2).is_some_and(|fd| fd.eq_ignore_ascii_case("FD"));
    let codes: Vec<String> = words.take_while(is_code).map(str::to_ascii_uppercase).collect();
    if codes.is_empty() {
        Ignored::All
    } else {
        Ignored::Codes(codes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Language and content of all blocks.
    fn contents(document: &str) -> Vec<(Language, String)> {
        let found = blocks(document);
        found
            .iter()
            .map(|block| (block.language, block.content(document)))
            .collect()
    }

    #[test]
    fn fences_of_all_kinds_are_found() {
        use Language::{Go, PromQl, Yaml};
        for (document, expected) in [
            ("```yaml\na: 1\n```\n", (Yaml, "a: 1\n")),
            (
                "text\n~~~~ yml title=\"x\"\na: |\n  ~~~\n~~~~\n",
                (Yaml, "a: |\n  ~~~\n"),
            ),
            ("````go\n```\n````\n", (Go, "```\n")),
            (
                "> ```promql\n> up\n>\n>   == 0\n> ```\n",
                (PromQl, "up\n  == 0\n"),
            ),
            ("- a\n\n  ```promql\n  up\n  ```\n", (PromQl, "up\n")),
            (
                "1. > - ```yaml\n   >   a:\n   >    - 1\n   >   ```\n",
                (Yaml, "a:\n - 1\n"),
            ),
            ("```yaml\r\na: 1\r\nb: é\r\n```\r\n", (Yaml, "a: 1\nb: é\n")),
            ("```yaml\na: 1", (Yaml, "a: 1\n")),
            ("> ```yaml\n> a: 1\nno longer\n", (Yaml, "a: 1\n")),
        ] {
            assert_eq!(
                contents(document),
                [(expected.0, expected.1.to_owned())],
                "{document}"
            );
        }
        for nothing in [
            "",
            "    ```yaml\n    a: 1\n",
            "```yaml\n```\n",
            "```\na: 1\n```\n",
            "`yaml`",
        ] {
            assert_eq!(contents(nothing), [], "{nothing}");
        }
    }

    #[test]
    fn everything_else_is_blank() {
        let document = "é `x`\n> ```yaml\r\n> ü: 1\r\n>\r\n>   b\r\n> ```\r\nend\n";
        let block = &blocks(document)[0];
        let text = block.text(document);
        assert_eq!(text, "      \n         \r\n  ü: 1\r\n \r\n    b");
        assert_eq!(&document[block.start()..block.end()], "ü: 1\r\n>\r\n>   b");
    }

    #[test]
    fn documents_are_told_apart_in_quotations_too() {
        let document = "> ```yaml\n> ---\n> a: 1\n> --- # next\n> b: |\n>   ---\n> ---x\n> ```\n";
        let parts = blocks(document)[0].documents(document);
        let contents: Vec<String> = parts.iter().map(|part| part.content(document)).collect();
        assert_eq!(contents, ["a: 1\n", "b: |\n  ---\n---x\n"]);
        assert!(!parts[1].text(document).contains("a: 1"));
    }

    #[test]
    fn a_comment_before_the_fence_leaves_a_block_out() {
        let after = |before: &str| blocks(&format!("{before}```go\nx\n```\n"))[0].ignored.clone();
        let codes = |codes: &[&str]| Ignored::Codes(codes.iter().map(ToString::to_string).collect());
        assert_eq!(after("<!-- firedrill: ignore -->\n"), Ignored::All);
        assert_eq!(after("<!--firedrill:ignore-->\r\n\r\n"), Ignored::All);
        assert_eq!(
            after("<!-- firedrill: ignore FD101, fd204 as shown -->\n"),
            codes(&["FD101", "FD204"])
        );
        assert_eq!(after("<!-- firedrill: ignored -->\n"), Ignored::Nothing);
        assert_eq!(after("<!-- firedrill: ignore -->\n\ntext\n\n"), Ignored::Nothing);
        assert_eq!(after(""), Ignored::Nothing);
        let quoted = "> <!-- firedrill: ignore -->\n> ```yaml\n> a: 1\n> ```\n";
        assert_eq!(blocks(quoted)[0].ignored, Ignored::All);
    }

    #[test]
    fn nothing_hostile_takes_long() {
        for document in [
            ">".repeat(100_000),
            "- ".repeat(50_000),
            "```yaml\n".repeat(50_000),
            format!("{}```yaml\na", "> ".repeat(20_000)),
            "\n".repeat(200_000) + "```go\nx",
        ] {
            let _ = contents(&document);
        }
    }
}
