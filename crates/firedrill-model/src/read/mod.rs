//! From the text of a file to rules and tests, with everything that is wrong on the way.

mod expression;
mod fields;
mod labels;
mod looser;
mod manifest;
mod prometheus;
mod quoted;
mod rules;
mod scalars;
mod template;
mod unit_tests;

use crate::codes;
use firedrill_promql::Features;
use firedrill_source::{Diagnostic, FileId, Location, Severity, Span, nearest};
use firedrill_yaml::{AliasBudget, Content, Field, NodeRef, Tree, Version};

pub(crate) use manifest::{is_manifest as is_manifest_tree, is_manifest_kind};
pub use prometheus::read_prometheus_config;
pub use quoted::{read_expressions, read_quoted_rules};
pub use rules::read_rule_file;
pub use unit_tests::read_test_file;

/// How to read a file.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// What of PromQL is allowed.
    pub features: Features,
    /// Whether unknown keys of rule files pass (promtool's `--ignore-unknown-fields`).
    pub ignore_unknown_fields: bool,
    /// Whether test files may use firedrill's own keys, which promtool refuses.
    pub extensions: bool,
    /// Whose keys plain rule files may have.
    pub dialect: Dialect,
}

/// The server that rule files are written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus.
    #[default]
    Prometheus,
    /// Thanos Rule: groups have a `partial_response_strategy`.
    Thanos,
    /// Mimir or Cortex with mimirtool: files have a `namespace`, groups `source_tenants`, `evaluation_delay` and others.
    Mimir,
}

impl Default for ReadOptions {
    /// As promtool reads without flags.
    fn default() -> Self {
        ReadOptions {
            features: Features::promtool_default(),
            ignore_unknown_fields: false,
            extensions: false,
            dialect: Dialect::Prometheus,
        }
    }
}

/// A file that has been read.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// What could be understood of it.
    pub file: T,
    /// What is wrong with it, in file order.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether nothing is wrong with it that would make Prometheus refuse it.
    pub accepted: bool,
}

/// What all readers share: the tree, the findings so far, and how much may still be unfolded from aliases.
pub(crate) struct Reader<'t> {
    pub(crate) tree: &'t Tree<'t>,
    pub(crate) file: FileId,
    text: &'t str,
    version: Version,
    lenient: bool,
    features: Features,
    pub(crate) extensions: bool,
    /// Whether a Kubernetes manifest is being read.
    manifest: bool,
    /// What follows from an error, for notes.
    consequence: &'static str,
    budget: AliasBudget,
    exhausted: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Where fields are gathered: the memory of those before, see [`Reader::forget`].
    found: Vec<(&'static str, Field<'t>)>,
    /// Where the rules of a group are gathered: the memory of those of the group before.
    drafts: Vec<rules::Draft<'t>>,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t Tree<'t>, file: FileId, text: &'t str, version: Version, options: &ReadOptions) -> Self {
        Reader {
            tree,
            file,
            text,
            version,
            lenient: options.ignore_unknown_fields && version == Version::V3,
            features: options.features,
            extensions: options.extensions && version == Version::V2,
            manifest: false,
            consequence: match version {
                Version::V3 => "Prometheus refuses the whole file, with every rule in it",
                Version::V2 => "promtool refuses the whole test file",
            },
            budget: AliasBudget::default(),
            exhausted: false,
            diagnostics: Vec::new(),
            found: Vec::new(),
            drafts: Vec::new(),
        }
    }

    /// Reports what the YAML parser could not read; for documents that count.
    fn syntax_errors(&mut self, counts: impl Fn(usize) -> bool) {
        for error in self.tree.errors() {
            if !counts(error.document) || error.upstream.text(self.version).is_none() {
                continue;
            }
            let at = self.char_at(error.offset);
            let message = format!("not valid YAML: {}", error.message);
            let mut finding =
                Diagnostic::new(codes::YAML_INVALID, Severity::Error, at, message).note(self.consequence);
            finding.help = error.help.map(str::to_owned);
            self.diagnostics.push(finding);
        }
    }

    /// Counts a visit to a node. `false` when the file unfolds into too much.
    #[inline]
    fn visit(&mut self, node: NodeRef<'_>) -> bool {
        if !self.exhausted && self.budget.visit(node.through_alias()).is_err() {
            self.exhaust(node);
        }
        !self.exhausted
    }

    #[cold]
    fn exhaust(&mut self, node: NodeRef<'_>) {
        self.exhausted = true;
        let at = self.location(node.used_at());
        self.diagnostics.push(
            Diagnostic::new(
                codes::YAML_INVALID,
                Severity::Error,
                at,
                "the aliases of this file unfold into far more than is written",
            )
            .note("Prometheus stops reading such files, so that they cannot fill its memory")
            .help("write the repeated parts out, or split the file"),
        );
    }

    fn location(&self, span: Span) -> Location {
        Location::new(self.file, span)
    }

    /// The character at an offset.
    fn char_at(&self, offset: usize) -> Location {
        let offset = offset.min(self.text.len());
        let length = self.text[offset..]
            .chars()
            .next()
            .filter(|c| !matches!(c, '\n' | '\r'))
            .map_or(0, char::len_utf8);
        self.location(Span::new(offset, offset + length))
    }

    /// The text of a node for carets: all of a scalar or flow collection, the first line of a block collection.
    fn carets(&self, node: NodeRef<'_>) -> Location {
        let span = node.span();
        let text = span.slice(self.text);
        let first_line = text.find(['\n', '\r']).unwrap_or(text.len());
        let end = match node.content() {
            Content::Scalar(_) => span.end as usize,
            _ => span.start as usize + text[..first_line].trim_end().len(),
        };
        self.location(Span::new(span.start as usize, end))
    }

    /// Adds an error at a node, with the alias that leads to it.
    #[cold]
    fn error(
        &mut self,
        code: firedrill_source::Code,
        node: NodeRef<'_>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let at = self.carets(node);
        let finding = Diagnostic::new(code, Severity::Error, at, message);
        let finding = self.with_use(finding, node);
        self.push(finding)
    }

    /// Names the alias through which a node is used.
    fn with_use(&self, finding: Diagnostic, node: NodeRef<'_>) -> Diagnostic {
        if node.through_alias() {
            let used = self.location(node.used_at());
            finding.related(used, "used here")
        } else {
            finding
        }
    }

    fn push(&mut self, finding: Diagnostic) -> &mut Diagnostic {
        let at = self.diagnostics.len();
        self.diagnostics.push(finding);
        &mut self.diagnostics[at]
    }

    /// Sorts and hands over.
    fn finish<T>(mut self, file: T) -> Read<T> {
        self.diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        // What an anchor's users share is said once.
        self.diagnostics.dedup_by(|b, a| a.sort_key() == b.sort_key());
        let accepted = self
            .diagnostics
            .iter()
            .all(|finding| finding.severity != Severity::Error);
        Read {
            file,
            diagnostics: self.diagnostics,
            accepted,
        }
    }
}

/// "did you mean …?" for a key.
fn did_you_mean(word: &str, known: &[&str]) -> Option<String> {
    nearest(word, known.iter().copied()).map(|found| format!("did you mean `{found}`?"))
}
