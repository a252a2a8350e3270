//! Mappings with known keys.

use super::{Reader, did_you_mean};
use crate::codes;
use firedrill_source::{Diagnostic, Severity};
use firedrill_yaml::{Content, Field, MergeError, NodeRef, Resolved, Version, resolve};
use rustc_hash::FxHashMap;
use std::fmt::Display;

/// Up to here keys are compared pair by pair.
const FEW_KEYS: usize = 12;

/// Nested `<<` deeper than this are not followed.
const MERGE_DEPTH: usize = 100;

const FIREDRILL: &str = "firedrill without `--compat promtool`";

/// A kind of mapping: what to call it and which keys it has.
pub(crate) struct Shape {
    /// For messages, with its article: `a rule`.
    pub(crate) name: &'static str,
    /// The keys.
    pub(crate) keys: &'static [&'static str],
    /// Keys that only firedrill has; known where its extensions are.
    pub(crate) own: &'static [&'static str],
    /// Keys that other tools read, and which tool that is.
    pub(crate) foreign: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// The key of that name.
    fn known_as(&self, name: &str, extensions: bool) -> Option<&'static str> {
        let find = |keys: &[&'static str]| keys.iter().find(|known| **known == name).copied();
        find(self.keys).or_else(|| if extensions { find(self.own) } else { None })
    }

    fn known(&self, extensions: bool) -> impl Iterator<Item = &'static str> + use<> {
        let own = if extensions { self.own } else { &[] };
        self.keys.iter().chain(own).copied()
    }
}

/// The known fields of a mapping, each once.
pub(crate) struct Fields<'t> {
    /// The mapping.
    pub(crate) node: NodeRef<'t>,
    found: Vec<(&'static str, Field<'t>)>,
}

impl<'t> Fields<'t> {
    /// The field of that name.
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<Field<'t>> {
        self.found
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, field)| *field)
    }

    /// The value of the field of that name.
    #[inline]
    pub(crate) fn value(&self, name: &str) -> Option<NodeRef<'t>> {
        self.get(name).map(|field| field.value)
    }
}

impl<'t> Reader<'t> {
    /// Reads a mapping of a known shape. `None` for null and for what is no mapping; the latter is reported.
    pub(crate) fn fields(&mut self, node: NodeRef<'t>, shape: &Shape) -> Option<Fields<'t>> {
        if !self.visit(node) || !self.expect_mapping(node, &shape.name) {
            return None;
        }
        let mut found = std::mem::take(&mut self.found);
        if self.all_known(node, shape, &mut found) {
            return Some(Fields { node, found });
        }
        found.clear();
        self.each_field(node, &shape.name, |this, field| {
            let Some(name) = field.key.text() else {
                this.bad_key(field.key);
                return;
            };
            let name = if this.is_null(field.key) { "" } else { name };
            match shape.known_as(name, this.extensions) {
                Some(known) => {
                    if !found.iter().any(|(other, _)| *other == known) {
                        found.push((known, field));
                    }
                }
                None => this.unknown_field(field, name, shape),
            }
        });
        Some(Fields { node, found })
    }

    /// Takes note of the fields of a mapping, as long as their keys are known ones and each comes once; nearly always
    /// that goes for all of them.
    fn all_known(
        &self,
        node: NodeRef<'t>,
        shape: &Shape,
        found: &mut Vec<(&'static str, Field<'t>)>,
    ) -> bool {
        let Some(mut entries) = node.entries() else {
            return true;
        };
        entries.all(|(key, value)| {
            // No key has the name of a null.
            let name = key.untagged_text();
            let known = name.and_then(|name| shape.known_as(name, self.extensions));
            let Some(known) = known.filter(|known| !found.iter().any(|(other, _)| other == known)) else {
                return false;
            };
            let merged = false;
            found.push((known, Field { key, value, merged }));
            true
        })
    }

    /// Leaves the memory of fields that are no longer needed to the next ones.
    pub(crate) fn forget(&mut self, fields: Fields<'t>) {
        self.found = fields.found;
        self.found.clear();
    }

    /// Visits the fields that [`Reader::unique_fields`] gives.
    pub(crate) fn each_field(
        &mut self,
        node: NodeRef<'t>,
        name: &dyn Display,
        mut visit: impl FnMut(&mut Self, Field<'t>),
    ) {
        // Most mappings have few keys, those differ, and none of them merges anything.
        if let Some(entries) = node.entries()
            && entries.len() <= FEW_KEYS
            && all_differ(entries.clone().map(|(key, _)| key), NodeRef::is_merge_key)
        {
            let field = |(key, value)| Field {
                key,
                value,
                merged: false,
            };
            entries.map(field).for_each(|field| visit(self, field));
            return;
        }
        for field in self.unique_fields(node, name) {
            visit(self, field);
        }
    }

    /// Whether a node is a mapping. Null passes silently as "nothing there", anything else is reported.
    pub(crate) fn expect_mapping(&mut self, node: NodeRef<'t>, name: &dyn Display) -> bool {
        if node.is_mapping() {
            return true;
        }
        if !self.is_null(node) {
            let found = describe(node);
            self.error(
                codes::WRONG_VALUE_TYPE,
                node,
                format!("{found} stands where {name} is expected"),
            )
            .help = Some(format!("write {name} as a mapping: lines of `key: value`"));
        }
        false
    }

    /// Whether a node is null in the eyes of the file's YAML reader.
    #[inline]
    pub(crate) fn is_null(&self, node: NodeRef<'_>) -> bool {
        // Tags count differently.
        if node.is_untagged_scalar() {
            node.is_null()
        } else {
            resolve(node, self.version) == Ok(Resolved::Null)
        }
    }

    /// The fields of a mapping with `<<` resolved; keys given twice are reported and come once.
    pub(crate) fn unique_fields(&mut self, node: NodeRef<'t>, name: &dyn Display) -> Vec<Field<'t>> {
        self.report_duplicates(node, name);
        let (fields, error) = node.fields();
        if let Some(error) = error {
            let (message, span) = match error {
                MergeError::NotAMapping(span) => {
                    ("`<<` can merge only a mapping or a list of mappings", span)
                }
                MergeError::Cycle(span) => ("this `<<` merges a mapping into itself", span),
            };
            let at = self.location(span);
            let consequence = self.consequence;
            let finding = self.push(Diagnostic::new(codes::YAML_INVALID, Severity::Error, at, message));
            finding.note = Some(consequence.to_owned());
        }
        if self.version == Version::V2 && fields.iter().any(|field| field.merged) {
            let mut fields = Vec::new();
            self.overwrite_fields(node, 0, &mut fields);
            return fields;
        }
        fields
    }

    /// The fields of a mapping as version 2 merges them: in file order, each `<<` overwriting what stands before it.
    fn overwrite_fields(&mut self, node: NodeRef<'t>, depth: usize, fields: &mut Vec<Field<'t>>) {
        for (key, value) in node.entries().into_iter().flatten() {
            if key.is_merge_key() {
                // The first of a list is the strongest, so it comes last.
                for source in value.merge_sources().unwrap_or_default().into_iter().rev() {
                    if depth < MERGE_DEPTH && self.visit(source) {
                        self.overwrite_fields(source, depth + 1, fields);
                    }
                }
                continue;
            }
            let merged = depth > 0;
            let field = Field { key, value, merged };
            match fields
                .iter_mut()
                .find(|other| other.key.text().is_some() && other.key.text() == key.text())
            {
                // Of two that are written here the first stays; the second is reported.
                Some(other) if !merged && !other.merged => {}
                Some(other) => *other = field,
                None => fields.push(field),
            }
        }
    }

    /// Reports names that a `<<` brings in a second time. Version 2 refuses that in mappings of texts.
    pub(crate) fn report_merged_twice(&mut self, node: NodeRef<'t>, name: &dyn Display) {
        let mut seen: FxHashMap<&str, (NodeRef<'t>, bool)> = FxHashMap::default();
        for (key, value) in node.entries().into_iter().flatten() {
            let sources = if key.is_merge_key() {
                value.merge_sources().unwrap_or_default()
            } else {
                // Two that are both written here are reported as such.
                if let Some(text) = key.text()
                    && let Some((before, true)) = seen.insert(text, (key, false))
                {
                    self.merged_twice(key, before, name);
                }
                continue;
            };
            for source in sources {
                for (key, _) in source.entries().into_iter().flatten() {
                    let Some(text) = key.text() else { continue };
                    if let Some((before, _)) = seen.insert(text, (key, true)) {
                        self.merged_twice(key, before, name);
                    }
                }
            }
        }
    }

    fn merged_twice(&mut self, key: NodeRef<'t>, before: NodeRef<'t>, name: &dyn Display) {
        let consequence = self.consequence;
        let before = self.carets(before);
        let text = key.text().unwrap_or("");
        let message = format!("the key `{text}` comes into {name} twice, once through `<<`");
        let finding = self.error(codes::DUPLICATE_KEY, key, message);
        finding
            .related
            .push(firedrill_source::Label::new(before, "first given here"));
        finding.note = Some(consequence.to_owned());
        finding.help = Some("write the labels out".to_owned());
    }

    fn report_duplicates(&mut self, node: NodeRef<'t>, name: &dyn Display) {
        let Some(entries) = node.entries() else { return };
        // Most mappings have few keys, and those differ.
        if entries.len() <= FEW_KEYS && all_differ(entries.clone().map(|(key, _)| key), |_| false) {
            return;
        }
        let mut seen: Vec<(&str, NodeRef<'t>)> = Vec::with_capacity(entries.len().min(32));
        let mut index: FxHashMap<&str, usize> = FxHashMap::default();
        for (key, _) in entries {
            // Version 2 knows duplicates only of what it stores.
            if self.version == Version::V2 && key.is_merge_key() {
                continue;
            }
            let Some(text) = key.text() else { continue };
            let first = if seen.len() < 16 {
                seen.iter().position(|(other, _)| *other == text)
            } else {
                if index.is_empty() {
                    index.extend(seen.iter().enumerate().map(|(at, (text, _))| (*text, at)));
                }
                index.get(text).copied()
            };
            match first {
                Some(first) => {
                    let before = self.carets(seen[first].1);
                    let finding = self.error(
                        codes::DUPLICATE_KEY,
                        key,
                        format!("the key `{text}` is given twice in {name}"),
                    );
                    finding
                        .related
                        .push(firedrill_source::Label::new(before, "first given here"));
                    finding.note = Some(
                        "Prometheus refuses the whole file; other readers silently drop one of the two"
                            .to_owned(),
                    );
                    finding.help = Some("keep one of them".to_owned());
                }
                None => {
                    if seen.len() >= 16 {
                        index.insert(text, seen.len());
                    }
                    seen.push((text, key));
                }
            }
        }
    }

    fn bad_key(&mut self, key: NodeRef<'t>) {
        let found = describe(key);
        self.error(
            codes::WRONG_VALUE_TYPE,
            key,
            format!("{found} stands where a key is expected"),
        )
        .help = Some("put quotes around a text that starts with `{` or `[`".to_owned());
    }

    fn unknown_field(&mut self, field: Field<'t>, name: &str, shape: &Shape) {
        // Places for anchors.
        if self.extensions && shape.keys.contains(&"rule_files") && name.starts_with("x-") {
            return;
        }
        // Version 3 passes over null keys.
        if self.lenient || (self.version == Version::V3 && self.is_null(field.key)) {
            return;
        }
        let consequence = self.consequence;
        let foreign = shape.foreign.iter().find(|(key, _)| *key == name);
        let own = shape.own.contains(&name).then_some(FIREDRILL);
        let known: Vec<&str> = shape.known(self.extensions).collect();
        let help = match foreign.map(|(_, tool)| *tool).or(own) {
            Some(tool) => Some(format!(
                "only {tool} reads this key: keep it in files that only {tool} loads"
            )),
            None => did_you_mean(name, &known)
                .or_else(|| Some(format!("{} has the keys {}", shape.name, list(&known)))),
        };
        let code = if foreign.is_some() {
            codes::WRONG_DIALECT
        } else {
            codes::UNKNOWN_FIELD
        };
        let finding = self.error(code, field.key, format!("unknown key `{name}` in {}", shape.name));
        finding.note = Some(consequence.to_owned());
        finding.help = help;
    }
}

/// Whether all of at most [`FEW_KEYS`] keys are texts, no two are the same, and none is special.
fn all_differ<'t>(keys: impl Iterator<Item = NodeRef<'t>>, is_special: impl Fn(NodeRef<'t>) -> bool) -> bool {
    let mut known = [""; FEW_KEYS];
    keys.enumerate().all(
        |(index, key)| match (key.text(), known.split_at_mut_checked(index)) {
            (Some(text), Some((earlier, [free, ..]))) => {
                *free = text;
                !earlier.contains(&text) && !is_special(key)
            }
            _ => false,
        },
    )
}

fn list(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A node in words: `a list`, `the text "abc"`.
pub(crate) fn describe(node: NodeRef<'_>) -> String {
    match node.content() {
        Content::Sequence => "a list".to_owned(),
        Content::Mapping => "a mapping".to_owned(),
        Content::Alias(_) => "an unknown alias".to_owned(),
        Content::Scalar(scalar) => {
            let mut text: String = scalar.text.chars().take(40).collect();
            if text.len() < scalar.text.len() {
                text.push('…');
            }
            match resolve(node, Version::V3) {
                Ok(Resolved::Null) => "nothing".to_owned(),
                Ok(Resolved::Bool(_)) => format!("the boolean `{text}`"),
                Ok(Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)) => {
                    format!("the number `{text}`")
                }
                _ => format!("the text `{}`", text.replace('\n', "⏎")),
            }
        }
    }
}
