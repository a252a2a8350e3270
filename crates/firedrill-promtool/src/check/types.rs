//! The Go types that promtool decodes its files into, as far as go-yaml's messages and verdicts depend on them.

/// A Go type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A struct.
    Struct(&'static Struct),
    /// `[]T`
    List(&'static Type),
    /// `map[string]string`
    Texts,
    /// `string`
    Text,
    /// `int`
    Int,
    /// `float64`
    Float,
    /// `bool`
    Bool,
    /// `model.Duration`, which decodes a string and parses it.
    Duration,
    /// promtool's start timestamp, which decodes a string and parses it.
    Time,
    /// `yaml.Node`: anything, with its position.
    Node,
}

/// A Go struct with its YAML names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Struct {
    /// The name with its package.
    pub(crate) name: &'static str,
    /// Key and type of each field.
    pub(crate) fields: &'static [(&'static str, Type)],
}

impl Type {
    /// The name in messages.
    pub(crate) fn go_name(self) -> String {
        match self {
            Type::Struct(of) => of.name.to_owned(),
            Type::List(of) => format!("[]{}", of.go_name()),
            Type::Texts => "map[string]string".to_owned(),
            Type::Int => "int".to_owned(),
            Type::Float => "float64".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Text | Type::Duration | Type::Time => "string".to_owned(),
            Type::Node => "yaml.Node".to_owned(),
        }
    }
}

/// What the first, strict decoding of a rule file fills.
pub(crate) const RULE_GROUPS: Type = Type::Struct(&Struct {
    name: "rulefmt.RuleGroups",
    fields: &[("groups", Type::List(&RULE_GROUP))],
});

const RULE_GROUP: Type = Type::Struct(&Struct {
    name: "rulefmt.RuleGroup",
    fields: &[
        ("name", Type::Text),
        ("interval", Type::Duration),
        ("query_offset", Type::Duration),
        ("limit", Type::Int),
        ("rules", Type::List(&RULE)),
        ("labels", Type::Texts),
    ],
});

const RULE: Type = Type::Struct(&Struct {
    name: "rulefmt.Rule",
    fields: &[
        ("record", Type::Text),
        ("alert", Type::Text),
        ("expr", Type::Text),
        ("for", Type::Duration),
        ("keep_firing_for", Type::Duration),
        ("labels", Type::Texts),
        ("annotations", Type::Texts),
    ],
});

/// What the second, lenient decoding fills: it is there for the positions.
pub(crate) const RULE_GROUPS_WITH_NODES: Type = Type::Struct(&Struct {
    name: "rulefmt.ruleGroups",
    fields: &[("groups", Type::List(&RULE_GROUP_NODE))],
});

const RULE_GROUP_NODE: Type = Type::Struct(&Struct {
    name: "rulefmt.RuleGroupNode",
    fields: &[
        // An embedded `yaml.Node`: go-yaml takes it for a field of that name.
        ("node", Type::Node),
        ("name", Type::Text),
        ("interval", Type::Duration),
        ("query_offset", Type::Duration),
        ("limit", Type::Int),
        ("rules", Type::List(&RULE_NODE)),
        ("labels", Type::Texts),
    ],
});

const RULE_NODE: Type = Type::Struct(&Struct {
    name: "rulefmt.RuleNode",
    fields: &[
        ("record", Type::Node),
        ("alert", Type::Node),
        ("expr", Type::Node),
        ("for", Type::Duration),
        ("keep_firing_for", Type::Duration),
        ("labels", Type::Texts),
        ("annotations", Type::Texts),
    ],
});

/// What a unit-test file is decoded into.
pub(crate) const UNIT_TEST_FILE: Type = Type::Struct(&Struct {
    name: "main.unitTestFile",
    fields: &[
        ("rule_files", Type::List(&Type::Text)),
        ("evaluation_interval", Type::Duration),
        ("group_eval_order", Type::List(&Type::Text)),
        ("tests", Type::List(&TEST_GROUP)),
        ("fuzzy_compare", Type::Bool),
    ],
});

const TEST_GROUP: Type = Type::Struct(&Struct {
    name: "main.testGroup",
    fields: &[
        ("interval", Type::Duration),
        ("input_series", Type::List(&SERIES)),
        ("alert_rule_test", Type::List(&ALERT_TEST_CASE)),
        ("promql_expr_test", Type::List(&PROMQL_TEST_CASE)),
        ("external_labels", Type::Texts),
        ("external_url", Type::Text),
        ("name", Type::Text),
        ("start_timestamp", Type::Time),
    ],
});

const SERIES: Type = Type::Struct(&Struct {
    name: "main.series",
    fields: &[("series", Type::Text), ("values", Type::Text)],
});

const ALERT_TEST_CASE: Type = Type::Struct(&Struct {
    name: "main.alertTestCase",
    fields: &[
        ("eval_time", Type::Duration),
        ("alertname", Type::Text),
        ("exp_alerts", Type::List(&ALERT)),
    ],
});

const ALERT: Type = Type::Struct(&Struct {
    name: "main.alert",
    fields: &[("exp_labels", Type::Texts), ("exp_annotations", Type::Texts)],
});

const PROMQL_TEST_CASE: Type = Type::Struct(&Struct {
    name: "main.promqlTestCase",
    fields: &[
        ("expr", Type::Text),
        ("eval_time", Type::Duration),
        ("exp_samples", Type::List(&SAMPLE)),
    ],
});

const SAMPLE: Type = Type::Struct(&Struct {
    name: "main.sample",
    fields: &[
        ("labels", Type::Text),
        ("value", Type::Float),
        ("histogram", Type::Text),
    ],
});
