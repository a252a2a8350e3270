//! Rule files: groups and their rules.

use super::expression::unparsed;
use super::fields::{Fields, Shape};
use super::labels::{Named, Texts, is_broken_binary};
use super::{Read, ReadOptions, Reader, manifest};
use crate::{Expression, Group, Rule, RuleFile, RuleKind, Templated, codes};
use firedrill_source::{
    Diagnostic, Edit, FileId, Fix, Safety, Severity, Span, Spanned, Subject, find_either,
};
use firedrill_value::Duration;
use firedrill_yaml::{Field, NodeRef, Scalar, Version};
use rustc_hash::FxHashMap;

const FILE: Shape = Shape {
    name: "a rule file",
    keys: &["groups"],
    own: &[],
    foreign: &[
        ("namespace", "mimirtool or cortextool"),
        ("source_tenants", "Mimir"),
    ],
};

/// The keys of a group as Prometheus knows it.
pub(crate) const GROUP: Shape = Shape {
    name: "a rule group",
    keys: &["name", "interval", "query_offset", "limit", "labels", "rules"],
    own: &[],
    foreign: &[
        ("partial_response_strategy", "Thanos Rule"),
        ("source_tenants", "Mimir"),
        ("align_evaluation_time_on_interval", "Mimir"),
        ("evaluation_delay", "Mimir"),
        ("remote_write", "mimirtool"),
        ("type", "vmalert"),
        ("concurrency", "vmalert"),
        ("eval_offset", "vmalert"),
        ("eval_delay", "vmalert"),
        ("eval_alignment", "vmalert"),
        ("params", "vmalert"),
        ("headers", "vmalert"),
        ("notifier_headers", "vmalert"),
        ("debug", "vmalert"),
    ],
};

/// The keys of a rule as Prometheus knows it.
pub(crate) const RULE: Shape = Shape {
    name: "a rule",
    keys: &[
        "record",
        "alert",
        "expr",
        "for",
        "keep_firing_for",
        "labels",
        "annotations",
    ],
    own: &[],
    foreign: &[("debug", "vmalert"), ("update_entries_limit", "vmalert")],
};

/// Which keys groups and rules have, and what becomes of nulls.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    pub(crate) group: &'static Shape,
    pub(crate) rule: &'static Shape,
    /// Whether labels and annotations that are null are left out.
    pub(crate) drop_null: bool,
}

/// The keys of a plain rule file.
pub(crate) const PLAIN: Keys = Keys {
    group: &GROUP,
    rule: &RULE,
    drop_null: false,
};

/// The keys of a group as Thanos and the Prometheus operator know it.
pub(crate) const THANOS_GROUP: Shape = Shape {
    name: "a rule group",
    keys: &[
        "name",
        "interval",
        "query_offset",
        "limit",
        "labels",
        "rules",
        "partial_response_strategy",
    ],
    own: &[],
    foreign: GROUP.foreign,
};

const MIMIR_FILE: Shape = Shape {
    name: "a rule file",
    keys: &["groups", "namespace", "source_tenants"],
    own: &[],
    foreign: &[],
};

const MIMIR_GROUP: Shape = Shape {
    name: "a rule group",
    keys: &[
        "name",
        "interval",
        "query_offset",
        "limit",
        "labels",
        "rules",
        "source_tenants",
        "align_evaluation_time_on_interval",
        "evaluation_delay",
        "remote_write",
    ],
    own: &[],
    foreign: GROUP.foreign,
};

/// The keys of plain files and of their groups in a dialect.
fn plain_keys(dialect: super::Dialect) -> (&'static Shape, Keys) {
    let (file, group) = match dialect {
        super::Dialect::Prometheus => (&FILE, &GROUP),
        super::Dialect::Thanos => (&FILE, &THANOS_GROUP),
        super::Dialect::Mimir => (&MIMIR_FILE, &MIMIR_GROUP),
    };
    (file, Keys { group, ..PLAIN })
}

/// Reads a rule file: plain, or PrometheusRule manifests and their relatives.
///
/// Whatever is broken is reported and left out; the rest is there.
pub fn read_rule_file(file: FileId, text: &str, options: &ReadOptions) -> Read<RuleFile> {
    let tree = firedrill_yaml::parse(text);
    let mut reader = Reader::new(&tree, file, text, Version::V3, options);
    let mut ignores = Vec::new();
    let groups = if manifest::is_manifest(&tree) {
        manifest::read(&mut reader, &mut ignores)
    } else {
        plain(&mut reader, options.dialect)
    };
    let comments = tree.comments().to_vec();
    reader.finish(RuleFile {
        file,
        groups,
        comments,
        ignores,
        quoted: false,
    })
}

fn plain<'t>(reader: &mut Reader<'t>, dialect: super::Dialect) -> Vec<Group> {
    let (file, keys) = plain_keys(dialect);
    reader.syntax_errors(|document| document == 0);
    reader.ignored_documents("Prometheus reads", "a rule file", "groups");
    let Some(root) = reader.tree.root(0) else {
        return Vec::new();
    };
    let Some(fields) = reader.fields(root, file) else {
        return Vec::new();
    };
    match fields.value("groups") {
        Some(groups) => reader.groups(groups, keys),
        None => Vec::new(),
    }
}

impl<'t> Reader<'t> {
    /// Warns of documents behind the first.
    pub(crate) fn ignored_documents(&mut self, reads: &str, of: &str, parts: &str) {
        let tree = self.tree;
        let Some(second) = tree.documents().get(1) else {
            return;
        };
        let empty = |index| tree.root(index).is_none_or(NodeRef::is_null);
        let unread = (1..tree.documents().len()).any(|index| !empty(index))
            || tree.errors().iter().any(|error| error.document > 0);
        if !unread {
            return;
        }
        let start = second.start.min(self.source().len());
        let line_end = self.source()[start..]
            .find(['\n', '\r'])
            .map_or(self.source().len(), |n| start + n);
        let at = self.location(Span::new(start, line_end));
        let finding = Diagnostic::new(
            codes::IGNORED_DOCUMENT,
            Severity::Warning,
            at,
            "everything from this second YAML document on is ignored",
        )
        .note(if empty(0) {
            format!("{reads} only the first document of {of}, and here that one is empty")
        } else {
            format!("{reads} only the first document of {of}")
        })
        .help(format!(
            "remove the `---`, or move the {parts} to a file of their own"
        ));
        self.diagnostics.push(finding);
    }

    /// Reads the list of groups.
    pub(crate) fn groups(&mut self, node: NodeRef<'t>, dialect: Keys) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut names: FxHashMap<&'t str, NodeRef<'t>> = FxHashMap::default();
        for item in self.list(node, "groups") {
            let Some(fields) = self.fields(item, dialect.group) else {
                continue;
            };
            self.check_group_name(&fields, &mut names);
            groups.push(self.group(&fields, dialect));
        }
        groups
    }

    fn check_group_name(&mut self, fields: &Fields<'t>, names: &mut FxHashMap<&'t str, NodeRef<'t>>) {
        let consequence = self.consequence;
        let field = fields.get("name");
        let name = field.and_then(|field| {
            if self.is_null(field.value) {
                None
            } else {
                field.value.text()
            }
        });
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            // A list or mapping for a name is reported by whoever reads it.
            let a_scalar = field.is_none_or(|field| field.value.text().is_some());
            if a_scalar && !self.tree.is_unfinished(fields.node.id()) {
                let finding = self.error(codes::INVALID_NAME, fields.node, "this group has no name");
                finding.note = Some(consequence.to_owned());
                finding.help = Some("add `name:`; it has to be unique in the file".to_owned());
            }
            return;
        };
        let value = fields.value("name").unwrap_or(fields.node);
        match names.get(name) {
            Some(before) => {
                let before = self.carets(*before);
                let finding = self.error(
                    codes::DUPLICATE_GROUP_NAME,
                    value,
                    format!("a second group is called `{name}`"),
                );
                finding.related.push(firedrill_source::Label::new(
                    before,
                    "the first group of this name",
                ));
                finding.note = Some(consequence.to_owned());
                finding.help = Some("rename one of them, or put their rules into one group".to_owned());
            }
            None => {
                names.insert(name, value);
            }
        }
    }

    /// Reads a group, whatever its name is.
    pub(crate) fn group(&mut self, fields: &Fields<'t>, dialect: Keys) -> Group {
        let before = self.diagnostics.len();
        let name = fields
            .value("name")
            .and_then(|node| self.text(node, "the name of a group"))
            .filter(|name| !name.text.is_empty());
        let interval = fields
            .value("interval")
            .and_then(|node| self.duration(node, "interval"));
        let query_offset = fields
            .value("query_offset")
            .and_then(|node| self.duration(node, "query_offset"));
        let limit = fields.value("limit").and_then(|node| self.integer(node, "limit"));
        let labels = fields
            .value("labels")
            .map(|node| self.texts(node, "labels", Texts::Labels, dialect.drop_null))
            .unwrap_or_default();
        self.name_subject(before, name.as_ref(), None);
        let items = fields
            .value("rules")
            .map(|node| self.list(node, "rules"))
            .unwrap_or_default();
        if items.is_empty() && !self.tree.is_unfinished(fields.node.id()) {
            self.empty_group(fields);
        }
        let items_at = items.iter().map(|item| item.span()).collect();
        let rules = self.rules(items, name.as_ref(), dialect);
        Group {
            name,
            span: fields.node.span(),
            interval,
            query_offset,
            limit,
            labels,
            rules,
            items: items_at,
        }
    }

    /// Reads rules of a group of that name: all of their YAML, then all expressions, then all templates, so that the
    /// code of each reader is fetched once for many rules.
    pub(crate) fn rules(
        &mut self,
        items: Vec<NodeRef<'t>>,
        group: Option<&Scalar>,
        dialect: Keys,
    ) -> Vec<Rule> {
        let mut drafts = std::mem::take(&mut self.drafts);
        drafts.reserve(items.len());
        for item in items {
            let before = self.diagnostics.len();
            let draft = self.draft(item, dialect);
            let names = || draft.as_ref().map_or_else(|| named_in(item), Draft::name);
            self.name_findings(before, group, names);
            drafts.extend(draft);
        }
        for draft in &mut drafts {
            let before = self.diagnostics.len();
            if let Some(expr) = &mut draft.expr {
                self.parse_expression(expr);
            }
            self.name_findings(before, group, || draft.name());
        }
        for draft in &mut drafts {
            let before = self.diagnostics.len();
            if draft.is_alert {
                self.add_templates(&mut draft.labels, "label");
                self.add_templates(&mut draft.annotations, "annotation");
            }
            self.name_findings(before, group, || draft.name());
        }
        let mut rules = Vec::with_capacity(drafts.len());
        rules.extend(drafts.drain(..).filter_map(Draft::finish));
        self.drafts = drafts;
        rules
    }

    /// Says of the newest findings which rule they are about.
    fn name_findings(&mut self, from: usize, group: Option<&Scalar>, rule: impl FnOnce() -> Option<String>) {
        if self.diagnostics.len() > from {
            self.name_subject(from, group, rule());
        }
    }

    /// Warns of a group that does nothing. A `rules` that is no list is reported by whoever reads it.
    fn empty_group(&mut self, fields: &Fields<'t>) {
        let rules = fields.get("rules");
        if rules.is_some_and(|field| !self.is_null(field.value) && field.value.items().is_none()) {
            return;
        }
        let node = fields.value("name").unwrap_or(fields.node);
        let at = self.carets(node);
        let finding = Diagnostic::new(
            codes::EMPTY_GROUP,
            Severity::Warning,
            at,
            "this group has no rules",
        )
        .note("Prometheus loads it and evaluates nothing; often the rules are indented too little or commented out")
        .help("remove the group, or put its rules under `rules:`");
        self.diagnostics.push(finding);
    }

    /// Says of the newest findings which rule they are about.
    fn name_subject(&mut self, from: usize, group: Option<&Scalar>, rule: Option<String>) {
        for finding in &mut self.diagnostics[from..] {
            finding.subject = Subject {
                group: group.map(|name| name.text.to_string()),
                rule: rule.clone(),
            };
        }
    }

    /// Reads a rule up to its expression and its templates.
    fn draft(&mut self, node: NodeRef<'t>, dialect: Keys) -> Option<Draft<'t>> {
        let fields = self.fields(node, dialect.rule)?;
        let identity = self.identity(&fields);
        let source = self.rule_expression(&fields);
        let hold = self.optional_duration(&fields, "for");
        let keep_firing_for = self.optional_duration(&fields, "keep_firing_for");
        let drop_null = dialect.drop_null;
        let texts = |reader: &mut Self, key: &str, kind| -> Vec<Templated> {
            let value = fields.value(key);
            value
                .map(|node| reader.texts(node, key, kind, drop_null))
                .unwrap_or_default()
        };
        let labels = texts(self, "labels", Texts::Labels);
        let annotations = texts(self, "annotations", Texts::Annotations);
        if let Some((RuleKind::Record, name)) = &identity {
            self.check_record_name(&fields, name);
            self.refuse_on_record(&fields, "annotations", !annotations.is_empty());
            self.refuse_on_record(&fields, "for", hold.is_some_and(|d| !d.value.is_zero()));
            let keeps = keep_firing_for.is_some_and(|d| !d.value.is_zero());
            self.refuse_on_record(&fields, "keep_firing_for", keeps);
        }
        self.forget(fields);
        Some(Draft {
            node,
            is_alert: !matches!(identity, Some((RuleKind::Record, _))),
            identity,
            expr: source.map(unparsed),
            hold,
            keep_firing_for,
            labels,
            annotations,
        })
    }

    /// Which kind of rule it is and what it is called; `None`, and reported, for both kinds and neither.
    fn identity(&mut self, fields: &Fields<'t>) -> Option<(RuleKind, Scalar)> {
        let consequence = self.consequence;
        let readable = |field: Option<Field<'t>>| field.is_none_or(|field| field.value.text().is_some());
        let all_readable = || readable(fields.get("record")) && readable(fields.get("alert"));
        let mut name = |key: &str| {
            let text = fields
                .value(key)
                .and_then(|node| self.text(node, format_args!("`{key}`")));
            text.filter(|name| !name.text.is_empty())
        };
        match (name("record"), name("alert")) {
            (Some(record), None) => Some((RuleKind::Record, record)),
            (None, Some(alert)) => Some((RuleKind::Alert, alert)),
            (Some(_), Some(_)) => {
                let (Some(record), Some(alert)) = (fields.get("record"), fields.get("alert")) else {
                    return None;
                };
                let (first, second) = if record.key.span() < alert.key.span() {
                    (record, alert)
                } else {
                    (alert, record)
                };
                let first = self.carets(first.key);
                let finding = self.error(
                    codes::RECORD_XOR_ALERT,
                    second.key,
                    "a rule has either `record` or `alert`, this one has both",
                );
                finding
                    .related
                    .push(firedrill_source::Label::new(first, "the other one"));
                finding.note = Some(consequence.to_owned());
                finding.help = Some("make two rules of it".to_owned());
                None
            }
            (None, None) => {
                if all_readable() && !self.tree.is_unfinished(fields.node.id()) {
                    let empty = fields.get("record").or_else(|| fields.get("alert"));
                    let at = empty.map_or(fields.node, |field| field.key);
                    let message = match empty {
                        Some(_) => "this rule has no name",
                        None => "this rule has neither `record` nor `alert`",
                    };
                    let finding = self.error(codes::RECORD_XOR_ALERT, at, message);
                    finding.note = Some(consequence.to_owned());
                    finding.help = Some(
                        "add `alert: Name` for an alert, or `record: name` for a recording rule".to_owned(),
                    );
                }
                None
            }
        }
    }

    fn rule_expression(&mut self, fields: &Fields<'t>) -> Option<Scalar> {
        let consequence = self.consequence;
        let field = fields.get("expr");
        let nothing = match field {
            None => !self.tree.is_unfinished(fields.node.id()),
            Some(field) => self.is_null(field.value) || field.value.text().is_some_and(str::is_empty),
        };
        if nothing {
            let at = field.map_or(fields.node, |field| field.key);
            let message = match field {
                None => "this rule has no `expr`",
                Some(_) => "the `expr` of this rule is empty",
            };
            let finding = self.error(codes::MISSING_EXPR, at, message);
            finding.note = Some(consequence.to_owned());
            finding.help = Some("add `expr:` with the PromQL expression to evaluate".to_owned());
            return None;
        }
        self.expression_text(field?.value, "`expr`")
    }

    fn optional_duration(&mut self, fields: &Fields<'t>, key: &str) -> Option<Spanned<Duration>> {
        fields.value(key).and_then(|node| self.duration(node, key))
    }

    /// Parses the values of labels or annotations as templates.
    fn add_templates(&mut self, entries: &mut [Templated], one: &'static str) {
        for Templated { key, value, template } in entries {
            *template = Some(
                self.template(value, Named { one, name: &key.text })
                    .map_err(Box::new),
            );
        }
    }

    fn check_record_name(&mut self, fields: &Fields<'t>, name: &Scalar) {
        let Some(node) = fields.value("record") else {
            return;
        };
        let consequence = self.consequence;
        let (message, help) = if is_broken_binary(node) {
            ("the name in `record` is no UTF-8", "write the name as text")
        } else if find_either(name.text.as_bytes(), 0, b'{', b'}') < name.text.len() {
            (
                "the name in `record` has braces",
                "labels to set go under `labels`, matchers go into `expr`",
            )
        } else {
            return;
        };
        let finding = self.error(codes::INVALID_NAME, node, message);
        finding.note = Some(consequence.to_owned());
        finding.help = Some(help.to_owned());
    }

    fn refuse_on_record(&mut self, fields: &Fields<'t>, key: &str, given: bool) {
        let Some(field) = fields.get(key).filter(|_| given) else {
            return;
        };
        let consequence = self.consequence;
        let fix = self.removal(field);
        let finding = self.error(
            codes::ALERT_FIELD_ON_RECORDING_RULE,
            field.key,
            format!("a recording rule cannot have `{key}`"),
        );
        finding.note = Some(consequence.to_owned());
        finding.help = Some("remove it, or make the rule an alert".to_owned());
        finding.fix = fix;
    }

    /// Removes the lines of a field, where it has lines of its own.
    fn removal(&self, field: Field<'t>) -> Option<Fix> {
        if field.merged || field.key.through_alias() {
            return None;
        }
        let text = self.source();
        let (start, end) = (field.key.position(), field.value.span().end as usize);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |n| end + n + 1);
        let alone = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
        alone.then(|| Fix {
            title: "remove it".to_owned(),
            edits: vec![Edit {
                span: Span::new(line_start, line_end),
                replacement: String::new(),
            }],
            safety: Safety::Safe,
        })
    }
}

/// A rule that is being read: its expression and its templates are parsed later than the rest.
pub(super) struct Draft<'t> {
    node: NodeRef<'t>,
    /// Whether its labels and annotations are templates.
    is_alert: bool,
    identity: Option<(RuleKind, Scalar)>,
    /// The expression; only its text, until that is parsed.
    expr: Option<Expression>,
    hold: Option<Spanned<Duration>>,
    keep_firing_for: Option<Spanned<Duration>>,
    labels: Vec<Templated>,
    annotations: Vec<Templated>,
}

impl Draft<'_> {
    /// The name that findings give the rule.
    fn name(&self) -> Option<String> {
        match &self.identity {
            Some((_, name)) if self.expr.is_some() => Some(name.text.to_string()),
            _ => named_in(self.node),
        }
    }

    fn finish(self) -> Option<Rule> {
        let (kind, name) = self.identity?;
        Some(Rule {
            kind,
            name,
            span: self.node.span(),
            expr: self.expr?,
            hold: self.hold,
            keep_firing_for: self.keep_firing_for,
            labels: self.labels,
            annotations: self.annotations,
        })
    }
}

/// The name that a broken rule goes by.
fn named_in(node: NodeRef<'_>) -> Option<String> {
    let name = |key| {
        node.get(key)
            .and_then(NodeRef::text)
            .filter(|text| !text.is_empty())
    };
    name("alert").or_else(|| name("record")).map(ToString::to_string)
}
