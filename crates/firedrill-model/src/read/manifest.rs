//! Kubernetes manifests that carry rules: PrometheusRule and its relatives.

use super::Reader;
use super::fields::Shape;
use super::rules::{Keys, RULE, THANOS_GROUP};
use crate::{Group, IGNORE_ANNOTATION, codes};
use firedrill_yaml::{NodeRef, Scalar, Tree};

const VM_GROUP: Shape = Shape {
    name: "a rule group",
    keys: &[
        "name",
        "interval",
        "query_offset",
        "limit",
        "labels",
        "rules",
        "type",
        "tenant",
        "eval_offset",
        "eval_delay",
        "eval_alignment",
        "concurrency",
        "params",
        "headers",
        "notifier_headers",
        "extra_filter_labels",
        "debug",
    ],
    own: &[],
    foreign: &[],
};

const VM_RULE: Shape = Shape {
    name: "a rule",
    keys: &[
        "record",
        "alert",
        "expr",
        "for",
        "keep_firing_for",
        "labels",
        "annotations",
        "debug",
        "update_entries_limit",
    ],
    own: &[],
    foreign: &[],
};

const OPERATOR: Keys = Keys {
    group: &THANOS_GROUP,
    rule: &RULE,
    drop_null: true,
};
const VICTORIA: Keys = Keys {
    group: &VM_GROUP,
    rule: &VM_RULE,
    drop_null: true,
};

/// The kinds of manifests that carry rules.
const KINDS: [&str; 5] = ["PrometheusRule", "VMRule", "Rules", "ClusterRules", "GlobalRules"];

/// Whether a manifest of this kind may carry rules.
pub(crate) fn is_manifest_kind(kind: &str) -> bool {
    KINDS.contains(&kind.strip_suffix("List").unwrap_or(kind))
}

/// How the groups of a manifest of this kind are written.
fn dialect(kind: &str, api_version: &str) -> Option<Keys> {
    match kind {
        "PrometheusRule" => Some(OPERATOR),
        "VMRule" => Some(VICTORIA),
        "Rules" | "ClusterRules" | "GlobalRules" if api_version.starts_with("monitoring.googleapis.com/") => {
            Some(OPERATOR)
        }
        _ => None,
    }
}

/// Whether a document of the file is a Kubernetes object that may carry rules.
pub(crate) fn is_manifest(tree: &Tree) -> bool {
    (0..tree.documents().len())
        .filter_map(|index| tree.root(index))
        .any(|root| {
            let (kind, api_version) = identity(root);
            dialect(kind, api_version).is_some() || is_list(root)
        })
}

fn identity(node: NodeRef<'_>) -> (&str, &str) {
    let text = |key| node.get(key).and_then(NodeRef::text).unwrap_or("");
    (text("kind"), text("apiVersion"))
}

/// `kind: List`, `kind: PrometheusRuleList`.
fn is_list(node: NodeRef<'_>) -> bool {
    let (kind, _) = identity(node);
    let of_rules = kind
        .strip_suffix("List")
        .is_some_and(|one| one.is_empty() || KINDS.contains(&one));
    of_rules && node.get("items").is_some_and(|items| items.items().is_some())
}

/// Reads the groups of all manifests of the file; `ignores` takes what their annotations ask to be silent.
pub(crate) fn read(reader: &mut Reader<'_>, ignores: &mut Vec<Scalar>) -> Vec<Group> {
    reader.manifest = true;
    reader.consequence = "the operator does not load a manifest with an error in it";
    reader.syntax_errors(|_| true);
    let tree = reader.tree;
    let mut groups = Vec::new();
    for index in 0..tree.documents().len() {
        let Some(root) = tree.root(index) else { continue };
        if is_list(root) {
            let items = root.get("items").and_then(NodeRef::items);
            for item in items.into_iter().flatten() {
                ignores.extend(ignored(item));
                groups.extend(manifest(reader, item));
            }
        } else {
            ignores.extend(ignored(root));
            groups.extend(manifest(reader, root));
        }
    }
    groups
}

/// What an annotation of the manifest asks to be silent.
fn ignored(node: NodeRef<'_>) -> Option<Scalar> {
    let annotations = node.get("metadata")?.get("annotations")?;
    annotations.get(IGNORE_ANNOTATION)?.scalar()
}

fn manifest<'t>(reader: &mut Reader<'t>, node: NodeRef<'t>) -> Vec<Group> {
    let (kind, api_version) = identity(node);
    let Some(dialect) = dialect(kind, api_version) else {
        return Vec::new();
    };
    if !reader.visit(node) {
        return Vec::new();
    }
    let fields = reader.unique_fields(node, &"the manifest");
    let Some(spec) = fields
        .iter()
        .find(|field| field.key.text().is_some_and(|key| key == "spec"))
    else {
        return Vec::new();
    };
    if !reader.expect_mapping(spec.value, &"the `spec` of the manifest") {
        return Vec::new();
    }
    let mut groups = Vec::new();
    for field in reader.unique_fields(spec.value, &"`spec`") {
        match field.key.text() {
            Some("groups") => groups.extend(reader.groups(field.value, dialect)),
            Some(key) => {
                let message = format!("unknown key `{key}` in the `spec` of a {kind}");
                let consequence = reader.consequence;
                let finding = reader.error(codes::UNKNOWN_FIELD, field.key, message);
                finding.note = Some(consequence.to_owned());
                finding.help = Some("a `spec` has the key `groups`".to_owned());
            }
            None => {}
        }
    }
    groups
}
