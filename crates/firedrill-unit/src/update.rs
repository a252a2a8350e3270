//! Rewrites failing expectations in the text of a test file to what came out.
//!
//! Only what differs is written anew: expected alerts that fire stay as they are, of the others only the labels and
//! annotations that differ change, in the style in which they are written. Comments, layout and line breaks stay.

mod emit;

use crate::compare::{GotAlert, pairs};
use crate::failure::{AlertMismatch, ExprMismatch, Failure};
use emit::{
    Place, Value, alert_fields, block_item, flow_item, flow_map, number, pair_line, sample_fields, scalar,
};
use firedrill_source::{Edit, Span};
use firedrill_yaml::{Content, Field, NodeRef, Style};

/// What came of rewriting.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// The new text of the file.
    pub text: String,
    /// How many expectations were rewritten.
    pub updated: usize,
    /// Expectations that were left as they are, with the reason.
    pub refused: Vec<(Span, String)>,
}

/// Keys of an expectation that says less than everything.
const LOOSE: [&str; 5] = ["match", "tolerance", "nan_equal", "state", "exp_count"];

/// Rewrites the expectations that failed. Failures that are no wrong expectations (rules that cannot be evaluated, input
/// that cannot be read) are refused.
pub fn rewrite<'f>(text: &str, failures: impl IntoIterator<Item = &'f Failure>) -> Rewrite {
    let tree = firedrill_yaml::parse(text);
    let mut editor = Editor {
        text,
        line_break: if text.contains("\r\n") { "\r\n" } else { "\n" },
        anchors: tree
            .nodes()
            .map(|node| (node.start as usize, node.span.start as usize))
            .filter(|&(start, content)| text.get(start..content).is_some_and(|it| it.contains('&')))
            .map(|(start, _)| start)
            .collect(),
        edits: Vec::new(),
    };
    let mut result = Rewrite::default();
    let mut seen: Vec<Span> = Vec::new();
    for failure in failures {
        let span = failure.span();
        let before = editor.edits.len();
        let outcome = if seen.contains(&span) {
            Err("several tests share it through an alias".to_owned())
        } else {
            let entry = tree.root(0).and_then(|root| entry_at(root, span, failure));
            match (entry, failure) {
                (Some(entry), _) if LOOSE.iter().any(|key| entry.get(key).is_some()) => {
                    Err("it compares loosely, so what came out is more than it says".to_owned())
                }
                (Some(entry), Failure::Alert(mismatch)) => editor.alerts(entry, mismatch),
                (Some(entry), Failure::Expr(mismatch)) => editor.samples(entry, mismatch),
                (None, Failure::Alert(_) | Failure::Expr(_)) => Err(
                    "it comes from an alias or a merge, which others may share, or its test compares loosely"
                        .to_owned(),
                ),
                _ => Err("it does not fail for what it expects".to_owned()),
            }
        };
        seen.push(span);
        match outcome {
            Ok(()) => result.updated += 1,
            Err(reason) => {
                editor.edits.truncate(before);
                result.refused.push((span, reason));
            }
        }
    }
    result.text = editor.apply();
    result
}

/// The entry of `alert_rule_test` or `promql_expr_test` at a place, if no alias leads there.
fn entry_at<'t>(root: NodeRef<'t>, span: Span, failure: &Failure) -> Option<NodeRef<'t>> {
    let key = match failure {
        Failure::Alert(_) => "alert_rule_test",
        _ => "promql_expr_test",
    };
    let tests = own(root, "tests")?.value;
    for test in tests.items()?.filter(|it| !it.through_alias()) {
        if LOOSE.iter().any(|key| test.get(key).is_some()) {
            continue;
        }
        let Some(list) = own(test, key) else { continue };
        let mut entries = list.value.items().into_iter().flatten();
        if let Some(found) = entries.find(|it| it.span() == span && !it.through_alias()) {
            return Some(found);
        }
    }
    None
}

/// A field that is written where it is used.
fn own<'t>(node: NodeRef<'t>, key: &str) -> Option<Field<'t>> {
    let (fields, _) = node.fields();
    let named = |field: &Field<'_>| field.key.text() == Some(key);
    fields
        .into_iter()
        .find(|field| named(field) && !field.merged && !field.value.through_alias())
}

/// Whether a field is there that is not written here.
fn elsewhere(node: NodeRef<'_>, key: &str) -> bool {
    let (fields, _) = node.fields();
    let named = |field: &Field<'_>| field.key.text() == Some(key);
    fields.iter().any(named) && own(node, key).is_none()
}

struct Editor<'s> {
    text: &'s str,
    line_break: &'s str,
    /// Where the nodes with anchors begin.
    anchors: Vec<usize>,
    edits: Vec<Edit>,
}

type Outcome = Result<(), String>;

impl Editor<'_> {
    fn alerts(&mut self, entry: NodeRef<'_>, mismatch: &AlertMismatch) -> Outcome {
        let mut left: Vec<_> = mismatch.expected.iter().collect();
        let mut right: Vec<&GotAlert> = mismatch.got.iter().collect();
        left.retain(|e| {
            let same = right
                .iter()
                .position(|g| e.labels == g.labels && e.annotations == g.annotations);
            same.map(|at| right.remove(at)).is_none()
        });
        let distance = |a: &[(String, String)], b: &[(String, String)]| {
            a.iter().filter(|pair| !b.contains(pair)).count()
                + b.iter().filter(|pair| !a.contains(pair)).count()
        };
        let mut changed: Vec<(Span, &GotAlert)> = Vec::new();
        while !left.is_empty() && !right.is_empty() {
            let mut best = (usize::MAX, 0, 0);
            for (i, e) in left.iter().enumerate() {
                for (j, g) in right.iter().enumerate() {
                    let cost = 2 * distance(&e.labels, &g.labels) + distance(&e.annotations, &g.annotations);
                    if cost < best.0 {
                        best = (cost, i, j);
                    }
                }
            }
            changed.push((left.remove(best.1).span, right.remove(best.2)));
        }
        let removed: Vec<Span> = left.iter().map(|it| it.span).collect();
        let added: Vec<_> = right.into_iter().map(alert_fields).collect();
        let list = self.list(entry, "exp_alerts")?;
        for (span, got) in changed {
            let item = item_at(list, span)?;
            let labels: Vec<(String, String)> = got
                .labels
                .iter()
                .filter(|(name, _)| name != "alertname")
                .cloned()
                .collect();
            self.mapping(item, "exp_labels", &labels)?;
            self.mapping(item, "exp_annotations", &got.annotations)?;
        }
        self.items(entry, "exp_alerts", list, &removed, &added)
    }

    fn samples(&mut self, entry: NodeRef<'_>, mismatch: &ExprMismatch) -> Outcome {
        let mut left: Vec<_> = mismatch.expected.iter().collect();
        let mut right: Vec<_> = mismatch.got.iter().collect();
        let list = self.list(entry, "exp_samples")?;
        let shown = |labels| firedrill_value::format_pairs(&pairs(labels));
        let mut changed = Vec::new();
        left.retain(|e| {
            let same = right.iter().position(|g| {
                !e.impossible && e.labels == g.labels && e.histogram.is_some() == g.histogram.is_some()
            });
            let Some(at) = same else { return true };
            changed.push((e.span, right.remove(at)));
            false
        });
        for (span, got) in changed {
            let item = item_at(list, span)?;
            let (key, new, style) = match &got.histogram {
                Some(histogram) => (
                    "histogram",
                    histogram.as_ref().clone().compact().test_expression(),
                    Style::SingleQuoted,
                ),
                None => ("value", number(got.value)?, Style::Plain),
            };
            if elsewhere(item, key) {
                return Err(format!(
                    "`{key}` of {} comes from an alias or a merge",
                    shown(&got.labels)
                ));
            }
            let expected = mismatch.expected.iter().find(|it| it.span == span);
            let same = expected.is_some_and(|e| {
                let text = |it: &std::sync::Arc<firedrill_value::FloatHistogram>| {
                    it.as_ref().clone().compact().test_expression()
                };
                (got.histogram.is_some() || e.value == got.value)
                    && e.histogram.as_ref().map(text) == got.histogram.as_ref().map(text)
            });
            match own(item, key) {
                _ if same => {}
                Some(field) if key == "value" => self.replace(field.value, new)?,
                Some(field) => {
                    let style = field.value.scalar().map_or(style, |old| old.style);
                    self.replace_text(field.value, &new, style)?;
                }
                None => self.replace(item, flow_item(&sample_fields(got)?))?,
            }
        }
        let removed: Vec<Span> = left.iter().map(|it| it.span).collect();
        let added = right
            .into_iter()
            .map(sample_fields)
            .collect::<Result<Vec<_>, _>>()?;
        self.items(entry, "exp_samples", list, &removed, &added)
    }

    /// The list of expectations; `None` where there is none yet.
    fn list<'t>(&self, entry: NodeRef<'t>, key: &str) -> Result<Option<NodeRef<'t>>, String> {
        if elsewhere(entry, key) {
            return Err(format!(
                "`{key}` comes from an alias or a merge, which others may share"
            ));
        }
        let Some(field) = own(entry, key) else {
            return Ok(None);
        };
        let from = field.key.span().end as usize;
        if self
            .anchors
            .iter()
            .any(|at| (from..field.value.span().end as usize).contains(at))
        {
            return Err(format!("`{key}` holds an anchor, which others may use"));
        }
        Ok(Some(field.value))
    }

    /// Makes a mapping of texts inside an element of the list hold these pairs.
    fn mapping(&mut self, item: NodeRef<'_>, key: &str, wanted: &[(String, String)]) -> Outcome {
        if elsewhere(item, key) {
            return Err(format!(
                "`{key}` comes from an alias or a merge, which others may share"
            ));
        }
        let Some(field) = own(item, key) else {
            return if wanted.is_empty() {
                Ok(())
            } else {
                self.add_field(item, key, wanted)
            };
        };
        let node = field.value;
        let entries: Vec<(NodeRef<'_>, NodeRef<'_>)> = node.entries().into_iter().flatten().collect();
        if entries
            .iter()
            .any(|(key, value)| key.is_merge_key() || value.through_alias())
        {
            return Err(format!("`{key}` uses an alias, which others may share"));
        }
        if entries.iter().any(|(_, value)| value.entries().is_some()) {
            return Err(format!("`{key}` describes values by patterns"));
        }
        if entries.is_empty() || self.is_flow(node) {
            let same = |(name, text): &(String, String)| {
                entries
                    .iter()
                    .any(|(key, value)| is_text(*key, name) && is_text(*value, text))
            };
            if entries.len() == wanted.len() && wanted.iter().all(same) {
                return Ok(());
            }
            if entries.is_empty() && wanted.is_empty() {
                return Ok(());
            }
            let all_there = entries.len() == wanted.len()
                && wanted
                    .iter()
                    .all(|(name, _)| entries.iter().any(|(key, _)| is_text(*key, name)));
            if !all_there {
                let colon = if node.span().is_empty() { " " } else { "" };
                return self.replace(node, format!("{colon}{}", flow_map(wanted)));
            }
        }
        let mut last = None;
        let block = !self.is_flow(node);
        let kept = entries
            .iter()
            .filter(|(key, _)| wanted.iter().any(|(name, _)| is_text(*key, name)))
            .count();
        if kept == 0 && block {
            return self.replace(node, flow_map(wanted));
        }
        for (name_node, value) in &entries {
            let name = name_node.text().unwrap_or("");
            match wanted.iter().find(|(known, _)| known == name) {
                Some((_, text)) if is_text(*value, text) => {}
                Some((_, text)) => {
                    let style = value.scalar().map_or(Style::Plain, |old| old.style);
                    self.replace_text(*value, text, style)?;
                }
                None => self.remove_lines(name_node.position(), end_of(*value, self.text)),
            }
            last = Some((*name_node, *value));
        }
        let Some((first_key, _)) = entries.first() else {
            return Ok(());
        };
        let (indent, Some((_, last))) = (self.column(first_key.position()), last) else {
            return Ok(());
        };
        let is_new = |(name, _): &&(String, String)| !entries.iter().any(|(key, _)| is_text(*key, name));
        let style = last.scalar().map_or(Style::Plain, |old| match old.style {
            Style::Literal | Style::Folded => Style::Plain,
            other => other,
        });
        let added: String = wanted
            .iter()
            .filter(is_new)
            .map(|(name, text)| pair_line(name, text, indent, style, self.line_break))
            .collect();
        self.insert_after(end_of(last, self.text), added);
        Ok(())
    }

    /// Adds a mapping that an element does not have yet.
    fn add_field(&mut self, item: NodeRef<'_>, key: &str, wanted: &[(String, String)]) -> Outcome {
        let entries: Vec<_> = item.entries().into_iter().flatten().collect();
        match (entries.first(), entries.last()) {
            (Some((first, _)), Some((_, last))) if !self.is_flow(item) => {
                let indent = self.column(first.position());
                let mut lines = format!("{}{key}:{}", " ".repeat(indent), self.line_break);
                for (name, text) in wanted {
                    lines.push_str(&pair_line(name, text, indent + 2, Style::Plain, self.line_break));
                }
                self.insert_after(end_of(*last, self.text), lines);
                Ok(())
            }
            (Some((_, last)), _) => {
                let at = last.span().end as usize;
                self.edit(at, at, format!(", {key}: {}", flow_map(wanted)));
                Ok(())
            }
            _ => {
                let both = self.edits.iter().position(|it| it.span == item.span());
                let new = format!("{key}: {}", flow_map(wanted));
                match both {
                    Some(at) => {
                        let known = &mut self.edits[at].replacement;
                        known.truncate(known.len().saturating_sub(1));
                        known.push_str(&format!(", {new}}}"));
                        Ok(())
                    }
                    None => {
                        let lead = if item.span().is_empty() { " " } else { "" };
                        self.replace(item, format!("{lead}{{{new}}}"))
                    }
                }
            }
        }
    }

    /// Removes elements of the list and adds others at its end.
    fn items(
        &mut self,
        entry: NodeRef<'_>,
        key: &str,
        list: Option<NodeRef<'_>>,
        removed: &[Span],
        added: &[Vec<(&'static str, Value)>],
    ) -> Outcome {
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        let line_break = self.line_break;
        let Some(list) = list else {
            let entries: Vec<_> = entry.entries().into_iter().flatten().collect();
            let (Some((first, _)), Some((_, last))) = (entries.first(), entries.last()) else {
                return Err("there is nothing to write after".to_owned());
            };
            if self.is_flow(entry) {
                let at = last.span().end as usize;
                let items: Vec<String> = added.iter().map(|it| flow_item(it)).collect();
                self.edit(at, at, format!(", {key}: [{}]", items.join(", ")));
            } else {
                let indent = self.column(first.position());
                let mut lines = format!("{}{key}:{line_break}", " ".repeat(indent));
                added
                    .iter()
                    .for_each(|it| lines.push_str(&block_item(it, indent + 2, line_break)));
                self.insert_after(end_of(*last, self.text), lines);
            }
            return Ok(());
        };
        let items: Vec<NodeRef<'_>> = list.items().into_iter().flatten().collect();
        if items.iter().any(|it| it.through_alias()) {
            return Err(format!("`{key}` uses an alias, which others may share"));
        }
        let field = own(entry, key).map(|field| field.key);
        let colon = field.map_or(list.position(), |key| {
            let end = key.span().end as usize;
            end + self.text[end..].find(':').map_or(0, |at| at + 1)
        });
        let kept: Vec<&NodeRef<'_>> = items.iter().filter(|it| !removed.contains(&it.span())).collect();
        let block_entry = !self.is_flow(entry);
        if items.is_empty() && block_entry {
            // `key:` or `key: []` becomes a block; what stands behind it on its line stays there.
            let indent = field.map_or(0, |key| self.column(key.position())) + 2;
            self.edit(colon, (list.span().end as usize).max(colon), String::new());
            let lines: String = added
                .iter()
                .map(|it| block_item(it, indent, line_break))
                .collect();
            self.insert_after((list.span().end as usize).max(colon), lines);
        } else if self.is_flow(list) || items.is_empty() {
            let mut shown: Vec<String> = kept.iter().map(|it| self.edited(it.span())).collect();
            shown.extend(added.iter().map(|it| flow_item(it)));
            let lead = if list.span().is_empty() { " " } else { "" };
            let new = format!("{lead}[{}]", shown.join(", "));
            let inside = list.span();
            self.edits
                .retain(|edit| !(inside.start <= edit.span.start && edit.span.end <= inside.end));
            self.replace(list, new)?;
        } else if kept.is_empty() && added.is_empty() {
            let end = end_of(list, self.text);
            self.edit(colon, end, " []".to_owned());
        } else {
            let indent = self.column(self.dash_before(items[0].position()));
            let lines: String = added
                .iter()
                .map(|it| block_item(it, indent, line_break))
                .collect();
            for item in &items {
                if removed.contains(&item.span()) {
                    self.remove_lines(self.dash_before(item.position()), end_of(*item, self.text));
                }
            }
            self.insert_after(end_of(list, self.text), lines);
        }
        Ok(())
    }

    /// A part of the text with the edits so far.
    fn edited(&self, span: Span) -> String {
        let inside = self
            .edits
            .iter()
            .filter(|it| span.start <= it.span.start && it.span.end <= span.end);
        let mut inside: Vec<&Edit> = inside.collect();
        inside.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        let mut text = span.slice(self.text).to_owned();
        for edit in inside {
            let start = (edit.span.start - span.start) as usize;
            let end = (edit.span.end - span.start) as usize;
            text.replace_range(start..end, &edit.replacement);
        }
        text
    }

    fn is_flow(&self, node: NodeRef<'_>) -> bool {
        matches!(node.content(), Content::Scalar(_)) || node.span().slice(self.text).starts_with(['[', '{'])
    }

    fn replace(&mut self, node: NodeRef<'_>, new: String) -> Outcome {
        if node.through_alias() {
            return Err("it comes from an alias, which others may share".to_owned());
        }
        let end = end_of(node, self.text);
        self.edit(node.span().start as usize, end, new);
        Ok(())
    }

    fn replace_text(&mut self, node: NodeRef<'_>, text: &str, style: Style) -> Outcome {
        let start = node.span().start as usize;
        let block = matches!(style, Style::Literal | Style::Folded);
        let line = &self.text[self.line_start(start)..start];
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let place = Place {
            style: if text.contains('\n') && style == Style::SingleQuoted {
                Style::DoubleQuoted
            } else {
                style
            },
            block: block.then_some(indent + 2),
            line_break: self.line_break,
        };
        let lead = if node.span().is_empty() { " " } else { "" };
        self.replace(node, format!("{lead}{}", scalar(text, place)))
    }

    fn edit(&mut self, start: usize, end: usize, replacement: String) {
        self.edits.push(Edit {
            span: Span::new(start, end),
            replacement,
        });
    }

    /// Inserts whole lines behind the line on which something ends.
    fn insert_after(&mut self, end: usize, lines: String) {
        if lines.is_empty() {
            return;
        }
        match self.text[end..].find('\n') {
            Some(at) => self.edit(end + at + 1, end + at + 1, lines),
            None => {
                let last = self.text.len();
                let lines = lines.strip_suffix(self.line_break).unwrap_or(&lines).to_owned();
                self.edit(last, last, format!("{}{lines}", self.line_break));
            }
        }
    }

    /// Removes the lines from where something starts to where it ends; what shares its first line stays.
    fn remove_lines(&mut self, start: usize, end: usize) {
        let line = self.line_start(start);
        let next = self.text[end..]
            .find('\n')
            .map_or(self.text.len(), |at| end + at + 1);
        let before = &self.text[line..start];
        if before.trim().is_empty() {
            self.edit(line, next, String::new());
            return;
        }
        // `- key: …`: the next line moves up behind the dash.
        let rest = &self.text[next..];
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        self.edit(start, next + blanks, String::new());
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    fn dash_before(&self, at: usize) -> usize {
        self.text[..at].rfind('-').unwrap_or(at)
    }

    fn apply(mut self) -> String {
        // Of lines inserted at one place the deeper ones belong to what stands before. Stable, so that equal ones keep
        // their order.
        let depth = |edit: &Edit| edit.replacement.len() - edit.replacement.trim_start_matches(' ').len();
        self.edits.sort_by_key(|edit| {
            let inserted = edit.span.is_empty();
            (
                edit.span,
                std::cmp::Reverse(if inserted { depth(edit) } else { 0 }),
            )
        });
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for edit in &self.edits {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            if start >= at {
                out.push_str(&self.text[at..start]);
            }
            out.push_str(&edit.replacement);
            at = at.max(end);
        }
        out.push_str(&self.text[at..]);
        out
    }
}

fn item_at<'t>(list: Option<NodeRef<'t>>, span: Span) -> Result<NodeRef<'t>, String> {
    let mut items = list.and_then(NodeRef::items).into_iter().flatten();
    items
        .find(|it| it.span() == span && !it.through_alias())
        .ok_or_else(|| "one of its elements comes from an alias".to_owned())
}

fn is_text(node: NodeRef<'_>, text: &str) -> bool {
    node.text().map_or(text.is_empty(), |known| known == text)
}

/// Where the last content of a node ends, without line breaks behind it.
fn end_of(node: NodeRef<'_>, text: &str) -> usize {
    let span = node.span();
    let shown = span.slice(text).trim_end();
    span.start as usize + shown.len()
}
