//! go-yaml's decoder: what it accepts into which Go type, what it complains about, in which order and words.

use super::places::Places;
use super::types::{Struct, Type};
use firedrill_value::{Duration, quote};
use firedrill_yaml::{
    AliasBudget, Content, NodeId, NodeRef, Resolved, Version, decode_base64, old_bool, resolve,
};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::fmt;

/// A decoded value.
#[derive(Clone, Debug)]
pub(crate) enum Value<'t> {
    /// Fields that were given, in the order in which they were decoded.
    Struct(Vec<(&'static str, Value<'t>)>),
    List(Vec<Value<'t>>),
    Texts(Vec<(Text<'t>, Text<'t>)>),
    Text(Text<'t>),
    Duration(Duration),
    Node(NodeRef<'t>),
    /// A value of no further interest.
    Other,
}

/// A decoded string. `!!binary` can make one that is no UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<'t> {
    /// The text, with replacement characters for what is no UTF-8.
    pub(crate) text: Cow<'t, str>,
    /// Whether it is UTF-8.
    pub(crate) valid: bool,
}

impl Text<'static> {
    /// Go's zero value.
    const EMPTY: Text<'static> = Text {
        text: Cow::Borrowed(""),
        valid: true,
    };
}

impl<'t> Value<'t> {
    /// A field of a struct.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'t>> {
        match self {
            Value::Struct(fields) => fields
                .iter()
                .find(|(field, _)| *field == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A text field; empty where it is not given.
    pub(crate) fn text(&self, name: &str) -> &Text<'t> {
        match self.get(name) {
            Some(Value::Text(text)) => text,
            _ => &Text::EMPTY,
        }
    }

    /// The elements of a list field.
    pub(crate) fn list(&self, name: &str) -> &[Value<'t>] {
        match self.get(name) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    /// The entries of a map field.
    pub(crate) fn texts(&self, name: &str) -> &[(Text<'t>, Text<'t>)] {
        match self.get(name) {
            Some(Value::Texts(entries)) => entries,
            _ => &[],
        }
    }

    /// Whether a duration field is given and not zero.
    pub(crate) fn has_duration(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Duration(duration)) if !duration.is_zero())
    }
}

/// Why nothing came of decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The list of things that do not fit.
    Types(Vec<String>),
    /// An error that ends decoding at once.
    Fatal(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Types(errors) => write!(f, "yaml: unmarshal errors:\n  {}", errors.join("\n  ")),
            Failure::Fatal(message) => f.write_str(message),
        }
    }
}

/// Up to here keys are compared pair by pair.
const FEW_KEYS: usize = 12;

type Fields<'t> = Vec<(&'static str, Value<'t>)>;

/// One run of decoding.
pub(crate) struct Decoder<'a> {
    places: &'a Places<'a>,
    version: Version,
    strict: bool,
    budget: AliasBudget,
    /// Aliases that are being decoded.
    aliases: Vec<NodeId>,
    errors: Vec<String>,
}

impl<'a> Decoder<'a> {
    /// A decoder for nodes of a text. `strict` refuses unknown fields.
    pub(crate) fn new(places: &'a Places<'a>, version: Version, strict: bool) -> Self {
        Decoder {
            places,
            version,
            strict,
            budget: AliasBudget::default(),
            aliases: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Decodes a document.
    pub(crate) fn decode<'t>(mut self, root: NodeRef<'t>, ty: &Type) -> Result<Value<'t>, Failure> {
        let value = self.unmarshal(root, *ty)?;
        if self.errors.is_empty() {
            Ok(value.unwrap_or(Value::Other))
        } else {
            Err(Failure::Types(self.errors))
        }
    }

    /// Line of a node, from 1; behind an alias that of the definition.
    fn line(&self, node: NodeRef<'_>) -> usize {
        self.places.line_column(node.definition()).line
    }

    /// Decodes a node; `None` where Go's value stays what it was.
    fn unmarshal<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        self.visit(node)?;
        if ty == Type::Node {
            return Ok(Some(Value::Node(node)));
        }
        if ty == Type::Text
            && let Some(text) = node.plain_text(self.version)
        {
            return Ok(Some(Value::Text(Text {
                text: Cow::Borrowed(text),
                valid: true,
            })));
        }
        if !node.is_alias() {
            return self.unmarshal_content(node, ty);
        }
        self.visit(node)?;
        let target = node.id();
        if self.aliases.contains(&target) {
            let name = node.used_at().slice(self.places.text());
            let name = name.strip_prefix('*').unwrap_or(name);
            return fatal(format!("anchor '{name}' value contains itself"));
        }
        self.aliases.push(target);
        let value = self.unmarshal_content(node, ty);
        self.aliases.pop();
        value
    }

    fn visit(&mut self, node: NodeRef<'_>) -> Result<(), Failure> {
        match self
            .budget
            .visit(!self.aliases.is_empty() || (node.through_alias() && !node.is_alias()))
        {
            Ok(()) => Ok(()),
            Err(error) => fatal(error),
        }
    }

    fn unmarshal_content<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        if matches!(ty, Type::Duration | Type::Time) {
            return self.unmarshal_parsed(node, ty);
        }
        match node.content() {
            Content::Mapping => self.mapping(node, ty),
            Content::Sequence => self.sequence(node, ty),
            _ => self.scalar(node, ty),
        }
    }

    /// Types that decode a string and make something of it. An error of theirs ends everything.
    fn unmarshal_parsed<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        let is_scalar = matches!(node.content(), Content::Scalar(_));
        // Version 2 does not know `Null` and `NULL` at this point.
        let word = node.text().unwrap_or("");
        let known = self.version == Version::V3 || !matches!(word, "Null" | "NULL");
        if is_scalar && known && resolve(node, self.version) == Ok(Resolved::Null) {
            return Ok(None);
        }
        let known_errors = self.errors.len();
        // Behind an alias it is the definition that is decoded once more.
        self.visit(node)?;
        let Some(Value::Text(text)) = self.unmarshal_content(node, Type::Text)? else {
            if self.errors.len() > known_errors {
                return Ok(None);
            }
            return self.parsed("", ty);
        };
        self.parsed(&text.text, ty)
    }

    fn parsed<'t>(&mut self, text: &str, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        if ty == Type::Time {
            return match firedrill_model::parse_timestamp(text) {
                Some(_) => Ok(Some(Value::Other)),
                None => Err(Failure::Fatal(format!(
                    "cannot parse {} to a valid timestamp",
                    quote(text)
                ))),
            };
        }
        match Duration::parse(text) {
            Ok(duration) => Ok(Some(Value::Duration(duration))),
            Err(error) => Err(Failure::Fatal(error.to_string())),
        }
    }

    fn mapping<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        match ty {
            Type::Struct(of) => {
                let mut fields = Vec::new();
                self.struct_fields(node, of, &mut fields, None)?;
                Ok(Some(Value::Struct(fields)))
            }
            Type::Texts => {
                let mut entries = Vec::new();
                self.map_entries(node, &mut entries, None)?;
                Ok(Some(Value::Texts(entries)))
            }
            _ => {
                if !self.has_duplicates(node) {
                    self.mismatch(node, "!!map", ty);
                }
                Ok(None)
            }
        }
    }

    /// Version 3 looks for repeated keys before anything else and leaves such a mapping alone.
    fn has_duplicates(&mut self, node: NodeRef<'_>) -> bool {
        if self.version == Version::V2 {
            return false;
        }
        let Some(entries) = node.entries() else {
            return false;
        };
        // Most mappings have few keys, and those differ.
        if entries.len() <= FEW_KEYS && all_differ(entries.clone().map(|(key, _)| key), self.version) {
            return false;
        }
        let keys: Vec<(NodeRef<'_>, (u8, &str))> = entries
            .map(|(key, _)| {
                let identity = match (key.is_alias(), key.content()) {
                    (true, _) => (1, key.used_at().slice(self.places.text())),
                    (_, Content::Scalar(scalar)) => (0, scalar.text),
                    (_, Content::Sequence) => (2, ""),
                    _ => (3, ""),
                };
                (key, identity)
            })
            .collect();
        let distinct: FxHashSet<_> = keys.iter().map(|(_, identity)| identity).collect();
        if distinct.len() == keys.len() {
            return false;
        }
        for (index, (first, identity)) in keys.iter().enumerate() {
            for (second, other) in &keys[index + 1..] {
                if identity == other {
                    let (first, second) = (self.own_line(*first), self.own_line(*second));
                    let name = quote(
                        identity
                            .1
                            .strip_prefix('*')
                            .filter(|_| identity.0 == 1)
                            .unwrap_or(identity.1),
                    );
                    self.errors.push(format!(
                        "line {second}: mapping key {name} already defined at line {first}"
                    ));
                }
            }
        }
        true
    }

    /// Line of a node as written: of the alias, if it is one.
    fn own_line(&self, node: NodeRef<'_>) -> usize {
        self.places.line_column(node.position()).line
    }

    /// Fills a struct. `merged` holds the keys that a `<<` must not touch.
    fn struct_fields<'t>(
        &mut self,
        node: NodeRef<'t>,
        of: &'static Struct,
        fields: &mut Fields<'t>,
        mut merged: Option<&mut FxHashSet<String>>,
    ) -> Result<(), Failure> {
        if self.has_duplicates(node) {
            return Ok(());
        }
        fields.reserve(node.entries().map_or(0, |entries| entries.len()));
        // One bit for each field that was set.
        let mut done = 0u32;
        let mut merges = !self.aliases.is_empty();
        let mut merge_value = None;
        for (key, value) in node.entries().into_iter().flatten() {
            if key.is_merge_key() {
                merges = true;
                if self.version == Version::V3 {
                    merge_value = Some(value);
                } else {
                    for source in self.merge_sources(value)? {
                        self.merge_struct(source, of, fields, None)?;
                    }
                }
                continue;
            }
            let Some(Value::Text(name)) = self.unmarshal(key, Type::Text)? else {
                continue;
            };
            if let Some(merged) = merged.as_deref_mut()
                && !merged.insert(name.text.to_string())
            {
                continue;
            }
            let Some(index) = of.fields.iter().position(|(field, _)| *field == &*name.text) else {
                if self.strict {
                    let line = self.line(key);
                    self.errors.push(format!(
                        "line {line}: field {} not found in type {}",
                        name.text, of.name
                    ));
                }
                continue;
            };
            let (field, ty) = &of.fields[index];
            if done & 1 << index != 0 {
                let line = self.line(key);
                self.errors.push(format!(
                    "line {line}: field {} already set in type {}",
                    name.text, of.name
                ));
                continue;
            }
            done |= 1 << index;
            if let Some(value) = self.unmarshal(value, *ty)? {
                // Only a merge can have brought it before.
                if merges {
                    fields.retain(|(known, _)| known != field);
                }
                fields.push((field, value));
            } else if self.version == Version::V2 {
                fields.retain(|(known, _)| known != field);
            }
        }
        let Some(value) = merge_value else { return Ok(()) };
        let mut own = FxHashSet::default();
        let merged = match merged {
            Some(merged) => merged,
            None => {
                own.extend(key_texts(node));
                &mut own
            }
        };
        for source in self.merge_sources(value)? {
            self.merge_struct(source, of, fields, Some(merged))?;
        }
        Ok(())
    }

    fn merge_struct<'t>(
        &mut self,
        source: NodeRef<'t>,
        of: &'static Struct,
        fields: &mut Fields<'t>,
        merged: Option<&mut FxHashSet<String>>,
    ) -> Result<(), Failure> {
        self.enter(source)?;
        self.struct_fields(source, of, fields, merged)?;
        self.aliases.pop();
        Ok(())
    }

    /// Guards against mappings that merge themselves.
    fn enter(&mut self, source: NodeRef<'_>) -> Result<(), Failure> {
        self.visit(source)?;
        if self.aliases.contains(&source.id()) {
            let name = source.used_at().slice(self.places.text());
            return fatal(format!(
                "anchor '{}' value contains itself",
                name.strip_prefix('*').unwrap_or(name)
            ));
        }
        self.aliases.push(source.id());
        Ok(())
    }

    /// The mappings that a `<<` brings in, in the order in which they are decoded: version 3 starts with the strongest,
    /// version 2 with the weakest and overwrites.
    fn merge_sources<'t>(&mut self, value: NodeRef<'t>) -> Result<Vec<NodeRef<'t>>, Failure> {
        match value.merge_sources() {
            Ok(mut sources) => {
                if self.version == Version::V2 {
                    sources.reverse();
                }
                Ok(sources)
            }
            Err(error) => fatal(error),
        }
    }

    /// Fills a `map[string]string`.
    fn map_entries<'t>(
        &mut self,
        node: NodeRef<'t>,
        entries: &mut Vec<(Text<'t>, Text<'t>)>,
        mut merged: Option<&mut FxHashSet<String>>,
    ) -> Result<(), Failure> {
        if self.has_duplicates(node) {
            return Ok(());
        }
        let mut merge_value = None;
        for (key, value) in node.entries().into_iter().flatten() {
            if key.is_merge_key() {
                if self.version == Version::V3 {
                    merge_value = Some(value);
                } else {
                    for source in self.merge_sources(value)? {
                        self.merge_map(source, entries, None)?;
                    }
                }
                continue;
            }
            let Some(Value::Text(name)) = self.unmarshal(key, Type::Text)? else {
                continue;
            };
            if let Some(merged) = merged.as_deref_mut()
                && !merged.insert(name.text.to_string())
            {
                continue;
            }
            let known_errors = self.errors.len();
            let text = match self.unmarshal(value, Type::Text)? {
                Some(Value::Text(text)) => text,
                _ if self.errors.len() > known_errors => continue,
                _ => Text::EMPTY,
            };
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some(_) if self.version == Version::V2 => {
                    let line = self.line(value);
                    self.errors.push(format!(
                        "line {line}: key {} already set in map",
                        quote(&name.text)
                    ));
                }
                Some(entry) => entry.1 = text,
                None => entries.push((name, text)),
            }
        }
        let Some(value) = merge_value else { return Ok(()) };
        let mut own = FxHashSet::default();
        let merged = match merged {
            Some(merged) => merged,
            None => {
                own.extend(key_texts(node));
                &mut own
            }
        };
        for source in self.merge_sources(value)? {
            self.merge_map(source, entries, Some(merged))?;
        }
        Ok(())
    }

    fn merge_map<'t>(
        &mut self,
        source: NodeRef<'t>,
        entries: &mut Vec<(Text<'t>, Text<'t>)>,
        merged: Option<&mut FxHashSet<String>>,
    ) -> Result<(), Failure> {
        self.enter(source)?;
        self.map_entries(source, entries, merged)?;
        self.aliases.pop();
        Ok(())
    }

    fn sequence<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        let Type::List(of) = ty else {
            self.mismatch(node, "!!seq", ty);
            return Ok(None);
        };
        let mut items = Vec::new();
        for item in node.items().into_iter().flatten() {
            let known_errors = self.errors.len();
            match self.unmarshal(item, *of)? {
                Some(value) => items.push(value),
                // Version 2 keeps a null as the zero value.
                None if self.version == Version::V2 && self.errors.len() == known_errors => {
                    items.push(zero(*of));
                }
                None => {}
            }
        }
        Ok(Some(Value::List(items)))
    }

    fn scalar<'t>(&mut self, node: NodeRef<'t>, ty: Type) -> Result<Option<Value<'t>>, Failure> {
        let text = node.text().unwrap_or("");
        let resolved = match resolve(node, self.version) {
            Ok(resolved) => resolved,
            Err(mismatch) => {
                let tag = node.tag().unwrap_or("");
                return fatal(format!("cannot decode {} `{text}` as a {tag}", mismatch.found));
            }
        };
        let bytes = match resolved {
            Resolved::Binary => match decode_base64(text) {
                Some(bytes) => Some(bytes),
                None => return fatal("!!binary value contains invalid base64 data"),
            },
            _ => None,
        };
        if resolved == Resolved::Null {
            // Version 3 leaves anything but pointers, maps and lists alone; version 2 sets the zero value.
            return Ok(match (self.version, ty) {
                (Version::V2, Type::Text) => Some(zero(Type::Text)),
                _ => None,
            });
        }
        // Go compares with the largest integer as a float, which is 2^63.
        let whole_fits = |value: f64| value <= (1u64 << 63) as f64;
        let fits = match (ty, resolved) {
            (Type::Text, _) => {
                let text = match bytes {
                    Some(bytes) => Text {
                        valid: std::str::from_utf8(&bytes).is_ok(),
                        text: Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
                    },
                    None => Text {
                        text: Cow::Borrowed(text),
                        valid: true,
                    },
                };
                return Ok(Some(Value::Text(text)));
            }
            (Type::Int, Resolved::Int(_)) => true,
            (Type::Int, Resolved::Float(value)) => whole_fits(value),
            (Type::Float, Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)) => true,
            (Type::Bool, Resolved::Bool(_)) => true,
            (Type::Bool, Resolved::Text) => self.version == Version::V3 && old_bool(text).is_some(),
            _ => false,
        };
        if fits {
            return Ok(Some(Value::Other));
        }
        self.mismatch(node, resolved.tag(), ty);
        Ok(None)
    }

    /// "cannot unmarshal": long values are cut.
    fn mismatch(&mut self, node: NodeRef<'_>, tag: &str, ty: Type) {
        let collection = !matches!(node.content(), Content::Scalar(_));
        let tag = match node.tag() {
            Some("!") if self.version == Version::V3 => tag,
            // Version 2 forgets tags of lists and mappings.
            Some(_) if self.version == Version::V2 && collection => tag,
            Some(written) => written,
            // Version 2 knows `<<` only as a key.
            None if self.version == Version::V2 && tag == "!!merge" => "!!str",
            None => tag,
        };
        let value = if matches!(tag, "!!seq" | "!!map") {
            String::new()
        } else {
            let text = node.text().unwrap_or("");
            if text.len() > 10 {
                let cut = String::from_utf8_lossy(&text.as_bytes()[..7]);
                format!(" `{cut}...`")
            } else {
                format!(" `{text}`")
            }
        };
        let line = self.line(node);
        self.errors.push(format!(
            "line {line}: cannot unmarshal {tag}{value} into {}",
            ty.go_name()
        ));
    }
}

/// Whether all of at most [`FEW_KEYS`] keys are written out as texts, and no two are the same.
fn all_differ<'t>(keys: impl Iterator<Item = NodeRef<'t>>, version: Version) -> bool {
    let mut known = [""; FEW_KEYS];
    keys.enumerate().all(
        |(index, key)| match (key.plain_text(version), known.split_at_mut_checked(index)) {
            (Some(text), Some((earlier, [free, ..]))) => {
                *free = text;
                !earlier.contains(&text)
            }
            _ => false,
        },
    )
}

/// The texts of all keys of a mapping.
fn key_texts(node: NodeRef<'_>) -> impl Iterator<Item = String> {
    let keys = node
        .entries()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !key.is_merge_key());
    keys.filter_map(|(key, _)| key.text().map(ToString::to_string))
}

/// Go's zero value.
fn zero<'t>(ty: Type) -> Value<'t> {
    match ty {
        Type::Struct(_) => Value::Struct(Vec::new()),
        Type::Text => Value::Text(Text::EMPTY),
        _ => Value::Other,
    }
}

fn fatal<T>(message: impl fmt::Display) -> Result<T, Failure> {
    Err(Failure::Fatal(format!("yaml: {message}")))
}
