//! Rule files: groups of recording and alerting rules.

use firedrill_promql::Expr;
use firedrill_source::{FileId, Span, Spanned};
use firedrill_template::{Template, TemplateError};
use firedrill_value::Duration;
use firedrill_yaml::{Comment, Scalar};

/// The rules of one file, whatever it wraps them in (plain file, PrometheusRule manifest, list of manifests).
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The file.
    pub file: FileId,
    /// Its groups, in file order.
    pub groups: Vec<Group>,
    /// All comments of the file, in file order.
    pub comments: Vec<Comment>,
    /// What annotations of Kubernetes manifests ask to be silent, see [`IGNORE_ANNOTATION`](crate::IGNORE_ANNOTATION).
    pub ignores: Vec<Scalar>,
    /// Whether the rules are quoted in a document: a server does not load them beside those of other files.
    pub quoted: bool,
}

impl RuleFile {
    /// Drops it, and leaves what its trees are made of to the next file that this thread reads.
    pub fn take_apart(mut self) {
        let rules = self.groups.iter_mut().flat_map(|group| &mut group.rules);
        firedrill_promql::take_apart(rules.map(|rule| std::mem::take(&mut rule.expr.expr)));
    }
}

/// A group: rules that are evaluated one after the other.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name; `None` where it is missing.
    pub name: Option<Scalar>,
    /// The whole mapping.
    pub span: Span,
    /// How often it is evaluated, where it says so.
    pub interval: Option<Spanned<Duration>>,
    /// How far back it is evaluated, where it says so.
    pub query_offset: Option<Spanned<Duration>>,
    /// Most series or alerts a rule may produce; 0 is no limit.
    pub limit: Option<Spanned<i64>>,
    /// Labels for every rule of the group.
    pub labels: Vec<Entry>,
    /// Its rules, in file order.
    pub rules: Vec<Rule>,
    /// Where all entries of `rules` stand, those too that could not be understood.
    pub items: Vec<Span>,
}

/// What a rule makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// `alert:`
    Alert,
    /// `record:`
    Record,
    /// An expression without a rule, as dashboards and documents have them. Its name says where it stands.
    Query,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Alert or recording rule.
    pub kind: RuleKind,
    /// Name of the alert or of the recorded metric; for an expression on its own, its file and line.
    pub name: Scalar,
    /// The whole mapping.
    pub span: Span,
    /// The expression.
    pub expr: Expression,
    /// How long the expression must hold before the alert fires.
    pub hold: Option<Spanned<Duration>>,
    /// How long the alert goes on firing after the expression has ceased to hold.
    pub keep_firing_for: Option<Spanned<Duration>>,
    /// The rule's own labels.
    pub labels: Vec<Templated>,
    /// Annotations.
    pub annotations: Vec<Templated>,
}

/// A PromQL expression inside a YAML scalar.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The scalar that holds it.
    pub source: Scalar,
    /// The tree, with holes where the text is broken.
    pub expr: Expr,
    /// Whether the text is without any error.
    pub valid: bool,
}

/// A key with a literal value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Scalar,
    /// The value; null counts as an empty text.
    pub value: Scalar,
}

impl From<Entry> for Templated {
    /// The entry without a template.
    fn from(Entry { key, value }: Entry) -> Self {
        Templated {
            key,
            value,
            template: None,
        }
    }
}

/// A label or annotation of a rule. In alerting rules the value is a template.
#[derive(Clone, Debug)]
pub struct Templated {
    /// The key.
    pub key: Scalar,
    /// The value as written.
    pub value: Scalar,
    /// The value as a template; `None` in recording rules, where it is literal.
    pub template: Option<Result<Template, Box<TemplateError>>>,
}
