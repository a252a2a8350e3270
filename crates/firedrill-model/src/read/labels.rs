//! Labels and annotations: mappings from names to texts.

use super::{Reader, fields::describe};
use crate::{Entry, codes};
use firedrill_source::{Diagnostic, Edit, Fix, Safety, Severity};
use firedrill_value::METRIC_NAME;
use firedrill_yaml::{Content, NodeRef, Resolved, Version, decode_base64, old_bool, resolve};
use std::fmt;

/// What a mapping of texts is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// Labels of a rule or group.
    Labels,
    /// Annotations of a rule.
    Annotations,
    /// Labels and annotations in unit tests: no rules for names.
    Expected,
}

impl Texts {
    fn one(self) -> &'static str {
        match self {
            Texts::Annotations => "annotation",
            _ => "label",
        }
    }
}

impl<'t> Reader<'t> {
    /// Reads names and texts and checks the names. Values that are null count as empty, or are left out where
    /// `drop_null` says so.
    pub(crate) fn texts<T: From<Entry>>(
        &mut self,
        node: NodeRef<'t>,
        key: &str,
        kind: Texts,
        drop_null: bool,
    ) -> Vec<T> {
        if !self.visit(node) || !self.expect_mapping(node, &format_args!("the mapping `{key}`")) {
            return Vec::new();
        }
        if self.version == Version::V2 {
            self.report_merged_twice(node, &format_args!("`{key}`"));
        }
        let mut entries = Vec::with_capacity(node.entries().map_or(0, |entries| entries.len()));
        self.each_field(node, &format_args!("`{key}`"), |this, field| {
            // Version 3 passes over null keys.
            let null_key = this.is_null(field.key);
            if null_key && this.version == Version::V3 {
                return;
            }
            let Some(name) = this.text(field.key, format_args!("a name in `{key}`")) else {
                return;
            };
            let what = Named {
                one: kind.one(),
                name: &name.text,
            };
            if drop_null && this.is_null(field.value) {
                return;
            }
            // A pattern, which is read elsewhere.
            if kind == Texts::Expected && this.extensions && field.value.entries().is_some() {
                return;
            }
            let Some(value) = this.text(field.value, what) else {
                return;
            };
            if kind != Texts::Expected {
                this.check_name(field.key, &name.text, kind);
                if kind == Texts::Labels && is_broken_binary(field.value) {
                    this.error(
                        codes::INVALID_NAME,
                        field.value,
                        format!("the value of {what} is no UTF-8"),
                    );
                }
                this.check_spelling(field.value, what, kind);
            }
            entries.push(T::from(Entry { key: name, value }));
        });
        entries
    }

    fn check_name(&mut self, key: NodeRef<'t>, name: &str, kind: Texts) {
        let one = kind.one();
        let consequence = self.consequence;
        let (message, help) = if name.is_empty() {
            (
                format!("this {one} has no name"),
                "give it a name or remove the line",
            )
        } else if name == METRIC_NAME && kind == Texts::Labels {
            (
                "a rule cannot set the label `__name__`".to_owned(),
                "the name of a recorded metric goes into `record`; an alert has none",
            )
        } else if is_broken_binary(key) {
            (
                format!("the name of this {one} is no UTF-8"),
                "write the name as text",
            )
        } else {
            return;
        };
        let finding = self.error(codes::INVALID_NAME, key, message);
        finding.note = Some(consequence.to_owned());
        finding.help = Some(help.to_owned());
    }

    /// Points at values that YAML takes for something else than text. Prometheus keeps what is written; Kubernetes and
    /// most YAML tools do not.
    fn check_spelling(&mut self, node: NodeRef<'t>, what: Named<'_>, kind: Texts) {
        let Content::Scalar(scalar) = node.content() else {
            return;
        };
        if !scalar.is_plain() || node.tag().is_some() {
            return;
        }
        // The booleans of YAML 1.1 are short.
        if scalar.text.len() > 3 && node.plain_text(Version::V3).is_some() {
            return;
        }
        let meaning = resolve(node, Version::V3);
        let boolean = old_bool(scalar.text).is_some() && scalar.text.len() > 1;
        let manifest = self.manifest;
        let (severity, note) = match meaning {
            Ok(Resolved::Null) => (
                if kind == Texts::Labels {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                "a null becomes an empty text, and a label with an empty text is no label",
            ),
            Ok(Resolved::Bool(_)) => (
                Severity::Warning,
                "Prometheus keeps the word as written; other readers of YAML turn it into `true` or `false`, and Kubernetes refuses it",
            ),
            _ if boolean => (
                Severity::Warning,
                "Prometheus keeps the word as written; readers of YAML 1.1 turn it into `true` or `false`",
            ),
            Ok(Resolved::Int(value)) if value.to_string() == scalar.text => (
                if manifest {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                "Prometheus keeps the digits as written; Kubernetes refuses a number where a text is expected",
            ),
            Ok(Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)) => (
                Severity::Warning,
                "Prometheus keeps the digits as written; other readers of YAML write the number in their own way",
            ),
            _ => return,
        };
        let at = self.carets(node);
        let found = describe(node);
        let mut finding = Diagnostic::new(
            codes::WRONG_VALUE_TYPE,
            severity,
            at,
            format!("{what} is {found}, not a text"),
        )
        .note(note)
        .help("put quotes around it");
        if !scalar.text.is_empty() && !node.through_alias() && meaning != Ok(Resolved::Null) {
            finding.fix = Some(Fix {
                title: "put quotes around the value".to_owned(),
                edits: vec![Edit {
                    span: scalar.span,
                    replacement: format!("\"{}\"", scalar.text),
                }],
                safety: Safety::Safe,
            });
        }
        let finding = self.with_use(finding, node);
        self.diagnostics.push(finding);
    }
}

/// A label or annotation in words: label `severity`. Put together only when there is something to say.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) one: &'static str,
    pub(crate) name: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.one, self.name)
    }
}

/// Whether a `!!binary` holds bytes that are no text.
pub(crate) fn is_broken_binary(node: NodeRef<'_>) -> bool {
    node.tag() == Some("!!binary")
        && node
            .text()
            .and_then(decode_base64)
            .is_some_and(|bytes| std::str::from_utf8(&bytes).is_err())
}
