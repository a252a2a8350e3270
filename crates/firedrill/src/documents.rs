//! Markdown taken apart: what its blocks hold, as files of their own.

use crate::files::Text;
use crate::today::today;
use firedrill_facts::Form;
use firedrill_lint::code_of;
use firedrill_markdown::{Block, Ignored, Language, blocks};
use firedrill_model::{
    Kind, Read, ReadOptions, RuleFile, TestFile, detect_quoted, read_expressions, read_quoted_rules,
    read_rule_file, read_test_file,
};
use firedrill_source::{FileId, Severity, SourceFile};
use std::path::Path;
use std::sync::Arc;

/// What a document says about metrics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quoted {
    /// Name of the document.
    pub(crate) name: String,
    /// Its blocks of Go, each with everything else blanked.
    pub(crate) go: Vec<String>,
    /// Its blocks with TYPE lines, likewise.
    pub(crate) expositions: Vec<String>,
}

/// Most bytes that the blocks of a document may come to, each counted with all that stands before it.
const MOST_WORK: usize = 256 << 20;

/// What a path says about its content, where the content itself does not.
pub(crate) fn kind_by_name(path: &Path) -> Option<Kind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "md" | "markdown" => Some(Kind::Markdown),
        "promql" => Some(Kind::Expressions),
        _ => None,
    }
}

/// Puts the blocks of Markdown with rules, expressions and configuration in its place. Gives back what these documents
/// tell about metrics, and adds to `problems` what is too large to be read. Documents that were come upon and have neither
/// rules nor expressions are dropped.
pub(crate) fn take_apart(texts: &mut Vec<Text>, problems: &mut Vec<String>) -> Vec<Quoted> {
    let mut facts = Vec::new();
    if texts.iter().all(|text| text.kind != Kind::Markdown) {
        return facts;
    }
    for text in std::mem::take(texts) {
        if text.kind != Kind::Markdown || text.undecodable.is_some() {
            texts.push(text);
            continue;
        }
        let mut parts = Vec::new();
        let quoted = parts_of(&text, &mut parts, problems);
        let worth = parts.iter().any(|part| part.kind != Kind::PrometheusConfig);
        if worth || text.explicit {
            facts.push(quoted);
            texts.append(&mut parts);
        }
    }
    facts
}

/// What a document tells about metrics.
pub(crate) fn facts_of(source: &SourceFile) -> Quoted {
    let document = source.text();
    let found = blocks(document);
    let mut quoted = Quoted::named(source);
    for block in within_reason(source, &found, &mut Vec::new()) {
        quoted.learn(block, document);
    }
    quoted
}

/// Reads rules or expressions, of a file or of a block.
pub(crate) fn read_rules(id: FileId, text: &Text, options: &ReadOptions) -> Read<RuleFile> {
    let content = text.source.text();
    match text.kind {
        Kind::Expressions => read_expressions(id, text.source.name(), content, options),
        _ if text.quoted => read_quoted_rules(id, content, options),
        _ => read_rule_file(id, content, options),
    }
}

/// Reads unit tests, and drops the warnings that their comments silence.
pub(crate) fn read_tests(id: FileId, text: &Text, options: &ReadOptions) -> Read<TestFile> {
    let mut read = read_test_file(id, text.source.text(), options);
    let silences = &mut read.file.silences;
    let mistakes = silences.settle(id, today(), code_of);
    let findings = &mut read.diagnostics;
    findings.retain(|finding| finding.severity == Severity::Error || !silences.covers(finding));
    findings.extend(mistakes);
    read
}

/// Whether there are rules or expressions in a text of this kind.
pub(crate) fn is_rules(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::RuleFile | Kind::Manifest | Kind::Snippet | Kind::Expressions
    )
}

fn parts_of(text: &Text, parts: &mut Vec<Text>, problems: &mut Vec<String>) -> Quoted {
    let document = text.source.text();
    let written = text.source.shared_text();
    let mut quoted = Quoted::named(&text.source);
    let found = blocks(document);
    for block in within_reason(&text.source, &found, problems) {
        match block.language {
            Language::PromQl => parts.push(part(text, block, &written, Kind::Expressions)),
            Language::Yaml => {
                for block in block.documents(document) {
                    let kind = detect_quoted(&block.content(document));
                    let wanted = matches!(
                        kind,
                        Kind::RuleFile | Kind::Manifest | Kind::Snippet | Kind::PrometheusConfig
                    );
                    if wanted {
                        parts.push(part(text, &block, &written, kind));
                    }
                }
            }
            Language::Go | Language::Exposition => quoted.learn(block, document),
        }
    }
    quoted
}

/// The blocks that are not left out, as many as can be read in reasonable time.
fn within_reason<'b>(
    source: &SourceFile,
    found: &'b [Block],
    problems: &mut Vec<String>,
) -> impl Iterator<Item = &'b Block> {
    let mut work = 0_usize;
    let fit = found.iter().position(|block| {
        work = work.saturating_add(block.end());
        work > MOST_WORK
    });
    if let Some(first) = fit.and_then(|at| found.get(at)) {
        let line = source.line_column(first.start()).line;
        problems.push(format!(
            "{}: too many blocks; those from line {line} on are not read",
            source.name()
        ));
    }
    let count = fit.unwrap_or(found.len());
    found
        .iter()
        .take(count)
        .filter(|block| block.ignored != Ignored::All)
}

/// A block as a file of its own.
fn part(text: &Text, block: &Block, written: &Arc<String>, kind: Kind) -> Text {
    let silenced = match &block.ignored {
        Ignored::Codes(codes) => codes.clone(),
        Ignored::Nothing | Ignored::All => Vec::new(),
    };
    let source = SourceFile::part(text.source.name(), block.text(written), written.clone());
    let mut part = Text::new(source, text.path.clone(), kind);
    part.explicit = text.explicit;
    part.quoted = true;
    part.silenced = silenced;
    part
}

impl Quoted {
    fn named(source: &SourceFile) -> Quoted {
        Quoted {
            name: source.name().replace('\\', "/"),
            ..Quoted::default()
        }
    }

    /// Keeps a block that tells something about metrics.
    fn learn(&mut self, block: &Block, document: &str) {
        match block.language {
            Language::Go => self.go.push(block.text(document)),
            Language::Exposition => {
                let text = block.text(document);
                let has_type = |line: &str| line.trim_start().starts_with("# TYPE ");
                if text.lines().any(has_type) && Form::of(text.trim_start()) == Form::Exposition {
                    self.expositions.push(text);
                }
            }
            Language::Yaml | Language::PromQl => {}
        }
    }
}
