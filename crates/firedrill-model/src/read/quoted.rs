//! Rules and expressions as documents quote them: without the groups, files and servers around them.

use super::rules::PLAIN;
use super::{Read, ReadOptions, Reader, read_rule_file};
use crate::detect::{Kind, detect_quoted};
use crate::{Expression, Group, Rule, RuleFile, RuleKind};
use firedrill_promql::parse;
use firedrill_source::{FileId, Span, Subject};
use firedrill_yaml::{Comment, NodeRef, Scalar, Style, Version};
use std::ops::Range;
use std::sync::Arc;

/// Reads YAML that a document quotes: a rule file or manifest, groups or a group, rules or a rule.
///
/// What is left out around rules is not missed; what is there is held to the same as in a rule file.
pub fn read_quoted_rules(file: FileId, text: &str, options: &ReadOptions) -> Read<RuleFile> {
    if detect_quoted(text) != Kind::Snippet {
        let mut read = read_rule_file(file, text, options);
        read.file.quoted = true;
        return read;
    }
    let tree = firedrill_yaml::parse(text);
    let mut reader = Reader::new(&tree, file, text, Version::V3, options);
    reader.syntax_errors(|document| document == 0);
    let groups = tree
        .root(0)
        .map_or_else(Vec::new, |root| groups(&mut reader, root));
    let comments = tree.comments().to_vec();
    reader.finish(RuleFile {
        file,
        groups,
        comments,
        ignores: Vec::new(),
        quoted: true,
    })
}

/// Reads PromQL that stands by itself: expressions with blank lines between them, or one a line. `name` is that of the
/// file, for the names of the expressions.
///
/// Comments from `#` on may stand anywhere.
pub fn read_expressions(file: FileId, name: &str, text: &str, options: &ReadOptions) -> Read<RuleFile> {
    let tree = firedrill_yaml::parse("");
    let mut reader = Reader::new(&tree, file, text, Version::V3, options);
    reader.consequence = "no server evaluates it";
    let mut group = Group {
        name: None,
        span: Span::new(0, text.len()),
        interval: None,
        query_offset: None,
        limit: None,
        labels: Vec::new(),
        rules: Vec::new(),
        items: Vec::new(),
    };
    let mut comments = Vec::new();
    let mut lines = LineCounter { text, at: 0, line: 1 };
    for paragraph in paragraphs(text) {
        for range in expressions(text, paragraph, options) {
            if is_comment(&text[range.clone()]) {
                comments.extend(lines_of(text, range).map(|line| Comment {
                    span: Span::new(line.start, line.end),
                    own_line: true,
                }));
                continue;
            }
            let line = lines.line_of(range.start);
            let rule = reader.query(range, &format!("{name}:{line}"));
            group.items.push(rule.span);
            group.rules.push(rule);
        }
    }
    reader.finish(RuleFile {
        file,
        groups: vec![group],
        comments,
        ignores: Vec::new(),
        quoted: true,
    })
}

/// The groups that a quotation is or stands for.
fn groups<'t>(reader: &mut Reader<'t>, root: NodeRef<'t>) -> Vec<Group> {
    let has_rules = |node: NodeRef<'t>| node.get("rules").is_some();
    match root.items().map(|mut items| items.any(has_rules)) {
        Some(true) => {
            let mut groups = Vec::new();
            for item in reader.list(root, "groups") {
                groups.extend(group(reader, item));
            }
            groups
        }
        Some(false) => {
            let items = reader.list(root, "rules");
            vec![unnamed(reader, root, items)]
        }
        None if has_rules(root) => group(reader, root).into_iter().collect(),
        None => vec![unnamed(reader, root, vec![root])],
    }
}

/// A group whose name may have been left out.
fn group<'t>(reader: &mut Reader<'t>, node: NodeRef<'t>) -> Option<Group> {
    let fields = reader.fields(node, PLAIN.group)?;
    Some(reader.group(&fields, PLAIN))
}

/// The group that is not written around rules.
fn unnamed<'t>(reader: &mut Reader<'t>, root: NodeRef<'t>, items: Vec<NodeRef<'t>>) -> Group {
    Group {
        name: None,
        span: root.span(),
        interval: None,
        query_offset: None,
        limit: None,
        labels: Vec::new(),
        items: items.iter().map(|item| item.span()).collect(),
        rules: reader.rules(items, None, PLAIN),
    }
}

impl Reader<'_> {
    /// An expression at a place of the file, byte for byte.
    fn query(&mut self, range: Range<usize>, name: &str) -> Rule {
        let span = Span::new(range.start, range.end);
        let scalar = |text: &str, span| Scalar {
            text: Arc::from(text),
            style: Style::Verbatim,
            span,
            used_at: span,
        };
        let source = scalar(span.slice(self.source()), span);
        let parsed = parse(&source.text, &self.features);
        for error in &parsed.errors {
            let mut finding = self.promql_error(&source, error);
            finding.subject = Subject {
                group: None,
                rule: Some(name.to_owned()),
            };
            self.diagnostics.push(finding);
        }
        let expr = Expression {
            source,
            valid: parsed.errors.is_empty(),
            expr: parsed.expr,
        };
        Rule {
            kind: RuleKind::Query,
            name: scalar(name, Span::at(range.start)),
            span,
            expr,
            hold: None,
            keep_firing_for: None,
            labels: Vec::new(),
            annotations: Vec::new(),
        }
    }
}

/// Lines without their ends.
fn lines_of(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let rest = text.get(at..range.end).filter(|rest| !rest.is_empty())?;
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = at..at + length;
        at += length;
        at += match &rest.as_bytes()[length..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        Some(line)
    })
}

/// Runs of lines that are not blank, without the blanks around them.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for line in lines_of(text, 0..text.len()) {
        let content = text[line.clone()].trim_end();
        let start = line.start + content.len() - content.trim_start().len();
        let end = line.start + content.len();
        match found.last_mut() {
            _ if start == end => open = false,
            Some(last) if open => last.end = end,
            _ => {
                found.push(start..end);
                open = true;
            }
        }
    }
    found
}

/// A paragraph is an expression, unless only its lines are.
fn expressions(text: &str, paragraph: Range<usize>, options: &ReadOptions) -> Vec<Range<usize>> {
    /// More lines than anybody puts below each other; each is parsed twice.
    const MOST_LINES: usize = 200;
    let whole = vec![paragraph.clone()];
    let lines: Vec<Range<usize>> = lines_of(text, paragraph)
        .map(|line| {
            let content = &text[line.clone()];
            let start = line.start + content.len() - content.trim_start().len();
            start..line.start + content.trim_end().len()
        })
        .collect();
    let parses = |range: &Range<usize>| {
        let part = &text[range.clone()];
        is_comment(part) || parse(part, &options.features).errors.is_empty()
    };
    let separate = (2..=MOST_LINES).contains(&lines.len()) && !parses(&whole[0]) && lines.iter().all(parses);
    if separate { lines } else { whole }
}

/// Whether there is nothing but comments.
fn is_comment(text: &str) -> bool {
    text.split(['\n', '\r']).all(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with('#')
    })
}

/// Counts lines on the way through a text.
struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    /// The line of an offset, from 1; offsets come in rising order.
    fn line_of(&mut self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        while self.at < offset.min(bytes.len()) {
            let lone_return = bytes[self.at] == b'\r' && bytes.get(self.at + 1) != Some(&b'\n');
            self.line += usize::from(bytes[self.at] == b'\n' || lone_return);
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> (Vec<(String, RuleKind)>, Vec<String>) {
        let read = read_quoted_rules(FileId::default(), text, &ReadOptions::default());
        let rules = read.file.groups.iter().flat_map(|group| &group.rules);
        let rules = rules
            .map(|rule| (rule.name.text.to_string(), rule.kind))
            .collect();
        (rules, read.diagnostics.into_iter().map(|it| it.message).collect())
    }

    fn queries(text: &str) -> Vec<(String, String, bool)> {
        let read = read_expressions(FileId::default(), "q", text, &ReadOptions::default());
        let group = &read.file.groups[0];
        let show = |rule: &Rule| {
            let at = rule
                .expr
                .source
                .locate(text, Span::new(0, rule.expr.source.text.len()));
            assert_eq!(at.slice(text), &*rule.expr.source.text);
            (
                rule.name.text.to_string(),
                at.slice(text).to_owned(),
                rule.expr.valid,
            )
        };
        group.rules.iter().map(show).collect()
    }

    #[test]
    fn rules_are_read_without_what_belongs_around_them() {
        let alert = vec![("A".to_owned(), RuleKind::Alert)];
        for text in [
            "  - alert: A\n    expr: up == 0\n",
            "alert: A\nexpr: up == 0\nfor: 5m\n",
            "name: g\nrules:\n- alert: A\n  expr: up == 0\n",
            "rules:\n- alert: A\n  expr: up == 0\n",
            "- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n",
            "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n",
        ] {
            assert_eq!(
                detect_quoted(text) == Kind::Snippet,
                !text.starts_with("groups"),
                "{text}"
            );
            assert_eq!(rules(text), (alert.clone(), vec![]), "{text}");
        }
        let (found, messages) = rules("- record: a:b\n  expr: sum(\n- alert: B\n  exr: up\n");
        assert_eq!(found, [("a:b".to_owned(), RuleKind::Record)]);
        assert_eq!(messages.len(), 3, "{messages:?}");
    }

    #[test]
    fn expressions_stand_apart_by_blank_lines_or_by_lines() {
        let text = "# all\n\n  rate(a[5m])\n    > 1\r\n \t\r\nb\nc # d\n\n# e\nsum(\n";
        let expected = [
            ("q:3", "rate(a[5m])\n    > 1", true),
            ("q:6", "b", true),
            ("q:7", "c # d", true),
            ("q:9", "# e\nsum(", false),
        ];
        let expected = expected.map(|(name, expr, valid)| (name.to_owned(), expr.to_owned(), valid));
        assert_eq!(queries(text), expected);
        assert_eq!(queries("\n# nothing\n\r\r"), []);
    }
}
